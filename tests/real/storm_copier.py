"""A member of a group that passes the records of a topic on to another one, exactly once. Arguments: BOOTSTRAP GROUP FROM TO TRANSACTIONAL_ID NUMBER

Each record becomes one of the same partition, with the number of its transaction and its own place as its value. Some transactions are aborted. It
writes history lines; whatever fails ends it: who follows it has a later number, and begins at what is committed.
"""
import itertools
import random
import signal
import sys

from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition

from storm_program import NUMBERS_OF_A_PROGRAM, SESSION_MS, failed, note, polled, terminated

ABORT_CHANCE, COPY_RECORDS, READ_SECONDS, STEP_SECONDS, STUCK_SECONDS, INIT_SECONDS = 0.15, 500, 0.2, 15, 30, 60
bootstrap, group, source, target, transactional_id, number = sys.argv[1:]


class Copier:
    def __init__(self):
        self.transactions = itertools.count(int(number) * NUMBERS_OF_A_PROGRAM)
        self.positions = {}  # where the next record is, of partitions of which it has got one
        self.producer = Producer({"bootstrap.servers": bootstrap, "transactional.id": transactional_id, "transaction.timeout.ms": 10000,
                                  "linger.ms": 2, "client.id": f"copier-{number}", "log_level": 2})
        self.producer.init_transactions(INIT_SECONDS)
        note(**{"take-over": transactional_id, "epoch": int(number)})
        self.consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": group, "client.id": f"copier-{number}", "enable.auto.commit": False,
                                  "auto.offset.reset": "earliest", "isolation.level": "read_committed", "session.timeout.ms": SESSION_MS,
                                  "heartbeat.interval.ms": 1000, "log_level": 2})
        self.batch = {}  # offsets that it has got, by partition
        self.consumer.subscribe([source], on_assign=self.begins, on_revoke=self.drops)

    def drops(self, *_):
        self.batch.clear()
        self.positions.clear()

    def begins(self, *_):
        self.drops()
        # As what it is a member now. Asked for later, it might be of a generation in which the partitions are another's.
        self.membership = self.consumer.consumer_group_metadata()

    def read(self):
        """The next records, of the partitions that it has in the end."""
        self.batch.clear()
        for message in polled(self.consumer, COPY_RECORDS, READ_SECONDS):
            self.batch.setdefault(message.partition(), []).append(message.offset())
        return dict(self.batch)

    def write(self, read):
        """Begins a transaction, and returns its number."""
        transaction = next(self.transactions)
        note(transaction=transaction, id=transactional_id, epoch=int(number))
        for partition, offsets in read.items():
            note(passed=transaction, topic=source, partition=partition, position=self.positions.get(partition, -1), offsets=offsets)
        self.producer.begin_transaction()
        for partition, offsets in read.items():
            for offset in offsets:
                self.producer.produce(target, b"%d %d %d" % (transaction, partition, offset), partition=partition)
        return transaction

    def abort(self, read):
        transaction = self.write(read)
        self.producer.flush(STEP_SECONDS)
        insist(self.producer.abort_transaction)
        note(aborted=transaction)

    def copy(self, read):
        transaction = self.write(read)
        ends = [TopicPartition(source, partition, offsets[-1] + 1) for partition, offsets in read.items()]
        insist(lambda seconds: self.producer.send_offsets_to_transaction(ends, self.membership, seconds))
        note(end=transaction, records=sum(map(len, read.values())))
        insist(self.producer.commit_transaction)
        note(committed=transaction)
        self.positions.update((end.partition, end.offset) for end in ends)

    def live(self):
        try:
            while not terminated.is_set():
                read = self.read()
                if read and random.random() < ABORT_CHANCE:
                    self.abort(read)
                if read:
                    self.copy(read)
            code = 0
        except KafkaException as error:
            failed("transaction:", error)
            code = 1
        signal.alarm(STUCK_SECONDS)
        self.consumer.close()
        return code


def insist(step):
    """Again, while the client says that it may succeed yet. A step that takes much longer than it was given ends the process: where the coordinator
    was not reached, librdkafka may hang in send_offsets_to_transaction() for ever (confluentinc/librdkafka#5456, #5511)."""
    while True:
        signal.alarm(STUCK_SECONDS)
        try:
            return step(STEP_SECONDS)
        except KafkaException as error:
            if not error.args[0].retriable() or terminated.is_set():
                raise
            failed("again:", error)
        finally:
            signal.alarm(0)


try:
    copier = Copier()
except KafkaException as error:
    failed("beginning:", error)
    sys.exit(1)
sys.exit(copier.live())
