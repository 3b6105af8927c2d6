"""fulmar-sim counts: the same twice, within the bounds that are kept here, and clear about bad input. Usage: counts_test.py FULMAR_SIM BOUNDS"""
import json
import os
import subprocess
import sys
import tempfile

SIM, BOUNDS = sys.argv[1:3]


def counts(*arguments):
    return subprocess.run([SIM, "counts", *arguments], capture_output=True, text=True, timeout=120, check=False)


def check(condition, what):
    print(("ok: " if condition else "FAILED: ") + what)
    if not condition:
        sys.exit(1)


first = counts("--json", "--bounds", BOUNDS)
check(first.returncode == 0, f"the work costs what tests/scenarios/counts.json says, or less: {first.stderr}")
check(counts("--json").stdout == first.stdout, "it costs the same twice")
loads = json.loads(first.stdout)
check(all(load["units"] > 0 and load["events of the world"] > 0 for load in loads.values()), "of each load there is something to count")
table = counts("--load", "singles").stdout
check("syncs" in table and "per record" in table and "idleness" not in table, "one load alone is a table")

with tempfile.TemporaryDirectory() as directory:
    def bounds(name, text):
        path = os.path.join(directory, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    loads["singles"]["syncs"] = loads["singles"]["syncs"] * 9 // 10
    tight = counts("--load", "singles", "--bounds", bounds("tight", json.dumps(loads)))
    check(tight.returncode == 1 and "syncs" in tight.stderr, f"a tenth more than the bound fails: {tight.stderr.strip()}")
    loads["singles"]["units"] += 1
    other = counts("--load", "singles", "--bounds", bounds("other", json.dumps(loads)))
    check(other.returncode == 1 and "units" in other.stderr, f"so do bounds of other work: {other.stderr.strip()}")
    for text, why in (("[]", "no JSON object"), ('{"singles": 1}', "no totals"), ('{"singles": {"syncs": -1}}', "no count"), ("{}", "no load")):
        wrong = counts("--load", "singles", "--bounds", bounds("wrong", text))
        check(wrong.returncode == 2 and why in wrong.stderr and wrong.stdout == "", f"refused: {wrong.stderr.strip()}")
    missing = counts("--bounds", os.path.join(directory, "missing"))
    check(missing.returncode == 2 and "missing: can" in missing.stderr, f"refused: {missing.stderr.strip()}")
unknown = counts("--load", "single")
check(unknown.returncode == 2 and "singles" in unknown.stderr, f"refused: {unknown.stderr.splitlines()[0]}")
