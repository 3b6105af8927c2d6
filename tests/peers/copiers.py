"""A client's copiers, which pass records on in transactions, while a copier is killed and one is paused for longer than its session, and the
coordinators of the transactions are killed and stopped: each record is passed on once, in order, and nothing aborted is seen.
Usage: copiers.py NAME killed|kept COMMAND... FULMAR_BINARY    (kept: the coordinators stay, for clients that don't survive them)

COMMAND is a program of the client NAME, and is given BOOTSTRAP GROUP FROM TO TRANSACTIONAL_ID. It reads committed records as a member of the group,
and writes each to the same partition of the other topic, in transactions that commit the offsets, too. Some transactions it aborts: their records
begin with "aborted". It prints `committed RECORDS` or `aborted RECORDS` after each; on SIGTERM it leaves and ends with 0.
"""
import os
import signal
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "real"))

from broker import check  # noqa: E402
from cluster import Cluster  # noqa: E402
from coordinators import Group, of_transactions, until  # noqa: E402
from program import Programs  # noqa: E402

PARTITIONS, VALUES = 4, 400  # values in each partition, in each phase
MARKERS_SECONDS = 30
FROM, TO, GROUP = "copied-from", "copied-to", "copiers"
IDS = ("copier-0", "copier-1")
OPTIONS = ("--set", "group.initial.rebalance.delay.ms=200")


class Input:
    """What is written to be copied."""

    def __init__(self, cluster):
        self.cluster, self.written = cluster, 0  # in each partition

    def write(self):
        values = "".join(f"{number}\n" for number in range(self.written, self.written + VALUES))
        for partition in range(PARTITIONS):
            subprocess.run([self.cluster.brokers[0].binary, "produce", FROM, "--partition", str(partition), "--bootstrap", self.cluster.address],
                           input=values, text=True, timeout=120, check=True)
        self.written += VALUES


def copied(cluster, isolation):
    """By partition, in order."""
    values = {partition: [] for partition in range(PARTITIONS)}
    done = subprocess.run([cluster.brokers[0].binary, "consume", TO, "--exit-at-end", "--isolation", isolation, "--format", "%p %s\\n", "--bootstrap",
                           cluster.address], capture_output=True, text=True, timeout=120, check=True)
    for line in done.stdout.splitlines():
        partition, value = line.split(" ", 1)
        values[int(partition)].append(value)
    return values


def check_copies(cluster, written):
    """A transaction's markers are written to each partition by itself, so that its offsets may be seen before its records: a part may be missing for a while."""
    expected = [str(number) for number in range(written)]
    found, begun = copied(cluster, "read_committed"), time.monotonic()
    while any(len(values) < written and values == expected[:len(values)] for values in found.values()) and time.monotonic() - begun < MARKERS_SECONDS:
        time.sleep(0.2)  # polling for an event that has no other sign
        found = copied(cluster, "read_committed")
    if (waited := time.monotonic() - begun) > 1:
        print(f"the last markers took {waited:.1f} s", flush=True)
    for partition, values in found.items():
        differs = next((n for n, pair in enumerate(zip(values, expected)) if pair[0] != pair[1]), min(len(values), written))
        assert values == expected, f"partition {partition} has {len(values)} of {written} values, and differs from number {differs} on: {values[differs:differs + 5]}"
    print("ok: each record is there once, in order, and nothing that was aborted", flush=True)


def lose_coordinators(cluster, source, all_copied):
    killed = of_transactions(cluster, IDS[0])
    killed.kill()
    source.write()
    all_copied(f"the coordinator of the first one's transactions, broker {killed.node_id}, is killed: they go on")
    killed.start()
    cluster.await_health()

    stopped = of_transactions(cluster, IDS[1])
    stopped.process.send_signal(signal.SIGSTOP)
    source.write()
    all_copied(f"the coordinator of the other one's transactions, broker {stopped.node_id}, is stopped: they go on")
    stopped.process.send_signal(signal.SIGCONT)
    source.write()
    all_copied("it goes on, and so do they")
    cluster.await_health()


def play(cluster, command, coordinators):
    cluster.ask("topic", "create", FROM, TO, "--partitions", str(PARTITIONS), "--replication-factor", "3")
    group, source = Group(cluster, GROUP, FROM), Input(cluster)

    def dead():
        return [copier.command[-1] for copier in copiers if not copier.alive()]

    def comes(holds, what):
        until(holds, what, fails=lambda: dead() and f"copiers have ended by themselves: {dead()}")

    def all_copied(what):
        comes(lambda: group.committed(source.written), what)
        check_copies(cluster, source.written)

    with Programs() as programs:
        copiers = [programs.add([*command, cluster.address, GROUP, FROM, TO, transactional_id], lambda *_: None) for transactional_id in IDS]
        comes(lambda: group.shared_by(2), "two copiers share the partitions")
        source.write()
        all_copied("they copy everything")

        ended = sum(copiers[0].lines.values())
        source.write()
        until(lambda: sum(copiers[0].lines.values()) > ended, "the first one copies")
        copiers[0].kill()
        copiers[0].start()
        all_copied("it is killed, and another begun with its transactional id: everything is copied")

        if coordinators == "killed":
            lose_coordinators(cluster, source, all_copied)

        source.write()
        copiers[1].pause()
        comes(lambda: group.shared_by(1), "one copier is paused for so long that the other one has everything")
        copiers[1].go_on()
        comes(lambda: group.shared_by(2), "it goes on, and has a share again")
        source.write()
        all_copied("everything is copied")
        for copier in copiers:
            check(copier.lines["committed"] > 0 and copier.lines["aborted"] > 0, f"{copier.command[-1]} has committed and aborted: {dict(copier.lines)}")
        check([copier.end() for copier in copiers] == [0, 0], "they leave")
    check_copies(cluster, source.written)
    everything = [value for values in copied(cluster, "read_uncommitted").values() for value in values]
    check(any(value.startswith("aborted") for value in everything), "who reads uncommitted records sees what was aborted, too")
    check(cluster.ask("transaction", "list", "--state", "Ongoing")[1:] == [], "no transaction is left open")


def main(name, coordinators, *command):
    assert coordinators in ("killed", "kept"), coordinators
    *command, binary = command
    with Cluster(3, *OPTIONS, binary=os.path.abspath(binary)) as cluster:
        for broker in cluster.brokers:
            broker.test_client = name
        play(cluster, command, coordinators)
        cluster.await_health()
        cluster.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
