"""What differ.py asks about consumer groups (KIP-848): members that do it well and wrong, and the classic APIs on such a group."""
from cases import Case
from group_cases import commit, fetch, join

GROUP = "consumers"


def beat(epoch=0, member="m", group=GROUP, version=1, **more):
    body = {"GroupId": group, "MemberId": member, "MemberEpoch": epoch, "RebalanceTimeoutMs": -1, "TopicPartitions": None, "SubscribedTopicNames": None}
    if epoch == 0:
        body |= {"RebalanceTimeoutMs": 10000, "SubscribedTopicNames": ["a"], "TopicPartitions": []}
    return {name: value for name, value in (body | more).items() if version > 0 or name != "SubscribedTopicRegex"}


def wrong():
    for version in (0, 1):
        for name, body in (("no group", beat(group="")), ("no member", beat(3, member="")), ("no member that leaves", beat(-1, member="")),
                           ("an empty instance", beat(InstanceId="")), ("an empty rack", beat(RackId="")), ("no rebalance timeout", beat(RebalanceTimeoutMs=-1)),
                           ("partitions at first", beat(TopicPartitions=[{"TopicId": b"\0" * 15 + b"\5", "Partitions": [0]}])), ("null partitions at first", beat(TopicPartitions=None)),
                           ("no subscription", beat(SubscribedTopicNames=None)), ("an unknown assignor", beat(ServerAssignor="x")), ("an empty assignor", beat(ServerAssignor="")),
                           ("a static leave without an instance", beat(-2)), ("an epoch below", beat(-3)), ("an unknown group", beat(1, group="none")),
                           ("a leave of an unknown group", beat(-1, group="none")), ("a static leave of an unknown group", beat(-2, group="none", InstanceId="i"))):
            yield Case(f"consumer groups: {name}, v{version}", "ConsumerGroupHeartbeat", version, body)
    for pattern in ("(", "a**", "[b", "\\"):
        yield Case(f"consumer groups: the pattern {pattern}", "ConsumerGroupHeartbeat", 1, beat(SubscribedTopicNames=None, SubscribedTopicRegex=pattern))
    for version in (0, 1):
        yield Case(f"consumer groups: none is described, v{version}", "ConsumerGroupDescribe", version, {"GroupIds": ["none", "", "none"]})
        yield Case(f"consumer groups: nothing is described, v{version}", "ConsumerGroupDescribe", version, {"GroupIds": []})


