"""The faults of a storm: a schedule from a seed, and what carries it out on a cluster."""
import random
import signal
import threading
import time

from places import OUTSIDE

ROLL = "roll"  # to the other release, stopped in order: only where there are two
STOP_SECONDS = 30
GAP_SECONDS = (0.3, 3.0)
LENGTH_SECONDS = (0.3, 5.0)
KINDS = ["kill", "kill", "kill", "kill-all", "pause", "pause", "cut", "cut", "cut-one-way", "cut-one-way", "isolate", "slow",
         "cut-clients"]


class Fault:
    def __init__(self, kind, at, length, target, peer):
        self.kind, self.at, self.length, self.target, self.peer = kind, at, length, target, peer

    def __str__(self):
        whom = {"kill-all": "", "cut": f"{self.target} from {self.peer}", "cut-one-way": f"{self.target} to {self.peer}"}
        return f"{self.at:6.1f}s {self.kind} {whom.get(self.kind, self.target)} for {self.length:.1f}s"


def schedule(seed, seconds, count, network, rolls):
    """Faults of up to `seconds`, mostly one at a time, now and then two; kinds that the network has not are left out."""
    rng = random.Random(seed)
    kinds = [kind for kind in KINDS
             if (network.can_cut or kind in ("kill", "kill-all", "pause")) and (network.slow_how or kind != "slow")]
    if rolls:
        kinds += [ROLL] * len(kinds)
    faults = []
    at = rng.uniform(*GAP_SECONDS)
    while at < seconds:
        target, peer = rng.sample(range(1, count + 1), 2)
        fault = Fault(rng.choice(kinds), at, min(rng.uniform(*LENGTH_SECONDS), seconds - at), target, peer)
        faults.append(fault)
        at += rng.uniform(0, fault.length) if rng.random() < 0.25 else fault.length + rng.uniform(*GAP_SECONDS)
    return faults


class Nemesis:
    """Begins and ends faults. Two of one kind may overlap: what the later one finds done it leaves to the earlier one to undo.

    `releases`: two binaries that brokers are rolled between; in the end all are of the first."""

    def __init__(self, cluster, network, releases=()):
        self.cluster, self.network, self.releases = cluster, network, releases
        self.rolled = {release: 0 for release in releases}
        self.paused = set()
        self.everybody = [OUTSIDE, *(broker.node_id for broker in cluster.brokers)]

    def links(self, fault):
        t, p = fault.target, fault.peer
        others = [n for n in self.everybody if n != t]
        return {"cut": [(t, p), (p, t)], "cut-one-way": [(t, p)], "cut-clients": [(OUTSIDE, t), (t, OUTSIDE)],
                "isolate": [(t, n) for n in others] + [(n, t) for n in others]}[fault.kind]

    def begin(self, fault):
        """Does it; returns what undoes it."""
        if fault.kind in ("kill", "kill-all"):
            victims = [b for b in self.cluster.brokers if b.alive() and fault.kind == "kill-all" or b.node_id == fault.target]
            victims = [b for b in victims if b.alive()]
            for broker in victims:
                broker.kill()
                self.paused.discard(broker.node_id)
            return lambda: [broker.begin() for broker in victims if not broker.alive()]
        if fault.kind == ROLL:
            broker = self.cluster.broker(fault.target)
            self.roll(broker, next(release for release in self.releases if release != broker.binary))
            return lambda: None
        if fault.kind == "pause":
            return self.pause(self.cluster.broker(fault.target))
        if fault.kind == "slow":
            self.network.slow(fault.target)
            return lambda: self.network.hasten(fault.target)
        cut = [link for link in self.links(fault) if link not in self.network.cuts]
        for link in cut:
            self.network.cut(*link)
        return lambda: [self.network.mend(*link) for link in cut]

    def roll(self, broker, release):
        """Also one that is paused, or down: then it comes back as that release."""
        broker.binary = release
        self.rolled[release] += 1
        if not broker.alive():
            return
        broker.process.send_signal(signal.SIGTERM)
        if broker.node_id in self.paused:
            self.paused.discard(broker.node_id)
            broker.process.send_signal(signal.SIGCONT)
        code = broker.process.wait(timeout=STOP_SECONDS)
        assert code == 0, f"broker {broker.node_id} stopped with {code}:\n{broker.said()[-5000:]}"
        broker.begin()

    def pause(self, broker):
        if not broker.alive() or broker.node_id in self.paused:
            return lambda: None
        broker.process.send_signal(signal.SIGSTOP)
        self.paused.add(broker.node_id)

        def resume():
            if broker.node_id in self.paused:
                broker.process.send_signal(signal.SIGCONT)
                self.paused.discard(broker.node_id)
        return resume

    def run(self, faults):
        """All of them, in the calling thread; then everything is healed."""
        begun = time.monotonic()
        steps = [(fault.at, fault, True) for fault in faults] + [(fault.at + fault.length, fault, False) for fault in faults]
        undo = {}
        wait = threading.Event().wait
        for at, fault, begins in sorted(steps, key=lambda step: step[0]):
            wait(max(0.0, begun + at - time.monotonic()))
            if begins:
                print(fault, flush=True)
                undo[fault] = self.begin(fault)
            else:
                undo.pop(fault)()
        self.heal()

    def heal(self):
        self.network.heal()
        for broker in self.cluster.brokers:
            if broker.node_id in self.paused:
                broker.process.send_signal(signal.SIGCONT)
            if not broker.alive():
                broker.begin()
        self.paused.clear()
        for broker in self.cluster.brokers:
            if self.releases and broker.binary != self.releases[0]:
                self.roll(broker, self.releases[0])
