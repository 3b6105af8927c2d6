"""confluent-kafka (librdkafka): delivery reports through a kill, admin calls, large messages, timestamps."""
import sys

try:
    from confluent_kafka import Consumer, Producer, TopicPartition, OFFSET_BEGINNING
    from confluent_kafka.admin import AdminClient, ConfigResource, NewPartitions, NewTopic
except ImportError:
    print("python3-confluent-kafka is not there: skipped")
    sys.exit(77)

from broker import Broker, check


def produce(broker, topic, values, meanwhile=None, **options):
    """Returns what was acknowledged, as (partition, offset, value)."""
    acknowledged = []

    def delivered(error, message):
        if error is None:
            acknowledged.append((message.partition(), message.offset(), message.value()))

    producer = Producer({"bootstrap.servers": broker.address, "linger.ms": 5, **options})
    for number, value in enumerate(values):
        producer.produce(topic, value, on_delivery=delivered)
        producer.poll(0)
        if meanwhile and number == len(values) // 2:
            meanwhile()
    left = producer.flush(60)
    check(left == 0, f"all of {len(values)} sends to {topic} ended")
    return acknowledged


def read_all(broker, topic, partitions=1):
    consumer = Consumer({"bootstrap.servers": broker.address, "group.id": "unused", "enable.auto.commit": False,
                         "enable.partition.eof": True, "check.crcs": True})
    consumer.assign([TopicPartition(topic, p, OFFSET_BEGINNING) for p in range(partitions)])
    found, ended = {}, set()
    while len(ended) < partitions:
        message = consumer.poll(30)
        assert message is not None, "nothing came for 30 s"
        if message.error():
            assert message.error().name() == "_PARTITION_EOF", message.error()
            ended.add(message.partition())
        else:
            found[message.partition(), message.offset()] = message.value()
    consumer.close()
    return found


with Broker() as broker:
    admin = AdminClient({"bootstrap.servers": broker.address})
    for future in admin.create_topics([NewTopic("t", 3, 1, config={"retention.ms": "3600000"})]).values():
        future.result(30)
    values = [b"value %d" % i for i in range(20000)]

    def crash():
        broker.kill()
        broker.start()

    acknowledged = produce(broker, "t", values, meanwhile=crash, **{"enable.idempotence": True})
    found = read_all(broker, "t", 3)
    check(len(acknowledged) == len(values), "an idempotent producer gets all through a SIGKILL")
    check(all(found.get((p, o)) == v for p, o, v in acknowledged), "nothing acknowledged is lost, byte for byte")
    check(len(found) == len(values), "and nothing is there twice")

    large = [bytes([65 + i]) * 900_000 for i in range(5)]
    produce(broker, "large", large)
    check(sorted(read_all(broker, "large").values()) == large, "messages of 900 kB come back")

    configs = admin.describe_configs([ConfigResource("topic", "t")])
    entries = list(configs.values())[0].result(30)
    check(entries["retention.ms"].value == "3600000", "a topic's configuration is described")
    list(admin.create_partitions([NewPartitions("t", 5)]).values())[0].result(30)
    check(len(admin.list_topics("t", timeout=30).topics["t"].partitions) == 5, "partitions are added")
    list(admin.delete_topics(["t"]).values())[0].result(30)
    check("t" not in admin.list_topics(timeout=30).topics, "a topic is deleted")
    list(admin.create_topics([NewTopic("t", 1, 1)]).values())[0].result(30)
    check(read_all(broker, "t") == {}, "and made anew it is empty")
    broker.stop()
