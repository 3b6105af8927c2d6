"""The requests that differ.py sends: what clients send, and what they should not: null, empty, repeated, negative, out of range."""
import struct
from dataclasses import dataclass, field
from typing import Any

NULL_ID, NO_SUCH_ID = bytes(16), bytes(range(16))
# Where Fulmar is meant to answer otherwise, by the cases' names, and why.
ALLOWED = (
    (r"^produce (unknown|empty name|bad name|acks|empty records)", "what is refused is said in words"),
    (r"^produce (no|negative) time", "records are acknowledged once they are synced, which takes time"),
    (r"^produce a partition twice", "both batches are appended, and both are answered"),
    (r"^produce no partitions", "a topic without partitions is answered so"),
    (r"^produce null records", "Kafka's handler fails and the client waits for ever"),
    (r"^partitions of|^partitions: very many|partitions and factor 1,", "words for an error; and a limit of Kafka's that is none here"),
    (r"^create two that collide", "the second would collide with the first"),
    (r"^create with (no|less than no) time", "there is no answer before the topics are made"),
    (r"^metadata of a null name, v1[23]", "Kafka's handler fails: UNKNOWN_SERVER_ERROR instead of INVALID_REQUEST"),
    (r"^metadata that creates a colliding topic", "Kafka creates in the background and says nothing of why it can't"),
    (r"^topic partitions: bad name", "Kafka's handler fails: UNKNOWN_SERVER_ERROR instead of INVALID_TOPIC_EXCEPTION"),
    (r"^end of epoch -[25]", "an epoch below -1 is none"),
    (r"^elect (all|no partitions)", "topics of which there is nothing to say are left out"),
    (r"^quorum", "each partition is answered by itself; no words where there is no error"),
    (r"^produce v2$", "answered in its own words, since it is advertised"),
    (r"^fetch as replica in the state", "a leader does not name itself as another leader"),
    (r"^elect nothing, type", "a type that is none is refused, whatever it is for"),
    (r"^reassign (cancelled|nothing)", "words where there is an error, and none where there is none"),
    (r"^producer id(| with a negative time), v0", "Kafka has no block of ids yet when it is asked first"),
    (r"^delete by name and again by id", "both are answered"),
    (r"^malformed: a negative length", "not taken for null, but for damage"),
    (r"^malformed: a string that is no UTF-8", "told back as it came"),
    (r"^groups: (the coordinator|coordinators? of)", "no words where there is no error"),
    (r"^acl: produce", "what is refused is said in words"),
    (r"^configs", "the properties differ; no words where there is no error"),
)


@dataclass
class Case:
    name: str
    api: str
    version: int
    body: Any
    changes: bool = False
    after: bytes = b""
    raw: Any = None  # (key, body, flexible): bytes instead of a body
    then: Any = None
    ignore: set = field(default_factory=set)
    unordered: set = field(default_factory=set)


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def zigzag(number):
    number, out = number << 1 ^ number >> 63, b""
    while number > 127:
        out, number = out + bytes([number & 127 | 128]), number >> 7
    return out + bytes([number])


def batch(*timestamps):
    body = b""
    for index, time in enumerate(timestamps):
        record = b"\0" + zigzag(time - timestamps[0]) + zigzag(index) + zigzag(-1) + zigzag(1) + b"x" + zigzag(0)
        body += zigzag(len(record)) + record
    tail = struct.pack(">hiqqqhii", 0, len(timestamps) - 1, timestamps[0], max(timestamps), -1, -1, -1, len(timestamps)) + body
    return struct.pack(">qiibI", 0, 9 + len(tail), 0, 2, crc32c(tail)) + tail


def topic(name, partitions=1, factor=1, **more):
    return {"Name": name, "NumPartitions": partitions, "ReplicationFactor": factor, **more}


def create(name, *topics, version=7, **more):
    return Case(name, "CreateTopics", version, {"Topics": list(topics), "timeoutMs": 10000, **more}, changes=True,
                ignore={"Configs"}, unordered={"Topics"})


def fill(side):
    """Three batches, of two records each, where others read; all is served when it returns."""
    for number in range(3):
        records = batch(1000 + 10 * number, 1005 + 10 * number)
        wanted = [("a", 0, records)] if number else [("a", 0, records), ("a", 1, b""), ("a", 2, b""), ("b.c", 0, b""), ("empty", 0, b"")]
        for name, index, value in wanted:
            side.retry(lambda name=name, index=index, value=value: side.connection.ask("Produce", 9, {
                "Acks": -1, "TimeoutMs": 5000, "TopicData": [{"Name": name, "PartitionData": [{"Index": index, "Records": value}]}]}),
                lambda answer: answer["Responses"][0]["PartitionResponses"][0]["ErrorCode"] not in (3, 5, 6))


def setting_up():
    made = create("set up", topic("a", 3), topic("b.c"), topic("empty"))
    made.then = lambda side, answer: fill(side)
    yield made
    # Known before anything is compared.
    yield Case("set up: ids", "Metadata", 12, lambda side: (side.topic_id("a"), side.topic_id("b.c"), {"Topics": []})[2], changes=True)


