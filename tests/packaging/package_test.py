#!/usr/bin/python3
"""The Debian package on a bare Debian: installed, started, used, upgraded, removed with its data kept, purged.

package_test.py BARE_ROOT.tar PACKAGE.deb NEWER_PACKAGE.deb: run by `./dev package --test`. It needs root, and a mirror of Debian for what
the package depends on.
"""
import os
import re
import shutil
import socket
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

from bare_root import BareRoot, Running, enter_own_namespace  # noqa: E402
from dockerfile import Dockerfile  # noqa: E402
from service_filter import ServiceFilter  # noqa: E402

CONFIGURATION = "/etc/fulmar/broker.properties"
DATA = "/var/lib/fulmar"
LINES = [f"line {i} of the text" for i in range(5000)]


def check(condition, what):
    if not condition:
        raise AssertionError(what)
    print("ok:", what, flush=True)


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as one:
        return one.getsockname()[1]


class Test:
    def __init__(self, root, package, newer):
        self.root = root
        self.port = free_port()
        self.address = f"127.0.0.1:{self.port}"
        for number, path in enumerate((package, newer), 1):
            shutil.copy(path, root.path(f"/fulmar-{number}.deb"))

    def start(self, *options, **how):
        """As the service does, at a port that is free here."""
        with open(self.root.path("/usr/lib/systemd/system/fulmar.service"), encoding="utf-8") as file:
            unit = file.read()
        command = re.search(r"^ExecStart=(.*)$", unit, re.M).group(1).split()
        user = re.search(r"^User=(.*)$", unit, re.M).group(1)
        numbers = [int(self.root.run("id", flag, user)) for flag in ("-u", "-g")]
        return Running(self.root.root, numbers, [*command, "--set", f"listeners=PLAINTEXT://{self.address}", *options], **how)

    def fulmar(self, *command, text=None):
        return self.root.run("/usr/bin/fulmar", *command, "--bootstrap", self.address, text=text)

    def records(self, topic):
        return sorted(self.fulmar("consume", topic, "--exit-at-end").splitlines())

    def version(self):
        return self.root.run("dpkg-query", "-W", "-f", "${Version}", "fulmar")

    def installed(self):
        self.root.apt("update")
        self.root.apt("install", "/fulmar-1.deb")
        user = self.root.run("getent", "passwd", "fulmar").strip().split(":")
        check(0 < int(user[2]) < 1000 and user[5] == DATA and user[6].endswith("nologin"), "there is a user for it, who can't log in")
        state = os.stat(self.root.path(DATA))
        check(state.st_uid == int(user[2]) and state.st_mode & 0o777 == 0o750, "whose is the place for data, and nobody else's")
        check(CONFIGURATION in self.root.run("dpkg-query", "-W", "-f", "${Conffiles}", "fulmar"), "the configuration is known as one")
        check("not found" not in self.root.run("ldd", "/usr/bin/fulmar") + self.root.run("ldd", "/usr/bin/fulmar-sim"), "all libraries came with it")
        check("replication" in self.root.run("fulmar-sim", "list"), "and the simulator runs")
        links = [name for _, _, names in os.walk(self.root.path("/etc/systemd/system")) for name in names if name == "fulmar.service"]
        check(not links, "the service is not enabled before it is configured")

    def used(self):
        broker = self.start()
        check("can't" not in broker.said(), "it starts as that user")
        self.fulmar("topic", "create", "t", "--partitions", "3")
        self.fulmar("produce", "t", text="\n".join(LINES) + "\n")
        check(self.records("t") == sorted(LINES), "what is produced is consumed")
        kcat = subprocess.run(["kcat", "-b", self.address, "-C", "-t", "t", "-e", "-q"], capture_output=True, text=True, timeout=60, check=True)
        check(sorted(kcat.stdout.splitlines()) == sorted(LINES), "also by kcat")
        owners = {os.stat(os.path.join(folder, name)).st_uid for folder, _, names in os.walk(self.root.path(DATA)) for name in names}
        check(owners == {int(self.root.run("id", "-u", "fulmar"))}, "and lies where it should, as that user's")
        broker.stop()

    def upgraded(self):
        with open(self.root.path(CONFIGURATION), "a", encoding="ascii") as file:
            file.write("num.partitions=2\n")
        before = self.version()
        broker = self.start()
        self.root.apt("install", "/fulmar-2.deb")
        after = self.version()
        self.root.run("dpkg", "--compare-versions", after, "gt", before)
        check(broker.process.poll() is None and self.records("t") == sorted(LINES), f"a broker serves on while {before} is replaced by {after}")
        broker.stop()
        with open(self.root.path(CONFIGURATION), encoding="ascii") as file:
            check(file.read().endswith("num.partitions=2\n"), "what an administrator has changed is as it was")
        broker = self.start()
        check(self.records("t") == sorted(LINES), "restarted, it has its records")
        broker.stop()

    def filtered(self):
        """Under the system calls that the service may use; any other ends the process."""
        allowed = ServiceFilter(self.root.path("/usr/lib/systemd/system/fulmar.service"))
        for engine in ("uring", "epoll"):
            broker = self.start("--io", engine, last=allowed.apply)
            self.fulmar("topic", "create", engine)
            self.fulmar("produce", engine, text="\n".join(LINES) + "\n")
            check(self.records(engine) == sorted(LINES), f"the service's filter of {allowed.count} system calls lets it work, with {engine}")
            broker.stop()
        forbidden = subprocess.run(["chroot", self.root.path("/"), "/bin/true"], preexec_fn=allowed.apply, check=False)
        check(forbidden.returncode < 0, "and not change its root")

    def contained(self):
        """The container's last stage on the bare root, then its commands as its user, on a root that is read-only, with a volume."""
        file = Dockerfile(os.path.join(HERE, "..", "..", "packaging", "Dockerfile"))
        made = re.sub(r"^(--mount=\S+ +)+", "", file.one("RUN"))
        os.mkdir(self.root.path("/package"))
        shutil.copy(self.root.path("/fulmar-1.deb"), self.root.path("/package/fulmar_1.deb"))
        self.root.run("sh", "-e", "-c", made)
        check(self.root.run("id", "-u", "fulmar").strip() + ":" + self.root.run("id", "-g", "fulmar").strip() == file.one("USER"),
              "the image's user has the number that it says")
        image = os.path.join(self.root.folder, "image")
        volume = os.path.join(self.root.folder, "volume")
        user = file.one("USER")
        number = int(user.split(":")[0])
        for folder in (image, volume):
            os.mkdir(folder)
        os.chown(volume, number, number)
        mount = lambda *arguments: subprocess.run(["mount", *arguments], check=True)
        mount("--bind", self.root.root, image)
        mount("-o", "remount,bind,ro", image)
        mount("--bind", volume, image + file.one("VOLUME"))
        mount("-t", "proc", "proc", image + "/proc")
        mount("--bind", "/dev/null", image + "/dev/null")
        here = lambda words: [word.replace("0.0.0.0:9092", self.address).replace("127.0.0.1:9092", self.address)
                              .replace("localhost:9092", self.address) for word in words]
        healthy = lambda: subprocess.run(["chroot", f"--userspec={user}", image, *here(file.health_command())], capture_output=True, timeout=60,
                                         check=False).returncode == 0
        check(not healthy(), "a container whose broker does not run yet is not healthy")
        broker = Running(image, [number, number], here(file.command("ENTRYPOINT") + file.command("CMD")))
        check(healthy(), "the container's broker runs as its user on a read-only root, and is healthy")
        self.fulmar("topic", "create", "c")
        self.fulmar("produce", "c", text="a record\n")
        check(self.records("c") == ["a record"] and os.listdir(volume) == ["data"], "and keeps its records in the volume")
        broker.stop()
        subprocess.run(["umount", "-R", image], check=True)

    def removed(self):
        self.root.apt("remove", "fulmar")
        check(not os.path.exists(self.root.path("/usr/bin/fulmar")), "it can be removed")
        check(os.listdir(self.root.path(DATA)) == ["data"] and os.path.exists(self.root.path(CONFIGURATION)), "data and configuration stay")
        self.root.apt("install", "/fulmar-2.deb")
        broker = self.start()
        check(self.records("t") == sorted(LINES), "installed again, it has its records")
        broker.stop()
        told = self.root.apt("purge", "fulmar")
        check(not os.path.exists(self.root.path("/etc/fulmar")), "a purge takes the configuration")
        check(os.listdir(self.root.path(DATA)) == ["data"] and "the data in /var/lib/fulmar is kept" in told, "and keeps the data, which it says")
        self.root.apt("install", "/fulmar-2.deb")
        shutil.rmtree(self.root.path(DATA + "/data"))
        told = self.root.apt("purge", "fulmar")
        check(not os.path.exists(self.root.path(DATA)) and "is kept" not in told, "where there is none, nothing is left")
        left = [path for path in self.root.run("find", "/etc", "/usr", "/var/lib", "-name", "*fulmar*").split()]
        check(not left, f"of the package nothing is left: {left}")


def main(tar, package, newer):
    enter_own_namespace()
    with BareRoot(tar) as root:
        test = Test(root, package, newer)
        test.installed()
        test.used()
        test.filtered()
        test.upgraded()
        test.removed()
    with BareRoot(tar) as root:
        Test(root, package, newer).contained()


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(*sys.argv[1:])
