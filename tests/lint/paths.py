#!/usr/bin/python3
"""Checks that the paths of the tree which the README and docs/ name are there. Prints each that is not; exits 1 if there is any."""
import glob
import os
import re
import sys

TOP = "broker|campaign|runtime|sim|faults|scenarios|checkers|tests|reports|bench|docs|cmake|packaging"
# After a letter, a dot or a slash it is the end of something else.
PATH = re.compile(rf"(?<![\w./-])((?:{TOP})/[\w./*-]*[\w*/])")


def missing(root, text):
    """Yields (line, path) for each path of the text that the tree does not have."""
    for number, line in enumerate(text.splitlines(), 1):
        for path in PATH.findall(line):
            # Upper-case words stand for a name of one's own.
            if not re.search(r"[A-Z]{3}", path) and not glob.glob(os.path.join(root, path)):
                yield number, path


def main(root):
    offences = 0
    for document in ["README.md"] + sorted(glob.glob("docs/*.md", root_dir=root)):
        with open(os.path.join(root, document), encoding="utf-8") as file:
            for number, path in missing(root, file.read()):
                print(f"{document}:{number}: there is no {path}")
                offences += 1
    return 1 if offences else 0


if __name__ == "__main__":
    sys.exit(main(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")))
