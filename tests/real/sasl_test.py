"""Clients that others wrote authenticate with PLAIN and SCRAM; so do the commands, which manage the users."""
import json
import os
import shutil
import subprocess
import tempfile

from broker import check
from sasl_broker import USERS, librdkafka, sasl_address, sasl_broker

try:
    from confluent_kafka.admin import AdminClient
except ImportError:
    AdminClient = None

here = os.path.dirname(os.path.abspath(__file__))
LINES = b"".join(b"line %d of the text\n" % i for i in range(300))


def kcat(broker, settings, *arguments, text=None):
    options = [word for name, value in settings.items() for word in ("-X", f"{name}={value}")]
    return subprocess.run(["kcat", "-b", sasl_address(broker), *options, *arguments], input=text, capture_output=True, timeout=60, check=False)


def fulmar(broker, *arguments, settings=None, text=None, code=0):
    """A command that authenticates as `settings` say, or comes by the listener without SASL."""
    with tempfile.NamedTemporaryFile("w", suffix=".properties") as file:
        where = ["--bootstrap", broker.address]
        if settings:
            file.write("".join(f"{name}={value}\n" for name, value in settings.items()))
            file.flush()
            where = ["--bootstrap", sasl_address(broker), "--command-config", file.name]
        done = subprocess.run([broker.binary, *arguments, *where], input=text, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == code, f"{arguments}: {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout + done.stderr


def users(broker):
    listed = json.loads(fulmar(broker, "user", "list", "--output", "json"))
    return sorted((row["user"], row["mechanism"], row["iterations"]) for row in listed)


def test_librdkafka(broker):
    for mechanism in USERS:
        topic = mechanism.lower()
        sent = kcat(broker, librdkafka(mechanism), "-t", topic, "-P", text=LINES)
        check(sent.returncode == 0, f"kcat produces with {mechanism} {sent.stderr[-500:]}")
        read = kcat(broker, librdkafka(mechanism), "-t", topic, "-C", "-o", "beginning", "-e", "-q")
        check(read.stdout == LINES, f"and reads it back with {mechanism}")
        refused = kcat(broker, librdkafka(mechanism, "wrong"), "-L", "-m", "5")
        check(refused.returncode != 0 and b"uthentication" in refused.stderr, f"a wrong password is refused with {mechanism}, and it is said why")
        if AdminClient:
            topics = AdminClient({"bootstrap.servers": sasl_address(broker), **librdkafka(mechanism)}).list_topics(timeout=30).topics
            check(topic in topics, f"confluent-kafka is served with {mechanism}")
    plain = subprocess.run(["kcat", "-b", sasl_address(broker), "-L", "-m", "5"], capture_output=True, timeout=60, check=False)
    check(plain.returncode != 0, "a client that does not authenticate is not served")


def test_kafkajs(broker):
    if not shutil.which("node") or not os.path.isdir(os.path.join(here, "kafkajs", "node_modules")):
        print("node or kafkajs is not there: left out")
        return
    for mechanism, (user, password) in USERS.items():
        for given, wanted in ((password, 0), ("wrong", 3)):
            done = subprocess.run(["node", os.path.join(here, "kafkajs", "sasl.js"), sasl_address(broker), mechanism.lower(), user, given],
                                  capture_output=True, text=True, timeout=120, check=False)
            check(done.returncode == wanted, f"kafkajs with {mechanism} is {'refused' if wanted else 'served'} {done.stderr[-500:]}")


def test_commands(broker):
    carol = librdkafka("SCRAM-SHA-256")
    check("scram-sha-256" in fulmar(broker, "topic", "list", settings=carol), "a command authenticates as its file says")
    login = "org.apache.kafka.common.security.scram.ScramLoginModule required username=\"carol\" password=\"secret of carol\";"
    kafkas = {"security.protocol": "SASL_PLAINTEXT", "sasl.mechanism": "SCRAM-SHA-256", "sasl.jaas.config": login}
    check("scram-sha-256" in fulmar(broker, "topic", "list", settings=kafkas), "also as files for Kafka's tools say it")
    said = fulmar(broker, "topic", "list", settings={**carol, "sasl.password": "wrong"}, code=1)
    check("SASL_AUTHENTICATION_FAILED" in said, "and says what is wrong with its password")
    said = fulmar(broker, "topic", "list", settings={**carol, "sasl.passwort": "x"}, code=2)
    check("sasl.passwort is not served" in said, "a misspelt property is an error")
    fulmar(broker, "user", "set", "erin", "--mechanism", "SCRAM-SHA-256", settings=carol, text="secret of erin\n")
    check(("erin", "SCRAM-SHA-256", 8192) in users(broker), "a user is added")
    erin = {**carol, "sasl.username": "erin", "sasl.password": "secret of erin"}
    fulmar(broker, "topic", "list", settings=erin)
    fulmar(broker, "user", "delete", "erin", settings=carol)
    said = fulmar(broker, "topic", "list", settings=erin, code=1)
    check("SASL_AUTHENTICATION_FAILED" in said, "and is let in no more once it is deleted")
    check("RESOURCE_NOT_FOUND" in fulmar(broker, "user", "delete", "erin", code=1), "which can be done once")
    check("4096 to 16384" in fulmar(broker, "user", "set", "erin", "--iterations", "4095", text="x\n", code=2), "iterations have bounds")


with sasl_broker() as (broker, first_users):
    first = [("carol", "SCRAM-SHA-256", 4096), ("dave", "SCRAM-SHA-512", 4096)]
    check(users(broker) == first, "a new cluster begins with the users of the file")
    test_librdkafka(broker)
    test_kafkajs(broker)
    test_commands(broker)
    check("authentication failed" in broker.said(), "failures are logged")
    check("secret of" not in broker.said(), "but no password is")
    broker.stop()
    with open(first_users, "w", encoding="utf-8") as out:
        out.write("SCRAM-SHA-256=[name=mallory,password=secret of mallory]\n")
    broker.start()
    check(users(broker) == first, "users survive a restart, and the file counts only where a cluster begins")
    broker.stop()
