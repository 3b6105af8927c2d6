"""Where coordinators are, and what they know: what tests that kill and stop them wait for."""
import time

from broker import check

SECONDS = 90


def java_hash(text):
    """String.hashCode() of Java, made positive as Kafka does it: what decides about a coordinator's partition."""
    value = 0
    for character in text.encode("utf-16-be")[1::2]:  # of ASCII
        value = (31 * value + character) & 0xFFFFFFFF
    return value & 0x7FFFFFFF


def coordinator(cluster, topic, name):
    """The broker that coordinates this group or transactional id, by the internal topic of its kind."""
    leaders = cluster.leaders(topic)
    return cluster.broker(leaders[java_hash(name) % len(leaders)])


def of_group(cluster, group):
    return coordinator(cluster, "__consumer_offsets", group)


def of_transactions(cluster, transactional_id):
    return coordinator(cluster, "__transaction_state", transactional_id)


def until(holds, what, seconds=SECONDS, fails=lambda: None, shows=lambda: ""):
    """Waits for what has no other sign than that it holds. `fails` says why it can't hold any more, `shows` what there is instead."""
    begun = time.monotonic()
    while not holds():
        assert not fails(), f"{what}: {fails()}"
        assert time.monotonic() - begun < seconds, f"not within {seconds} s: {what} {shows()}"
        time.sleep(0.1)  # polling for an event that has no other sign
    check(not fails(), f"{what} ({time.monotonic() - begun:.1f} s)")


class Group:
    """What the coordinator of a group says of it, by Fulmar's own command line."""

    def __init__(self, cluster, group, topic):
        self.cluster, self.name, self.topic = cluster, group, topic

    def described(self):
        """State, and by partition (committed, end, owner: member, client and host); while nobody can say, nothing."""
        rows = self.cluster.ask("group", "describe", self.name, check=False)
        heads = {row[0]: row[1] for row in rows if len(row) == 2}
        return heads.get("state"), {int(row[1]): (row[2], row[3], " ".join(row[5:])) for row in rows if len(row) > 5 and row[0] == self.topic}

    def shared_by(self, members):
        """Whether so many members have all partitions, each at least one."""
        state, partitions = self.described()
        owners = {owner for _, _, owner in partitions.values()}
        return state == "Stable" and not any(owner.startswith("-") for owner in owners) and len(owners) == members

    def committed(self, end):
        """Whether every partition ends at `end`, and all of it is committed."""
        _, partitions = self.described()
        return bool(partitions) and all(partition[:2] == (str(end), str(end)) for partition in partitions.values())
