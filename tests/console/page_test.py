#!/usr/bin/python3
"""The console in a browser, of real brokers: a thousand topics, a group that lags, records that want to be more than text; then one broker is
killed; then a cluster that is changed; then brokers with access control lists, and with a token. What is looked at is in tests/page/console_test.js.

Usage: page_test.py FULMAR_BINARY FOLDER. Leaves screenshots in FOLDER. Exit code 77: skipped, as there is no browser, or npm's packages are not there.
"""
import concurrent.futures
import json
import os
import re
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "real"))
from broker import Broker  # noqa: E402
from cluster import Cluster  # noqa: E402

BINARY, FOLDER = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
LOOK = os.path.join(HERE, "..", "page", "console_test.js")
TOPICS = 997
CREATORS = 8  # at once
DEAD_SECONDS = 60
TOKEN = "a token of this very test"
ADMIN = ("--set", "admin.http.listener=127.0.0.1:0", "--set", "admin.http.console=true")
ATTACKS = ["<script>document.title = 'hacked'</script>", "<img src=x onerror=\"document.title = 'hacked'\">"]

CHANGES = ("--set", "admin.http.console.changes=true")
LISTS = ("--set", "authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer",
         "--set", "allow.everyone.if.no.acl.found=true")


def console(broker):
    """The address of its page."""
    broker.await_said("metrics and health are served")
    return "http://" + re.search(r"metrics and health are served listen=(\S+)", broker.said()).group(1) + "/console/"


def look(phase, url, **more):
    """Ends the test if what the browser shows is not as it must be."""
    facts = json.dumps({"url": url, "folder": FOLDER, "topics": TOPICS + 3, "attacks": ATTACKS, "token": TOKEN, **more})
    done = subprocess.run(["node", LOOK, phase, facts], timeout=200, check=False)
    if done.returncode:
        sys.exit(done.returncode)


def fill(cluster):
    cluster.ask("topic", "create", "orders", "--partitions", "6")
    cluster.ask("topic", "create", "payments", "--partitions", "3")
    def create(first):
        names = [f"t{n:04}" for n in range(first, TOPICS, CREATORS)]
        cluster.ask("topic", "create", *names, "--partitions", "1", "--replication-factor", "1", timeout=240)

    with concurrent.futures.ThreadPoolExecutor(CREATORS) as creators:
        list(creators.map(create, range(CREATORS)))
    values = [json.dumps({"order": n, "items": [{"sku": f"sku-{n}", "count": 2}], "total": 12.5}) for n in range(40)] + ATTACKS
    cluster.ask("produce", "orders", "--partition", "0", "--key-separator", "|", input="".join(f"order-{n}|{value}\n" for n, value in enumerate(values)))
    cluster.ask("produce", "payments", "--partition", "0", input="plain text\n" * 30)
    cluster.ask("consume", "orders", "--group", "billing <b>of</b> orders", "--count", "5")


def await_dead(cluster, node_id):
    deadline = time.monotonic() + DEAD_SECONDS
    while not any(row[:2] == [str(node_id), "dead"] for row in cluster.ask("cluster", "status", check=False)):
        assert time.monotonic() < deadline, f"broker {node_id} is not known to be dead after {DEAD_SECONDS} s"
        time.sleep(0.2)  # polling for an event that has no other sign


def main():
    look("able", "")  # ends with 77 if there is no browser
    with Cluster(3, *ADMIN, binary=BINARY) as cluster:
        fill(cluster)
        cluster.await_health()
        url = console(cluster.broker(1))
        look("healthy", url)
        cluster.broker(3).kill()
        await_dead(cluster, 3)
        look("trouble", url)
    with Cluster(3, *ADMIN, *CHANGES, binary=BINARY) as cluster:
        cluster.ask("topic", "create", "orders", "--partitions", "2")
        cluster.ask("produce", "orders", "--partition", "0", input="text\n" * 30)
        cluster.ask("consume", "orders", "--group", "readers", "--count", "5")
        cluster.await_health()
        look("changes", console(cluster.broker(1)))
    with Broker(*ADMIN, *CHANGES, *LISTS, binary=BINARY) as broker:
        subprocess.run([BINARY, "topic", "create", "guarded", "--bootstrap", broker.address], check=True)
        # To delete topics DELETE on the cluster is enough, which would be everybody's without these.
        subprocess.run([BINARY, "acl", "add", "--allow-principal", "User:ANONYMOUS", "--cluster", "--operation", "Alter", "--operation", "Describe",
                        "--bootstrap", broker.address], check=True)
        look("guarded", console(broker), entries=2)
    with tempfile.NamedTemporaryFile("w") as token:
        token.write(TOKEN + "\n")
        token.flush()
        with Broker(*ADMIN, "--set", f"admin.http.token.file={token.name}", binary=BINARY) as broker:
            look("token", console(broker))


main()
