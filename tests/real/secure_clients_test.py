"""Clients that others wrote, over mutual TLS and over SASL_SSL, on a broker with access control lists; and the commands with --command-config."""
import json
import os
import shutil
import subprocess
import tempfile

from broker import check
from certificates import Authority
from named_listeners import NamedListeners

try:
    from confluent_kafka import Consumer, KafkaException, Producer
except ImportError:
    Producer = None

HERE = os.path.dirname(os.path.abspath(__file__))
COUNT = 500
PATIENCE = 60
DAVE, ERIN = ("SCRAM-SHA-512", "dave", "secret of dave"), ("PLAIN", "erin", "secret of erin")


def ways(place, authority):
    """By the user's name: the listener, and librdkafka's settings for it."""
    trusting = {"ssl.ca.location": authority.certificate}
    found = {"alice": ("MUTUAL", {"security.protocol": "ssl", **trusting, "ssl.certificate.location": os.path.join(place, "alice.crt"),
                                  "ssl.key.location": os.path.join(place, "alice.key")})}
    for mechanism, user, password in (DAVE, ERIN):
        found[user] = ("SASL_SSL", {"security.protocol": "sasl_ssl", **trusting, "sasl.mechanism": mechanism, "sasl.username": user,
                                    "sasl.password": password})
    return found


