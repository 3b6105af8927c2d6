"""confluent-kafka, the newest (librdkafka): every method of its AdminClient, also what has to fail. Arguments: BOOTSTRAP REPLICATION_FACTOR"""
import sys
import time

from confluent_kafka import (Consumer, ConsumerGroupState, ConsumerGroupTopicPartitions, ConsumerGroupType, ElectionType, IsolationLevel, KafkaError,
                             KafkaException, Producer, TopicCollection, TopicPartition, libversion, version)
from confluent_kafka.admin import (AclBinding, AclBindingFilter, AclOperation, AclPermissionType, AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource,
                                   NewPartitions, NewTopic, OffsetSpec, ResourcePatternType, ResourceType, ScramCredentialInfo, ScramMechanism,
                                   UserScramCredentialDeletion, UserScramCredentialUpsertion)
from secured import SECURITY, librdkafka

bootstrap, factor = sys.argv[1], int(sys.argv[2])
print("confluent-kafka", version(), "librdkafka", libversion())
admin = AdminClient(librdkafka(bootstrap))
topic = f"confluent-admin-{time.time_ns()}"
SECONDS = 30
BEGUN = int(time.time() * 1000) - 100_000  # in ms: records are young enough to be kept


def check(holds, what, *more):
    assert holds, (what, *more)
    print("ok:", what, flush=True)


def until(holds, what):
    """What is true a moment later has to be asked for again."""
    end = time.monotonic() + SECONDS
    while not holds():
        assert time.monotonic() < end, what
        time.sleep(0.02)
    print("ok:", what, flush=True)


def result(futures):
    """Of the only future, or of the future itself."""
    if isinstance(futures, dict):
        (futures,) = futures.values()
    return futures.result(SECONDS)


def refused(call, error, what):
    try:
        answer = call()
    except KafkaException as exception:
        check(exception.args[0].code() == error, what, exception)
    else:
        raise AssertionError((what, answer))


def topics():
    only_tried = NewTopic(topic, 2, factor, config={"retention.ms": "3600000"})
    result(admin.create_topics([only_tried], validate_only=True))
    check(topic not in admin.list_topics(timeout=SECONDS).topics, "a topic is tried out, and not made")
    refused(lambda: result(admin.create_topics([NewTopic(topic, 2, factor, config={"no.such": "1"})])), KafkaError.INVALID_CONFIG, "of an unknown property it is refused")
    refused(lambda: result(admin.create_topics([NewTopic(topic, 2, 99)])), KafkaError.INVALID_REPLICATION_FACTOR, "and for want of brokers")
    refused(lambda: result(admin.create_topics([NewTopic("bad name", 2, factor)])), KafkaError.TOPIC_EXCEPTION, "and with a bad name")
    result(admin.create_topics([only_tried]))
    refused(lambda: result(admin.create_topics([only_tried])), KafkaError.TOPIC_ALREADY_EXISTS, "twice it is refused")
    until(lambda: [p.leader is not None for p in described().partitions] == [True] * 2, "it is made, and has leaders")
    check(len(described(include_authorized_operations=True).authorized_operations) == 8 and not described().is_internal, "and described, with what one may do")
    refused(lambda: result(admin.describe_topics(TopicCollection(["none"]))), KafkaError.UNKNOWN_TOPIC_OR_PART, "of one that there is not that is said")
    result(admin.create_partitions([NewPartitions(topic, 3)], validate_only=True))
    check(len(described().partitions) == 2, "partitions are tried out")
    result(admin.create_partitions([NewPartitions(topic, 3)]))
    until(lambda: len([p for p in described().partitions if p.leader]) == 3, "and added")
    refused(lambda: result(admin.create_partitions([NewPartitions(topic, 3)])), KafkaError.INVALID_PARTITIONS, "as many as before are refused")
    cluster = admin.describe_cluster(include_authorized_operations=True).result(SECONDS)
    check(len(cluster.nodes) == factor and cluster.controller.id >= 0 and cluster.cluster_id and len(cluster.authorized_operations) == 7, "the cluster is described")
    check(admin.cluster_id(timeout=SECONDS) == cluster.cluster_id, "by its id")


def described(**options):
    return result(admin.describe_topics(TopicCollection([topic]), **options))


