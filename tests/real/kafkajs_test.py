"""kafkajs produces, administers by each method that it has, and passes records on in transactions as a member of a group; kcat reads it back."""
import json
import os
import shutil
import subprocess
import sys

from broker import Broker, check

here = os.path.dirname(os.path.abspath(__file__))
if not shutil.which("node") or not os.path.isdir(os.path.join(here, "kafkajs", "node_modules")):
    print("node or kafkajs is not there: skipped")
    sys.exit(77)

with open(os.path.join(here, "kafkajs", "package.json"), encoding="utf-8") as package:
    version = json.load(package)["dependencies"]["kafkajs"]



def kafkajs(script):
    done = subprocess.run(["node", os.path.join(here, "kafkajs", script), broker.address], capture_output=True, text=True, timeout=120, check=False)
    print(done.stdout, done.stderr[-2000:])
    check(done.returncode == 0, f"kafkajs is content with {script}")


def kcat(topic):
    return subprocess.run(["kcat", "-b", broker.address, "-t", topic, "-C", "-o", "beginning", "-e", "-q", "-p", "0", "-X",
                           "isolation.level=read_committed"], capture_output=True, timeout=60, check=True).stdout


with Broker("--set", "group.initial.rebalance.delay.ms=200", "--set", "authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            "--set", "super.users=User:ANONYMOUS") as broker:
    broker.test_client = "kafkajs " + version
    kafkajs("client.js")
    check(kcat("from-kafkajs") == b"".join(b"message %d\n" % i for i in range(300)), "what kafkajs sent is read by kcat")
    kafkajs("admin.js")
    kafkajs("transactions.js")
    copied = [b"%s %d\n" % (word, n) for word in (b"first", b"second") for n in range(100)]
    check(kcat("kafkajs-to") == b"".join(copied) + b"heir\n", "and so is what it passed on in transactions, once, and nothing that was aborted")
    broker.stop()
