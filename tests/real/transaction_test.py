"""Transactions of confluent-kafka (librdkafka): commit, abort, consume-transform-produce, fencing, and a broker that is killed in the middle."""
import subprocess
import sys

try:
    from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition, OFFSET_BEGINNING
except ImportError:
    print("python3-confluent-kafka is not there: skipped")
    sys.exit(77)

from broker import Broker, check


def producer_of(broker, transactional_id):
    producer = Producer({"bootstrap.servers": broker.address, "transactional.id": transactional_id, "transaction.timeout.ms": 30000})
    producer.init_transactions(60)
    return producer


def consumer_of(broker, group, isolation="read_committed"):
    return Consumer({"bootstrap.servers": broker.address, "group.id": group, "enable.auto.commit": False, "enable.partition.eof": True,
                     "isolation.level": isolation, "auto.offset.reset": "earliest"})


def read_all(broker, topic, isolation="read_committed"):
    consumer = consumer_of(broker, "unused", isolation)
    consumer.assign([TopicPartition(topic, 0, OFFSET_BEGINNING)])
    values = []
    while True:
        message = consumer.poll(30)
        assert message is not None, "nothing came for 30 s"
        if message.error():
            assert message.error().name() == "_PARTITION_EOF", message.error()
            break
        values.append(message.value())
    consumer.close()
    return values


def fulmar(broker, *arguments):
    return subprocess.run([broker.binary, *arguments, "--bootstrap", broker.address], capture_output=True, text=True, timeout=60, check=False)


with Broker() as broker:
    for topic in ("in", "out", "audit"):
        done = fulmar(broker, "topic", "create", topic)
        check(done.returncode == 0, f"topic {topic} is made")

    first = producer_of(broker, "first")
    for commits in (True, False, True):
        first.begin_transaction()
        for topic in ("out", "audit"):
            for n in range(100):
                first.produce(topic, b"%s %d" % (b"kept" if commits else b"dropped", n))
        if commits:
            first.commit_transaction(60)
        else:
            first.flush(60)
            first.abort_transaction(60)
    for topic in ("out", "audit"):
        values = read_all(broker, topic)
        check(len(values) == 200 and all(v.startswith(b"kept") for v in values), f"{topic} has what was committed, and nothing else")
    check(len(read_all(broker, "out", "read_uncommitted")) == 300, "who reads all gets what was aborted, too")

    read = {level: fulmar(broker, "consume", "out", "--exit-at-end", "--isolation", level).stdout.splitlines() for level in ("read_committed", "read_uncommitted")}
    check(len(read["read_committed"]) == 200 and all(value.startswith("kept") for value in read["read_committed"]), "fulmar consume reads what is committed")
    check(len(read["read_uncommitted"]) == 300, "or everything")
    members = fulmar(broker, "consume", "out", "--exit-at-end", "--group", "printers", "--isolation", "read_committed").stdout.splitlines()
    check(members == read["read_committed"], "as a member of a group as well")

    # A transaction goes on after the broker's death, which is also its coordinator's.
    first.begin_transaction()
    for n in range(1000):
        first.produce("out", b"killed %d" % n)
        if n == 500:
            first.flush(60)
            broker.kill()
            broker.start()
    first.commit_transaction(60)
    check(sum(v.startswith(b"killed") for v in read_all(broker, "out")) == 1000, "a transaction is whole, though the broker was killed in the middle")

    # Consume, transform, produce: with the offsets in the transaction.
    feeder = Producer({"bootstrap.servers": broker.address})
    for n in range(50):
        feeder.produce("in", b"%d" % n)
    feeder.flush(60)
    pipe = producer_of(broker, "pipe")
    consumer = consumer_of(broker, "pipe-group")
    consumer.subscribe(["in"])
    passed = 0
    while passed < 50:
        batch = [m for m in consumer.consume(10, 10) if not m.error()]
        if not batch:
            continue
        pipe.begin_transaction()
        for message in batch:
            pipe.produce("audit", b"passed on " + message.value())
        offsets = consumer.position(consumer.assignment())
        pipe.send_offsets_to_transaction(offsets, consumer.consumer_group_metadata(), 60)
        pipe.commit_transaction(60)
        passed += len(batch)
    committed = consumer.committed([TopicPartition("in", 0)], timeout=30)[0].offset
    consumer.close()
    check(committed == 50, f"the offset is committed with the transactions: {committed}")
    check(sum(v.startswith(b"passed on") for v in read_all(broker, "audit")) == 50, "each record is passed on once")

    # Whoever takes over shuts out who had it before, and aborts what that one has left open.
    pipe.begin_transaction()
    pipe.produce("audit", b"zombie")
    pipe.flush(60)
    check("Ongoing" in fulmar(broker, "transaction", "list", "--state", "Ongoing").stdout, "an open transaction is listed")
    heir = producer_of(broker, "pipe")
    try:
        pipe.commit_transaction(30)
        fenced = False
    except KafkaException as error:
        fenced = error.args[0].fatal() or error.args[0].name() in ("_FENCED", "FENCED", "PRODUCER_FENCED")
    check(fenced, "a zombie can't commit")
    heir.begin_transaction()
    heir.produce("audit", b"heir")
    heir.commit_transaction(60)
    values = read_all(broker, "audit")
    check(b"zombie" not in values and values.count(b"heir") == 1, "what the zombie left is aborted")

    # And so does an administrator.
    heir.begin_transaction()
    heir.produce("audit", b"left open")
    heir.flush(60)
    check(fulmar(broker, "transaction", "abort", "pipe").returncode == 0, "an open transaction is aborted by command")
    described = fulmar(broker, "transaction", "describe", "pipe").stdout
    check("CompleteAbort" in described or "Empty" in described, "then nothing of it is open: " + described)
    check(b"left open" not in read_all(broker, "audit"), "and nothing of it is read")
    broker.stop()
