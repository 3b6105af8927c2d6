"""The commands of `fulmar` that talk to a cluster, as a person or a script uses them: output, bytes, errors, exit codes."""
import json
import os
import random
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time

from broker import Broker, check

BINARY = os.path.abspath(sys.argv[1])
LINES = b"".join(b"line %d of the text\n" % i for i in range(20000))


def fulmar(*arguments, text=b"", code=0, broker=None):
    """Runs a command to its end; returns its standard output, or standard error where it must fail."""
    to = ["--bootstrap", broker.address] if broker else []
    done = subprocess.run([BINARY, *arguments, *to], input=text, capture_output=True, timeout=60, check=False)
    assert done.returncode == code, f"{arguments} ended with {done.returncode}, not {code}: {done.stderr.decode()}"
    assert (done.stderr == b"") == (code == 0), f"{arguments} said {done.stderr.decode()}"
    return done.stdout if code == 0 else done.stderr.decode()


def begin(*arguments, broker):
    return subprocess.Popen([BINARY, *arguments, "--bootstrap", broker.address], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE)


def table(text):
    return [line.split() for line in text.decode().splitlines()]


def read_all(broker, topic, *options):
    return fulmar("consume", topic, "--exit-at-end", *options, broker=broker)


def test_command_lines():
    for command in (["topic", "create"], ["topic", "list"], ["topic", "describe"], ["topic", "delete"], ["topic", "alter"], ["group", "list"], ["group", "describe"], ["group", "reset-offsets"], ["group", "delete"], ["cluster", "config"], ["produce"], ["consume"],
                    ["cluster", "status"], ["cluster", "reassign"], ["cluster", "elect-leaders"], ["cluster", "decommission"], ["cluster", "features"], ["cluster", "controllers"], ["cluster", "clients"], ["top"], ["acl", "list"], ["acl", "add"], ["acl", "remove"]):
        said = fulmar(*command, "--help").decode()
        check("fulmar " + " ".join(command) in said and "--bootstrap" in said, f"{command} explains itself")
    check(b"topic create" in fulmar("topic", "--help") and b"consume" in fulmar("help"), "so do the families")
    check(fulmar("-h") == fulmar("--help") == fulmar("help") and fulmar("topic", "-h") == fulmar("help", "topic") == fulmar("topic", "--help")
          and fulmar("help", "topic", "create") == fulmar("topic", "create", "-h") and b"--data-dir" in fulmar("broker", "-h"),
          "however help is asked for")
    check(fulmar("--version").startswith(b"fulmar "), "the version is told")
    wrong = {
        "--to is needed": ["group", "reset-offsets", "g"], "not yesterday": ["group", "reset-offsets", "g", "--to", "yesterday"],
        "which one": ["topic"], "unknown command": ["topic", "rename"], "NAME is needed": ["topic", "create"],
        "TOPIC is needed": ["consume"], "too many": ["consume", "a", "b"], "takes options only": ["topic", "list", "a"],
        "did you mean create?": ["topic", "craete"], "did you mean status?": ["cluster", "stauts"],
        "--interval must be": ["top", "--interval", "0"], "--count must be": ["top", "--count", "0"], "--rows must be": ["top", "--rows", "1001"],
        "unrecognised option '--boot'": ["topic", "list", "--boot", "127.0.0.1:9092"], "nothing to change": ["topic", "alter", "t"],
        "--set x: expected NAME=VALUE": ["topic", "alter", "t", "--set", "x"],
        "or set as well": ["cluster", "config", "--set", "a=1", "--unset", "a"], "a broker's number": ["cluster", "config", "--broker", "-1"],
        "add or remove, not join": ["cluster", "controllers", "join", "2"], "add takes one BROKER": ["cluster", "controllers", "add"],
        "BROKER must be": ["cluster", "controllers", "remove", "x"],
        "expected NAME=LEVEL": ["cluster", "features", "--upgrade", "metadata.version"], "with a level": ["cluster", "features", "--downgrade", "f=-1"],
        "f=2: given twice": ["cluster", "features", "--upgrade", "f=1", "--downgrade", "f=2"],
        "--colour": ["topic", "list", "--colour", "red"],
        "--partitions": ["topic", "create", "t", "--partitions", "0"], "('two')": ["topic", "create", "t", "--partitions", "two"],
        "unrecognised option '--partition'": ["topic", "create", "t", "--partition", "2"],
        "--replication-factor": ["topic", "create", "t", "--replication-factor", "40000"],
        "NAME=VALUE": ["topic", "create", "t", "--config", "retention.ms"], "expected HOST:PORT": ["topic", "list", "--bootstrap", "here"],
        "expected a port": ["topic", "list", "--bootstrap", "127.0.0.1:9092,127.0.0.1:ninety"],
        "--timeout": ["topic", "list", "--timeout", "0"], "--acks": ["produce", "t", "--acks", "2"],
        "not rar": ["produce", "t", "--codec", "rar"], "must not be empty": ["produce", "t", "--key-separator", ""],
        "--partition must": ["produce", "t", "--partition", "-1"], "not yesterday": ["consume", "t", "--from", "yesterday"],
        "--count": ["consume", "t", "--count", "-1"], "after %": ["consume", "t", "--format", "%x"],
        "after \\": ["consume", "t", "--format", "\\x"],
        "text or json": ["topic", "list", "--output", "yaml"], "--before is needed": ["topic", "delete-records", "t"],
        "an offset or end": ["topic", "delete-records", "t", "--before", "-5"], "max-timestamp or ms": ["topic", "offsets", "t", "--time", "noon"],
        "how many the topic has then": ["topic", "add-partitions", "t"],
        "one of --to, --cancel and --list": ["cluster", "reassign", "t"], "one of --to,": ["cluster", "reassign", "t", "--to", "1", "--list"],
        "TOPIC[:PARTITION] is needed": ["cluster", "reassign", "--to", "1"], "got '1,,2'": ["cluster", "reassign", "t", "--to", "1,,2"],
        "after the colon of t:x": ["cluster", "reassign", "t:x", "--to", "1"], "got ':1'": ["cluster", "elect-leaders", ":1"],
        "BROKER is needed": ["cluster", "decommission"], "not one": ["cluster", "decommission", "one"],
    }
    for expected, arguments in wrong.items():
        check(expected in fulmar(*arguments, code=2), f"{arguments} is wrong usage, and says why")
    member = ["broker", "--data-dir", "/nowhere/at/all", "--set", "controller.quorum.voters=1@10.0.0.1:20093", "--set",
              "listeners=PLAINTEXT://127.0.0.1:0,INTERNAL://10.0.0.1:20093"]
    check("cluster.secret.file" in fulmar(*member, code=2), "brokers on a network need a secret, and nobody starts without it")
    for secret, expected in (("/nowhere/at/all", "can't read"), ("/dev/null", "16 to 4096 bytes")):
        said = fulmar(*member, "--set", f"cluster.secret.file={secret}", code=2)
        check(expected in said and secret in said, f"a secret in {secret} is none")
    said = fulmar("topic", "list", "--bootstrap", "127.0.0.1:1,127.0.0.1:2", code=1)
    check(said.startswith("fulmar topic list: NETWORK_EXCEPTION: ") and said.count("Connection refused") == 2
          and "127.0.0.1:1" in said and "127.0.0.1:2" in said, "where nobody listens, each address and the reason are named")
    said = fulmar("topic", "list", "--bootstrap", "no-such-host.invalid:9092", code=1)
    check("NETWORK_EXCEPTION" in said and "no-such-host.invalid" in said, "so is a host that does not exist")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        begun = time.monotonic()
        said = fulmar("cluster", "status", "--timeout", "1", "--bootstrap", "127.0.0.1:{}".format(silent.getsockname()[1]), code=1)
        took = time.monotonic() - begun
        check("REQUEST_TIMED_OUT" in said and 0.9 < took < 4, f"a broker that accepts and is silent is waited for as --timeout says: {took:.1f} s")


