"""Tokens (OAUTHBEARER) whose keys a server on the web has: they come and go while the broker runs, and the server may be down, or not be trusted."""
import base64
import contextlib
import http.server
import json
import os
import ssl
import subprocess
import tempfile
import threading
import time

from broker import Broker, check
from certificates import Authority, openssl
from sasl_broker import sasl_address

try:
    from confluent_kafka import KafkaException, Producer
except ImportError:
    Producer = None

PATIENCE = 40


def encoded(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Key:
    """Of who issues tokens: RSA, made by the openssl command."""

    def __init__(self, place, name):
        self.name = name
        self.file = os.path.join(place, name + ".rsa")
        openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", self.file)

    def public(self):
        said = subprocess.run(["openssl", "rsa", "-in", self.file, "-noout", "-modulus"], check=True, capture_output=True, text=True, timeout=60).stdout
        return {"kty": "RSA", "kid": self.name, "use": "sig", "alg": "RS256", "n": encoded(bytes.fromhex(said.strip().partition("=")[2])), "e": "AQAB"}

    def token(self, **claims):
        header = {"alg": "RS256", "typ": "JWT", "kid": self.name}
        claims = {"sub": "alice", "iss": "https://issuer", "aud": "fulmar", "exp": int(time.time()) + 3600, **claims}
        text = ".".join(encoded(json.dumps(part).encode()) for part in (header, claims))
        signed = subprocess.run(["openssl", "dgst", "-sha256", "-sign", self.file], input=text.encode(), check=True, capture_output=True, timeout=60).stdout
        return text + "." + encoded(signed)


class KeyServer:
    """Serves the keys over HTTPS, at a port of its own."""

    def __init__(self, certificate):
        self.keys = []
        self.trouble = None  # a function that answers instead
        self.asked = []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):  # pylint: disable=invalid-name
                outer.asked.append(self.path)
                if outer.trouble:
                    outer.trouble(self)
                    return
                body = json.dumps({"keys": [key.public() for key in outer.keys]}).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                if len(outer.asked) % 2:
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)
                else:
                    self.send_header("Transfer-Encoding", "chunked")
                    self.end_headers()
                    for part in (body[:100], body[100:]):
                        self.wfile.write(b"%x\r\n%s\r\n" % (len(part), part))
                    self.wfile.write(b"0\r\n\r\n")

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            def handle_error(self, *_):  # clients that do not trust this one
                pass

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        self.server = Server(("127.0.0.1", 0), Handler)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def url(self):
        return f"https://localhost:{self.server.server_address[1]}/keys"


def refuse(handler):
    handler.send_error(503)


def redirect(handler):
    handler.send_response(302)
    handler.send_header("Location", "/elsewhere")
    handler.send_header("Content-Length", "0")
    handler.end_headers()


@contextlib.contextmanager
def token_broker(place, url, authority=None, **properties):
    config = os.path.join(place, "broker.properties")
    with open(config, "w", encoding="utf-8") as out:
        out.write("listeners=SASL_PLAINTEXT://127.0.0.1:0\nsasl.enabled.mechanisms=OAUTHBEARER\n"
                  f"sasl.oauthbearer.jwks.endpoint.url={url}\nsasl.oauthbearer.expected.issuer=https://issuer\n"
                  "sasl.oauthbearer.expected.audience=fulmar\n")
        for name, value in properties.items():
            out.write(f"sasl.oauthbearer.jwks.endpoint.{name.replace('_', '.')}={value}\n")
        if authority:
            out.write("listener.name.sasl_plaintext.oauthbearer.sasl.jaas.config="
                      "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required \\\n"
                      f"  ssl.truststore.type=\"PEM\" ssl.truststore.location=\"{authority.certificate}\";\n")
    with Broker("--config", config) as broker:
        yield broker
        broker.stop()


