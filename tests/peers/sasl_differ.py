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


def scram_final(first_bare, server_first, password):
    fields = dict(part.split("=", 1) for part in server_first.split(","))
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), base64.b64decode(fields["s"]), int(fields["i"]))
    key = hmac.new(salted, b"Client Key", "sha256").digest()
    without = f"c=biws,r={fields['r']}"
    message = f"{first_bare},{server_first},{without}".encode()
    signature = hmac.new(hashlib.sha256(key).digest(), message, "sha256").digest()
    return (without + ",p=" + base64.b64encode(bytes(a ^ b for a, b in zip(key, signature))).decode()).encode()


def play_scram(user, password):
    def play(exchange):
        exchange.step(handshake("SCRAM-SHA-256"))
        bare = f"n={user},r=nonce"
        answer = exchange.step(authenticate(b"n,," + bare.encode()))
        error, = struct.unpack(">h", answer[4:6])
        exchange.answers[-1] = f"error {error}"  # the rest is a nonce and a salt
        if error:
            return
        size, = struct.unpack(">i", answer[8:12])
        final = exchange.step(authenticate(scram_final(bare, answer[12:12 + size].decode(), password)))
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
    "a request between handshake and token": play(handshake("PLAIN"), request(METADATA, 1, b"\0\0\0\0")),
    "an unknown version of SaslHandshake": play(handshake("PLAIN", 2)),
    "a large request": play(struct.pack(">i", 600000) + b"x" * 600000),
    "SCRAM": play_scram("alice", "secret"),
    "SCRAM: a wrong password": play_scram("alice", "wrong"),
    "SCRAM: an unknown user": play_scram("carol", "secret"),
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
