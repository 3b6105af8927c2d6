"""Apache Kafka's command line tools 4.4 on three brokers, and on three of Apache Kafka's own: they must say the same. Usage: kafka_every_tool.py FULMAR_BINARY DIRECTORY

DIRECTORY: as for kafka_tools.py. Ends with 77 if Kafka's jars can't be had, or there is no javac. What the tools are asked for is in tool_steps.py; all of
them run in one process for each cluster (toolbox/). With SHOW in the environment everything they say is shown.
"""
import concurrent.futures
import glob
import json
import os
import re
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "real"))

from both import DEFAULTS, ELIGIBLE, EPOCHS, UNSERVED, Comparison, both_clusters, has_compiler  # noqa: E402
from broker import check  # noqa: E402
from kafka_jars import SKIPPED, TOOL_SECONDS, TOOLS as PACKAGE, jars, java  # noqa: E402
from tool_steps import BOOTSTRAP_AFTER, OWN_PROCESS, TOOLS, steps, write_files  # noqa: E402

VERSION = "4.4.0"
UNTIL_SECONDS = 60
TWO_MECHANISMS = "A user's credentials of two mechanisms can be set in one request; Kafka refuses that."
# By the commands: what comes of them here where it is otherwise with Kafka, and why.
ALLOWED = (
    (r"^kafka-broker-api-versions", r"ends with 0(?s:.*)AlterReplicaLogDirs\(34\): UNSUPPORTED(?s:.*)", "`kafka-broker-api-versions` shows the APIs that are not served as unsupported."),
    (r"^kafka-topics --describe( --topics-with-overrides)?$", r"ends with 0\n(?s:(?!.*min.insync).*)", ELIGIBLE),
    (r"^kafka-configs --describe --entity-type brokers --entity-default", r"ends with 0\nDefault configs for brokers in the cluster are:\n--\n", ELIGIBLE),
    (r"^kafka-configs --describe (--topic t|--entity-type topics)", r"ends with 0\n(?s:.*)DEFAULT_CONFIG:log.retention.hours=168(?s:.*)", DEFAULTS),
    (r"--broker 1 --add-config no.such=3", r"ends with 1\n(?s:.*)InvalidRequestException(?s:.*)", "A broker's property that there is not is refused; Kafka keeps it, for plugins."),
    (r"^kafka-configs --alter .*password=p\],", r"ends with 0\n(?s:.*)", TWO_MECHANISMS),
    (r"^kafka-configs --describe (--user u|--entity-type users)", r"ends with 0\n(?s:.*)SCRAM-SHA-256=iterations=8192, SCRAM-SHA-512=iterations=4096(?s:.*)", TWO_MECHANISMS),
    (r"^kafka-configs --alter --user u --delete-config SCRAM-SHA-256$", r"ends with 0\n(?s:.*)", TWO_MECHANISMS),
    (r"^kafka-client-metrics --alter", r"ends with 1\n(?s:.*)", UNSERVED),
    (r"^kafka-consumer-groups --describe --group k --state --verbose", r"ends with 0\n(?s:.*)uniform Empty 2 1 0(?s:.*)", EPOCHS),
    (r"^kafka-share-groups --describe", r"(?s:.*)UnsupportedVersionException(?s:.*)", UNSERVED),
    (r"^kafka-metadata-quorum remove-controller", r"ends with 1\n(?s:.*)Cannot remove voter N from(?s:.*)", "Why a controller that does not vote can't be removed is said in other words."),
    (r"^kafka-features describe", r"ends with 0\nFeature: group.version SupportedMinVersion: 0 SupportedMaxVersion: 1 (?s:.*)", "The features are `group.version`, `transaction.version`, and a `metadata.version` with levels of its own."),
)


IN_ORDER = re.compile(r"(?<=consumer groups \()[^)]*|(?<=Replicas: )[\d,]+|(?<=Isr: )[\d,]+|(?<=operations \[)[^]]*|"
                      r'(?<="replicas":\[)[^]]*|(?<="log_dirs":\[)[^]]*')