def is_served(broker, token):
    with tempfile.NamedTemporaryFile("w", suffix=".properties") as settings, tempfile.NamedTemporaryFile("w", suffix=".jwt") as file:
        file.write(token)
        file.flush()
        settings.write("security.protocol=SASL_PLAINTEXT\nsasl.mechanism=OAUTHBEARER\n"
                       f"sasl.oauthbearer.token.endpoint.url=file://{file.name}\n")
        settings.flush()
        done = subprocess.run([broker.binary, "topic", "list", "--bootstrap", sasl_address(broker), "--command-config", settings.name],
                              capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0 or "SASL_AUTHENTICATION_FAILED" in done.stderr, done.stderr
    return done.returncode == 0


def wait_for(holds, what):
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline, "in vain: " + what
        time.sleep(0.2)  # polling for an event that has no other sign
    check(True, what)


def test_unknown_key(place, server, authority, one, two):
    server.keys = [one]
    with token_broker(place, server.url(), authority) as broker:
        check(is_served(broker, one.token()), "a token is accepted whose key the server has")
        check(not is_served(broker, one.token(aud="others")), "one that is meant for others is not")
        check(not is_served(broker, one.token(exp=int(time.time()) - 100)), "nor one that has expired")
        asked = len(server.asked)
        check(not is_served(broker, two.token()), "nor one of a key that the server does not have")
        wait_for(lambda: len(server.asked) > asked, "but it is a reason to ask the server")
        for _ in range(5):
            assert not is_served(broker, two.token())
        check(len(server.asked) == asked + 1, "which further ones are not")
        three = Key(place, "three")
        server.keys = [two, three]
        check(is_served(broker, one.token()), "keys are not fetched for each token")
        check(not is_served(broker, three.token()), "a token of a key that is not known yet is refused")
        wait_for(lambda: is_served(broker, three.token()), "but has the keys fetched, long before it is time")
        check(is_served(broker, two.token()) and not is_served(broker, one.token()), "and they are those of now")
        if Producer:
            test_confluent(broker, two, one)


def test_confluent(broker, good, bad):
    def reached(token):
        client = Producer({"bootstrap.servers": sasl_address(broker), "security.protocol": "sasl_plaintext", "sasl.mechanisms": "OAUTHBEARER",
                           "oauth_cb": lambda _: (token, time.time() + 3600)})
        client.poll(0)
        try:
            client.list_topics(timeout=10)
        except KafkaException:
            return False
        return True
    check(reached(good.token()), "confluent-kafka is served with a token")
    check(not reached(bad.token()), "and not with one of a key that is gone")


def test_rotation_and_outage(place, server, authority, one, two):
    server.keys = [one]
    with token_broker(place, server.url(), authority, refresh_ms=1000) as broker:
        old, new = one.token(), two.token()
        check(is_served(broker, old) and not is_served(broker, new), "one key")
        server.keys = [one, two]
        broker.await_said("keys=2")
        check(is_served(broker, old) and is_served(broker, new), "two keys, while the broker runs")
        server.keys = [two]
        wait_for(lambda: not is_served(broker, old), "a key that is gone makes its tokens worthless")
        check(is_served(broker, new), "and the other one's are accepted as before")
        for trouble, reason in ((refuse, "status 503"), (redirect, "it redirects (status 302)")):
            server.trouble = trouble
            broker.await_said(reason)
            check(is_served(broker, new) and not is_served(broker, old), f"while the server is in trouble ({reason}) the keys of before are kept")
            recovered = broker.said().count("keys for tokens can be had again")
            server.trouble = None
            wait_for(lambda: broker.said().count("keys for tokens can be had again") > recovered, "until it is well again")
        check(set(server.asked) == {"/keys"}, "no redirect is followed")
        check(broker.said().count("those of before are kept") == 2, "trouble is one line in the log, and its end another")


def test_trust(place, server, one):
    server.keys = [one]
    os.mkdir(os.path.join(place, "other"))
    with token_broker(place, server.url(), Authority(os.path.join(place, "other"))) as broker:
        check("certificate verify failed" in broker.said(), "a server that is not trusted is asked nothing, and the log says why")
        check(not is_served(broker, one.token()), "without keys the broker serves, but accepts no token")


def test_file(place, one, two):
    path = os.path.join(place, "keys.json")

    def put(*keys):
        with open(path + ".new", "w", encoding="ascii") as out:
            json.dump({"keys": [key.public() for key in keys]}, out)
        os.rename(path + ".new", path)
    put(one)
    with token_broker(place, "file://" + path) as broker:
        check(is_served(broker, one.token()) and not is_served(broker, two.token()), "keys of a file")
        put(two)
        wait_for(lambda: is_served(broker, two.token()), "are read again when it changes")
        check(not is_served(broker, one.token()), "as a whole")


def main():
    with tempfile.TemporaryDirectory(prefix="fulmar-oauth-") as place:
        authority = Authority(place)
        server = KeyServer(authority.sign("issuer", "/CN=issuer"))
        one, two = Key(place, "one"), Key(place, "two")
        test_unknown_key(place, server, authority, one, two)
        test_rotation_and_outage(place, server, authority, one, two)
        test_trust(place, server, one)
        test_file(place, one, two)


main()
