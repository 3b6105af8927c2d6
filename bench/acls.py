"""What access control lists cost a broker that clients produce to. Usage: acls.py [ENTRIES]... (0 10 1000 10000). MEGABYTES sets the size of each load (200).

For each number of entries a broker of its own, by turns, twice: records of 1 KiB, each in a request of its own, so that there is a decision for each;
and batched, as producers do by themselves. One entry is the client's, on its topic; a tenth of the others are prefixes, which match no name that is
asked for, and all are of others. 0: without an authorizer. Needs fulmar and fulmar-load in build/release.
"""
import os
import subprocess
import sys

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
sys.path.insert(0, os.path.join(ROOT, "tests", "real"))

from broker import Broker  # noqa: E402

BINARY = os.path.join(ROOT, "build", "release", "fulmar")
LOAD = os.path.join(ROOT, "build", "release", "bench", "fulmar-load")
MEGABYTES = os.environ.get("MEGABYTES", "200")
CACHED = "flush.messages=9223372036854775807"
AUTHORIZER = ("--set", "authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer", "--set", "allow.everyone.if.no.acl.found=true")
AT_ONCE = 1000  # entries of one request
LOADS = (("one record each", ("batch.num.messages=1", "linger.ms=0")), ("batches", ()))


def fulmar(broker, *command):
    subprocess.run([BINARY, *command, "--bootstrap", broker.address], check=True, capture_output=True, timeout=120)


def allow(broker, entries):
    """So many entries, of which the first are the client's own: it is nobody in particular, and by no super user's right."""
    fulmar(broker, "acl", "add", "--allow-principal", "User:ANONYMOUS", "--cluster")
    fulmar(broker, "acl", "add", "--allow-principal", "User:ANONYMOUS", "--topic", "load")
    left = entries - 2
    for kind, count in (("prefixed", left // 10), ("literal", left - left // 10)):
        names = [f"team-{n}-{kind}" for n in range(count)]
        for begin in range(0, count, AT_ONCE):
            topics = [word for name in names[begin:begin + AT_ONCE] for word in ("--topic", name)]
            fulmar(broker, "acl", "add", "--allow-principal", "User:other", "--operation", "Write", "--resource-pattern-type", kind, *topics)


def main(counts):
    for round_number in (1, 2):
        for entries in counts:
            with Broker(*(AUTHORIZER if entries else ()), binary=BINARY) as broker:
                fulmar(broker, "topic", "create", "load", "--config", CACHED)
                if entries:
                    allow(broker, entries)
                for name, options in LOADS:
                    done = subprocess.run([LOAD, broker.address, str(broker.process.pid), "produce", "load", "1", MEGABYTES, *options], check=True,
                                          capture_output=True, text=True, timeout=600)
                    print(f"{round_number} {entries:6} entries, {name:16} {done.stdout.strip()}", flush=True)
                broker.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main([int(word) for word in sys.argv[1:]] or [0, 10, 1000, 10000]))