# What depends on the cluster, or is only words.
REPLACED = [(re.compile(pattern, re.MULTILINE), word) for pattern, word in (
    (r"[ \t]+", " "), (r" $", ""), (r"console-consumer-\d+", "GROUP"), (r"127\.0\.0\.1[: ]\d+", "HOST"), (r"\b[A-Za-z0-9_-]{22}\b", "ID"), (r"\b1[5-9]\d{11}\b", "TIME"), (r"[\w.-]*[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "MEMBER"),
    (re.escape(tempfile.gettempdir()) + r"/[\w-]+/", "PLACE/"), (r"(Leader|Local controller|coordinator|CoordinatorId)(:?) \d", r"\1\2 N"), (r"HOST \(\d\)", "HOST (N)"), (r"(INTERNAL|CONTROLLER)://", "LISTENER://"),
    (r"((?:Exception|error|command|Command failed|refused|following errors?|on leader)) ?: .*", r"\1"))]
NUMBERS = re.compile(r"\d+(\.\d+)?|NaN")
# Whose numbers are measured, or counted by each cluster in its own way.
MEASURED = ("kafka-producer-perf-test", "kafka-consumer-perf-test", "kafka-e2e-latency", "kafka-metadata-quorum", "kafka-verifiable-producer", "kafka-transactions")
NOT_OF_A_TOOL = re.compile(r"\[?\d{4}-\d\d-\d\d [^,]*$|\[\d{4}-\d\d-\d\d|SLF4J|\s+at |WARN|\s+\.\.\. \d+ more")


def words(text, measured):
    """What a tool said, in words that do not depend on the cluster; in the order of the alphabet."""
    text = IN_ORDER.sub(lambda found: ",".join(sorted(part.strip() for part in found[0].split(","))), text)
    for pattern, word in REPLACED:
        text = pattern.sub(word, text)
    if measured:
        text = NUMBERS.sub("N", text)
    return "\n".join(sorted(line for line in text.splitlines() if line.strip() and not NOT_OF_A_TOOL.match(line)))


class Toolbox:
    def __init__(self, libs, classes, address, place):
        self.libs, self.address, self.place = libs, address, place
        self.process = subprocess.Popen(["java", "-Xmx512m", "-cp", f"{classes}:{libs}/*", "RunTools"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL, text=True)

    def run(self, command, lines):
        name, *arguments = command.format(place=self.place).split()
        after = BOOTSTRAP_AFTER.get(name, 0)
        arguments = [*arguments[:after], "--bootstrap-server", self.address, *arguments[after:]]
        if name in OWN_PROCESS:
            done = subprocess.run([*java(self.libs), PACKAGE + TOOLS[name], *arguments], capture_output=True, text=True, timeout=TOOL_SECONDS, check=False)
            return {"code": done.returncode, "out": done.stdout, "err": done.stderr}
        self.process.stdin.write(json.dumps({"tool": PACKAGE + TOOLS[name], "arguments": arguments, "input": lines}) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        assert answer, f"the tools' process ended at {command}"
        return json.loads(answer)

    def run_all(self):
        """By command and how often it came before: the words of what it said."""
        said = {}
        for command, lines, until in steps():
            end = time.monotonic() + UNTIL_SECONDS
            while True:
                answer = self.run(command, lines)
                if until is None or re.search(until, answer["out"]):
                    break
                assert time.monotonic() < end, f"{command} does not come to {until}:\n{answer}"
            said[command, sum(1 for known, _ in said if known == command)] = answer
        return said


def dump_logs(libs, directory):
    """kafka-dump-log reads what a broker that has stopped left on its disk."""
    def dump(pattern, *options):
        files = sorted(path for path in glob.glob(os.path.join(directory, pattern)) if os.path.getsize(path))
        done = subprocess.run([*java(libs), PACKAGE + "DumpLogSegments", "--files", ",".join(files), *options], capture_output=True, text=True, timeout=TOOL_SECONDS, check=False)
        assert done.returncode == 0 and files, f"{pattern}: {done.stdout[-1000:]}\n{done.stderr[-3000:]}"
        return done.stdout

    said = dump("one-0/*.log", "--print-data-log")
    check("isvalid: true" in said and "isvalid: false" not in said and said.count("payload: ") >= 4000 and "endTxnMarker: COMMIT" in said,
          "kafka-dump-log prints a partition's records, and the markers of transactions")
    check('"group":"k"' in dump("__consumer_offsets-*/*.log", "--offsets-decoder"), "and what a group's coordinator keeps")
    check("transactionalId" in dump("__transaction_state-*/*.log", "--transaction-log-decoder"), "and a transaction's")


def outcome(command, answer):
    measured = command.startswith(MEASURED)
    return f"ends with {answer['code']}\n{words(answer['out'], measured)}\n--\n{words(answer['err'], measured)}"


def main(binary, directory):
    libs = jars(directory, "tools", VERSION, ["kafka-tools", "kafka_2.13"])
    if not libs or not has_compiler():
        return SKIPPED
    comparison = Comparison(ALLOWED)
    with tempfile.TemporaryDirectory() as place, both_clusters(binary, libs) as (ours, theirs):
        write_files(place)
        subprocess.run(["javac", "-cp", libs + "/*", "-d", place, os.path.join(HERE, "toolbox", "RunTools.java")], check=True)
        boxes = [Toolbox(libs, place, at.address, place) for at in (ours, theirs)]
        try:
            with concurrent.futures.ThreadPoolExecutor(2) as pool:
                of_ours, of_theirs = pool.map(Toolbox.run_all, boxes)
        finally:
            for box in boxes:
                box.process.kill()
        for (command, count), answer in of_ours.items():
            if "SHOW" in os.environ:
                print(f"$ {command}\n{answer['out']}{answer['err']}")
            comparison.compare(command + f" ({count + 1})" * (count > 0), outcome(command, answer), outcome(command, of_theirs[command, count]))
        ours.stop()
        dump_logs(libs, ours.brokers[0].directory)
    return 0 if comparison.end(f"{len(of_ours)} commands of Kafka's tools") else 1


if __name__ == "__main__":
    if len(sys.argv) != 3:
        print(__doc__, file=sys.stderr)
        sys.exit(2)
    sys.exit(main(*sys.argv[1:]))
