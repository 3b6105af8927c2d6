"""What differ.py asks about consumer groups of the classic protocol: well, wrong, repeated, empty, null, out of range.

Both brokers want group.initial.rebalance.delay.ms=0: one connection sends everything, so that each group has one member at a time, whose
joins are answered at once."""
from cases import NO_SUCH_ID, NULL_ID, Case

RANGE = b"\0\0\0\0\0\1\0\1a\xff\xff\xff\xff"  # a consumer's subscription to topic a
COORDINATING = (14, 15, 16)


def join(group="g", member="", instance=None, protocols=(("range", RANGE),), kind="consumer", session=10000, rebalance=10000, version=9):
    return {"GroupId": group, "MemberId": member, "ProtocolType": kind, "SessionTimeoutMs": session, "RebalanceTimeoutMs": rebalance,
            "Protocols": [{"Name": name, "Metadata": metadata} for name, metadata in protocols],
            **({"GroupInstanceId": instance} if version >= 5 and instance is not None else {})}


def commit(topics, group="g", generation=-1, member="", instance=None, version=9):
    return {"GroupId": group, "GenerationIdOrMemberEpoch": generation, "MemberId": member,
            **({"GroupInstanceId": instance} if instance is not None and version >= 7 else {}),
            "Topics": [{"Name": name, "Partitions": [{"PartitionIndex": index, "CommittedOffset": offset, "CommittedMetadata": metadata}
                                                     for index, offset, metadata in partitions]} for name, partitions in topics]}


def fetch(topics, group="g", version=9):
    asked = None if topics is None else [{"Name": name, "PartitionIndexes": list(partitions)} for name, partitions in topics]
    return {"GroupId": group, "Topics": asked} if version < 8 else {"Groups": [{"GroupId": group, "Topics": asked}]}


def finding():
    ready = Case("groups: the coordinator is found", "FindCoordinator", 4, {"KeyType": 0, "CoordinatorKeys": ["g"]}, changes=True)
    ready.body = lambda side: (side.retry(lambda: side.connection.ask("DescribeGroups", 5, {"Groups": ["g"]}), lambda answer:
                                          answer["Groups"][0]["ErrorCode"] not in COORDINATING) if found(side) else None,
                               {"KeyType": 0, "CoordinatorKeys": ["g"]})[1]
    yield ready
    for version in range(0, 7):
        kinds = (None,) if version == 0 else (0, 3, -1)
        for kind in kinds:
            of_kind = {} if kind is None else {"KeyType": kind}
            if version < 4:
                for key in ("g", ""):
                    yield Case(f"groups: coordinator of {key!r}, type {kind}, v{version}", "FindCoordinator", version, {"Key": key, **of_kind})
            else:
                for keys in (["g"], ["g", "", "g", "h"], []):
                    yield Case(f"groups: coordinators of {keys}, type {kind}, v{version}", "FindCoordinator", version,
                               {"CoordinatorKeys": keys, **of_kind})


def found(side):
    side.retry(lambda: side.connection.ask("FindCoordinator", 4, {"KeyType": 0, "CoordinatorKeys": ["g"]}),
               lambda answer: answer["Coordinators"][0]["ErrorCode"] == 0)
    return True