def test_topics(broker):
    check(table(fulmar("topic", "list", broker=broker)) == [["TOPIC", "PARTITIONS", "REPLICATION-FACTOR"]], "at first there are no topics")
    said = fulmar("topic", "create", "orders", "--partitions", "3", "--replication-factor", "1", "--config", "retention.ms=3600000",
                  "--config", "max.message.bytes=2000000", broker=broker)
    check(said == b"created topic orders: partitions 3, replication factor 1\n", "a topic is made")
    fulmar("topic", "create", "a.default", broker=broker)
    check(table(fulmar("topic", "list", broker=broker))[1:] == [["a.default", "1", "1"], ["orders", "3", "1"]], "and listed")
    fulmar("produce", "orders", "--partition", "1", text=b"a\nb\n", broker=broker)
    described = table(fulmar("topic", "describe", "orders", broker=broker))
    check(["config", "retention.ms=3600000"] in described and ["config", "max.message.bytes=2000000"] in described
          and len([row for row in described if row[:1] == ["config"]]) == 2, "its own properties are described, and no others")
    rows = described[described.index([]) + 1:]
    check(rows == [["PARTITION", "LEADER", "EPOCH", "REPLICAS", "IN-SYNC", "BEGIN", "END"], ["0", "1", "0", "1", "1", "0", "0"],
                   ["1", "1", "0", "1", "1", "0", "2"], ["2", "1", "0", "1", "1", "0", "0"]], "and its partitions, with their offsets")
    status = table(fulmar("cluster", "status", broker=broker))
    check(["brokers", "1"] in status and ["controller", "1"] in status and ["topics", "2"] in status and ["partitions", "4"] in status
          and ["offline", "0"] in status and ["under-replicated", "0"] in status and ["1", "alive", broker.address, "4"] in status,
          "the cluster's status counts them")
    elsewhere = subprocess.run([BINARY, "topic", "list", "--bootstrap", f"127.0.0.1:1,localhost:{broker.port}"], capture_output=True,
                               timeout=60, check=False)
    check(elsewhere.returncode == 0 and b"orders" in elsewhere.stdout, "one address of several, and a name, are enough")
    check(fulmar("topic", "delete", "a.default", broker=broker) == b"deleted topic a.default\n", "a topic is deleted")
    check(b"a.default" not in fulmar("topic", "list", broker=broker), "and gone")
    for arguments, expected in ((["topic", "create", "orders"], "TOPIC_ALREADY_EXISTS"),
                                (["topic", "create", "t", "--replication-factor", "3"], "INVALID_REPLICATION_FACTOR"),
                                (["topic", "create", "t", "--config", "no.such=1"], "INVALID_CONFIG"),
                                (["topic", "create", "no spaces"], "INVALID_TOPIC_EXCEPTION"),
                                (["topic", "describe", "no spaces"], "INVALID_TOPIC_EXCEPTION"),
                                (["topic", "describe", "nosuch"], "UNKNOWN_TOPIC_OR_PARTITION: there is no topic nosuch"),
                                (["topic", "delete", "nosuch"], "UNKNOWN_TOPIC_OR_PARTITION: there is no topic nosuch"),
                                (["produce", "nosuch"], "UNKNOWN_TOPIC_OR_PARTITION: there is no topic nosuch"),
                                (["consume", "nosuch"], "UNKNOWN_TOPIC_OR_PARTITION: there is no topic nosuch"),
                                (["produce", "orders", "--partition", "3"], "UNKNOWN_TOPIC_OR_PARTITION"),
                                (["consume", "orders", "--partition", "3"], "UNKNOWN_TOPIC_OR_PARTITION"),
                                (["consume", "orders", "--from", "1"], "3 partitions"),
                                (["consume", "orders", "--from", "3", "--partition", "1"], "OFFSET_OUT_OF_RANGE")):
        check(expected in fulmar(*arguments, code=1, broker=broker), f"{arguments} fails with {expected}")
    check(b"nosuch" not in fulmar("topic", "list", broker=broker), "and nothing was made by asking")


