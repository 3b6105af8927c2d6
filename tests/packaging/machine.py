"""A machine that has booted: a root file system in a folder with Debian's systemd as its process 1, in namespaces and a cgroup of its own.

Its network is a loopback interface of its own. No virtual machine and no container runtime: what it takes is root, and a unified cgroup hierarchy
that may be written (`Unavailable` says what is missing). The kernel is this machine's, and so are its limits.
"""
import os
import subprocess
import time

from own_cgroup import OwnCgroup, Unavailable

HERE = os.path.dirname(os.path.abspath(__file__))
OWN = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--net", "--ipc", "--uts", "--cgroup"]
BOOT_SECONDS = 60
COMMAND_SECONDS = 120


class Machine:
    def __init__(self, root):
        """Boots; returns once all that starts by itself has started."""
        self.cgroup = OwnCgroup()
        try:
            tried = subprocess.run([*OWN, "mount", "-t", "cgroup2", "cgroup2", "/mnt"], preexec_fn=self.cgroup.enter, capture_output=True, text=True,
                                   check=False)
            if tried.returncode != 0:
                raise Unavailable(f"no namespaces of its own: {tried.stderr.strip()}")
            self.process = subprocess.Popen([*OWN, os.path.join(HERE, "machine_init.sh"), root], preexec_fn=self.cgroup.enter, stdin=subprocess.DEVNULL)
            self.inside = self._inside()
            self.wait_for(self._is_systemd, BOOT_SECONDS, "systemd runs")
            # It waits until the boot has ended, and fails if anything has failed.
            self.run("systemctl", "is-system-running", "--wait")
        except BaseException:
            self.close()
            raise

    def _inside(self):
        """The words that run a command there, once the machine's first process is there."""
        children = f"/proc/{self.process.pid}/task/{self.process.pid}/children"

        def born():
            with open(children, encoding="ascii") as file:
                return file.read().split()

        self.wait_for(born, BOOT_SECONDS, "its first process is there")
        self.process_1 = born()[0]
        return ["nsenter", "--target", self.process_1, "--mount", "--pid", "--net", "--ipc", "--uts", "--cgroup", "--root", "--wdns=/", "--",
                "env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8", "SYSTEMD_PAGER="]

    def _is_systemd(self):
        with open(f"/proc/{self.process_1}/comm", encoding="ascii") as file:
            return file.read() == "systemd\n" and os.path.exists(f"/proc/{self.process_1}/root/run/systemd/private")

    def wait_for(self, condition, seconds, what):
        """Returns how long it took, in seconds."""
        begun = time.monotonic()
        while not condition():
            assert self.process.poll() is None, f"the machine has ended with {self.process.returncode}, before {what}"
            assert time.monotonic() < begun + seconds, f"{seconds} s, and not yet: {what}"
            time.sleep(0.01)  # polling for an event that has no other sign
        return time.monotonic() - begun

    def run(self, *command, code=0, text=None):
        """Runs it there as root; returns what it printed."""
        done = subprocess.run([*self.inside, *command], input=text, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              timeout=COMMAND_SECONDS, check=False)
        assert done.returncode == code, f"{command}: exit code {done.returncode}\n{done.stdout}"
        return done.stdout

    def power_off(self):
        """As at the end of a day: returns once all services have been stopped and the machine is off."""
        self.run("systemctl", "poweroff")
        self.process.wait(timeout=COMMAND_SECONDS)

    def close(self):
        if hasattr(self, "process"):
            self.process.kill()
            self.process.wait()
        self.cgroup.remove()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
