"""A broker with two listeners: one without SASL, and one on which clients authenticate, as one of USERS."""
import contextlib
import os
import re
import tempfile

from broker import Broker

USERS = {"PLAIN": ("alice", "secret of alice"), "SCRAM-SHA-256": ("carol", "secret of carol"), "SCRAM-SHA-512": ("dave", "secret of dave")}
LOGIN = "org.apache.kafka.common.security.plain.PlainLoginModule required \\\n  user_alice=\"secret of alice\" \\\n  user_bob=\"x\";"


def sasl_address(broker):
    """Of the second listener, on which clients authenticate."""
    return re.search(r"listen=[^ ]*,(127\.0\.0\.1:\d+)", broker.ready().group().decode()).group(1)


def librdkafka(mechanism, password=None):
    """The settings of librdkafka, and of commands, by which they authenticate."""
    user, right = USERS[mechanism]
    return {"security.protocol": "SASL_PLAINTEXT", "sasl.mechanism": mechanism, "sasl.username": user, "sasl.password": password or right}


@contextlib.contextmanager
def sasl_broker(*options, binary=None):
    """Gives the broker, and the path of the file with its first users."""
    with tempfile.TemporaryDirectory() as directory:
        first_users = os.path.join(directory, "first-users")
        with open(first_users, "w", encoding="utf-8") as out:
            out.write("# the first\n")
            out.write("".join(f"{mechanism}=[name={user},password={password}]\n" for mechanism, (user, password) in USERS.items() if mechanism != "PLAIN"))
        config = os.path.join(directory, "broker.properties")
        with open(config, "w", encoding="utf-8") as out:
            out.write("listeners=SASL_PLAINTEXT://127.0.0.1:0\nsasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512\n"
                      f"cluster.first.users.file={first_users}\nlistener.name.sasl_plaintext.plain.sasl.jaas.config={LOGIN}\n")
        with Broker("--config", config, *options, binary=binary) as broker:
            yield broker, first_users
