"""Older versions and weaker ciphers of TLS, what is not TLS, mechanisms mixed with one another, and messages of SCRAM that say something else.

Usage: downgrade_test.py FULMAR ATTACK_REQUESTS
"""
import os
import ssl
import struct
import subprocess
import warnings

from kit import (AUTHENTICATION_FAILED, ILLEGAL_STATE, METADATA, Connection, USERS, attacked, authenticate, check, handshake, plain, raw, request, text)
from scram_client import Scram, base64_of

UNSUPPORTED_MECHANISM = 33
ALICE = USERS["alice"]  # her password
METADATA_OF_SECRET = request(METADATA, 1, struct.pack(">i", 1) + text("secret"))
NOBODY = request(METADATA, 1, struct.pack(">i", 0))


def may_describe(connection):
    """Whether who has authenticated there may see the topic: alice may."""
    answer = connection.ask(METADATA_OF_SECRET)
    assert answer is not None, "the connection is closed"
    error, = struct.unpack(">h", answer[answer.index(b"\0\6secret") - 2:][:2])
    assert error in (0, 29), f"error {error}"
    return error == 0


def s_client(broker, listener, *options, said=""):
    """What the openssl command says of a connection."""
    command = ["openssl", "s_client", "-connect", broker.at(listener), "-CAfile", broker.authority.certificate, *options]
    done = subprocess.run(command, input=said, capture_output=True, text=True, timeout=60, check=False)
    return done.stdout + done.stderr


def tls_error(port, context):
    """None: the handshake is through and the broker answers."""
    try:
        with Connection(port, context) as connection:
            return None if connection.begin() else "no answer"
    except OSError as error:
        return str(error)


def test_tls(broker):
    port = broker.ports["SASLTLS"]
    check(tls_error(port, broker.trusting()) is None, "a client with TLS is served")
    for version in (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1):
        for listener in ("SASLTLS", "MUTUAL"):
            context = broker.trusting()
            context.set_ciphers("ALL:@SECLEVEL=0")
            context.minimum_version = context.maximum_version = version
            error = tls_error(broker.ports[listener], context)
            check(error and "version" in error.lower(), f"{version.name} is refused on {listener}: {error}")
    for ciphers in ("aNULL:@SECLEVEL=0", "eNULL:@SECLEVEL=0"):
        context = broker.trusting()
        context.set_ciphers(ciphers)
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        error = tls_error(port, context)
        check(error and "handshake failure" in error.lower(), f"nor are ciphers of {ciphers.split(':')[0]} agreed on")
    said = s_client(broker, "SASLTLS", "-tls1_2", "-fallback_scsv")
    check("inappropriate fallback" in said, "who falls back to TLS 1.2 though both know 1.3 is warned (RFC 7507)")
    check("Compression: NONE" in s_client(broker, "SASLTLS", "-tls1_2", "-comp"), "there is no compression")
    check("no_renegotiation" in s_client(broker, "SASLTLS", "-tls1_2", "-msg", said="R\n"), "and no renegotiation")
    session = os.path.join(broker.authority.directory, "session")
    for version in ("-tls1_2", "-tls1_3"):
        said = s_client(broker, "SASLTLS", version, "-sess_out", session, "-ign_eof", said=NOBODY.decode("latin-1"))
        check(os.path.exists(session) and "Max Early Data: 0" in said or version == "-tls1_2", f"a session of {version[1:]} takes no early data")
        check("Reused" in s_client(broker, "SASLTLS", version, "-sess_in", session), "it is resumed where it began")
        said = s_client(broker, "MUTUAL", version, "-sess_in", session, "-ign_eof", said=NOBODY.decode("latin-1"))
        check("Reused" not in said and "alert" in said, "and not where a certificate is required: there it is none")
        os.unlink(session)
    with Connection(port) as connection:
        connection.send(METADATA_OF_SECRET)
        said = connection.rest()
        check(said == b"" or said.startswith(b"\x15\3"), "who speaks no TLS is told so by an alert at most")
    error = tls_error(broker.ports["SASL"], broker.trusting())
    check(error is not None, f"who speaks TLS where there is none is closed: {error}")


def refused(broker, what, *steps, listener="SASL", mechanism="SCRAM-SHA-256", error=AUTHENTICATION_FAILED):
    """Each step makes the next token from the last answered one. The last must fail, and the connection end."""
    with broker.connect(listener) as connection:
        connection.begin(mechanism)
        told = b""
        for step in steps[:-1]:
            failed, why, told = connection.token(step(told) if callable(step) else step)
            assert failed == 0, f"{what}: fails early: {why}"
        answer = connection.token(steps[-1](told) if callable(steps[-1]) else steps[-1])
        check(answer and answer[0] == error and not answer[2], f"{what} is refused: {answer and answer[1]!r}")
        assert connection.ask(NOBODY) is None, "the connection is still served"


