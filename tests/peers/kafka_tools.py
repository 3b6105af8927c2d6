"""Apache Kafka's own kafka-configs, kafka-reassign-partitions, console consumer and kafka-consumer-groups against three real brokers. Usage: kafka_tools.py FULMAR_BINARY DIRECTORY

The tools come from Maven Central into DIRECTORY (see kafka_jars.py). Where they can't be had that is said, and the exit code is 77.
"""
import json
import os
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "real"))

from broker import check  # noqa: E402
from cluster import Cluster  # noqa: E402
from kafka_jars import SKIPPED, TOOL_SECONDS, Tools, jars  # noqa: E402

MOVE_SECONDS = 60
READ_SECONDS = 120


def test_configs(tools):
    topic = ("--entity-type", "topics", "--entity-name", "t")
    said = tools.configs("--alter", *topic, "--add-config", "retention.ms=5000,min.insync.replicas=2")
    check("Completed updating config for topic t." in said, "kafka-configs alters a topic")
    said = tools.configs("--describe", *topic)
    check("retention.ms=5000 sensitive=false synonyms={DYNAMIC_TOPIC_CONFIG:retention.ms=5000" in said and "min.insync.replicas=2" in said,
          "and describes what it has set")
    tools.configs("--alter", *topic, "--delete-config", "min.insync.replicas")
    said = tools.configs("--describe", *topic)
    check("min.insync.replicas" not in said and "retention.ms=5000" in said, "and takes one away again")
    said = tools.configs("--describe", *topic, "--all")
    check("cleanup.policy=delete" in said and "DEFAULT_CONFIG" in said, "all of them are described as well")
    said = tools.configs("--alter", *topic, "--add-config", "no.such=1", code=1)
    check("Unknown topic config name: no.such" in said, "an unknown one is refused")
    one = ("--entity-type", "brokers", "--entity-name", "2")
    all_of_them = ("--entity-type", "brokers", "--entity-default")
    tools.configs("--alter", *all_of_them, "--add-config", "log.retention.ms=6000")
    tools.configs("--alter", *one, "--add-config", "log.retention.ms=7000,leader.replication.throttled.rate=1000000")
    said = tools.configs("--describe", *all_of_them)
    check("log.retention.ms=6000" in said and "DYNAMIC_DEFAULT_BROKER_CONFIG" in said, "what all brokers have is set and described")
    said = tools.configs("--describe", *one)
    check("log.retention.ms=7000 sensitive=false synonyms={DYNAMIC_BROKER_CONFIG:log.retention.ms=7000, "
          "DYNAMIC_DEFAULT_BROKER_CONFIG:log.retention.ms=6000" in said, "and what one has, with where it comes from")
    said = tools.configs("--alter", *one, "--add-config", "num.partitions=3", code=1)
    check("Cannot update these configs dynamically" in said, "what can't be changed while brokers run is refused")
    tools.configs("--alter", *one, "--delete-config", "log.retention.ms,leader.replication.throttled.rate")
    tools.configs("--alter", *all_of_them, "--delete-config", "log.retention.ms")
    check("log.retention.ms" not in tools.configs("--describe", *all_of_them), "and all of it is taken away again")


def test_loggers(tools):
    one = ("--entity-type", "broker-loggers", "--entity-name", "2")
    said = tools.configs("--describe", *one)
    check("root=INFO sensitive=false synonyms={}" in said and "peer=INFO" in said, "kafka-configs shows the levels of a broker's loggers")
    said = tools.configs("--alter", *one, "--add-config", "peer=DEBUG,broker=WARN")
    check("Completed updating config for broker-logger 2." in said, "and changes them")
    said = tools.configs("--describe", *one)
    check("peer=DEBUG" in said and "broker=WARN" in said and "root=INFO" in said, "and shows what it has changed")
    check("peer=INFO" in tools.configs("--describe", "--entity-type", "broker-loggers", "--entity-name", "1"), "of that broker and no other")
    tools.configs("--alter", *one, "--delete-config", "peer,broker")
    said = tools.configs("--describe", *one)
    check("peer=INFO" in said and "broker=INFO" in said, "and they have the root's again")
    said = tools.configs("--alter", *one, "--add-config", "no.such=INFO", code=1)
    check("no.such" in said, f"one that there is not is refused: {said.strip().splitlines()[0]}")


