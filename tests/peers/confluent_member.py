"""A consumer of confluent-kafka in a group of the consumer protocol (KIP-848), and what it has read."""
import time

from confluent_kafka import Consumer
from secured import librdkafka


def check(holds, what, *more):
    assert holds, (what, *more)
    print("ok:", what, flush=True)


class Member:
    def __init__(self, bootstrap, group, topics, **options):
        self.consumer = Consumer({**librdkafka(bootstrap), "group.id": group, "group.protocol": "consumer", "enable.auto.commit": False,
                                  "auto.offset.reset": "earliest", **{name.replace("_", "."): value for name, value in options.items()}})
        self.read, self.errors = [], []
        self.consumer.subscribe(topics)

    def poll(self):
        for message in self.consumer.consume(200, 0.05):
            if message.error():
                self.errors.append(str(message.error()))
            else:
                self.read.append(message.value())
                self.consumer.commit(message=message, asynchronous=True)

    def owned(self):
        return {(p.topic, p.partition) for p in self.consumer.assignment()}

    def close(self):
        """Commits what it has read of the partitions that it still has, before it leaves."""
        ends = [place for place in self.consumer.position(self.consumer.assignment()) if place.offset >= 0]
        if ends:
            self.consumer.commit(offsets=ends, asynchronous=False)
        self.consumer.close()


def until(members, holds, what, seconds=60):
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, (what, [m.owned() for m in members], [len(m.read) for m in members], [m.errors for m in members])
        for member in members:
            member.poll()
    print("ok:", what, flush=True)


def shared(members, partitions):
    """Each has some, and all of them all, each once."""
    owned = [member.owned() for member in members]
    return all(owned) and sum(map(len, owned)) == partitions == len(set().union(*owned))


def only(futures):
    (future,) = futures.values()
    return future.result(30)