def test_bytes(broker):
    noise = random.Random(1)
    odd = b"\n\n\r\nno \x00 end \xff \xc3\n" + b"".join(noise.randbytes(noise.randrange(300)) + b"\n" for _ in range(500))
    large = b"x" * 900_000 + b"\n"
    for codec in ("none", "gzip", "snappy", "lz4", "zstd"):
        fulmar("topic", "create", codec, broker=broker)
        fulmar("produce", codec, "--codec", codec, text=LINES + odd + large, broker=broker)
        check(read_all(broker, codec) == LINES + odd + large, f"lines come back byte for byte with {codec}")
    fulmar("topic", "create", "spread", "--partitions", "5", broker=broker)
    many = b"".join(b"%d %s\n" % (i, b"y" * 100) for i in range(50000))
    fulmar("produce", "spread", text=many, broker=broker)
    check(sorted(read_all(broker, "spread").splitlines()) == sorted(many.splitlines()), "lines spread over partitions all come back")
    ends = [int(row[-1]) for row in table(fulmar("topic", "describe", "spread", broker=broker))[-5:]]
    check(all(ends), f"and every partition got some: {ends}")
    for acks in ("0", "1"):
        fulmar("topic", "create", "acks" + acks, broker=broker)
        fulmar("produce", "acks" + acks, "--acks", acks, text=LINES, broker=broker)
        check(fulmar("consume", "acks" + acks, "--count", "20000", broker=broker) == LINES, f"with acks={acks} they come, too")
    fulmar("topic", "create", "no-end", broker=broker)
    fulmar("produce", "no-end", text=b"one\ntwo", broker=broker)
    check(read_all(broker, "no-end") == b"one\ntwo\n", "the last line need not end")
    fulmar("produce", "no-end", text=b"", broker=broker)
    check(read_all(broker, "no-end", "--format", "%t/%p/%o/%S/%K/%s/%k%%\\t") == b"no-end/0/0/3/-1/one/%\tno-end/0/1/3/-1/two/%\t",
          "no lines are no records; a format shows what is asked for")
    said = fulmar("produce", "no-end", text=b"fits\n" + b"z" * 2_000_000 + b"\n", code=1, broker=broker)
    check("MESSAGE_TOO_LARGE" in said and "1 records were acknowledged, 1 were not written" in said, "a record too large is counted")


