#!/usr/bin/python3
"""How much one broker holds, under the system's default vm.max_map_count and 20,000 open files.

Usage: capacity.py [partitions|connections|fetches|simulated]... (all). Prints the figures, and fails where one is missed.
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

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, "tests", "real"))
from broker import Broker, check  # the import needs the path  # noqa: E402

BINARY = os.path.join(ROOT, "build", "release", "fulmar")
SIMULATED = os.path.join(ROOT, "build", "release", "bench", "fulmar-connections")
FILES = 20_000
PARTITIONS = 40_000
CONNECTIONS = 19_000
FETCHING_CONNECTIONS, FETCHES_EACH = 10_000, 5
SIMULATED_CONNECTIONS = 100_000
PATIENCE_SECONDS = 900
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
        time.sleep(0.1)  # polling for an event that has no other sign
    return time.monotonic() - began


def check_alive(broker):
    assert broker.alive(), "the broker ended:\n" + broker.said()[-3000:]


def write_and_read(broker, partition, text):
    fulmar(broker, "produce", "many", "--partition", str(partition), text=text)
    read = fulmar(broker, "consume", "many", "--partition", str(partition), "--exit-at-end")
    check(read.endswith(text), f"partition {partition} is written and read")


def measure_partitions():
    print(f"-- {PARTITIONS} partitions", flush=True)
    with new_broker() as broker:
        began = time.monotonic()
        fulmar(broker, "topic", "create", "many", "--partitions", str(PARTITIONS))
        show(broker, "made", time.monotonic() - began)
        for partition in (0, 1, PARTITIONS // 2, PARTITIONS - 1):
            write_and_read(broker, partition, b"first\n")
        for what, stop in (("stopped and started again", lambda: stop_in_order(broker)), ("killed and started again", broker.kill)):
            stop()
            broker.begin()
            show(broker, what, await_ready(broker))
            for partition in (0, PARTITIONS - 1):
                write_and_read(broker, partition, what.encode() + b"\n")
        stop_in_order(broker)


def stop_in_order(broker):
    began = time.monotonic()
    broker.process.send_signal(signal.SIGTERM)
    check(broker.process.wait(timeout=PATIENCE_SECONDS) == 0, f"it stops in order, in {time.monotonic() - began:.1f} s")


def api_versions(correlation):
    body = struct.pack(">hhih", 18, 0, correlation, -1)
    return struct.pack(">i", len(body)) + body


def fetch(correlation, topic, partitions, wait_ms):
    body = struct.pack(">hhih", 1, 4, correlation, -1)
    body += struct.pack(">iiiib", -1, wait_ms, 1, 1 << 20, 0)
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
        time.sleep(3)  # until all of them wait: nothing tells
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
    parts = {"partitions": measure_partitions, "connections": measure_connections, "fetches": measure_fetches,
             "simulated": measure_simulated}
    for part in sys.argv[1:] or parts:
        parts[part]()


main()
