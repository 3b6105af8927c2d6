"""Recorded exchanges, messages of one connection on another, guessing, and finding out who exists.

Usage: replay_test.py FULMAR ATTACK_REQUESTS
"""
import time

from kit import AUTHENTICATION_FAILED, USERS, attacked, authenticate, check, handshake, plain, raw, request
from scram_client import Scram, fields_of

DELAY_MS = 150
GUESSES = 8


class Recording:
    """What a client has sent to authenticate by SCRAM, as frames."""

    def __init__(self, broker, listener, mechanism, digest, version):
        client = Scram(digest=digest)
        wrap = authenticate if version else raw
        with broker.connect(listener) as connection:
            self.frames = [handshake(mechanism, version), wrap(client.first)]
            answers = [connection.ask(frame) for frame in self.frames]
            first = answers[1][12:] if version else answers[1]
            self.final = client.final(first[:first.index(b",i=") + 7], USERS["alice"])
            self.frames.append(wrap(self.final))
            last = connection.ask(self.frames[2])
            assert last is not None and b"v=" in last, f"the exchange that is recorded fails: {last}"


def test_replay(broker):
    for listener, mechanism, digest, version in (("SASL", "SCRAM-SHA-256", "sha256", 1), ("SASL", "SCRAM-SHA-256", "sha256", 0),
                                                 ("SASLTLS", "SCRAM-SHA-512", "sha512", 1)):
        recorded = Recording(broker, listener, mechanism, digest, version)
        with broker.connect(listener) as connection:
            answers = [connection.ask(frame) for frame in recorded.frames[:2]]
            last = connection.ask(recorded.frames[2])
            check(all(answers) and (last is None or last[4:6] == bytes([0, AUTHENTICATION_FAILED])) and connection.rest() == b"",
                  f"a recorded exchange of {mechanism} fails at its last message, on {listener} with version {version} of SaslHandshake")
        with broker.connect(listener) as connection:
            connection.send(*recorded.frames, request(3, 1, b"\0\0\0\0"))
            check(b"v=" not in connection.rest(), "and so it does if all of it is sent at once")
        with broker.connect(listener) as connection:
            connection.send(recorded.frames[0], recorded.frames[2])
            check(b"v=" not in connection.rest(), "and without the first message")


def test_another_connection(broker):
    alice = Scram()
    with broker.connect() as one, broker.connect() as other:
        first = one.begin("SCRAM-SHA-256").token(alice.first)[2]
        second = other.begin("SCRAM-SHA-256").token(alice.first)[2]
        check(fields_of(first)["r"] != fields_of(second)["r"] and fields_of(first)["s"] == fields_of(second)["s"], "two connections have nonces of their own")
        final = alice.final(first, USERS["alice"])
        check(other.token(final)[0] == AUTHENTICATION_FAILED, "the last message of one connection fails on another")
        check(one.token(final)[0] == 0, "and is accepted where it belongs")
    nonces = set()
    for _ in range(200):
        with broker.connect() as connection:
            nonces.add(fields_of(connection.begin("SCRAM-SHA-256").token(alice.first)[2])["r"].removeprefix("attacker"))
    check(len(nonces) == 200 and all(len(nonce) >= 24 for nonce in nonces), "no nonce of the server comes twice")


def test_guessing(broker):
    for mechanism, tokens in {"PLAIN": [plain("alice", "wrong")], "SCRAM-SHA-256": [Scram().first, lambda first: Scram().final(first, "wrong")]}.items():
        begun = time.monotonic()
        for _ in range(GUESSES):
            with broker.connect() as connection:
                connection.begin(mechanism)
                for token in tokens:
                    error, _, told = connection.token(token(told) if callable(token) else token)
                assert error == AUTHENTICATION_FAILED
        took = time.monotonic() - begun
        check(took >= GUESSES * DELAY_MS / 1000, f"{GUESSES} guesses of {mechanism}, one after the other, take {took:.2f} s")
    with broker.connect() as connection:
        connection.begin("PLAIN")
        begun = time.monotonic()
        connection.send(*[authenticate(plain("alice", guess)) for guess in ("wrong", USERS["alice"])])
        answer = connection.answer()
        waited = time.monotonic() - begun
        refused = answer[4:6] == bytes([0, AUTHENTICATION_FAILED]) and connection.rest() == b""
        check(refused and waited >= DELAY_MS / 1000, "a connection has one guess, and its answer is late")


def answers_to(broker, mechanism, user, password):
    """All that somebody is told who tries it, but the nonce of the server."""
    with broker.connect() as connection:
        connection.begin(mechanism)
        if mechanism == "PLAIN":
            return [connection.token(plain(user, password)), connection.rest()]
        client = Scram(user)
        first = connection.token(client.first)
        fields = fields_of(first[2])
        return [first[:2], fields["i"], len(fields["r"]), len(fields["s"]), connection.token(client.final(first[2], password)), connection.rest()], fields["s"]


def test_who_exists(broker):
    known, unknown = answers_to(broker, "PLAIN", "alice", "wrong"), answers_to(broker, "PLAIN", "nobody", "wrong")
    check(known == unknown, f"PLAIN: who exists and has another password is answered as who does not exist: {known[0]}")
    known, salt_of_alice = answers_to(broker, "SCRAM-SHA-256", "alice", "wrong")
    unknown, salt_of_nobody = answers_to(broker, "SCRAM-SHA-256", "nobody", "wrong")
    check(known == unknown, f"SCRAM: likewise, in as many messages of the same form: {known[4]}")
    again = [answers_to(broker, "SCRAM-SHA-256", user, "wrong")[1] for user in ("alice", "nobody", "somebody")]
    check(again[:2] == [salt_of_alice, salt_of_nobody] and len({*again}) == 3, "a user that there is not has a salt of its own, always the same")
    broker.end()
    broker.start()
    check(answers_to(broker, "SCRAM-SHA-256", "nobody", "wrong")[1] == salt_of_nobody, "also after a restart")
    broker.operate("user", "set", "nobody", "--mechanism", "SCRAM-SHA-256", "--iterations", "4096", text="a password\n")
    now_known, _ = answers_to(broker, "SCRAM-SHA-256", "nobody", "wrong")
    check(now_known == unknown, "and it is answered the same once it exists")


with attacked(more={"connection.failed.authentication.delay.ms": str(DELAY_MS)}) as broker:
    test_replay(broker)
    test_another_connection(broker)
    test_guessing(broker)
    test_who_exists(broker)
    broker.check_log()
    check("attacker" not in broker.said(), "and nothing of the messages")
    broker.stop()
