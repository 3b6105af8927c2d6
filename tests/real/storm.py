#!/usr/bin/python3
"""A storm over real brokers: killed, paused and cut off while clients of all kinds write and read; the simulator's checkers judge it.

Usage: storm.py FULMAR FULMAR_STORM [--seconds N] [--seed N]. Exit codes: 0 clean, 1 something went wrong.
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
from places import Loopback, Namespaces, enter_own_namespace
from storm_clients import KINDS
from storm_faults import Nemesis, schedule

BROKERS = 3
TOPICS = {"synced": 4, "cached": 2}
CACHED = ("--config", "flush.messages=9223372036854775807")
# What has to happen after everything has healed, and how soon.
HEALTHY_SECONDS = 60
CALM_SECONDS = 5
FINISH_SECONDS = 60


def say(text):
    print(f"\033[1m== {text}\033[0m", flush=True)


class OwnClients:
    """The project's own clients, which also read everything at the end, and judge it all."""

    def __init__(self, storm, cluster, seed, histories):
        topics = [word for name, partitions in TOPICS.items()
                  for word in ("--topic", f"{name}:{partitions}" + (":cached" if name == "cached" else ""))]
        self.process = subprocess.Popen([storm, "clients", "--bootstrap", cluster.address, *topics, "--seed", str(seed), *histories],
                                        stdin=subprocess.DEVNULL)

    def judge(self, seconds):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=seconds)


def live(options, network, directory):
    say(f"seed {options.seed}, {options.seconds} s, {BROKERS} brokers" + (" in namespaces" if network.can_cut else " on loopback"))
    with Cluster(BROKERS, "--set", "log.segment.bytes=1000000", places=network.places, directory=directory, binary=options.fulmar) as cluster:
        for topic, partitions in TOPICS.items():
            cluster.ask("topic", "create", topic, "--partitions", str(partitions), "--replication-factor", str(BROKERS),
                        *(CACHED if topic == "cached" else ()))
        clients = []
        for place, kind in enumerate(KINDS, 1):
            if kind.missing:
                print(f"{kind.__name__} is left out: {kind.missing}")
            else:
                clients.append(kind(place, options.storm, cluster, TOPICS, directory))
        own = OwnClients(options.storm, cluster, options.seed, [client.path for client in clients])
        for client in clients:
            client.start()
        atexit.register(own.process.kill)
        Nemesis(cluster, network).run(schedule(options.seed, options.seconds, BROKERS, network))

        say("everything heals")
        for broker in cluster.brokers:
            broker.await_ready()
        print(f"healthy after {cluster.await_health(HEALTHY_SECONDS):.1f} s")
        before = [client.records for client in clients]
        time.sleep(CALM_SECONDS)  # the time that the clients are given, not an event waited for
        for client, stood in zip(clients, before):
            client.finish(FINISH_SECONDS)
            print(f"{client.name}: {client.records} records, {client.records - stood} of them since")
            assert client.records > stood, f"{client.name} got nothing done after everything had healed"
        say("the final read, and the checkers")
        clean = own.judge(FINISH_SECONDS + 10 * options.seconds) == 0
        cluster.stop()
        say("the logs at rest")
        logs = subprocess.run([options.storm, "logs", *(broker.directory for broker in cluster.brokers)], check=False)
        return clean and logs.returncode == 0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("fulmar", type=os.path.abspath)
    parser.add_argument("storm", type=os.path.abspath)
    parser.add_argument("--seconds", type=int, default=60)
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
