#!/usr/bin/python3
"""Writes manual pages and completions, from what the programs say of themselves: manual.py FULMAR FULMAR_SIM SOURCE OUT_FOLDER.

In OUT_FOLDER: man1/, man5/, bash/, zsh/. They can't differ from the programs, since nothing else is their source.
"""
import gzip
import os
import sys

import completions
import help_texts
import man_pages

WHAT = {"fulmar": "a message broker that speaks the Kafka protocol", "fulmar-sim": "runs a Fulmar cluster through seeded storms"}
ABOUT = {
    "fulmar": ["fulmar broker runs a broker; the other commands are clients of any cluster that speaks the Kafka protocol, or read the files of a "
               "stopped broker.", "Started by systemd as a service of Type=notify, the broker tells when it is ready, what it does, and that all its "
               "shards make progress."],
    "fulmar-sim": ["The simulator runs the broker of fulmar(1), whole and unmodified, in a simulated world: the same seed gives the same life, on any "
                   "machine. It plays many lives with crashes, partitions, disk errors and clock faults, and checks what holds."],
}
FILES = {"fulmar": [("/etc/fulmar/broker.properties", "The configuration of the packaged service: broker.properties(5)."),
                    ("/var/lib/fulmar", "Its data.")], "fulmar-sim": []}
SEE = {"fulmar": [("broker.properties", 5), ("fulmar-sim", 1)], "fulmar-sim": [("fulmar", 1)]}


def write(path, lines):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    text = ("\n".join(lines) + "\n").encode()
    with open(path, "wb") as file:
        # Without a time in it, the same pages are the same bytes.
        file.write(gzip.compress(text, 9, mtime=0) if path.endswith(".gz") else text)


def main(fulmar, simulator, source, out):
    with open(os.path.join(source, "docs", "configuration.md"), encoding="utf-8") as file:
        page = file.read()
    titles = {"broker": "The broker's properties", "topic": "A topic's properties", "group": "A group's properties"}
    tables = {whose: help_texts.properties(page, title) for whose, title in titles.items()}
    version = help_texts.version(fulmar)
    for binary in (fulmar, simulator):
        name = os.path.basename(binary)
        tree = help_texts.commands(binary)
        flat = list(help_texts.flat(tree))
        write(f"{out}/man1/{name}.1.gz", man_pages.program(name, WHAT[name], ABOUT[name], flat, version, FILES[name], SEE[name]))
        write(f"{out}/bash/{name}", completions.bash(name, tree, flat, tables))
        write(f"{out}/zsh/_{name}", completions.zsh(name, tree, flat, tables))
    write(f"{out}/man5/broker.properties.5.gz", man_pages.properties(tables["broker"], version))


if __name__ == "__main__":
    main(*sys.argv[1:])
