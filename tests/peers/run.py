"""The newest clients of several languages against a real broker, a cluster of three, and one that is secured. Usage: run.py FULMAR_BINARY DIRECTORY [WORD]

They come from registries that not every machine reaches (PyPI, the Go module proxy): what can't be had is named and skipped. With WORD only
the clients whose name has it. DIRECTORY keeps what was downloaded and built. Ends with 1 if a client that ran was not content.
"""
import os
import re
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "real"))

from broker import Broker  # noqa: E402
from cluster import Cluster  # noqa: E402
from secured_cluster import STRANGER, secured_cluster  # noqa: E402

PYTHON = {"confluent-kafka": ["confluent_peer.py", "confluent_groups_peer.py", "confluent_admin_peer.py"], "aiokafka": ["aiokafka_peer.py", "aiokafka_transactions_peer.py"],
          "kafka-python": ["kafka_python_peer.py"]}  # by the package's name
OWN_CLUSTER = {"confluent-kafka": ["confluent_failover_peer.py"]}  # which kill and stop brokers of theirs
GO = {"sarama": "github.com/IBM/sarama", "kafkago": "github.com/segmentio/kafka-go", "franz": "github.com/twmb/franz-go"}
ADMIN = {"sarama": "admin", "franz": "console"}  # their programs that use every method of the client's administration
# The protocols of groups that they have (see members.py), and whether their transactions outlive a coordinator (see copiers.py): kafka-python 3.0.12
# forgets a request whose coordinator it can't reach.
MEMBERS = {"sarama": ["classic"], "kafkago": ["classic"], "franz": ["classic", "consumer"], "aiokafka": ["classic"], "kafka-python": ["classic"]}
COPIERS = {"sarama": "killed", "franz": "killed", "kafka-python": "kept"}
CLIENT_SECONDS = 300


def last_lines(text, count=3):
    return "\n  ".join(text.strip().splitlines()[-count:])


def python_clients(directory):
    """Commands by name, of the packages that could be installed; and of those tests that run brokers themselves."""
    environment = os.path.join(directory, "venv")
    python = os.path.join(environment, "bin", "python")
    if not os.path.exists(python):
        made = subprocess.run([sys.executable, "-m", "venv", environment], capture_output=True, text=True, check=False)
        if made.returncode != 0:
            print(f"SKIPPED, Python has no venv here (Debian: python3-venv): {', '.join(PYTHON)}")
            shutil.rmtree(environment, ignore_errors=True)
            return {}, {}
    commands, own = {}, {}
    for package, scripts in PYTHON.items():
        installed = subprocess.run([python, "-m", "pip", "install", "--quiet", "--upgrade", "--disable-pip-version-check", package],
                                   capture_output=True, text=True, check=False)
        if installed.returncode != 0:
            print(f"SKIPPED, PyPI is not reachable, or lacks it: {package}\n  {last_lines(installed.stderr)}")
        else:
            for into, names in ((commands, scripts), (own, OWN_CLUSTER.get(package, []))):
                for script in names:
                    into[f"{package} ({script.removesuffix('.py')})"] = [python, os.path.join(HERE, script)]
            own |= killing_brokers(directory, package, lambda what, start=package.replace("-", "_"): [python, os.path.join(HERE, f"{start}_{what}.py")])
    return commands, own


def go_clients(directory):
    """The same for Go's."""
    source = os.path.join(HERE, "go")
    if not shutil.which("go"):
        print(f"SKIPPED, there is no go: {', '.join(GO)}")
        return {}, {}
    downloaded = subprocess.run(["go", "mod", "download"], cwd=source, capture_output=True, text=True, check=False)
    if downloaded.returncode != 0:
        print(f"SKIPPED, the Go module proxy is not reachable, or go is too old: {', '.join(GO)}\n  {last_lines(downloaded.stderr)}")
        return {}, {}
    subprocess.run(["go", "build", "-o", os.path.join(os.path.abspath(directory), "go") + os.sep, *[f"./{name}" for name in GO]],
                   cwd=source, check=True)
    # An older sarama, in a module of its own.
    subprocess.run(["go", "build", "-o", os.path.join(os.path.abspath(directory), "go", "sarama145"), "."], cwd=os.path.join(source, "sarama145"), check=True)
    basics, own = {"sarama145": [os.path.join(directory, "go", "sarama145"), "basics"]}, {}
    for client in GO:
        program = os.path.join(directory, "go", client)
        basics[client] = [program, "basics"]
        if client in ADMIN:
            basics[f"{client} ({ADMIN[client]})"] = [program, ADMIN[client]]
        own |= killing_brokers(directory, client, lambda what, program=program: [program, what])
    return basics, own