def test_places(broker):
    fulmar("topic", "create", "places", broker=broker)
    fulmar("produce", "places", text=b"0\n1\n2\n3\n4\n", broker=broker)
    check(read_all(broker, "places", "--from", "3") == b"3\n4\n", "from an offset")
    check(read_all(broker, "places", "--from", "5") == b"" == read_all(broker, "places", "--from", "end"), "from the end")
    check(fulmar("consume", "places", "--count", "2", broker=broker) == b"0\n1\n", "so many and no more")
    check(fulmar("consume", "places", "--count", "0", broker=broker) == b"", "or none at all")
    check(read_all(broker, "places", "--count", "99", "--partition", "0") == b"0\n1\n2\n3\n4\n", "whichever ends first")
    following = begin("consume", "places", "--from", "end", "--count", "2", broker=broker)
    time.sleep(0.5)  # it must wait, and not yet be over
    check(following.poll() is None, "at the end it waits")
    fulmar("produce", "places", text=b"5\n6\n7\n", broker=broker)
    check(following.communicate(timeout=30)[0] == b"5\n6\n", "for records that come later")
    reader = begin("consume", "places", broker=broker)
    check(reader.stdout.readline() == b"0\n", "without an end it goes on")
    reader.send_signal(signal.SIGINT)
    check(reader.wait(30) == -signal.SIGINT, "until it is interrupted")
    closed = begin("consume", "spread", broker=broker)
    closed.stdout.readline()
    closed.stdout.close()
    check(closed.wait(30) == -signal.SIGPIPE, "or nobody takes what it prints")
    for redirection, code, expected in ((">/dev/full", 1, "No space left"), (">&-", 1, "Bad file descriptor")):
        command = f'"$0" consume places --exit-at-end --bootstrap {broker.address} {redirection}'
        done = subprocess.run(["sh", "-c", command, BINARY], stderr=subprocess.PIPE, timeout=60, check=False)
        check(done.returncode == code and expected in done.stderr.decode(), f"what can't be printed is an error ({redirection})")
    command = f'"$0" produce places --bootstrap {broker.address} <&-'
    subprocess.run(["sh", "-c", command, BINARY], timeout=60, check=True)
    check(read_all(broker, "places").count(b"\n") == 8, "a closed input has no lines")


def test_keys(broker):
    keys = [f"key-{i}".encode() for i in range(200)] + ["ключ".encode(), b""]
    text = b"".join(key + b"::" + b"value:: of " + key + b"\n" for key in keys)
    fulmar("topic", "create", "keys", "--partitions", "7", broker=broker)
    fulmar("produce", "keys", "--key-separator", "::", text=text, broker=broker)
    shown = read_all(broker, "keys", "--format", "%p %k::%s\\n").splitlines()
    where = dict(reversed(line.split(b"::")[0].split(b" ", 1)) for line in shown)
    check(sorted(line.split(b" ", 1)[1] + b"\n" for line in shown) == sorted(text.splitlines(keepends=True)), "keys and values come back")
    check(len(set(where.values())) == 7, "keys are spread over the partitions")
    fulmar("topic", "create", "keys-kcat", "--partitions", "7", broker=broker)
    subprocess.run(["kcat", "-b", broker.address, "-P", "-t", "keys-kcat", "-K", "::", "-X", "topic.partitioner=murmur2"], input=text,
                   capture_output=True, timeout=60, check=True)
    theirs = read_all(broker, "keys-kcat", "--format", "%p %k\\n").splitlines()
    theirs = dict(reversed(line.split(b" ", 1)) for line in theirs)
    check(all(theirs[key] == where[key] for key in keys if key), "and are where another client's murmur2 puts them")
    fulmar("produce", "keys", "--key-separator", "\\t", "--partition", "3", text=b"a\tb\n", broker=broker)
    check(b"3 a=b\n" in read_all(broker, "keys", "--format", "%p %k=%s\\n"), "a tab separates; a partition given wins over the key")
    said = fulmar("produce", "keys", "--key-separator", ":", text=b"k:v\nnone\nk:w\n", code=1, broker=broker)
    check("INVALID_RECORD: line 2 " in said, "a line without a key is an error")
    check(b"v\n" in read_all(broker, "keys") and b"w\n" not in read_all(broker, "keys"), "after the lines before it were sent")