def configs():
    resource = ConfigResource(ResourceType.TOPIC, topic)

    def change(*entries, **options):
        return result(admin.incremental_alter_configs([ConfigResource(ResourceType.TOPIC, topic, incremental_configs=list(entries))], **options))

    def entry(name, value, operation=AlterConfigOpType.SET):
        return ConfigEntry(name, value, incremental_operation=operation)

    def value(name):
        return result(admin.describe_configs([resource]))[name].value

    change(entry("segment.ms", "7000000"), validate_only=True)
    check(value("segment.ms") == "604800000", "a property is tried out")
    change(entry("segment.ms", "7000000"), entry("cleanup.policy", "compact", AlterConfigOpType.APPEND))
    until(lambda: value("segment.ms") == "7000000" and value("cleanup.policy") == "delete,compact", "set, and appended to")
    change(entry("segment.ms", None, AlterConfigOpType.DELETE), entry("cleanup.policy", "compact", AlterConfigOpType.SUBTRACT))
    until(lambda: value("segment.ms") == "604800000" and value("cleanup.policy") == "delete", "taken back, and taken from")
    refused(lambda: change(entry("segment.ms", "x")), KafkaError.INVALID_CONFIG, "what is no number is refused")
    result(admin.alter_configs([ConfigResource(ResourceType.TOPIC, topic, set_config={"max.message.bytes": "123456"})]))
    until(lambda: value("max.message.bytes") == "123456" and value("retention.ms") == "604800000", "all are set anew, by the old request")
    brokers = result(admin.describe_configs([ConfigResource(ResourceType.BROKER, "1")]))
    check("log.retention.ms" in brokers and brokers["node.id"].is_read_only, "a broker's are described")


def records():
    producer = Producer(librdkafka(bootstrap))
    for n in range(10):
        producer.produce(topic, b"value", partition=0, timestamp=BEGUN + n)
    check(producer.flush(SECONDS) == 0, "ten records are written")
    at = TopicPartition(topic, 0)
    for spec, offset in ((OffsetSpec.earliest(), 0), (OffsetSpec.latest(), 10), (OffsetSpec.for_timestamp(BEGUN + 4), 4), (OffsetSpec.max_timestamp(), 9),
                         (OffsetSpec.for_timestamp(BEGUN + 1_000_000), -1)):
        for isolation in (IsolationLevel.READ_COMMITTED, IsolationLevel.READ_UNCOMMITTED):
            listed = result(admin.list_offsets({at: spec}, isolation_level=isolation))
            check(listed.offset == offset, f"offset {offset} is listed")
    refused(lambda: result(admin.list_offsets({TopicPartition(topic, 9): OffsetSpec.latest()}, request_timeout=5)), KafkaError._NOENT, "of no partition there is none")
    check(result(admin.delete_records([TopicPartition(topic, 0, 4)])).low_watermark == 4, "records are deleted")
    refused(lambda: result(admin.delete_records([TopicPartition(topic, 0, 400)])), KafkaError.OFFSET_OUT_OF_RANGE, "more than there are can't be")


def groups():
    name = topic + "-group"
    members = [Consumer({**librdkafka(bootstrap), "group.id": name + "-" + protocol, "group.protocol": protocol, "auto.offset.reset": "earliest", "enable.auto.commit": False})
               for protocol in ("classic", "consumer")]
    for member, kind in zip(members, (ConsumerGroupType.CLASSIC, ConsumerGroupType.CONSUMER)):
        group = name + "-" + kind.name.lower()
        member.subscribe([topic])
        end = time.monotonic() + SECONDS
        while (message := member.poll(1)) is None or message.error():
            assert time.monotonic() < end, (group, message)
        member.commit(offsets=[TopicPartition(topic, 0, 5, "words", 0)], asynchronous=False)
        shown = result(admin.describe_consumer_groups([group], include_authorized_operations=True))
        check(shown.state == ConsumerGroupState.STABLE and shown.type == kind and len(shown.members) == 1 and len(shown.members[0].assignment.topic_partitions) == 3
              and shown.coordinator.id >= 0 and len(shown.authorized_operations) >= 3, f"{kind.name}: a group is described", shown.authorized_operations)
        listed = admin.list_consumer_groups(states={ConsumerGroupState.STABLE}, types={kind}).result(SECONDS)
        check(group in [one.group_id for one in listed.valid] and not listed.errors, f"{kind.name}: and listed by state and type")
        refused(lambda: result(admin.delete_consumer_groups([group])), KafkaError.NON_EMPTY_GROUP, f"{kind.name}: with members it is not deleted")
        new = ConsumerGroupTopicPartitions(group, [TopicPartition(topic, 1, 0)])
        member.close()
        until(lambda: result(admin.describe_consumer_groups([group])).state == ConsumerGroupState.EMPTY, f"{kind.name}: its member leaves")
        (committed,) = result(admin.alter_consumer_group_offsets([new])).topic_partitions
        check(committed.error is None, f"{kind.name}: offsets are set")
        offsets = result(admin.list_consumer_group_offsets([ConsumerGroupTopicPartitions(group)], require_stable=True)).topic_partitions
        check(sorted((p.partition, p.offset, p.metadata or "") for p in offsets) == [(0, 5, "words"), (1, 0, "")], f"{kind.name}: and listed", offsets)
        asked = ConsumerGroupTopicPartitions(group, [TopicPartition(topic, 2)])
        (unset,) = result(admin.list_consumer_group_offsets([asked])).topic_partitions
        check(unset.offset < 0 and unset.error is None, f"{kind.name}: of a partition without one that is said")
        result(admin.delete_consumer_groups([group]))
        until(lambda: group not in [one.group_id for one in admin.list_consumer_groups().result(SECONDS).valid], f"{kind.name}: it is deleted")
    refused(lambda: result(admin.delete_consumer_groups(["none"])), KafkaError.GROUP_ID_NOT_FOUND, "one that there is not is not deleted")
    shown = result(admin.describe_consumer_groups(["none"]))
    check(shown.state == ConsumerGroupState.DEAD, "and described as dead", shown.state)
    check(isinstance(admin.list_groups(timeout=SECONDS), list), "groups are listed by the old request")


