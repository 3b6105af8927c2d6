#!/usr/bin/python3
"""The package's service under Debian's systemd, booted on a bare Debian: systemd_test.py BARE_ROOT.tar PACKAGE.deb NEWER_PACKAGE.deb

Run by `./dev package --test`. Started and ready by notification, confined, ended by the watchdog and started again, not restarted with a wrong
configuration, upgraded while it runs, stopped in order, also when the machine is switched off; started by the boot; removed. Skipped, with a reason,
where no machine can be booted (machine.py). It needs a mirror of Debian for systemd and what the package depends on.
"""
import os
import re
import resource
import shutil
import statistics
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

from bare_root import BareRoot, enter_own_namespace  # noqa: E402
from machine import Machine  # noqa: E402
from own_cgroup import Unavailable  # noqa: E402

SKIPPED = 77
CONFIGURATION = "/etc/fulmar/broker.properties"
DATA = "/var/lib/fulmar/data"
UNIT = "/usr/lib/systemd/system/fulmar.service"
LINES = [f"line {i} of the text" for i in range(1000)]
BOOTSTRAP = ("--bootstrap", "127.0.0.1:9092")
SHORT_START_SECONDS = 2
STARTS = 5


def check(condition, what):
    if not condition:
        raise AssertionError(what)
    print("ok:", what, flush=True)