def metadata():
    for version in (0, 1, 3, 4, 7, 8, 9, 10, 11, 12, 13):
        all_of_them = {"Topics": [] if version == 0 else None}
        yield Case(f"metadata of all, v{version}", "Metadata", version, all_of_them, unordered={"Topics"})
        if version > 0:
            yield Case(f"metadata of none, v{version}", "Metadata", version, {"Topics": []})
        more = {"AllowAutoTopicCreation": False} if version >= 4 else {}
        yield Case(f"metadata of one, v{version}", "Metadata", version, {"Topics": [{"Name": "a"}], **more})
        if version >= 4:
            names = ["a", "none", "a", "", "bad/name", "b.c", "x" * 250, ".", "none"]
            yield Case(f"metadata of names good and bad, v{version}", "Metadata", version,
                       {"Topics": [{"Name": name} for name in names], **more}, unordered={"Topics"})
        if version >= 8:
            asked = {"IncludeTopicAuthorizedOperations": True, **({"IncludeClusterAuthorizedOperations": True} if version <= 10 else {})}
            yield Case(f"metadata with operations, v{version}", "Metadata", version,
                       {"Topics": [{"Name": "a"}, {"Name": "none"}], **asked, **more})
        if version >= 10:
            yield Case(f"metadata of a null name, v{version}", "Metadata", version, {"Topics": [{"Name": None}], **more})
            yield Case(f"metadata by id, null name, v{version}", "Metadata", version,
                       lambda side, more=more: {"Topics": [{"Name": None, "TopicId": side.topic_id("a")}], **more})
            yield Case(f"metadata by id, empty name, v{version}", "Metadata", version,
                       lambda side, more=more: {"Topics": [{"Name": "", "TopicId": side.topic_id("a")}], **more})
            yield Case(f"metadata by id and name, v{version}", "Metadata", version,
                       lambda side, more=more: {"Topics": [{"Name": "a", "TopicId": side.topic_id("a")}], **more})
            yield Case(f"metadata by an unknown id, v{version}", "Metadata", version,
                       {"Topics": [{"Name": None, "TopicId": NO_SUCH_ID}], **more})
            yield Case(f"metadata by ids and names mixed, v{version}", "Metadata", version,
                       lambda side, more=more: {"Topics": [{"Name": "b.c"}, {"Name": None, "TopicId": side.topic_id("a")}], **more},
                       unordered={"Topics"})
            yield Case(f"metadata by the same id twice, v{version}", "Metadata", version,
                       lambda side, more=more: {"Topics": [{"Name": None, "TopicId": side.topic_id("a")}] * 2, **more})
    yield Case("metadata that creates a topic", "Metadata", 12, {"Topics": [{"Name": "made"}], "AllowAutoTopicCreation": True}, changes=True)
    yield Case("metadata that creates a bad topic", "Metadata", 12,
               {"Topics": [{"Name": "bad/name"}, {"Name": ""}], "AllowAutoTopicCreation": True}, unordered={"Topics"})
    yield Case("metadata that creates a colliding topic", "Metadata", 12,
               {"Topics": [{"Name": "b_c"}], "AllowAutoTopicCreation": True})
    yield Case("bytes after the end", "Metadata", 12, {"Topics": []}, after=b"\1\0\0")


def api_versions():
    # What is served differs, and is no matter of answers.
    less = {"ApiKeys", "SupportedFeatures", "FinalizedFeatures", "FinalizedFeaturesEpoch"}
    for version in range(0, 6):
        named = {"ClientSoftwareName": "peer", "ClientSoftwareVersion": "1.0"} if version >= 3 else {}
        yield Case(f"api versions, v{version}", "ApiVersions", version, named, ignore=less)
    for version in (3, 4, 5):
        for name, number in (("", ""), ("peer", ""), ("", "1"), ("a b", "1"), ("-a", "1"), ("a", "1-"), ("a.b-c", "1_0"), ("é", "1"), ("a", "v 1")):
            yield Case(f"api versions of client {name!r} {number!r}, v{version}", "ApiVersions", version,
                       {"ClientSoftwareName": name, "ClientSoftwareVersion": number}, ignore=less)
    named = {"ClientSoftwareName": "peer", "ClientSoftwareVersion": "1.0"}
    for cluster, node in (("other", 1), (None, 1), ("other", -1), (None, 7), ("other", 7)):
        yield Case(f"api versions for cluster {cluster} node {node}", "ApiVersions", 5, {**named, "ClusterId": cluster, "NodeId": node}, ignore=less)
    yield Case("api versions for this cluster and node", "ApiVersions", 5, lambda side: {
        **named, "ClusterId": side.connection.ask("Metadata", 12, {"Topics": []})["ClusterId"], "NodeId": 1}, ignore=less)
    yield Case("api versions for this cluster and another node", "ApiVersions", 5, lambda side: {
        **named, "ClusterId": side.connection.ask("Metadata", 12, {"Topics": []})["ClusterId"], "NodeId": 2}, ignore=less)


