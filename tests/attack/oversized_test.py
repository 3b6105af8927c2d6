"""What is too large, too long, in too many pieces, or has a name that no tool would give: requests, tokens, handshakes, certificates.

Usage: oversized_test.py FULMAR ATTACK_REQUESTS
"""
import socket
import struct
import time

from kit import AUTHENTICATION_FAILED, FIND_COORDINATOR, METADATA, Connection, attacked, authenticate, check, plain, request, text
from odd_certificates import BMP, CN, IA5, INTEGER, O, OCTETS, OU, PRINTABLE, T61, UNIVERSAL, OddAuthority, name, part
from tls_in_pieces import TlsInPieces, in_bytes, in_records_of_one_byte

JOIN_GROUP = 11
LONGEST = 524288  # sasl.server.max.receive.size
METADATA_OF_SECRET = request(METADATA, 1, struct.pack(">i", 1) + text("secret"))
RULES = r"RULE:^CN=([a-zA-Z]+),OU=Clients$/$1/L,RULE:^CN=(.*?),OU=Greedy.*$/$1/,DEFAULT"
CLIENTS = part(OU, b"Clients")
SERVER_AUTH, CLIENT_AUTH = "1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"


def token_in_frame_of(size):
    """One that makes a SaslAuthenticate of so many bytes."""
    return b"x" * (size - (len(authenticate(b"")) - 4))


def test_requests(broker):
    before = broker.resident_mib()
    for what, size in {"2 GiB": 0x7fffffff, "one byte too many": LONGEST + 1, "a negative size": -1, "no bytes": 0, "seven bytes": 7}.items():
        with broker.connect() as connection, broker.connect() as other:
            connection.send(struct.pack(">i", size))
            check(connection.rest() == b"", f"a request of {what} ends the connection before it has come")
            other.begin().send(struct.pack(">i", size))
            check(other.rest() == b"", "also while the client authenticates")
    with broker.connect() as connection:
        error, told, _ = connection.begin().token(token_in_frame_of(LONGEST))
        check(error == AUTHENTICATION_FAILED, f"a token as large as it may be is looked at: {told}")
    with broker.connect() as connection:
        connection.begin().send(authenticate(token_in_frame_of(LONGEST + 1))[:70000])
        check(connection.rest() == b"", "and one that is larger is not")
    long = b"a" * 500000
    for mechanism, token in {"SCRAM-SHA-256": b"n,,n=" + long + b",r=x", "OAUTHBEARER": b"n,,\1auth=Bearer " + long + b"\1\1",
                             "PLAIN": plain("a" * 250000, "b" * 250000)}.items():
        with broker.connect() as connection:
            error, _, told = connection.begin(mechanism).token(token)
            check(error == AUTHENTICATION_FAILED or b"invalid_token" in told, f"half a megabyte by {mechanism} is refused")
    with broker.connect() as connection:
        connection.log_in("alice")
        answer = connection.ask(request(METADATA, 1, struct.pack(">i", 1) + text("secret") + bytes(2 * LONGEST)))
        check(answer and b"secret" in answer, "who has authenticated may send more")
    check(broker.resident_mib() - before < 60, f"all of that has left {broker.resident_mib() - before} MiB")


def test_pieces(broker):
    """Bytes one by one, each in a packet of its own."""
    with broker.connect() as connection:
        connection.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in b"".join((request(18, 0), request(17, 1, text("PLAIN")), authenticate(plain("alice")))):
            connection.send(bytes([byte]))
        answers = [connection.answer() for _ in range(3)]
        check(answers[2][4:6] == b"\0\0", "an authentication that comes byte by byte is one")
    for what, in_pieces in {"in packets of one byte": in_bytes, "in records of one byte": in_records_of_one_byte}.items():
        client = TlsInPieces(broker.ports["SASLTLS"], broker.trusting())
        client.handshake(in_pieces)
        check(client.ask(request(18, 0)), f"as is a ClientHello {what}")
        client.close()


