#!/usr/bin/python3
"""The container's image, run as docs/operating.md says, by podman, which takes docker's commands: image_test.py podman [OPTION...]

Run by `./dev container --test`. The page's commands are run as they are; then it is seen that the broker is confined as they say, is reached from
outside, is healthy or not, stops in order as process 1, and has its records again in a new container with the same volume.

podman has no daemon: it runs in namespaces of this test's own, which end with it, and so do its containers and the network that it makes.
"""
import os
import re
import resource
import socket
import statistics
import struct
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

from dockerfile import Dockerfile  # noqa: E402
from own_cgroup import OwnCgroup, Unavailable  # noqa: E402

SOURCE = os.path.dirname(os.path.dirname(HERE))
MARK = "FULMAR_IMAGE_TEST"
ADDRESS = ("127.0.0.1", 9092)
LINES = [f"line {i} of the text" for i in range(5000)]
NAME = "fulmar"
STARTS = 5
SKIPPED = 77


def check(condition, what):
    if not condition:
        raise AssertionError(what)
    print("ok:", what, flush=True)


def in_own_namespaces():
    """Runs this program again in some, and returns its exit code."""
    cgroup = OwnCgroup()
    try:
        return subprocess.run(["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc", "--cgroup", "sh", "-e", "-c",
                               'ip link set lo up; mount -t cgroup2 cgroup2 /sys/fs/cgroup; mount -t tmpfs tmpfs /run; exec "$@"', "-",
                               sys.executable, "-B", *sys.argv],
                              preexec_fn=cgroup.enter, env={**os.environ, MARK: "1"}, check=False).returncode
    finally:
        cgroup.remove()


def documented():
    """The commands that run the container, of docs/operating.md."""
    with open(os.path.join(SOURCE, "docs", "operating.md"), encoding="utf-8") as file:
        block = re.search(r"^```console container\n(.*?)^```", file.read(), re.M | re.S).group(1)
    return [command.split() for command in re.findall(r"^\$ docker (.*)$", block, re.M)]


def limits():
    """This process's limits and cgroup, for a runtime that might not be able to have others, since it is itself confined."""
    told = ["--cgroups", "disabled"]
    for name, number in (("nofile", resource.RLIMIT_NOFILE), ("nproc", resource.RLIMIT_NPROC)):
        told += ["--ulimit", "{}={}:{}".format(name, *resource.getrlimit(number))]
    return told


def answers():
    """Whether a client gets an answer to ApiVersions, the first request of each."""
    request = struct.pack(">hhih", 18, 0, 1, -1)
    try:
        with socket.create_connection(ADDRESS, timeout=1) as client:
            client.sendall(struct.pack(">i", len(request)) + request)
            return len(client.recv(4)) == 4
    except OSError:
        return False


class Test:
    def __init__(self, podman):
        self.podman = podman
        self.extra = limits()
        self.file = Dockerfile(os.path.join(SOURCE, "packaging", "Dockerfile"))

    def run(self, *command, code=0):
        done = subprocess.run([*self.podman, *command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=180, check=False)
        assert done.returncode == code, f"podman {' '.join(command)}: exit code {done.returncode}\n{done.stdout}"
        return done.stdout

    def inside(self, *command, code=0):
        return self.run("exec", NAME, *command, code=code)

    def clean(self):
        self.run("rm", "--force", "--ignore", NAME)
        if subprocess.run([*self.podman, "volume", "exists", NAME], check=False).returncode == 0:
            self.run("volume", "rm", NAME)

    def wait_for(self, condition, seconds, what):
        begun = time.monotonic()
        while not condition():
            assert time.monotonic() < begun + seconds, f"{seconds} s, and not yet: {what}\n{self.run('logs', NAME)}"
            time.sleep(0.005)  # polling for an event that has no other sign

    def started(self):
        """The page's first command; returns how long it took until podman had returned, and until the broker answered, in seconds."""
        run = next(command for command in documented() if command[0] == "run")
        begun = time.monotonic()
        self.run("run", *self.extra, *run[1:])
        returned = time.monotonic()
        self.wait_for(answers, 60, "it answers")
        return returned - begun, time.monotonic() - begun

    def measured(self):
        """Prints what docs/performance.md has."""
        took = []
        for _ in range(STARTS):
            took.append(self.started())
            self.run("stop", "-t", "60", NAME)
            self.run("rm", NAME)
        returned, answered = (statistics.median(times) for times in zip(*took))
        print(f"{STARTS} new containers with that volume, from `podman run` to the first answer: median {1000 * answered:.0f} ms, "
              f"maximum {1000 * max(times[1] for times in took):.0f} ms; podman returned after {1000 * returned:.0f} ms", flush=True)

    def confined(self):
        for command in documented():
            if command[0] == "exec":
                check("brokers" in self.run(*command), f"`docker {' '.join(command)}` works")
        status = dict(re.findall(r"^(\w+):\s+(.*)$", self.inside("cat", "/proc/1/status"), re.M))
        user, group = self.file.one("USER").split(":")
        check(status["Name"] == "fulmar" and set(status["Uid"].split()) == {user} and set(status["Gid"].split()) == {group},
              "process 1 is the broker, as the image's user")
        check(int(status["CapBnd"], 16) == 0 and status["NoNewPrivs"] == "1" and status["Seccomp"] == "2",
              "it has no capability, can't get any, and its system calls are filtered")
        files = self.inside("ls", "-l", "/proc/1/fd")
        check("eventpoll" in files and "io_uring" not in files, "podman's filter refuses io_uring, and the broker does without it")
        check("Read-only file system" in self.inside("touch", "/var/lib/x", code=1), "its root can't be written")

    def health(self):
        """By the image's health check, which systemd or docker would run again and again."""
        self.run("healthcheck", "run", NAME)
        self.run("kill", "--signal", "STOP", NAME)
        self.run("healthcheck", "run", NAME, code=1)
        self.run("kill", "--signal", "CONT", NAME)
        self.run("healthcheck", "run", NAME)
        check(True, "the health check finds it healthy, not so while it stands still, and healthy again")

    def kcat(self, *options, text=None):
        return subprocess.run(["kcat", "-b", "{}:{}".format(*ADDRESS), "-t", "t", *options], input=text, capture_output=True, text=True, timeout=60,
                              check=True).stdout

    def used(self):
        self.inside("fulmar", "topic", "create", "t", "--partitions", "3")
        self.kcat("-P", text="\n".join(LINES) + "\n")
        self.remembered("clients outside produce and consume")

    def remembered(self, what):
        check(sorted(self.kcat("-C", "-e", "-q").splitlines()) == sorted(LINES), what)

    def ended(self):
        begun = time.monotonic()
        self.run("stop", "-t", "60", NAME)
        took = time.monotonic() - begun
        code = self.run("inspect", "--format", "{{.State.ExitCode}}", NAME).strip()
        check(code == "0" and "broker stopped clean=true" in self.run("logs", NAME) and took < 30,
              f"a stop lets it hand over and end in order, in {took:.1f} s")
        self.run("rm", NAME)


def main(podman):
    if MARK not in os.environ:
        try:
            return in_own_namespaces()
        except Unavailable as reason:
            print("skipped: no containers can be run here:", reason)
            return SKIPPED
    test = Test(podman)
    test.clean()
    test.started()
    test.confined()
    test.used()
    test.health()
    test.ended()
    test.started()
    test.remembered("a new container with the same volume has the records")
    test.ended()
    test.measured()
    test.clean()
    return 0


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1:]))
