"""A broker with something to lose, the ways in that an attacker has, and what its operator sees of it."""
import json
import os
import re
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path += [os.path.join(HERE, "..", "real"), os.path.join(HERE, "..", "peers")]

from broker import check  # noqa: E402
from certificates import Authority  # noqa: E402
from named_listeners import NamedListeners  # noqa: E402
from sasl_differ import authenticate, handshake, raw, request, text  # noqa: E402

__all__ = ["AttackedBroker", "Connection", "attack_requests", "attacked", "authenticate", "check", "handshake", "plain", "raw", "request", "text"]

PATIENCE = 20
METADATA, FIND_COORDINATOR, HANDSHAKE, API_VERSIONS, INIT_PRODUCER_ID, AUTHENTICATE = 3, 10, 17, 18, 22, 36
ILLEGAL_STATE, AUTHENTICATION_FAILED = 34, 58
PROTOCOLS = {"ADMIN": "PLAINTEXT", "SASL": "SASL_PLAINTEXT", "SASLTLS": "SASL_SSL", "BRIEF": "SASL_PLAINTEXT", "MUTUAL": "SSL"}
MECHANISMS = ["PLAIN", "SCRAM-SHA-256", "OAUTHBEARER"]  # SCRAM-SHA-512 is enabled on SASLTLS only
SESSION_MS = 1500  # of listener BRIEF
USERS = {"alice": "secret of alice", "mallory": "known to mallory"}  # of PLAIN and of SCRAM; mallory may do nothing
# A public key whose private one only RFC 7515 has.
KEYS = {"keys": [{"kty": "EC", "crv": "P-256", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]}


def plain(user, password=None, authorization=""):
    return f"{authorization}\0{user}\0{password if password is not None else USERS[user]}".encode()


class Connection:
    """One connection of an attacker, over TLS if there is a context."""

    def __init__(self, port, context=None, **more):
        self.socket = socket.create_connection(("127.0.0.1", port), PATIENCE)
        if context:
            self.socket = context.wrap_socket(self.socket, server_hostname="localhost", **more)

    def send(self, *frames):
        """Whether they could be sent: the broker may have closed the connection already."""
        try:
            self.socket.sendall(b"".join(frames))
            return True
        except OSError:
            return False

    def read(self, size):
        data = b""
        while len(data) < size:
            part = self.socket.recv(size - len(data))
            if not part:
                raise ConnectionResetError("closed")
            data += part
        return data

    def answer(self):
        """The next answer without its size; None: the connection is closed. Raises TimeoutError if neither comes."""
        try:
            return self.read(struct.unpack(">i", self.read(4))[0])
        except TimeoutError:
            raise
        except OSError:
            return None

    def ask(self, *frames):
        self.send(*frames)
        return self.answer()

    def rest(self):
        """All bytes until the broker has closed the connection."""
        data = b""
        try:
            while part := self.socket.recv(65536):
                data += part
        except TimeoutError as error:
            raise AssertionError("the connection is still open") from error
        except OSError:
            pass
        return data

    def begin(self, mechanism="PLAIN", version=1):
        """Shakes hands by SASL."""
        answer = self.ask(handshake(mechanism, version))
        assert answer and answer[4:6] == b"\0\0", f"SaslHandshake is answered {answer}"
        return self

    def token(self, token):
        """Sends it; returns the error, its text and the token that is answered, or None where the connection is closed."""
        answer = self.ask(authenticate(token))
        if answer is None:
            return None
        error, size = struct.unpack(">hh", answer[4:8])
        told, rest = answer[8:8 + max(size, 0)].decode(), answer[8 + max(size, 0):]
        return error, told, rest[4:4 + struct.unpack(">i", rest[:4])[0]]

    def log_in(self, user, password=None):
        assert self.begin().token(plain(user, password))[0] == 0, "it is not let in"
        return self

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class AttackedBroker(NamedListeners):
    """Listeners as PROTOCOLS has them. Who comes by ADMIN is an operator, and there only.

    A topic, a group and a transaction are called "secret"; there are also users, access control lists and quotas.
    """

    def __init__(self, directory, *options, more=None):
        self.authority = Authority(directory)
        users, keys = os.path.join(directory, "users"), os.path.join(directory, "keys.json")
        with open(users, "w", encoding="utf-8") as out:
            out.write("".join(f"SCRAM-SHA-{bits}=[name={user},password={password}]\n" for user, password in USERS.items() for bits in (256, 512)))
        with open(keys, "w", encoding="utf-8") as out:
            json.dump(KEYS, out)
        known = " ".join(f'user_{user}="{password}"' for user, password in USERS.items())
        login = f"org.apache.kafka.common.security.plain.PlainLoginModule required {known};"
        settings = {"sasl.enabled.mechanisms": ",".join(MECHANISMS), "listener.name.sasltls.sasl.enabled.mechanisms": "PLAIN,SCRAM-SHA-512",
                    "plain.sasl.jaas.config": login, "listener.name.brief.plain.connections.max.reauth.ms": str(SESSION_MS),
                    "cluster.first.users.file": users, "sasl.oauthbearer.jwks.endpoint.url": "file://" + keys, "sasl.oauthbearer.expected.issuer": "joe",
                    "sasl.oauthbearer.allow.unverified.audience": "true", "ssl.keystore.type": "PEM",
                    "ssl.keystore.location": self.authority.sign("broker", "/CN=broker"), "ssl.truststore.type": "PEM",
                    "ssl.truststore.location": self.authority.certificate, "listener.name.mutual.ssl.client.auth": "required",
                    "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer", "super.users": "User:ANONYMOUS",
                    "group.initial.rebalance.delay.ms": "0", **(more or {})}
        super().__init__(PROTOCOLS, *[word for name, value in settings.items() for word in ("--set", f"{name}={value}")], *options)

    def connect(self, listener="SASL", **more):
        return Connection(self.ports[listener], self.trusting() if PROTOCOLS[listener].endswith("SSL") else None, **more)

    def trusting(self, certificate=None):
        """A context that trusts the broker, with a certificate of its own if there is one: its PEM file."""
        context = ssl.create_default_context(cafile=self.authority.certificate)
        if certificate:
            context.load_cert_chain(certificate)
        return context

    def operate(self, *command, text="", code=0):
        """A command of the operator."""
        command = [self.binary, *command, "--bootstrap", f"127.0.0.1:{self.ports['ADMIN']}"]
        done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=60, check=False)
        assert code is None or done.returncode == code, f"{command}: {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stdout

    def make_secrets(self):
        self.operate("topic", "create", "secret", "--config", "retention.ms=123456789")
        self.operate("produce", "secret", text="the contents of a record\n" * 3)
        self.operate("consume", "secret", "--group", "secret", "--count", "1")
        self.operate("acl", "add", "--allow-principal", "User:alice", "--operation", "Read", "--topic", "secret")
        self.operate("quota", "set", "--user", "alice", "producer_byte_rate=1000000")
        frames = [(key, version, frame) for key, version, frame in attack_requests(bytes(16)) if b"secret" in frame]
        with Connection(self.ports["ADMIN"]) as operator:
            for frame in (frame for key, _, frame in frames if key == FIND_COORDINATOR):
                operator.ask(frame)
            begin = next(frame for key, version, frame in frames if (key, version) == (INIT_PRODUCER_ID, 4))
            end = time.monotonic() + PATIENCE
            while operator.ask(begin)[9:11] != b"\0\0":  # until the transaction's coordinator is there
                assert time.monotonic() < end, "no transaction begins"
                time.sleep(0.02)  # polling for an event that has no other sign
        return self

    def topic_id(self, name=b"secret"):
        with Connection(self.ports["ADMIN"]) as operator:
            answer = operator.ask(request(METADATA, 10, b"\0\2" + b"\0" * 16 + bytes([len(name) + 1]) + name + b"\0\0\0\0\0"))
        at = answer.index(bytes([len(name) + 1]) + name) + 1 + len(name)
        return answer[at:at + 16]

    def ends(self):
        """Where each partition ends, also of the internal topics: groups, transactions."""
        names = re.findall(r"^(\S+)", self.operate("topic", "list"), re.M)[1:]
        return {name: self.operate("topic", "offsets", name) for name in [*names, "__consumer_offsets", "__transaction_state"]}

    def state(self):
        """All that an operator sees: the offset to which the metadata has got says whether anything was changed in it, and the ends of the internal topics
        whether coordinators have taken anything down."""
        shown = {" ".join(command): self.operate(*command) for command in (
            ("cluster", "status"), ("topic", "list"), ("topic", "describe", "secret"), ("acl", "list"), ("user", "list"), ("quota", "list"), ("group", "list"),
            ("group", "describe", "secret"), ("group", "config", "secret"), ("cluster", "config"), ("cluster", "features"), ("cluster", "clients"),
            ("transaction", "list"), ("cluster", "log-levels", "--broker", "1"))}
        # What the operator has asked itself.
        shown["cluster clients"] = sorted(set(re.findall(r"^(\S+)", shown["cluster clients"], re.M)))
        return {**shown, **self.ends()}

    def check_log(self):
        """Whatever strangers call themselves, each line is one of the broker's, and none does anything to a terminal."""
        with open(self.log, encoding="utf-8") as log:
            lines = log.read().splitlines()
        ours = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (INFO |WARN |ERROR) \w+: ")
        wrong = [line for line in lines if line and not (ours.match(line) and line.isprintable())]
        check(not wrong, f"{len(lines)} lines of the log are the broker's own: {wrong[:3]}")
        check(not any(password in line for line in lines for password in USERS.values()), "and have no password")

    def resident_mib(self, kind="VmRSS"):
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as status:
            return next(int(line.split()[1]) for line in status if line.startswith(kind + ":")) // 1024


def attack_requests(topic_id):
    """(key, version, frame) of each request that the program writes, whose path is this test's second argument."""
    done = subprocess.run([os.path.abspath(sys.argv[2]), topic_id.hex()], capture_output=True, text=True, timeout=60, check=True)
    return [(int(key), int(version), bytes.fromhex(frame)) for key, version, frame in (line.split() for line in done.stdout.splitlines())]


class attacked:
    """The broker, for a `with`."""

    def __init__(self, *options, **more):
        self.place = tempfile.TemporaryDirectory(prefix="fulmar-attack-")
        try:
            self.broker = AttackedBroker(self.place.name, *options, **more)
        except BaseException:
            self.place.cleanup()
            raise

    def __enter__(self):
        return self.broker.__enter__()

    def __exit__(self, *failed):
        self.broker.__exit__(*failed)
        self.place.cleanup()