def test_quotas(tools):
    whose = ("--entity-type", "users", "--entity-name", "u", "--entity-type", "clients", "--entity-default")
    said = tools.configs("--alter", *whose, "--add-config", "producer_byte_rate=1024,controller_mutation_rate=0.5")
    check("Completed updating config for user u." in said, "kafka-configs sets quotas")
    said = tools.configs("--describe", *whose)
    check("Quota configs for user-principal 'u', the default client-id are" in said and "producer_byte_rate=1024.0" in said
          and "controller_mutation_rate=0.5" in said, "and describes them")
    tools.configs("--alter", "--entity-type", "ips", "--entity-default", "--add-config", "connection_creation_rate=500")
    check("quota configs for the default ip are connection_creation_rate=500.0" in tools.configs("--describe", "--entity-type", "ips").lower(), "of addresses too")
    said = tools.configs("--alter", *whose, "--add-config", "producer_byte_rate=0", code=1)
    check("must be greater than 0" in said, "a rate of nothing is refused")
    tools.configs("--alter", *whose, "--delete-config", "producer_byte_rate,controller_mutation_rate")
    tools.configs("--alter", "--entity-type", "ips", "--entity-default", "--delete-config", "connection_creation_rate")
    check("Quota configs" not in tools.configs("--describe", "--entity-type", "users") + tools.configs("--describe", "--entity-type", "ips"),
          "and all of them are taken away again")


def test_reassign(tools, cluster, directory):
    def plan(name, partitions):
        path = os.path.join(directory, name)
        with open(path, "w", encoding="utf-8") as file:
            json.dump({"version": 1, "partitions": [{"topic": "moved", "partition": n, "replicas": replicas}
                                                    for n, replicas in enumerate(partitions)]}, file)
        return path

    cluster.ask("topic", "create", "moved", "--partitions", "2", "--replication-factor", "2")
    text = "".join(f"line {i} {'x' * 200}\n" for i in range(80000))
    subprocess.run([cluster.brokers[0].binary, "produce", "moved", "--bootstrap", cluster.address], input=text, text=True, timeout=60,
                   check=True)
    there = plan("there.json", [[2, 3], [3, 1]])
    said = tools.reassign("--reassignment-json-file", there, "--execute", "--throttle", "50000000")
    check("Successfully started partition reassignments for moved-0,moved-1" in said and "throttle limit" in said,
          "kafka-reassign-partitions begins, with a throttle")
    described = tools.configs("--describe", "--entity-type", "brokers", "--entity-name", "1")
    check("leader.replication.throttled.rate=50000000" in described and "follower.replication.throttled.rate=50000000" in described,
          "which every broker then has")
    end = time.monotonic() + MOVE_SECONDS
    while "is still in progress" in (said := tools.reassign("--reassignment-json-file", there, "--verify")):
        assert time.monotonic() < end, said
    check("Reassignment of partition moved-0 is completed." in said and "Clearing broker-level throttles" in said, "it sees the end of it")
    described = tools.configs("--describe", "--entity-type", "brokers", "--entity-name", "1")
    check("throttled" not in described, "and takes the throttle off")
    check("throttled" not in tools.configs("--describe", "--entity-type", "topics", "--entity-name", "moved"), "of the topic as well")
    back = plan("back.json", [[1, 2], [3, 1]])
    said = tools.reassign("--reassignment-json-file", back, "--execute", "--throttle", "1000")
    check("moved-0" in said, "another one begins, so slow that it can't end soon")
    said = tools.reassign("--reassignment-json-file", back, "--verify", "--preserve-throttles")
    check("Reassignment of partition moved-0 is still in progress." in said, "and has not ended, for the throttle holds")
    said = tools.reassign("--reassignment-json-file", back, "--cancel")
    check("moved-0" in said and "ancel" in said, "it is cancelled")
    cluster.await_health()
    rows = cluster.ask("topic", "describe", "moved")
    replicas = {row[0]: row[3] for row in rows[rows.index([]) + 2:]}
    check(replicas == {"0": "2,3", "1": "3,1"}, f"and everything is where it was: {replicas}")
    read = subprocess.run([cluster.brokers[0].binary, "consume", "moved", "--exit-at-end", "--bootstrap", cluster.address],
                          capture_output=True, text=True, timeout=60, check=True).stdout
    check(sorted(read.splitlines()) == sorted(text.splitlines()), "with every record")


