#!/usr/bin/python3
"""Checks that every type that other files can name is defined in one file.

Two types of one name in one namespace share their inline functions and destructors when both are linked into one
program: the linker keeps one of each and says nothing ([basic.def.odr]). Types that only their own file uses belong
into an anonymous namespace, where names do not meet.

Prints each name that is defined more than once with the places; exits 1 if there is any.
"""
import collections
import os
import re
import sys

ROOMS = ["runtime", "broker", "sim", "faults", "checkers", "reports", "campaign", "scenarios", "tests", "bench"]

# What a scanner must step over, and what it must see. A declaration `struct X;` has no brace and is no definition.
TOKEN = re.compile(r"""
    //[^\n]* | /\*.*?\*/ | R"(?P<raw>[^(\s]*)\(.*?\)(?P=raw)" | "(?:\\.|[^"\\\n])*"
  | (?<![\w])'(?:\\.|[^'\\\n])+' | ^[ \t]*\#(?:[^\n\\]|\\.)*
  | \bnamespace\b(?P<namespace>[\s\w:]*)\{
  | \b(?:struct|class|union|enum(?:\s+(?:class|struct))?)\s+(?:\[\[\w+\]\]\s*)?(?P<type>\w+)(?:\s+final)?\s*(?::(?!:)[^;{}()]*)?\{
  | (?P<brace>[{}])
""", re.VERBOSE | re.DOTALL | re.MULTILINE)


def types(text):
    """Yields the qualified name and the line of each type that has external linkage."""
    scopes = []  # a namespace's name, "" for an anonymous one, None for any other pair of braces
    for token in TOKEN.finditer(text):
        if token["namespace"] is not None:
            scopes.append(token["namespace"].replace("inline", "").strip())
        elif token["type"] is not None:
            if all(scopes):
                yield "::".join([*scopes, token["type"]]), text.count("\n", 0, token.start()) + 1
            scopes.append(None)
        elif token["brace"] == "{":
            scopes.append(None)
        elif token["brace"] == "}" and scopes:
            scopes.pop()


def repeated(files):
    """files: pairs of a path and its text. Returns a list of lines to print."""
    places = collections.defaultdict(list)
    for path, text in files:
        for name, line in types(text):
            places[name].append(f"{path}:{line}")
    return [f"{where[0]}: {name} is defined at {', '.join(where[1:])} too" for name, where in sorted(places.items())
            if len(where) > 1]


def main():
    files = []
    for room in ROOMS:
        for folder, _, names in sorted(os.walk(room)):
            for name in sorted(names):
                if name.endswith((".h", ".cpp")):
                    path = os.path.join(folder, name)
                    with open(path, encoding="utf-8") as file:
                        files.append((path, file.read()))
    offences = repeated(files)
    print("\n".join(offences) or f"types of {len(files)} files: one definition each")
    return 1 if offences else 0


if __name__ == "__main__":
    sys.exit(main())
