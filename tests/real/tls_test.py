"""Listeners with TLS: kcat, Python's ssl and whoever speaks something else, with PEM files and PKCS12 stores, on both kinds of I/O."""
import os
import re
import socket
import ssl
import struct
import subprocess
import sys
import tempfile

from broker import Broker, check
from certificates import Authority

LINES = b"".join(b"line %d of the text\n" % i for i in range(20000))
PATIENCE = 10


class TlsBroker(Broker):
    """The first listener is in plain text, the second has TLS, the third asks for certificates."""

    def command(self):
        listeners = "PLAINTEXT://127.0.0.1:0,SSL://127.0.0.1:0,MUTUAL://localhost:0"
        protocols = "PLAINTEXT:PLAINTEXT,SSL:SSL,MUTUAL:SSL"
        return [self.binary, "broker", "--data-dir", self.directory, "--set", "listeners=" + listeners,
                "--set", "listener.security.protocol.map=" + protocols, *self.options]

    def await_ready(self):
        super().await_ready()
        ports = re.findall(rb":(\d+)", self.ready().group().split(b" node=")[0].split(b"listen=")[1])
        self.port, self.tls_port, self.mutual_port = (int(port) for port in ports)


def kcat(port, *arguments, text=None, good=True, **more):
    options = [word for name, value in more.items() for word in ("-X", name.replace("_", ".") + "=" + value)]
    done = subprocess.run(["kcat", "-b", f"localhost:{port}", *options, *arguments], input=text, capture_output=True, timeout=60, check=False)
    assert not good or done.returncode == 0, done.stderr
    return done.stdout if good else done


def metadata_request():
    body = struct.pack(">hhih4s", 3, 1, 7, 4, b"test") + struct.pack(">i", 0)
    return struct.pack(">i", len(body)) + body


def shakes_hands(port, context, name="localhost"):
    """Whether a connection is made and a request answered; the connection's version of TLS, or the error."""
    try:
        with socket.create_connection(("127.0.0.1", port), PATIENCE) as plain, context.wrap_socket(plain, server_hostname=name) as secure:
            secure.sendall(metadata_request())
            return secure.version() if len(secure.recv(4)) == 4 else "no answer"
    except (ssl.SSLError, ConnectionError, socket.timeout) as error:
        return str(error)


