"""aiokafka, transactions: committed and aborted ones, consume-transform-produce, and a producer that is fenced. It commits offsets by the group's name
alone (before KIP-447), so only one copies at a time. Arguments: BOOTSTRAP REPLICATION_FACTOR"""
import asyncio
import sys
import time

import aiokafka
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import ProducerFenced
from secured import arguments

VALUES, BATCH, ABORT_EVERY, SECONDS = 500, 50, 3, 60


def check(holds, what, *more):
    assert holds, (what, *more)
    print("ok:", what, flush=True)


# When a leader has changed, aiokafka asks for offsets at the old one until it happens to ask for metadata, which is every five minutes by default.
PATIENCE = {"metadata_max_age_ms": 5000}


async def started(client):
    await client.start()
    return client


async def read(bootstrap, topic, count, **options):
    """The first `count` values of the topic's partition, and nothing more that comes within a second."""
    consumer = await started(AIOKafkaConsumer(**arguments(bootstrap), **PATIENCE, **options))
    consumer.assign([TopicPartition(topic, 0)])
    await consumer.seek_to_beginning()
    values, end = [], time.monotonic() + SECONDS
    while more := await consumer.getmany(timeout_ms=1000 if len(values) >= count else 5000):
        assert time.monotonic() < end, f"{len(values)} of {count} were read"
        values += [record.value for records in more.values() for record in records]
    await consumer.stop()
    return values


async def main(bootstrap, factor):
    print("aiokafka", aiokafka.__version__)
    stamp = time.time_ns()
    source, target, group, copier = (f"{name}-{stamp}" for name in ("aio-from", "aio-to", "aio-group", "aio-copier"))
    admin = await started(AIOKafkaAdminClient(**arguments(bootstrap)))
    created = await admin.create_topics([NewTopic(source, 1, factor), NewTopic(target, 1, factor)])
    check(all(code == 0 for _, code, *_ in created.topic_errors), "topics are created", created)

    writer = await started(AIOKafkaProducer(**arguments(bootstrap), transactional_id=f"aio-writer-{stamp}"))
    for kept in (True, False, True):
        await writer.begin_transaction()
        for n in range(VALUES):
            await writer.send(source, b"%s %d" % (b"kept" if kept else b"dropped", n), partition=0)
        if kept:
            await writer.commit_transaction()
        else:
            await writer.flush()
            await writer.abort_transaction()
    await writer.stop()
    kept = [b"kept %d" % n for n in range(VALUES)] * 2
    check(await read(bootstrap, source, len(kept), isolation_level="read_committed") == kept, "what was committed is read, in order, and nothing else")
    check(len(await read(bootstrap, source, 3 * VALUES)) == 3 * VALUES, "who reads all gets what was aborted, too")

    consumer = await started(AIOKafkaConsumer(source, **arguments(bootstrap), group_id=group, enable_auto_commit=False, auto_offset_reset="earliest",
                                              isolation_level="read_committed", **PATIENCE))
    producer = await started(AIOKafkaProducer(**arguments(bootstrap), transactional_id=copier))
    copied, end = 0, time.monotonic() + SECONDS
    while copied < len(kept):
        assert time.monotonic() < end, f"{copied} of {len(kept)} were copied"
        for partition, records in (await consumer.getmany(timeout_ms=1000, max_records=BATCH)).items():
            for aborts in ([True, False] if copied // BATCH % ABORT_EVERY == 0 else [False]):
                await producer.begin_transaction()
                for record in records:
                    await producer.send(target, b"aborted" if aborts else record.value, partition=0)
                if aborts:
                    await producer.flush()
                    await producer.abort_transaction()
                else:
                    await producer.send_offsets_to_transaction({partition: records[-1].offset + 1}, group)
                    await producer.commit_transaction()
            copied += len(records)
    committed = await consumer.committed(TopicPartition(source, 0))
    await consumer.stop()
    check(await read(bootstrap, target, len(kept), isolation_level="read_committed") == kept, "each is copied once, in order, and nothing that was aborted")
    again = await started(AIOKafkaConsumer(source, **arguments(bootstrap), group_id=group, enable_auto_commit=False, isolation_level="read_committed",
                                           **PATIENCE))
    check(not await again.getmany(timeout_ms=3000), "who goes on with the group gets none of them again", committed)
    await again.stop()

    await producer.begin_transaction()
    await producer.send(target, b"zombie", partition=0)
    await producer.flush()
    heir = await started(AIOKafkaProducer(**arguments(bootstrap), transactional_id=copier))
    try:
        await producer.commit_transaction()
        fenced = False
    except ProducerFenced:
        fenced = True
    check(fenced, "a producer whose transactional id another has taken can't commit")
    await heir.begin_transaction()
    await heir.send(target, b"heir", partition=0)
    await heir.commit_transaction()
    check((await read(bootstrap, target, len(kept) + 1, isolation_level="read_committed"))[-1] == b"heir", "and what it wrote is not read")
    await heir.stop()
    await producer.stop()
    await admin.delete_topics([source, target])
    await admin.close()


asyncio.run(main(sys.argv[1], int(sys.argv[2])))
