"""Real brokers that form a cluster. As a program: runs one on loopback until Ctrl-C. Usage: cluster.py FULMAR_BINARY COUNT DIRECTORY"""
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

import client_counts
from broker import Broker

HEALTHY_SECONDS = 60


class Place:
    """Where a broker runs: an address of its own, and what to put before a command that is to run there."""

    def __init__(self, host, client_port, peer_port, inside=()):
        self.host, self.client_port, self.peer_port, self.inside = host, client_port, peer_port, list(inside)


def loopback(count):
    """Ports that the kernel gives to no outgoing connection: while a broker is down, nobody else takes its port."""
    with open("/proc/sys/net/ipv4/ip_local_port_range", encoding="ascii") as file:
        below = int(file.read().split()[0])
    ports = []
    while len(ports) < 2 * count:
        port = random.randrange(10000, below)
        with socket.socket() as candidate:
            candidate.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                candidate.bind(("127.0.0.1", port))
            except OSError:
                continue
        if port not in ports:
            ports.append(port)
    return [Place("127.0.0.1", *pair) for pair in zip(ports[::2], ports[1::2])]


class ClusterBroker(Broker):
    def __init__(self, node_id, place, *options, directory, binary):
        self.node_id, self.place = node_id, place
        super().__init__("--node-id", str(node_id), "--shards", "1", *options, directory=directory, binary=binary, begun=False)
        self.port = place.client_port

    @property
    def address(self):
        return f"{self.place.host}:{self.place.client_port}"

    @property
    def peer_address(self):
        return f"{self.place.host}:{self.place.peer_port}"

    def command(self):
        listeners = f"listeners=PLAINTEXT://{self.address},INTERNAL://{self.peer_address}"
        return [*self.place.inside, self.binary, "broker", "--data-dir", self.directory, "--set", listeners, *self.options]


class Cluster:
    """Brokers 1 to COUNT, ready; leaving it kills those that still run, and deletes the directory if it made it."""

    broker_class = ClusterBroker

    def __init__(self, count=3, *options, places=None, directory=None, binary=None):
        self.directory = directory or tempfile.mkdtemp(prefix="fulmar-cluster-")
        self.keeps_directory = directory is not None
        places = places or loopback(count)
        # The first five decide about the metadata; more join them.
        voters = ",".join(f"{n}@{place.host}:{place.peer_port}" for n, place in enumerate(places[:5], 1))
        os.makedirs(self.directory, exist_ok=True)
        secret = os.path.join(self.directory, "cluster.secret")
        with open(secret, "w") as file:
            file.write("that only these brokers know\n")
        options = ("--set", f"cluster.secret.file={secret}", "--set", f"controller.quorum.voters={voters}", "--set", f"default.replication.factor={min(count, 3)}", *options)
        self.brokers = [self.broker_class(n, place, *options, directory=os.path.join(self.directory, str(n)), binary=binary)
                        for n, place in enumerate(places, 1)]
        try:
            for broker in self.brokers:
                broker.begin()
            for broker in self.brokers:
                broker.await_ready()
        except BaseException:
            self.kill()
            raise

    @property
    def address(self):
        return ",".join(broker.address for broker in self.brokers)

    def broker(self, node_id):
        return self.brokers[node_id - 1]

    def ask(self, *command, timeout=60, check=True, **options):
        """Runs a command of `fulmar` against the cluster, and returns its output as rows of words."""
        done = subprocess.run([self.brokers[0].binary, *command, "--bootstrap", self.address], capture_output=True, text=True,
                              timeout=timeout, check=False, **options)
        assert done.returncode == 0 or not check, f"{command}: {done.stderr}"
        return [line.split() for line in done.stdout.splitlines()]

    def leaders(self, topic):
        """By partition; -1 where there is none."""
        rows = self.ask("topic", "describe", topic)
        return {int(row[0]): int(row[1]) if row[1] != "-" else -1 for row in rows[rows.index([]) + 2:]}

    def await_health(self, seconds=HEALTHY_SECONDS):
        """Returns after how many seconds every partition has a leader and all its replicas in sync."""
        begun = time.monotonic()
        while True:
            status = self.ask("cluster", "status", check=False)
            if ["offline", "0"] in status and ["under-replicated", "0"] in status:
                return time.monotonic() - begun
            assert time.monotonic() - begun < seconds, f"the cluster is not healthy after {seconds} s: {status}"
            time.sleep(0.1)  # polling for an event that has no other sign

    def stop(self):
        for broker in self.brokers:
            client_counts.keep(broker)
        for broker in self.brokers:
            broker.end()

    def kill(self):
        for broker in self.brokers:
            if broker.process and broker.alive():
                broker.abandon()

    def __enter__(self):
        return self

    def __exit__(self, failed, *_):
        self.kill()
        if failed:
            for broker in self.brokers:
                print(f"-- broker {broker.node_id}\n{broker.said()[-3000:]}", file=sys.stderr)
        if not self.keeps_directory:
            shutil.rmtree(self.directory, ignore_errors=True)


def main(binary, count, directory):
    if not count.isdigit() or not 1 <= int(count) <= 9:
        print("how many brokers? From 1 to 9", file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    shutil.rmtree(directory, ignore_errors=True)
    os.makedirs(directory)
    with Cluster(int(count), directory=directory, binary=binary) as cluster:
        for broker in cluster.brokers:
            print(f"broker {broker.node_id}: pid {broker.process.pid}, clients {broker.address}, peers {broker.peer_address}, "
                  f"log {broker.log}")
        print(f"ready: --bootstrap {cluster.address}\nCtrl-C stops it. Try: {binary} cluster status --bootstrap {cluster.address}",
              flush=True)
        try:
            while True:
                signal.pause()
        except KeyboardInterrupt:
            pass
        for broker in cluster.brokers:
            if broker.alive():
                broker.process.send_signal(signal.SIGTERM)
        codes = [broker.process.wait() for broker in cluster.brokers]
        print("stopped", flush=True)
    return 0 if codes == [0] * len(codes) else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
