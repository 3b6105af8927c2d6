"""Certificates are renewed under a broker that runs: by a rename, in place and in steps; broken ones change nothing. The admin listener has TLS too."""
import http.client
import os
import re
import socket
import ssl
import struct
import tempfile
import time

from broker import check
from certificates import Authority, openssl
from named_listeners import NamedListeners

PATIENCE = 30
EXPIRY = "fulmar_tls_certificate_expiry_timestamp_seconds"
FAILED = "fulmar_tls_certificate_reload_failed_total"


def read(path):
    with open(path, encoding="ascii") as file:
        return file.read()


def write(path, text):
    """In place, as `cat` does."""
    with open(path, "w", encoding="ascii") as file:
        file.write(text)


def metadata_request():
    body = struct.pack(">hhih4s", 3, 1, 7, 4, b"test") + struct.pack(">i", 0)
    return struct.pack(">i", len(body)) + body


class Client:
    """One connection with TLS; asks for metadata over it."""

    def __init__(self, port, authority, identity=None, session=None):
        self.context = ssl.create_default_context(cafile=authority.certificate)
        self.context.maximum_version = ssl.TLSVersion.TLSv1_2  # where Python shows the session at once
        if identity:
            self.context.load_cert_chain(identity)
        if session:
            self.context = session[0]
        plain = socket.create_connection(("127.0.0.1", port), PATIENCE)
        self.secure = self.context.wrap_socket(plain, server_hostname="localhost", session=session and session[1])

    def name(self):
        return dict(part[0] for part in self.secure.getpeercert()["subject"])["commonName"]

    def session(self):
        return self.context, self.secure.session

    def is_answered(self):
        try:
            self.secure.sendall(metadata_request())
            size, = struct.unpack(">i", self.receive(4))
            return len(self.receive(size)) == size
        except (ssl.SSLError, ConnectionError):
            return False

    def receive(self, count):
        data = b""
        while len(data) < count:
            piece = self.secure.recv(count - len(data))
            if not piece:
                raise ConnectionError("the end")
            data += piece
        return data

    def close(self):
        self.secure.close()


def name_at(port, authority):
    client = Client(port, authority)
    try:
        return client.name()
    finally:
        client.close()


def is_let_in(port, authority, identity):
    try:
        client = Client(port, authority, identity)
    except (ssl.SSLError, ConnectionError):
        return False
    try:
        return client.is_answered()
    finally:
        client.close()


def until(happened, what):
    begun = time.monotonic()
    while not happened():
        assert time.monotonic() < begun + PATIENCE, f"not within {PATIENCE} seconds: {what}"
        time.sleep(0.2)  # polling for what has no other sign
    check(True, f"{what}, after {time.monotonic() - begun:.0f} s")


class Admin:
    """`identity`: a PEM file, where the listener asks for one."""

    def __init__(self, broker, authority, identity=None):
        broker.await_said("metrics and health are served")
        self.address = re.findall(r"metrics and health are served listen=(\S+)", broker.said())[-1]
        self.context = ssl.create_default_context(cafile=authority.certificate)
        if identity:
            self.context.load_cert_chain(identity)

    def get(self, page):
        connection = http.client.HTTPSConnection(self.address, timeout=20, context=self.context)
        connection.request("GET", page)
        name = dict(part[0] for part in connection.sock.getpeercert()["subject"])["commonName"]
        return name, connection.getresponse().read().decode()

    def metric(self, name):
        return re.findall(rf"^{name}(?:{{(.*)}})? (\S+)$", self.get("/metrics")[1], re.M)

    def failed(self):
        return float(self.metric(FAILED)[0][1])

    def expiry(self):
        return {label: float(value) for label, value in self.metric(EXPIRY)}


def expiry_of(certificate):
    with tempfile.NamedTemporaryFile() as out:
        openssl("x509", "-in", certificate, "-noout", "-enddate", "-out", out.name)
        return ssl.cert_time_to_seconds(out.read().decode().strip().partition("=")[2])


