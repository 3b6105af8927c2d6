#!/usr/bin/python3
"""The committed bundle of the report's page is what its sources give. Exit code 77: skipped, as npm's packages are not there."""
import os
import subprocess
import sys

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "reports", "page")

if not os.path.isdir(os.path.join(FOLDER, "node_modules")):
    print("skipped: npm ci was not run in reports/page")
    sys.exit(77)
sys.exit(subprocess.run(["node", "build.js", "--check"], cwd=FOLDER).returncode)
