"""A member of a group that reads a topic, at least once. Arguments: BOOTSTRAP GROUP TOPIC PROTOCOL NUMBER

PROTOCOL is classic (cooperative) or consumer (KIP-848). It writes history lines of what it has processed and committed.
"""
import itertools
import random
import sys
import time

from confluent_kafka import Consumer, KafkaException, TopicPartition

from storm_program import NUMBERS_OF_A_PROGRAM, SESSION_MS, failed, note, polled, terminated

READ_RECORDS, READ_SECONDS, COMMIT_SECONDS = 500, 0.2, (0.2, 1.5)
bootstrap, group, topic, protocol, number = sys.argv[1:]
CLASSIC = {"partition.assignment.strategy": "cooperative-sticky", "session.timeout.ms": SESSION_MS, "heartbeat.interval.ms": 1000}


class Member:
    def __init__(self):
        self.commits = itertools.count(int(number) * NUMBERS_OF_A_PROGRAM)
        self.positions = {}  # of its partitions, where it has read on since the last commit
        self.consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": group, "client.id": f"member-{number}", "enable.auto.commit": False,
                                  "auto.offset.reset": "earliest", "log_level": 2,
                                  **(CLASSIC if protocol == "classic" else {"group.protocol": protocol})})
        self.consumer.subscribe([topic], on_revoke=self.gives_up, on_lost=self.loses)

    def gives_up(self, _, partitions):
        self.commit()
        self.loses(_, partitions)

    def loses(self, _, partitions):
        for place in partitions:
            self.positions.pop(place.partition, None)

    def process(self, messages):
        read = {}
        for message in messages:
            read.setdefault(message.partition(), []).append(message.offset())
        for partition, offsets in read.items():
            ends = [n for n, (offset, following) in enumerate(itertools.pairwise(offsets)) if following != offset + 1]
            for first, last in zip([0, *(n + 1 for n in ends)], [*ends, len(offsets) - 1]):
                note(processed=group, partition=partition, first=offsets[first], last=offsets[last])
            self.positions[partition] = offsets[-1] + 1

    def commit(self):
        if not self.positions:
            return
        numbers = {partition: next(self.commits) for partition in self.positions}
        for partition, offset in self.positions.items():
            note(commit=numbers[partition], group=group, member=f"member-{number}", partition=partition, offset=offset)
        try:
            done = self.consumer.commit(offsets=[TopicPartition(topic, *place) for place in self.positions.items()], asynchronous=False)
        except KafkaException as error:
            failed("commit:", error)
            return
        for place in done:
            if place.error is None:
                note(**{"commit-ok": numbers[place.partition]})
                if self.positions.get(place.partition) == place.offset:
                    del self.positions[place.partition]

    def live(self):
        commit_at = 0.0
        while not terminated.is_set():
            self.process(polled(self.consumer, READ_RECORDS, READ_SECONDS))
            if time.monotonic() > commit_at:
                self.commit()
                commit_at = time.monotonic() + random.uniform(*COMMIT_SECONDS)
        self.commit()
        self.consumer.close()


Member().live()