def steps():
    def step(name, api, version, body, **more):
        return Case(f"consumer groups: {name}", api, version, body, changes=True, unordered={"Groups", "Members", "Topics", "Results", "TopicPartitions", "Assignment"},
                    ignore={"ClientHost"}, **more)

    yield step("a member joins", "ConsumerGroupHeartbeat", 1, beat())
    yield step("and is heard", "ConsumerGroupHeartbeat", 1, beat(1))
    yield step("and says all", "ConsumerGroupHeartbeat", 1, beat(1, RebalanceTimeoutMs=10000, SubscribedTopicNames=["a"], TopicPartitions=[]))
    yield step("of a later epoch", "ConsumerGroupHeartbeat", 1, beat(2))
    yield step("a stranger", "ConsumerGroupHeartbeat", 1, beat(1, member="x"))
    yield step("a stranger leaves", "ConsumerGroupHeartbeat", 1, beat(-1, member="x"))
    yield step("an unknown instance", "ConsumerGroupHeartbeat", 1, beat(1, InstanceId="i"))
    for version in (0, 1):
        yield step(f"it is described, v{version}", "ConsumerGroupDescribe", version, {"GroupIds": [GROUP, "g"], "IncludeAuthorizedOperations": True})
    yield step("it is described as classic, v5", "DescribeGroups", 5, {"Groups": [GROUP]})
    yield step("it is described as classic, v6", "DescribeGroups", 6, {"Groups": [GROUP]})
    for chosen in ({}, {"TypesFilter": ["Consumer"]}, {"TypesFilter": ["classic"]}, {"StatesFilter": ["stable"], "TypesFilter": ["consumer"]}):
        yield step(f"it is listed, {chosen}", "ListGroups", 5, chosen)
    for name, member, epoch, version in (("its member", "m", 1, 9), ("its member of a later epoch", "m", 2, 9), ("its member of an earlier epoch", "m", 0, 9), ("nobody", "", -1, 9),
                                         ("a stranger", "x", 1, 9), ("its member in version 8", "m", 1, 8), ("no member with an epoch", "", 1, 9), ("its member without an epoch", "m", -1, 9)):
        yield step(f"{name} commits", "OffsetCommit", version, commit([("a", [(0, 5, "")])], GROUP, epoch, member, version=version))
    for name, who in (("nobody", {}), ("its member", {"MemberId": "m", "MemberEpoch": 1}), ("of a later epoch", {"MemberId": "m", "MemberEpoch": 2}), ("a stranger", {"MemberId": "x", "MemberEpoch": 1}),
                      ("no epoch", {"MemberId": "m", "MemberEpoch": -1})):
        asked = fetch([("a", [0])], GROUP)
        asked["Groups"][0] |= who
        yield step(f"{name} asks for offsets", "OffsetFetch", 9, asked)
    yield step("offsets are deleted", "OffsetDelete", 0, {"GroupId": GROUP, "Topics": [{"Name": "a", "Partitions": [{"PartitionIndex": 0}]}]})
    yield step("it is deleted too soon", "DeleteGroups", 2, {"GroupsNames": [GROUP]})
    yield step("a classic member of another type joins", "JoinGroup", 9, join(GROUP, "", kind="x"))
    yield step("its member syncs as a classic one", "SyncGroup", 5, {"GroupId": GROUP, "GenerationId": 1, "MemberId": "m", "ProtocolType": "consumer", "ProtocolName": "range", "Assignments": []})
    yield step("its member beats as a classic one", "Heartbeat", 4, {"GroupId": GROUP, "GenerationId": 1, "MemberId": "m"})
    for name, leaver in (("a stranger", {"MemberId": "x"}), ("an instance", {"MemberId": "", "GroupInstanceId": "i"}), ("nobody", {"MemberId": ""})):
        yield step(f"{name} leaves as a classic one", "LeaveGroup", 5, {"GroupId": GROUP, "Members": [leaver]})
    yield step("it joins anew", "ConsumerGroupHeartbeat", 1, beat())
    yield step("it leaves", "ConsumerGroupHeartbeat", 1, beat(-1))
    yield step("it leaves again", "ConsumerGroupHeartbeat", 1, beat(-1))
    yield step("nobody commits in the empty group", "OffsetCommit", 9, commit([("a", [(0, 7, "")])], GROUP))
    yield step("the empty group is described", "ConsumerGroupDescribe", 1, {"GroupIds": [GROUP]})
    yield step("a static member joins", "ConsumerGroupHeartbeat", 1, beat(InstanceId="i"))
    yield step("another in its place", "ConsumerGroupHeartbeat", 1, beat(member="n", InstanceId="i"))
    yield step("another leaves in its place", "ConsumerGroupHeartbeat", 1, beat(-1, member="n", InstanceId="i"))
    yield step("it leaves for a while", "ConsumerGroupHeartbeat", 1, beat(-2, InstanceId="i"))
    yield step("it is away", "ConsumerGroupDescribe", 1, {"GroupIds": [GROUP]})
    yield step("another takes its place", "ConsumerGroupHeartbeat", 1, beat(member="n", InstanceId="i"))
    yield step("it is heard no more", "ConsumerGroupHeartbeat", 1, beat(1, InstanceId="i"))
    yield step("it is removed as a classic one, by its id too", "LeaveGroup", 5, {"GroupId": GROUP, "Members": [{"MemberId": "n", "GroupInstanceId": "i"}]})
    yield step("it is removed by its instance", "LeaveGroup", 5, {"GroupId": GROUP, "Members": [{"MemberId": "", "GroupInstanceId": "i"}]})
    yield step("the group is described in the end", "ConsumerGroupDescribe", 1, {"GroupIds": [GROUP]})
    yield step("it is deleted", "DeleteGroups", 2, {"GroupsNames": [GROUP]})


def consumer_group_cases():
    yield from wrong()
    yield from steps()