def describing():
    for version in (0, 1, 2):
        kinds = [{}] if version == 0 else [{"EndpointType": kind} for kind in (1, 2, 0, 3, -1)]
        for kind in kinds:
            for operations in (False, True):
                more = {"IncludeFencedBrokers": True} if version == 2 else {}
                yield Case(f"describe cluster {kind.get('EndpointType', '')}, operations {operations}, v{version}", "DescribeCluster", version,
                           {**kind, "IncludeClusterAuthorizedOperations": operations, **more})
    for name, topics, limit, cursor in (
            ("all", [], 2000, None), ("one", ["a"], 2000, None), ("none such", ["none"], 2000, None), ("limited", ["a", "b.c"], 2, None),
            ("limited to nothing", ["a"], 0, None), ("limited to less", ["a"], -1, None), ("twice", ["a", "a"], 2000, None),
            ("from a cursor", [], 2000, ("a", 1)), ("from a cursor of a topic that is not there", ["a", "b.c"], 2000, ("aa", 0)),
            ("from a cursor beyond", ["a"], 2000, ("a", 9)), ("from a negative cursor", ["a"], 2000, ("a", -1)), ("bad name", ["bad/name", ""], 2000, None),
            ("in order", ["empty", "b.c", "a"], 2000, None), ("limited in the middle", ["a", "b.c", "empty", "none"], 3, None)):
        yield Case(f"topic partitions: {name}", "DescribeTopicPartitions", 0, {
            "Topics": [{"Name": one} for one in topics], "ResponsePartitionLimit": limit,
            **({"Cursor": {"TopicName": cursor[0], "PartitionIndex": cursor[1]}} if cursor else {})})
    for version in (1, 2, 3, 4, 5):
        yield Case(f"log dirs of none, v{version}", "DescribeLogDirs", version, {"Topics": []}, unordered={"Topics"})
        yield Case(f"log dirs of one, v{version}", "DescribeLogDirs", version, {"Topics": [{"Topic": "a", "Partitions": [0, 0, 9]}]})
        yield Case(f"log dirs of none such, v{version}", "DescribeLogDirs", version, {"Topics": [{"Topic": "none", "Partitions": [0]}]})
        yield Case(f"log dirs of a topic twice, v{version}", "DescribeLogDirs", version, unordered={"Partitions"}, body={"Topics": [{"Topic": "a", "Partitions": [0]}, {"Topic": "a", "Partitions": [1]}]})
    for version in (0, 1, 2):
        for name, index in (("__cluster_metadata", 0), ("__cluster_metadata", 1), ("a", 0)):
            yield Case(f"quorum of {name} {index}, v{version}", "DescribeQuorum", version,
                       {"Topics": [{"TopicName": name, "Partitions": [{"PartitionIndex": index}]}]},
                       ignore={"HighWatermark", "LogEndOffset", "LeaderEpoch", "Name"})
        yield Case(f"quorum of nothing, v{version}", "DescribeQuorum", version, {"Topics": []})
        yield Case(f"quorum of two, v{version}", "DescribeQuorum", version, {"Topics": [
            {"TopicName": "__cluster_metadata", "Partitions": [{"PartitionIndex": 0}, {"PartitionIndex": 0}]}]})


