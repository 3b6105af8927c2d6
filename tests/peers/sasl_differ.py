"""Plays the same authentication exchanges with a Fulmar broker and an Apache Kafka broker, and says where the answers differ.

Usage: sasl_differ.py FULMAR_HOST:PORT KAFKA_HOST:PORT
Both are listeners with SASL_PLAINTEXT, the mechanisms PLAIN and SCRAM-SHA-256, and the user alice with the password "secret" for both. Of an
answer all bytes are compared but nonces, salts and the texts that Kafka words otherwise. Ends with 1 if anything differs that ALLOWED does not explain.
"""
import base64
import hashlib
import hmac
import socket
import struct
import sys

API_VERSIONS, METADATA, HANDSHAKE, AUTHENTICATE = 18, 3, 17, 36

# Intended differences, each with its reason.
ALLOWED = {
    "SCRAM: an unknown user": "Kafka tells at the first message that there is no such user; here it fails as a wrong password does",
    "SCRAM: an escaped comma": "likewise, there is no such user",
    "SCRAM: the flag of a client that could bind channels": "Kafka takes n only; RFC 5802, section 6, has servers that bind no channels take y as well",
    "SCRAM: another header at last": "Kafka does not look at it; RFC 5802, section 5.1, has it repeat that of the first message",
    "SCRAM: a mandatory extension": "Kafka ignores it; RFC 5802, section 5.1, has it fail",
    "SCRAM: an extension at last": "Kafka leaves it out of what is proved; RFC 5802, section 3, has it in",
    "SCRAM: a proof that is cut": "Kafka closes the connection without an answer, here it is a wrong proof like others",
    "a handshake in the middle of an exchange": "as a request between handshake and token",
    "ApiVersions in the middle of an exchange": "as a request between handshake and token",
    "a request between handshake and token": "Kafka answers it with ILLEGAL_SASL_STATE before it closes; here the connection is closed",
    "a large request": "Kafka closes the connection when all of it has been read, here its size is enough",
}


def text(value):
    return struct.pack(">h", len(value)) + value.encode()


def request(api, version, body=b""):
    header = struct.pack(">hhi", api, version, 7) + text("test")
    frame = header + body
    return struct.pack(">i", len(frame)) + frame


def handshake(mechanism, version=1):
    return request(HANDSHAKE, version, text(mechanism))


def authenticate(token, version=1):
    return request(AUTHENTICATE, version, struct.pack(">i", len(token)) + token)


def raw(token):
    return struct.pack(">i", len(token)) + token


class Exchange:
    """A connection; each step's answer is kept, or that it was closed."""

    def __init__(self, address):
        host, port = address.rsplit(":", 1)
        self.socket = socket.create_connection((host, int(port)), timeout=20)
        self.answers = []

    def read(self, size):
        data = b""
        while len(data) < size:
            try:
                part = self.socket.recv(size - len(data))
            except ConnectionError:
                return None
            if not part:
                return None
            data += part
        return data

    def step(self, frame):
        """Sends it, and returns the answer without its size; None: the connection is closed."""
        try:
            self.socket.sendall(frame)
        except ConnectionError:
            pass
        size = self.read(4)
        answer = None if size is None else self.read(struct.unpack(">i", size)[0])
        self.answers.append("closed" if answer is None else answer.hex())
        return answer


def scram_final(bare, server_first, password, binding="biws"):
    """`binding`: the header of the first message, in base64."""
    fields = dict(part.split("=", 1) for part in server_first.split(","))
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), base64.b64decode(fields["s"]), int(fields["i"]))
    key = hmac.new(salted, b"Client Key", "sha256").digest()
    without = f"c={binding},r={fields['r']}"
    message = f"{bare},{server_first},{without}".encode()
    signature = hmac.new(hashlib.sha256(key).digest(), message, "sha256").digest()
    return (without + ",p=" + base64.b64encode(bytes(a ^ b for a, b in zip(key, signature))).decode()).encode()


