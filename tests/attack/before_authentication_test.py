"""Every request of every API in every version, from who has not authenticated, at each moment of a connection: no data and no effect.

Usage: before_authentication_test.py FULMAR ATTACK_REQUESTS
"""
import ssl
import struct
import time

from kit import (API_VERSIONS, AUTHENTICATE, AUTHENTICATION_FAILED, HANDSHAKE, INIT_PRODUCER_ID, SESSION_MS, Connection, attack_requests, attacked,
                 authenticate, check, handshake, plain, request, text)

DELETE_TOPICS, CREATE_TOPICS, CREATE_ACLS, ALTER_QUOTAS, ALTER_USERS, ALTER_CONFIGS, DELETE_GROUPS = 20, 19, 30, 49, 51, 44, 42
DELETION = request(DELETE_TOPICS, 1, struct.pack(">i", 1) + text("secret") + struct.pack(">i", 1000))
SECRETS = (b"secret", b"alice", b"mallory", b"contents of a record")


def strange_requests():
    """Keys that no API has, those that only brokers use, and versions that are not served, each without a body."""
    keys = [*range(100), *range(10000, 10020), 127, 128, 999, 32767, -1, -32768]
    strange = [(key, 0) for key in keys if key not in (API_VERSIONS, HANDSHAKE)]
    strange += [(key, version) for key in range(93) for version in (-1, 99, 32767) if key != API_VERSIONS]
    return [(key, version, request(key, version)) for key, version in strange]


def one_of_each(requests):
    """One of each API and version, the last: it has any content."""
    return list({(key, version): (key, version, frame) for key, version, frame in requests}.values())


def ended_session(broker, count):
    """Connections whose sessions have ended."""
    connections = [broker.connect("BRIEF").log_in("alice") for _ in range(count)]
    time.sleep(SESSION_MS / 1000)  # what is tested is what time does
    return connections


def half_way(listener, mechanism, token, version=1):
    def prepare(broker, count):
        connections = [broker.connect(listener).begin(mechanism, version) for _ in range(count)]
        for connection in connections if token else []:
            error, _, challenge = connection.token(token)
            assert (error, bool(challenge)) == (0, True), "the exchange does not go on"
        return connections
    return prepare


def fresh(listener):
    return lambda broker, count: [broker.connect(listener) for _ in range(count)]


def asked_for_versions(broker, count):
    connections = [broker.connect() for _ in range(count)]
    for connection in connections:
        assert connection.ask(request(API_VERSIONS, 0))
    return connections


# By the moment: how a connection gets there, what is sent before the request and with it, and the APIs that may be answered.
MOMENTS = {
    "at once": (fresh("SASL"), b"", {API_VERSIONS, HANDSHAKE}),
    "at once, over TLS": (fresh("SASLTLS"), b"", {API_VERSIONS, HANDSHAKE}),
    "after ApiVersions": (asked_for_versions, b"", {HANDSHAKE}),
    "after SaslHandshake": (half_way("SASL", "PLAIN", None), b"", {AUTHENTICATE}),
    "after SaslHandshake version 0": (half_way("SASL", "PLAIN", None, version=0), b"", set()),
    "between the messages of SCRAM": (half_way("SASL", "SCRAM-SHA-256", b"n,,n=alice,r=attacker"), b"", {AUTHENTICATE}),
    "between the messages of SCRAM, over TLS": (half_way("SASLTLS", "SCRAM-SHA-512", b"n,,n=alice,r=attacker"), b"", {AUTHENTICATE}),
    "after a token that is not accepted": (half_way("SASL", "OAUTHBEARER", b"n,,\1auth=Bearer a.b.c\1\1"), b"", {AUTHENTICATE}),
    "after a wrong password": (half_way("SASL", "PLAIN", None), authenticate(plain("alice", "wrong")), set()),
    "after a mechanism that is not enabled": (fresh("SASL"), handshake("SCRAM-SHA-512"), set()),
    "after the session has ended": (ended_session, b"", {HANDSHAKE}),
}


def answers_in(data):
    while data:
        size, = struct.unpack(">i", data[:4])
        assert len(data) >= 4 + size, "an answer is cut"
        yield data[4:4 + size]
        data = data[4 + size:]


