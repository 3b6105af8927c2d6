"""A bare Debian in a folder, in which packages are installed and programs run: no init, no service manager, the machine's network."""
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

MARK = "FULMAR_BARE_ROOT"


def enter_own_namespace():
    """Runs this program again with mounts and processes of its own, which end with it."""
    if os.environ.get(MARK):
        return
    if os.geteuid() != 0:
        sys.exit("this test needs root: it installs packages in a root file system of its own")
    os.execvpe("unshare", ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", sys.executable, "-B", *sys.argv],
               {**os.environ, MARK: "1"})


class BareRoot:
    def __init__(self, tar):
        self.folder = tempfile.mkdtemp(prefix="fulmar-root-")
        self.root = os.path.join(self.folder, "root")
        os.mkdir(self.root)
        subprocess.run(["tar", "-xpf", tar, "-C", self.root, "--exclude=./dev/*"], check=True)
        shutil.copy("/etc/resolv.conf", os.path.join(self.root, "etc/resolv.conf"))
        for device in ("null", "zero", "urandom", "random"):
            open(os.path.join(self.root, "dev", device), "wb").close()
            subprocess.run(["mount", "--bind", f"/dev/{device}", os.path.join(self.root, "dev", device)], check=True)
        subprocess.run(["mount", "-t", "proc", "proc", os.path.join(self.root, "proc")], check=True)

    def path(self, inside):
        return os.path.join(self.root, inside.lstrip("/"))

    def run(self, *command, code=0, text=None):
        """Runs it there as root; returns what it printed."""
        done = subprocess.run(["chroot", self.root, *command], input=text, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              timeout=500, check=False,
                              env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"})
        assert done.returncode == code, f"{command}: exit code {done.returncode}\n{done.stdout}"
        return done.stdout

    def apt(self, *arguments):
        # A root that is thrown away need not survive a loss of power.
        return self.run("apt-get", "-q", "-y", "--no-install-recommends", "-o", "Dpkg::Options::=--force-unsafe-io", *arguments)

    def close(self):
        with open("/proc/self/mounts", encoding="utf-8") as file:
            below = [line.split()[1] for line in file if line.split()[1].startswith(self.folder + "/")]
        for path in reversed(below):
            subprocess.run(["umount", "-l", path], check=True)
        shutil.rmtree(self.folder)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Running:
    """A broker there, as a user of that system; ready when it is made."""

    def __init__(self, root, user, command, last=lambda: None):
        """`root`: a folder; `user`: numbers of user and group; `last` is called in the process before it becomes the broker."""
        def become():
            os.chroot(root)
            os.chdir("/")
            os.setgroups([])
            os.setgid(user[1])
            os.setuid(user[0])
            last()

        self.log = tempfile.NamedTemporaryFile(prefix="fulmar-broker-", suffix=".log")
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=self.log,
                                        env={"PATH": "/usr/bin:/bin"}, preexec_fn=become)
        deadline = time.monotonic() + 60
        while "broker ready" not in self.said():
            assert self.process.poll() is None and time.monotonic() < deadline, f"{command} is not ready:\n{self.said()}"
            time.sleep(0.05)  # polling for an event that has no other sign

    def said(self):
        with open(self.log.name, encoding="utf-8") as file:
            return file.read()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(timeout=60)
        assert code == 0, f"it stopped with {code}:\n{self.said()}"