def play_scram(user, password, header="n,,", more="", binding=None, change=lambda final: final):
    """`header`: before the first message, `more`: after it; `binding`: the header that the last message repeats; `change`: what becomes of that one."""
    def play(exchange):
        exchange.step(handshake("SCRAM-SHA-256"))
        bare = f"n={user},r=nonce{more}"
        answer = exchange.step(authenticate((header + bare).encode()))
        error, = struct.unpack(">h", answer[4:6])
        exchange.answers[-1] = f"error {error}"  # the rest is a nonce and a salt
        if error:
            return
        size, = struct.unpack(">i", answer[8:12])
        proved = scram_final(bare, answer[12:12 + size].decode(), password, base64.b64encode((binding or header).encode()).decode())
        final = exchange.step(authenticate(change(proved)))
        if final is None:
            return
        exchange.answers[-1] = final[4:6].hex() + (final[6:].hex() if final[4:6] != b"\0\0" else "")
        if final[4:6] != b"\0\0":
            exchange.step(request(METADATA, 1, b"\0\0\0\0"))
    return play


def play(*frames):
    def steps(exchange):
        for frame in frames:
            if exchange.step(frame) is None:
                return
    return steps


right, wrong = b"\0alice\0secret", b"\0alice\0wrong"
versions = request(API_VERSIONS, 0)
CASES = {
    "PLAIN": play(handshake("PLAIN"), authenticate(right), handshake("PLAIN")),
    "PLAIN, version 0 of SaslAuthenticate": play(handshake("PLAIN"), authenticate(right, 0)),
    "PLAIN: a wrong password": play(handshake("PLAIN"), authenticate(wrong), authenticate(right)),
    "PLAIN: an unknown user": play(handshake("PLAIN"), authenticate(b"\0carol\0secret")),
    "PLAIN: no user": play(handshake("PLAIN"), authenticate(b"\0\0secret")),
    "PLAIN: no password": play(handshake("PLAIN"), authenticate(b"\0alice\0")),
    "PLAIN: two parts": play(handshake("PLAIN"), authenticate(b"\0alice")),
    "PLAIN: another authorization": play(handshake("PLAIN"), authenticate(b"bob\0alice\0secret")),
    "PLAIN: the same authorization": play(handshake("PLAIN"), authenticate(b"alice\0alice\0secret")),
    "SaslAuthenticate after authentication": play(handshake("PLAIN"), authenticate(right), authenticate(right)),
    "a mechanism that is not enabled": play(handshake("SCRAM-SHA-512"), authenticate(right)),
    "a mechanism in version 0": play(handshake("GSSAPI", 0)),
    "tokens without requests": play(handshake("PLAIN", 0), raw(right)),
    "tokens without requests: a wrong password": play(handshake("PLAIN", 0), raw(wrong)),
    "a request before authentication": play(request(METADATA, 1, b"\0\0\0\0")),
    "SaslAuthenticate before SaslHandshake": play(authenticate(right)),
    "ApiVersions twice": play(versions, versions),
    "SCRAM: an escaped comma": "likewise, there is no such user",
    "SCRAM: the flag of a client that could bind channels": "Kafka takes n only; RFC 5802, section 6, has servers that bind no channels take y as well",
    "SCRAM: another header at last": "Kafka does not look at it; RFC 5802, section 5.1, has it repeat that of the first message",
    "SCRAM: a mandatory extension": "Kafka ignores it; RFC 5802, section 5.1, has it fail",
    "SCRAM: an extension at last": "Kafka leaves it out of what is proved; RFC 5802, section 3, has it in",
    "SCRAM: a proof that is cut": "Kafka closes the connection without an answer, here it is a wrong proof like others",
    "a handshake in the middle of an exchange": "as a request between handshake and token",
    "ApiVersions in the middle of an exchange": "as a request between handshake and token",
    "a request between handshake and token": play(handshake("PLAIN"), request(METADATA, 1, b"\0\0\0\0")),
    "an unknown version of SaslHandshake": play(handshake("PLAIN", 2)),
    "a large request": play(struct.pack(">i", 600000) + b"x" * 600000),
    "SCRAM": play_scram("alice", "secret"),
    "SCRAM: a wrong password": play_scram("alice", "wrong"),
    "SCRAM: an unknown user": play_scram("carol", "secret"),
    "SCRAM: the flag of a client that could bind channels": play_scram("alice", "secret", header="y,,"),
    "SCRAM: an authorization as oneself": play_scram("alice", "secret", header="n,a=alice,"),
    "SCRAM: an unknown flag": play_scram("alice", "secret", header="z,,"),
    "SCRAM: no flag": play_scram("alice", "secret", header=",,"),
    "SCRAM: another header at last": play_scram("alice", "secret", binding="y,,"),
    "SCRAM: an extension": play_scram("alice", "secret", more=",x=y"),
    "SCRAM: an extension of the user's letter": play_scram("alice", "secret", more=",n=bob"),
    "SCRAM: two users": play_scram("alice,n=bob", "secret"),
    "SCRAM: a mandatory extension": play(handshake("SCRAM-SHA-256"), authenticate(b"n,,m=x,n=alice,r=nonce")),
    "SCRAM: an escape that is none": play_scram("ali=63e", "secret"),
    "SCRAM: an escaped comma": play_scram("ali=2Cce", "secret"),
    "SCRAM: a nonce that goes on": play_scram("alice", "secret", change=lambda final: final.replace(b",p=", b"x,p=")),
    "SCRAM: a nonce that begins otherwise": play_scram("alice", "secret", change=lambda final: final.replace(b"r=nonce", b"r=other")),
    "SCRAM: a nonce that is cut": play_scram("alice", "secret", change=lambda final: final[:20] + b",p=" + final.split(b",p=")[1]),
    "SCRAM: a proof that is cut": play_scram("alice", "secret", change=lambda final: final[:-8]),
    "SCRAM: no proof": play_scram("alice", "secret", change=lambda final: final.split(b",p=")[0]),
    "SCRAM: an extension at last": play_scram("alice", "secret", change=lambda final: final.replace(b",p=", b",x=y,p=")),
    "SCRAM: nothing at last": play_scram("alice", "secret", change=lambda final: b""),
    "SCRAM: a password of PLAIN at last": play_scram("alice", "secret", change=lambda final: right),
    "SCRAM: a password of PLAIN at first": play(handshake("SCRAM-SHA-256"), authenticate(right)),
    "SCRAM: nothing at first": play(handshake("SCRAM-SHA-256"), authenticate(b"")),
    "a handshake in the middle of an exchange": play(handshake("SCRAM-SHA-256"), handshake("PLAIN")),
    "ApiVersions in the middle of an exchange": play(handshake("PLAIN"), versions),
    "another version in the middle of an exchange": play(handshake("PLAIN"), authenticate(right, 9)),
    "PLAIN: four parts": play(handshake("PLAIN"), authenticate(right + b"\0x")),
    "PLAIN: nothing": play(handshake("PLAIN"), authenticate(b"")),
    "PLAIN: a user in capitals": play(handshake("PLAIN"), authenticate(b"\0ALICE\0secret")),
    "PLAIN: a user that is no text": play(handshake("PLAIN"), authenticate(b"\0alic\xff\0secret")),
    "PLAIN: SCRAM": play(handshake("PLAIN"), authenticate(b"n,,n=alice,r=nonce")),
    "a mechanism in small letters": play(handshake("plain")),
    "a mechanism without a name": play(handshake("")),
    "tokens without requests: a request": play(handshake("PLAIN", 0), authenticate(right)),
    "tokens without requests: nothing": play(handshake("PLAIN", 0), raw(b"")),
    "tokens without requests: a negative size": play(handshake("PLAIN", 0), struct.pack(">i", -1)),
    "an API that there is not": play(request(999, 0)),
    "SCRAM: malformed": play(handshake("SCRAM-SHA-256"), authenticate(b"n,,n=alice")),
    "SCRAM: another authorization": play(handshake("SCRAM-SHA-256"), authenticate(b"n,a=bob,n=alice,r=nonce")),
    "SCRAM: channel binding": play(handshake("SCRAM-SHA-256"), authenticate(b"p=tls-unique,,n=alice,r=nonce")),
}


def main(ours, theirs):
    failed = 0
    for name, case in CASES.items():
        answers = []
        for address in (ours, theirs):
            exchange = Exchange(address)
            case(exchange)
            # What ApiVersions lists is compared by differ.py.
            answers.append([a if len(a) < 400 else "a long answer" for a in exchange.answers])
        if answers[0] == answers[1]:
            print("equal:", name)
        elif name in ALLOWED:
            print("allowed:", name, "-", ALLOWED[name])
        else:
            print(f"DIFFERENT: {name}\n  ours   {answers[0]}\n  theirs {answers[1]}")
            failed = 1
    return failed


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
