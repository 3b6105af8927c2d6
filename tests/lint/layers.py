#!/usr/bin/python3
"""Checks that includes point down the floors, and that broker/ and the simulated floors see the machine only through runtime/.

Prints each offence as FILE:LINE: what and why; exits 1 if there is any.
"""
import os
import re
import sys

# Each floor may include itself and what is listed. The longest prefix of a file's path says its floor.
FLOORS = {
    "runtime/base": [],
    "runtime/fiber": ["runtime/base"],
    "runtime/host": ["runtime/base", "runtime/fiber"],
    "runtime/real": ["runtime/base", "runtime/fiber", "runtime/host"],
    "runtime/http": ["runtime/base", "runtime/fiber", "runtime/host"],
    "broker/metrics": ["runtime/base"],
    "broker/protocol": ["runtime/base"],
    "broker/security": ["runtime/base", "runtime/fiber", "runtime/host", "broker/protocol"],
    "broker/client": ["runtime/base", "runtime/fiber", "runtime/host", "broker/protocol", "broker/security"],
    "broker/console": ["runtime/base", "runtime/fiber", "runtime/host", "runtime/http", "broker/protocol", "broker/security", "broker/client"],
    "broker/net": ["runtime/base", "runtime/fiber", "runtime/host", "broker/protocol"],
    "broker/log": ["runtime/base", "runtime/fiber", "runtime/host", "broker/protocol"],
    "broker/raft": ["runtime/base", "broker/protocol", "broker/log"],
    "broker/replication": ["runtime/base", "runtime/fiber", "runtime/host", "broker/protocol", "broker/security", "broker/net", "broker/log",
                           "broker/raft"],
    "broker/coordinator": ["runtime/base", "runtime/fiber", "runtime/host", "broker/protocol", "broker/raft",
                           "broker/replication"],
    "broker/groups": ["runtime/base", "broker/protocol", "broker/coordinator"],
    "broker/transactions": ["runtime/base", "broker/protocol", "broker/coordinator"],
    "broker/cluster": ["runtime/base", "runtime/fiber", "runtime/host", "broker/protocol", "broker/security", "broker/log", "broker/raft",
                       "broker/replication", "broker/coordinator"],
    "broker/server/config": ["runtime/base", "runtime/host", "runtime/http", "broker/protocol", "broker/security", "broker/log", "broker/raft", "broker/groups",
                             "broker/transactions", "broker/cluster"],
    "broker/server/shard": ["runtime/base", "runtime/fiber", "runtime/host", "broker/metrics", "broker/protocol", "broker/security", "broker/net", "broker/log",
                            "broker/raft", "broker/replication", "broker/coordinator", "broker/groups", "broker/transactions",
                            "broker/cluster", "broker/server/config"],
    "broker/server/controller": ["runtime/base", "runtime/fiber", "runtime/host", "broker/protocol", "broker/security", "broker/raft",
                                 "broker/replication", "broker/cluster", "broker/server/config", "broker/server/shard"],
    "broker/server/requests": ["runtime/base", "runtime/fiber", "runtime/host", "broker/protocol", "broker/security", "broker/net", "broker/log",
                               "broker/raft", "broker/replication", "broker/coordinator", "broker/groups", "broker/transactions",
                               "broker/cluster", "broker/server/config", "broker/server/shard", "broker/server/controller"],
    "broker/server/admin": ["runtime/base", "runtime/fiber", "runtime/host", "runtime/http", "broker/metrics", "broker/protocol", "broker/security", "broker/log",
                            "broker/raft", "broker/replication", "broker/groups", "broker/transactions", "broker/cluster",
                            "broker/console", "broker/server"],
    "broker/server": ["runtime/base", "runtime/fiber", "runtime/host", "runtime/http", "broker/protocol", "broker/security", "broker/net", "broker/log",
                      "broker/raft", "broker/replication", "broker/cluster"],
    "broker/cli": ["runtime", "broker"],
    "sim": ["runtime/base", "runtime/fiber", "runtime/host"],
    "faults": ["runtime/base", "runtime/fiber", "runtime/host", "sim"],
    "checkers/base": ["runtime/base"],
    "checkers": ["runtime/base", "broker/protocol", "broker/log", "broker/raft", "broker/replication",
                 "broker/cluster"],
    "reports": ["runtime/base"],
    # Any simulator's: it knows nothing of brokers.
    "campaign": ["runtime/base", "runtime/fiber", "runtime/host", "sim", "faults", "checkers/base", "reports"],
    "scenarios": ["runtime/base", "runtime/fiber", "runtime/host", "broker/protocol", "broker/security", "broker/client", "broker/log",
                  "broker/cluster", "broker/server", "sim", "faults", "checkers", "campaign"],
    "scenarios/serve": ["runtime/base", "runtime/fiber", "runtime/host", "runtime/http", "broker/protocol", "broker/client", "broker/cluster",
                        "broker/server", "sim", "faults", "checkers", "campaign", "scenarios"],
    "scenarios/serve/outside": ["runtime/base", "campaign", "faults", "sim", "scenarios", "scenarios/serve"],
    "scenarios/real": ["runtime", "faults", "checkers", "scenarios"],
    "tests": ["runtime", "broker", "sim", "faults", "checkers", "reports", "campaign", "scenarios", "tests"],
    "bench": ["runtime", "broker", "sim", "faults", "checkers", "reports", "campaign", "scenarios", "bench"],
}
# Floors whose code must be the same in every world.
PURE = ["runtime/base", "runtime/host", "runtime/http", "broker/metrics", "broker/protocol", "broker/security", "broker/net", "broker/client", "broker/console", "broker/log", "broker/raft", "broker/replication",
        "broker/coordinator", "broker/groups", "broker/transactions", "broker/cluster", "broker/server",
        "sim", "faults", "checkers", "scenarios"]