def strangers():
    """Who is no member, and groups that are none."""
    for version in range(2, 10):
        for name, body in (("an empty group", join("", version=version)), ("an unknown member", join("stranger", "x", version=version)),
                           ("an unknown member of an empty group", join("", "x", version=version)),
                           ("too short a session", join("stranger", session=1, version=version)), ("too long a session", join("stranger", session=2 ** 31 - 1, version=version)),
                           ("no time", join("stranger", session=0, version=version)), ("no protocols", join("stranger", protocols=(), version=version)),
                           ("no protocol type", join("stranger", kind="", version=version))):
            yield Case(f"groups: join of {name}, v{version}", "JoinGroup", version, body)
        if version >= 5:
            for instance in ("", "i", "bad/name", "..", "x" * 250):
                yield Case(f"groups: join of an unknown member, instance {instance[:9]!r}, v{version}", "JoinGroup", version, join("stranger", "x", instance, version=version))
    for version in range(0, 6):
        for group in ("", "none"):
            yield Case(f"groups: sync of {group!r}, v{version}", "SyncGroup", version, {"GroupId": group, "GenerationId": 1, "MemberId": "x", "Assignments": []})
            if version == 5:
                yield Case(f"groups: sync of {group!r} with a protocol, v{version}", "SyncGroup", version, {
                    "GroupId": group, "GenerationId": 1, "MemberId": "x", "ProtocolType": "consumer", "ProtocolName": "range", "Assignments": []})
                yield Case(f"groups: sync of {group!r} with a type alone, v{version}", "SyncGroup", version, {
                    "GroupId": group, "GenerationId": 1, "MemberId": "x", "ProtocolType": "consumer", "Assignments": []})
            if version < 5:
                for member in ("", "x"):
                    yield Case(f"groups: heartbeat of {member!r} in {group!r}, v{version}", "Heartbeat", version, {"GroupId": group, "GenerationId": 1, "MemberId": member})
            if version < 3:
                yield Case(f"groups: leave {group!r}, v{version}", "LeaveGroup", version, {"GroupId": group, "MemberId": "x"})
            else:
                for members in ([], [{"MemberId": "x"}], [{"MemberId": "x"}] * 2, [{"MemberId": "", "GroupInstanceId": "i"}], [{"MemberId": ""}]):
                    yield Case(f"groups: leave {group!r} by {members}, v{version}", "LeaveGroup", version, {"GroupId": group, "Members": members})


