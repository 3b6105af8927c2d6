#!/usr/bin/python3
"""Runs clang-tidy over the project's sources, several at once, and only where something has changed since it was last clean.

Usage: tidy.py BUILD_DIRECTORY JOBS [--third]

With --third: all of the product, and of the tests a third, another one with each commit.
"""
import concurrent.futures
import hashlib
import json
import os
import subprocess
import sys

build, jobs, third = sys.argv[1], int(sys.argv[2]), sys.argv[3:] == ["--third"]
root = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
cache = os.path.join(root, "build", "tidy")
os.makedirs(cache, exist_ok=True)
# What is in two libraries, with marks and without, is compiled twice; it is judged once.
with open(os.path.join(build, "compile_commands.json"), encoding="utf-8") as file:
    commands = {entry["file"]: entry for entry in json.load(file) if entry["file"].endswith(".cpp")}
with open(os.path.join(cache, "compile_commands.json"), "w", encoding="utf-8") as file:
    json.dump(list(commands.values()), file)
sources = sorted(commands)
if third:
    commits = int(subprocess.run(["git", "rev-list", "--count", "HEAD"], cwd=root, capture_output=True, text=True, check=True).stdout)
    tests = [source for source in sources if source.startswith(os.path.join(root, "tests") + os.sep)]
    left_out = set(tests) - set(tests[commits % 3::3])
    sources = [source for source in sources if source not in left_out]

# Every source is judged with all headers, so a change of any header judges all anew.
everything = hashlib.sha256()
for folder in ["runtime", "broker", "sim", "faults", "scenarios", "checkers", "reports", "campaign"]:
    for where, folders, names in sorted(os.walk(os.path.join(root, folder))):
        for name in sorted(names):
            if name.endswith(".h"):
                with open(os.path.join(where, name), "rb") as header:
                    everything.update(header.read())
with open(os.path.join(root, ".clang-tidy"), "rb") as config:
    everything.update(config.read())


def judge(source):
    with open(source, "rb") as text:
        key = hashlib.sha256(everything.digest() + source.encode() + text.read()).hexdigest()
    mark = os.path.join(cache, key)
    if os.path.exists(mark):
        return ""
    # g++'s own flags mean nothing to clang.
    done = subprocess.run(["clang-tidy-19", "-p", cache, "--quiet", "--extra-arg=-Wno-unknown-warning-option", source],
                          capture_output=True, text=True, check=False)
    if done.returncode == 0 and "warning:" not in done.stdout:
        open(mark, "w", encoding="utf-8").close()
        return ""
    return done.stdout + done.stderr


with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
    reports = [report for report in pool.map(judge, sources) if report]
print("".join(reports), end="")
print(f"clang-tidy: {len(sources)} files, {len(reports)} with findings")
sys.exit(1 if reports else 0)