def accepted(broker, what, client):
    with broker.connect() as connection:
        connection.begin("SCRAM-SHA-256")
        error, _, first = connection.token(client.first)
        error, why, last = connection.token(client.final(first, USERS[client.user])) if error == 0 else (error, "", b"")
        check(error == 0 and last.startswith(b"v=") and may_describe(connection) == (client.user == "alice"), f"{what} is accepted {why}")


def test_mechanisms(broker):
    for name in ("SCRAM-SHA-512", "GSSAPI", "plain", "PLAIN\0", "PLAIN,OAUTHBEARER", "", "SCRAM-SHA-256-PLUS", "ANONYMOUS", "EXTERNAL"):
        with broker.connect() as connection:
            answer = connection.ask(handshake(name))
            error, count = struct.unpack(">hi", answer[4:10])
            assert (error, count) == (UNSUPPORTED_MECHANISM, 3) and connection.rest() == b"", f"{name!r}: {answer}"
    check(True, "mechanisms that are not enabled are refused, and those that are told")
    for second in (handshake("PLAIN"), handshake("SCRAM-SHA-256"), handshake("PLAIN", 0), request(18, 0), raw(plain("alice")), authenticate(plain("alice"), 3)):
        with broker.connect() as connection:
            connection.begin("SCRAM-SHA-256")
            assert connection.token(Scram().first)[0] == 0
            connection.send(second)
            assert connection.rest() == b"", f"{second} is answered in the middle of an exchange"
    check(True, "in the middle of an exchange nothing is taken but its next message")
    refused(broker, "a password of PLAIN in the middle of SCRAM", Scram().first, plain("alice"))
    refused(broker, "a password of PLAIN instead of SCRAM", plain("alice"))
    refused(broker, "SCRAM instead of PLAIN", Scram().first, mechanism="PLAIN")
    refused(broker, "a password of PLAIN instead of a token", plain("alice"), mechanism="OAUTHBEARER")
    refused(broker, "a proof of SCRAM-SHA-256 to SCRAM-SHA-512", Scram().first, lambda first: Scram().final(first, ALICE), listener="SASLTLS",
            mechanism="SCRAM-SHA-512")
    refused(broker, "a password of PLAIN after a token that is not accepted", b"n,,\1auth=Bearer a.b.c\1\1", plain("alice"), mechanism="OAUTHBEARER")
    with broker.connect() as connection:
        connection.log_in("mallory")
        answer = connection.ask(handshake("PLAIN"))
        check(struct.unpack(">h", answer[4:6])[0] == ILLEGAL_STATE and not may_describe(connection), "who has just authenticated does not become somebody else")


def test_raw_tokens(broker):
    """SaslHandshake version 0: tokens travel with their size and nothing else."""
    with broker.connect() as connection:
        connection.begin("PLAIN", version=0)
        check(connection.ask(raw(plain("alice"))) == b"" and may_describe(connection), "after version 0 a token is one without a header")
    for what, token in {"a request with the right password": authenticate(plain("alice")), "the right password, cut": raw(plain("alice")[:-1]),
                        "no bytes": raw(b""), "a negative size": struct.pack(">i", -1), "a size of 2 GiB": struct.pack(">i", 0x7fffffff) + plain("alice"),
                        "another handshake": handshake("PLAIN", 0)}.items():
        with broker.connect() as connection:
            connection.begin("PLAIN", version=0)
            connection.send(token, NOBODY)
            check(connection.rest() == b"", f"and {what} ends the connection")


def test_channel_binding(broker):
    for flag in ("p=tls-unique,,", "p=tls-server-end-point,,", "p=tls-exporter,,", "p=,,", "z,,", ",,", ""):
        refused(broker, f"the flag {flag!r}", Scram(header=flag).first)
    refused(broker, "channel binding by PLUS over TLS", Scram(digest="sha512", header="p=tls-exporter,,").first, listener="SASLTLS", mechanism="SCRAM-SHA-512")
    accepted(broker, "the flag y, of a client that could bind channels and thinks that the server can't,", Scram(header="y,,"))
    refused(broker, "y that becomes n on the way", Scram(header="y,,").first, lambda first: Scram(header="y,,").final(first, ALICE, bound=base64_of(b"n,,")))
    refused(broker, "n that becomes y on the way", Scram().first, lambda first: Scram().final(first, ALICE, bound=base64_of(b"y,,")))
    refused(broker, "n with data of a channel", Scram().first, lambda first: Scram().final(first, ALICE, bound=base64_of(b"n,,tls-unique data")))


