"""kcat produces and consumes with every codec, across kills and restarts, on both kinds of I/O."""
import subprocess

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
        check("clean=true" in broker.said().splitlines()[-1], "and the next start need not recover")
        check(read_all(broker, "zstd") == LINES, "topics and records survive the restart")
        metadata = kcat(broker, "-L").decode()
        check('topic "idempotent" with 1 partitions' in metadata, "the metadata names the topics")
