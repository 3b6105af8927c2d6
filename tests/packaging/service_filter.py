"""What a systemd unit denies a process in the kernel: system calls, each of which ends it here, and memory that is written and executed."""
import ctypes
import os
import re
import subprocess

import seccomp

PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN = 65, 1


def groups():
    """systemd's groups of system calls, by name."""
    told = subprocess.run(["systemd-analyze", "syscall-filter", "--no-pager"], capture_output=True, text=True, check=True).stdout
    found, name = {}, None
    for line in told.splitlines():
        if re.match(r"^@[\w-]+$", line):
            name = line
            found[name] = []
        elif line.startswith("    ") and name and not line.strip().startswith("#"):
            found[name].append(line.strip())
        elif line.startswith("#") or not line.strip():
            continue
    return found


def calls(known, words):
    """All that the words name, groups by their members."""
    named = set()
    for word in words:
        named |= calls(known, known[word]) if word.startswith("@") else {word}
    return named


class ServiceFilter:
    def __init__(self, unit):
        with open(unit, encoding="utf-8") as file:
            text = file.read()
        known = groups()
        allowed = set()
        # What systemd needs itself to start a program, and what everything needs, is always allowed.
        for line in re.findall(r"^SystemCallFilter=(.*)$", text, re.M):
            if line.startswith("~"):
                allowed -= calls(known, line[1:].split())
            else:
                allowed |= calls(known, line.split()) | calls(known, ["@default"])
        self.allowed = allowed | {"execve"}
        self.denies_writable_code = "MemoryDenyWriteExecute=yes" in text
        self.count = len(self.allowed)

    def apply(self):
        """To this process, from now on."""
        if self.denies_writable_code and ctypes.CDLL(None, use_errno=True).prctl(PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN, 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "this kernel can't deny writable code: " + os.strerror(ctypes.get_errno()))
        rules = seccomp.SyscallFilter(defaction=seccomp.KILL_PROCESS)
        for name in sorted(self.allowed):
            try:
                rules.add_rule(seccomp.ALLOW, name)
            except RuntimeError:
                continue  # not of this architecture
        rules.load()