def test_messages(broker):
    alice = Scram()
    accepted(broker, "the right proof", alice)
    accepted(broker, "an authorization as oneself", Scram(header="n,a=alice,"))
    changes = {"a nonce with one more character": lambda nonce: nonce + "x", "the nonce of the client alone": lambda nonce: "attacker",
               "a nonce that begins otherwise": lambda nonce: "other" + nonce[5:],
               "a nonce with one other character": lambda nonce: nonce[:-1] + ("A" if nonce[-1] != "A" else "B"),
               "a nonce that is cut": lambda nonce: nonce[:-1]}
    for what, change in changes.items():
        refused(broker, what, alice.first, lambda first, change=change: alice.final(first, ALICE, nonce=change))
    proofs = {"no proof": lambda right: b"", "a proof of zeros": lambda right: bytes(len(right)), "a proof that is cut": lambda right: right[:-1],
              "a proof with one more byte": lambda right: right + b"\0", "a proof with one other bit": lambda right: bytes([right[0] ^ 1]) + right[1:]}
    for what, change in proofs.items():
        refused(broker, what, alice.first, lambda first, change=change: alice.final(first, ALICE, proof=change))
    refused(broker, "the server's first message, sent back,", alice.first, lambda first: first)
    refused(broker, "a last message at first", b"c=biws,r=attacker,p=" + base64_of(bytes(32)).encode())
    for what, first in {"a mandatory extension": Scram(bare="m=x,n=alice,r=attacker"), "no nonce": Scram(bare="n=alice,r="),
                        "no user": Scram(bare="n=,r=attacker"),
                        "an escape that is none": Scram(bare="n=ali=63e,r=attacker"), "two users": Scram(bare="n=mallory,n=alice,r=attacker"),
                        "a user with a zero byte": Scram(bare="n=alice\0,r=attacker")}.items():
        refused(broker, what, first.first)
    with broker.connect() as connection:
        mallory = Scram("mallory", bare="n=mallory,r=attacker,n=alice,a=alice")
        first = connection.begin("SCRAM-SHA-256").token(mallory.first)[2]
        assert connection.token(mallory.final(first, USERS["mallory"]))[0] == 0, "mallory is not let in"
        check(not may_describe(connection), "extensions that say another name make nobody that user")


def test_somebody_else(broker):
    other = "Authentication failed: Client requested an authorization id that is different from username"
    for mechanism, token in (("PLAIN", plain("mallory", authorization="alice")), ("SCRAM-SHA-256", Scram("mallory", header="n,a=alice,").first)):
        with broker.connect() as connection:
            check(connection.begin(mechanism).token(token) == (AUTHENTICATION_FAILED, other, b""), f"mallory is not authorized as alice by {mechanism}")
    # What SASLprep would make "alice" of, and what looks like it.
    for name in ("ALICE", " alice", "alice ", "al\u00adice", "\uff41lice", "al\u0131ce", "\u0430lice", "alice\n", "a\u0308lice", "User:alice"):
        refused(broker, f"{name!r} with the password of alice", plain(name, ALICE), mechanism="PLAIN")
        refused(broker, f"{name!r} with a proof of alice", Scram(bare=f"n={name},r=attacker").first,
                lambda first, name=name: Scram(bare=f"n={name},r=attacker").final(first, ALICE))
    for what, token in {"three zero bytes": b"\0\0\0", "nothing": b"", "no password": b"\0alice\0", "a fourth part": plain("alice") + b"\0x",
                        "a password that goes on": plain("alice", ALICE + "\n"), "half of UTF-8": b"\0ali\xc3\0x"}.items():
        refused(broker, f"{what} by PLAIN", token, mechanism="PLAIN")


warnings.simplefilter("ignore", DeprecationWarning)  # of the versions that are asked for here to be refused
with attacked(more={"connection.failed.authentication.delay.ms": "1"}) as broker:
    broker.operate("topic", "create", "secret")
    broker.operate("acl", "add", "--allow-principal", "User:alice", "--operation", "Read", "--topic", "secret")
    test_tls(broker)
    test_mechanisms(broker)
    test_raw_tokens(broker)
    test_channel_binding(broker)
    test_messages(broker)
    test_somebody_else(broker)
    with broker.connect() as alice, broker.connect() as mallory:
        check(may_describe(alice.log_in("alice")) and not may_describe(mallory.log_in("mallory")), "and alice is still alice")
    broker.check_log()
    broker.stop()
