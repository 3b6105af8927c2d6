"""`fulmar-sim serve`: kcat and confluent-kafka against a simulated cluster while faults strike, the HTTP endpoint, and the replay of the recording."""
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

try:
    from confluent_kafka import Consumer, KafkaException, Producer
except ImportError:
    print("python3-confluent-kafka is not there: skipped")
    sys.exit(77)

SIMULATOR = os.path.abspath(sys.argv[1])
STORM_SECONDS = 14
PATIENCE_SECONDS = 40


def check(condition, what):
    if not condition:
        raise AssertionError(what)


class Session:
    """Served until it is stopped; `said` is what it has printed."""

    def __init__(self, *options):
        self.process = subprocess.Popen([SIMULATOR, "serve", "--port", "0", *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.lines = []
        self.reader = threading.Thread(target=lambda: self.lines.extend(self.process.stdout), daemon=True)
        self.reader.start()
        self.servers = self.await_line(r"bootstrap.servers=(.*)")
        self.http_port = int(self.await_line(r"status and faults: http://127.0.0.1:(\d+)/"))
        self.await_line(r"(Ctrl-C)")

    def await_line(self, pattern):
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            found = re.search(pattern, self.said)
            if found:
                return found.group(1)
            check(self.process.poll() is None and time.monotonic() < deadline, f"no {pattern} in {self.said} {self.error()}")
            time.sleep(0.02)  # polling for an event that has no other sign

    def error(self):
        return self.process.stderr.read() if self.process.poll() is not None else ""

    @property
    def said(self):
        return "".join(self.lines)

    def ask(self, method, path, body=None):
        """Returns the status and the JSON."""
        connection = http.client.HTTPConnection("127.0.0.1", self.http_port, timeout=PATIENCE_SECONDS)
        connection.request(method, path, body=json.dumps(body) if body is not None else None)
        response = connection.getresponse()
        answer = json.loads(response.read())
        connection.close()
        return response.status, answer

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        code = self.process.wait(timeout=PATIENCE_SECONDS)
        self.reader.join()
        return code


def simulator(*arguments):
    return subprocess.run([SIMULATOR, *arguments], capture_output=True, text=True, timeout=120, check=False)


def produce_idempotently(session, until, acknowledged):
    producer = Producer({"bootstrap.servers": session.servers, "enable.idempotence": True, "linger.ms": 20, "message.timeout.ms": 60000})

    def delivered(error, message):
        if error is None:
            acknowledged.append(message.value())

    number = 0
    while time.monotonic() < until:
        for _ in range(10):
            producer.produce("orders", b"order %d" % number, key=b"%d" % number, on_delivery=delivered)
            number += 1
        producer.poll(0.05)
    check(producer.flush(PATIENCE_SECONDS) == 0, "every send ends")


def produce_in_transactions(session, until, outcomes):
    """Every third is aborted; `outcomes` gets (number, whether it was committed or None if that is unknown)."""
    producer, number = None, 0
    while time.monotonic() < until:
        number += 1
        try:
            if producer is None:
                producer = Producer({"bootstrap.servers": session.servers, "transactional.id": "payer", "transaction.timeout.ms": 10000})
                producer.init_transactions(PATIENCE_SECONDS)
            producer.begin_transaction()
            for part in range(5):
                producer.produce("payments", b"%d %d" % (number, part))
            if number % 3 == 0:
                producer.abort_transaction(PATIENCE_SECONDS)
                outcomes[number] = False
            else:
                outcomes[number] = None
                producer.commit_transaction(PATIENCE_SECONDS)
                outcomes[number] = True
        except KafkaException as failed:
            outcomes[number] = None
            if not failed.args[0].txn_requires_abort():
                producer = None  # a new one finishes what this one has begun
                continue
            try:
                producer.abort_transaction(PATIENCE_SECONDS)
                outcomes[number] = False
            except KafkaException:
                producer = None


def read_as_group(session, topic, group, wanted, found, done):
    consumer = Consumer({"bootstrap.servers": session.servers, "group.id": group, "auto.offset.reset": "earliest", "isolation.level": "read_committed",
                         "session.timeout.ms": 6000,
                         # Also the limit of a join whose coordinator has lost its power, which nobody tells the client of.
                         "max.poll.interval.ms": 8000})
    consumer.subscribe([topic])
    while not done.is_set() and not wanted() <= set(found):
        message = consumer.poll(0.1)
        if message is not None and message.error() is None:
            found.append(message.value())
    consumer.close()


def test_clients_in_a_storm(directory):
    recording = os.path.join(directory, "storm.jsonl")
    session = Session("--scenario", "replication", "--seed", "4", "--after", "3", "--set", "safety_ms=12000", "--topic", "orders:3", "--topic", "payments", "--record", recording)
    until = time.monotonic() + STORM_SECONDS
    acknowledged, outcomes, done = [], {}, threading.Event()
    producers = [threading.Thread(target=produce_idempotently, args=(session, until, acknowledged)),
                 threading.Thread(target=produce_in_transactions, args=(session, until, outcomes))]
    shares = [[], []]
    stormy = [threading.Event()]

    def wanted():
        # Members read on as long as producers produce.
        return set(acknowledged) - set(shares[0]) - set(shares[1]) | ({b"never"} if not stormy[0].is_set() else set())

    members = [threading.Thread(target=read_as_group, args=(session, "orders", "clerks", wanted, share, done)) for share in shares]
    for thread in producers + members:
        thread.start()

    status, answer = session.ask("GET", "/status")
    brokers = answer["brokers"]
    check(status == 200 and answer["seed"] == 4 and len(brokers) == len(session.servers.split(",")), f"status: {answer}")
    check(sum(broker["partitions_led"] for broker in brokers) > 0, f"somebody leads: {answer}")
    status, fault = session.ask("POST", "/faults", {"kind": "pause", "target": "broker2", "duration_ms": 60000})
    check(status == 201 and fault["state"] == "active", f"a fault is triggered: {fault}")
    check(session.ask("GET", "/status")[1]["brokers"][1]["paused"], "the broker is paused")
    status, ended = session.ask("DELETE", f"/faults/{fault['id']}")
    check(status == 200 and ended["state"] == "past", f"and ended early: {ended}")
    check(not session.ask("GET", "/status")[1]["brokers"][1]["paused"], "the broker goes on")
    status, refusal = session.ask("POST", "/faults", {"kind": "kil", "target": "broker1"})
    check(status == 400 and "kill" in refusal["error"], f"an unknown kind: {refusal}")
    session.ask("POST", "/faults", {"kind": "kill", "target": "broker1", "duration_ms": 1000})
    session.ask("POST", "/faults", {"kind": "reset", "target": "broker3"})

    for thread in producers:
        thread.join()
    listed = session.ask("GET", "/faults")[1]
    check([f for f in listed["past"] + listed["active"] if not f["triggered"]], f"planned faults have struck: {listed}")
    check(session.ask("POST", "/calm")[0] == 200, "calm")
    stormy[0].set()
    for thread in members:
        thread.join(PATIENCE_SECONDS)
    done.set()
    check(len(acknowledged) > 100, f"clients make progress in the storm: {len(acknowledged)}")
    missing = set(acknowledged) - set(shares[0]) - set(shares[1])
    check(not missing, f"the group reads what was acknowledged: {len(missing)} of {len(acknowledged)} missing")
    read = subprocess.run(["kcat", "-b", session.servers, "-t", "orders", "-C", "-e", "-q"], capture_output=True, timeout=60, check=True).stdout.splitlines()
    check(set(acknowledged) <= set(read), "kcat reads what was acknowledged")
    check(len(read) == len(set(read)), "nothing is there twice, as the producer is idempotent")

    paid = subprocess.run(["kcat", "-b", session.servers, "-t", "payments", "-C", "-e", "-q", "-X", "isolation.level=read_committed"],
                          capture_output=True, timeout=60, check=True).stdout.splitlines()
    committed = [number for number, outcome in outcomes.items() if outcome]
    check(len(committed) > 3, f"transactions are committed in the storm: {outcomes}")
    for number, outcome in outcomes.items():
        parts = sorted(value for value in paid if value.split()[0] == b"%d" % number)
        whole = [b"%d %d" % (number, part) for part in range(5)]
        check(parts == whole if outcome else not parts if outcome is False else parts in ([], whole), f"transaction {number}, {outcome}: {parts}")

    check(session.stop() == 0, f"Ctrl-C ends it in order: {session.said} {session.error()}")
    check("a bug of the broker" not in session.said, session.said)
    check(session.error() == "", "nothing on stderr")
    struck = [line for line in session.lines if re.match(r"\[ *\d+\.\d{3} s\] ", line)]
    check(any("broker2 does not run (pause) for 60.0 s" in line for line in struck), f"faults are told in words: {struck}")
    live = re.search(r"trace hash ([0-9a-f]{16})", session.said).group(1)
    replayed = simulator("replay", recording)
    check(replayed.returncode == 0, f"the recording replays: {replayed.stdout[-2000:]} {replayed.stderr}")
    check(f"trace hash {live}" in replayed.stdout and "the same as the recorded session" in replayed.stdout, f"{live}: {replayed.stdout[-500:]}")
    check([line for line in replayed.stdout.splitlines() if line.startswith("[")] == [line.rstrip() for line in struck], "the same faults strike")
    print(f"{len(acknowledged)} records and {len(committed)} transactions in a storm of {len(struck)} faults; {os.path.getsize(recording)} bytes recorded")
    return recording


def test_bad_input(directory, recording):
    def refused(sentence, *arguments):
        done = simulator(*arguments)
        check(done.returncode == 2 and sentence in done.stderr, f"{arguments}: {done.returncode} {done.stderr}")

    refused("no scenario 'replicaton'; did you mean replication?", "serve", "--scenario", "replicaton")
    refused("--speed must be from 0.01 to 1000, not 0", "serve", "--speed", "0")
    refused("there is no kind of fault kil", "serve", "--faults", "kil")
    refused("serve has no setting 'producers'", "serve", "--set", "producers=3")
    refused("--faults would be ignored", "serve", "--calm", "--faults", "kill")
    refused("more replicas than there are brokers", "serve", "--topic", "t:1:9", "--port", "0")
    refused("a topic must be", "serve", "--topic", "t:0")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        refused("Address already in use", "serve", "--port", "0", "--http-port", port)
    before = os.path.getsize(recording)
    refused("can't be created", "serve", "--port", "0", "--record", recording)
    check(os.path.getsize(recording) == before, "and nothing is overwritten")
    with open(recording, encoding="ascii") as file:
        lines = file.readlines()

    def damaged(change):
        path = os.path.join(directory, "damaged.jsonl")
        with open(path, "w", encoding="ascii") as out:
            out.writelines(change(list(lines)))
        return path

    refused("line 3: it is not JSON", "replay", damaged(lambda all_lines: all_lines[:2] + ["{\n"] + all_lines[2:]))
    refused("is not open", "replay", damaged(lambda all_lines: all_lines[:1] + ['{"at_ns":999999999999,"connection":77,"ended":true}\n']))
    refused("it has format 9", "replay", damaged(lambda all_lines: [all_lines[0].replace('"fulmar_recording":1', '"fulmar_recording":9', 1)]))
    # A session that was killed: the recording has no end, and half a last line.
    cut = simulator("replay", damaged(lambda all_lines: all_lines[:20] + [all_lines[20][:10]]))
    check(cut.returncode == 0 and "cut short" in cut.stdout, f"a recording without an end: {cut.stdout} {cut.stderr}")
    changed = simulator("replay", damaged(lambda all_lines: all_lines[:-1] + [re.sub(r'(trace_hash":")....', r"\g<1>0000", all_lines[-1])]))
    check(changed.returncode == 3 and "NOT the recorded session" in changed.stdout, f"another hash is told: {changed.returncode} {changed.stdout[-300:]}")


def test_a_faster_clock_without_faults(directory):
    recording = os.path.join(directory, "calm.jsonl")
    session = Session("--calm", "--speed", "20", "--set", "brokers=1", "--set", "replication_factor=1", "--record", recording)
    produced = subprocess.run(["kcat", "-b", session.servers, "-t", "made-by-itself", "-P"], input=b"one\ntwo\n", capture_output=True, timeout=60, check=False)
    check(produced.returncode == 0, f"a topic is made when it is used: {produced.stderr}")
    read = subprocess.run(["kcat", "-b", session.servers, "-t", "made-by-itself", "-C", "-e", "-q"], capture_output=True, timeout=60, check=True).stdout
    check(read == b"one\ntwo\n", f"{read}")
    # Bytes of no protocol, and a client that goes away in the middle of a request.
    port = int(session.servers.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port)) as stranger:
        stranger.sendall(b"GET / HTTP/1.1\r\n\r\n" * 100)
        stranger.settimeout(PATIENCE_SECONDS)
        try:
            check(stranger.recv(1) == b"", "the broker closes")
        except ConnectionResetError:
            pass
    with socket.create_connection(("127.0.0.1", port)) as stranger:
        stranger.sendall(b"\x00\x00\x10")
    began = session.ask("GET", "/status")[1]["virtual_time_s"]
    status, faults = session.ask("GET", "/faults")
    check(status == 200 and not faults["planned"] and not faults["past"], f"calm: {faults}")
    check(session.ask("GET", "/nothing")[0] == 404 and session.ask("POST", "/status")[0] == 405, "wrong requests")
    check(session.ask("POST", "/faults", {"kind": "power_loss", "target": "broker1", "duration_ms": 2000})[0] == 201, "a power loss")
    deadline = time.monotonic() + PATIENCE_SECONDS
    while session.ask("GET", "/status")[1]["virtual_time_s"] < began + 5:
        check(time.monotonic() < deadline, "virtual time goes on")
    read = subprocess.run(["kcat", "-b", session.servers, "-t", "made-by-itself", "-C", "-e", "-q"], capture_output=True, timeout=60, check=True).stdout
    check(read == b"one\ntwo\n", f"after a power loss: {read}")
    check(session.stop() == 0, session.said)
    live = re.search(r"trace hash ([0-9a-f]{16})", session.said).group(1)
    replayed = simulator("replay", recording)
    check(replayed.returncode == 0 and f"trace hash {live}" in replayed.stdout, f"{live}: {replayed.stdout[-500:]} {replayed.stderr}")


with tempfile.TemporaryDirectory(prefix="fulmar-serve-") as folder:
    test_a_faster_clock_without_faults(folder)
    test_bad_input(folder, test_clients_in_a_storm(folder))
