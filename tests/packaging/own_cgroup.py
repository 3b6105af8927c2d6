"""A cgroup of its own for what a test starts: below the one that it is in itself, in the unified hierarchy (cgroups(7)), which may be one of several.

Service managers and container runtimes make theirs below it, and find nobody else's. Needs root, and a hierarchy that may be written.
"""
import errno
import os
import time

END_SECONDS = 20


class Unavailable(Exception):
    """Why this machine can't have what was asked for."""


def hierarchy():
    """Where the unified hierarchy is mounted, and the cgroup of this process in it."""
    with open("/proc/self/mounts", encoding="utf-8") as file:
        mounted = [line.split()[1] for line in file if line.split()[2] == "cgroup2"]
    if not mounted:
        raise Unavailable("no unified cgroup hierarchy is mounted")
    with open("/proc/self/cgroup", encoding="utf-8") as file:
        own = [line.strip()[len("0::"):] for line in file if line.startswith("0::")]
    return os.path.join(mounted[0], own[0].lstrip("/"))


class OwnCgroup:
    def __init__(self):
        self.path = os.path.join(hierarchy(), f"fulmar-test-{time.monotonic_ns()}")
        try:
            os.mkdir(self.path)
        except OSError as error:
            raise Unavailable(f"no cgroup can be made: {error}") from error

    def enter(self):
        """Moves the calling process there."""
        with open(os.path.join(self.path, "cgroup.procs"), "w", encoding="ascii") as file:
            file.write("0")

    def remove(self):
        """Once all that was started in it has ended, which may take the kernel a moment after their parent was told."""
        deadline = time.monotonic() + END_SECONDS
        for folder, _, _ in os.walk(self.path, topdown=False):
            while True:
                try:
                    os.rmdir(folder)
                    break
                except OSError as error:
                    if error.errno != errno.EBUSY or time.monotonic() > deadline:
                        raise
                    time.sleep(0.02)  # polling for an event that has no other sign
