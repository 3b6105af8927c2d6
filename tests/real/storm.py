#!/usr/bin/python3
"""A storm over real brokers: killed, paused and cut off while clients of all kinds write and read; the simulator's checkers judge it.

Usage: storm.py FULMAR FULMAR_STORM [--seconds N] [--seed N] [--python INTERPRETER] [--previous FULMAR]. Exit codes: 0 clean, 1 something went
wrong. INTERPRETER runs the groups' programs: one whose confluent-kafka is newer than the system's. With --previous, the cluster begins with
that release, and brokers are rolled to the other one and back; in the end all are upgraded.
"""
import argparse
import atexit
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from cluster import Cluster
from coordinators import Group, until
from places import Loopback, Namespaces, enter_own_namespace
from storm_clients import KINDS
from storm_faults import Nemesis, schedule
from storm_groups import COPIES, TOPIC, Copiers, groups

BROKERS = 3
TOPICS = {"synced": 4, "cached": 2, TOPIC: 4}
# Brokers decide about the sessions of KIP-848; as long as those that other members ask for.
OPTIONS = ("--set", "log.segment.bytes=1000000", "--set", "group.consumer.session.timeout.ms=6000", "--set",
           "group.consumer.min.session.timeout.ms=6000", "--set", "group.consumer.heartbeat.interval.ms=1000", "--set",
           "group.consumer.min.heartbeat.interval.ms=1000")
CACHED = ("--config", "flush.messages=9223372036854775807")
# What has to happen after everything has healed, and how soon.
HEALTHY_SECONDS = 60
CAUGHT_UP_SECONDS = 60
CALM_SECONDS = 5
FINISH_SECONDS = 60


def say(text):
    print(f"\033[1m== {text}\033[0m", flush=True)


class OwnClients:
    """The project's own clients, which also read everything at the end, and judge it all."""

    def __init__(self, storm, cluster, seed, groups, histories):
        topics = [word for name, partitions in TOPICS.items()
                  for word in ("--topic", f"{name}:{partitions}" + (":cached" if name == "cached" else ""))]
        others = [word for group in groups
                  for word in (("--pipeline", f"{group.group}:{TOPIC}:{COPIES}") if isinstance(group, Copiers) else ("--group", f"{group.group}:{TOPIC}"))]
        self.process = subprocess.Popen([storm, "clients", "--bootstrap", cluster.address, *topics, "--seed", str(seed), *others, *histories],
                                        stdin=subprocess.DEVNULL)

    def judge(self, seconds):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=seconds)


def await_caught_up(cluster, groups, seconds):
    """All members are there, share the partitions, and have committed what there was when this began."""
    ends = {}

    def caught_up(group, seen):
        state, partitions = seen.described()
        if len(partitions) < TOPICS[TOPIC]:
            return False
        goal = ends.setdefault(group.group, {partition: int(end) for partition, (_, end, _) in partitions.items()})
        owners = {owner for _, _, owner in partitions.values()}
        return (state == "Stable" and len(owners) == group.members and not any(owner.startswith("-") for owner in owners)
                and all(committed.isdigit() and int(committed) >= goal[partition] for partition, (committed, _, _) in partitions.items()))

    for group in groups:
        seen = Group(cluster, group.group, TOPIC)
        until(lambda group=group, seen=seen: caught_up(group, seen), f"{group.name} are all members, and have caught up", seconds,
              shows=seen.described)


def live(options, network, directory):
    say(f"seed {options.seed}, {options.seconds} s, {BROKERS} brokers" + (" in namespaces" if network.can_cut else " on loopback"))
    with Cluster(BROKERS, *OPTIONS, places=network.places, directory=directory, binary=options.previous or options.fulmar) as cluster:
        for topic, partitions in TOPICS.items():
            cluster.ask("topic", "create", topic, "--partitions", str(partitions), "--replication-factor", str(BROKERS),
                        *(CACHED if topic == "cached" else ()))
        cluster.ask("topic", "create", COPIES, "--partitions", str(TOPICS[TOPIC]), "--replication-factor", str(BROKERS))
        clients, members = [], groups(options.python)
        for place, kind in enumerate([*KINDS, *members], 1):
            if kind.missing:
                print(f"{kind.__name__} is left out: {kind.missing}")
            else:
                clients.append(kind(place, options.storm, cluster, TOPICS, directory))
        members = [client for client in clients if type(client) in members]
        own = OwnClients(options.storm, cluster, options.seed, members, [client.path for client in clients])
        for client in clients:
            client.start()
        atexit.register(own.process.kill)
        releases = (options.fulmar, options.previous) if options.previous else ()
        nemesis = Nemesis(cluster, network, releases)
        nemesis.run(schedule(options.seed, options.seconds, BROKERS, network, bool(releases)))
        if releases:
            print(f"rolled {nemesis.rolled[options.fulmar]} times to this release, and {nemesis.rolled[options.previous]} times back")
            assert all(nemesis.rolled.values()), "it was not rolled in both directions: more seconds, or another seed"

        say("everything heals")
        for broker in cluster.brokers:
            broker.await_ready()
        for client in clients:
            client.calm()
        print(f"healthy after {cluster.await_health(HEALTHY_SECONDS):.1f} s")
        await_caught_up(cluster, members, CAUGHT_UP_SECONDS)
        before = [client.records for client in clients]
        time.sleep(CALM_SECONDS)  # the time that the clients are given, not an event waited for
        for client, stood in zip(clients, before):
            client.finish(FINISH_SECONDS)
            print(f"{client.name}: {client.records} records, {client.records - stood} of them since")
            assert client.records > stood, f"{client.name} got nothing done after everything had healed"
        say("the final read, and the checkers")
        clean = own.judge(FINISH_SECONDS + 10 * options.seconds) == 0
        until(lambda: cluster.ask("transaction", "list", "--state", "Ongoing")[1:] == [], "no transaction is left open")
        cluster.stop()
        say("the logs at rest")
        logs = subprocess.run([options.storm, "logs", *(broker.directory for broker in cluster.brokers)], check=False)
        return clean and logs.returncode == 0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("fulmar", type=os.path.abspath)
    parser.add_argument("storm", type=os.path.abspath)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--previous", type=os.path.abspath)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    options = parser.parse_args()
    confined = enter_own_namespace()
    if confined:
        print(f"on loopback, where links can't be cut: {confined}")
    network = Loopback(BROKERS) if confined else Namespaces(BROKERS)
    if not network.slow_how:
        print("no link is slowed: there is neither netem nor tbf")
    directory = tempfile.mkdtemp(prefix="fulmar-storm-")
    clean = False
    try:
        clean = live(options, network, directory)
    finally:
        if clean:
            shutil.rmtree(directory)
        else:
            print(f"data, logs and histories are in {directory}")
    say("done" if clean else "SOMETHING WENT WRONG")
    return 0 if clean else 1


if __name__ == "__main__":
    sys.exit(main())
