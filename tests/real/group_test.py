"""Consumer groups with kcat: members share a topic's partitions, commit, and go on where the group was, across kills and restarts."""
import subprocess
import time

from broker import Broker, check

PARTITIONS = 4
MEMBER_SECONDS = 60


def kcat(broker, *arguments, text=None):
    return subprocess.run(["kcat", "-b", broker.address, *arguments], input=text, capture_output=True, timeout=60, check=True).stdout


def produce(broker, topic, first, last):
    for partition in range(PARTITIONS):
        lines = b"".join(b"%d of %d\n" % (n, partition) for n in range(first, last))
        kcat(broker, "-t", topic, "-P", "-p", str(partition), "-X", "acks=all", text=lines)


def member(broker, group, topic, *options):
    """A member that reads until it has got to the end of what it was assigned."""
    return subprocess.Popen(["kcat", "-b", broker.address, "-G", group, topic, "-f", "%p %o %s\n", "-q", "-X", "auto.offset.reset=earliest",
                             "-X", "session.timeout.ms=6000", *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def read_by_group(broker, group, topic, *options):
    read, why = member(broker, group, topic, "-e", *options).communicate(timeout=MEMBER_SECONDS)
    return read.splitlines(), why


def expected(first, last):
    return sorted(b"%d %d %d of %d" % (p, n, n, p) for p in range(PARTITIONS) for n in range(first, last))


for options in (["--io", "epoll", "--shards", "1"], ["--io", "auto", "--shards", "2"]):
    settings = ["--set", "group.initial.rebalance.delay.ms=200", "--set", f"num.partitions={PARTITIONS}", "--set", "offsets.topic.num.partitions=8"]
    with Broker(*options, *settings) as broker:
        produce(broker, "orders", 0, 100)
        read, why = read_by_group(broker, "readers", "orders")
        check(sorted(read) == expected(0, 100), f"a group's one member reads everything, {options}: {len(read)} {why[-500:]}")
        produce(broker, "orders", 100, 150)
        read, why = read_by_group(broker, "readers", "orders")
        check(sorted(read) == expected(100, 150), f"the next one goes on where the group was: {len(read)} {why[-500:]}")
        broker.kill()
        broker.start()
        produce(broker, "orders", 150, 180)
        read, why = read_by_group(broker, "readers", "orders")
        check(sorted(read) == expected(150, 180), f"also after SIGKILL of the broker: {len(read)} {why[-500:]}")
        broker.stop()
        broker.start()
        both = [member(broker, "pairs", "orders", "-c", str(2 * 180), "-u") for _ in range(2)]
        shares = [m.communicate(timeout=MEMBER_SECONDS) for m in both]
        all_read = [line for share, _ in shares for line in share.splitlines()]
        check(sorted(set(all_read)) == expected(0, 180), f"two members share the partitions: {[len(s[0].splitlines()) for s in shares]}")
        others, _ = read_by_group(broker, "others", "orders")
        check(sorted(others) == expected(0, 180), "another group reads everything by itself")
        broker.stop()
