"""kafka-python, a member of a group. Arguments: BOOTSTRAP GROUP TOPIC PROTOCOL (classic, for it has no other)"""
import sys

from kafka import KafkaConsumer
from kafka.errors import KafkaError

from until_terminated import failed, say, terminated
from secured import arguments

bootstrap, group, topic, protocol = sys.argv[1:]
assert protocol == "classic", protocol
consumer = KafkaConsumer(topic, **arguments(bootstrap.split(",")), group_id=group, enable_auto_commit=False, auto_offset_reset="earliest",
                         session_timeout_ms=10000, heartbeat_interval_ms=1000, request_timeout_ms=11000, metadata_max_age_ms=5000)
while not terminated.is_set():
    try:
        for records in consumer.poll(timeout_ms=200, max_records=200).values():
            for record in records:
                say("read", record.partition, record.offset, record.value.decode())
        consumer.commit()
    except KafkaError as error:
        failed("poll and commit:", error)
consumer.close(autocommit=False)