class Test:
    def __init__(self, root, machine):
        self.root = root
        self.machine = machine
        self.run = machine.run
        with open(root.path(UNIT), encoding="utf-8") as file:
            self.unit = dict(re.findall(r"^(\w+)=(.*)$", file.read(), re.M))

    def of_service(self, name):
        return self.run("systemctl", "show", "--value", "--property", name, "fulmar").strip()

    def process(self):
        return self.of_service("MainPID")

    def journal(self):
        """What the broker has said since the machine was made, and systemd about it."""
        self.run("journalctl", "--sync")
        return self.run("journalctl", "--unit", "fulmar", "--output", "cat")

    def records(self):
        return sorted(self.run("fulmar", "consume", "t", "--exit-at-end", *BOOTSTRAP).splitlines())

    def installed(self):
        check(self.run("systemctl", "is-enabled", "fulmar", code=1) == "disabled\n" and self.of_service("ActiveState") == "inactive",
              "installed, the service is neither enabled nor started")
        told = self.run("systemd-analyze", "verify", "--man=no", UNIT)
        check("fulmar" not in told, f"systemd understands all of its unit: {told}")

    def waits(self):
        """A start that takes longer than TimeoutStartSec, because the cluster's other controllers are not there."""
        change = self.root.path("/etc/systemd/system/fulmar.service.d/short.conf")
        configuration = self.root.path(CONFIGURATION)
        os.makedirs(os.path.dirname(change))
        with open(change, "w", encoding="ascii") as file:
            file.write(f"[Service]\nTimeoutStartSec={SHORT_START_SECONDS}\n")
        shutil.copy(configuration, configuration + ".kept")
        self.run("install", "-m", "640", "-g", "fulmar", "/dev/stdin", "/etc/fulmar/cluster.secret", text="a secret of this test's own\n")
        with open(configuration, "a", encoding="ascii") as file:
            file.write("listeners=PLAINTEXT://127.0.0.1:9092,INTERNAL://127.0.0.1:9093\ncluster.secret.file=/etc/fulmar/cluster.secret\n"
                       "controller.quorum.voters=1@127.0.0.1:9093,2@127.0.0.1:9083,3@127.0.0.1:9073\n")
        self.run("systemctl", "daemon-reload")
        self.run("systemctl", "start", "--no-block", "fulmar")
        begun = time.monotonic()
        self.machine.wait_for(lambda: self.of_service("StatusText") == "waits for the cluster's controllers", 30, "it waits for the controllers")
        self.machine.wait_for(lambda: time.monotonic() > begun + 3 * SHORT_START_SECONDS, 30, "three times the time of a start is over")
        check(self.of_service("ActiveState") == "activating" and self.of_service("NRestarts") == "0",
              f"a start that waits for the other controllers goes on for longer than TimeoutStartSec={SHORT_START_SECONDS}, which the broker extends")
        self.run("systemctl", "stop", "fulmar")
        check(self.of_service("Result") == "success", "and can be stopped while it waits")
        os.replace(configuration + ".kept", configuration)
        shutil.rmtree(self.root.path(DATA))
        shutil.rmtree(os.path.dirname(change))
        self.run("systemctl", "daemon-reload")

    def start(self):
        """Returns how long `systemctl start` took, in seconds."""
        begun = time.monotonic()
        self.run("systemctl", "start", "fulmar")
        return time.monotonic() - begun

    def started(self):
        self.start()
        self.run("fulmar", "topic", "create", "t", "--partitions", "3", *BOOTSTRAP)
        self.run("fulmar", "produce", "t", *BOOTSTRAP, text="\n".join(LINES) + "\n")
        check(self.records() == sorted(LINES), "`systemctl start` returns when clients are served")
        told = self.run("systemctl", "status", "--no-pager", "fulmar")
        check('Status: "serves clients at 127.0.0.1:9092"' in told and "active (running)" in told, "`systemctl status` says what it does")

    def measured(self):
        """Prints what docs/performance.md has."""
        took = []
        for _ in range(STARTS):
            self.run("systemctl", "stop", "fulmar")
            took.append(self.start())
        print(f"{STARTS} times `systemctl start fulmar`, until it has returned: median {1000 * statistics.median(took):.0f} ms, "
              f"maximum {1000 * max(took):.0f} ms", flush=True)

    def confined(self):
        process = self.process()
        told = self.run("cat", f"/proc/{process}/status")
        status = dict(re.findall(r"^(\w+):\s+(.*)$", told, re.M))
        user = self.run("id", "-u", "fulmar").strip()
        check(set(status["Uid"].split()) == {user} and user != "0", "it runs as its user")
        check({int(status[name], 16) for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")} == {0} and status["NoNewPrivs"] == "1",
              "with no capability, and can't get any")
        check(status["Seccomp"] == "2", "its system calls are filtered")
        check("io_uring" in self.run("ls", "-l", f"/proc/{process}/fd"), "and io_uring is among them")
        files = int(re.search(r"^Max open files\s+(\d+)", self.run("cat", f"/proc/{process}/limits"), re.M).group(1))
        # Who may not raise limits here, of a machine that is itself confined, gives what there is.
        wanted = {int(self.unit["LimitNOFILE"]), resource.getrlimit(resource.RLIMIT_NOFILE)[1]}
        check(files in wanted, f"it may open {files} files")

        def sees(*command):
            """In its mounts, as root without its filter: what even root can't do there is denied by the mounts."""
            return self.run("nsenter", "--target", process, "--mount", "--wdns=/", "--", "sh", "-c", " ".join(command) + " 2>&1; true").strip()

        home = "/home/somebody"
        self.run("install", "-d", home)
        self.run("touch", home + "/something")
        check("Read-only file system" in sees("touch /etc/x") and "Read-only file system" in sees("touch /usr/x") and
              "Read-only file system" in sees("touch /var/x") and sees("touch /var/lib/fulmar/x && rm /var/lib/fulmar/x") == "",
              "nothing can be written but its place for data")
        check(sees("ls", home) != "" and self.run("ls", home) == "something\n", "homes are hidden from it")
        mounts = sees("cat /proc/self/mountinfo")
        check(sees("ls -d /proc/sys /proc/1/cmdline") != "" and "hidepid=invisible" in mounts and "subset=pid" in mounts,
              "and so are other users' processes, and what the kernel tells of itself")
        owners = {os.stat(os.path.join(folder, name)) for folder, _, names in os.walk(self.root.path(DATA)) for name in names}
        check({(at.st_uid, at.st_mode & 0o077) for at in owners} == {(int(user), 0)}, "its records are for nobody else to read")
        scored = self.run("systemd-analyze", "security", "--no-pager", "fulmar")
        exposure = float(re.search(r"Overall exposure level for fulmar.service: ([\d.]+)", scored).group(1))
        with open(os.path.join(HERE, "..", "..", "docs", "operating.md"), encoding="utf-8") as file:
            documented = float(re.search(r"an exposure of ([\d.]+),", file.read()).group(1))
        check(exposure <= documented, f"systemd gives it an exposure of {exposure}")

    def restarted(self, signal, why, seconds):
        """Ended by no fault of a person's, it comes back, with all that was acknowledged."""
        before, process = int(self.of_service("NRestarts")), self.process()
        self.run("systemctl", "kill", f"--signal={signal}", "--kill-whom=main", "fulmar")
        took = self.machine.wait_for(lambda: int(self.of_service("NRestarts")) > before and self.of_service("ActiveState") == "active", seconds,
                                     "it is started again")
        check(self.process() != process and self.records() == sorted(LINES), f"{why}, it is started again, in {took:.1f} s, and has its records")

    def misconfigured(self):
        self.run("systemctl", "stop", "fulmar")
        with open(self.root.path(CONFIGURATION), "a", encoding="ascii") as file:
            file.write("num.partitions=none\n")
        self.run("systemctl", "start", "fulmar", code=1)
        check((self.of_service("ActiveState"), self.of_service("ExecMainStatus"), self.of_service("NRestarts")) == ("failed", "2", "0"),
              "with a configuration that is wrong it fails, and is not started again and again")
        check("num.partitions" in "\n".join(self.journal().splitlines()[-5:]), "the journal says which property")
        self.run("sed", "-i", "/^num.partitions=none$/d", CONFIGURATION)
        self.run("systemctl", "start", "fulmar")
        check(self.records() == sorted(LINES), "once that is corrected it starts")

    def stopped_in_order(self, count):
        said = self.journal()
        return said.count("broker stopped clean=true") == count and "Failed to kill" not in said

    def upgraded(self):
        process = self.process()
        self.run("dpkg", "--install", "/fulmar-2.deb")
        check(self.process() == process and self.of_service("NeedDaemonReload") == "no" and self.records() == sorted(LINES),
              "an upgrade of the package leaves the broker running, and tells systemd of the new unit")
        stops = self.journal().count("broker stopped clean=true")
        self.run("systemctl", "restart", "fulmar")
        check(self.process() != process and self.stopped_in_order(stops + 1) and self.records() == sorted(LINES),
              "a restart stops it in order and starts the new one")

    def switched_off(self):
        self.run("systemctl", "enable", "fulmar")
        self.machine.power_off()

    def removed(self):
        stops = self.journal().count("broker stopped clean=true")
        self.run("dpkg", "--remove", "fulmar")
        check(self.stopped_in_order(stops + 1), "a removal of the package stops it in order")
        check(os.path.isdir(self.root.path(DATA)), "and keeps its data")
        self.run("dpkg", "--purge", "fulmar")
        links = [name for _, _, names in os.walk(self.root.path("/etc/systemd/system")) for name in names if name.startswith("fulmar")]
        check(not links, "a purge leaves no link to the service")


def prepare(root, package, newer):
    for number, path in enumerate((package, newer), 1):
        shutil.copy(path, root.path(f"/fulmar-{number}.deb"))
    root.apt("update")
    root.apt("install", "systemd", "systemd-sysv", "dbus", "/fulmar-1.deb")


def main(tar, package, newer):
    enter_own_namespace()
    with BareRoot(tar) as root:
        prepare(root, package, newer)
        try:
            machine = Machine(root.root)
        except Unavailable as reason:
            print("skipped: no machine can be booted here:", reason)
            return SKIPPED
        with machine:
            print("a machine has booted:", machine.run("systemctl", "--version").splitlines()[0], flush=True)
            test = Test(root, machine)
            test.installed()
            test.waits()
            test.started()
            test.confined()
            test.measured()
            test.restarted("SIGKILL", "killed", 30)
            # All of its threads stand still, and the watchdog is not answered.
            test.restarted("SIGSTOP", f"ended by the watchdog (WatchdogSec={test.unit['WatchdogSec']})", 90)
            check("Watchdog timeout" in test.journal(), "which the journal says")
            test.misconfigured()
            test.upgraded()
            stops = test.journal().count("broker stopped clean=true")
            test.switched_off()
        with Machine(root.root) as machine:
            test = Test(root, machine)
            check(test.stopped_in_order(stops + 1), "when the machine was switched off, the broker stopped in order")
            test.machine.wait_for(lambda: test.of_service("ActiveState") == "active", 30, "the boot has started it")
            check(test.records() == sorted(LINES), "and the next boot has started it, with its records")
            test.removed()
    return 0


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
