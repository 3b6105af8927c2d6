"""What differ.py asks about access control lists. Brokers without an authorizer say so, both alike. To compare decisions, both need one:
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer and allow.everyone.if.no.acl.found=true. All clients are
User:ANONYMOUS then, and only what the entries here are about is denied."""
from cases import Case, batch, create, topic

UNKNOWN, ANY, TOPIC, GROUP, CLUSTER, TRANSACTIONAL_ID = range(6)
MATCH, LITERAL, PREFIXED = 2, 3, 4
ALL, READ, WRITE, CREATE, DELETE, ALTER, DESCRIBE = range(2, 9)
DENY, ALLOW = 2, 3
ME, OTHER = "User:ANONYMOUS", "User:other"


def entry(kind, name, operation, permission, who=ME, pattern=LITERAL, host="*"):
    return {"ResourceType": kind, "ResourceName": name, "ResourcePatternType": pattern, "Principal": who, "Host": host, "Operation": operation,
            "PermissionType": permission}


def filtering(kind=ANY, name=None, pattern=ANY, who=None, host=None, operation=1, permission=1):
    return {"ResourceTypeFilter": kind, "ResourceNameFilter": name, "PatternTypeFilter": pattern, "PrincipalFilter": who, "HostFilter": host,
            "Operation": operation, "PermissionType": permission}


def until(topic, is_so):
    """For a case whose change must take effect first: Kafka's brokers learn of entries a moment after the answer."""
    def wait(side, _):
        if side.connection.ask("DescribeAcls", 3, filtering())["ErrorCode"]:
            return  # there is no authorizer
        side.retry(lambda: side.connection.ask("Metadata", 12, {"Topics": [{"Name": topic}], "AllowAutoTopicCreation": False,
                                                                 "IncludeTopicAuthorizedOperations": True})["Topics"][0], is_so)
    return wait


def shown(count):
    """The same for entries of others: until so many resources have some."""
    def wait(side, _):
        side.retry(lambda: side.connection.ask("DescribeAcls", 3, filtering()), lambda answer: answer["ErrorCode"] or len(answer["Resources"]) == count)
    return wait


UNORDERED = {"Resources", "Acls", "MatchingAcls"}


def adding(name, *entries, version=3, then=None):
    return Case(f"acl: add {name}", "CreateAcls", version, {"Creations": list(entries)}, changes=True, then=then)


def finding(what, version=3, **parts):
    return Case(f"acl: find {what}, v{version}", "DescribeAcls", version, filtering(**parts), unordered=UNORDERED)


def removing(name, *filters, version=3, then=None):
    return Case(f"acl: remove {name}", "DeleteAcls", version, {"Filters": list(filters)}, changes=True, unordered=UNORDERED, then=then)


def lists():
    """Entries that nothing is decided by, added, found and removed."""
    for version in (1, 2, 3):
        yield adding(f"one, v{version}", entry(TOPIC, f"acl-{version}", READ, ALLOW, OTHER), version=version, then=shown(version))
        yield finding("all", version)
        yield finding("by name", version, kind=TOPIC, name="acl-1", pattern=LITERAL)
    yield adding("the same again", entry(TOPIC, "acl-1", READ, ALLOW, OTHER))
    yield adding("several", entry(TOPIC, "acl-", WRITE, ALLOW, OTHER, PREFIXED), entry(GROUP, "acl-g", READ, DENY, OTHER, host="10.0.0.1"),
                 entry(TRANSACTIONAL_ID, "acl-t", ALL, ALLOW, OTHER), entry(TOPIC, "acl-1", DESCRIBE, ALLOW, OTHER), then=shown(6))
    yield adding("wrong ones", entry(TOPIC, "", READ, ALLOW, OTHER), entry(CLUSTER, "another", ALTER, ALLOW, OTHER),
                 entry(TOPIC, "acl-x", READ, ALLOW, "nobody"), entry(TOPIC, "acl-good", READ, ALLOW, OTHER), then=shown(7))
    for what, parts in {"by type": {"kind": GROUP}, "what matches a name": {"kind": TOPIC, "name": "acl-1", "pattern": MATCH},
                        "prefixed": {"kind": TOPIC, "name": "acl-", "pattern": PREFIXED}, "by principal": {"who": OTHER},
                        "by another principal": {"who": "User:x"}, "by host": {"host": "10.0.0.1"}, "by operation": {"operation": ALL},
                        "by permission": {"permission": DENY}, "none": {"kind": TOPIC, "name": "acl-none", "pattern": ANY}}.items():
        yield finding(what, **parts)
    yield removing("nothing", filtering(kind=TOPIC, name="acl-none"))
    yield removing("two ways", filtering(kind=TOPIC, name="acl-1", pattern=MATCH), filtering(who=OTHER), then=shown(0))
    yield finding("what is left")


