#!/usr/bin/python3
"""Measures three brokers on this machine. Usage: cluster.py [load|failover|create|idle|catch-up]... (all); MEGABYTES sets the size of loads (500).

Each measurement has a cluster and directories of its own, and begins when the disk is done with what came before.
"""
import os
import shutil
import statistics
import subprocess
import sys
import time

from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, "tests", "real"))
from cluster import Cluster  # the import needs the path  # noqa: E402

BUILD = os.path.join(ROOT, "build", "release")
MEGABYTES = int(os.environ.get("MEGABYTES", "500"))
CACHED = ["--config", "flush.messages=9223372036854775807"]
KILLS = 20
CREATIONS = 10
FAST = ["--set", "replica.election.timeout.ms=100", "--set", "replica.heartbeat.interval.ms=20"]
IDLE_TOPICS, IDLE_PARTITIONS = 3, 1000  # so many of each
IDLE_SECONDS = 20
MANY_PARTITIONS_SECONDS = 300  # for thousands of them to get their leaders, and for replicas to catch up


def cluster(*options):
    os.sync()
    return Cluster(3, *options, binary=os.path.join(BUILD, "fulmar"))


def create(brokers, topic, partitions, *options):
    brokers.ask("topic", "create", topic, "--partitions", str(partitions), "--replication-factor", "3", "--timeout",
                str(MANY_PARTITIONS_SECONDS), *options, timeout=MANY_PARTITIONS_SECONDS)
    brokers.await_health(MANY_PARTITIONS_SECONDS)


def load(brokers, what, topic, partitions, megabytes):
    pids = ",".join(str(broker.process.pid) for broker in brokers.brokers if broker.alive())
    subprocess.run([os.path.join(BUILD, "bench", "fulmar-load"), brokers.address, pids, what, topic, str(partitions), str(megabytes)],
                   check=True)


def measure_load():
    for kind, options in (("synced", []), ("cached", CACHED)):
        print(f"-- acks=all, {kind}", flush=True)
        for partitions in (1, 1000):
            with cluster() as brokers:
                create(brokers, "load", partitions, *options)
                load(brokers, "produce", "load", partitions, MEGABYTES)
                if partitions == 1:
                    load(brokers, "latency", "load", partitions, 50)


def failover_seconds(brokers):
    """From the SIGKILL of the leader to an acknowledgement by the next, for a producer that asks all the while who leads.

    librdkafka by itself would look for another leader once a second.
    """
    victim = brokers.broker(brokers.leaders("t")[0])
    others = ",".join(broker.address for broker in brokers.brokers if broker is not victim)
    producer = Producer({"bootstrap.servers": others, "linger.ms": 0, "log_level": 0})

    def leader():
        return producer.list_topics("t", timeout=10).topics["t"].partitions[0].leader

    leader()  # it is connected
    acknowledged = []
    killed = time.monotonic()
    victim.kill()
    while leader() in (-1, victim.node_id):
        time.sleep(0.005)  # how exactly it is measured
    producer.produce("t", b"x" * 100, partition=0, on_delivery=lambda error, _: None if error else acknowledged.append(time.monotonic()))
    producer.flush()
    victim.start()
    brokers.await_health()
    return acknowledged[0] - killed


def measure_failover():
    for name, options in (("default timeouts", []), ("fast timeouts", FAST)):
        with cluster(*options) as brokers:
            create(brokers, "t", 1)
            times = [failover_seconds(brokers) for _ in range(KILLS)]
        print(f"failover, {name}: median {statistics.median(times) * 1000:.0f} ms, worst {max(times) * 1000:.0f} ms of {KILLS} SIGKILLs",
              flush=True)


def measure_create():
    """From CreateTopics to its answer, when all partitions are led and the broker that answers knows of it."""
    with cluster() as brokers:
        admin = AdminClient({"bootstrap.servers": brokers.address, "log_level": 0})
        admin.list_topics(timeout=10)  # it is connected
        for partitions, replicas, times in ((1, 3, CREATIONS), (12, 3, CREATIONS), (100, 3, CREATIONS), (100, 1, CREATIONS)):
            took = []
            for n in range(times):
                begun = time.monotonic()
                made = admin.create_topics([NewTopic(f"new-{partitions}-{replicas}-{n}", partitions, replicas)], request_timeout=60)
                for future in made.values():
                    future.result()
                took.append((time.monotonic() - begun) * 1000)
            print(f"create, {partitions} partitions of {replicas} replicas: median {statistics.median(took):.0f} ms, worst {max(took):.0f} ms"
                  f" of {times}", flush=True)


def measure_idle():
    with cluster() as brokers:
        for topics in (0, IDLE_TOPICS):
            begun = time.monotonic()
            for n in range(topics):
                create(brokers, f"many{n}", IDLE_PARTITIONS)
            partitions = topics * IDLE_PARTITIONS
            print(f"{partitions} partitions with 3 replicas made in {time.monotonic() - begun:.1f} s")
            time.sleep(IDLE_SECONDS / 4)  # for what the making has left to do
            before = [broker.cpu_seconds() for broker in brokers.brokers]
            time.sleep(IDLE_SECONDS)  # what is measured
            used = [(broker.cpu_seconds() - b) / IDLE_SECONDS for broker, b in zip(brokers.brokers, before)]
            print(f"idle, {partitions} partitions: " + ", ".join(f"{share * 100:.1f} %" for share in used) + " of a core", flush=True)


def measure_catch_up():
    for name, options in (("synced", []), ("cached", CACHED)):
        for emptied in (False, True):
            with cluster() as brokers:
                create(brokers, "t", 4, *options)
                late = brokers.brokers[2]
                if not emptied:
                    late.kill()
                load(brokers, "produce", "t", 4, MEGABYTES)
                if emptied:
                    late.kill()
                    shutil.rmtree(late.directory)
                begun = time.monotonic()
                late.start()
                brokers.await_health(MANY_PARTITIONS_SECONDS)
                took = time.monotonic() - begun
            print(f"catch-up, {name}, {'emptied' if emptied else 'lagging'}: {MEGABYTES / took:.0f} MB/s ({took:.1f} s from its start)",
                  flush=True)


MEASUREMENTS = {"load": measure_load, "failover": measure_failover, "create": measure_create, "idle": measure_idle, "catch-up": measure_catch_up}
for chosen in sys.argv[1:] or MEASUREMENTS:
    if chosen not in MEASUREMENTS:
        sys.exit(f"no such measurement: {chosen}; there are {', '.join(MEASUREMENTS)}")
    MEASUREMENTS[chosen]()
