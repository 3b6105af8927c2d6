#!/usr/bin/python3
"""What TLS costs: records over TLS and in plain text, handshakes, and the memory of idle connections. Prints the figures.

Usage: tls.py [records|handshakes|memory]... (all). MEGABYTES sets the size of each load (1000).
"""
import os
import re
import resource
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, "tests", "real"))
from certificates import Authority, openssl  # the imports need the path  # noqa: E402
from named_listeners import NamedListeners  # noqa: E402

BINARY = os.path.join(ROOT, "build", "release", "fulmar")
LOAD = os.path.join(ROOT, "build", "release", "bench", "fulmar-load")
MEGABYTES = os.environ.get("MEGABYTES", "1000")
CACHED = "flush.messages=9223372036854775807"  # the network is measured, and not the disk
SECONDS = 5
CONNECTIONS = 5_000
IO = os.environ.get("FULMAR_IO", "auto")


def new_broker(place, authority, *options, keystore=None):
    return NamedListeners({"PLAINTEXT": "PLAINTEXT", "SSL": "SSL"}, "--io", IO, "--set", "ssl.keystore.type=PEM", "--set",
                          "ssl.keystore.location=" + (keystore or authority.sign("broker", "/O=Test/CN=broker")), *options, binary=BINARY)


def resident_bytes(broker):
    with open(f"/proc/{broker.process.pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS:")) * 1024


def measure_records(place, authority):
    """By turns, on a broker of its own each, so that neither has the other's warm memory."""
    trusting = [f"ssl.ca.location={authority.certificate}", "security.protocol=ssl"]
    for round_number in (1, 2):
        for name, more in (("PLAINTEXT", []), ("SSL", trusting)):
            with new_broker(place, authority) as broker:
                subprocess.run([BINARY, "topic", "create", "load", "--config", CACHED, "--bootstrap", broker.address], check=True,
                               capture_output=True, timeout=60)
                for what in ("produce", "fetch"):
                    done = subprocess.run([LOAD, broker.at(name), str(broker.process.pid), what, "load", "1", MEGABYTES, *more], check=True,
                                          capture_output=True, text=True, timeout=600)
                    print(f"{round_number} {name:9} {done.stdout.strip()}", flush=True)
                broker.stop()


def handshakes(broker, what, *options):
    """Of one client after the other, by openssl s_time; the broker's CPU time is what one core could do."""
    before = broker.cpu_seconds()
    said = subprocess.run(["openssl", "s_time", "-connect", f"127.0.0.1:{broker.ports['SSL']}", "-time", str(SECONDS), *options], check=True, capture_output=True,
                          text=True, timeout=60 + SECONDS).stdout
    used = broker.cpu_seconds() - before
    count, real = re.findall(r"^(\d+) connections in (\d+) real seconds", said, re.M)[-1]
    count = int(count)
    print(f"{what}: {count / SECONDS:.0f} handshakes/s of one client, {used / count * 1e3:.2f} ms of the broker's CPU each: "
          f"{count / used:.0f} a second on a core ({real} s)", flush=True)


def measure_handshakes(place, authority):
    rsa = os.path.join(place, "rsa.pem")
    openssl("req", "-x509", "-newkey", "rsa:2048", "-noenc", "-keyout", rsa + ".key", "-out", rsa + ".crt", "-subj", "/CN=localhost", "-days", "30")
    with open(rsa, "w", encoding="ascii") as both:
        for end in (".crt", ".key"):
            with open(rsa + end, encoding="ascii") as part:
                both.write(part.read())
    for kind, keystore in (("P-256", None), ("RSA 2048", rsa)):
        with new_broker(place, authority, keystore=keystore) as broker:
            handshakes(broker, f"{kind}, TLS 1.3, new", "-new", "-tls1_3")
            handshakes(broker, f"{kind}, TLS 1.2, new", "-new", "-tls1_2")
            handshakes(broker, f"{kind}, TLS 1.2, resumed", "-reuse", "-tls1_2")
            broker.stop()


def metadata_request():
    body = struct.pack(">hhih4s", 3, 1, 7, 4, b"test") + struct.pack(">i", 0)
    return struct.pack(">i", len(body)) + body


def measure_memory(place, authority):
    context = ssl.create_default_context(cafile=authority.certificate)
    for name in ("PLAINTEXT", "SSL"):
        with new_broker(place, authority) as broker:
            def connect():
                plain = socket.create_connection(("127.0.0.1", broker.ports[name]), 60)
                connection = context.wrap_socket(plain, server_hostname="localhost") if name == "SSL" else plain
                connection.sendall(metadata_request())
                assert connection.recv(65536)
                return connection
            open_ones = [connect() for _ in range(200)]  # what is needed once is there then
            before, began = resident_bytes(broker), time.monotonic()
            open_ones += [connect() for _ in range(CONNECTIONS)]
            took, each = time.monotonic() - began, (resident_bytes(broker) - before) / CONNECTIONS
            print(f"{name}: {CONNECTIONS} idle connections, each answered once, made in {took:.1f} s: {each / 1024:.1f} KiB each", flush=True)
            for connection in open_ones:
                connection.close()
            broker.stop()


def main():
    parts = {"records": measure_records, "handshakes": measure_handshakes, "memory": measure_memory}
    asked = sys.argv[1:] or list(parts)
    if unknown := [name for name in asked if name not in parts]:
        sys.exit(f"there is no {unknown[0]}; there are {', '.join(parts)}")
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    for name in asked:
        print(f"-- {name}", flush=True)
        with tempfile.TemporaryDirectory(prefix="fulmar-bench-tls-") as place:
            parts[name](place, Authority(place))


if __name__ == "__main__":
    main()
