"""kafka-python, consume-transform-produce in transactions. Arguments: BOOTSTRAP GROUP FROM TO TRANSACTIONAL_ID"""
import itertools
import sys

from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.errors import KafkaError
from kafka.structs import OffsetAndMetadata

from until_terminated import failed, say, terminated
from secured import arguments

ABORT_EVERY, COPY_RECORDS = 5, 100
bootstrap, group, source, target, transactional_id = sys.argv[1:]


def copy(consumer, producer, records, abort):
    producer.begin_transaction()
    sent = [producer.send(target, partition=record.partition, value=b"aborted " + record.value if abort else record.value) for record in records]
    producer.flush(60)
    for one in sent:
        one.get(60)
    if abort:
        producer.abort_transaction()
    else:
        producer.send_offsets_to_transaction({TopicPartition(r.topic, r.partition): OffsetAndMetadata(r.offset + 1, "", -1) for r in records},
                                             consumer.group_metadata())
        producer.commit_transaction()
    say("aborted" if abort else "committed", len(records))


def copy_all():
    """Until it is terminated, or something fails: then what is committed is where it goes on, with another producer and another member."""
    consumer = KafkaConsumer(source, **arguments(bootstrap.split(",")), group_id=group, enable_auto_commit=False, auto_offset_reset="earliest",
                             isolation_level="read_committed", session_timeout_ms=10000, heartbeat_interval_ms=1000, request_timeout_ms=11000,
                             metadata_max_age_ms=5000)
    producer = KafkaProducer(**arguments(bootstrap.split(",")), transactional_id=transactional_id, transaction_timeout_ms=20000, acks="all",
                             request_timeout_ms=5000, delivery_timeout_ms=60000, metadata_max_age_ms=5000)
    try:
        producer.init_transactions()
        for number in itertools.count(1):
            if terminated.is_set():
                return
            records = [record for some in consumer.poll(timeout_ms=200, max_records=COPY_RECORDS).values() for record in some]
            if records:
                if number % ABORT_EVERY == 0:
                    copy(consumer, producer, records, True)
                copy(consumer, producer, records, False)
    except KafkaError as error:
        failed("transaction:", error)
    finally:
        producer.close(timeout=10)
        consumer.close(autocommit=False)


while not terminated.is_set():
    copy_all()
