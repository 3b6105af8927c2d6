"""What the brokers of a test have counted of their clients' requests (`fulmar cluster clients`), kept for docs/compatibility.md.

Nothing is asked or kept unless FULMAR_CLIENT_COUNTS names a file. A line of JSON is then added to it for each broker that a test stops in order,
also of its lives before, which ended by kill().
"""
import json
import os
import subprocess
import sys

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
FILE = os.environ.get("FULMAR_CLIENT_COUNTS")
SECONDS = 60


def note(broker):
    """Remembers the counts of a broker whose life is about to end."""
    if FILE:
        asked = subprocess.run([broker.binary, "cluster", "clients", "--broker", str(broker.node_id), "--output", "json", "--bootstrap", broker.command_address],
                               capture_output=True, text=True, timeout=SECONDS, check=False)
        assert asked.returncode == 0, f"what clients the broker has had: {asked.stderr}"
        broker.counts += json.loads(asked.stdout)


def keep(broker):
    """`broker.test_client`: name and version of the test's own client, for what it does not say itself; None: it says everything."""
    note(broker)
    if FILE:
        with open(FILE, "a", encoding="utf-8") as file:
            file.write(json.dumps({"test": os.path.relpath(sys.argv[0], ROOT), "test_client": broker.test_client, "counts": broker.counts}) + "\n")
        broker.counts = []
