#!/usr/bin/python3
"""Checks the marks of the code (runtime/base/mark.h): that their names are well-formed and unique, and that they are where the
production binary is built without them.

Usage: marks.py                 the sources
       marks.py BINARY          also that nothing of any mark is in this program
       marks.py --list          prints the names of all marks

Prints each offence; exits 1 if there is any.
"""
import os
import re
import sys

ROOMS = ["runtime", "broker", "sim", "faults", "checkers", "reports", "campaign", "scenarios", "bench"]
HOME = "broker/"  # whose libraries fulmar_broker_library builds in two variants
USE = re.compile(r"\bFULMAR_MARK\s*\(([^;]*?)\)\s*;", re.DOTALL)
LITERAL = re.compile(r'"([^"\\]*)"')
NAME = re.compile(r"[a-z]+: [A-Za-z][\w ,'-]*[\w]")
LENGTH_MAX = 80
REQUIRED = "tests/scenarios/nightly-marks.txt"


def uses(text):
    """Yields the line and the argument of each mark."""
    for use in USE.finditer(text):
        yield text.count("\n", 0, use.start()) + 1, use.group(1)


def check_use(path, argument, known):
    """What is wrong with one mark; None if nothing is."""
    literal = LITERAL.fullmatch(argument)
    if not literal:
        return "the name of a mark must be a literal"
    name = literal.group(1)
    if not path.startswith(HOME) or not path.endswith(".cpp"):
        return f"marks are for .cpp files of {HOME}: others are built with their marks in the production binary, or have none"
    if not NAME.fullmatch(name) or len(name) > LENGTH_MAX:
        return f'"{name}" is not of the form "part: what has happened"'
    if name in known:
        return f'"{name}" is the name of the mark at {known[name]} too'
    return None


def marks_of(root):
    """The names of all marks with their places, and the offences."""
    known, offences = {}, []
    for room in ROOMS:
        for where, folders, files in os.walk(os.path.join(root, room)):
            folders.sort()
            for file in sorted(files):
                path = os.path.relpath(os.path.join(where, file), root)
                if not file.endswith((".h", ".cpp")) or path == "runtime/base/mark.h":
                    continue
                with open(os.path.join(root, path), encoding="utf-8") as source:
                    for line, argument in uses(source.read()):
                        if wrong := check_use(path, argument, known):
                            offences.append(f"{path}:{line}: {wrong}")
                        else:
                            known[LITERAL.fullmatch(argument).group(1)] = f"{path}:{line}"
    return known, offences


def unknown_in(path, names):
    """The lines of a file of required marks that name none."""
    with open(path, encoding="utf-8") as file:
        lines = [line.partition("#")[0].strip() for line in file]
    return [f"{path}:{number}: there is no mark {line}" for number, line in enumerate(lines, 1) if line and line not in names]


def left_in(binary, names):
    """What the program has of the marks."""
    with open(binary, "rb") as file:
        content = file.read()
    # A name without its part, which a shorter text of the program may end with, says nothing.
    traces = [name for name in names if name.encode() in content]
    return traces + [symbol for symbol in ("fulmar_marks", "MarkedPlace") if symbol.encode() in content]


def main(root, arguments):
    known, offences = marks_of(root)
    if arguments == ["--list"]:
        print("\n".join(sorted(known)))
        return 0
    offences += unknown_in(os.path.join(root, REQUIRED), known)
    for binary in arguments:
        offences += [f"{binary} has the mark {trace}" for trace in left_in(binary, known)]
    print("".join(offence + "\n" for offence in offences), end="")
    print(f"{len(known)} marks")
    return 1 if offences else 0


if __name__ == "__main__":
    sys.exit(main(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."), sys.argv[1:]))
