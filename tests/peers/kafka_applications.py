"""Applications of Apache Kafka against real brokers that are killed meanwhile: its transactional copier, verifiable producer and consumer,
Streams with exactly_once_v2, Connect (with exactly-once sources) and MirrorMaker 2. Usage: kafka_applications.py FULMAR_BINARY DIRECTORY [WORD]

With WORD only the tests whose name has it. The jars come from Maven Central into DIRECTORY (see kafka_jars.py). Where they can't be had that
is said, and the exit code is 77.
"""
import collections
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "real"))

from broker import Broker, check  # noqa: E402
from cluster import Cluster, loopback  # noqa: E402
from kafka_jars import SKIPPED, TOOL_SECONDS, Tools, jars, java  # noqa: E402

# The newest of which all of these are to be had.
VERSION = "4.3.1"
ARTIFACTS = ["kafka-tools", "kafka-streams-examples", "connect-runtime", "connect-json", "connect-file", "connect-mirror"]
SECONDS = 120  # for what an application must come to


def until(holds, what, seconds=SECONDS):
    """Waits for what has no other sign than that it holds."""
    begun = time.monotonic()
    while not holds():
        assert time.monotonic() - begun < seconds, f"not within {seconds} s: {what}"
        time.sleep(0.2)
    print(f"ok: {what}", flush=True)