def offsets():
    def listed(index=0, timestamp=-1, name="a", **more):
        return {"Name": name, "Partitions": [{"PartitionIndex": index, "Timestamp": timestamp, **more}]}

    for version in (1, 2, 5, 7, 8, 9, 10, 11):
        for timestamp in (-1, -2, -3, -4, -5, -6, -7, -100, 0, 1006, 1025, 1026):
            yield Case(f"offset at {timestamp}, v{version}", "ListOffsets", version, unordered={"Topics", "Partitions"}, body={"ReplicaId": -1, "Topics": [listed(timestamp=timestamp)]})
        for name, index in (("a", 3), ("a", -1), ("none", 0), ("bad/name", 0), ("", 0)):
            yield Case(f"offset of {name!r} {index}, v{version}", "ListOffsets", version, unordered={"Topics", "Partitions"}, body={"ReplicaId": -1, "Topics": [listed(index, name=name)]})
        yield Case(f"offset of a partition twice, v{version}", "ListOffsets", version, unordered={"Topics", "Partitions"}, body={"ReplicaId": -1, "Topics": [
            {"Name": "a", "Partitions": [{"PartitionIndex": 0, "Timestamp": -1}, {"PartitionIndex": 0, "Timestamp": -2}]}]})
        yield Case(f"offset of a topic twice, v{version}", "ListOffsets", version, unordered={"Topics", "Partitions"}, body={"ReplicaId": -1, "Topics": [listed(), listed(1)]})
        yield Case(f"offset of a topic twice, same partition, v{version}", "ListOffsets", version, unordered={"Topics", "Partitions"}, body={"ReplicaId": -1, "Topics": [listed(), listed(timestamp=-2)]})
        yield Case(f"offset of nothing, v{version}", "ListOffsets", version, unordered={"Topics", "Partitions"}, body={"ReplicaId": -1, "Topics": []})
        yield Case(f"offset of no partitions, v{version}", "ListOffsets", version, unordered={"Topics", "Partitions"}, body={"ReplicaId": -1, "Topics": [{"Name": "a", "Partitions": []}]})
        for replica in (-2, -3, 1, 5):
            yield Case(f"offset for replica {replica}, v{version}", "ListOffsets", version, unordered={"Topics", "Partitions"}, body={"ReplicaId": replica, "Topics": [listed()]})
        if version >= 2:
            for level in (1, 2, -1):
                yield Case(f"offset with isolation {level}, v{version}", "ListOffsets", version,
                           {"ReplicaId": -1, "IsolationLevel": level, "Topics": [listed()]})
        if version >= 4:
            for epoch in (0, 5, -2):
                yield Case(f"offset at epoch {epoch}, v{version}", "ListOffsets", version,
                           {"ReplicaId": -1, "Topics": [listed(CurrentLeaderEpoch=epoch)]})
        yield Case(f"offset of an empty partition, v{version}", "ListOffsets", version,
                   {"ReplicaId": -1, "Topics": [listed(name="empty"), listed(name="b.c", timestamp=-3)]})
        yield Case(f"offset at a time in an empty partition, v{version}", "ListOffsets", version, unordered={"Topics", "Partitions"}, body={"ReplicaId": -1, "Topics": [listed(name="empty", timestamp=5)]})
    for version in (2, 3, 4):
        def epoch_of(epoch=0, index=0, name="a", **more):
            return {"Topic": name, "Partitions": [{"Partition": index, "LeaderEpoch": epoch, **more}]}

        replica = {"ReplicaId": -1} if version >= 3 else {}
        for epoch in (0, 1, 9, -1, -2, -5):
            yield Case(f"end of epoch {epoch}, v{version}", "OffsetForLeaderEpoch", version, {**replica, "Topics": [epoch_of(epoch)]})
        for current in (0, 4, -2):
            yield Case(f"end of epoch at {current}, v{version}", "OffsetForLeaderEpoch", version, {**replica, "Topics": [epoch_of(CurrentLeaderEpoch=current)]})
        for name, index in (("a", 5), ("a", -1), ("none", 0), ("", 0)):
            yield Case(f"end of epoch of {name!r} {index}, v{version}", "OffsetForLeaderEpoch", version, {**replica, "Topics": [epoch_of(0, index, name)]})
        yield Case(f"end of epoch, nothing, v{version}", "OffsetForLeaderEpoch", version, {**replica, "Topics": []})
        yield Case(f"end of epoch, no partitions, v{version}", "OffsetForLeaderEpoch", version, {**replica, "Topics": [{"Topic": "a", "Partitions": []}]})
        yield Case(f"end of epoch, partition twice, v{version}", "OffsetForLeaderEpoch", version, {**replica, "Topics": [
            {"Topic": "a", "Partitions": [{"Partition": 0, "LeaderEpoch": 0}, {"Partition": 0, "LeaderEpoch": 5}]}]})
        if version >= 3:
            for who in (-2, -3, 5):
                yield Case(f"end of epoch for replica {who}, v{version}", "OffsetForLeaderEpoch", version, {"ReplicaId": who, "Topics": [epoch_of()]})


