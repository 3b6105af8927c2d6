"""The command line tools of older releases of Apache Kafka against three real brokers: kafka-topics, kafka-configs, console producer and consumer,
kafka-consumer-groups, verifiable producer and consumer. Usage: kafka_old_tools.py FULMAR_BINARY DIRECTORY

They come from Maven Central into DIRECTORY (see kafka_jars.py). Where they can't be had that is said, and the exit code is 77.
"""
import json
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "real"))

from broker import check  # noqa: E402
from cluster import Cluster  # noqa: E402
from kafka_jars import SKIPPED, TOOL_SECONDS, Tools, jars  # noqa: E402
from kafka_tools import test_configs, test_groups  # noqa: E402

# The protocols of groups that their consumers have, the newest one as an early access.
VERSIONS = {"2.8.2": ("classic",), "3.9.1": ("consumer", "classic")}
LINES, VERIFIED = 3000, 5000


def test_topics(tools):
    tools.topics("--create", "--topic", "made", "--partitions", "3", "--replication-factor", "3", "--config", "retention.ms=3600000")
    check("made" in tools.topics("--list").split(), "kafka-topics makes a topic, and lists it")
    said = tools.topics("--describe", "--topic", "made")
    check("retention.ms=3600000" in said and said.count("Leader:") == 3 and "ReplicationFactor: 3" in said, "and describes it")
    check("already exists" in tools.topics("--create", "--topic", "made", code=1), "twice it is not made")
    tools.topics("--alter", "--topic", "made", "--partitions", "5")
    check(tools.topics("--describe", "--topic", "made").count("Leader:") == 5, "it gets more partitions")
    check(tools.topics("--describe", "--under-replicated-partitions").strip() == "", "of which all are in sync")
    tools.topics("--delete", "--topic", "made")
    check("made" not in tools.topics("--list").split(), "and is deleted")


def test_console(tools):
    """Lines with keys, written in each codec, are read in order of each key, by a consumer of committed records."""
    tools.topics("--create", "--topic", "lines", "--partitions", "3", "--replication-factor", "3")
    codecs = ("none", "gzip", "snappy", "lz4", "zstd")
    lines = [f"key-{n % 17}:value {n}" for n in range(LINES)]
    for codec in codecs:
        tools.produce("lines", lines, "--property", "parse.key=true", "--property", "key.separator=:", "--compression-codec", codec, "--request-required-acks", "all")
    wanted = len(codecs) * LINES
    out, errors = tools.consumer("--topic", "lines", "--from-beginning", "--max-messages", str(wanted), "--timeout-ms", "30000", "--property", "print.key=true",
                                 "--property", "key.separator=:", "--isolation-level", "read_committed").communicate(timeout=TOOL_SECONDS)
    read = out.splitlines()
    check(len(read) == wanted, f"the console consumer reads what the console producer has written in each codec: {len(read)} {errors[-300:] if len(read) != wanted else ''}")
    for key in range(17):
        mine = [line for line in read if line.startswith(f"key-{key}:")]
        assert mine == [line for line in lines if line.startswith(f"key-{key}:")] * len(codecs), f"key {key} is not in order"
    check(True, "each key's lines in their order")


def events(text):
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


def test_verifiable(tools):
    tools.topics("--create", "--topic", "verified", "--partitions", "3", "--replication-factor", "3")
    said = events(tools.run("VerifiableProducer", "--topic", "verified", "--max-messages", str(VERIFIED), "--acks", "-1"))
    sent = {(e["partition"], e["offset"]) for e in said if e["name"] == "producer_send_success"}
    check(len(sent) == VERIFIED and not any(e["name"] == "producer_send_error" for e in said), "what the verifiable producer sends is acknowledged")
    said = events(tools.run("VerifiableConsumer", "--topic", "verified", "--group-id", "verified", "--max-messages", str(VERIFIED), "--verbose",
                            "--reset-policy", "earliest"))
    read = [(e["partition"], e["offset"]) for e in said if e["name"] == "record_data"]
    check(len(read) == VERIFIED and set(read) == sent, "and what the verifiable consumer reads, once")
    check(any(e["name"] == "offsets_committed" and e["success"] for e in said), "and commits")


def main(binary, directory):
    ran = 0
    for version, protocols in VERSIONS.items():
        libs = jars(directory, "tools", version, ["kafka-tools", "kafka_2.13"], given=None)
        if not libs:
            continue
        print(f"Kafka {version}", flush=True)
        with Cluster(3, binary=os.path.abspath(binary)) as cluster:
            tools = Tools(libs, cluster.address, version)
            test_topics(tools)
            cluster.ask("topic", "create", "t", "--replication-factor", "3")
            test_configs(tools)
            test_console(tools)
            test_groups(tools, cluster, protocols)
            test_verifiable(tools)
            cluster.stop()
        ran += 1
    return 0 if ran else SKIPPED


if __name__ == "__main__":
    if len(sys.argv) != 3:
        print(__doc__, file=sys.stderr)
        sys.exit(2)
    sys.exit(main(*sys.argv[1:]))