def offsets():
    for version in range(2, 10):
        for name, topics in (("nothing", []), ("no partitions", [("a", [])]), ("one", [("a", [(0, 5, "m")])]), ("null metadata", [("a", [(1, 6, None)])]),
                             ("empty metadata", [("a", [(1, 6, "")])]), ("a negative offset", [("a", [(0, -1, ""), (1, -7, "")])]),
                             ("a partition twice", [("a", [(0, 7, ""), (0, 8, "")])]), ("a topic twice", [("a", [(0, 9, "")]), ("a", [(1, 10, ""), (0, 11, "")])]),
                             ("an unknown topic", [("none", [(0, 1, "")])]), ("an unknown and a known one", [("none", [(0, 1, "")]), ("a", [(2, 12, "")])]),
                             ("an unknown partition", [("a", [(9, 1, ""), (-1, 1, ""), (0, 13, "")])]), ("an empty topic", [("", [(0, 1, "")])]),
                             ("much metadata", [("a", [(0, 14, "x" * 4096), (1, 14, "x" * 4097)])])):
            yield Case(f"groups: commit of {name}, v{version}", "OffsetCommit", version, commit(topics, version=version), changes=True, unordered={"Topics", "Partitions"})
        for name, who in (("an empty group", {"group": ""}), ("a generation of none", {"group": "none", "generation": 1}),
                          ("a member of none", {"group": "none", "member": "x"}), ("a member and a generation of none", {"group": "none", "member": "x", "generation": 0}),
                          ("a generation of the empty", {"generation": 1}), ("a member of the empty", {"member": "x"}),
                          ("a member and a generation of the empty", {"member": "x", "generation": 0}), ("generation -2", {"generation": -2})):
            yield Case(f"groups: commit by {name}, v{version}", "OffsetCommit", version, commit([("a", [(0, 20, "")])], **who, version=version), changes=True)
        if version >= 7:
            yield Case(f"groups: commit by an unknown instance, v{version}", "OffsetCommit", version, commit([("a", [(0, 20, "")])], instance="i", version=version), changes=True)
    for topic, named in ((NO_SUCH_ID, "an unknown id"), (NULL_ID, "no id"), ("a", "an id")):
        def ids(side, topic=topic):
            return {"GroupId": "g", "GenerationIdOrMemberEpoch": -1, "MemberId": "", "Topics": [
                {"TopicId": side.topic_id("a") if topic == "a" else topic, "Partitions": [{"PartitionIndex": 0, "CommittedOffset": 30, "CommittedMetadata": "id"},
                                                                                           {"PartitionIndex": 9, "CommittedOffset": 30, "CommittedMetadata": ""}]}]}
        yield Case(f"groups: commit by {named}", "OffsetCommit", 10, ids, changes=True, unordered={"Partitions"})
        yield Case(f"groups: offsets by {named}", "OffsetFetch", 10, lambda side, topic=topic: {"Groups": [{"GroupId": "g", "Topics": [
            {"TopicId": side.topic_id("a") if topic == "a" else topic, "PartitionIndexes": [0, 7]}]}]})
    yield Case("groups: all offsets by id", "OffsetFetch", 10, lambda side: (side.topic_id("a"), {"Groups": [{"GroupId": "g", "Topics": None}]})[1], unordered={"Partitions"})
    for version in range(1, 10):
        for name, topics in (("nothing", []), ("one", [("a", [0])]), ("some", [("a", [0, 1, 2]), ("b.c", [0])]), ("a partition twice", [("a", [0, 0])]),
                             ("a topic twice", [("a", [0]), ("a", [0])]), ("an unknown topic", [("none", [0])]), ("an unknown partition", [("a", [9, -1])]),
                             ("an empty topic", [("", [0])]), ("no partitions", [("a", [])]), *((("all", None),) if version >= 2 else ())):
            for group in ("g", "none", ""):
                yield Case(f"groups: offsets of {name} in {group!r}, v{version}", "OffsetFetch", version, fetch(topics, group, version), unordered={"Topics", "Partitions"})
        if version >= 8:
            yield Case(f"groups: offsets of several groups, v{version}", "OffsetFetch", version, {
                "Groups": [{"GroupId": group, "Topics": None} for group in ("g", "none", "g")]}, unordered={"Partitions"})
            yield Case(f"groups: offsets of no groups, v{version}", "OffsetFetch", version, {"Groups": []})
        if version >= 9:
            for member, epoch in (("x", -1), ("x", 1), (None, 1), ("", 0)):
                yield Case(f"groups: offsets by member {member!r} {epoch}, v{version}", "OffsetFetch", version, {
                    "Groups": [{"GroupId": "g", "MemberId": member, "MemberEpoch": epoch, "Topics": [{"Name": "a", "PartitionIndexes": [0]}]}]})
    for name, group, topics in (("nothing", "g", []), ("no group", "none", [("a", [0])]), ("an empty group", "", [("a", [0])]), ("one", "g", [("a", [2])]),
                                ("one that is gone", "g", [("a", [2])]), ("an unknown topic", "g", [("none", [0]), ("a", [1])]), ("a partition twice", "g", [("a", [1, 1])]),
                                ("unknown partitions", "g", [("a", [9, -1])]), ("no partitions", "g", [("a", [])]), ("a topic twice", "g", [("a", [0]), ("a", [0])])):
        yield Case(f"groups: delete the offsets of {name}", "OffsetDelete", 0, {"GroupId": group, "Topics": [
            {"Name": topic, "Partitions": [{"PartitionIndex": index} for index in partitions]} for topic, partitions in topics]},
            changes=True, unordered={"Topics", "Partitions"})
    yield Case("groups: all offsets after deletions", "OffsetFetch", 9, fetch(None), unordered={"Topics", "Partitions"})