def fetching():
    def body(*partitions, name="a", version=12, side=None, **more):
        parts = [{"Partition": index, "FetchOffset": offset, "PartitionMaxBytes": 100000, **extra} for index, offset, extra in partitions]
        named = {"Topic": name} if version < 13 else {"TopicId": name if isinstance(name, bytes) else side.topic_id(name)}
        return {"MaxWaitMs": 10, "MinBytes": 1, "Topics": [{**named, "Partitions": parts}], **more}

    less = {"PreferredReadReplica"}
    for version in (4, 11, 12):
        for name, what in (
                ("one", dict(partitions=[(0, 0, {})])), ("beyond", dict(partitions=[(0, 7, {})])), ("negative", dict(partitions=[(0, -1, {})])),
                ("at the end", dict(partitions=[(0, 6, {})])), ("unknown partition", dict(partitions=[(7, 0, {})])),
                ("negative partition", dict(partitions=[(-1, 0, {})])), ("unknown topic", dict(partitions=[(0, 0, {})], name="none")),
                ("empty name", dict(partitions=[(0, 0, {})], name="")), ("bad name", dict(partitions=[(0, 0, {})], name="bad/name")),
                ("twice", dict(partitions=[(0, 0, {}), (0, 2, {})])), ("no partitions", dict(partitions=[])),
                ("no bytes", dict(partitions=[(0, 0, {"PartitionMaxBytes": 0})])), ("negative bytes", dict(partitions=[(0, 0, {"PartitionMaxBytes": -1})])),
                ("no bytes at all", dict(partitions=[(0, 0, {})], MaxBytes=0)), ("negative bytes at all", dict(partitions=[(0, 0, {})], MaxBytes=-1)),
                ("negative wait", dict(partitions=[(0, 6, {})], MaxWaitMs=-1)), ("negative minimum", dict(partitions=[(0, 6, {})], MinBytes=-1)),
                ("isolation 1", dict(partitions=[(0, 0, {})], IsolationLevel=1)), ("isolation 2", dict(partitions=[(0, 0, {})], IsolationLevel=2)),
                ("isolation -1", dict(partitions=[(0, 0, {})], IsolationLevel=-1)),
                ("as replica 1", dict(partitions=[(0, 0, {})], ReplicaId=1)), ("as replica 7", dict(partitions=[(0, 0, {})], ReplicaId=7)),
                ("as replica -2", dict(partitions=[(0, 0, {})], ReplicaId=-2)), ("as replica -3", dict(partitions=[(0, 0, {})], ReplicaId=-3))):
            what = dict(what)
            partitions = what.pop("partitions")
            yield Case(f"fetch {name}, v{version}", "Fetch", version, body(*partitions, version=version, **what), ignore=less)
        yield Case(f"fetch nothing, v{version}", "Fetch", version, {"MaxWaitMs": 10, "MinBytes": 1, "Topics": []}, ignore=less)
    for version in (12, 18):
        for name, extra in (("epoch 0", {"CurrentLeaderEpoch": 0}), ("epoch 5", {"CurrentLeaderEpoch": 5}), ("epoch -2", {"CurrentLeaderEpoch": -2}),
                            ("last epoch 0", {"LastFetchedEpoch": 0}), ("last epoch 3", {"LastFetchedEpoch": 3}), ("last epoch -2", {"LastFetchedEpoch": -2}),
                            ("log start 3", {"LogStartOffset": 3})):
            yield Case(f"fetch with {name}, v{version}", "Fetch", version,
                       lambda side, version=version, extra=extra: body((0, 2, extra), version=version, side=side), ignore=less)
        yield Case(f"fetch beyond with last epoch, v{version}", "Fetch", version,
                   lambda side, version=version: body((0, 9, {"LastFetchedEpoch": 0}), version=version, side=side), ignore=less)
    for version in (13, 15, 16, 17, 18):
        for name, who in (("unknown id", NO_SUCH_ID), ("no id", NULL_ID)):
            yield Case(f"fetch by {name}, v{version}", "Fetch", version, body((0, 0, {}), name=who, version=version), ignore=less)
        yield Case(f"fetch by id, v{version}", "Fetch", version, lambda side, version=version: body((0, 0, {}), version=version, side=side), ignore=less)
        yield Case(f"fetch by id twice, v{version}", "Fetch", version,
                   lambda side, version=version: body((0, 0, {}), (0, 4, {}), version=version, side=side), ignore=less)
        yield Case(f"fetch by id, unknown partition, v{version}", "Fetch", version,
                   lambda side, version=version: body((9, 0, {}), (-1, 0, {}), version=version, side=side), ignore=less)
        if version >= 15:
            yield Case(f"fetch as replica in the state, v{version}", "Fetch", version, lambda side, version=version: body(
                (0, 0, {}), version=version, side=side, ReplicaState={"ReplicaId": 7, "ReplicaEpoch": 1}), ignore=less)
    # Sessions.
    for version in (7, 12, 13, 18):
        def remember(side, answer):
            side.session = answer["SessionId"] if isinstance(answer, dict) else 0

        def ask(*partitions, epoch, version=version, session=True, forget=(), name="a"):
            def made(side):
                whole = body(*partitions, version=version, side=side, name=name) if partitions else {"MaxWaitMs": 10, "MinBytes": 1, "Topics": []}
                known = {"Topic": "a"} if version < 13 else {"TopicId": side.topic_id("a")}
                forgotten = [{**known, "Partitions": list(forget)}] if forget else []
                return {**whole, "SessionId": side.session if session else 0, "SessionEpoch": epoch, "ForgottenTopicsData": forgotten}
            return made

        steps = (("begin", ask((0, 0, {}), (1, 0, {}), (7, 0, {}), epoch=0, session=False)), ("go on", ask(epoch=1)), ("again at an old epoch", ask(epoch=1)),
                 ("go on once more", ask((0, 4, {}), epoch=2)), ("forget", ask(epoch=3, forget=[0, 7, 55])), ("after forgetting", ask(epoch=4)),
                 ("another partition", ask((0, 2, {}), epoch=5)), ("twice", ask((0, 2, {}), (0, 4, {}), epoch=6)), ("from the future", ask(epoch=9)), ("negative epoch", ask(epoch=-3)),
                 ("end", ask((0, 0, {}), epoch=-1)), ("after the end", ask(epoch=7)), ("epoch 1 without a session", ask(epoch=1, session=False)),
                 ("end without a session", ask((0, 0, {}), epoch=-1, session=False)))
        for number, (name, made) in enumerate(steps):
            yield Case(f"session v{version}: {name}", "Fetch", version, made, changes=True, ignore=less, unordered={"Partitions"},
                       then=remember if number == 0 else None)


