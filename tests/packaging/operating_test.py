#!/usr/bin/python3
"""Plays docs/operating.md as it is written: operating_test.py BUILD_DIRECTORY.

Each of its machines is a network namespace behind a cable of its own, with an /etc and a /var/lib of its own. `console` blocks are run line by line:
the prompt says where (`broker2#`; `brokers#`: on broker1 to broker3), the other lines are what is printed, blanks counting as one, "..." as any lines,
or any text within a line. A block of properties is the file that its head names, on each machine with its own number and name. Blocks marked `package`
are what package_test.py does, blocks marked `container` what container_test.py reads. Skipped where namespaces can't be had.
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.dirname(os.path.dirname(HERE))
sys.path[:0] = [os.path.join(SOURCE, "tests", "real"), os.path.join(SOURCE, "tests", "library")]

from places import Namespaces, enter_own_namespace  # noqa: E402
from tutorial_test import difference  # noqa: E402

COUNT = 4
SKIPPED = 77
COMMAND_SECONDS = 180
MARKED = {"package", "container"}


def blocks(text):
    """Yields (language, mark, content) for each fenced block."""
    yield from re.findall(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", text, re.M | re.S)


def commands(console):
    """Yields (machine, command, expected lines)."""
    found = []
    for line in console.splitlines():
        prompt = re.match(r"(brokers?\d?)# (.*)", line)
        if prompt:
            found.append((prompt.group(1), prompt.group(2), []))
        else:
            found[-1][2].append(line)
    return found


class Machines:
    def __init__(self, prefix):
        self.folder = tempfile.mkdtemp(prefix="fulmar-operating-")
        self.network = Namespaces(COUNT)
        self.holders, self.inside = {}, {}
        for n in range(1, COUNT + 1):
            self.make(f"broker{n}", prefix, self.network.inside[n])

    def make(self, name, prefix, network):
        machine = os.path.join(self.folder, name)
        etc, state = os.path.join(machine, "etc"), os.path.join(machine, "state")
        os.makedirs(os.path.join(etc, "fulmar"))
        os.makedirs(os.path.join(state, "fulmar"))
        for file in ("passwd", "nsswitch.conf", "ld.so.cache", "alternatives", "localtime"):
            subprocess.run(["cp", "-a", "-r", f"/etc/{file}", etc], stderr=subprocess.DEVNULL, check=False)
        with open(os.path.join(etc, "group"), "w", encoding="ascii") as file:
            file.write("root:x:0:\nfulmar:x:0:\n")
        with open(os.path.join(etc, "hosts"), "w", encoding="ascii") as file:
            file.write("127.0.0.1 localhost\n" + "".join(f"{Namespaces.host(n)} broker{n}\n" for n in range(1, COUNT + 1)))
        unit = os.path.join(machine, "fulmar.service")
        with open(os.path.join(prefix, "lib/systemd/system/fulmar.service"), encoding="utf-8") as source, open(unit, "w", encoding="utf-8") as file:
            file.write(source.read().replace(os.path.join(prefix, "etc"), "/etc"))
        holder = subprocess.Popen([*network, "unshare", "--mount", "sh", "-c",
                                   f"mount --bind {etc} /etc && mount --bind {state} /var/lib && echo there && exec sleep infinity"],
                                  stdout=subprocess.PIPE, text=True)
        assert holder.stdout.readline() == "there\n", f"{name} can't be made"
        self.holders[name] = holder
        self.inside[name] = ["nsenter", f"--mount=/proc/{holder.pid}/ns/mnt", f"--net=/proc/{holder.pid}/ns/net", "--"]
        self.environment = {"PATH": f"{prefix}/bin:{self.folder}/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"}
        os.makedirs(os.path.join(self.folder, "bin"), exist_ok=True)
        shutil.copy(os.path.join(HERE, "systemctl"), os.path.join(self.folder, "bin", "systemctl"))

    def run(self, name, command):
        machine = os.path.join(self.folder, name)
        done = subprocess.run([*self.inside[name], "bash", "--norc", "-c", "cd && " + command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=COMMAND_SECONDS, check=False,
                              env={**self.environment, "HOME": machine, "FULMAR_MACHINE": machine,
                                   "FULMAR_UNIT": os.path.join(machine, "fulmar.service")})
        return done.stdout.splitlines(), done.returncode

    def write(self, name, path, text):
        with open(os.path.join(self.folder, name, path.lstrip("/")), "w", encoding="utf-8") as file:
            file.write(text)

    def logs(self):
        for name in self.inside:
            path = os.path.join(self.folder, name, "log")
            if os.path.exists(path):
                with open(path, encoding="utf-8", errors="replace") as file:
                    print(f"-- {name}\n{file.read()[-3000:]}", file=sys.stderr)

    def close(self):
        # Their brokers end with the process namespace.
        shutil.rmtree(self.folder, ignore_errors=True)


def play(machines, text):
    ran = 0
    for language, mark, content in blocks(text):
        if language == "properties":
            for name in machines.inside:
                number = name[len("broker"):]
                own = re.sub(r"^node\.id=1$", f"node.id={number}", content, flags=re.M)
                own = re.sub(r"^advertised\.listeners=.*$", lambda line: line.group().replace("broker1", name), own, flags=re.M)
                machines.write(name, mark, own)
        elif language == "console" and not mark:
            for prompt, command, expected in commands(content):
                names = [f"broker{n}" for n in (1, 2, 3)] if prompt == "brokers" else [prompt]
                for name in names:
                    print(f"{name}# {command}", flush=True)
                    printed, code = machines.run(name, command)
                    shown = "\n".join(printed)
                    assert code == 0, f"it ended with {code}:\n{shown}"
                    missing = difference([" ".join(line.split()) for line in expected], [" ".join(line.split()) for line in printed])
                    assert missing is None, f"it prints\n{shown}\nand not\n{missing}"
                    ran += 1
        else:
            assert mark in MARKED, f"nobody runs this block:\n{content}"
    assert ran > 40, ran


def main(build):
    reason = enter_own_namespace()
    if reason:
        print("skipped:", reason)
        return SKIPPED
    prefix = tempfile.mkdtemp(prefix="fulmar-operating-prefix-")
    machines = None
    try:
        subprocess.run(["cmake", "--install", build, "--component", "programs", "--prefix", prefix], stdout=subprocess.DEVNULL, check=True)
        machines = Machines(prefix)
        with open(os.path.join(SOURCE, "docs", "operating.md"), encoding="utf-8") as file:
            play(machines, file.read())
    except BaseException:
        if machines:
            machines.logs()
        raise
    finally:
        if machines:
            machines.close()
        shutil.rmtree(prefix)
    return 0


if __name__ == "__main__":
    sys.exit(main(os.path.abspath(sys.argv[1])))