def check_answers(moment, before, allowed, key, version, data):
    answers = list(answers_in(data))
    told = f"{moment}: API {key} version {version} is answered {data!r}"
    if before:  # which has failed, and is answered so
        assert answers, f"{moment}: no answer at all"
        answers = answers[1:]
    assert len(answers) <= (key in allowed), told
    assert not any(secret in answer for answer in answers for secret in SECRETS), told
    if key == AUTHENTICATE and answers:
        assert struct.unpack(">h", answers[0][-2:] if version < 0 else answers[0][4 + (version > 1):][:2])[0] == AUTHENTICATION_FAILED, told
    return len(answers)


def attack(broker, moment, requests):
    """Each on a connection of its own, and a deletion sent after it at once: whatever the request is, the connection must end."""
    prepare, before, allowed = MOMENTS[moment]
    connections = prepare(broker, len(requests))
    for connection, (_, _, frame) in zip(connections, requests):
        connection.send(before, frame, DELETION)
    answered = 0
    for connection, (key, version, _) in zip(connections, requests):
        answered += check_answers(moment, before, allowed, key, version, connection.rest())
        connection.close()
    return answered


def without_certificate(broker, requests):
    """Where a certificate is required. In TLS 1.3 a client without one is through before it is missed, and may send."""
    sent = 0
    for _, _, frame in requests:
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            context = broker.trusting()
            context.maximum_version = version
            try:
                with Connection(broker.ports["MUTUAL"], context) as connection:
                    sent += connection.send(frame, DELETION)
                    assert not connection.rest(), "who has no certificate is answered"
            except (ssl.SSLError, ConnectionError):
                pass
    return sent


def producer_id(broker):
    with Connection(broker.ports["ADMIN"]) as operator:
        answer = operator.ask(request(INIT_PRODUCER_ID, 0, struct.pack(">hi", -1, 1000)))
    return struct.unpack(">q", answer[10:18])[0]


def changed(before, after):
    return sorted(name for name in before if before[name] != after[name])


with attacked() as broker:
    broker.make_secrets()
    requests = attack_requests(broker.topic_id())
    served = {key for key, _, _ in requests}
    check(len(served) >= 57, f"there are {len(requests)} requests of {len(served)} APIs to be tried")
    state, next_producer = broker.state(), producer_id(broker) + 1
    for number, moment in enumerate(MOMENTS):
        tried = requests + strange_requests() if number == 0 else one_of_each(requests)
        answered = attack(broker, moment, tried)
        check(True, f"{moment}: {len(tried)} requests, {answered} answers to those that may be asked, and every connection is closed")
    sent = without_certificate(broker, [one for one in one_of_each(requests) if one[1] == 0])
    check(sent > 0, f"without a certificate: {sent} requests are sent and not answered")
    after = broker.state()
    check(not (wrong := changed(state, after)), f"nothing has changed: {wrong}")
    check(producer_id(broker) == next_producer, "and no producer id was given away")

    with broker.connect() as nobody:  # authenticated, and allowed nothing
        nobody.log_in("mallory")
        refused = 0
        for key, version, frame in requests:
            if key in (HANDSHAKE, AUTHENTICATE):
                continue
            if nobody.ask(frame) is None:
                nobody.__init__(broker.ports["SASL"])
                nobody.log_in("mallory")
            refused += 1
    wrong = [name for name in changed(state, broker.state()) if name != "cluster clients"]  # its software is listed, since it has authenticated
    check(not wrong, f"nor by {refused} requests of one who may do nothing: {wrong}")

    # Else the above would say nothing: the same requests have effects when they are an operator's.
    for key, version, frame in requests:
        if key in (CREATE_ACLS, ALTER_QUOTAS, ALTER_USERS, ALTER_CONFIGS, DELETE_GROUPS) and b"secret" in frame:
            with Connection(broker.ports["ADMIN"]) as operator:
                assert operator.ask(frame), f"API {key} version {version} is not answered"
    with Connection(broker.ports["ADMIN"]) as operator:
        operator.ask(DELETION)
    after = changed(state, {**dict.fromkeys(state), **{name: broker.operate(*name.split(" "), code=None) for name in state if " " in name}})
    wanted = {"topic list", "acl list", "quota list", "user list", "group list"}
    check(wanted <= set(after), f"an operator's have effects: {after}")
    broker.check_log()
    broker.stop()
