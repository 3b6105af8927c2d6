#!/usr/bin/python3
"""How much one broker holds, under the system's default vm.max_map_count and 20,000 open files.

Usage: capacity.py [partitions|restart|connections|fetches|simulated]... (all). Prints the figures, and fails where one is missed.
"""
import os
import resource
import select
import signal
import socket
import struct
import subprocess
import sys
import time
from collections import deque

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, "tests", "real"))
from broker import Broker, check  # the import needs the path  # noqa: E402

BINARY = os.path.join(ROOT, "build", "release", "fulmar")
SIMULATED = os.path.join(ROOT, "build", "release", "bench", "fulmar-connections")
FILES = 20_000
PARTITIONS = 40_000
RESTARTED_PARTITIONS = 6_000
ASKED_AT_ONCE = 200  # partitions of one fetch
FIRST_ANSWER_SECONDS = 1.0
TOPIC = b"many"
CONNECTIONS = 19_000
FETCHING_CONNECTIONS, FETCHES_EACH = 10_000, 5
SIMULATED_CONNECTIONS = 100_000
PATIENCE_SECONDS = 900
REST_SECONDS = 0.5
MAPPINGS_MAX = 10_000  # of the system's 65,530
IO = os.environ.get("FULMAR_IO", "auto")


def figures(broker):
    with open(f"/proc/{broker.process.pid}/status", encoding="ascii") as status:
        resident = next(int(line.split()[1]) for line in status if line.startswith("VmRSS:")) // 1024
    with open(f"/proc/{broker.process.pid}/maps", encoding="ascii") as maps:
        mappings = sum(1 for _ in maps)
    return resident, mappings, len(os.listdir(f"/proc/{broker.process.pid}/fd"))


def show(broker, what, seconds=None):
    resident, mappings, files = figures(broker)
    took = "" if seconds is None else f" in {seconds:.1f} s"
    print(f"{what}{took}: {resident} MiB resident, {mappings} mappings, {files} files open", flush=True)
    check(mappings < MAPPINGS_MAX, f"fewer than {MAPPINGS_MAX} mappings")
    check(files < FILES, f"fewer than {FILES} open files")
    return resident


def fulmar(broker, *arguments, text=None):
    return subprocess.run([BINARY, *arguments, "--bootstrap", broker.address, "--timeout", str(PATIENCE_SECONDS)], input=text, check=True,
                          capture_output=True, timeout=PATIENCE_SECONDS).stdout


def new_broker(*options):
    return Broker("--io", IO, *options, binary=BINARY)


def await_ready(broker):
    began = time.monotonic()
    while not broker.ready():
        check_alive(broker)
        assert time.monotonic() - began < PATIENCE_SECONDS, "the broker did not become ready"
        time.sleep(0.02)  # polling for an event that has no other sign
    return time.monotonic() - began


def await_rest(broker):
    """Until the broker has done all that it was asked for by now: it uses no CPU any more, which is the only sign."""
    used, since = None, time.monotonic()
    while time.monotonic() - since < REST_SECONDS:
        check_alive(broker)
        with open(f"/proc/{broker.process.pid}/stat", encoding="ascii") as stat:
            now = sum(int(field) for field in stat.read().rpartition(")")[2].split()[11:13])
        if now != used:
            used, since = now, time.monotonic()
        time.sleep(0.05)


def check_alive(broker):
    assert broker.alive(), "the broker ended:\n" + broker.said()[-3000:]


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def batch(value):
    """One record in a record batch of version 2."""
    record = b"\0\0\0\1" + bytes([2 * len(value)]) + value + b"\0"
    record = bytes([2 * len(record)]) + record
    after_crc = struct.pack(">hiqqqhii", 0, 0, 1_700_000_000_000, 1_700_000_000_000, -1, -1, -1, 1) + record
    return struct.pack(">qiibI", 0, 9 + len(after_crc), -1, 2, crc32c(after_crc)) + after_crc


def call(connection, frame):
    connection.sendall(frame)
    return receive_frame(connection)[8:]


def write_everywhere(broker, partitions, value):
    """A record to every partition, in one request, on stable storage."""
    records = batch(value)
    body = struct.pack(">hhihh", 0, 3, 1, -1, -1) + struct.pack(">hi", -1, PATIENCE_SECONDS * 1000)
    body += struct.pack(">ih", 1, len(TOPIC)) + TOPIC + struct.pack(">i", partitions)
    each = struct.pack(">i", len(records)) + records
    body += b"".join(struct.pack(">i", partition) + each for partition in range(partitions))
    with socket.create_connection(("127.0.0.1", broker.port), timeout=PATIENCE_SECONDS) as connection:
        answer = call(connection, struct.pack(">i", len(body)) + body)
    at = 4 + 2 + len(TOPIC)
    (count,) = struct.unpack_from(">i", answer, at)
    errors = [struct.unpack_from(">ihqq", answer, at + 4 + 22 * n)[1] for n in range(count)]
    check(count == partitions and not any(errors), f"{count} partitions took a record")


