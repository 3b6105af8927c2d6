"""The same program for a cluster of Fulmar's and one of Apache Kafka's, and where what it says differs."""
import contextlib
import os
import re
import shutil

from apache_cluster import ApacheCluster
from cluster import Cluster

# Of both; brokers 1 to 3.
SETTINGS = ["authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer", "super.users=User:ANONYMOUS",
            "group.initial.rebalance.delay.ms=0", "offsets.topic.num.partitions=4", "transaction.state.log.num.partitions=4"]

# Why something comes out otherwise; docs/compatibility.md has these, too.
ELIGIBLE = "Kafka sets `min.insync.replicas=1` for all brokers by itself, for its eligible leader replicas (KIP-966), so it shows it everywhere."
DEFAULTS = "`flush.messages` is 1 by default: what is acknowledged is on disk. Defaults that the broker has in other units, such as `log.retention.hours`, are told, too."
EPOCHS = "The epochs of consumer groups begin at 2 on Kafka, which counts one up when the last member leaves."
UNSERVED = "There are no share groups, groups of Streams' own, client telemetry, delegation tokens, and no second log directory of a broker: the client says that the API is not supported."


def has_compiler():
    """Of Java, for the program that is compared; says so if there is none."""
    if shutil.which("javac"):
        return True
    print("SKIPPED, there is no javac: the comparison with Apache Kafka")
    return False


@contextlib.contextmanager
def both_clusters(binary, libs):
    """Fulmar's and Apache Kafka's, of three brokers each."""
    options = [word for line in SETTINGS for word in ("--set", line)]
    with Cluster(3, *options, binary=os.path.abspath(binary)) as ours, ApacheCluster(libs, 3, *SETTINGS) as theirs:
        yield ours, theirs


class Comparison:
    """What came of the calls of each, by name. `allowed`: patterns of names, of what Fulmar answers (None: nothing), and why that is not what Kafka does."""

    def __init__(self, allowed):
        self.allowed, self.used, self.equal, self.different, self.wrong = allowed, set(), 0, 0, []

    def compare(self, name, ours, theirs, more=""):
        if ours == theirs:
            self.equal += 1
            return
        for number, (pattern, answer, _) in enumerate(self.allowed):
            if re.search(pattern, name) and (ours is answer is None or answer and ours and re.fullmatch(answer, ours)):
                self.used.add(number)
                self.different += 1
                return
        self.wrong.append(f"{name}\n  Fulmar: {ours}\n  Kafka:  {theirs}{more and chr(10) + '  ' + more}")

    def end(self, what):
        """Whether all is as it should be; says so."""
        unused = [pattern for number, (pattern, _, _) in enumerate(self.allowed) if number not in self.used]
        for text in self.wrong:
            print(f"FAILED: {text}")
        for pattern in unused:
            print(f"FAILED: nothing differs by {pattern} any more")
        print(f"{'FAILED' if self.wrong or unused else 'ok'}: {what}: {self.equal} as Apache Kafka's, {self.different} otherwise on purpose, {len(self.wrong)} otherwise", flush=True)
        return not self.wrong and not unused
