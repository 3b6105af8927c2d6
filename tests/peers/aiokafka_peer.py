"""aiokafka, the newest: a client in Python alone. Arguments: BOOTSTRAP REPLICATION_FACTOR"""
import asyncio
import sys
import time

import aiokafka
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from secured import arguments

VALUES, PARTITIONS = 2000, 3


def check(holds, what, *more):
    assert holds, (what, *more)
    print("ok:", what, flush=True)


async def until(holds, what):
    """What is true a moment later clients have to ask for again."""
    end = time.monotonic() + 20
    while not await holds():
        assert time.monotonic() < end, what
        await asyncio.sleep(0.02)
    print("ok:", what, flush=True)


async def main(bootstrap, factor):
    print("aiokafka", aiokafka.__version__)
    admin = AIOKafkaAdminClient(**arguments(bootstrap))
    await admin.start()
    topic = f"aiokafka-{time.time_ns()}"
    created = await admin.create_topics([NewTopic(topic, PARTITIONS, factor)])
    check(all(code == 0 for _, code, *_ in created.topic_errors), "a topic is created", created)
    async def listed():
        return topic in await admin.list_topics()

    async def gone():
        return topic not in await admin.list_topics()

    await until(listed, "a new topic is listed")
    producer = AIOKafkaProducer(**arguments(bootstrap), enable_idempotence=True, compression_type="gzip")
    await producer.start()
    begun = int(time.time() * 1000)
    sends = [await producer.send(topic, b"value %d" % n, key=b"key %d" % (n % 17), timestamp_ms=begun + n) for n in range(VALUES)]
    sent = {(at.partition, at.offset): b"value %d" % n for n, at in enumerate(await asyncio.gather(*sends))}
    check(len(sent) == VALUES, "all are acknowledged")
    await producer.stop()
    consumer = AIOKafkaConsumer(**arguments(bootstrap))
    await consumer.start()
    partitions = [TopicPartition(topic, p) for p in range(PARTITIONS)]
    consumer.assign(partitions)
    await consumer.seek_to_beginning()
    read = {}
    while len(read) < VALUES:
        for records in (await consumer.getmany(timeout_ms=20000)).values():
            read |= {(record.partition, record.offset): record.value for record in records}
    check(read == sent, "and read, each at its offset")
    ends = await consumer.end_offsets(partitions)
    check(sum(ends.values()) == VALUES, "offsets are dense")
    some = min(partition for partition, _ in read)
    found = await consumer.offsets_for_times({TopicPartition(topic, some): begun})
    check(found[TopicPartition(topic, some)].offset == 0, "an offset is found by its time")
    await consumer.stop()
    (configs,) = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic)])
    check(configs.resources[0][0] == 0 and len(configs.resources[0][4]) > 10, "the topic's configuration is described")
    await admin.create_partitions({topic: NewPartitions(PARTITIONS + 1)})
    cluster = await admin.describe_cluster()
    check(len(cluster["brokers"]) == factor, "the cluster is described")
    await admin.delete_topics([topic])
    await until(gone, "a deleted topic is gone")
    await admin.close()


asyncio.run(main(sys.argv[1], int(sys.argv[2])))
