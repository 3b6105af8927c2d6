#!/usr/bin/python3
"""Measures groups, transactions and compaction. Usage: groups.py [rebalance|commits|pipe|offsets|failover|compaction]... (all)

Each measurement has brokers and directories of its own. One broker, but for failover, which has three.
"""
import os
import re
import statistics
import subprocess
import sys
import threading
import time

from confluent_kafka import Consumer, Producer

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, "tests", "real"))
from cluster import Cluster  # the import needs the path  # noqa: E402

BUILD = os.path.join(ROOT, "build", "release")
LOAD_SECONDS = 300
KILLS = 20
PARTITIONS_OF_A_MEMBER = 10
COMMIT_CLIENTS, COMMIT_SECONDS = 32, 10
PIPED = 300_000
OFFSET_PARTITIONS, OFFSET_GROUPS = 1000, 1000
COMPACTED_RECORDS, COMPACTED_KEYS, COMPACTED_BYTES = 500_000, 20_000, 1000
SECONDS_BETWEEN_RECORDS = 0.01
FAILOVER_PARTITIONS = 6
# Between two kills. For ten seconds after it has lost a broker, librdkafka's pause before it connects there again grows (reconnect.backoff.max.ms): if
# it lost the next leader, too, in that time, that pause would be measured.
FORGETS_SECONDS = 11


def cluster(count=1, *options):
    os.sync()
    return Cluster(count, *options, binary=os.path.join(BUILD, "fulmar"))


def load(brokers, *command):
    """What fulmar-groups prints."""
    done = subprocess.run([os.path.join(BUILD, "bench", "fulmar-groups"), brokers.broker(1).address, *map(str, command)], check=True,
                          capture_output=True, text=True, timeout=LOAD_SECONDS)
    return done.stdout.strip()


def create(brokers, topic, partitions, *options):
    brokers.ask("topic", "create", topic, "--partitions", str(partitions), "--timeout", str(LOAD_SECONDS), *options, timeout=LOAD_SECONDS)
    brokers.await_health()


def say(text):
    print(text, flush=True)


def measure_rebalance():
    """With Kafka's defaults: a new classic group waits 3 s for more members, members send heartbeats every 3 s, KIP-848's every 5 s."""
    for kind in ("classic", "consumer"):
        for members in (100, 1000):
            partitions = PARTITIONS_OF_A_MEMBER * members
            with cluster() as brokers:
                create(brokers, "t", partitions)
                load(brokers, "coordinator", "rebalanced")
                say(load(brokers, "rebalance", kind, "t", partitions, members))


def measure_commits():
    with cluster() as brokers:
        create(brokers, "t", 1)
        load(brokers, "commits", "t", COMMIT_CLIENTS, 1)
        before = brokers.broker(1).cpu_seconds()
        commits = int(load(brokers, "commits", "t", COMMIT_CLIENTS, COMMIT_SECONDS))
        used = brokers.broker(1).cpu_seconds() - before
        say(f"commits, {COMMIT_CLIENTS} clients: {commits / COMMIT_SECONDS:.0f} per second, {used / commits * 1e6:.0f} us of the broker's CPU each")


def measure_pipe():
    for batch in (100, 1000):
        for kind in ("again", "once"):
            with cluster() as brokers:
                create(brokers, "from", 1)
                create(brokers, "to", 1)
                producer = Producer({"bootstrap.servers": brokers.address, "linger.ms": 5, "log_level": 0, "queue.buffering.max.messages": PIPED})
                for _ in range(PIPED):
                    producer.produce("from", b"x" * 100, partition=0)
                producer.flush()
                say(load(brokers, "pipe", kind, "from", "to", PIPED, batch))


def measure_offsets():
    """How long a restarted broker takes to serve a million offsets again."""
    with cluster() as brokers:
        create(brokers, "t", OFFSET_PARTITIONS)
        say(load(brokers, "fill", "t", OFFSET_PARTITIONS, OFFSET_GROUPS))
        brokers.broker(1).stop()
        begun = time.monotonic()
        brokers.broker(1).start()
        for group in range(0, OFFSET_GROUPS, 50):
            assert int(load(brokers, "answered", f"filled-{group}")) == OFFSET_PARTITIONS
        say(f"loading {OFFSET_PARTITIONS * OFFSET_GROUPS} offsets: {time.monotonic() - begun:.2f} s from the start of the broker to the answers")


class Reader(threading.Thread):
    """A member of the group, which notes when it reads records of each partition."""

    def __init__(self, address, seen):
        super().__init__()
        self.consumer = Consumer({"bootstrap.servers": address, "group.id": "g", "auto.offset.reset": "earliest", "log_level": 0})
        self.seen = seen
        self.ends = False

    def run(self):
        self.consumer.subscribe(["t"])
        while not self.ends:
            message = self.consumer.poll(0.05)
            if message is not None and message.error() is None:
                self.seen[message.partition()] = (message.timestamp()[1] / 1000, time.time())
        self.consumer.close()


