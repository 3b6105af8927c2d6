"""What fulmar and fulmar-sim say of themselves, read: their commands, and each command's synopsis, text and options."""
import re
import subprocess
from dataclasses import dataclass, field


@dataclass
class Option:
    names: list  # ["-h", "--help"]
    value: str  # "N"; "" if it takes none
    default: str
    text: str


@dataclass
class Command:
    path: list  # ["topic", "create"]; what a program is called with
    synopsis: list  # lines
    text: list = field(default_factory=list)  # lines
    options: list = field(default_factory=list)
    members: list = field(default_factory=list)  # Commands of a family


def said(binary, *arguments):
    """What it prints when it is asked for help."""
    asked = subprocess.run([binary, *arguments, "--help"], capture_output=True, text=True, timeout=30, check=False)
    if asked.returncode != 0 or not asked.stdout:
        raise RuntimeError(f"{' '.join([binary, *arguments])} --help: exit code {asked.returncode}\n{asked.stderr}")
    return asked.stdout.rstrip("\n")


def options_of(lines):
    """The options of a block as Boost prints it: all texts begin in one column, which that of --help shows."""
    help_line = next(line for line in lines if re.match(r"  (-h \[ --help \]|--help)  ", line))
    column = re.match(r"  (-h \[ --help \]|--help) +", help_line).end()
    options = []
    for line in lines:
        head, text = line[:column].strip(), line[column:].strip()
        if line.startswith("  -") and len(line) > column and line[column - 1] != " ":
            head, text = line.strip(), ""  # too long: its text is in the next lines
        if head:
            described = re.fullmatch(r"(?:(-\w) \[ (--[\w-]+) \]|(--[\w-]+)|(-\w))(?: (?!\(=)(.*?))?(?: ?\(=(.*)\))?", head)
            if not described:
                raise RuntimeError(f"not understood: {line}")
            short, long, only, letter, value, default = described.groups()
            options.append(Option([name for name in (short, long, only, letter) if name], value or "", default or "", text))
        elif text:
            options[-1].text += (" " if options[-1].text else "") + text
    return options


def command(binary, path):
    """One command, or a family of them, with its members."""
    lines = said(binary, *path).splitlines()
    name = binary.rsplit("/", 1)[-1]
    family = " ".join(["  " + name, *path]) + " "
    if lines[0].startswith(family):
        members, seen = [], set()
        for line in lines:
            word = line[len(family):].split(" ", 1)[0] if line.startswith(family) else ""
            if word and word not in seen:
                seen.add(word)
                members.append(command(binary, [*path, word]))
        return Command(path, [], members=members)
    begin = next(number for number, line in enumerate(lines) if re.match(r"  -", line))
    text = [line for line in lines[1:begin] if line != "Options:"]
    return Command(path, [lines[0].rstrip(":")], "\n".join(text).strip("\n").splitlines(), options_of(lines[begin:]))


def commands(binary):
    """All that the program's own help names, in its order."""
    name = re.escape(binary.rsplit("/", 1)[-1])
    words = list(dict.fromkeys(re.findall(rf"^ *{name} ([a-z][\w-]*)", said(binary), re.M)))
    return [command(binary, [word]) for word in words if word not in ("help",)]


def flat(tree):
    """Each command that can be run."""
    for one in tree:
        yield from flat(one.members) if one.members else [one]


def version(binary):
    return subprocess.run([binary, "--version"], capture_output=True, text=True, timeout=30, check=True).stdout.split()[-1]


def properties(page, title):
    """The table of a section of docs/configuration.md: (name, default, allowed, meaning) of each."""
    section = re.search(rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", page, re.M | re.S).group(1)
    return re.findall(r"^\| `([\w.]+)` \| (.*?) \| (.*?) \| (.*?) \|$", section, re.M)
