"""aiokafka, a member of a group. Arguments: BOOTSTRAP GROUP TOPIC PROTOCOL (classic, for it has no other)"""
import asyncio
import sys

from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError

from until_terminated import failed, say, terminated
from secured import arguments


async def main(bootstrap, group, topic, protocol):
    assert protocol == "classic", protocol
    consumer = AIOKafkaConsumer(topic, **arguments(bootstrap), group_id=group, enable_auto_commit=False, auto_offset_reset="earliest",
                                session_timeout_ms=10000, heartbeat_interval_ms=1000, request_timeout_ms=5000, metadata_max_age_ms=5000)
    await consumer.start()
    while not terminated.is_set():
        try:
            for records in (await consumer.getmany(timeout_ms=200, max_records=200)).values():
                for record in records:
                    say("read", record.partition, record.offset, record.value.decode())
            if consumer.assignment():
                await consumer.commit()
        except KafkaError as error:
            failed("poll and commit:", error)
    await consumer.stop()


asyncio.run(main(*sys.argv[1:]))
