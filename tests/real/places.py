"""Places where brokers run: network namespaces of the test's own, whose links can be cut and slowed; or loopback, with its reason.

A link is cut one way by telling the sender's namespace that the other's address belongs to a card that nobody has: the frames leave,
and nobody takes them. It needs nothing but iproute2, and neither end is told.
"""
import ctypes
import os
import shutil
import subprocess
import sys

from cluster import Place, loopback

CLONE_NEWNET = 0x40000000
NOBODY = "02:00:00:00:00:fe"
CLIENT_PORT, PEER_PORT = 9092, 9093
OUTSIDE = 0  # the number of the place where the clients are; brokers have those from 1 on
MARK = "FULMAR_STORM_NAMESPACE"


def enter_own_namespace():
    """Runs this program again in namespaces of its own, as root there; returns, with the reason, if that can't be had."""
    if MARK in os.environ:
        return None
    missing = [tool for tool in ("unshare", "nsenter", "ip", "tc") if not shutil.which(tool)]
    if missing:
        return f"no {', '.join(missing)}"
    # When the test ends, however it does, its process namespace takes everything that it began with it.
    own = ["unshare", "--user", "--map-root-user", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
    tried = subprocess.run([*own, "ip", "link", "add", "probe", "type", "bridge"], capture_output=True, text=True, check=False)
    if tried.returncode != 0:
        return "no namespaces: " + tried.stderr.strip()
    os.execvpe(own[0], [*own, sys.executable, *sys.argv], {**os.environ, MARK: "1"})
    return None


def run(*command, check=True):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0 or not check, f"{command}: {done.stderr}"
    return done.returncode == 0


class Loopback:
    can_cut = False
    slow_how = None

    def __init__(self, count):
        self.places = loopback(count)

    def heal(self):
        """There is nothing that could be broken."""


class Namespaces:
    """Brokers at 10.0.0.1, 10.0.0.2, ..., each behind a cable of its own to a switch, at which the clients are as well."""
    can_cut = True

    def __init__(self, count):
        run("ip", "link", "set", "lo", "up")
        run("ip", "link", "add", "switch", "type", "bridge")
        run("ip", "addr", "add", self.host(OUTSIDE) + "/24", "dev", "switch")
        run("ip", "link", "set", "switch", "up")
        self.inside = {OUTSIDE: []}
        self.device = {OUTSIDE: "switch"}
        self.cuts = set()
        self.slowed = set()
        self.holders = []
        for n in range(1, count + 1):
            unshare = ctypes.CDLL(None, use_errno=True).unshare
            holder = subprocess.Popen(["sleep", "infinity"], preexec_fn=lambda: unshare(CLONE_NEWNET))
            self.holders.append(holder)
            self.inside[n] = ["nsenter", f"--net=/proc/{holder.pid}/ns/net", "--"]
            self.device[n] = "eth0"
            run("ip", "link", "add", f"cable{n}", "type", "veth", "peer", "name", "eth0", "netns", str(holder.pid))
            run("ip", "link", "set", f"cable{n}", "master", "switch", "up")
            run(*self.inside[n], "ip", "addr", "add", self.host(n) + "/24", "dev", "eth0")
            for device in ("lo", "eth0"):
                run(*self.inside[n], "ip", "link", "set", device, "up")
        self.places = [Place(self.host(n), CLIENT_PORT, PEER_PORT, self.inside[n]) for n in range(1, count + 1)]
        self.slow_how = self.what_slows()

    @staticmethod
    def host(n):
        return f"10.0.0.{n or 254}"

    def what_slows(self):
        """What this kernel has for it: netem delays, tbf narrows; None: nothing."""
        for how in (["netem", "delay", "60ms", "20ms"], ["tbf", "rate", "1mbit", "burst", "8kb", "latency", "300ms"]):
            if run("tc", "qdisc", "add", "dev", "switch", "root", *how, check=False):
                run("tc", "qdisc", "del", "dev", "switch", "root")
                return how
        return None

    def cut(self, sender, receiver):
        """From now on nothing that one sends reaches the other; the other way it does."""
        run(*self.inside[sender], "ip", "neigh", "replace", self.host(receiver), "lladdr", NOBODY, "dev", self.device[sender], "nud",
            "permanent")
        self.cuts.add((sender, receiver))

    def mend(self, sender, receiver):
        run(*self.inside[sender], "ip", "neigh", "del", self.host(receiver), "dev", self.device[sender], check=False)
        self.cuts.discard((sender, receiver))

    def slow(self, n):
        """All that broker n sends."""
        run(*self.inside[n], "tc", "qdisc", "replace", "dev", "eth0", "root", *self.slow_how)
        self.slowed.add(n)

    def hasten(self, n):
        run(*self.inside[n], "tc", "qdisc", "del", "dev", "eth0", "root", check=False)
        self.slowed.discard(n)

    def heal(self):
        for link in sorted(self.cuts):
            self.mend(*link)
        for n in sorted(self.slowed):
            self.hasten(n)