EXEMPT = ["broker/cli", "scenarios/real", "scenarios/serve/outside", "runtime/base/assert.cpp"]
SYSTEM_HEADERS = re.compile(
    r"<(thread|mutex|shared_mutex|condition_variable|future|random|fstream|filesystem|ctime|time\.h|unistd\.h|fcntl\.h|poll\.h|"
    r"csignal|signal\.h|stop_token|semaphore|latch|barrier|sys/.*|linux/.*|netinet/.*|arpa/.*|netdb\.h|pthread\.h|unordered_map|"
    r"unordered_set|cstdio|stdio\.h|iostream)>")
CALLS = re.compile(
    r"\b(std::chrono::(system|steady|high_resolution)_clock|std::(thread|jthread|async|random_device|mt19937\w*|shuffle|rand|getenv|"
    r"time|clock|unordered_\w+|uniform_\w+)\b|(?<![\w.>:])(rand|srand|time|gettimeofday|clock_gettime|getenv|usleep|nanosleep|sleep|"
    r"getpid|system)\s*\()")


def floor_of(path):
    best = ""
    for floor in FLOORS:
        if (path.startswith(floor + "/")) and len(floor) > len(best):
            best = floor
    return best


def check_text(path, text):
    """Yields (line, message) for each offence of one file."""
    floor = floor_of(path)
    if not floor:
        return
    allowed = FLOORS[floor] + [floor]
    pure = any(path.startswith(p + "/") for p in PURE) and not any(path.startswith(e) for e in EXEMPT)
    for number, line in enumerate(text.splitlines(), 1):
        include = re.match(r'\s*#\s*include\s+"([^"]+)"', line)
        if include and "/" in include.group(1):
            target = floor_of(include.group(1))
            if target and not any(target == a or target.startswith(a + "/") for a in allowed):
                yield number, f"{floor} may not include {include.group(1)}"
        if not pure:
            continue
        header = re.match(r"\s*#\s*include\s+(<[^>]+>)", line)
        if header and SYSTEM_HEADERS.match(header.group(1)):
            yield number, f"{header.group(1)} reaches the machine, or has no order: go through runtime/"
        code = re.sub(r'"(\\.|[^"\\])*"', '""', line).split("//")[0]
        call = CALLS.search(code)
        if call:
            yield number, f"{call.group(0).strip()} reaches the machine, or has no order: go through runtime/"


def main(root):
    offences = 0
    for folder in ["runtime", "broker", "sim", "faults", "scenarios", "checkers", "reports", "campaign", "bench", "tests"]:
        for where, _, names in os.walk(os.path.join(root, folder)):
            for name in sorted(names):
                if not name.endswith((".h", ".cpp")):
                    continue
                path = os.path.relpath(os.path.join(where, name), root)
                with open(os.path.join(root, path), encoding="utf-8") as file:
                    for number, message in check_text(path, file.read()):
                        print(f"{path}:{number}: {message}")
                        offences += 1
    return 1 if offences else 0


if __name__ == "__main__":
    sys.exit(main(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")))