def read_everywhere(broker, partitions, values):
    """What each partition has is just that."""
    wanted = set(range(partitions))
    with socket.create_connection(("127.0.0.1", broker.port), timeout=PATIENCE_SECONDS) as connection:
        while wanted:
            asked = sorted(wanted)[:5000]
            answer = call(connection, fetch(1, TOPIC, asked, 0, bytes_max=100 << 20))
            at = 4 + 4 + 2 + len(TOPIC)
            (count,) = struct.unpack_from(">i", answer, at)
            at += 4
            for _ in range(count):
                partition, error, high_watermark, _, aborted = struct.unpack_from(">ihqqi", answer, at)
                at += 26 + 16 * max(aborted, 0)
                (size,) = struct.unpack_from(">i", answer, at)
                records = answer[at + 4:at + 4 + max(size, 0)]
                at += 4 + max(size, 0)
                assert error == 0, f"partition {partition}: error {error}"
                if not records:
                    continue  # there was no room for it
                assert high_watermark == len(values), f"partition {partition} ends at {high_watermark}"
                positions = [records.find(value) for value in values]
                assert -1 not in positions and positions == sorted(positions), f"partition {partition} has {records}"
                wanted.discard(partition)
    check(True, f"each partition is led, and has the {len(values)} records that it was given")


def await_open(broker, partitions, began):
    """Until each partition is open and led; when the first was, and when the last, in seconds since then."""
    not_leader_or_follower = 6
    first, waiting = None, deque(range(partitions))
    with socket.create_connection(("127.0.0.1", broker.port), timeout=PATIENCE_SECONDS) as connection:
        while waiting:
            assert time.monotonic() - began < PATIENCE_SECONDS, f"{len(waiting)} partitions are not open"
            asked = [waiting.popleft() for _ in range(min(len(waiting), ASKED_AT_ONCE))]
            answer = call(connection, fetch(1, TOPIC, asked, 0, bytes_max=1))
            at = 4 + 4 + 2 + len(TOPIC)
            (count,) = struct.unpack_from(">i", answer, at)
            at += 4
            for _ in range(count):
                partition, error, _, _, aborted = struct.unpack_from(">ihqqi", answer, at)
                at += 26 + 16 * max(aborted, 0)
                at += 4 + max(struct.unpack_from(">i", answer, at)[0], 0)
                assert error in (0, not_leader_or_follower), f"partition {partition}: error {error}"
                if error:
                    waiting.append(partition)
                elif first is None:
                    first = time.monotonic() - began
    return first, time.monotonic() - began


def measure_partitions():
    restart_with(PARTITIONS)


def measure_restart():
    """With as many partitions as a large broker has: clients are served within a second after a SIGKILL."""
    for first in restart_with(RESTARTED_PARTITIONS):
        check(first < FIRST_ANSWER_SECONDS, f"the first partition answered within {FIRST_ANSWER_SECONDS} s")


def restart_with(partitions):
    """Makes them, and restarts the broker in several ways; after how many seconds the first answered, each time."""
    print(f"-- {partitions} partitions", flush=True)
    rows, firsts = [], []

    def note(what, seconds):
        rows.append((what, seconds, *figures(broker)))
        show(broker, what, seconds)

    with new_broker() as broker:
        began = time.monotonic()
        fulmar(broker, "topic", "create", TOPIC.decode(), "--partitions", str(partitions))
        note("made", time.monotonic() - began)
        values = []

        def write_and_read(value):
            began = time.monotonic()
            write_everywhere(broker, partitions, value)
            values.append(value)
            read_everywhere(broker, partitions, values)
            note("a record more in each, written and read", time.monotonic() - began)

        write_and_read(b"first")
        for what, value, stop in (("stopped and started again", b"second", lambda: stop_in_order(broker)),
                                  ("killed and started again", b"third", broker.kill),
                                  ("killed and started once more", None, broker.kill)):
            stop()
            began = time.monotonic()
            broker.begin()
            note(what + ": ready", await_ready(broker))
            first, last = await_open(broker, partitions, began)
            firsts.append(first)
            note("  the first partition answers", first)
            note("  the last partition answers", last)
            read_everywhere(broker, partitions, values)
            if value:
                write_and_read(value)
        stop_in_order(broker)
    print(f"{'':48}{'s':>8}{'MiB':>8}{'mappings':>10}{'files':>8}")
    for what, seconds, resident, mappings, files in rows:
        print(f"{what:48}{seconds:8.2f}{resident:8}{mappings:10}{files:8}", flush=True)
    return firsts


def stop_in_order(broker):
    began = time.monotonic()
    broker.process.send_signal(signal.SIGTERM)
    check(broker.process.wait(timeout=PATIENCE_SECONDS) == 0, f"it stops in order, in {time.monotonic() - began:.1f} s")