def failover_seconds(brokers, seen, victim):
    """From the SIGKILL to the first record of each partition that was sent after it."""
    killed = time.time()
    victim.kill()
    while not all(sent > killed for sent, _ in seen.values()):
        time.sleep(0.005)  # how exactly it is measured
        assert time.time() - killed < LOAD_SECONDS, "records do not flow again"
    flows = time.time() - killed
    victim.start()
    brokers.await_health()
    time.sleep(FORGETS_SECONDS)
    return flows


def measure_failover():
    """The coordinator of a group is killed, which leads a third of what the group reads, too."""
    with cluster(3) as brokers:
        create(brokers, "t", FAILOVER_PARTITIONS)
        seen = {partition: (0.0, 0.0) for partition in range(FAILOVER_PARTITIONS)}
        readers = [Reader(brokers.address, seen) for _ in range(2)]
        producer = Producer({"bootstrap.servers": brokers.address, "linger.ms": 0, "log_level": 0})
        sends = threading.Event()

        def send():
            while not sends.wait(SECONDS_BETWEEN_RECORDS):
                for partition in range(FAILOVER_PARTITIONS):
                    producer.produce("t", b"x", partition=partition)
                producer.poll(0)

        sender = threading.Thread(target=send)
        for thread in (*readers, sender):
            thread.start()
        try:
            times = []
            for _ in range(KILLS):
                begun = time.time()
                while not all(sent > begun for sent, _ in seen.values()):
                    time.sleep(0.05)  # polling for an event that has no other sign
                victim = brokers.broker(int(load(brokers, "coordinator", "g")))
                times.append(failover_seconds(brokers, seen, victim))
        finally:
            sends.set()
            for reader in readers:
                reader.ends = True
            for thread in (*readers, sender):
                thread.join()
        say(f"fail-over of a coordinator: median {statistics.median(times) * 1000:.0f} ms, worst {max(times) * 1000:.0f} ms of {KILLS} SIGKILLs")


def measure_compaction():
    """How fast a log is cleaned, and what that does to the latency of records in another topic."""
    with cluster(1, "--set", "log.cleaner.backoff.ms=100") as brokers:
        broker = brokers.broker(1)
        create(brokers, "latency", 1)

        def latency(what):
            printed = subprocess.run([os.path.join(BUILD, "bench", "fulmar-load"), broker.address, str(broker.process.pid), "latency", "latency", "1", "50"],
                                     check=True, capture_output=True, text=True, timeout=LOAD_SECONDS).stdout
            say(f"{what}: {printed.strip()}")

        create(brokers, "keyed", 1, "--config", "cleanup.policy=compact", "--config", "min.cleanable.dirty.ratio=1", "--config", "segment.bytes=67108864",
               "--config", "flush.messages=9223372036854775807")
        producer = Producer({"bootstrap.servers": brokers.address, "linger.ms": 20, "log_level": 0, "queue.buffering.max.messages": COMPACTED_RECORDS})
        for n in range(COMPACTED_RECORDS):
            producer.produce("keyed", os.urandom(COMPACTED_BYTES // 2) * 2, key=str(n % COMPACTED_KEYS).encode(), partition=0)
            if n % 10_000 == 0:
                producer.flush()
        producer.flush()
        latency("before")
        brokers.ask("topic", "alter", "keyed", "--set", "min.cleanable.dirty.ratio=0")
        begun = time.monotonic()
        cleaned = []

        def await_line():
            while not (told := re.search(r"log compacted .*keyed.*bytes_before=(\d+) bytes=(\d+)", broker.said())):
                time.sleep(0.02)  # polling for an event that has no other sign
                assert time.monotonic() - begun < LOAD_SECONDS, "nothing is compacted"
            cleaned.append((time.monotonic() - begun, *map(int, told.groups())))

        waiting = threading.Thread(target=await_line)
        waiting.start()
        latency("meanwhile")
        waiting.join()
        took, before, after = cleaned[0]
        say(f"compaction: {before / 1e6:.0f} MB to {after / 1e6:.0f} MB in {took:.1f} s, {before / 1e6 / took:.0f} MB/s")


MEASUREMENTS = {"rebalance": measure_rebalance, "commits": measure_commits, "pipe": measure_pipe, "offsets": measure_offsets,
                "failover": measure_failover, "compaction": measure_compaction}
for chosen in sys.argv[1:] or MEASUREMENTS:
    if chosen not in MEASUREMENTS:
        sys.exit(f"no such measurement: {chosen}; there are {', '.join(MEASUREMENTS)}")
    MEASUREMENTS[chosen]()
