#!/usr/bin/python3
"""fibers_gdb.py shows the fibers of a real broker and what each waits in. Usage: gdb_test.py FULMAR_BINARY"""
import pathlib
import re
import shutil
import subprocess
import sys

from broker import Broker

SKIPPED = 77
script = pathlib.Path(__file__).resolve().parents[2] / "runtime" / "fiber" / "fibers_gdb.py"

if not shutil.which("gdb"):
    print("skipped: no gdb")
    sys.exit(SKIPPED)
with Broker("--shards", "2") as broker:
    shown = subprocess.run(["gdb", "-nx", "-batch", "-p", str(broker.process.pid), "-ex", f"source {script}", "-ex", "info fibers",
                            "-ex", "fiber all"], capture_output=True, text=True, check=False, timeout=120)
output = shown.stdout + shown.stderr
if "ptrace: " in output:
    print("skipped: this system does not let gdb attach")
    sys.exit(SKIPPED)
print(output)
assert re.search(r"suspended +accept +.*wait_ready", output), "the acceptor waits for a connection"
stacks = re.findall(r"^fiber \d+ '(.*)' of .*suspended:\n((?:  #.*\n)+)", output, re.M)
assert {"main", "accept", "shard"} <= {name for name, _ in stacks}
for name, stack in stacks:
    assert "fulmar::FiberEntry::loop" in stack, f"the stack of {name} ends at a fiber's entry"
assert "fulmar::Acceptor::accept_connections" in dict(stacks)["accept"]
