"""confluent-kafka, the newest (librdkafka): everything that goes without groups. Arguments: BOOTSTRAP REPLICATION_FACTOR"""
import sys
import time

from confluent_kafka import Consumer, IsolationLevel, Producer, TopicCollection, TopicPartition, libversion, version
from confluent_kafka.admin import AdminClient, ConfigResource, NewPartitions, NewTopic, OffsetSpec, ResourceType
from secured import librdkafka

VALUES, PARTITIONS = 3000, 3


def check(holds, what, *more):
    assert holds, (what, *more)
    print("ok:", what, flush=True)


def until(holds, what):
    """What is true a moment later clients have to ask for again."""
    end = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < end, what
        time.sleep(0.02)
    print("ok:", what, flush=True)


def only(futures):
    (future,) = futures.values()
    return future.result(30)


bootstrap, factor = sys.argv[1], int(sys.argv[2])
print("confluent-kafka", version(), "librdkafka", libversion())
admin = AdminClient(librdkafka(bootstrap))
topic = f"confluent-{time.time_ns()}"
check(len(admin.list_topics(timeout=20).brokers) == factor, "all topics are listed, and the brokers")
only(admin.create_topics([NewTopic(topic, PARTITIONS, factor, config={"retention.ms": "3600000"})]))


def led():
    partitions = admin.list_topics(topic, timeout=20).topics[topic].partitions.values()
    return len(partitions) == PARTITIONS and all(p.leader >= 0 and len(p.replicas) == factor for p in partitions)


until(led, "a new topic has leaders and replicas")
until(lambda: topic in admin.list_topics(timeout=20).topics, "it is among all topics")
described = only(admin.describe_topics(TopicCollection([topic]), include_authorized_operations=True))
check(len(described.authorized_operations) == 8, "all operations on it are allowed", described.authorized_operations)
cluster = admin.describe_cluster(include_authorized_operations=True).result(30)
check(len(cluster.nodes) == factor and len(cluster.authorized_operations) == 7, "the cluster is described", cluster.authorized_operations)

begun = int(time.time() * 1000)
for options in ({"compression.type": "zstd", "enable.idempotence": True}, {"compression.type": "lz4", "acks": "1"}):
    sent = {}
    producer = Producer({**librdkafka(bootstrap), "linger.ms": 5, **options})
    for number in range(VALUES):
        producer.produce(topic, b"value %d" % number, key=b"key %d" % (number % 17), timestamp=begun + number,
                         on_delivery=lambda error, message: sent.setdefault((message.partition(), message.offset()), message.value()) if not error else None)
        producer.poll(0)
    check(producer.flush(60) == 0 and len(sent) == VALUES, f"all are acknowledged with {options}")
    consumer = Consumer({**librdkafka(bootstrap), "group.id": "unused", "enable.auto.commit": False, "enable.partition.eof": True,
                         "isolation.level": "read_committed", "check.crcs": True})
    consumer.assign([TopicPartition(topic, p, 0) for p in range(PARTITIONS)])
    read, ended = {}, set()
    while len(ended) < PARTITIONS:
        message = consumer.poll(30)
        assert message is not None, "nothing came for 30 s"
        if message.error():
            assert message.error().name() == "_PARTITION_EOF", message.error()
            ended.add(message.partition())
        else:
            read[message.partition(), message.offset()] = message.value()
    check(all(read.get(place) == value for place, value in sent.items()), "and read, each at its offset")
    consumer.close()
    del producer  # it keeps asking for its topics, and would have them made again

partition = min(p for p, _ in read)
consumer = Consumer({**librdkafka(bootstrap), "group.id": "unused"})
low, high = consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=20)
check((low, high) == (0, 1 + max(o for p, o in read if p == partition)), "the watermarks are what was read")
(found,) = consumer.offsets_for_times([TopicPartition(topic, partition, begun)], timeout=20)
check(found.offset == 0, "an offset is found by its time")
consumer.close()
at = TopicPartition(topic, partition)
for spec, expected in ((OffsetSpec.earliest(), 0), (OffsetSpec.latest(), high), (OffsetSpec.for_timestamp(begun), 0)):
    listed = only(admin.list_offsets({at: spec}, isolation_level=IsolationLevel.READ_COMMITTED))
    check(listed.offset == expected, f"offset {expected} is listed")
check(only(admin.list_offsets({at: OffsetSpec.max_timestamp()})).timestamp >= begun, "and that of the latest record")
check(only(admin.delete_records([TopicPartition(topic, partition, 5)])).low_watermark == 5, "records are deleted")
entries = only(admin.describe_configs([ConfigResource(ResourceType.TOPIC, topic)]))
check(entries["retention.ms"].value == "3600000", "a topic's configuration is described")
only(admin.create_partitions([NewPartitions(topic, PARTITIONS + 2)]))
until(lambda: len(admin.list_topics(topic, timeout=20).topics[topic].partitions) == PARTITIONS + 2, "partitions are added")
only(admin.delete_topics([topic]))
until(lambda: topic not in admin.list_topics(timeout=20).topics, "a deleted topic is gone")