def test_partitions_and_records(broker):
    fulmar("topic", "create", "many-1", "many-2", "--partitions", "2", broker=broker)
    check(fulmar("topic", "add-partitions", "many-1", "--partitions", "5", broker=broker) == b"topic many-1 has 5 partitions\n",
          "several topics are made at once, and one is given more partitions")
    said = fulmar("topic", "add-partitions", "many-1", "--partitions", "3", code=1, broker=broker)
    check("INVALID_PARTITIONS" in said, "but not fewer")
    fulmar("produce", "many-1", "--partition", "4", text=b"a\nb\nc\n", broker=broker)
    described = json.loads(fulmar("topic", "describe", "many-1", "many-2", "--output", "json", broker=broker))
    check([topic["topic"] for topic in described] == ["many-1", "many-2"] and len(described[0]["partitions"]) == 5
          and described[0]["partitions"][4] == {"partition": 4, "leader": 1, "epoch": 0, "replicas": [1], "in_sync": [1], "begin": 0, "end": 3}
          and described[0]["errors"] == [], "several are described, as JSON if that is asked for")
    partly = subprocess.run([BINARY, "topic", "describe", "many-1", "nosuch", "many-2", "--output", "json", "--bootstrap", broker.address], capture_output=True, timeout=60)
    check(partly.returncode == 1 and json.loads(partly.stdout) == described and b"UNKNOWN_TOPIC_OR_PARTITION: there is no topic nosuch" in partly.stderr,
          "those that there are, if others are missing")
    ends = table(fulmar("topic", "offsets", "many-1", broker=broker))
    check(ends == [["PARTITION", "OFFSET"], *([str(n), "3" if n == 4 else "0"] for n in range(5))], "offsets are where partitions end")
    one = ["--partition", "4", "--output", "json"]
    for when, expected in (("earliest", 0), ("max-timestamp", None), ("1", 0), ("99999999999999", None)):
        shown = json.loads(fulmar("topic", "offsets", "many-1", "--time", when, *one, broker=broker))
        check(shown[0]["partition"] == 4 and (when == "max-timestamp" or shown == [{"partition": 4, "offset": expected}]),
              f"or where a time is ({when})")
    shown = json.loads(fulmar("topic", "delete-records", "many-1", "--before", "2", *one, broker=broker))
    check(shown == [{"partition": 4, "begin": 2}] and read_all(broker, "many-1") == b"c\n", "records before an offset are deleted")
    check("--partition is needed" in fulmar("topic", "delete-records", "many-1", "--before", "2", code=1, broker=broker), "of one partition")
    check("OFFSET_OUT_OF_RANGE" in fulmar("topic", "delete-records", "many-1", "--before", "9", "--partition", "4", code=1, broker=broker),
          "that has so many")
    fulmar("topic", "delete-records", "many-1", "--before", "end", broker=broker)
    check(read_all(broker, "many-1") == b"", "or all of them")
    listed = json.loads(fulmar("topic", "list", "--output", "json", broker=broker))
    check({"topic": "many-1", "partitions": 5, "replication_factor": 1} in listed, "lists are JSON too")
    status = json.loads(fulmar("cluster", "status", "--output", "json", broker=broker))
    check(status["offline"] == 0 and status["controller"] == 1 and status["brokers"][0]["state"] == "alive"
          and status["controllers"][0]["role"] == "leader" and status["controllers"][0]["lag"] == 0 and status["troubles"] == [],
          "and so is the status")
    fulmar("topic", "delete", "many-1", "many-2", broker=broker)


def test_features(broker):
    rows = table(fulmar("cluster", "features", broker=broker))
    check(rows[0] == ["FEATURE", "LEVEL", "MIN", "MAX"] and ["metadata.version"] == [row[0] for row in rows if row[0].startswith("metadata")], "features are listed")
    listed = {row["feature"]: row for row in json.loads(fulmar("cluster", "features", "--output", "json", broker=broker))}
    level, lowest, highest = (listed["metadata.version"][name] for name in ("level", "min", "max"))
    check(1 <= lowest <= level == highest, "a new cluster uses the highest level")
    same = fulmar("cluster", "features", "--upgrade", f"metadata.version={level}", broker=broker)
    check(table(same) == rows, "an upgrade to the level in use changes nothing")
    said = fulmar("cluster", "features", "--upgrade", f"metadata.version={highest + 1}", code=1, broker=broker)
    check("INVALID_UPDATE_VERSION" in said and "only supports versions" in said, "a level that no broker supports is refused")
    said = fulmar("cluster", "features", "--upgrade", "nosuch.version=1", code=1, broker=broker)
    check("does not support this feature" in said, "and so is a feature that none knows")
    check(table(fulmar("cluster", "features", broker=broker)) == rows, "nothing has changed")


def test_controllers(broker):
    rows = table(fulmar("cluster", "controllers", broker=broker))
    check(rows[0] == ["BROKER", "ROLE", "DIRECTORY"] and [row[:2] for row in rows[1:]] == [["1", "leader"]], "controllers are listed")
    listed = json.loads(fulmar("cluster", "controllers", "--output", "json", broker=broker))
    check([(row["broker"], row["role"], row["directory"]) for row in listed] == [(1, "leader", rows[1][2])], "as JSON too")
    check("INVALID_REQUEST" in fulmar("cluster", "controllers", "remove", "1", code=1, broker=broker), "somebody has to decide")
    check("DUPLICATE_VOTER" in fulmar("cluster", "controllers", "add", "1", code=1, broker=broker), "one that is a controller can't be added")
    check("BROKER_ID_NOT_REGISTERED" in fulmar("cluster", "controllers", "add", "7", code=1, broker=broker), "nor one that is not there")