class Application:
    """A process of Java that is killed at the end, and what it said."""

    def __init__(self, libs, place, main, *arguments):
        self.command = [*java(libs), main, *arguments]
        self.log = os.path.join(place, main.rsplit(".", 1)[-1] + ".log")
        self.process = None
        self.start()

    def start(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def said(self):
        with open(self.log, encoding="utf-8", errors="replace") as log:
            return log.read()

    def kill(self):
        self.process.kill()
        self.process.wait()

    def ended(self):
        return self.process.poll() is not None

    def __enter__(self):
        return self

    def __exit__(self, failed, *_):
        if failed:
            print(f"-- {self.log}\n{self.said()[-4000:]}", file=sys.stderr)
        self.kill()


def properties(path, **values):
    with open(path, "w", encoding="utf-8") as file:
        file.write("".join(f"{name.replace('_', '.')}={value}\n" for name, value in values.items()))
    return path


def produce(cluster, topic, lines, *options):
    subprocess.run([cluster.brokers[0].binary, "produce", topic, *options, "--bootstrap", cluster.address], input="".join(line + "\n" for line in lines),
                   text=True, timeout=60, check=True)


def consume(at, topic, *options):
    done = subprocess.run([at.brokers[0].binary if isinstance(at, Cluster) else at.binary, "consume", topic, "--exit-at-end", "--isolation", "read_committed", *options, "--bootstrap",
                           at.address], capture_output=True, text=True, timeout=60, check=False)
    return done.stdout.splitlines() if done.returncode == 0 else []


def coordinator_of_transactions(tools, transactional_id):
    """Its number; by Kafka's own tool, which lists each broker's transactions."""
    rows = [line.split() for line in tools.run("TransactionsCommand", "list").splitlines()]
    return next((int(row[1]) for row in rows if row[0] == transactional_id), None)


def test_transactional_copier(libs, cluster, place):
    """Copies in transactions, some of which it aborts, while it and the coordinator of its transactions are killed: each line is there once."""
    tools = Tools(libs, cluster.address)
    lines = [str(number) for number in range(20000)]
    cluster.ask("topic", "create", "copied-from", "copied-to", "--partitions", "1", "--replication-factor", "3")
    produce(cluster, "copied-from", lines)
    with Application(libs, place, "org.apache.kafka.tools.TransactionalMessageCopier", "--broker-list", cluster.address, "--input-topic", "copied-from",
                     "--input-partition", "0", "--output-topic", "copied-to", "--consumer-group", "copiers", "--transaction-size", "50",
                     "--transactional-id", "copier", "--enable-random-aborts", "--use-group-metadata", "--group-mode") as copier:
        copied = lambda: len(consume(cluster, "copied-to"))
        until(lambda: copied() > 500, "the copier copies")
        copier.kill()
        said = tools.run("TransactionsCommand", "describe", "--transactional-id", "copier")
        check("ProducerId" in said and "copier" not in said.splitlines()[0], "kafka-transactions describes it")
        copier.start()
        before = copied()
        until(lambda: copied() > before + 500, "killed and begun again, it goes on")
        coordinator = coordinator_of_transactions(tools, "copier")
        cluster.broker(coordinator).kill()
        before = copied()
        until(lambda: copied() > before + 500 or copied() == len(lines), f"the coordinator, broker {coordinator}, is killed: it goes on")
        cluster.broker(coordinator).start()
        until(copier.ended, "it comes to its end")
        check(copier.process.returncode == 0, "in order")
    check(consume(cluster, "copied-to") == lines, "each line is there once, in order")
    until(lambda: "copier" in tools.run("TransactionsCommand", "list"), "kafka-transactions lists the transactional id")
    said = tools.run("TransactionsCommand", "describe-producers", "--topic", "copied-to", "--partition", "0")
    check(len(said.splitlines()) >= 2 and "CurrentTransactionStartOffset" in said, "and the partition's producers")
    hanging = tools.run("TransactionsCommand", "find-hanging", "--topic", "copied-to", "--partition", "0")
    check(len(hanging.splitlines()) <= 1, f"of which none has a hanging transaction: {hanging}")


def test_verifiable(libs, cluster, place):
    """What the verifiable producer had acknowledged is what consumers of both protocols read, while a broker is killed."""
    cluster.ask("topic", "create", "verified", "--partitions", "3", "--replication-factor", "3")
    config = properties(os.path.join(place, "producer.properties"), retries=1000000, enable_idempotence="true")  # by itself it does not try again
    producer = Application(libs, place, "org.apache.kafka.tools.VerifiableProducer", "--bootstrap-server", cluster.address, "--topic", "verified",
                           "--max-messages", "20000", "--throughput", "4000", "--acks", "-1", "--producer.config", config)
    with producer:
        until(lambda: producer.said().count("producer_send_success") > 4000, "the verifiable producer sends")
        cluster.broker(2).kill()
        until(producer.ended, "a broker is killed, it sends all the same")
        cluster.broker(2).start()
        events = [json.loads(line) for line in producer.said().splitlines() if line.startswith("{")]
    sent = {(e["partition"], e["offset"]) for e in events if e["name"] == "producer_send_success"}
    check(len(sent) == 20000 and not any(e["name"] == "producer_send_error" for e in events), "all is acknowledged")
    for protocol in ("CLASSIC", "CONSUMER"):
        with Application(libs, place, "org.apache.kafka.tools.VerifiableConsumer", "--bootstrap-server", cluster.address, "--topic", "verified",
                         "--group-id", "verified-" + protocol, "--group-protocol", protocol, "--max-messages", "20000", "--verbose") as consumer:
            until(consumer.ended, f"{protocol.lower()}: the verifiable consumer reads all")
            events = [json.loads(line) for line in consumer.said().splitlines() if line.startswith("{")]
            os.remove(consumer.log)
        read = {(e["partition"], e["offset"]) for e in events if e["name"] == "record_data"}
        check(read == sent, f"{protocol.lower()}: what it reads is what was acknowledged")


def test_streams(libs, cluster, place):
    """The word count of Kafka's documentation, exactly once: killed twice, and a broker as well, it has counted each word once."""
    cluster.ask("topic", "create", "streams-plaintext-input", "streams-wordcount-output", "--partitions", "2", "--replication-factor", "3")
    words = ["all", "streams", "lead", "to", "kafka"]
    lines = [" ".join(words[(n + k) % 5] for k in range(n % 4 + 1)) for n in range(3000)]
    wanted = collections.Counter(word for line in lines for word in line.split())
    config = properties(os.path.join(place, "streams.properties"), bootstrap_servers=cluster.address, processing_guarantee="exactly_once_v2",
                        commit_interval_ms=100, state_dir=os.path.join(place, "state"), replication_factor=3, application_id="counting")

    def written():
        return len(consume(cluster, "streams-wordcount-output", "--format", "%k\n"))

    with Application(libs, place, "org.apache.kafka.streams.examples.wordcount.WordCountDemo", config) as counting:
        produce(cluster, "streams-plaintext-input", lines[:1000])
        until(lambda: written() > 0, "Streams counts words")
        counting.kill()
        produce(cluster, "streams-plaintext-input", lines[1000:2000])
        before = written()
        counting.start()
        until(lambda: written() > before, "killed and begun again, it goes on")
        cluster.broker(3).kill()
        produce(cluster, "streams-plaintext-input", lines[2000:])
        until(lambda: totals(libs, cluster) == wanted, f"a broker is killed: it counts each word once, {dict(wanted)}")
        cluster.broker(3).start()


def totals(libs, cluster):
    """The last count of each word, which is a long in eight bytes."""
    latest = collections.Counter()
    done = subprocess.run([*java(libs), "org.apache.kafka.tools.consumer.ConsoleConsumer", "--bootstrap-server", cluster.address, "--topic",
                           "streams-wordcount-output", "--from-beginning", "--timeout-ms", "5000", "--isolation-level", "read_committed",
                           "--formatter-property", "print.key=true", "--formatter-property",
                           "value.deserializer=org.apache.kafka.common.serialization.LongDeserializer"], capture_output=True, text=True,
                          timeout=TOOL_SECONDS, check=False)
    for line in done.stdout.splitlines():
        word, count = line.split("\t")
        latest[word] = int(count)
    return latest


class Connect(Application):
    """A worker of Connect in distributed mode."""

    def __init__(self, libs, place, cluster):
        self.port = loopback(1)[0].client_port
        config = properties(os.path.join(place, "worker.properties"), bootstrap_servers=cluster.address, group_id="workers",
                            listeners=f"http://127.0.0.1:{self.port}", exactly_once_source_support="enabled",
                            key_converter="org.apache.kafka.connect.storage.StringConverter",
                            value_converter="org.apache.kafka.connect.storage.StringConverter",
                            **{f"{kind}_storage_{what}": value for kind in ("config", "offset", "status")
                               for what, value in (("topic", "connect-" + kind), ("replication_factor", 3))},
                            offset_storage_partitions=3, status_storage_partitions=3, offset_flush_interval_ms=1000, plugin_discovery="service_load")
        super().__init__(libs, place, "org.apache.kafka.connect.cli.ConnectDistributed", config)

    def request(self, path, body=None):
        """What the worker answers, or None while it can't."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/{path}", data=json.dumps(body).encode() if body else None,
                                         headers={"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return json.load(answer)
        except (urllib.error.URLError, TimeoutError, ConnectionError):
            return None

    def runs(self, name):
        status = self.request(f"connectors/{name}/status")
        return bool(status) and [task["state"] for task in status["tasks"]] == ["RUNNING"]


def test_connect(libs, cluster, place):
    """From a file into a topic, exactly once, and from there into a file, while the worker and the coordinator of its group are killed."""
    lines = [f"line {number}" for number in range(6000)]
    source, sink = os.path.join(place, "source.txt"), os.path.join(place, "sink.txt")

    def append(some):
        with open(source, "a", encoding="utf-8") as file:
            file.write("".join(line + "\n" for line in some))

    def sunk():
        if not os.path.exists(sink):
            return set()
        with open(sink, encoding="utf-8") as file:
            return set(file.read().split("\n")[:-1])

    append(lines[:2000])
    cluster.ask("topic", "create", "connected", "--partitions", "1", "--replication-factor", "3")
    with Connect(libs, place, cluster) as worker:
        for name, config in (("source", {"connector.class": "FileStreamSource", "file": source, "topic": "connected", "tasks.max": "1"}),
                             ("sink", {"connector.class": "FileStreamSink", "file": sink, "topics": "connected", "tasks.max": "1"})):
            until(lambda: worker.request("connectors", {"name": name, "config": config}), f"Connect takes the {name}")
            until(lambda: worker.runs(name), "and runs it")
        until(lambda: sunk() == set(lines[:2000]), "what is in the one file comes into the other")
        append(lines[2000:4000])
        worker.kill()
        worker.start()
        until(lambda: sunk() == set(lines[:4000]), "the worker is killed and begun again: all comes through")
        cluster.broker(1).kill()
        append(lines[4000:])
        until(lambda: sunk() == set(lines), "a broker is killed: all comes through")
        cluster.broker(1).start()
        until(lambda: worker.runs("source") and worker.runs("sink"), "both run")
    check(consume(cluster, "connected") == lines, "in the topic each line is there once, in order")


def test_mirror(libs, cluster, place):
    """MirrorMaker 2 copies a topic, its configuration and the offsets of a group to another cluster."""
    lines = [f"line {number}" for number in range(5000)]
    cluster.ask("topic", "create", "mirrored", "--partitions", "2", "--replication-factor", "3", "--config", "retention.ms=123456789")
    produce(cluster, "mirrored", lines[:3000])
    with Broker("--shards", "1", binary=cluster.brokers[0].binary) as other:
        ones = {name: 1 for name in ("replication_factor", "offset-syncs_topic_replication_factor", "heartbeats_topic_replication_factor",
                                     "checkpoints_topic_replication_factor", "config_storage_replication_factor",
                                     "offset_storage_replication_factor", "status_storage_replication_factor")}
        config = properties(os.path.join(place, "mirror.properties"), clusters="from,to", from_bootstrap_servers=cluster.address,
                            to_bootstrap_servers=other.address, topics="mirrored", groups="readers", tasks_max=2,
                            refresh_topics_interval_seconds=1, sync_topic_configs_interval_seconds=1, emit_checkpoints_interval_seconds=1,
                            refresh_groups_interval_seconds=1, sync_group_offsets_enabled="true", sync_group_offsets_interval_seconds=1, plugin_discovery="service_load",
                            dedicated_mode_enable_internal_rest="false", **{"from->to_enabled": "true", "to->from_enabled": "false"}, **ones)
        subprocess.run([cluster.brokers[0].binary, "consume", "mirrored", "--group", "readers", "--exit-at-end", "--bootstrap", cluster.address],
                       capture_output=True, timeout=60, check=True)
        with Application(libs, place, "org.apache.kafka.connect.mirror.MirrorMaker", config) as mirror:
            until(lambda: sorted(consume(other, "from.mirrored")) == sorted(lines[:3000]), "MirrorMaker 2 copies a topic")
            mirror.kill()
            produce(cluster, "mirrored", lines[3000:])
            mirror.start()
            until(lambda: set(consume(other, "from.mirrored")) == set(lines), "killed and begun again, it copies the rest")

            def fulmar(*command):
                return subprocess.run([other.binary, *command, "--bootstrap", other.address], capture_output=True, text=True, timeout=60, check=False).stdout

            until(lambda: "retention.ms=123456789" in fulmar("topic", "describe", "from.mirrored"), "with its configuration")
            until(lambda: "from.mirrored" in fulmar("group", "describe", "readers"), "and what a group has committed")
        other.stop()


TESTS = [test_transactional_copier, test_verifiable, test_streams, test_connect, test_mirror]


def main(binary, directory, word=""):
    libs = jars(directory, "applications", VERSION, ARTIFACTS)
    if not libs:
        return SKIPPED
    for test in TESTS:
        if word not in test.__name__:
            continue
        with tempfile.TemporaryDirectory() as place, Cluster(3, binary=os.path.abspath(binary)) as cluster:
            test(libs, cluster, place)
            cluster.await_health()
            cluster.stop()
    return 0


if __name__ == "__main__":
    if len(sys.argv) not in (3, 4):
        print(__doc__, file=sys.stderr)
        sys.exit(2)
    sys.exit(main(*sys.argv[1:]))