def topics():
    for version in (2, 5, 7):
        names = ("", ".", "..", "bad/name", "x" * 250, "a", "b_c", "__cluster_metadata", "__consumer_offsets")
        yield create(f"create topics of all names, v{version}", *[topic(name) for name in names[:-1]], version=version, validateOnly=True)
        for partitions, factor in ((0, 1), (-1, 1), (-2, 1), (1, 0), (1, -1), (1, -2), (1, 2), (-1, -1), (1, 32767), (2147483647, 1)):
            yield create(f"create a topic with {partitions} partitions and factor {factor}, v{version}", topic("t", partitions, factor),
                         version=version, validateOnly=True)
        def placed(*assignments, partitions=-1, factor=-1):
            return topic("t", partitions, factor, Assignments=[{"PartitionIndex": index, "BrokerIds": ids} for index, ids in assignments])
        for name, asked in (
                ("well", placed((0, [1]))), ("unordered", placed((1, [1]), (0, [1]))), ("with a number", placed((0, [1]), partitions=1)),
                ("with a factor", placed((0, [1]), factor=1)), ("from 1", placed((1, [1]))), ("twice", placed((0, [1]), (0, [1]))),
                ("negative", placed((-1, [1]))), ("nowhere", placed((0, []))), ("on no broker", placed((0, [7]))), ("on one twice", placed((0, [1, 1]))),
                ("on a negative broker", placed((0, [-1]))), ("with a gap", placed((0, [1]), (2, [1]))), ("of different sizes", placed((0, [1]), (1, [1, 7])))):
            yield create(f"create a topic assigned {name}, v{version}", asked, version=version, validateOnly=True)
        for name, configs in (("null", [{"Name": "retention.ms", "Value": None}]), ("unknown", [{"Name": "no.such", "Value": "1"}]),
                              ("empty name", [{"Name": "", "Value": "1"}]), ("bad", [{"Name": "retention.ms", "Value": "x"}]),
                              ("twice", [{"Name": "retention.ms", "Value": "1000"}, {"Name": "retention.ms", "Value": "2000"}]),
                              ("empty", [{"Name": "retention.ms", "Value": ""}])):
            yield create(f"create a topic with a config that is {name}, v{version}", topic("t", Configs=configs), version=version, validateOnly=True)
        yield create(f"create a topic twice, v{version}", topic("t"), topic("t"), topic("t2"), version=version, validateOnly=True)
        yield create(f"create a topic twice, it exists, v{version}", topic("a"), topic("a"), version=version, validateOnly=True)
        yield create(f"create no topic, v{version}", version=version)
        yield create(f"create two that collide, v{version}", topic("x.y"), topic("x_y"), version=version, validateOnly=True)
    yield create("create in earnest, with everything wrong beside", topic("made.well", 2), topic("bad/name"), topic("a"), topic("zero", 0))
    made = create("create what is to be deleted", topic("del.1"), topic("del.2"), topic("del.3"), topic("del.4"))
    made.then = lambda side, answer: [side.topic_id(f"del.{number}") for number in (1, 2, 3, 4)]
    yield made
    yield create("create with no time", topic("no-time"), timeoutMs=0)
    yield create("create with less than no time", topic("negative-time"), timeoutMs=-1)
    for version in (0, 3):
        for name, count, more in (("fewer", 1, {}), ("as many", 3, {}), ("none", 0, {}), ("negative", -1, {}), ("more", 5, {}),
                                  ("assigned", 4, {"Assignments": [{"BrokerIds": [1]}]}), ("assigned to too few", 5, {"Assignments": [{"BrokerIds": [1]}]}),
                                  ("assigned to no broker", 4, {"Assignments": [{"BrokerIds": [7]}]}), ("assigned to one twice", 4, {"Assignments": [{"BrokerIds": [1, 1]}]}),
                                  ("assigned to nobody", 4, {"Assignments": [{"BrokerIds": []}]}), ("assigned to an empty list", 4, {"Assignments": []}),
                                  ("very many", 2147483647, {}), ("as many, assigned", 3, {"Assignments": [{"BrokerIds": [1]}]})):
            yield Case(f"partitions: {name}, v{version}", "CreatePartitions", version,
                       {"Topics": [{"Name": "a", "Count": count, "Assignments": None, **more}], "TimeoutMs": 5000, "ValidateOnly": True})
        for names in (("none",), ("",), ("bad/name",), ("a", "a"), ("a", "a", "a", "none"), ()):
            yield Case(f"partitions of {names}, v{version}", "CreatePartitions", version, {
                "Topics": [{"Name": name, "Count": 5, "Assignments": None} for name in names], "TimeoutMs": 5000, "ValidateOnly": True}, unordered={"Results"})
    for version in (1, 3, 5):
        for names in (["none"], [""], ["bad/name"], [], ["none", "none"], ["made.well", "made.well"]):
            yield Case(f"delete {names}, v{version}", "DeleteTopics", version, {"TopicNames": names, "TimeoutMs": 5000}, unordered={"Responses"}, changes=True)
    def states(*made):
        return {"Topics": list(made), "TimeoutMs": 5000}
    for name, made in (("unknown id", lambda side: states({"Name": None, "TopicId": NO_SUCH_ID})), ("no id", lambda side: states({"Name": None})),
                       ("empty name", lambda side: states({"Name": ""})), ("empty name and id", lambda side: states({"Name": "", "TopicId": side.topic_id("del.1")})),
                       ("name and id", lambda side: states({"Name": "del.1", "TopicId": side.topic_id("del.1")})),
                       ("id twice", lambda side: states(*[{"Name": None, "TopicId": side.topic_id("del.1")}] * 2)),
                       ("name twice", lambda side: states(*[{"Name": "del.1"}] * 2)),
                       ("name and again by id", lambda side: states({"Name": "del.1"}, {"Name": None, "TopicId": side.topic_id("del.1")})),
                       ("unknown id twice", lambda side: states(*[{"Name": None, "TopicId": NO_SUCH_ID}] * 2)),
                       ("unknown name and a good one", lambda side: states({"Name": "none"}, {"Name": "del.4"})),
                       ("nothing", lambda side: states())):
        yield Case(f"delete by {name}", "DeleteTopics", 6, made, unordered={"Responses"}, changes=True)
    for version in (0, 1, 2):
        for name, what in (("unknown topic", [("none", [(0, 1)])]), ("empty name", [("", [(0, 1)])]), ("unknown partition", [("a", [(9, 1), (-1, 1)])]),
                           ("beyond", [("a", [(0, 100)])]), ("negative", [("a", [(0, -2)])]), ("nothing", []), ("no partitions", [("a", [])]),
                           ("partition twice", [("a", [(0, 1), (0, 2)])]), ("topic twice", [("a", [(0, 1)]), ("a", [(1, 0)])]),
                           ("topic twice, same partition", [("a", [(0, 2)]), ("a", [(0, 1)])]), ("less than before", [("a", [(0, 0)])])):
            yield Case(f"delete records: {name}, v{version}", "DeleteRecords", version, {"Topics": [
                {"Name": topic, "Partitions": [{"PartitionIndex": index, "Offset": offset} for index, offset in partitions]}
                for topic, partitions in what], "TimeoutMs": 5000}, changes=True, unordered={"Topics", "Partitions"})
    yield Case("offset out of range after deletion", "Fetch", 12, {"MaxWaitMs": 10, "MinBytes": 1, "Topics": [
        {"Topic": "a", "Partitions": [{"Partition": 0, "FetchOffset": 0, "PartitionMaxBytes": 1000}]}]})