def api_versions(correlation):
    body = struct.pack(">hhih", 18, 0, correlation, -1)
    return struct.pack(">i", len(body)) + body


def fetch(correlation, topic, partitions, wait_ms, bytes_max=1 << 20):
    body = struct.pack(">hhih", 1, 4, correlation, -1)
    body += struct.pack(">iiiib", -1, wait_ms, 1, bytes_max, 0)
    body += struct.pack(">ih", 1, len(topic)) + topic + struct.pack(">i", len(partitions))
    body += b"".join(struct.pack(">iqi", partition, 0, 1 << 20) for partition in partitions)
    return struct.pack(">i", len(body)) + body


def connect(broker, count):
    return [socket.create_connection(("127.0.0.1", broker.port), timeout=60) for _ in range(count)]


def receive_frame(connection):
    data = b""
    while len(data) < 4 or len(data) < 4 + struct.unpack(">i", data[:4])[0]:
        more = connection.recv(65536)
        assert more, "the broker closed a connection"
        data += more
    return data


def measure_connections():
    print(f"-- {CONNECTIONS} connections", flush=True)
    with new_broker() as broker:
        before = show(broker, "at first")
        began = time.monotonic()
        connections = connect(broker, CONNECTIONS)
        for number, connection in enumerate(connections):
            connection.sendall(api_versions(number))
        for number, connection in enumerate(connections):
            correlation = struct.unpack(">i", receive_frame(connection)[4:8])[0]
            assert correlation == number
        after = show(broker, "connected, and each answered", time.monotonic() - began)
        print(f"{(after - before) * 1024 / CONNECTIONS:.1f} KiB resident for each")
        # One more than there may be is refused, not fatal.
        more = connect(broker, 600) if resource.getrlimit(resource.RLIMIT_NOFILE)[0] >= CONNECTIONS + 700 else []
        for connection in [*connections, *more]:
            connection.close()
        with socket.create_connection(("127.0.0.1", broker.port), timeout=60) as last:
            last.sendall(api_versions(7))
            receive_frame(last)
        broker.stop()


def measure_fetches():
    fetches = FETCHING_CONNECTIONS * FETCHES_EACH
    print(f"-- {fetches} waiting fetches, {FETCHES_EACH} on each of {FETCHING_CONNECTIONS} connections", flush=True)
    with new_broker() as broker:
        fulmar(broker, "topic", "create", "news", "--partitions", "4")
        before = show(broker, "at first")
        connections = connect(broker, FETCHING_CONNECTIONS)
        began = time.monotonic()
        for connection in connections:
            connection.sendall(b"".join(fetch(number, b"news", [0, 1, 2, 3], 300_000) for number in range(FETCHES_EACH)))
        await_rest(broker)
        after = show(broker, "all wait", time.monotonic() - began)
        print(f"{(after - before) * 1024 / fetches:.1f} KiB resident for each")
        began = time.monotonic()
        fulmar(broker, "produce", "news", "--partition", "2", text=b"a record for everybody\n")
        answered = 0
        waiting = {connection.fileno(): [connection, b"", 0] for connection in connections}
        poller = select.epoll()
        for number in waiting:
            poller.register(number, select.EPOLLIN)
        while answered < fetches:
            events = poller.poll(60)
            assert events, f"only {answered} of {fetches} fetches were answered"
            for number, _ in events:
                entry = waiting[number]
                more = entry[0].recv(1 << 20)
                assert more, "the broker closed a connection"
                entry[1] += more
                while len(entry[1]) >= 4 and len(entry[1]) >= 4 + struct.unpack(">i", entry[1][:4])[0]:
                    size = 4 + struct.unpack(">i", entry[1][:4])[0]
                    frame, entry[1] = entry[1][:size], entry[1][size:]
                    assert struct.unpack(">i", frame[4:8])[0] == entry[2], "answers come in the order of the requests"
                    assert b"a record for everybody" in frame, "each has the record"
                    entry[2] += 1
                    answered += 1
        show(broker, "each has its record", time.monotonic() - began)
        for connection in connections:
            connection.close()
        broker.stop()


def measure_simulated():
    print(f"-- {SIMULATED_CONNECTIONS} connections of a simulated broker", flush=True)
    subprocess.run([SIMULATED, str(SIMULATED_CONNECTIONS)], check=True, timeout=PATIENCE_SECONDS)


def main():
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)
    files = min(FILES, limit[1])
    check(files == FILES, f"{FILES} files may be open (ulimit -n)")
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))
    with open("/proc/sys/vm/max_map_count", encoding="ascii") as count:
        print(f"vm.max_map_count {count.read().strip()}, {files} files", flush=True)
    parts = {"partitions": measure_partitions, "restart": measure_restart, "connections": measure_connections, "fetches": measure_fetches,
             "simulated": measure_simulated}
    for part in sys.argv[1:] or parts:
        parts[part]()


main()
