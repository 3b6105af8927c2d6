"""kcat produces and consumes with every codec, across kills and restarts, on both kinds of I/O."""
import subprocess
import time

from broker import Broker, check

LINES = b"".join(b"line %d of the text\n" % i for i in range(3000))


def kcat(broker, *arguments, text=None):
    return subprocess.run(["kcat", "-b", broker.address, *arguments], input=text, capture_output=True, timeout=60, check=True).stdout


def read_all(broker, topic):
    return kcat(broker, "-t", topic, "-C", "-o", "beginning", "-e", "-q")


for options in (["--io", "epoll", "--shards", "1"], ["--io", "auto", "--shards", "2"]):
    with Broker(*options) as broker:
        for codec in ("none", "gzip", "snappy", "lz4", "zstd"):
            kcat(broker, "-t", codec, "-P", "-z", codec, "-X", "acks=all", text=LINES)
            check(read_all(broker, codec) == LINES, f"{codec} comes back through {options}")
        kcat(broker, "-t", "idempotent", "-P", "-X", "enable.idempotence=true", text=LINES)
        broker.kill()
        broker.start()
        check(read_all(broker, "idempotent") == LINES, "acknowledged lines survive SIGKILL")
        broker.stop()
        check("broker stopped clean=true" in broker.said(), "SIGTERM stops in order")
        broker.start()
        check(b"clean=true" in broker.ready().group(), "and the next start need not recover")
        check(read_all(broker, "zstd") == LINES, "topics and records survive the restart")
        metadata = kcat(broker, "-L").decode()
        check('topic "idempotent" with 1 partitions' in metadata, "the metadata names the topics")


def last_of_each_key(broker):
    """What is read of the compacted topic: all records, and of each key the last one."""
    records = [line.split(b"=", 1) for line in kcat(broker, "-t", "compacted", "-C", "-o", "beginning", "-e", "-q", "-K", "=").splitlines()]
    return records, dict(records)


def compacted(broker, count):
    """Waits until little more than the last record of each key is there."""
    for _ in range(600):
        records, last = last_of_each_key(broker)
        if len(records) < count:
            return last
        time.sleep(0.1)  # polling for an event that has no other sign
    raise AssertionError(f"{len(records)} records are left, more than {count}")


with Broker("--set", "log.cleaner.backoff.ms=100") as broker:
    subprocess.run([broker.binary, "topic", "create", "compacted", "--bootstrap", broker.address, "--config", "cleanup.policy=compact", "--config",
                    "segment.bytes=20000", "--config", "min.cleanable.dirty.ratio=0.01"], timeout=60, check=True, stdout=subprocess.DEVNULL)
    keyed = [b"key%d=value %d" % (number % 50, number) for number in range(10_000)]
    wanted = dict(line.split(b"=", 1) for line in keyed)
    for part in (keyed[:5000], keyed[5000:]):
        kcat(broker, "-t", "compacted", "-P", "-K", "=", "-X", "acks=all", "-X", "batch.num.messages=100", text=b"\n".join(part) + b"\n")
        broker.kill()  # while it is compacted, or about to be
        broker.start()
    check(compacted(broker, 1500) == wanted, "of each key the last value is there, over SIGKILL")
    refused = subprocess.run(["kcat", "-b", broker.address, "-t", "compacted", "-P"], input=b"no key\n", capture_output=True, timeout=60, check=False)
    check(refused.returncode != 0 or b"Delivery failed" in refused.stderr, f"a record without a key is refused: {refused}")
    broker.stop()
    broker.start()
    check(last_of_each_key(broker)[1] == wanted, "and over a restart")
