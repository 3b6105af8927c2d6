"""Whatever comes from a socket, the broker answers with an error or closes the connection, and serves everybody else."""
import os
import random
import socket
import struct
import subprocess
import time

from broker import Broker, check


def connect(broker):
    return socket.create_connection(("127.0.0.1", broker.port), timeout=20)


def is_closed(connection):
    try:
        while connection.recv(65536):
            pass
        return True
    except ConnectionError:
        return True
    except socket.timeout:
        return False


def api_versions(correlation):
    body = struct.pack(">hhih", 18, 0, correlation, -1)
    return struct.pack(">i", len(body)) + body


def answers(broker):
    with connect(broker) as connection:
        connection.sendall(api_versions(77))
        size, correlation = struct.unpack(">ii", connection.recv(8))
        return correlation == 77 and size > 50


with Broker("--shards", "1", "--set", "socket.request.max.bytes=1000000") as broker:
    bad = {
        "HTTP": b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        "a negative size": struct.pack(">i", -5),
        "a huge size": struct.pack(">i", 0x7fffffff),
        "an unknown API": struct.pack(">ihhih", 10, 999, 0, 1, -1),
        "an unserved version": struct.pack(">ihhih", 10, 1, 3, 1, -1),
        "a body that is no request": struct.pack(">ihhih", 20, 3, 1, 1, -1) + b"\x7f" * 10,
        "two billion topics": struct.pack(">ihhihi", 14, 3, 1, 1, -1, 0x7ffffff0),
    }
    for name, text in bad.items():
        with connect(broker) as connection:
            connection.sendall(text)
            check(is_closed(connection), f"{name} closes the connection")
        check(answers(broker), f"and others are served after {name}")
    with connect(broker) as connection:
        connection.sendall(struct.pack(">ihhih", 10, 18, 99, 5, -1))
        size, correlation, error = struct.unpack(">iih", connection.recv(10))
        check((correlation, error) == (5, 35), "ApiVersions from the future is answered UNSUPPORTED_VERSION")
    with connect(broker) as connection:
        body = struct.pack(">hhih", 0, 2, 9, -1) + struct.pack(">hii", 1, 1000, 1) + b"\0\1t" + struct.pack(">iii", 1, 0, 0)
        connection.sendall(struct.pack(">i", len(body)) + body)
        answer = connection.recv(1000)
        check(struct.unpack(">h", answer[8 + 4 + 3 + 4 + 4:][:2]) == (35,), "Produce version 2 is answered UNSUPPORTED_VERSION")
    with connect(broker) as connection:
        body = struct.pack(">hhih", 3, 12, 9, -1) + b"\0" + b"\0\0\0\0" + b"\1\0\0"  # three bytes more than Metadata has
        connection.sendall(struct.pack(">i", len(body)) + body)
        check(struct.unpack(">ii", connection.recv(8))[1] == 9, "bytes after a request's end are ignored")
    with connect(broker) as connection:
        connection.sendall(b"".join(api_versions(i) for i in range(50)))
        data = b""
        while len(data) < 4 or len(data) < 50 * (4 + struct.unpack(">i", data[:4])[0]):
            data += connection.recv(65536)
        seen, at = [], 0
        while at < len(data):
            size, correlation = struct.unpack(">ii", data[at:at + 8])
            seen.append(correlation)
            at += 4 + size
        check(seen == list(range(50)), "pipelined requests are answered in order")
    noise = random.Random(7)
    for _ in range(200):
        with connect(broker) as connection:
            body = noise.randbytes(noise.randrange(8, 300))
            if noise.random() < 0.7:  # a header that is believed
                body = struct.pack(">hhih", noise.choice([0, 1, 2, 3, 10, 18, 19, 20, 21, 22, 32, 37, 60]), noise.randrange(12), 1, -1) + body
            connection.sendall(struct.pack(">i", len(body)) + body)
    check(broker.alive() and answers(broker), "noise leaves the broker alive")
    check("WARN" in broker.said(), "and is in its log")
    broker.stop()

