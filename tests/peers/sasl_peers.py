"""The newest clients of several languages, and Kafka's own tools, authenticate with PLAIN and SCRAM. Usage: sasl_peers.py FULMAR_BINARY DIRECTORY

DIRECTORY: as run.py and kafka_tools.py fill it; what is not there is named and skipped. Ends with 1 if a client that ran was not content.
"""
import glob
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "real"))

from broker import check  # noqa: E402
from kafka_jars import Tools, jars  # noqa: E402
from sasl_broker import USERS, librdkafka, sasl_address, sasl_broker  # noqa: E402

REFUSED = 3  # the exit code of the programs below for a user that the broker refuses

PYTHON = {
    "confluent_kafka": """
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient
refused = []
admin = AdminClient({"bootstrap.servers": address, "security.protocol": "SASL_PLAINTEXT", "sasl.mechanism": mechanism, "sasl.username": user,
                     "sasl.password": password, "error_cb": lambda error: refused.append(error.name())})
try:
    assert len(admin.list_topics(timeout=10).brokers) == 1
except KafkaException:
    admin.poll(1)
    sys.exit(3 if "_AUTHENTICATION" in refused else 1)
if hasattr(admin, "describe_user_scram_credentials"):
    described = admin.describe_user_scram_credentials(["carol"])["carol"].result(10)
    assert described.scram_credential_infos[0].iterations == 4096
""",
    "aiokafka": """
import asyncio
from aiokafka.admin import AIOKafkaAdminClient
async def main():
    admin = AIOKafkaAdminClient(bootstrap_servers=address, security_protocol="SASL_PLAINTEXT", sasl_mechanism=mechanism, sasl_plain_username=user,
                                sasl_plain_password=password)
    try:
        await admin.start()
        assert len((await admin.describe_cluster())["brokers"]) == 1
    except Exception as error:
        print(repr(error), file=sys.stderr)
        sys.exit(3 if password == "wrong" else 1)
    finally:
        await admin.close()
asyncio.run(main())
""",
    "kafka": """
from kafka import KafkaAdminClient
from kafka.errors import KafkaError
try:
    admin = KafkaAdminClient(bootstrap_servers=address, security_protocol="SASL_PLAINTEXT", sasl_mechanism=mechanism, sasl_plain_username=user,
                             sasl_plain_password=password, bootstrap_timeout_ms=5000)
    assert len(admin.describe_cluster()["brokers"]) == 1
    admin.close()
except KafkaError as error:
    print(repr(error), file=sys.stderr)
    sys.exit(3 if password == "wrong" else 1)
""",
}


def try_all(name, command):
    """`command` gets the address, the mechanism, the user and the password; with a wrong one it has to end with REFUSED."""
    for mechanism, (user, right) in USERS.items():
        for password, wanted in ((right, 0), ("wrong", REFUSED)):
            done = subprocess.run([*command, sasl_address(broker), mechanism, user, password], capture_output=True, text=True, timeout=120, check=False)
            assert done.returncode == wanted, f"{name} with {mechanism}: {done.returncode}, not {wanted}\n{done.stdout[-2000:]}{done.stderr[-3000:]}"
        check(True, f"{name} authenticates with {mechanism}, and is refused with a wrong password")


def test_python(directory):
    python = os.path.join(directory, "venv", "bin", "python")
    for module, program in PYTHON.items():
        there = os.path.exists(python) and subprocess.run([python, "-c", f"import {module}"], capture_output=True, check=False).returncode == 0
        if there:
            try_all(module, [python, "-c", "import sys\naddress, mechanism, user, password = sys.argv[1:]\n" + program])
        else:
            print(f"SKIPPED, it is not in {directory}: {module}")


def test_go(directory):
    for client in ("franz", "kafkago", "sarama"):
        program = os.path.join(directory, "go", client)
        if os.path.exists(program):
            try_all(client, [program, "sasl"])
        else:
            print(f"SKIPPED, it is not in {directory}: {client}")


def test_java(directory):
    libs = jars(directory, "tools", "4.4.0", ["kafka-tools"])
    if not libs or not glob.glob(libs + "/*.jar"):
        return
    tools = Tools(libs, sasl_address(broker))
    modules = {"PLAIN": "plain.PlainLoginModule", "SCRAM-SHA-256": "scram.ScramLoginModule", "SCRAM-SHA-512": "scram.ScramLoginModule"}

    def with_config(mechanism, run, user=None, password=None):
        known, right = USERS[mechanism]
        with tempfile.NamedTemporaryFile("w", suffix=".properties") as file:
            file.write(f"security.protocol=SASL_PLAINTEXT\nsasl.mechanism={mechanism}\nsasl.jaas.config=org.apache.kafka.common.security.{modules[mechanism]} "
                       f"required username=\"{user or known}\" password=\"{password or right}\";\n")
            file.flush()
            return run("--command-config", file.name)

    for mechanism in USERS:
        said = with_config(mechanism, lambda *config: tools.run("ConfigCommand", "--describe", "--entity-type", "users", *config))
        check("carol" in said and "iterations=4096" in said, f"kafka-configs authenticates with {mechanism} and describes users")
        said = with_config(mechanism, lambda *config: tools.run("ConfigCommand", "--describe", "--entity-type", "users", *config, code=1), password="wrong")
        check("SaslAuthenticationException" in said, f"and is refused with a wrong password and {mechanism}")
    user = ("--entity-type", "users", "--entity-name", "erin")
    with_config("PLAIN", lambda *config: tools.run("ConfigCommand", "--alter", *user, "--add-config", "SCRAM-SHA-512=[iterations=8192,password=pen]", *config))
    said = with_config("SCRAM-SHA-512", lambda *config: tools.run("ConfigCommand", "--describe", *user, *config), user="erin", password="pen")
    check("iterations=8192" in said, "a user that kafka-configs has added authenticates")
    with_config("PLAIN", lambda *config: tools.run("ConfigCommand", "--alter", *user, "--delete-config", "SCRAM-SHA-512", *config))
    said = with_config("SCRAM-SHA-512", lambda *config: tools.run("ConfigCommand", "--describe", *user, *config, code=1), user="erin", password="pen")
    check("SaslAuthenticationException" in said, "and no more once kafka-configs has deleted it")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        print(__doc__, file=sys.stderr)
        sys.exit(2)
    with sasl_broker(binary=os.path.abspath(sys.argv[1])) as (broker, _):
        test_python(sys.argv[2])
        test_go(sys.argv[2])
        test_java(sys.argv[2])
        broker.stop()