def decisions():
    """What is denied, of a topic, a group and a transactional id that exist and of others."""
    yield create("acl: set up", topic("acl-there"))
    yield adding("denials", *(entry(kind, "acl-", ALL, DENY, ME, PREFIXED) for kind in (TOPIC, GROUP, TRANSACTIONAL_ID)),
                 then=until("acl-there", lambda answer: answer["ErrorCode"] != 0))
    yield finding("denials", who=ME)
    for name in ("acl-there", "acl-nowhere"):
        yield Case(f"acl: metadata of {name}", "Metadata", 12, {"Topics": [{"Name": name}], "IncludeTopicAuthorizedOperations": True})
        yield Case(f"acl: metadata that makes {name}", "Metadata", 12, {"Topics": [{"Name": name}], "AllowAutoTopicCreation": True})
        yield Case(f"acl: topic partitions of {name}", "DescribeTopicPartitions", 0, {"Topics": [{"Name": name}]})
        yield Case(f"acl: produce to {name}", "Produce", 9, {"Acks": -1, "TimeoutMs": 5000, "TopicData": [
            {"Name": name, "PartitionData": [{"Index": 0, "Records": batch(1000)}]}]})
        yield Case(f"acl: fetch {name}", "Fetch", 12, {"MaxWaitMs": 0, "MinBytes": 1, "MaxBytes": 1 << 20, "IsolationLevel": 0, "Topics": [
            {"Topic": name, "Partitions": [{"Partition": 0, "FetchOffset": 0, "PartitionMaxBytes": 1 << 20}]}]})
        yield Case(f"acl: offsets of {name}", "ListOffsets", 7, {"ReplicaId": -1, "IsolationLevel": 0, "Topics": [
            {"Name": name, "Partitions": [{"PartitionIndex": 0, "Timestamp": -1}]}]})
        yield Case(f"acl: epoch of {name}", "OffsetForLeaderEpoch", 4, {"ReplicaId": -1, "Topics": [
            {"Topic": name, "Partitions": [{"Partition": 0, "CurrentLeaderEpoch": -1, "LeaderEpoch": 0}]}]})
        yield Case(f"acl: delete records of {name}", "DeleteRecords", 2, {"TimeoutMs": 5000, "Topics": [
            {"Name": name, "Partitions": [{"PartitionIndex": 0, "Offset": 0}]}]})
        yield Case(f"acl: producers of {name}", "DescribeProducers", 0, {"Topics": [{"Name": name, "PartitionIndexes": [0]}]})
        for resource in (2, 32):
            yield Case(f"acl: configs of {name}, type {resource}", "DescribeConfigs", 4, {"Resources": [
                {"ResourceType": resource, "ResourceName": name, "ConfigurationKeys": None}]})
            yield Case(f"acl: alter configs of {name}, type {resource}", "IncrementalAlterConfigs", 1, {"Resources": [
                {"ResourceType": resource, "ResourceName": name, "Configs": [{"Name": "retention.ms", "ConfigOperation": 0, "Value": "5000"}]}]})
        yield Case(f"acl: more partitions of {name}", "CreatePartitions", 3, {"Topics": [{"Name": name, "Count": 9}], "TimeoutMs": 5000})
        for kind in (0, 1):
            yield Case(f"acl: coordinator of {name}, type {kind}", "FindCoordinator", 4, {"KeyType": kind, "CoordinatorKeys": [name]})
        yield Case(f"acl: join {name}", "JoinGroup", 5, {"GroupId": name, "SessionTimeoutMs": 10000, "RebalanceTimeoutMs": 10000, "ProtocolType": "consumer",
                                                         "Protocols": [{"Name": "range", "Metadata": b""}]})
        yield Case(f"acl: sync {name}", "SyncGroup", 4, {"GroupId": name, "GenerationId": 1, "MemberId": "m", "Assignments": []})
        yield Case(f"acl: heartbeat {name}", "Heartbeat", 4, {"GroupId": name, "GenerationId": 1, "MemberId": "m"})
        yield Case(f"acl: leave {name}", "LeaveGroup", 4, {"GroupId": name, "Members": [{"MemberId": "m"}]})
        yield Case(f"acl: commit for {name}", "OffsetCommit", 8, {"GroupId": name, "Topics": [
            {"Name": name, "Partitions": [{"PartitionIndex": 0, "CommittedOffset": 1, "CommittedMetadata": ""}]}]})
        for version in (5, 8):
            one = {"GroupId": name, "Topics": [{"Name": name, "PartitionIndexes": [0]}]}
            yield Case(f"acl: fetch offsets of {name}, v{version}", "OffsetFetch", version, one if version < 8 else {"Groups": [one]})
        yield Case(f"acl: delete offsets of {name}", "OffsetDelete", 0, {"GroupId": name, "Topics": [{"Name": name, "Partitions": [{"PartitionIndex": 0}]}]})
        yield Case(f"acl: describe group {name}", "DescribeGroups", 5, {"Groups": [name], "IncludeAuthorizedOperations": True})
        yield Case(f"acl: describe consumer group {name}", "ConsumerGroupDescribe", 0, {"GroupIds": [name], "IncludeAuthorizedOperations": True})
        yield Case(f"acl: consumer of {name}", "ConsumerGroupHeartbeat", 0, {"GroupId": name, "MemberId": "", "MemberEpoch": 0, "RebalanceTimeoutMs": 10000,
                                                                             "SubscribedTopicNames": [name], "TopicPartitions": []})
        yield Case(f"acl: consumer of {name} in a free group", "ConsumerGroupHeartbeat", 0, {
            "GroupId": "free", "MemberId": "", "MemberEpoch": 0, "RebalanceTimeoutMs": 10000, "SubscribedTopicNames": [name], "TopicPartitions": []})
        yield Case(f"acl: delete group {name}", "DeleteGroups", 2, {"GroupsNames": [name]})
        yield Case(f"acl: producer id of {name}", "InitProducerId", 4, {"TransactionalId": name, "TransactionTimeoutMs": 10000, "ProducerId": -1, "ProducerEpoch": -1})
        yield Case(f"acl: add partitions for {name}", "AddPartitionsToTxn", 3, {
            "V3AndBelowTransactionalId": name, "V3AndBelowProducerId": 1, "V3AndBelowProducerEpoch": 0, "V3AndBelowTopics": [{"Name": name, "Partitions": [0]}]})
        yield Case(f"acl: add {name} to a free transaction", "AddPartitionsToTxn", 3, {
            "V3AndBelowTransactionalId": "free", "V3AndBelowProducerId": 1, "V3AndBelowProducerEpoch": 0, "V3AndBelowTopics": [{"Name": name, "Partitions": [0]}]})
        yield Case(f"acl: add offsets for {name}", "AddOffsetsToTxn", 3, {"TransactionalId": name, "ProducerId": 1, "ProducerEpoch": 0, "GroupId": name})
        yield Case(f"acl: add offsets of {name} to a free transaction", "AddOffsetsToTxn", 3, {"TransactionalId": "free", "ProducerId": 1, "ProducerEpoch": 0, "GroupId": name})
        yield Case(f"acl: end {name}", "EndTxn", 3, {"TransactionalId": name, "ProducerId": 1, "ProducerEpoch": 0, "Committed": True})
        yield Case(f"acl: commit in {name}", "TxnOffsetCommit", 3, {"TransactionalId": name, "GroupId": name, "ProducerId": 1, "ProducerEpoch": 0, "GenerationIdOrMemberEpoch": -1, "MemberId": "", "Topics": [
            {"Name": name, "Partitions": [{"PartitionIndex": 0, "CommittedOffset": 1, "CommittedMetadata": ""}]}]})
        yield Case(f"acl: describe transaction {name}", "DescribeTransactions", 0, {"TransactionalIds": [name]})
    yield create("acl: denied", topic("acl-new"))
    yield Case("acl: operations on what is free", "Metadata", 12, {"Topics": [{"Name": "a"}], "IncludeTopicAuthorizedOperations": True})
    # The topic may be described and written to, but not read.
    yield removing("the denials", filtering(who=ME, permission=DENY), then=until("acl-there", lambda answer: answer["ErrorCode"] == 0))
    yield adding("some rights", entry(TOPIC, "acl-there", WRITE, ALLOW), entry(TOPIC, "acl-there", ALTER, ALLOW), entry(TOPIC, "acl-there", CREATE, DENY),
                 then=until("acl-there", lambda answer: answer["TopicAuthorizedOperations"] == 1 << WRITE | 1 << ALTER | 1 << DESCRIBE))
    yield finding("some rights", who=ME)
    yield Case("acl: operations on a topic", "Metadata", 12, {"Topics": [{"Name": "acl-there"}], "IncludeTopicAuthorizedOperations": True})
    yield Case("acl: operations on a topic, by partitions", "DescribeTopicPartitions", 0, {"Topics": [{"Name": "acl-there"}]})
    yield Case("acl: fetch what may be written only", "Fetch", 12, {"MaxWaitMs": 0, "MinBytes": 1, "MaxBytes": 1 << 20, "IsolationLevel": 0, "Topics": [
        {"Topic": "acl-there", "Partitions": [{"Partition": 0, "FetchOffset": 0, "PartitionMaxBytes": 1 << 20}]}]})
    # Who may delete on the cluster, about which there are no entries, may delete any topic, whether it may be described or not.
    for version, body in ((5, {"TopicNames": ["acl-nowhere", "acl-there"]}), (6, {"Topics": [{"Name": "acl-nowhere"}, {"Name": "acl-new"}]})):
        yield Case(f"acl: delete by a right on the cluster, v{version}", "DeleteTopics", version, {**body, "TimeoutMs": 5000}, changes=True, unordered={"Responses"})
    yield removing("all", filtering(), then=shown(0))


def acl_cases():
    yield from lists()
    yield from decisions()