def leaders():
    for kind in ElectionType:
        elected = admin.elect_leaders(kind, [TopicPartition(topic, 0)]).result(SECONDS)
        (error,) = elected.values()
        check(error.code() == KafkaError.ELECTION_NOT_NEEDED, f"{kind.name}: a leader is not elected without need", error)
        check(all(error is None or error.code() == KafkaError.ELECTION_NOT_NEEDED for error in admin.elect_leaders(kind).result(SECONDS).values()), f"{kind.name}: nor are all")
    elected = admin.elect_leaders(ElectionType.PREFERRED, [TopicPartition("none", 0)]).result(SECONDS)
    check([error.code() for error in elected.values()] == [KafkaError.UNKNOWN_TOPIC_OR_PART], "of no partition there is none")


def users():
    user = topic + "-user"
    result(admin.alter_user_scram_credentials([UserScramCredentialUpsertion(user, ScramCredentialInfo(ScramMechanism.SCRAM_SHA_256, 8192), b"password", b"salt of theirs")]))
    until(lambda: user in admin.describe_user_scram_credentials().result(SECONDS), "a user is added")
    (info,) = result(admin.describe_user_scram_credentials([user])).scram_credential_infos
    check(info.iterations == 8192 and info.mechanism == ScramMechanism.SCRAM_SHA_256, "and described")
    refused(lambda: result(admin.alter_user_scram_credentials([UserScramCredentialUpsertion(user, ScramCredentialInfo(ScramMechanism.SCRAM_SHA_256, 10), b"p")])),
            KafkaError.UNACCEPTABLE_CREDENTIAL, "few iterations are refused")
    result(admin.alter_user_scram_credentials([UserScramCredentialDeletion(user, ScramMechanism.SCRAM_SHA_256)]))
    until(lambda: user not in admin.describe_user_scram_credentials().result(SECONDS), "it is deleted")
    refused(lambda: result(admin.describe_user_scram_credentials([user])), KafkaError.RESOURCE_NOT_FOUND, "and no more described")


def acls():
    every = AclBindingFilter(ResourceType.TOPIC, topic, ResourcePatternType.LITERAL, None, None, AclOperation.ANY, AclPermissionType.ANY)
    binding = AclBinding(ResourceType.TOPIC, topic, ResourcePatternType.LITERAL, "User:confluent", "*", AclOperation.READ, AclPermissionType.ALLOW)
    if not SECURITY:
        for call in (lambda: admin.create_acls([binding]), lambda: admin.delete_acls([every])):  # librdkafka describes none, whatever is answered
            refused(lambda call=call: result(call()), KafkaError.SECURITY_DISABLED, "without an authorizer there are no access control lists")
        return
    result(admin.create_acls([binding]))
    until(lambda: result(admin.describe_acls(every)) == [binding], "an entry of an access control list is added")
    refused(lambda: result(admin.create_acls([AclBinding(ResourceType.TOPIC, topic, ResourcePatternType.LITERAL, "nobody", "*", AclOperation.READ, AclPermissionType.ALLOW)])),
            KafkaError.INVALID_REQUEST, "for no principal it is refused")
    check(result(admin.delete_acls([every])) == [binding], "it is deleted")
    until(lambda: result(admin.describe_acls(every)) == [], "and gone")


for part in (topics, configs, records, groups, leaders, users, acls):
    part()
result(admin.delete_topics([topic]))
until(lambda: topic not in admin.list_topics(timeout=SECONDS).topics, "the topic is deleted")
refused(lambda: result(admin.delete_topics([topic])), KafkaError.UNKNOWN_TOPIC_OR_PART, "and can't be again")
