"""Apache Kafka's tools by SASL_SSL: access control lists, users, topics, a console producer and consumer. Usage: kafka_secured.py FULMAR_BINARY DIRECTORY

DIRECTORY: as for kafka_tools.py. Ends with 77 if Kafka's jars can't be had.
"""
import os
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "real"))

from broker import check  # noqa: E402
from kafka_jars import SKIPPED, Tools, jars  # noqa: E402
from secured_cluster import MECHANISM, PASSWORD, STRANGER, USER, secured_cluster  # noqa: E402

VERSION = "4.4.0"
LINES = [f"line {n}" for n in range(100)]


class As:
    """The tools, as a user; `settings`: the file that says so."""

    def __init__(self, tools, directory, cluster, user, password=PASSWORD):
        self.tools, self.settings = tools, os.path.join(directory, user + ".properties")
        with open(self.settings, "w", encoding="utf-8") as out:
            out.write(f"security.protocol=SASL_SSL\nssl.truststore.type=PEM\nssl.truststore.location={cluster.authority.certificate}\nsasl.mechanism={MECHANISM}\n"
                      f"sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required username=\"{user}\" password=\"{password}\";\n")

    def run(self, tool, *arguments, code=0, lines=None):
        return self.tools.run(tool, *arguments, "--command-config", self.settings, code=code, lines=lines)

    def acls(self, *arguments, code=0):
        return self.run("AclCommand", *arguments, code=code)

    def consume(self, topic, group, code=0):
        return self.run("consumer.ConsoleConsumer", "--topic", topic, "--group", group, "--from-beginning", "--max-messages", str(len(LINES)), "--timeout-ms",
                        "20000", code=code)


def test_lists(peer, stranger):
    peer.run("TopicCommand", "--create", "--topic", "guarded", "--partitions", "1")
    said = stranger.run("TopicCommand", "--list")
    check("guarded" not in said, "a stranger is shown no topic")
    said = stranger.run("TopicCommand", "--create", "--topic", "other", code=1)
    check("uthorization" in said, f"kafka-topics: a stranger makes none: {said.strip().splitlines()[0]}")
    said = stranger.acls("--list", code=None)
    check("ClusterAuthorizationException" in said or "Cluster authorization failed" in said or "guarded" not in said, "kafka-acls: nor is it shown the lists")
    peer.acls("--add", "--allow-principal", "User:" + STRANGER, "--producer", "--topic", "guarded")
    said = peer.acls("--list", "--topic", "guarded")
    check(said.count("User:" + STRANGER) == 3 and "operation=WRITE" in said, "kafka-acls gives a producer what it needs, and lists it")
    stranger.run("ConsoleProducer", "--topic", "guarded", "--command-property", "acks=all", lines=LINES)
    said = stranger.consume("guarded", "readers", code=None)
    check(LINES[0] not in said, "who may write may not read")
    peer.acls("--add", "--allow-principal", "User:" + STRANGER, "--consumer", "--topic", "guarded", "--group", "read", "--resource-pattern-type", "prefixed")
    check(stranger.consume("guarded", "readers").split("\n")[:len(LINES)] == LINES, "and may once kafka-acls has allowed it, by prefixes")
    peer.acls("--add", "--deny-principal", "User:" + STRANGER, "--deny-host", "127.0.0.1", "--operation", "Read", "--topic", "guarded")
    check(LINES[0] not in stranger.consume("guarded", "readers2", code=None), "a denial at its address counts for more")
    peer.acls("--remove", "--force", "--topic", "guarded")
    peer.acls("--remove", "--force", "--topic", "guarded", "--group", "read", "--resource-pattern-type", "prefixed")
    check(STRANGER not in peer.acls("--list"), "kafka-acls removes them all")


def test_users(tools, directory, cluster, peer):
    user = ("--entity-type", "users", "--entity-name", "erin")
    peer.run("ConfigCommand", "--alter", *user, "--add-config", MECHANISM + "=[iterations=8192,password=pen]")
    check("iterations=8192" in peer.run("ConfigCommand", "--describe", *user), "kafka-configs adds a user, and describes it")
    erin = As(tools, directory, cluster, "erin", "pen")
    check("guarded" not in erin.run("TopicCommand", "--list"), "who is let in, and may nothing yet")
    cluster.allow("erin", "--topic", "guarded")
    check("guarded" in erin.run("TopicCommand", "--list"), "or what fulmar acl allows it")
    peer.run("ConfigCommand", "--alter", *user, "--delete-config", MECHANISM)
    said = erin.run("TopicCommand", "--list", code=1)
    check("uthentication failed" in said, f"and not let in once kafka-configs has deleted it: {said[:300]}")


def main(binary, directory):
    libs = jars(directory, "tools", VERSION, ["kafka-tools"])
    if not libs:
        return SKIPPED
    with secured_cluster(3, binary) as cluster, tempfile.TemporaryDirectory() as place:
        tools = Tools(libs, cluster.address)
        peer, stranger = As(tools, place, cluster, USER), As(tools, place, cluster, STRANGER)
        test_lists(peer, stranger)
        test_users(tools, place, cluster, peer)
        cluster.stop()
    return 0


if __name__ == "__main__":
    if len(sys.argv) != 3:
        print(__doc__, file=sys.stderr)
        sys.exit(2)
    sys.exit(main(*sys.argv[1:]))
