"""Every method of Kafka's AdminClient 4.4 on three brokers, and on three of Apache Kafka 4.4: what comes of each must be the same. Usage: kafka_admin.py FULMAR_BINARY DIRECTORY

DIRECTORY: as for kafka_tools.py. Ends with 77 if Kafka's jars can't be had, or there is no javac. The program that calls the methods is in admin/.
"""
import glob
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "real"))

from both import DEFAULTS, ELIGIBLE, EPOCHS, UNSERVED, Comparison, both_clusters, has_compiler  # noqa: E402
from kafka_jars import SKIPPED, jars  # noqa: E402

VERSION = "4.4.0"
PROGRAM_SECONDS = 400
# By the calls' names: what Fulmar answers where Kafka answers otherwise, and why.
UNSUPPORTED = "UnsupportedVersionException"
ALLOWED = (
    (r"^(createTopics tells|describeConfigs of a topic).*: min.insync.replicas", "1 DEFAULT_CONFIG .*", ELIGIBLE),
    (r"^describeConfigs of (all brokers|brokers' default): min.insync.replicas", None, ELIGIBLE),
    (r"^(createTopics tells|describeConfigs of a topic).*: flush.messages", "1 DEFAULT_CONFIG .*", DEFAULTS),
    (r"^describeConfigs of a topic: (segment|flush|retention)", ".*:DEFAULT_CONFIG.*", DEFAULTS),
    (r"CLIENT_METRICS", ".*InvalidRequestException.*", UNSERVED),
    (r"^describeConfigs of that group: (streams|share|errors)", None, UNSERVED),
    (r"^describeConfigs of that group: consumer.assignment.interval.ms", None, "`consumer.assignment.interval.ms` is no property of groups; brokers have `group.consumer.assignment.interval.ms`."),
    (r"^consumer: describeConsumerGroups|^describeConsumerGroups$", ".*consumer Consumer (Stable|Empty) .*", EPOCHS),
    (r"^describe(Share|Streams)Groups", "{none=" + UNSUPPORTED + ", simple=" + UNSUPPORTED + "}", UNSERVED),
    (r"^deleteAcls$", r"\[(\(pattern.*?\), entry.*?\)(, )?){5}\]", "What several filters of one `deleteAcls` match is told of the first of them only."),
    (r"^addRaftVoter unknown", "BrokerIdNotRegisteredException", "`addRaftVoter` takes registered brokers only."),
    (r"^unregisterController", UNSUPPORTED, "`unregisterController` is not served: controllers are brokers, and are unregistered as such."),
    (r"DelegationToken$", UNSUPPORTED, UNSERVED),
    (r"^alterReplicaLogDirs", UNSUPPORTED, UNSERVED),
)


def program(libs, place):
    """The command of the program that calls them all, compiled."""
    subprocess.run(["javac", "-nowarn", "-cp", libs + "/*", "-d", place, *glob.glob(os.path.join(HERE, "admin", "*.java"))], check=True, capture_output=True)
    return ["java", "-Xmx256m", "-cp", f"{place}:{libs}/*", "AdminMethods"]


def outcomes(running):
    """By name: what came of it, and the text with it."""
    output, errors = running.communicate(timeout=PROGRAM_SECONDS)
    assert running.returncode == 0, f"ended with {running.returncode}:\n{output[-2000:]}\n{errors[-3000:]}"
    found = {}
    for name, outcome, text in (line.split("\t") for line in output.splitlines() if line.count("\t") == 2):  # the rest is of its logger
        assert name not in found, f"two have the name {name}"
        found[name] = outcome, text
    return found


def main(binary, directory):
    libs = jars(directory, "tools", VERSION, ["kafka-tools", "kafka_2.13"])
    if not libs or not has_compiler():
        return SKIPPED
    comparison = Comparison(ALLOWED)
    with tempfile.TemporaryDirectory() as place, both_clusters(binary, libs) as (ours, theirs):
        command = program(libs, place)
        running = [subprocess.Popen([*command, at.address], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for at in (ours, theirs)]
        of_ours, of_theirs = map(outcomes, running)
        for name in dict.fromkeys([*of_ours, *of_theirs]):
            answered, text = of_ours.get(name, (None, ""))
            wanted, their_text = of_theirs.get(name, (None, ""))
            comparison.compare(name, answered, wanted, f"{text} | {their_text}")
        ours.stop()
    return 0 if comparison.end("methods of AdminClient") else 1


if __name__ == "__main__":
    if len(sys.argv) != 3:
        print(__doc__, file=sys.stderr)
        sys.exit(2)
    sys.exit(main(*sys.argv[1:]))