def resident_mib(broker, kind="VmRSS"):
    with open(f"/proc/{broker.process.pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith(kind + ":")) // 1024


def call(connection, frame):
    connection.sendall(frame)
    data = b""
    while len(data) < 4 or len(data) < 4 + struct.unpack(">i", data[:4])[0]:
        more = connection.recv(1 << 20)
        assert more, "the broker closed the connection"
        data += more
    return data


def fetch(correlation, topic, bytes_max):
    body = struct.pack(">hhih", 1, 4, correlation, -1) + struct.pack(">iiiib", -1, 100, 1, bytes_max, 0)
    body += struct.pack(">ih", 1, len(topic)) + topic + struct.pack(">iiqi", 1, 0, 0, bytes_max)
    return struct.pack(">i", len(body)) + body


with Broker("--shards", "2") as broker:
    announcing = [connect(broker) for _ in range(64)]
    for connection in announcing:
        connection.sendall(struct.pack(">i", 100 << 20))
    for _ in range(20):
        began = time.monotonic()
        check(answers(broker) and time.monotonic() - began < 5, "64 announcements of 100 MiB hold back nobody")
    for connection in announcing:
        connection.close()
    subprocess.run([broker.binary, "topic", "create", "large", "--bootstrap", broker.address], check=True, timeout=60)
    subprocess.run([broker.binary, "produce", "large", "--bootstrap", broker.address], check=True, timeout=60,
                   input=(b"x" * 100_000 + b"\n") * 600)
    before = resident_mib(broker)
    readers = [connect(broker) for _ in range(80)]
    for reader in readers:
        reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        reader.sendall(b"".join(fetch(number, b"large", 55 << 20) for number in range(8)))
    time.sleep(3)  # until it has read for them what it will: nothing tells
    grown = resident_mib(broker) - before
    check(grown < 2 * 128 + 200, f"80 readers that take no answers hold {grown} MiB: not more than the shards' budgets")
    check(answers(broker), "and others are served")
    for reader in readers:
        reader.close()
    with connect(broker) as reader:
        check(len(call(reader, fetch(1, b"large", 1 << 20))) > 500_000, "who reads still gets records")
    said_before = len(broker.said().splitlines())
    for _ in range(2000):
        with connect(broker) as connection:
            connection.sendall(b"GET / HTTP/1.1\r\n\r\n")
    check(broker.alive() and len(broker.said().splitlines()) - said_before < 60, "thousands that speak no Kafka are a few lines in the log")
    broker.stop()

def frame(api, version, body):
    body = struct.pack(">hhih", api, version, 1, -1) + body
    return struct.pack(">i", len(body)) + body


def fetch_of_long_name(partitions):
    """In a session that it begins."""
    name = b"n" * 32_000
    body = struct.pack(">iiiibiiih", -1, 100, 1, 1 << 20, 0, 0, 0, 1, len(name)) + name + struct.pack(">i", partitions)
    body += b"".join(struct.pack(">iiqqi", index, -1, 0, -1, 1 << 20) for index in range(partitions))
    return frame(1, 11, body + struct.pack(">ih", 0, 0))


def create_many(topics, partitions):
    names = b"".join(struct.pack(">h", 5) + b"%05d" % n + struct.pack(">ihii", partitions, 1, 0, 0) for n in range(topics))
    return frame(19, 4, struct.pack(">i", topics) + names + struct.pack(">ib", 10_000, 1))  # to validate only


def describe_again_and_again(times):
    return frame(32, 1, struct.pack(">i", times) + (b"\4\0\1" + b"1" + struct.pack(">i", -1)) * times + b"\1")


with Broker("--shards", "1") as broker:
    for name, request in {"a fetch of 100,000 partitions of a topic with a long name": fetch_of_long_name(100_000),
                          "1,000 topics of 100,000 partitions": create_many(1000, 100_000),
                          "the same configuration 100,000 times": describe_again_and_again(100_000)}.items():
        with connect(broker) as connection:
            call(connection, request)
        check(resident_mib(broker, "VmHWM") < 600, f"{name} took {resident_mib(broker, 'VmHWM')} MiB at most")
    broker.stop()

with Broker("--shards", "2", "--set", "max.connections=20") as broker:
    said_before = len(broker.said().splitlines())
    few = []
    for _ in range(20):
        few.append(connect(broker))
        call(few[-1], api_versions(1))
    for _ in range(1000):
        with connect(broker) as connection:
            check(is_closed(connection), "beyond max.connections a connection is closed") if _ == 0 else connection.close()
    lines = broker.said().splitlines()[said_before:]
    check(len(lines) < 60 and any("connection refused" in line and "max.connections" in line for line in lines),
          "and said in a few lines")
    call(few[0], api_versions(2))
    broker.stop()

with Broker() as broker:
    second = subprocess.run([broker.binary, "broker", "--data-dir", broker.directory, "--listen", "127.0.0.1:0"], capture_output=True,
                            text=True, timeout=30, check=False)
    check(second.returncode == 1 and "in use" in second.stderr, "a data directory has one broker")
for arguments, expected in (["broker"], "--data-dir"), (["nonsense"], "unknown command"), (
        ["broker", "--data-dir", "/tmp/x", "--set", "num.partitions=many"], "num.partitions"), (
        ["broker", "--data-dir", "/tmp/x", "--set", "no.such.thing=1"], "no.such.thing"):
    done = subprocess.run([os.path.abspath(__import__("sys").argv[1]), *arguments], capture_output=True, text=True, timeout=30, check=False)
    check(done.returncode == 2 and expected in done.stderr, f"{arguments} is wrong usage, and says why")
