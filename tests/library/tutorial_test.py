#!/usr/bin/python3
"""Follows docs/tutorial.md as it is written, in an empty folder, against the installed library: tutorial_test.py BUILD_DIRECTORY.

Blocks with a file name after the language are files; `diff` blocks are applied by patch(1); in `console` blocks the lines
after "$ " are commands, and the others what they print: "..." on a line of its own stands for any lines, and within a line for
any text. The ports that the tutorial names are replaced by free ones.
"""
import os
import re
import socket
import subprocess
import sys
import unittest

from installed import Installed

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.dirname(os.path.dirname(HERE))
TUTORIAL = os.path.join(SOURCE, "docs", "tutorial.md")
DONE = "the command has ended with"


def blocks(text):
    """Yields (language, name, content) for each fenced block."""
    for language, name, content in re.findall(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", text, re.M | re.S):
        yield language, name, content


def commands(console):
    """Yields (command, expected lines)."""
    found = []
    for line in console.splitlines():
        if line.startswith("$ "):
            found.append((line[2:], []))
        else:
            found[-1][1].append(line)
    return found


def difference(expected, printed):
    """The first expected line that is not there, or None."""
    rest = list(printed)
    anywhere = False
    for line in expected:
        if line == "...":
            anywhere = True
            continue
        pattern = re.compile(".*".join(re.escape(part) for part in line.split("...")))
        while rest and anywhere and not pattern.fullmatch(rest[0]):
            rest.pop(0)
        if not rest or not pattern.fullmatch(rest.pop(0)):
            return line
        anywhere = False
    return None if anywhere or not rest else f"(nothing), not {rest[0]}"


def free_ports(count):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


class Shell:
    """A bash whose commands are run one after the other, and may leave others in the background."""

    def __init__(self, folder, environment):
        self.bash = subprocess.Popen(["bash", "--norc"], cwd=folder, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                     stderr=subprocess.STDOUT, text=True, start_new_session=True)

    def run(self, command):
        self.bash.stdin.write(f"{command}\necho \"{DONE} $?\"\n")
        self.bash.stdin.flush()
        lines = []
        for line in self.bash.stdout:
            if line.startswith(DONE):
                return lines, int(line.split()[-1])
            lines.append(line.rstrip("\n"))
        raise AssertionError(f"the shell has ended in: {command}")

    def close(self):
        # What was started in the background are its jobs.
        self.bash.stdin.write("kill $(jobs -p)\nwait\n")
        self.bash.stdin.close()
        self.bash.stdout.read()
        self.bash.stdout.close()
        self.bash.wait()


class Tutorial(unittest.TestCase):
    def test_it_works_as_it_is_written(self):
        installed = Installed(BUILD)
        self.addCleanup(installed.close)
        with open(TUTORIAL, encoding="utf-8") as file:
            text = file.read()
        named = sorted(set(re.findall(r"127\.0\.0\.1:(\d+)", text)))
        for name, port in zip(named, free_ports(len(named))):
            text = text.replace(f"127.0.0.1:{name}", f"127.0.0.1:{port}")
        shell = Shell(installed.folder, {**os.environ, "CMAKE_PREFIX_PATH": installed.prefix, "CMAKE_GENERATOR": "Ninja",
                                         "CMAKE_EXPORT_COMPILE_COMMANDS": "ON"})
        self.addCleanup(shell.close)
        ran = 0
        for language, name, content in blocks(text):
            if name:
                with open(os.path.join(installed.folder, name), "w", encoding="utf-8") as file:
                    file.write(content)
            elif language == "diff":
                self.patch(installed.folder, content)
            elif language == "console":
                for command, expected in commands(content):
                    printed, code = shell.run(command)
                    if command.startswith("cmake "):
                        self.assertEqual(code, 0, "\n".join(printed))
                    missing = difference(expected, printed)
                    self.assertIsNone(missing, f"$ {command}\nprints\n" + "\n".join(printed) + f"\nand not\n{missing}")
                    ran += 1
        self.assertGreater(ran, 10)
        with open(os.path.join(installed.folder, "build", "compile_commands.json"), encoding="utf-8") as file:
            self.assertNotIn(SOURCE, file.read(), "the source tree is used")

    def patch(self, folder, content):
        ended = subprocess.run(["patch", "-p0"], cwd=folder, input=content, capture_output=True, text=True)
        self.assertEqual(ended.returncode, 0, ended.stdout + ended.stderr)


class WhatIsExpected(unittest.TestCase):
    def test_lines_must_be_there_in_order(self):
        self.assertIsNone(difference(["a", "b"], ["a", "b"]))
        self.assertIsNone(difference(["a", "...", "c"], ["a", "b", "b", "c"]))
        self.assertIsNone(difference(["seed ... fails", "..."], ["seed 7 fails", "and so on"]))
        self.assertEqual(difference(["a", "...", "c"], ["a", "b"]), "c")
        self.assertEqual(difference(["a", "b"], ["a", "c"]), "b")
        self.assertEqual(difference(["a"], ["a", "b"]), "(nothing), not b")
        self.assertEqual(difference([], ["error"]), "(nothing), not error")


if __name__ == "__main__":
    BUILD = sys.argv.pop(1)
    unittest.main()