def administration():
    for version in (1, 2, 3, 4):
        for name, resources in (("unknown topic", [(2, "none", None)]), ("empty topic", [(2, "", None)]), ("bad topic", [(2, "bad/name", None)]),
                                ("keys of a topic", [(2, "a", ["retention.ms"])]), ("unknown keys", [(2, "a", ["no.such"])]), ("no keys", [(2, "a", [])]),
                                ("a key twice", [(2, "a", ["retention.ms", "retention.ms"])]),
                                ("a topic twice", [(2, "a", ["retention.ms"]), (2, "a", ["segment.bytes"])]), ("nothing", []),
                                ("another broker", [(4, "7", None)]), ("no number", [(4, "x", None)]), ("type 0", [(0, "a", None)]),
                                ("type 1", [(1, "a", None)]), ("type 3", [(3, "a", None)]), ("type -1", [(-1, "a", None)]), ("type 99", [(99, "a", None)]),
                                ("loggers of another broker", [(8, "7", None)]), ("all brokers", [(4, "", None)])):
            yield Case(f"configs: {name}, v{version}", "DescribeConfigs", version, {"Resources": [
                {"ResourceType": kind, "ResourceName": who, "ConfigurationKeys": keys} for kind, who, keys in resources]})
    for version in (0, 1, 2):
        for kind in (0, 1, 2, -1) if version else (None,):
            of_kind = {} if kind is None else {"ElectionType": kind}
            for name, partitions in (("one", [("a", [0])]), ("unknown", [("none", [0])]), ("unknown partition", [("a", [9, -1])]),
                                     ("empty name", [("", [0])]), ("twice", [("a", [0, 0])]), ("nothing", []), ("no partitions", [("a", [])]), ("all", None)):
                yield Case(f"elect {name}, type {kind}, v{version}", "ElectLeaders", version, {
                    **of_kind, "TopicPartitions": None if partitions is None else [{"Topic": topic, "Partitions": parts} for topic, parts in partitions],
                    "TimeoutMs": 5000}, unordered={"ReplicaElectionResults", "PartitionResult"})
    for version in (0, 1):
        for name, what in (("to itself", [("a", [(0, [1])])]), ("to nobody", [("a", [(0, [])])]), ("to no broker", [("a", [(0, [7])])]),
                           ("to a negative one", [("a", [(0, [-1])])]), ("to one twice", [("a", [(0, [1, 1])])]), ("cancelled", [("a", [(0, None)])]),
                           ("unknown topic", [("none", [(0, [1])])]), ("unknown partition", [("a", [(9, [1]), (-1, [1])])]), ("empty name", [("", [(0, [1])])]),
                           ("twice", [("a", [(0, [1]), (0, [7])])]), ("topic twice", [("a", [(0, [1])]), ("a", [(1, [1])])]), ("nothing", []),
                           ("no partitions", [("a", [])]), ("unknown cancelled", [("none", [(0, None)])])):
            yield Case(f"reassign {name}, v{version}", "AlterPartitionReassignments", version, {"TimeoutMs": 5000, "Topics": [
                {"Name": topic, "Partitions": [{"PartitionIndex": index, "Replicas": replicas} for index, replicas in partitions]}
                for topic, partitions in what]})
    for name, what in (("all", None), ("nothing", []), ("one", [("a", [0])]), ("unknown", [("none", [0])]), ("unknown partition", [("a", [9])]), ("no partitions", [("a", [])])):
        yield Case(f"reassignments of {name}", "ListPartitionReassignments", 0, {"TimeoutMs": 5000, "Topics": None if what is None else [
            {"Name": topic, "PartitionIndexes": indexes} for topic, indexes in what]})
    yield Case("unregister an unknown broker", "UnregisterBroker", 0, {"BrokerId": 77})
    yield Case("unregister a negative broker", "UnregisterBroker", 0, {"BrokerId": -1})
    for version in range(0, 3):
        for what, updates in (("nothing", []), ("an unknown feature", [("no.version", 1, 1)]), ("an unknown feature to 0", [("no.version", 0, 1)]),
                              ("a negative level", [("no.version", -1, 2)]), ("no type", [("no.version", 1, 0)]), ("an unknown type", [("no.version", 1, 9)]),
                              ("a feature twice", [("no.version", 1, 1), ("no.version", 0, 1)]), ("no name", [("", 1, 1)])):
            yield Case(f"update {what}, v{version}", "UpdateFeatures", version, {"timeoutMs": 5000, "FeatureUpdates": [
                {"Feature": name, "MaxVersionLevel": level, **({"UpgradeType": kind} if version else {"AllowDowngrade": kind > 1})}
                for name, level, kind in updates]})
    for version in range(0, 6):
        yield Case(f"producer id, v{version}", "InitProducerId", version, {"TransactionalId": None, "TransactionTimeoutMs": 0})
        yield Case(f"producer id with a negative time, v{version}", "InitProducerId", version, {"TransactionalId": None, "TransactionTimeoutMs": -1})
        yield Case(f"producer id for an empty transaction, v{version}", "InitProducerId", version, {"TransactionalId": "", "TransactionTimeoutMs": 1000})
        if version >= 3:
            for producer, epoch in ((5, 3), (5, -1), (-1, 3), (-2, 0), (999999, 0)):
                yield Case(f"producer id for {producer} {epoch}, v{version}", "InitProducerId", version,
                           {"TransactionalId": None, "TransactionTimeoutMs": 1000, "ProducerId": producer, "ProducerEpoch": epoch})