def fulmar(broker, *arguments, bootstrap=None, settings=None, text=None, code=0):
    with tempfile.NamedTemporaryFile("w", suffix=".properties") as file:
        where = ["--bootstrap", bootstrap or broker.address]
        if settings:
            file.write("".join(f"{name}={value}\n" for name, value in settings.items()))
            file.flush()
            where += ["--command-config", file.name]
        done = subprocess.run([broker.binary, *arguments, *where], input=text, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert done.returncode == code, f"{arguments}: {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout if code == 0 else done.stderr


def test_kcat(at, user, settings):
    def kcat(*arguments, text=None):
        options = [word for name, value in settings.items() for word in ("-X", f"{name}={value}")]
        return subprocess.run(["kcat", "-b", at, *options, *arguments], input=text, capture_output=True, timeout=PATIENCE, check=False)
    lines = b"".join(b"kcat %d\n" % n for n in range(COUNT))
    sent = kcat("-P", "-t", "open-" + user, "-X", "acks=all", text=lines)
    check(sent.returncode == 0, f"kcat produces as {user} {sent.stderr[-300:]}")
    read = kcat("-G", "readers-kcat-" + user, "-X", "auto.offset.reset=earliest", "-c", str(COUNT), "open-" + user)
    check(read.stdout == lines, f"and reads it back as a member of a group {read.stderr[-300:]}")
    denied = kcat("-P", "-t", "closed", "-X", "message.timeout.ms=10000", text=b"x\n")
    check(denied.returncode != 0 and b"Topic authorization failed" in denied.stderr, f"and is told that a topic is not for {user}: {denied.stderr.strip()[-200:]}")
    denied = kcat("-C", "-t", "closed", "-e", "-m", "10")
    check(denied.returncode != 0 and b"authorization failed" in denied.stderr, "nor to read")


def test_confluent(at, user, settings):
    if not Producer:
        print("confluent-kafka is not there: left out")
        return
    told = []
    producer = Producer({"bootstrap.servers": at, **settings})
    for n in range(COUNT):
        producer.produce("open-" + user, f"confluent {n}", on_delivery=lambda error, _: told.append(error))
    producer.flush(PATIENCE)
    check(told == [None] * COUNT, f"confluent-kafka produces as {user}")
    producer.produce("closed", "x", on_delivery=lambda error, _: told.append(error))
    producer.flush(PATIENCE)
    check(told[-1] is not None and told[-1].name() == "TOPIC_AUTHORIZATION_FAILED", f"and is told {told[-1].name()} of a topic that is not for {user}")
    consumer = Consumer({"bootstrap.servers": at, "group.id": "readers-confluent-" + user, "auto.offset.reset": "earliest", **settings})
    consumer.subscribe(["open-" + user])
    values = []
    while len(values) < COUNT:
        message = consumer.poll(PATIENCE)
        assert message is not None and not message.error(), message and message.error()
        if message.value().startswith(b"confluent"):
            values.append(message.value())
    consumer.close()
    check(values == [b"confluent %d" % n for n in range(COUNT)], "and reads it back as a member of a group")
    other = Consumer({"bootstrap.servers": at, "group.id": "others", **settings})
    try:
        other.subscribe(["open-" + user])
        message = other.poll(PATIENCE)
        said = message.error().name() if message is not None and message.error() else str(message)
    except KafkaException as error:
        said = error.args[0].name()
    other.close()
    check(said == "GROUP_AUTHORIZATION_FAILED", f"and is told {said} of a group that is not for {user}")


def test_kafkajs(at, user, settings):
    if not shutil.which("node") or not os.path.isdir(os.path.join(HERE, "kafkajs", "node_modules")):
        print("node or kafkajs is not there: left out")
        return
    how = {"ssl": {"ca": settings["ssl.ca.location"]}}
    if "ssl.key.location" in settings:
        how["ssl"].update(cert=settings["ssl.certificate.location"], key=settings["ssl.key.location"])
    else:
        how["sasl"] = {"mechanism": settings["sasl.mechanism"].lower(), "username": settings["sasl.username"], "password": settings["sasl.password"]}
    done = subprocess.run(["node", os.path.join(HERE, "kafkajs", "secure.js"), at, "open-" + user, "closed", "readers-kafkajs-" + user, str(COUNT)],
                          input=json.dumps(how), capture_output=True, text=True, timeout=2 * PATIENCE, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    said = json.loads(done.stdout)
    check(said == {"read": COUNT, "refused": "TOPIC_AUTHORIZATION_FAILED"}, f"kafkajs produces, reads and is refused as {user}: {said}")


def commands_settings(place, authority, user, settings):
    """Of librdkafka's, those that commands take, in the names of Kafka."""
    kafkas = {name: value for name, value in settings.items() if name.startswith("sasl.")}
    kafkas.update({"security.protocol": settings["security.protocol"].upper(), "ssl.truststore.type": "PEM", "ssl.truststore.location": authority.certificate})
    if "ssl.key.location" in settings:
        kafkas.update({"ssl.keystore.type": "PEM", "ssl.keystore.location": os.path.join(place, user + ".pem")})
    return kafkas


def test_commands(broker, place, authority, user, listener, settings):
    kafkas = commands_settings(place, authority, user, settings)
    at = broker.at(listener)
    listed = json.loads(fulmar(broker, "topic", "list", "--output", "json", bootstrap=at, settings=kafkas))
    check([row["topic"] for row in listed] == ["open-" + user], f"a command comes in as {user}, and sees what it may see")
    fulmar(broker, "produce", "open-" + user, bootstrap=at, settings=kafkas, text="fulmar 1\n")
    said = fulmar(broker, "produce", "closed", bootstrap=at, settings=kafkas, text="x\n", code=1)
    check("TOPIC_AUTHORIZATION_FAILED" in said, f"and is refused what it may not do: {said.strip()}")
    with tempfile.TemporaryDirectory(prefix="fulmar-stranger-") as elsewhere:
        wrong = {**kafkas, "ssl.truststore.location": Authority(elsewhere).certificate}
        said = fulmar(broker, "topic", "list", bootstrap=at, settings=wrong, code=1)
    check(said.count("\n") == 1 and "certificate verify failed" in said, f"who trusts another authority is told so in a sentence: {said.strip()}")
    if listener == "MUTUAL":
        none = {name: value for name, value in kafkas.items() if "keystore" not in name}
        said = fulmar(broker, "topic", "list", bootstrap=at, settings=none, code=1)
        check(said.count("\n") == 1 and "certificate required" in said, f"who shows no certificate is told so: {said.strip()}")
        stored = {**kafkas, "ssl.keystore.type": "PKCS12", "ssl.keystore.location": authority.pkcs12(user, "of the store"),
                  "ssl.keystore.password": "of the store"}
        check("open-" + user in fulmar(broker, "topic", "list", bootstrap=at, settings=stored), "a PKCS12 store will do")
    said = fulmar(broker, "topic", "list", bootstrap=at, settings={**kafkas, "ssl.truststore.location": "/no/such.pem"}, code=2)
    check("can't read /no/such.pem" in said, "a file that is not there is an error of usage")


def test_names(broker, authority):
    trusting = {"security.protocol": "SSL", "ssl.truststore.type": "PEM", "ssl.truststore.location": authority.certificate}
    said = fulmar(broker, "topic", "list", bootstrap=broker.at("MISNAMED"), settings=trusting, code=1)
    check(said.count("\n") == 1 and "hostname mismatch" in said, f"a certificate of another name is told in a sentence: {said.strip()}")
    fulmar(broker, "topic", "list", bootstrap=broker.at("MISNAMED"), settings={**trusting, "ssl.endpoint.identification.algorithm": ""})
    check(True, "and taken by a client that does without the name")


def main():
    with tempfile.TemporaryDirectory(prefix="fulmar-secure-") as place:
        authority = Authority(place)
        server = authority.sign("broker", "/O=Test/CN=broker")
        authority.sign("alice", "/O=Test/CN=alice")
        misnamed = authority.sign("misnamed", "/O=Test/CN=misnamed", names="DNS:elsewhere.example")
        first_users, config = os.path.join(place, "first-users"), os.path.join(place, "broker.properties")
        with open(first_users, "w", encoding="utf-8") as file:
            file.write(f"{DAVE[0]}=[name={DAVE[1]},password={DAVE[2]}]\n")
        with open(config, "w", encoding="utf-8") as file:
            file.write(f"""ssl.keystore.type=PEM
ssl.keystore.location={server}
listener.name.misnamed.ssl.keystore.location={misnamed}
listener.name.mutual.ssl.truststore.type=PEM
listener.name.mutual.ssl.truststore.location={authority.certificate}
listener.name.mutual.ssl.client.auth=required
listener.name.mutual.ssl.principal.mapping.rules=RULE:^CN=([a-z]+),.*$/$1/
sasl.enabled.mechanisms=SCRAM-SHA-512,PLAIN
plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required user_{ERIN[1]}="{ERIN[2]}";
cluster.first.users.file={first_users}
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:ANONYMOUS
group.initial.rebalance.delay.ms=0
""")
        # Whoever comes by the first listener, or the last, is nobody, and may do everything; only this test reaches them.
        listeners = {"ADMIN": "PLAINTEXT", "MUTUAL": "SSL", "SASL_SSL": "SASL_SSL", "MISNAMED": "SSL"}
        with NamedListeners(listeners, "--config", config) as broker:
            test_names(broker, authority)
            fulmar(broker, "topic", "create", "closed")
            for user, (listener, settings) in ways(place, authority).items():
                fulmar(broker, "topic", "create", "open-" + user)
                for what in (["--producer", "--topic", "open-" + user], ["--consumer", "--topic", "open-" + user, "--group", "readers-*"]):
                    fulmar(broker, "acl", "add", "--allow-principal", "User:" + user, *what)
                fulmar(broker, "acl", "add", "--allow-principal", "User:" + user, "--operation", "READ", "--group", "readers-",
                       "--resource-pattern-type", "prefixed")
                at = broker.at(listener)
                test_kcat(at, user, settings)
                test_confluent(at, user, settings)
                test_kafkajs(at, user, settings)
                test_commands(broker, place, authority, user, listener, settings)
            for secret in (DAVE[2], ERIN[2]):
                check(secret not in broker.said(), "no password is in the log")
            broker.stop()


main()
