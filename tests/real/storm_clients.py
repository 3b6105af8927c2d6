"""The clients that others wrote, in a storm: each writes history lines of what it did and learnt (scenarios/real/history_lines.h)."""
import functools
import itertools
import json
import os
import random
import shutil
import subprocess
import threading
import time

try:
    import confluent_kafka
except ImportError:
    confluent_kafka = None

VALUE_BYTES_MAX = 300
VALUES_OF_A_CLIENT = 10**10
NUMBERS_OF_A_CLIENT = 10**6
DELIVERY_SECONDS = 15
KAFKAJS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "kafkajs")


class Client(threading.Thread):
    """Runs until it is told to stop. `place` tells its values and its numbers from those of all other clients."""
    missing = None  # the reason why it can't be had here

    def __init__(self, place, storm, cluster, topics, directory):
        super().__init__(name=type(self).__name__, daemon=True)
        self.numbers = itertools.count(place * NUMBERS_OF_A_CLIENT)
        self.storm, self.cluster, self.topics = storm, cluster, topics
        self.random = random.Random(place)
        self.path = os.path.join(directory, self.name + ".jsonl")
        self.file = open(self.path, "w", encoding="utf-8", buffering=1)
        self.place = place
        self.stopping = threading.Event()
        self.records = 0  # acknowledged, or read
        self.failure = None

    @functools.cached_property
    def values(self):
        return subprocess.Popen([self.storm, "values", str(self.place * VALUES_OF_A_CLIENT + 1), str(VALUE_BYTES_MAX)],
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)

    def run(self):
        try:
            self.work()
        except BaseException as error:  # told by who joins
            self.failure = error

    def calm(self):
        """All faults of brokers have ended: it is to cause none of its own any more."""

    def finish(self, seconds):
        self.stopping.set()
        self.join(seconds)
        if "values" in self.__dict__:
            self.values.kill()
            self.values.wait()
        if self.is_alive():
            raise AssertionError(f"{self.name} did not finish in {seconds} s")
        if self.failure:
            raise self.failure

    def take(self):
        """The next value: its number, and its bytes."""
        value = self.values.stdout.readline().rstrip(b"\n")
        return int(value.split(b":")[0]), value

    def somewhere(self):
        topic = self.random.choice(sorted(self.topics))
        return topic, self.random.randrange(self.topics[topic])

    def note(self, **line):
        self.file.write(json.dumps(line) + "\n")

    def note_invoke(self, number, value, topic, partition):
        # librdkafka, in kcat too: where one of several requests in flight is refused, it takes a new epoch, and sends what
        # other partitions may have already again (confluentinc/librdkafka#4953).
        self.note(invoke=value, at=time.monotonic_ns(), producer=number, topic=topic, partition=partition, count=1, acks=-1,
                  idempotent=True, renumbers=True)

    def note_read(self, number, topic, partition, invoked, position, sought, records):
        self.records += len(records)
        self.note(read=number, topic=topic, partition=partition, invoked=invoked, completed=time.monotonic_ns(), position=position,
                  sought=sought, records=[(offset, value.decode("latin-1")) for offset, value in records])


class KcatProducer(Client):
    """A process for every few values. Its exit status says that all are acknowledged; it tells no offsets."""
    missing = None if shutil.which("kcat") else "no kcat"

    def work(self):
        while not self.stopping.is_set():
            number, (topic, partition) = next(self.numbers), self.somewhere()
            values = [self.take() for _ in range(self.random.randint(1, 20))]
            for value, _ in values:
                self.note_invoke(number, value, topic, partition)
            done = subprocess.run(["kcat", "-b", self.cluster.address, "-P", "-t", topic, "-p", str(partition),
                                   "-X", "enable.idempotence=true", "-X", f"message.timeout.ms={DELIVERY_SECONDS * 1000}"],
                                  capture_output=True, check=False, input=b"".join(value + b"\n" for _, value in values))
            for value, _ in values:
                self.note(**{"unknown" if done.returncode else "ok": value}, at=time.monotonic_ns())
            self.records += 0 if done.returncode else len(values)
            self.stopping.wait(self.random.uniform(0, 0.3))


