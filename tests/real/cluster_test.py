"""kcat writes to three brokers while each leader in turn is killed, and reads all of it back."""
import os
import random
import re
import subprocess

from broker import check
from cluster import Cluster

PIECES = 12
LINES_OF_A_PIECE = 2000


def kcat(cluster, *arguments, text=None):
    return subprocess.run(["kcat", "-b", cluster.address, "-t", "t", *arguments], input=text, capture_output=True, timeout=120,
                          check=True).stdout


def read_all(cluster):
    return kcat(cluster, "-C", "-o", "beginning", "-e", "-q")


def check_dense(cluster, lines):
    """As on Kafka: end minus begin is a count, and there is a record at end - 1."""
    last = subprocess.run(["kcat", "-b", cluster.address, "-t", "t", "-C", "-o", "-1", "-c", "1", "-q"], capture_output=True, timeout=30,
                          check=True).stdout
    check(last == lines[-1] + b"\n", "kcat -o -1 -c 1 is given the last record")
    end = subprocess.run(["kcat", "-b", cluster.address, "-Q", "-t", "t:0:-1"], capture_output=True, timeout=30, check=True).stdout
    check(end.split() == [b"t", b"[0]", b"offset", b"%d" % len(lines)], f"the leaders have taken no offset: {end.decode().strip()}")


def write_while(cluster, text, happens):
    """kcat's exit status says that every line was acknowledged."""
    half = text.index(b"\n", len(text) // 2) + 1
    producer = subprocess.Popen(["kcat", "-b", cluster.address, "-t", "t", "-P", "-X", "enable.idempotence=true", "-X", "linger.ms=1"],
                                stdin=subprocess.PIPE, stderr=subprocess.PIPE)
    producer.stdin.write(text[:half])
    producer.stdin.flush()
    happens()
    _, said = producer.communicate(text[half:], timeout=120)
    assert producer.returncode == 0, said.decode()


pieces = [b"".join(b"line %d of piece %d\n" % (i, number) for i in range(LINES_OF_A_PIECE)) for number in range(PIECES)]
with Cluster(3) as cluster:
    cluster.ask("topic", "create", "t", "--partitions", "1", "--replication-factor", "3")
    killed = []
    for number, piece in enumerate(pieces):
        leader = cluster.leaders("t")[0]
        check(leader > 0, f"broker {leader} leads")
        victim = cluster.broker(leader)
        if number % 2 == 0:
            write_while(cluster, piece, victim.kill)
            check(read_all(cluster) == b"".join(pieces[:number + 1]), "kcat got all its acknowledgements, and reads it all back from two")
            killed.append(leader)
        else:
            write_while(cluster, piece, cluster.broker(killed[-1]).start)
            cluster.await_health()
    check(len(killed) == PIECES // 2, f"leaders killed in turn: {killed}")
    check(read_all(cluster) == b"".join(pieces), "nothing acknowledged is lost, nothing is there twice, and in order")
    check_dense(cluster, b"".join(pieces).splitlines())
    for broker in cluster.brokers:
        broker.kill()
    late, *others = cluster.brokers
    for broker in others:
        broker.begin()
    for broker in others:
        broker.await_ready()
    check(read_all(cluster) == b"".join(pieces), "nor when all three are killed, and two come back")
    check_dense(cluster, b"".join(pieces).splitlines())
    late.start()
    cluster.await_health()
    for to in ("1", "2,3", "3,1", "1,2,3"):
        cluster.ask("cluster", "reassign", "t", "--to", to)
        check_dense(cluster, b"".join(pieces).splitlines())
    cluster.stop()
    check(all("broker stopped clean=true" in broker.said() for broker in cluster.brokers), "they stop in order")
    *others, stranger = cluster.brokers
    identity = os.path.join(stranger.directory, "meta.properties")
    with open(identity, encoding="ascii") as file:
        kept = file.read()
    cluster_id = re.search(r"^version=1\ncluster.id=(.{22})\nnode.id=3\ndirectory.id=.{22}\n$", kept).group(1)
    foreign_id = "Zm9yZWlnbi1jbHVzdGVyAA"
    with open(identity, "w", encoding="ascii") as file:
        file.write(kept.replace(cluster_id, foreign_id))
    for broker in cluster.brokers:
        broker.begin()
    for broker in others:
        broker.await_ready()
    check(["cluster", cluster_id] in cluster.ask("cluster", "status"), "a data directory keeps its cluster's id")
    check(stranger.process.wait(30) == 1, "a broker that has another cluster's ends")
    complaint = [line for line in stranger.said().splitlines() if " ERROR " in line][-1]
    check(foreign_id in complaint and cluster_id in complaint and "controller.quorum.voters" in complaint, "and names both, and the way out")
    check(any(foreign_id in line and cluster_id in line for line in others[0].said().splitlines()), "as do those that refuse it")
    for broker in others:
        broker.stop()
