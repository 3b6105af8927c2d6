"""Who listens between two brokers hears the records if INTERNAL is in plain text, and none of them if it has mutual TLS."""
import os
import subprocess
import sys
import tempfile
import time

from broker import Broker, check
from certificates import Authority
from cluster import loopback
from wiretap import Wiretap

BINARY = os.path.abspath(sys.argv[1])
PATIENCE = 60
VALUES = [f"the value of record {n}, which is nobody's business" for n in range(200)]
TOPIC = "the-name-of-a-topic"


class TappedBroker(Broker):
    """Broker 1 is the controller. Each tells the other the address of its wiretap."""

    def __init__(self, node_id, place, taps, *options, directory):
        self.node_id, self.place = node_id, place
        told = f"INTERNAL://127.0.0.1:{taps[node_id - 1].port},PLAINTEXT://127.0.0.1:{place.client_port}"
        self.sets = (f"listeners=PLAINTEXT://127.0.0.1:{place.client_port},INTERNAL://127.0.0.1:{place.peer_port}",
                     "advertised.listeners=" + told, f"controller.quorum.voters=1@127.0.0.1:{taps[0].port}", "default.replication.factor=2")
        super().__init__(*options, directory=os.path.join(directory, str(node_id)), begun=False)
        self.port = place.client_port

    def command(self):
        sets = [word for text in self.sets for word in ("--set", text)]
        return [self.binary, "broker", "--data-dir", self.directory, "--node-id", str(self.node_id), "--shards", "1", *sets, *self.options]


def fulmar(broker, *arguments, text=None):
    done = subprocess.run([BINARY, *arguments, "--bootstrap", broker.address], input=text, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def await_replicas(broker):
    begun = time.monotonic()
    while ["under-replicated", "0"] not in [line.split() for line in fulmar(broker, "cluster", "status").splitlines()]:
        assert time.monotonic() - begun < PATIENCE, "a replica does not catch up"
        time.sleep(0.1)  # polling for an event that has no other sign


def heard_between_brokers(place, options):
    """The wiretaps of two brokers that have replicated records."""
    places = loopback(2)
    taps = [Wiretap(where.peer_port) for where in places]
    brokers = [TappedBroker(n, where, taps, *options(n), directory=place) for n, where in enumerate(places, 1)]
    try:
        for broker in brokers:
            broker.begin()
        for broker in brokers:
            broker.await_ready()
        fulmar(brokers[0], "topic", "create", TOPIC, "--partitions", "4", "--replication-factor", "2")
        fulmar(brokers[0], "produce", TOPIC, text="".join(value + "\n" for value in VALUES))
        read = fulmar(brokers[1], "consume", TOPIC, "--exit-at-end")
        check(sorted(read.split("\n")[:-1]) == sorted(VALUES), "records come back")
        await_replicas(brokers[0])
        for broker in brokers:
            broker.stop()
        return taps
    except BaseException:
        for broker in brokers:
            print(f"-- broker {broker.node_id}\n{broker.said()[-3000:]}", file=sys.stderr)
        raise
    finally:
        for broker in brokers:
            if broker.process and broker.alive():
                broker.abandon()
        for tap in taps:
            tap.close()


def main():
    with tempfile.TemporaryDirectory(prefix="fulmar-wiretap-") as place:
        secret = os.path.join(place, "secret")
        with open(secret, "w", encoding="ascii") as file:
            file.write("that only these brokers know\n")
        authority = Authority(place)
        certificates = [authority.sign(f"broker{n}", f"/O=Test/CN=broker{n}") for n in (1, 2)]

        def with_tls(n):
            texts = ("listener.security.protocol.map=PLAINTEXT:PLAINTEXT,INTERNAL:SSL", "ssl.keystore.type=PEM", "ssl.truststore.type=PEM",
                     "ssl.keystore.location=" + certificates[n - 1], "ssl.truststore.location=" + authority.certificate)
            return [word for text in texts for word in ("--set", text)]

        for name in ("plain", "encrypted"):
            os.mkdir(os.path.join(place, name))
        plain = heard_between_brokers(os.path.join(place, "plain"), lambda _: ["--set", "cluster.secret.file=" + secret])
        encrypted = heard_between_brokers(os.path.join(place, "encrypted"), with_tls)
        sought = [text.encode() for text in (*VALUES, TOPIC)]
        in_plain_text = [text for text in sought if any(tap.has_heard(text) for tap in plain)]
        check(in_plain_text == sought, f"in plain text all {len(VALUES)} values and the topic's name are heard")
        heard = [text for text in sought if any(tap.has_heard(text) for tap in encrypted)]
        check(heard == [], "with mutual TLS none of them")
        sizes = [sum(len(tap.heard) for tap in taps) for taps in (plain, encrypted)]
        check(sizes[1] > sizes[0] / 2, f"though as much was there to be heard: {sizes[1]} bytes, and {sizes[0]} in plain text")


main()
