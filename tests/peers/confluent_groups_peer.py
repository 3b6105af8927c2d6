"""confluent-kafka, the newest (librdkafka): groups of the consumer protocol (KIP-848). Arguments: BOOTSTRAP REPLICATION_FACTOR"""
import sys
import time

from confluent_kafka import ConsumerGroupType, Producer, TopicPartition, libversion, version
from confluent_kafka.admin import AdminClient, NewPartitions, NewTopic

from confluent_member import Member, check, only, shared, until
from secured import librdkafka

VALUES, PARTITIONS = 600, 4


def produce(first, count):
    for number in range(first, first + count):
        producer.produce(topic, b"%d" % number)
    check(producer.flush(60) == 0, f"{count} values are written")


bootstrap, factor = sys.argv[1], int(sys.argv[2])
print("confluent-kafka", version(), "librdkafka", libversion())
admin = AdminClient(librdkafka(bootstrap))
topic, group = f"shared-{time.time_ns()}", f"readers-{time.time_ns()}"
only(admin.create_topics([NewTopic(topic, PARTITIONS, factor)]))
producer = Producer(librdkafka(bootstrap))
produce(0, VALUES)

first = Member(bootstrap, group, [topic])
until([first], lambda: len(first.read) == VALUES, "one member reads everything")
second = Member(bootstrap, group, [topic])
until([first, second], lambda: shared([first, second], PARTITIONS), "a second one gets a share")
only(admin.create_partitions([NewPartitions(topic, PARTITIONS + 2)]))
until([first, second], lambda: shared([first, second], PARTITIONS + 2), "new partitions are shared out")
third = Member(bootstrap, group, [f"^shared-.*{topic[-6:]}$"], group_remote_assignor="range")
until([first, second, third], lambda: shared([first, second, third], PARTITIONS + 2), "one that is subscribed by a pattern gets a share")
produce(VALUES, VALUES)
members = [first, second, third]
until(members, lambda: sum(len(m.read) for m in members) >= 2 * VALUES, "the three read what comes")
check(sorted(sum((m.read for m in members), [])) == sorted(b"%d" % n for n in range(2 * VALUES)), "each value once: nobody left")
first.close()
until([second, third], lambda: shared([second, third], PARTITIONS + 2), "when one leaves, the others have its partitions")
listed = admin.list_consumer_groups(types={ConsumerGroupType.CONSUMER}).result(30).valid
check(any(one.group_id == group for one in listed), "the group is listed by its type")
described = only(admin.describe_consumer_groups([group]))
check(len(described.members) == 2 and sum(len(m.assignment.topic_partitions) for m in described.members) == PARTITIONS + 2, "and described, with its members' partitions")
for member in (second, third):
    member.close()
check(not any(m.errors for m in members), "nobody was told of an error", [m.errors for m in members])

again = Member(bootstrap, group, [topic], group_instance_id="static")
until([again], lambda: shared([again], PARTITIONS + 2), "a static member gets everything")
committed = again.consumer.committed([TopicPartition(topic, p) for p in range(PARTITIONS + 2)], timeout=20)
check(sum(max(p.offset, 0) for p in committed) == 2 * VALUES, "everything that was read is committed", committed)
again.close()
del producer
only(admin.delete_topics([topic]))