def test_hellos(broker):
    before = broker.resident_mib()
    for size in (15996, 131000, 200000, 0xffffff):
        hello = b"\1" + size.to_bytes(3, "big") + b"\3\3" + bytes(32) + b"\0" + b"\0\2\x13\1\1\0" + struct.pack(">H", 65535) + bytes(300000)
        for listener in ("SASLTLS", "MUTUAL"):
            with Connection(broker.ports[listener]) as connection:
                for at in range(0, min(size, 300000), 16000):
                    if not connection.send(b"\x16\3\1" + struct.pack(">H", 16000) + hello[at:at + 16000]):
                        break
                said = connection.rest()
                assert said == b"" or said.startswith(b"\x15\3"), f"{said[:50]} is said to a ClientHello of {size} bytes"
    check(broker.resident_mib() - before < 30, f"a ClientHello of up to 16 MB ends the connection, and leaves {broker.resident_mib() - before} MiB")


def who(broker, certificate):
    """None: not let in. Else whether this client may see what alice may."""
    try:
        with Connection(broker.ports["MUTUAL"], broker.trusting(certificate)) as connection:
            answer = connection.ask(METADATA_OF_SECRET)
    except OSError:
        return None
    if answer is None:
        return None
    return struct.unpack(">h", answer[answer.index(b"\0\6secret") - 2:][:2])[0] == 0


