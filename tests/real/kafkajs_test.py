"""kafkajs produces and administers; kcat reads it back."""
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

with Broker() as broker:
    broker.test_client = "kafkajs " + version
    done = subprocess.run(["node", os.path.join(here, "kafkajs", "client.js"), broker.address], capture_output=True, text=True, timeout=120,
                          check=False)
    print(done.stdout, done.stderr[-2000:])
    check(done.returncode == 0, "kafkajs is content")
    read = subprocess.run(["kcat", "-b", broker.address, "-t", "from-kafkajs", "-C", "-o", "beginning", "-e", "-q", "-p", "0"],
                          capture_output=True, timeout=60, check=True).stdout
    check(read == b"".join(b"message %d\n" % i for i in range(300)), "what kafkajs sent is read by kcat")
    broker.stop()
