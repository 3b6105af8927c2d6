#!/usr/bin/python3
"""Checks docs/what-is-tested.md against the tree: its list of faults is the program's, and its counts are true.

Prints each difference; exits 1 if there is any.
"""
import glob
import os
import re
import subprocess
import sys

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
PAGE = "docs/what-is-tested.md"
STALE = 1.25  # a figure that is passed by more says too little


def section(text, title):
    return re.search(rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", text, re.M | re.S).group(1)


def kinds_of_the_page(text):
    return re.findall(r"^\| `(\w+)` \|", section(text, "Faults"), re.M)


def kinds_of_the_program(root):
    """The names of all FaultKind objects of faults/ and scenarios/."""
    names = set()
    for path in glob.glob(os.path.join(root, "faults", "kinds", "*.cpp")) + glob.glob(os.path.join(root, "scenarios", "**", "*.cpp"), recursive=True):
        with open(path, encoding="utf-8") as file:
            text = file.read()
        # An object has its name as a designated initialiser, or as the first argument of the function that makes it.
        for declared in re.findall(r"^(?:constinit |constexpr )*const FaultKind \w+\s*=?\s*(.*?);$", text, re.M | re.S):
            names.add(re.search(r'"(\w+)"', declared).group(1))
    return names


def counts(text):
    """Yields (figure, command) of the first table."""
    for figure, command in re.findall(r"^\| ([\d,]+) \| .*? \| `(.*?)` \|$", section(text, "Figures").split("Measured,")[0], re.M):
        yield int(figure.replace(",", "")), command.replace("\\|", "|")


def main(root):
    with open(os.path.join(root, PAGE), encoding="utf-8") as file:
        text = file.read()
    wrong = []
    page, program = kinds_of_the_page(text), kinds_of_the_program(root)
    wrong += [f"there is no kind of fault {name}" for name in page if name not in program]
    wrong += [f"the kind of fault {name} is missing" for name in sorted(program - set(page))]
    wrong += [f"the kind of fault {name} is there twice" for name in set(page) if page.count(name) > 1]
    figures = list(counts(text))
    if len(figures) < 4 or len(program) < 20:
        wrong.append("figures or kinds of fault are not found: this check has to be changed with what it reads")
    for figure, command in figures:
        found = len(subprocess.run(["bash", "-c", command], cwd=root, stdout=subprocess.PIPE, text=True, check=False).stdout.splitlines())
        if not figure <= found < figure * STALE:
            wrong.append(f"it says over {figure}, and there are {found}: {command}")
    for line in wrong:
        print(f"{PAGE}: {line}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(ROOT))
