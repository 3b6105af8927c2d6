"""Configuration of the real broker: its command line and files, hosts by name, and what is changed while it runs."""
import json
import os
import re
import subprocess
import sys
import tempfile
import time

from broker import Broker, check

BINARY = os.path.abspath(sys.argv[1])


def fulmar(*arguments, code=0, broker=None):
    """Runs a command to its end; returns its standard output, or standard error where it must fail."""
    to = ["--bootstrap", broker.address] if broker else []
    done = subprocess.run([BINARY, *arguments, *to], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == code, f"{arguments} ended with {done.returncode}, not {code}: {done.stderr}"
    return done.stdout if code == 0 else done.stderr


def table(text):
    return [line.split() for line in text.splitlines()]


def configs(broker, topic):
    return [row[1] for row in table(fulmar("topic", "describe", topic, broker=broker)) if row[:1] == ["config"]]


def test_command_line():
    with tempfile.TemporaryDirectory() as directory:
        for arguments, expected in ((["--config", directory], "is a directory"), (["stray"], "too many operands"),
                                    (["--data", directory], "unrecognised option '--data'"), ([], "--data-dir is needed"),
                                    (["--set", "num.partition=3"], "did you mean num.partitions?"),
                                    (["--set", "security.providers=x"], "Configuration security.providers is not served"),
                                    (["--set", "log.dirs=/a,/b"], "several are not served"),
                                    (["--listen", "::1:9092"], "an IPv6 address in brackets"),
                                    (["--set", "listeners=SASL_PLAINTEXT://h:1"], "GSSAPI is not served")):
            options = arguments if not arguments or arguments[0].startswith("--data") else ["--data-dir", directory + "/d", *arguments]
            said = fulmar("broker", *options, code=2)
            check(expected in said, f"{arguments} is refused, and it is said why")
        check(os.listdir(directory) == [], "and nothing was made for a broker that does not start")
    check("did you mean broker?" in fulmar("borker", code=2), "a command that is nearly one is recognised")


def test_files(directory):
    file = directory + "/server.properties"
    with open(file, "w", encoding="utf-8") as out:
        out.write(f"broker.id= 5 \nlog.dirs={directory}/data\nnum.io.threads=8\nlog.retention.hours=2\n"
                  "listeners=PLAINTEXT://localhost:0,INTERNAL://localhost:0\n")
    process = subprocess.Popen([BINARY, "broker", "--config", file, "--listen", "localhost:0"], stderr=subprocess.PIPE, text=True)
    said = process.stderr.readline()
    process.kill()
    process.wait()
    check("controller.quorum.voters" in said, "--listen replaces what clients connect to, and not the listener for brokers")
    with open(file, "a", encoding="utf-8") as out:
        out.write("listeners=PLAINTEXT://localhost:0\n")
    with Broker("--config", file, directory=directory + "/data") as broker:
        check("node=5" in broker.said(), "a file as for Kafka is read")
        fulmar("topic", "create", "t", broker=broker)
        rows = table(fulmar("cluster", "config", "--broker", "5", broker=broker))
        check(["log.retention.hours", "2", "start"] in rows and ["num.io.threads", "8", "start"] in rows,
              "and what it says is shown")


def ended(log):
    """The objects of a log in JSON, line by line."""
    with open(log, encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.endswith("\n")]


def test_logs(directory):
    for arguments, expected in ((["--log-level", "loud"], "--log-level must be trace, debug, info, warn or error, not loud"),
                                (["--log-format", "xml"], "--log-format must be text or json, not xml"),
                                (["--log-files", "3"], "--log-files needs --log-file"),
                                (["--log-file", directory + "/log", "--log-file-bytes", "7"], "--log-file-bytes must be at least 4096")):
        check(expected in fulmar("broker", "--data-dir", directory + "/data", *arguments, code=2), f"{arguments} is refused, and it is said why")
    said = fulmar("broker", "--data-dir", directory + "/data", "--log-file", directory, "--listen", "127.0.0.1:0", code=1)
    check(directory in said, "a broker that can't log where it is to does not start")
    log = directory + "/logs/broker.log"
    with Broker("--log-format", "json", "--log-file", log, "--log-file-bytes", "4096", "--log-files", "2", begun=False) as broker:
        broker.begin()
        deadline = time.monotonic() + 30
        while not (ready := [one for one in (ended(log) if os.path.exists(log) else []) if one["message"] == "broker ready"]):
            assert broker.alive() and time.monotonic() < deadline, broker.said()
            time.sleep(0.02)  # polling for an event that has no other sign
        check(ready[0]["level"] == "INFO" and ready[0]["component"] == "broker" and ready[0]["fields"]["node"] == 1
              and re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", ready[0]["time"]), "a log in JSON has each entry as an object")
        broker.port = int(ready[0]["fields"]["listen"].rpartition(":")[2])
        rows = table(fulmar("cluster", "log-levels", "--broker", "1", broker=broker))
        check(rows[0] == ["COMPONENT", "LEVEL"] and ["root", "INFO"] in rows and ["log", "INFO"] in rows, "the levels of the components are shown")
        check(fulmar("cluster", "log-levels", "--broker", "1", "--set", "log=debug", broker=broker) == "altered the log levels of broker 1\n"
              and ["log", "DEBUG"] in table(fulmar("cluster", "log-levels", "--broker", "1", broker=broker)), "and changed")
        check("Logger logg does not exist" in fulmar("cluster", "log-levels", "--broker", "1", "--set", "logg=debug", code=1, broker=broker),
              "but not of one that there is not")
        check("--broker BROKER is needed" in fulmar("cluster", "log-levels", code=2), "nor of no broker")
        for number in range(40):
            fulmar("topic", "create", f"t{number}", "--partitions", "3", broker=broker)
        check(sorted(os.listdir(directory + "/logs")) == ["broker.1.log", "broker.log"]
              and os.path.getsize(log) <= 4096 and ended(directory + "/logs/broker.1.log"), "the file is rotated by its size")
        check(broker.said() == "", "and nothing is on standard error")


class Listening(Broker):
    """A broker that listens somewhere of the test's choice."""

    def __init__(self, where, *options):
        self.where = where
        super().__init__(*options)

    def command(self):
        return [self.binary, "broker", "--data-dir", self.directory, "--listen", self.where, *self.options]


def test_hosts():
    with Listening("localhost:0") as broker:
        named = f"localhost:{broker.port}"
        check(fulmar("topic", "create", "t", "--bootstrap", named).startswith("created"), "a broker listens at a name")
        check(named in fulmar("cluster", "status", "--bootstrap", named), "and tells clients that name")
    with Listening(":0", "--advertise", "localhost:0") as broker:
        check(fulmar("topic", "list", broker=broker).startswith("TOPIC"), "without a host it listens everywhere")


def test_changes(broker):
    fulmar("topic", "create", "t", "--config", "retention.ms=1000", broker=broker)
    check(fulmar("topic", "alter", "t", "--set", "retention.bytes=5", "--set", "max.message.bytes=700", "--unset", "retention.ms",
                 broker=broker) == "altered topic t\n", "a topic is altered")
    check(configs(broker, "t") == ["max.message.bytes=700", "retention.bytes=5"], "and described so")
    said = subprocess.run([BINARY, "produce", "t", "--bootstrap", broker.address], input=b"x" * 2000 + b"\n", capture_output=True,
                          timeout=60, check=False)
    check(said.returncode == 1 and b"MESSAGE_TOO_LARGE" in said.stderr, "it holds at once")
    for arguments, expected in ((["topic", "alter", "t", "--set", "retention.mss=1"], "did you mean retention.ms?"),
                                (["topic", "alter", "none", "--set", "retention.ms=1"], "UNKNOWN_TOPIC_OR_PARTITION"),
                                (["topic", "alter", "t", "--set", "cleanup.policy=compress"], "must be one of delete,compact"),
                                (["cluster", "config", "--set", "num.partitions=3"], "Cannot update these configs dynamically"),
                                (["cluster", "config", "--broker", "7", "--set", "log.retention.ms=3"], "INVALID_REQUEST")):
        check(expected in fulmar(*arguments, code=1, broker=broker), f"{arguments} fails with {expected}")
    fulmar("cluster", "config", "--set", "log.retention.ms=6000", "--set", "message.max.bytes=900", broker=broker)
    fulmar("cluster", "config", "--broker", "1", "--set", "log.retention.ms=5000", broker=broker)
    check(table(fulmar("cluster", "config", broker=broker)) == [["PROPERTY", "VALUE", "SET-FOR"], ["log.retention.ms", "6000", "all", "brokers"],
                                                               ["message.max.bytes", "900", "all", "brokers"]], "all brokers' are shown")
    broker.kill()
    broker.start()
    rows = table(fulmar("cluster", "config", "--broker", "1", broker=broker))
    check(rows[2:5] == [["log.dirs", broker.directory, "start"], ["log.retention.ms", "5000", "broker"],
                        ["log.retention.ms", "6000", "all", "brokers"]], f"after a kill they are there, the one that wins first: {rows}")
    fulmar("cluster", "config", "--broker", "1", "--unset", "log.retention.ms", broker=broker)
    fulmar("cluster", "config", "--unset", "log.retention.ms", "--unset", "message.max.bytes", broker=broker)
    check(table(fulmar("cluster", "config", broker=broker)) == [["PROPERTY", "VALUE", "SET-FOR"]], "and taken away")


test_command_line()
with tempfile.TemporaryDirectory(prefix="fulmar-test-") as place:
    test_files(place)
with tempfile.TemporaryDirectory(prefix="fulmar-test-") as place:
    test_logs(place)
test_hosts()
with Broker() as running:
    test_changes(running)