def members():
    """A group's one member, through its life; then a static one."""
    for version in (2, 3, 4, 5, 6, 7, 8, 9):
        group = f"life{version}"

        def remember(side, answer):
            side.member = answer["MemberId"]
            side.known[answer["MemberId"]] = "the member"

        def step(name, api, at, body, group=group, then=None, version=version):
            return Case(f"groups: {group}: {name}", api, at, (lambda side: body(side)) if callable(body) else body, changes=True, then=then, unordered={"Groups", "Topics", "Results"})

        def as_member(generation=1, version=version, group=group, **more):
            return lambda side: {"GroupId": group, "GenerationId": generation, "MemberId": side.member, **more}

        yield step("joins", "JoinGroup", version, join(group, version=version), then=remember)
        if version >= 4:
            yield step("is described before it has come back", "DescribeGroups", min(version - 1, 6), {"Groups": [group]})
            yield step("joins with its id", "JoinGroup", version, lambda side, group=group, version=version: join(group, side.member, version=version))
        yield step("beats before it has synced", "Heartbeat", min(version - 1, 4), as_member())
        yield step("commits before it has synced", "OffsetCommit", version, lambda side, group=group, version=version: commit([("a", [(0, 1, "")])], group, 1, side.member, version=version))
        at = min(version - 2, 5)
        said = {"ProtocolType": "consumer", "ProtocolName": "range"} if at >= 5 else {}
        if at >= 5:
            yield step("syncs with another type", "SyncGroup", at, as_member(ProtocolType="x", ProtocolName="range", Assignments=[]))
            yield step("syncs with another protocol", "SyncGroup", at, as_member(ProtocolType="consumer", ProtocolName="x", Assignments=[]))
            yield step("syncs without a protocol", "SyncGroup", at, as_member(Assignments=[]))
        yield step("syncs with a past generation", "SyncGroup", at, as_member(0, Assignments=[], **said))
        yield step("syncs", "SyncGroup", at, lambda side, group=group, said=said: {"GroupId": group, "GenerationId": 1, "MemberId": side.member, **said, "Assignments": [
            {"MemberId": side.member, "Assignment": b"mine"}, {"MemberId": "stranger", "Assignment": b"his"}]})
        yield step("syncs again", "SyncGroup", at, as_member(Assignments=[], **said))
        yield step("joins again", "JoinGroup", version, lambda side, group=group, version=version: join(group, side.member, version=version))
        yield step("syncs the second time", "SyncGroup", at, as_member(2, Assignments=[], **said))
        for generation in (2, 1, 3, -1):
            yield step(f"beats in generation {generation}", "Heartbeat", min(version - 1, 4), as_member(generation))
            yield step(f"commits in generation {generation}", "OffsetCommit", version, lambda side, group=group, version=version, generation=generation: commit(
                [("a", [(0, 1, "")]), ("none", [(0, 1, "")])], group, generation, side.member, version=version))
        yield step("is told as unknown", "Heartbeat", min(version - 1, 4), {"GroupId": group, "GenerationId": 2, "MemberId": "x"})
        yield step("others commit", "OffsetCommit", version, commit([("a", [(0, 1, "")])], group, version=version))
        yield step("joins with another type", "JoinGroup", version, lambda side, group=group, version=version: join(group, side.member, kind="x", version=version))
        yield step("joins with other protocols", "JoinGroup", version, lambda side, group=group, version=version: join(group, "", protocols=(("x", b""),), version=version))
        for at_version in range(0, 7):
            yield step(f"is described, v{at_version}", "DescribeGroups", at_version, {"Groups": [group, "none", "", group]})
        for at_version in range(0, 6):
            filters = [{}] if at_version < 4 else [{}, {"StatesFilter": ["stable"]}, {"StatesFilter": ["Empty", "x"]}, {"StatesFilter": [""]}]
            filters += [{"TypesFilter": ["classic"]}, {"TypesFilter": ["Consumer"]}, {"TypesFilter": ["x"]}] if at_version >= 5 else []
            for chosen in filters:
                yield step(f"is listed, {chosen}, v{at_version}", "ListGroups", at_version, chosen)
        yield step("its offsets of its topic are deleted", "OffsetDelete", 0, {"GroupId": group, "Topics": [{"Name": "a", "Partitions": [{"PartitionIndex": 0}]}]})
        yield step("its offsets of another topic are deleted", "OffsetDelete", 0, {"GroupId": group, "Topics": [{"Name": "b.c", "Partitions": [{"PartitionIndex": 0}]}]})
        for at_version in (0, 1, 2):
            yield step(f"is deleted, v{at_version}", "DeleteGroups", at_version, {"GroupsNames": [group, "none", "", group]}, then=None)
        yield step("leaves", "LeaveGroup", min(version, 2), lambda side, group=group: {"GroupId": group, "MemberId": side.member}) if version < 4 else step(
            "leaves", "LeaveGroup", min(version - 1, 5), lambda side, group=group: {"GroupId": group, "Members": [{"MemberId": side.member}, {"MemberId": side.member}]})
        yield step("is described when empty", "DescribeGroups", 5, {"Groups": [group]})
        yield step("is deleted when empty", "DeleteGroups", 2, {"GroupsNames": [group, group, "none"]})
        yield step("is deleted once more", "DeleteGroups", 2, {"GroupsNames": [group]})
        yield step("has no offsets", "OffsetFetch", 9, fetch(None, group))
    for version in (5, 7, 9):
        group = f"static{version}"

        def first(side, answer):
            side.first = side.member = answer["MemberId"]
            side.known[answer["MemberId"]] = "the first"

        def second(side, answer):
            side.member = answer["MemberId"]
            side.known[answer["MemberId"]] = "the second"

        def one(name, api, at, body, then=None, group=group):
            return Case(f"groups: {group}: {name}", api, at, body, changes=True, then=then, unordered={"Groups", "Topics", "Results"})
        said = {"ProtocolType": "consumer", "ProtocolName": "range"}
        yield one("joins", "JoinGroup", version, join(group, instance="i", version=version), then=first)
        yield one("syncs", "SyncGroup", 5, lambda side, group=group, said=said: {"GroupId": group, "GenerationId": 1, "MemberId": side.member, "GroupInstanceId": "i", **said,
                                                                               "Assignments": [{"MemberId": side.member, "Assignment": b"mine"}]})
        yield one("comes back", "JoinGroup", version, join(group, instance="i", version=version), then=second)
        yield one("the first beats", "Heartbeat", 4, lambda side, group=group: {"GroupId": group, "GenerationId": 1, "MemberId": side.first, "GroupInstanceId": "i"})
        yield one("the first beats without an instance", "Heartbeat", 4, lambda side, group=group: {"GroupId": group, "GenerationId": 1, "MemberId": side.first})
        yield one("the first syncs", "SyncGroup", 5, lambda side, group=group, said=said: {"GroupId": group, "GenerationId": 1, "MemberId": side.first, "GroupInstanceId": "i", **said, "Assignments": []})
        yield one("the first joins", "JoinGroup", version, lambda side, group=group, version=version: join(group, side.first, "i", version=version))
        yield one("the first commits", "OffsetCommit", 9, lambda side, group=group: commit([("a", [(0, 1, "")])], group, 1, side.first, "i"))
        yield one("the second syncs", "SyncGroup", 5, lambda side, group=group, said=said: {"GroupId": group, "GenerationId": 1, "MemberId": side.member, "GroupInstanceId": "i", **said, "Assignments": []})
        yield one("the second beats", "Heartbeat", 4, lambda side, group=group: {"GroupId": group, "GenerationId": 1, "MemberId": side.member, "GroupInstanceId": "i"})
        yield one("the second beats as another instance", "Heartbeat", 4, lambda side, group=group: {"GroupId": group, "GenerationId": 1, "MemberId": side.member, "GroupInstanceId": "j"})
        yield one("the second commits", "OffsetCommit", 9, lambda side, group=group: commit([("a", [(0, 1, "")])], group, 1, side.member, "i"))
        yield one("is described", "DescribeGroups", 6, {"Groups": [group]})
        for name, leavers in (("the first", lambda side: [{"MemberId": side.first, "GroupInstanceId": "i"}]), ("another instance", lambda side: [{"MemberId": "", "GroupInstanceId": "j"}]),
                              ("the instance alone", lambda side: [{"MemberId": "", "GroupInstanceId": "i"}, {"MemberId": "", "GroupInstanceId": "i"}])):
            yield one(f"{name} leaves", "LeaveGroup", 5, lambda side, group=group, leavers=leavers: {"GroupId": group, "Members": leavers(side)})
        yield one("is described in the end", "DescribeGroups", 6, {"Groups": [group]})
    for name in ("..", "a b", "bad/name", "x" * 300, "é"):
        yield Case(f"groups: commit in group {name[:9]!r}", "OffsetCommit", 9, commit([("a", [(0, 1, "")])], name), changes=True)
        yield Case(f"groups: offsets in group {name[:9]!r}", "OffsetFetch", 9, fetch(None, name))
    yield Case("groups: all are listed", "ListGroups", 5, {}, unordered={"Groups"})


def group_cases():
    for family in (finding, strangers, offsets, members):
        yield from family()