class KcatConsumer(Client):
    """A process for a few records from somewhere on."""
    missing = KcatProducer.missing

    def work(self):
        begins = {}
        while not self.stopping.is_set():
            topic, partition = self.somewhere()
            position = self.random.choice(begins.setdefault((topic, partition), [0]))
            invoked = time.monotonic_ns()
            try:
                done = subprocess.run(["kcat", "-b", self.cluster.address, "-C", "-t", topic, "-p", str(partition), "-o", str(position),
                                       "-c", "300", "-e", "-q", "-f", "%o %s\n", "-X", "auto.offset.reset=error"],
                                      capture_output=True, check=False, timeout=DELIVERY_SECONDS)
            except subprocess.TimeoutExpired:
                continue
            records = [line.split(b" ", 1) for line in done.stdout.split(b"\n")[:-1]]
            records = [(int(offset), value) for offset, value in records]
            self.note_read(next(self.numbers), topic, partition, invoked, position, True, records)
            if records:
                begins[topic, partition].append(records[-1][0] + 1)
            self.stopping.wait(self.random.uniform(0, 0.5))


class ConfluentProducer(Client):
    """librdkafka, pipelined; a new producer where one has met an error that it calls fatal."""
    missing = None if confluent_kafka else "no python3-confluent-kafka"

    def work(self):
        while not self.stopping.is_set():
            number, fatal = next(self.numbers), []
            producer = confluent_kafka.Producer({
                "bootstrap.servers": self.cluster.address, "enable.idempotence": True, "linger.ms": 5, "socket.timeout.ms": 5000,
                "message.timeout.ms": DELIVERY_SECONDS * 1000, "log_level": 0,
                "error_cb": lambda error, fatal=fatal: fatal.append(error) if error.fatal() else None})
            while not self.stopping.is_set() and not fatal:
                (topic, partition), (value, text) = self.somewhere(), self.take()
                self.note_invoke(number, value, topic, partition)
                try:
                    producer.produce(topic, text, partition=partition, on_delivery=functools.partial(self.ended, value))
                    producer.poll(self.random.uniform(0, 0.02))
                except confluent_kafka.KafkaException as failure:  # some it raises instead of telling error_cb
                    if not failure.args[0].fatal():
                        raise
                    fatal.append(failure.args[0])
            producer.flush()

    def ended(self, value, error, message):
        if error:
            self.note(unknown=value, at=time.monotonic_ns())
        else:
            self.records += 1
            # A repetition that the broker had already is acknowledged without its offset.
            known = {} if message.offset() is None else {"offset": message.offset()}
            self.note(ok=value, at=time.monotonic_ns(), **known)


class ConfluentConsumer(Client):
    """Follows all partitions. It fetches ahead, so when a read began is not known: its watermarks are not judged."""
    missing = ConfluentProducer.missing

    def work(self):
        number = next(self.numbers)
        consumer = confluent_kafka.Consumer({"bootstrap.servers": self.cluster.address, "group.id": "unused", "enable.auto.commit": False,
                                             "auto.offset.reset": "error", "check.crcs": True, "fetch.wait.max.ms": 100,
                                             "log_level": 0})
        positions = {(topic, p): 0 for topic in self.topics for p in range(self.topics[topic])}
        sought = set(positions)
        consumer.assign([confluent_kafka.TopicPartition(topic, p, 0) for topic, p in positions])
        while not self.stopping.is_set():
            invoked = time.monotonic_ns()
            found = {}
            for message in consumer.consume(100, timeout=0.2):
                if not message.error():
                    found.setdefault((message.topic(), message.partition()), []).append((message.offset(), message.value()))
            for place, records in found.items():
                self.note_read(number, *place, invoked, positions[place], place in sought, records)
                positions[place] = records[-1][0] + 1
                sought.discard(place)
        consumer.close()


class KafkajsProducer(Client):
    missing = None if shutil.which("node") and os.path.isdir(os.path.join(KAFKAJS, "node_modules")) else "no node, or no kafkajs"

    def work(self):
        topics = ",".join(f"{topic}:{partitions}" for topic, partitions in self.topics.items())
        process = subprocess.Popen(["node", os.path.join(KAFKAJS, "storm.js"), self.cluster.address, topics, str(next(self.numbers)),
                                    self.path], stdin=self.values.stdout)
        while not self.stopping.wait(0.5):
            assert process.poll() is None, "kafkajs ended"
            self.records = self.batches_acknowledged()
        process.terminate()
        process.wait()
        self.records = self.batches_acknowledged()

    def batches_acknowledged(self):
        with open(self.path, "rb") as lines:
            return lines.read().count(b'"ok"')


KINDS = [KcatProducer, KcatConsumer, ConfluentProducer, ConfluentConsumer, KafkajsProducer]