with tempfile.TemporaryDirectory(prefix="fulmar-tls-") as place:
    authority = Authority(place)
    server = authority.sign("broker", "/O=Test/CN=broker")
    alice = authority.sign("alice", "/C=DE/O=Test/OU=Clients/CN=alice")
    trust = ["--set", "ssl.truststore.type=PEM", "--set", "ssl.truststore.location=" + authority.certificate,
             "--set", "listener.name.mutual.ssl.client.auth=required"]
    pem = ["--set", "ssl.keystore.type=PEM", "--set", "ssl.keystore.location=" + server, *trust]
    stored = ["--set", "ssl.keystore.type=PKCS12", "--set", "ssl.keystore.location=" + authority.pkcs12("broker", "a secret"),
              "--set", "ssl.keystore.password=a secret", *trust]
    trusting = {"security_protocol": "ssl", "ssl_ca_location": authority.certificate}
    as_alice = {**trusting, "ssl_certificate_location": authority.path("alice.crt"), "ssl_key_location": authority.path("alice.key")}

    for options in ([*pem, "--io", "epoll", "--shards", "1"], [*stored, "--io", "auto", "--shards", "2"]):
        with TlsBroker(*options) as broker:
            how = " ".join(options[-4:])
            # First: later handshakes fail too, and the rate of their lines is limited.
            with socket.create_connection(("127.0.0.1", broker.tls_port), PATIENCE) as plain:
                plain.sendall(metadata_request())
                plain.settimeout(PATIENCE)
                while plain.recv(4096):  # an alert, or nothing, and then the end
                    pass
            with socket.create_connection(("127.0.0.1", broker.port), PATIENCE) as plain:
                try:
                    ssl.create_default_context().wrap_socket(plain, server_hostname="localhost")
                    raise AssertionError("TLS where there is none")
                except (ssl.SSLError, ConnectionError):
                    pass
            kcat(broker.tls_port, "-t", "t", "-P", "-X", "acks=all", text=LINES, **trusting)
            check(kcat(broker.tls_port, "-t", "t", "-C", "-o", "beginning", "-e", "-q", **trusting) == LINES, f"lines come back over TLS, {how}")
            told = kcat(broker.tls_port, "-L", **trusting).decode()
            check(f"127.0.0.1:{broker.tls_port}" in told, "and a client is told the address of the listener by which it came")
            check(f":{broker.port}" in kcat(broker.port, "-L").decode(), "as one that came in plain text is told that of the other")
            check(kcat(broker.mutual_port, "-t", "t", "-C", "-o", "beginning", "-e", "-q", **as_alice) == LINES, "with a certificate, where it is required")
            check(kcat(broker.mutual_port, "-L", "-m", "5", good=False, **trusting).returncode != 0, "and not without")
            check(kcat(broker.tls_port, "-L", "-m", "5", good=False, security_protocol="ssl").returncode != 0, "a client that does not trust the broker leaves")

            context = ssl.create_default_context(cafile=authority.certificate)
            check(shakes_hands(broker.tls_port, context) == "TLSv1.3", "TLS 1.3")
            context.maximum_version = ssl.TLSVersion.TLSv1_2
            check(shakes_hands(broker.tls_port, context) == "TLSv1.2", "and 1.2")
            old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            old.load_verify_locations(authority.certificate)
            old.set_ciphers("ALL:@SECLEVEL=0")
            old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
            said = shakes_hands(broker.tls_port, old)
            check("version" in said.lower(), f"but not 1.1: {said}")

            context = ssl.create_default_context(cafile=authority.certificate)
            context.maximum_version = ssl.TLSVersion.TLSv1_2  # where Python shows the session at once
            with socket.create_connection(("127.0.0.1", broker.tls_port), PATIENCE) as plain:
                with context.wrap_socket(plain, server_hostname="localhost") as first:
                    session = first.session
            with socket.create_connection(("127.0.0.1", broker.tls_port), PATIENCE) as plain:
                with context.wrap_socket(plain, server_hostname="localhost", session=session) as second:
                    check(second.session_reused, "a session is resumed")

            kcat(broker.port, "-L")
            said = broker.said()
            check("a certificate expires soon listener=SSL days=19" in said, "a certificate with less than 30 days left is a warning")
            check("it speaks no TLS" in said, "who speaks no TLS is told of in the log")
            check("it speaks TLS, which this listener does not" in said, "and who speaks it at the other listener")
            broker.stop()

    binary = os.path.abspath(sys.argv[1])
    for options, why in ((["--set", "ssl.keystore.type=PEM"], "needs a certificate"),
                         (["--set", "ssl.keystore.location=/no/such.jks"], "JKS are not served"),
                         (["--set", "ssl.keystore.type=PEM", "--set", "ssl.keystore.location=/no/such.pem"], "can't read /no/such.pem"),
                         (["--set", "ssl.keystore.type=PKCS12", "--set", "ssl.keystore.location=" + server], "no PKCS#12 store"),
                         (["--set", "ssl.keystore.type=PEM", "--set", "ssl.keystore.location=" + alice, "--set", "ssl.client.auth=required"],
                          "ssl.truststore.location")):
        done = subprocess.run([binary, "broker", "--data-dir", os.path.join(place, "none"), "--set", "listeners=SSL://127.0.0.1:0", *options],
                              capture_output=True, text=True, timeout=60, check=False)
        check(done.returncode == 2 and why in done.stderr and done.stderr.count("\n") == 1, f"{why}: {done.stderr.strip()}")
