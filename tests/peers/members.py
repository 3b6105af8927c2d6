"""A client's members of one consumer group, while its coordinator is killed, and stopped for a while, and members leave and die: nothing is lost,
nothing that was committed is read again. Usage: members.py NAME PROTOCOL COMMAND... FULMAR_BINARY

COMMAND is a program of the client NAME, and is given BOOTSTRAP GROUP TOPIC PROTOCOL (classic or consumer, KIP-848). It reads as a member of the
group, commits, and prints `read PARTITION OFFSET VALUE` for each record; on SIGTERM it commits what it has read, leaves and ends with 0.
"""
import collections
import os
import signal
import subprocess
import sys
import threading

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "real"))

from broker import check  # noqa: E402
from cluster import Cluster  # noqa: E402
from coordinators import Group, of_group, until  # noqa: E402
from program import Programs  # noqa: E402

PARTITIONS, VALUES = 6, 150  # values in each partition, in each phase
TOPIC, GROUP = "shared", "readers"
# Members ask for a session of 10 s in the classic protocol; in the other it is the broker's to say, which has to be no more.
OPTIONS = ("--set", "group.initial.rebalance.delay.ms=200", "--set", "group.consumer.session.timeout.ms=10000",
           "--set", "group.consumer.heartbeat.interval.ms=1000", "--set", "group.consumer.min.session.timeout.ms=10000",
           "--set", "group.consumer.min.heartbeat.interval.ms=1000")


class Reading:
    """What all members have read. Any thread may note something."""

    def __init__(self):
        self.lock = threading.Lock()
        self.times = collections.Counter()  # by partition and offset
        self.written = 0  # in each partition: the offset of its next value
        self.floor = 0  # below it all is committed
        self.wrong = []

    def hears(self, member, line):
        if not line.startswith("read "):
            return
        _, partition, offset, value = line.split(" ")
        with self.lock:
            self.times[int(partition), int(offset)] += 1
            if value != value_of(partition, offset):
                self.wrong.append(f"{line}: it was {value_of(partition, offset)} that was written there")
            if int(offset) < self.floor:
                self.wrong.append(f"{line}: read again, though everything below offset {self.floor} was committed")

    def complete(self):
        with self.lock:
            return len(self.times) == PARTITIONS * self.written

    def again(self):
        """How many records were read more than once."""
        with self.lock:
            return sum(times > 1 for times in self.times.values())


def value_of(partition, offset):
    return f"value-{offset}-of-{partition}"


def write(cluster, reading):
    for partition in range(PARTITIONS):
        values = "".join(value_of(partition, offset) + "\n" for offset in range(reading.written, reading.written + VALUES))
        subprocess.run([cluster.brokers[0].binary, "produce", TOPIC, "--partition", str(partition), "--bootstrap", cluster.address], input=values,
                       text=True, timeout=120, check=True)
    reading.written += VALUES


def coordinator_to_stop(cluster, client):
    """kafka-go asks the first of its brokers that accepts a connection who the coordinator is, and a stopped one accepts it, for ever."""
    found = of_group(cluster, GROUP)
    if client.startswith("kafka-go") and found is cluster.brokers[0]:
        found.stop()
        found.start()
        cluster.await_health()
        found = of_group(cluster, GROUP)
        check(found is not cluster.brokers[0], "the coordinator is not the first broker")
    return found


def play(cluster, client, command, protocol):
    cluster.ask("topic", "create", TOPIC, "--partitions", str(PARTITIONS), "--replication-factor", "3")
    group, reading = Group(cluster, GROUP, TOPIC), Reading()

    def wrong():
        dead = [member.command[0] for member in members if not member.alive()]
        return reading.wrong[:3] or dead and f"a member has ended by itself: {dead}"

    def comes(holds, what):
        until(holds, what, fails=wrong)

    def all_read(what):
        comes(reading.complete, what)
        # Who was thrown out of the group reads what it still has, until it is told: so all of them have to be members again.
        comes(lambda: group.shared_by(len(members)) and group.committed(reading.written), "all members are in the group, and all is committed")
        with reading.lock:
            reading.floor = reading.written

    with Programs() as programs:
        join = lambda: programs.add([*command, cluster.address, GROUP, TOPIC, protocol], reading.hears)
        members = [join(), join()]
        write(cluster, reading)
        comes(lambda: group.shared_by(2), f"{protocol}: two members share the partitions")
        all_read("they read everything")
        before = reading.again()
        write(cluster, reading)
        all_read("and what comes then")
        check(reading.again() == before, "while nobody comes or goes, each record once")

        killed = of_group(cluster, GROUP)
        killed.kill()
        write(cluster, reading)
        all_read(f"the coordinator, broker {killed.node_id}, is killed: they read on")
        members.append(join())
        comes(lambda: group.shared_by(3), "a third one gets a share from the next coordinator")
        killed.start()
        cluster.await_health()

        stopped = coordinator_to_stop(cluster, client)
        stopped.process.send_signal(signal.SIGSTOP)
        write(cluster, reading)
        comes(reading.complete, f"the coordinator, broker {stopped.node_id}, is stopped: they read on")
        comes(lambda: group.committed(reading.written), "and commit")
        stopped.process.send_signal(signal.SIGCONT)
        write(cluster, reading)
        all_read("it goes on: they read on")

        check(members.pop(0).end() == 0, "one leaves")
        comes(lambda: group.shared_by(2), "the others have its partitions")
        write(cluster, reading)
        all_read("and read on")
        members.pop(0).kill()
        write(cluster, reading)
        all_read("one is killed: the last one reads everything")
        again = reading.again()
        check(members.pop().end() == 0, "it leaves")
        members.append(join())
        write(cluster, reading)
        all_read("one who comes after them reads only what is new")
        check(reading.again() == again, "each record once")
        check(members.pop().end() == 0, "it leaves")
        print(f"{again} of {PARTITIONS * reading.written} records were read more than once", flush=True)


def main(name, protocol, *command):
    *command, binary = command
    with Cluster(3, *OPTIONS, binary=os.path.abspath(binary)) as cluster:
        for broker in cluster.brokers:
            broker.test_client = name
        play(cluster, name, command, protocol)
        cluster.await_health()
        cluster.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