def producing():
    def body(*parts, name="a", acks=-1, **more):
        return {"Acks": acks, "TimeoutMs": 5000, "TopicData": [{"Name": name, "PartitionData": [{"Index": i, "Records": r} for i, r in parts]}], **more}
    # What is wrong with records themselves is compared elsewhere.
    for version in (3, 7, 8, 9, 11):
        for name, made in (("unknown topic", body((0, batch(1000)), name="none")), ("unknown partition", body((9, batch(1000)), (-1, batch(1000)))),
                           ("empty name", body((0, batch(1000)), name="")), ("bad name", body((0, batch(1000)), name="bad/name")),
                           ("acks 2", body((0, batch(1000)), acks=2)), ("acks -2", body((0, batch(1000)), acks=-2)), ("nothing", {"Acks": -1, "TimeoutMs": 5000, "TopicData": []}),
                           ("no partitions", body()), ("null records", body((1, None))), ("empty records", body((1, b""))), ("short records", body((1, b"x" * 20))),
                           ("a partition twice", body((1, batch(1000)), (1, batch(2000)))), ("no time", body((1, batch(1000)), TimeoutMs=0)),
                           ("negative time", body((1, batch(1000)), TimeoutMs=-1))):
            yield Case(f"produce {name}, v{version}", "Produce", version, made, changes=True, ignore={"LogStartOffset"})
    yield Case("produce v2", "Produce", 2, None, raw=(0, struct.pack(">hii", 1, 1000, 0), False))


def malformed():
    for name, key, version, body, flexible in (
            ("an unknown request", 999, 0, b"", False), ("a negative request", -1, 0, b"", False), ("metadata from the future", 3, 99, b"", True),
            ("fetch of old", 1, 3, b"", False), ("api versions from the future", 18, 99, b"", True), ("negative version", 3, -1, b"", False),
            ("a body cut short", 3, 1, b"\0\0", False), ("a null list that must not be", 2, 1, b"\xff\xff\xff\xff\xff\xff\xff\xff", False),
            ("a negative length", 3, 1, b"\xff\xff\xff\xfe", False), ("a list longer than its message", 3, 1, b"\x7f\xff\xff\xff", False),
            ("a string that is no UTF-8", 3, 1, b"\0\0\0\1\0\2\xff\xfe", False), ("a null name", 3, 1, b"\0\0\0\1\xff\xff", False),
            ("a forward to a controller", 58, 0, b"\0\0\0", True)):
        yield Case(f"malformed: {name}", "", version, None, raw=(key, body, flexible))


def all_cases():
    from group_cases import group_cases  # which needs Case
    from consumer_group_cases import consumer_group_cases
    from quota_cases import quota_cases
    from acl_cases import acl_cases
    from logger_cases import logger_cases
    for family in (setting_up, group_cases, consumer_group_cases, api_versions, describing, offsets, fetching, administration, metadata, topics, producing, quota_cases, logger_cases, malformed, acl_cases):
        yield from family()