def killing_brokers(directory, client, program):
    """The tests of a client's groups and transactions, by name. `program` gives the command of its member and of its copier."""
    name, tests = software(directory, client), {}
    for protocol in MEMBERS.get(client, []):
        tests[f"{client} (members, {protocol})"] = [sys.executable, os.path.join(HERE, "members.py"), name, protocol, *program("member")]
    if client in COPIERS:
        tests[f"{client} (copiers)"] = [sys.executable, os.path.join(HERE, "copiers.py"), name, COPIERS[client], *program("copier")]
    return tests


def version_of_python(directory, package):
    shown = subprocess.run([os.path.join(directory, "venv", "bin", "python"), "-m", "pip", "show", package], capture_output=True, text=True, check=True)
    return re.search(r"^Version: (.+)$", shown.stdout, re.MULTILINE).group(1)


def version_of_go(module):
    with open(os.path.join(HERE, "go", "go.mod"), encoding="utf-8") as file:
        return re.search(re.escape(module) + r" v(\S+)", file.read()).group(1)


def software(directory, name):
    """The client's name and version, for what it sends without telling them itself."""
    if name == "sarama145":
        return "sarama 1.45.2"
    package = name.split()[0]
    if package in GO:
        return f"{os.path.basename(GO[package])} {version_of_go(GO[package])}"
    return f"{package} {version_of_python(directory, package)}"


def run(name, command, place, arguments, said, environment=None):
    try:
        done = subprocess.run([*command, *arguments], capture_output=True, text=True, timeout=CLIENT_SECONDS, check=False, env=environment)
        code, output, errors = done.returncode, done.stdout, done.stderr
    except subprocess.TimeoutExpired as expired:
        code, output, errors = "no end", (expired.stdout or b"").decode(), (expired.stderr or b"").decode()
    print(f"{'ok' if code == 0 else 'FAILED'}: {name} and {place}, {output.count('ok: ')} checks", flush=True)
    if code != 0:
        print(f"  {code}\n  {last_lines(output, 5)}\n  {last_lines(errors, 20)}\nbrokers said:\n  {last_lines(said(), 20)}", flush=True)
    return code == 0


def run_secured(name, command, binary):
    """By SASL_SSL, as somebody whom access control lists allow it; and as somebody who may do nothing, which has to end in the client's own error."""
    with secured_cluster(3, binary) as cluster:
        def said():
            return "\n".join(broker.said() for broker in cluster.brokers)

        content = run(name, command, "three brokers by SASL_SSL, with access control lists", [cluster.address, "3"], said, cluster.environment())
        if content and "access denied" in said():
            print(f"FAILED: {name} was denied something\n  {last_lines(said(), 20)}")
            content = False
        refused = subprocess.run([*command, cluster.address, "3"], capture_output=True, text=True, timeout=CLIENT_SECONDS, check=False,
                                 env=cluster.environment(STRANGER))
        told = re.search(r"(?i)\w*\s?authoriz\w*\s?\w*", refused.stdout + refused.stderr)
        denied = refused.returncode != 0 and told is not None and "access denied" in said()
        print(f"{'ok' if denied else 'FAILED'}: {name} is told what a stranger may not do: {told and told.group()}", flush=True)
        if not denied:
            print(f"  {refused.returncode}\n  {last_lines(refused.stdout, 5)}\n  {last_lines(refused.stderr, 20)}\nbrokers said:\n  {last_lines(said(), 20)}")
        if content and denied:
            cluster.stop()
        return content and denied


def main(binary, directory, word=""):
    os.makedirs(directory, exist_ok=True)
    (python, own_python), (go, own_go) = python_clients(directory), go_clients(directory)
    clients = {name: command for name, command in (python | go).items() if word in name}
    own = {name: command for name, command in (own_python | own_go).items() if word in name}
    content = True
    for name, command in clients.items():
        client = software(directory, name)
        with Broker(binary=binary) as broker:
            broker.test_client = client
            if run(name, command, "one broker", [broker.address, "1"], broker.said):
                broker.stop()
            else:
                content = False
        with Cluster(3, binary=os.path.abspath(binary)) as cluster:
            for broker in cluster.brokers:
                broker.test_client = client
            if run(name, command, "three brokers", [cluster.address, "3"], lambda brokers=cluster.brokers: "\n".join(b.said() for b in brokers)):
                cluster.stop()
            else:
                content = False
        content &= run_secured(name, command, binary)
    for name, command in own.items():
        content &= run(name, command, "brokers of its own", [os.path.abspath(binary)], lambda: "")
    print(f"{len(clients) + len(own)} tests of clients ran" if clients or own else "no client could be had")
    return 0 if content else 1


if __name__ == "__main__":
    if len(sys.argv) not in (3, 4):
        print(__doc__, file=sys.stderr)
        sys.exit(2)
    sys.exit(main(*sys.argv[1:]))
