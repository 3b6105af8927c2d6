"""Thousands of connections that begin to authenticate and stop: what they hold is bounded, others are served meanwhile, and they end.

Usage: flood_test.py FULMAR ATTACK_REQUESTS
"""
import resource
import select
import ssl
import struct
import time

from kit import Connection, attacked, authenticate, check, request
from scram_client import Scram

FILES_MAX = resource.getrlimit(resource.RLIMIT_NOFILE)[1]  # of this program and of the broker, which raise their limits to it
STRANGERS = min(3000, FILES_MAX - 600)
HANDSHAKE_MS = 3000  # for a handshake of TLS
SERVED_SECONDS = 5  # the longest that somebody else may have to wait, on a machine that is busy with other tests
MIB = 1 << 20
BUDGET_MIB = 32 + 16  # what a shard keeps of strangers' requests, and what one larger than that takes while it is looked at
LONGEST = 524288  # sasl.server.max.receive.size


def hello():
    """The ClientHello of Python's own client."""
    came, sent = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = ssl.create_default_context().wrap_bio(came, sent, server_hostname="localhost")
    try:
        client.do_handshake()
    except ssl.SSLWantReadError:
        pass
    return sent.read()


def connect(broker, listener):
    return Connection(broker.ports[listener])


def count_closed(connections):
    """Of those that the broker has closed, or reset."""
    poller = select.poll()
    by_number = {connection.socket.fileno(): connection for connection in connections}
    for number in by_number:
        poller.register(number, select.POLLIN | select.POLLHUP)
    closed = 0
    for number, _ in poller.poll(0):
        by_number[number].socket.setblocking(False)
        try:
            while data := by_number[number].socket.recv(65536):
                assert data
        except BlockingIOError:
            continue  # an answer, and the connection is open
        except OSError:
            pass
        closed += 1
    return closed


def await_closed(connections, wanted, seconds, what):
    end = time.monotonic() + seconds
    while (closed := count_closed(connections)) < wanted:
        assert time.monotonic() < end, f"{what}: {closed} of {len(connections)} are closed"
        time.sleep(0.05)  # polling for an event that has no other sign
    return closed


class Others:
    """Who has authenticated already, and who does now."""

    def __init__(self, broker):
        self.broker, self.known = broker, [broker.connect(listener).log_in("alice") for listener in ("SASL", "SASLTLS") for _ in range(4)]

    def check_served(self, when):
        longest = 0
        for connection in self.known:
            longest = max(longest, self.seconds_of(lambda connection=connection: connection.ask(request(3, 1, struct.pack(">i", 0)))))
        for listener in ("SASL", "SASLTLS"):
            for _ in range(4):
                longest = max(longest, self.seconds_of(lambda listener=listener: self.broker.connect(listener).log_in("alice")))
        check(longest < SERVED_SECONDS, f"{when}, whoever is known or gets known is served: {longest * 1000:.0f} ms at most")

    @staticmethod
    def seconds_of(what):
        begun = time.monotonic()
        assert what() is not None, "it is not served"
        return time.monotonic() - begun


def grown(broker, before, what, mib_max):
    now = broker.resident_mib()
    check(now - before < mib_max, f"{what} take {now - before} MiB, of {mib_max} at most")


def test_half_hellos(broker, others):
    before, whole = broker.resident_mib(), hello()
    begun = time.monotonic()
    halves = []
    for number in range(STRANGERS):
        halves.append(connect(broker, "SASLTLS" if number % 2 else "MUTUAL"))
        halves[-1].send(whole[:1 + number % (len(whole) - 1)])
        if number % 1000 == 999:
            others.check_served(f"beside {number + 1} halves of a ClientHello")
    grown(broker, before, f"{STRANGERS} halves of a ClientHello", 100)
    await_closed(halves, STRANGERS, HANDSHAKE_MS / 1000 + SERVED_SECONDS, "half handshakes")
    check(True, f"each is closed {time.monotonic() - begun:.1f} s after the first at the latest, {HANDSHAKE_MS} ms being allowed")
    others.check_served("after them")


def test_half_exchanges(broker, others):
    before = broker.resident_mib()
    halves = []
    for number in range(STRANGERS):
        halves.append(connect(broker, "SASL").begin("SCRAM-SHA-256"))
        first = authenticate(Scram().first)
        if number % 3:
            assert halves[-1].ask(first)
        else:
            halves[-1].send(first[:1 + number % (len(first) - 1)])
    grown(broker, before, f"{STRANGERS} halves of an exchange", 100)
    others.check_served(f"beside {STRANGERS} halves of an exchange")
    for half in halves:
        half.close()


def test_half_requests(broker, others):
    """The broker of this test has next to no memory for requests; strangers must not take that of others."""
    before = broker.resident_mib()
    halves = []
    for number in range(600):
        size = LONGEST if number % 2 else 65000
        halves.append(connect(broker, "SASL"))
        halves[-1].socket.setblocking(False)
        halves[-1].send(struct.pack(">i", size) + bytes(size * 9 // 10))
    others.check_served("beside 600 requests of strangers that are not whole")
    grown(broker, before, "these", BUDGET_MIB + 50)
    closed = await_closed(halves, 300, SERVED_SECONDS, "strangers whose requests have no room")
    check(closed < 600, f"{closed} of them are closed")
    for half in halves:
        half.close()


resource.setrlimit(resource.RLIMIT_NOFILE, (FILES_MAX, FILES_MAX))
settings = {**{f"listener.name.{name}.ssl.handshake.timeout.ms": str(HANDSHAKE_MS) for name in ("sasltls", "mutual")}, "queued.max.request.bytes": str(MIB)}
with attacked("--shards", "1", more=settings) as broker:
    others = Others(broker)
    test_half_requests(broker, others)
    test_half_hellos(broker, others)
    test_half_exchanges(broker, others)
    broker.check_log()
    broker.stop()