def renew(broker, place, authority, keystore, admin):
    port, mutual = broker.ports["SSL"], broker.ports["MUTUAL"]
    old = Client(port, authority)
    check(old.name() == "first" and old.is_answered(), "the first certificate is shown")
    again = Client(port, authority, session=old.session())
    check(again.secure.session_reused, "its tickets are worth something")
    again.close()
    expiry = expiry_of(authority.path("first.crt"))
    told = admin.expiry()
    check(told == {f'listener="{name}"': expiry for name in ("SSL", "MUTUAL", "admin.http")}, f"its expiry is a metric: {told}")

    authority.sign("second", "/O=Test/CN=second")
    os.replace(authority.path("second.pem"), keystore)
    until(lambda: name_at(port, authority) == "second", "a file that replaced the old one by a rename is in use")
    check(old.is_answered(), "a connection from before stays")
    after = Client(port, authority, session=old.session())
    check(not after.secure.session_reused and after.is_answered(), "a ticket from before is worth a whole handshake")
    after.close()

    third = read(authority.sign("third", "/O=Test/CN=third"))
    check(admin.failed() == 0, "nothing has failed so far")
    write(keystore, third[:len(third) // 2])
    until(lambda: admin.failed() > 3, "half a file counts as a failure, again and again")
    lines = re.findall(r"ERROR certificates: new certificates can't be used, and those of before are kept listener=(\S+) reason=.*", broker.said())
    check(sorted(lines) == ["MUTUAL", "SSL", "admin.http"], "and is one line in the log for each listener")
    check(name_at(port, authority) == "second", "the old certificate goes on")
    write(keystore, third)
    until(lambda: name_at(port, authority) == "third", "once it is whole it is in use")
    until(lambda: admin.get("/health/live")[0] == "third", "also at the admin listener")
    check(admin.expiry()['listener="SSL"'] == expiry_of(authority.path("third.crt")), "and its expiry is the metric")

    other = Authority(os.path.join(place, "other"))
    bob = other.sign("bob", "/O=Other/CN=bob")
    check(not is_let_in(mutual, authority, bob), "a client of another authority is not let in")
    trusted = os.path.join(place, "trusted.pem")
    write(trusted, read(authority.certificate) + read(other.certificate))
    until(lambda: is_let_in(mutual, authority, bob), "until it is in the truststore")
    write(trusted, read(authority.certificate))
    until(lambda: not is_let_in(mutual, authority, bob), "or as long as it is")
    check(old.is_answered(), "the first connection is there all the while")
    old.close()


def is_let_in_by_admin(broker, authority):
    try:
        return bool(Admin(broker, authority).get("/metrics"))
    except (ssl.SSLError, ConnectionError, http.client.HTTPException):
        return False


def main():
    for io in (["--io", "epoll", "--shards", "1"], ["--io", "auto", "--shards", "2"]):
        with tempfile.TemporaryDirectory(prefix="fulmar-renewal-") as place:
            os.mkdir(os.path.join(place, "other"))
            authority = Authority(place)
            authority.sign("first", "/O=Test/CN=first")
            keystore, trusted = os.path.join(place, "broker.pem"), os.path.join(place, "trusted.pem")
            write(keystore, read(authority.path("first.pem")))
            write(trusted, read(authority.certificate))
            options = [*io, "--set", "ssl.keystore.type=PEM", "--set", "ssl.keystore.location=" + keystore, "--set", "ssl.truststore.type=PEM",
                       "--set", "ssl.truststore.location=" + trusted, "--set", "listener.name.mutual.ssl.client.auth=required",
                       "--set", "admin.http.listener=https://127.0.0.1:0"]
            if "epoll" in io:
                options += ["--set", "admin.http.ssl.client.auth=required"]
            with NamedListeners({"PLAINTEXT": "PLAINTEXT", "SSL": "SSL", "MUTUAL": "SSL"}, *options) as broker:
                renew(broker, place, authority, keystore, Admin(broker, authority, authority.sign("prometheus", "/CN=prometheus")))
                if "epoll" in io:
                    check(not is_let_in_by_admin(broker, authority), "who has no certificate gets no metrics where one is asked for")
                broker.stop()


main()