def test_names(broker):
    odd = OddAuthority(broker.authority)

    def of_client(*sets, **more):
        return who(broker, odd.sign(name(*sets), **more))

    check(of_client(CLIENTS, part(CN, b"Alice")) is True, "a certificate of Alice is alice by the rules")
    check(of_client(CLIENTS, part(CN, "Alice".encode("utf-16-be"), BMP)) is True, "in each type of text")
    check(of_client(CLIENTS, part(CN, b"Alice"), usage=CLIENT_AUTH) is True, "also if it is for clients only")
    check(of_client(CLIENTS, part(CN, b"Alice"), usage=SERVER_AUTH) is None, "and not if it is for servers only")
    check(of_client(CLIENTS, part(CN, b"Alice"), days=(-2, -1)) is None, "or has expired")
    check(of_client(CLIENTS, part(CN, b"Alice"), days=(1, 2)) is None, "or is of tomorrow")
    others = {
        "a zero byte after the name": [CLIENTS, part(CN, b"alice\0")], "a zero byte and more": [CLIENTS, part(CN, b"alice\0.example")],
        "a zero byte in BMP": [CLIENTS, part(CN, "alice\0".encode("utf-16-be"), BMP)], "a line feed": [CLIENTS, part(CN, b"alice\n")],
        "lines for the log": [CLIENTS, part(CN, b"x\r\n2026-01-01T00:00:00.000Z INFO  broker: broker ready listen=127.0.0.1:1")],
        "what a terminal obeys": [CLIENTS, part(CN, b"\x1b[2J\x1b]0;owned\7alice")], "half of UTF-8": [CLIENTS, part(CN, b"alic\xc3")],
        "what is no UTF-8": [CLIENTS, part(CN, b"\xff\xfe\xfa")], "overlong UTF-8": [CLIENTS, part(CN, b"alic\xc1\xa5")],
        "half of UTF-16": [CLIENTS, part(CN, b"\xd8\0\0a", BMP)],
        "an odd number of bytes in BMP": [CLIENTS, part(CN, b"alice", BMP)], "beyond Unicode": [CLIENTS, part(CN, b"\x7f\xff\xff\xff", UNIVERSAL)],
        "T61": [CLIENTS, part(CN, b"alice\xff", T61)], "beyond ASCII in IA5": [CLIENTS, part(CN, b"alice\xe9", IA5)],
        "an integer": [CLIENTS, part(CN, b"alice", INTEGER)],
        "bytes": [CLIENTS, part(CN, b"alice", OCTETS)], "an equals sign": [part(CN, b"alice,OU=Clients")], "a comma": [CLIENTS, part(CN, b"alice,OU=Clients")],
        "what is escaped already": [CLIENTS, part(CN, b"alice\\,OU\\=Clients")], "a second name": [CLIENTS, part(CN, b"mallory"), part(CN, b"alice")],
        "two names side by side": [CLIENTS, [part(CN, b"alice"), part(CN, b"mallory")]], "a greedy rule": [part(OU, b"Greedy"), part(CN, b"alice,x")],
        "another unit side by side": [[part(CN, b"alice"), CLIENTS]], "no parts": [], "an empty name": [CLIENTS, part(CN, b"")], "a set without parts": [[]],
        "an unknown type": [CLIENTS, part("1.2.3.4.5.6.7", b"alice")], "a long type": [CLIENTS, part("1.2." + ".".join(["4294967295"] * 40), b"alice")],
        "a name of 60,000 bytes": [CLIENTS, part(CN, b"alice" * 12000)], "60,000 zero bytes": [CLIENTS, part(CN, bytes(60000))],
        "1,500 parts": [part(OU, b"%d" % n, PRINTABLE) for n in range(1500)], "1,500 parts side by side": [sorted(part(OU, b"%d" % n) for n in range(1500))],
        "another case of another letter": [CLIENTS, part(CN, "al\u0131ce".encode())], "an organisation of that name": [CLIENTS, part(O, b"alice")],
    }
    let_in = 0
    for what, sets in others.items():
        seen = of_client(*sets)
        assert seen is not True, f"{what}: it is alice"
        let_in += seen is False
    check(let_in > len(others) // 2, f"of {len(others)} odd names none is alice, {let_in} are let in as somebody else")
    check(of_client(CLIENTS, part(CN, b"Alice" * 60000)) is None, "a certificate of 300,000 bytes is not read")
    check(of_client(CLIENTS, part(CN, b"Alice")) is True, "and Alice still is alice")


def test_what_clients_call_things(broker):
    """A client that may have groups calls one, and itself, what it likes; then an operator looks."""
    name = b"\xff\xfe\nsecret Stable classic consumer\n\x1b[2J\x1b]0;owned\7\xc2\x9b"
    named = struct.pack(">h", len(name)) + name
    join = named + struct.pack(">i", 60000) + text("") + text("consumer") + struct.pack(">i", 1) + text("range") + struct.pack(">i", 1) + b"x"
    frame = struct.pack(">hhi", JOIN_GROUP, 0, 7) + named + join
    with Connection(broker.ports["ADMIN"]) as member:
        end = time.monotonic() + 20
        while member.ask(request(FIND_COORDINATOR, 0, named))[4:6] != b"\0\0":
            assert time.monotonic() < end, "no coordinator"
            time.sleep(0.02)  # polling for an event that has no other sign
        assert member.ask(struct.pack(">i", len(frame)) + frame)[4:6] == b"\0\0", "it is no member"
        for command in (("group", "list"), ("top", "--count", "1", "--interval", "1"), ("cluster", "clients")):
            for how in ((), ("--output", "json")):
                lines = broker.operate(*command, *how).split("\n")
                assert all(line.isprintable() for line in lines), f"{command} shows {[line for line in lines if not line.isprintable()]}"
                assert not any(line.startswith("secret") for line in lines), f"{command} shows a line that a client has made"
    check(True, "what clients call things is text to who looks at it")


with attacked("--set", "ssl.principal.mapping.rules=" + RULES, more={"connection.failed.authentication.delay.ms": "1"}) as broker:
    broker.operate("topic", "create", "secret")
    broker.operate("acl", "add", "--allow-principal", "User:alice", "--operation", "Read", "--topic", "secret")
    test_requests(broker)
    test_pieces(broker)
    test_hellos(broker)
    test_names(broker)
    test_what_clients_call_things(broker)
    broker.check_log()
    broker.stop()