def test_clients(broker):
    def versions(api, name, *options):
        rows = json.loads(fulmar("cluster", "clients", "--output", "json", *options, broker=broker))
        return {row["api_version"]: row["requests"] for row in rows if (row["api"], row["client"], row["version"]) == (api, *name)}

    own, none = ("fulmar", "1"), ("(unknown)", None)
    before, created = versions("Metadata", own), versions("CreateTopics", own)
    check(sum(created.values()) > 0 and versions("CreateTopics", none) == {}, f"who created topics is shown: {created}")
    with socket.create_connection(("127.0.0.1", broker.port)) as connection:
        metadata = struct.pack(">hhihi", 3, 1, 7, -1, 0)  # version 1, of no topics
        for _ in range(3):
            connection.sendall(struct.pack(">i", len(metadata)) + metadata)
            (size,) = struct.unpack(">i", connection.recv(4, socket.MSG_WAITALL))
            connection.recv(size, socket.MSG_WAITALL)
    check(versions("Metadata", none) == {1: 3} and versions("Metadata", none, "--broker", "1") == {1: 3}, "a client without a name, and its old version")
    after = versions("Metadata", own)
    check(list(after) == list(before) and sum(after.values()) > sum(before.values()), "counts grow")
    shown = table(fulmar("cluster", "clients", broker=broker))
    check(shown[0] == ["CLIENT", "VERSION", "API", "API-VERSION", "REQUESTS"] and ["(unknown)", "-", "Metadata", "1", "3"] in shown, "as a table, too")
    check("broker 7 is not in the cluster" in fulmar("cluster", "clients", "--broker", "7", "--timeout", "1", code=1, broker=broker), "one that is not there has none")
    check("a broker's number" in fulmar("cluster", "clients", "--broker", "-2", code=2, broker=broker), "nor can it have")


def test_top(broker):
    fulmar("topic", "create", "busy", broker=broker)
    topping = begin("top", "--interval", "1", "--output", "json", "--rows", "3", broker=broker)
    looks = []
    while len(looks) < 2 or looks[-1]["partitions"] == []:
        fulmar("produce", "busy", text=LINES, broker=broker)
        looks.append(json.loads(topping.stdout.readline()))
    last = looks[-1]
    check(last["brokers"][0]["alive"] and last["brokers"][0]["answer_us"] > 0 and last["concerns"] == [], "top shows the brokers")
    check(last["partitions"][0]["topic"] == "busy" and last["partitions"][0]["bytes_per_second"] > 1000 and last["bytes_per_second"] > 1000,
          "and which partition grows")
    while looks[-1]["partitions"] == [] or looks[-1]["partitions"][0]["records_per_second"] is None:
        fulmar("produce", "busy", text=LINES, broker=broker)
        looks.append(json.loads(topping.stdout.readline()))
    check(looks[-1]["partitions"][0]["records_per_second"] > 100, "and by how many records a second")
    topping.send_signal(signal.SIGINT)
    check(topping.wait(timeout=30) == 0 and topping.stderr.read() == b"", "until it is interrupted")
    said = table(fulmar("top", "--count", "2", "--interval", "1", broker=broker))
    check(said[0][:2] == ["1", "brokers,"] and said.count(["BROKER", "STATE", "LEADS", "WRITTEN/S", "LOGS", "ANSWER-MS"]) == 2, "or so many times")


def test_process(broker):
    broker.process.send_signal(signal.SIGHUP)
    check(b"places" in fulmar("topic", "list", broker=broker) and broker.alive(), "SIGHUP ends no broker")
    directory = broker.directory + "-astray"
    done = subprocess.run([BINARY, "broker", "--data-dir", directory, "--listen", broker.address, "--node-id", "7"], capture_output=True,
                          timeout=60, check=False)
    check(done.returncode == 1 and b"can't listen" in done.stderr, "where another listens, a broker can't run")
    check(not os.path.exists(os.path.join(directory, "meta.properties")), "and its directory belongs to no node yet")
    shutil.rmtree(directory, ignore_errors=True)


def test_waiting(broker):
    fulmar("topic", "create", "slow", broker=broker)
    typing = begin("produce", "slow", broker=broker)
    for number in range(3):
        typing.stdin.write(b"typed %d\n" % number)
        typing.stdin.flush()
        check(fulmar("consume", "slow", "--from", str(number), "--count", "1", broker=broker) == b"typed %d\n" % number,
              f"line {number} is sent while the input stays open")
    fulmar("topic", "create", "bad", "--config", "max.message.bytes=100", broker=broker)
    refused = begin("produce", "bad", broker=broker)
    refused.stdin.write(b"q" * 200 + b"\n")
    refused.stdin.flush()
    check(refused.wait(30) == 1 and b"MESSAGE_TOO_LARGE" in refused.stderr.read(), "a refusal ends it though the input is open")
    following = begin("consume", "slow", broker=broker)
    for number in range(3):
        following.stdout.readline()
    broker.kill()
    typing.stdin.write(b"typed while it was down\n")
    typing.stdin.flush()
    time.sleep(1)  # for both to meet a broker that is not there
    broker.start()
    check(following.stdout.readline() == b"typed while it was down\n", "both outlive a broker's restart")
    typing.stdin.close()
    check(typing.wait(30) == 0, "and nothing was lost")
    following.kill()
    following.wait()
    check(read_all(broker, "slow") == b"typed 0\ntyped 1\ntyped 2\ntyped while it was down\n", "nor doubled")
    typing = begin("produce", "slow", "--timeout", "2", broker=broker)
    typing.stdin.write(b"sent\n")
    typing.stdin.flush()
    check(fulmar("consume", "slow", "--from", "4", "--count", "1", broker=broker) == b"sent\n", "another one")
    broker.kill()
    said = typing.communicate(b"never\n", timeout=30)[1].decode()
    # The broker may have ended before its answer for the first one came.
    counted = re.search(r"(\d+) records were acknowledged, (\d+) were not written, and of (\d+) it is not known", said)
    counts = [int(count) for count in counted.groups()] if counted else []
    check(typing.returncode == 1 and broker.address in said and sum(counts) == 2 and counts[1] <= 1, f"patience ends, and says for what: {said}")
    broker.start()