def rows(said):
    """What kafka-consumer-groups prints, as rows by their first line."""
    lines = [line.split() for line in said.splitlines() if line.strip() and not line.startswith("Consumer group")]
    return [dict(zip(lines[0], line)) for line in lines[1:]] if lines else []


def test_groups(tools, cluster, protocols=("consumer", "classic")):
    """A group of each protocol: read by two console consumers, shown while they run and after it."""
    cluster.ask("topic", "create", "read", "--partitions", "4", "--replication-factor", "3")
    text = "".join(f"line {i}\n" for i in range(1000))
    subprocess.run([cluster.brokers[0].binary, "produce", "read", "--bootstrap", cluster.address], input=text, text=True, timeout=60, check=True)
    for protocol in protocols:
        group = ("--group", protocol)
        chosen = {} if protocols == ("classic",) else {"group_protocol": protocol}  # old clients have no choice
        readers = [tools.consumer("--topic", "read", *group, "--from-beginning", **chosen) for _ in range(2)]
        try:
            end = time.monotonic() + READ_SECONDS
            while True:
                state = rows(tools.groups("--describe", *group, "--state", code=None))
                offsets = rows(tools.groups("--describe", *group, code=None))
                if state and state[0]["STATE"] == "Stable" and state[0]["#MEMBERS"] == "2" and len(offsets) == 4 and all(row["LAG"] == "0" for row in offsets):
                    break
                assert time.monotonic() < end, (state, offsets)
            check(len({row["CONSUMER-ID"] for row in offsets}) == 2, f"{protocol}: two console consumers share the partitions, and have read them")
            members = rows(tools.groups("--describe", *group, "--members"))
            check(len(members) == 2 and all(row["#PARTITIONS"] == "2" for row in members), f"{protocol}: kafka-consumer-groups shows both")
            if chosen:
                said = tools.groups("--list", "--type", protocol)
                check(protocol in said.split(), f"{protocol}: and lists the group by its type")
            listed = tools.groups("--list", "--state", "Stable")
            check([protocol, "Stable"] in [line.split() for line in listed.splitlines()], f"{protocol}: and by its state")
            said = tools.groups("--delete", *group, code=None)
            check("GroupNotEmptyException" in said, f"{protocol}: a group with members is not deleted")
        finally:
            for reader in readers:
                reader.terminate()
            output = [reader.communicate(timeout=TOOL_SECONDS) for reader in readers]
        read = sorted("".join(out for out, _ in output).splitlines())
        check(read == sorted(text.splitlines()), f"{protocol}: every line once")
        said = tools.groups("--describe", *group, "--state")
        check("Empty" in said.split(), f"{protocol}: they have left")
        said = tools.groups("--reset-offsets", *group, "--topic", "read", "--to-earliest", "--execute")
        check(all(row["NEW-OFFSET"] == "0" for row in rows(said)), f"{protocol}: offsets are reset")
        said = tools.groups("--delete", *group)
        check("successful" in said, f"{protocol}: the empty group is deleted")
        check(protocol not in tools.groups("--list").split(), f"{protocol}: and gone")


def main(binary, directory):
    libs = jars(directory, "tools", "4.4.0", ["kafka-tools", "kafka_2.13"])
    if not libs:
        return SKIPPED
    with tempfile.TemporaryDirectory() as plans, Cluster(3, binary=os.path.abspath(binary)) as cluster:
        tools = Tools(libs, cluster.address)
        cluster.ask("topic", "create", "t", "--replication-factor", "3")
        test_configs(tools)
        test_loggers(tools)
        test_quotas(tools)
        test_reassign(tools, cluster, plans)
        test_groups(tools, cluster)
        cluster.stop()
    return 0


if __name__ == "__main__":
    if len(sys.argv) != 3:
        print(__doc__, file=sys.stderr)
        sys.exit(2)
    sys.exit(main(*sys.argv[1:]))
