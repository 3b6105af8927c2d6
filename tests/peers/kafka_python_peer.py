"""kafka-python, the newest: what goes without groups, and its administration. Arguments: BOOTSTRAP REPLICATION_FACTOR"""
import sys
import time

import kafka
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType, NewPartitions, NewTopic
from secured import arguments

VALUES, PARTITIONS = 2000, 3


def check(holds, what, *more):
    assert holds, (what, *more)
    print("ok:", what, flush=True)


def until(holds, what):
    """What is true a moment later clients have to ask for again."""
    end = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < end, what
        time.sleep(0.02)  # polling for an event that has no other sign
    print("ok:", what, flush=True)


bootstrap, factor = sys.argv[1].split(","), int(sys.argv[2])
print("kafka-python", kafka.__version__)
admin = KafkaAdminClient(**arguments(bootstrap))
topic, group = f"kafka-python-{time.time_ns()}", f"kafka-python-group-{time.time_ns()}"
admin.create_topics([NewTopic(topic, PARTITIONS, factor)])
until(lambda: topic in admin.list_topics(), "a new topic is listed")
partitions = [TopicPartition(topic, p) for p in range(PARTITIONS)]
begun = int(time.time() * 1000)
for compression in ("gzip", None):  # others take libraries of their own
    producer = KafkaProducer(**arguments(bootstrap), acks="all", enable_idempotence=True, compression_type=compression)
    sends = [producer.send(topic, b"value %d" % n, key=b"key %d" % (n % 17), timestamp_ms=begun + n) for n in range(VALUES)]
    sent = {(at.partition, at.offset): b"value %d" % n for n, at in enumerate(send.get(60) for send in sends)}
    check(len(sent) == VALUES, f"all are acknowledged, compressed with {compression}")
    producer.close()
    consumer = KafkaConsumer(**arguments(bootstrap), auto_offset_reset="earliest", enable_auto_commit=False, check_crcs=True)
    consumer.assign(partitions)
    for partition in partitions:
        consumer.seek(partition, min((o for p, o in sent if p == partition.partition), default=0))
    read, end = {}, time.monotonic() + 60
    while not sent.items() <= read.items():
        assert time.monotonic() < end, f"{len(read)} of {len(sent)} were read"
        for records in consumer.poll(timeout_ms=1000).values():
            read |= {(record.partition, record.offset): record.value for record in records}
    check(True, "and read, each at its offset")
    ends = consumer.end_offsets(partitions)
    consumer.close()

consumer = KafkaConsumer(topic, **arguments(bootstrap), group_id=group, auto_offset_reset="earliest", enable_auto_commit=False)
read, end = set(), time.monotonic() + 60
while len(read) < sum(ends.values()):
    assert time.monotonic() < end, f"{len(read)} of {sum(ends.values())} were read"
    for records in consumer.poll(timeout_ms=1000).values():
        read |= {(record.partition, record.offset) for record in records}
consumer.commit()
check(len(read) == sum(ends.values()), "a group reads everything")
some = min(p for p, _ in read)
found = consumer.offsets_for_times({TopicPartition(topic, some): begun})
check(found[TopicPartition(topic, some)].offset == 0, "an offset is found by its time")
check(sum(at.offset for at in admin.list_group_offsets([group])[group].values()) == sum(ends.values()), "what it has committed is listed")
check(any(one["group_id"] == group for one in admin.list_groups()), "the group is listed")
described = admin.describe_groups([group])[group]
check(len(described["members"]) == 1, "and described with its member", described)
consumer.close()
admin.delete_groups([group])
until(lambda: not any(one["group_id"] == group for one in admin.list_groups()), "without members it is deleted")
configs = admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic)], config_filter="all")
check(len(str(configs)) > 1000, "the topic's configuration is described", configs)
admin.delete_records({TopicPartition(topic, some): 5})
admin.create_partitions({topic: NewPartitions(PARTITIONS + 1)})
until(lambda: len(admin.describe_topics([topic])[0]["partitions"]) == PARTITIONS + 1, "partitions are added")
check(len(admin.describe_cluster()["brokers"]) == factor, "the cluster is described")
admin.delete_topics([topic])
until(lambda: topic not in admin.list_topics(), "a deleted topic is gone")
admin.close()
