"""A client's end of SCRAM that says what it is told to."""
import base64
import hashlib
import hmac


def base64_of(data):
    return base64.b64encode(data).decode()


def fields_of(message):
    return dict(part.split("=", 1) for part in message.decode().split(","))


class Scram:
    """`header`: that of GS2; `bare`: the first message without it."""

    def __init__(self, user="alice", digest="sha256", header="n,,", nonce="attacker", bare=None):
        self.user, self.digest, self.header = user, digest, header
        self.bare = bare or f"n={user},r={nonce}"
        self.first = (header + self.bare).encode()

    def final(self, server_first, password, bound=None, nonce=None, proof=None):
        """The last message. `bound`: what it says of channel binding; `nonce`, `proof`: what becomes of the right ones."""
        fields = fields_of(server_first)
        salted = hashlib.pbkdf2_hmac(self.digest, password.encode(), base64.b64decode(fields["s"]), int(fields["i"]))
        key = hmac.new(salted, b"Client Key", self.digest).digest()
        without = f"c={bound or base64_of(self.header.encode())},r={nonce(fields['r']) if nonce else fields['r']}"
        message = f"{self.bare},{server_first.decode()},{without}".encode()
        signature = hmac.new(hashlib.new(self.digest, key).digest(), message, self.digest).digest()
        right = bytes(a ^ b for a, b in zip(key, signature))
        return f"{without},p={base64_of(proof(right) if proof else right)}".encode()
