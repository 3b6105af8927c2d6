"""confluent-kafka, the newest (librdkafka): a group of the consumer protocol (KIP-848) whose coordinator is killed, and then stopped for a while,
in the middle of reading; and all brokers are restarted, one after the other. Consumers elsewhere were stuck on NOT_COORDINATOR after that
(librdkafka 2944, 3082), or stopped reading after a rebalance though there was more (vector 22006). Argument: FULMAR_BINARY, of which it runs three."""
import os
import signal
import sys
import time
import traceback

from confluent_kafka import KafkaError, KafkaException, Producer, TopicPartition, libversion, version
from confluent_kafka.admin import AdminClient, NewTopic

from confluent_member import Member, check, only, shared, until

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "real"))

from cluster import Cluster  # noqa: E402

PARTITIONS, VALUES, STOPPED_SECONDS = 6, 2000, 15


def coordinator_of(bootstrap, group):
    """By a new client each time: it asks only once, and keeps on asking a coordinator that the group has moved away from."""
    end = time.monotonic() + 30
    while True:
        try:
            admin = AdminClient({"bootstrap.servers": bootstrap})
            return only(admin.describe_consumer_groups([group])).coordinator.id
        except KafkaException as said:
            assert said.args[0].code() in (KafkaError.NOT_COORDINATOR, KafkaError.COORDINATOR_LOAD_IN_PROGRESS) and time.monotonic() < end, said
            time.sleep(0.1)  # polling for an event that has no other sign


def main(binary):
    print("confluent-kafka", version(), "librdkafka", libversion())
    with Cluster(3, binary=binary) as cluster:
        admin = AdminClient({"bootstrap.servers": cluster.address})
        only(admin.create_topics([NewTopic("shared", PARTITIONS, 3)]))
        producer = Producer({"bootstrap.servers": cluster.address, "enable.idempotence": True, "sticky.partitioning.linger.ms": 0})
        written, failed = 0, []

        def write(count):
            nonlocal written
            for number in range(written, written + count):
                producer.produce("shared", b"%d" % number, partition=number % PARTITIONS,
                                 on_delivery=lambda error, _: failed.append(str(error)) if error else None)
            written += count

        def everything_read():
            producer.poll(0)
            return len(set().union(*(m.read for m in members))) == written

        members = [Member(cluster.address, "readers", ["shared"], client_id=f"reader-{n}") for n in range(3)]
        write(VALUES)
        until(members, lambda: everything_read() and shared(members, PARTITIONS), "three members read everything")

        killed = coordinator_of(cluster.address, "readers")
        write(VALUES)
        cluster.broker(killed).kill()
        begun = time.monotonic()
        until(members, everything_read, f"the coordinator, broker {killed}, is killed: they read on")
        print(f"after {time.monotonic() - begun:.1f} s", flush=True)
        another = Member(cluster.address, "readers", ["shared"], client_id="reader-3")
        members.append(another)
        until(members, lambda: shared(members, PARTITIONS), "another one gets a share from the next coordinator")
        cluster.broker(killed).start()
        cluster.await_health()

        stopped = coordinator_of(cluster.address, "readers")
        write(VALUES)
        os.kill(cluster.broker(stopped).process.pid, signal.SIGSTOP)
        end = time.monotonic() + STOPPED_SECONDS
        until(members, lambda: everything_read() and time.monotonic() > end, f"the coordinator, broker {stopped}, is stopped: they read on", 90)
        os.kill(cluster.broker(stopped).process.pid, signal.SIGCONT)
        write(VALUES)
        until(members, lambda: everything_read() and shared(members, PARTITIONS), "it goes on: they read on, and share everything")

        for broker in cluster.brokers:
            write(VALUES)
            broker.stop()
            until(members, everything_read, f"broker {broker.node_id} is restarted: they read on while it is down", 90)
            broker.start()
            cluster.await_health()
        write(VALUES)
        until(members, lambda: everything_read() and shared(members, PARTITIONS), "after the last one they read on, and share everything")
        check(producer.flush(60) == 0 and not failed, "everything was written", failed[:3])
        members[0].close()
        until(members[1:], lambda: shared(members[1:], PARTITIONS), "when one leaves, the others have its partitions")
        for member in members[1:]:
            member.close()
        check(not any(m.errors for m in members), "nobody was told of an error", [m.errors for m in members])
        read = [value for m in members for value in m.read]
        check(set(read) == {b"%d" % n for n in range(written)}, f"every value was read, {len(read) - written} of {written} more than once")
        asker = Member(cluster.address, "readers", ["shared"])
        until([asker], lambda: shared([asker], PARTITIONS), "one who comes after them has all partitions")
        committed = asker.consumer.committed([TopicPartition("shared", p) for p in range(PARTITIONS)], timeout=20)
        check(sum(p.offset for p in committed) == written, "and is committed", [(p.partition, p.offset) for p in committed])
        asker.close()
        cluster.stop()


if __name__ == "__main__":
    try:
        main(os.path.abspath(sys.argv[1]))
    except BaseException:
        traceback.print_exc()
        sys.stdout.flush()
        os._exit(1)  # consumers that were not closed would wait for brokers that are gone
