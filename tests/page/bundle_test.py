#!/usr/bin/python3
"""The committed bundle of a page is what its sources give. Exit code 77: skipped, as npm's packages are not there.

Usage: bundle_test.py FOLDER, of the page, from the root of the tree
"""
import os
import subprocess
import sys

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
BUILDER = os.path.join(ROOT, "reports", "page")

if not os.path.isdir(os.path.join(BUILDER, "node_modules")):
    print("skipped: npm ci was not run in reports/page")
    sys.exit(77)
sys.exit(subprocess.run(["node", "build.js", "--check", os.path.join("..", "..", sys.argv[1])], cwd=BUILDER).returncode)