def test_groups(broker):
    fulmar("topic", "create", "grouped", "--partitions", "2", broker=broker)
    fulmar("produce", "grouped", "--partition", "0", text=b"x\n" * 10, broker=broker)
    check(fulmar("group", "list", broker=broker) == b"GROUP  STATE  TYPE  PROTOCOL-TYPE\n", "there are no groups at first")
    check("GROUP_ID_NOT_FOUND" in fulmar("group", "describe", "readers", code=1, broker=broker), "one that is not there can't be described")
    check("--topic says what" in fulmar("group", "reset-offsets", "readers", "--to", "earliest", code=1, broker=broker), "nor reset without a topic")
    dry = subprocess.run([BINARY, "group", "reset-offsets", "readers", "--topic", "grouped", "--to", "latest", "--bootstrap", broker.address],
                         capture_output=True, timeout=60, check=True)
    planned = b"TOPIC    PARTITION  COMMITTED  NEW\ngrouped  0          -          10\ngrouped  1          -          0\n"
    check(dry.stdout == planned and b"--execute" in dry.stderr, "a reset shows first what it would do")
    check(table(fulmar("group", "list", broker=broker))[1:] == [], "and does nothing")
    check(fulmar("group", "reset-offsets", "readers", "--topic", "grouped", "--to", "latest", "--execute", broker=broker) == planned, "then it does it")
    check(table(fulmar("group", "list", broker=broker))[1:] == [["readers", "Empty", "classic", "-"]], "which makes the group")
    for to, wanted in (("4", 4), ("99", 10), ("earliest", 0), ("time:0", 0), ("time:9999999999999", 10)):
        fulmar("group", "reset-offsets", "readers", "--topic", "grouped:0", "--to", to, "--execute", broker=broker)
        partition = json.loads(fulmar("group", "describe", "readers", "--output", "json", broker=broker))[0]["partitions"][0]
        check((partition["committed"], partition["end"], partition["lag"]) == (wanted, 10, 10 - wanted), f"a group goes on at {to}")
    member = subprocess.Popen(["kcat", "-b", broker.address, "-G", "readers", "grouped", "-q"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    end = time.monotonic() + 30
    while "\nstate     Stable\n" not in (said := fulmar("group", "describe", "readers", broker=broker).decode()):
        assert time.monotonic() < end, said
        time.sleep(0.2)  # polling for an event that has no other sign
    rows = [line.split() for line in said.splitlines() if line.startswith("grouped")]
    check(len(rows) == 2 and all(row[5].startswith("rdkafka-") and row[7] == "/127.0.0.1" for row in rows), f"whose partitions are: {rows}")
    check("NON_EMPTY_GROUP" in fulmar("group", "delete", "readers", code=1, broker=broker), "a group with members stays")
    check("UNKNOWN_MEMBER_ID" in fulmar("group", "reset-offsets", "readers", "--to", "earliest", "--execute", code=1, broker=broker), "nor is it reset")
    member.terminate()
    member.wait()
    while fulmar("group", "list", broker=broker).split()[5] != b"Empty":
        assert time.monotonic() < end
        time.sleep(0.2)  # polling for an event that has no other sign
    check(fulmar("group", "delete", "readers", broker=broker) == b"deleted group readers\n", "an empty one is deleted")
    check(table(fulmar("group", "list", broker=broker))[1:] == [], "and gone")


def test_member_of_a_group(broker):
    fulmar("topic", "create", "shared", "--partitions", "2", broker=broker)
    for partition in ("0", "1"):
        fulmar("produce", "shared", "--partition", partition, text=b"".join(b"%s-%d\n" % (partition.encode(), n) for n in range(5)), broker=broker)
    as_member = ("consume", "shared", "--group", "printers")
    some = fulmar(*as_member, "--count", "3", broker=broker).split()
    rest = fulmar(*as_member, "--exit-at-end", broker=broker).split()
    check(len(some) == 3 and sorted(some + rest) == sorted(b"%d-%d" % (p, n) for p in range(2) for n in range(5)), "a group goes on where it was")
    check(fulmar(*as_member, "--exit-at-end", "--at-most-once", broker=broker) == b"", "and all of it is committed")
    member = begin(*as_member, broker=broker)
    fulmar("produce", "shared", "--partition", "1", text=b"late\n", broker=broker)
    check(member.stdout.readline() == b"late\n", "a member waits for records")
    member.send_signal(signal.SIGINT)
    check(member.wait(timeout=30) == 0, "and ends in order on a signal")
    described = json.loads(fulmar("group", "describe", "printers", "--output", "json", broker=broker))[0]
    check(described["state"] == "Empty" and all(p["lag"] == 0 for p in described["partitions"]), f"after it has committed and left: {described}")
    fulmar("produce", "shared", "--partition", "0", text=b"unseen\n", broker=broker)
    unread = begin(*as_member, broker=broker)
    unread.stdout.close()
    check(unread.wait(timeout=30) == 1 and b"standard output" in unread.stderr.read(), "nobody takes what it prints")
    check(fulmar(*as_member, "--exit-at-end", broker=broker) == b"unseen\n", "and so it has not committed it")
    check("--group is missing" in fulmar("consume", "shared", "--at-most-once", code=2, broker=broker), "--at-most-once is a member's")


def test_acls(broker):
    def acl(*arguments, code=0):
        return fulmar("acl", *arguments, code=code, broker=broker)

    added = table(acl("add", "--allow-principal", "User:alice", "--producer", "--topic", "logs-", "--resource-pattern-type", "prefixed"))
    check(added[0] == ["RESOURCE", "PATTERN", "NAME", "PRINCIPAL", "HOST", "OPERATION", "PERMISSION"] and len(added) == 4
          and {row[5] for row in added[1:]} == {"WRITE", "DESCRIBE", "CREATE"}, f"a producer gets what it needs: {added}")
    acl("add", "--allow-principal", "User:bob", "--deny-principal", "User:eve", "--deny-host", "10.0.0.1", "--operation", "Read", "--topic", "logs-web", "--group", "g")
    acl("add", "--allow-principal", "User:carol", "--operation", "AlterConfigs", "--cluster")
    listed = json.loads(acl("list", "--output", "json"))
    check(len(listed) == 8 and {"resource": "CLUSTER", "pattern": "LITERAL", "name": "kafka-cluster", "principal": "User:carol", "host": "*",
                                "operation": "ALTER_CONFIGS", "permission": "ALLOW"} in listed, f"all entries are listed: {listed}")
    check(len(table(acl("list", "--topic", "logs-web", "--resource-pattern-type", "match"))) == 6, "by what matches a name")
    check([row[3] for row in table(acl("list", "--group", "g", "--principal", "User:eve"))[1:]] == ["User:eve"], "and by principal")
    told = subprocess.run([BINARY, "acl", "remove", "--topic", "logs-web", "--bootstrap", broker.address], capture_output=True, timeout=60, check=False)
    check(told.returncode == 0 and b"--yes" in told.stderr and len(table(told.stdout)) == 3, "what would be removed is shown first")
    check(len(json.loads(acl("list", "--output", "json"))) == 8, "and is still there")
    check(len(table(acl("remove", "--topic", "logs-web", "--yes"))) == 3 and len(json.loads(acl("list", "--output", "json"))) == 6, "then it is removed")
    acl("remove", "--allow-principal", "User:bob", "--operation", "Read", "--group", "g", "--yes")
    check([row[3] for row in table(acl("list", "--group", "g"))[1:]] == ["User:eve"], "exactly what is named")
    for why, arguments in {"is needed": ["add", "--topic", "t"], "--topic, --group": ["add", "--allow-principal", "User:a"],
                           "no operation fly": ["add", "--allow-principal", "User:a", "--topic", "t", "--operation", "fly"],
                           "no principal": ["add", "--allow-principal", "a", "--topic", "t"], "--consumer needs --group": ["add", "--allow-principal", "User:a", "--consumer", "--topic", "t"],
                           "literal or prefixed": ["add", "--allow-principal", "User:a", "--topic", "t", "--resource-pattern-type", "match"],
                           "--cluster, --transactional-id": ["remove"], "goes with --producer": ["add", "--allow-principal", "User:a", "--idempotent", "--topic", "t"]}.items():
        check(why in acl(*arguments, code=2), f"acl {' '.join(arguments)} is refused")


test_command_lines()
with Broker("--set", "authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer", "--set", "super.users=User:ANONYMOUS") as guarded:
    test_acls(guarded)
    guarded.stop()
with Broker() as running:
    test_topics(running)
    test_bytes(running)
    test_places(running)
    test_keys(running)
    test_partitions_and_records(running)
    test_groups(running)
    test_member_of_a_group(running)
    test_features(running)
    test_controllers(running)
    test_clients(running)
    test_top(running)
    test_process(running)
    test_waiting(running)
    running.stop()
