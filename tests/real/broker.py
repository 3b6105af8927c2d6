"""A real broker for tests: a process of its own, on a port of its own, in a directory of its own."""
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import client_counts

READY_SECONDS = 30
STOP_SECONDS = 30


class Broker:
    """Ready when it is made. `begun` False: it is not even begun, and the two steps of start() are the caller's."""

    node_id = 1
    test_client = None  # see client_counts

    def __init__(self, *options, directory=None, binary=None, begun=True):
        self.binary = os.path.abspath(binary or sys.argv[1])
        self.options = options
        self.directory = directory or tempfile.mkdtemp(prefix="fulmar-test-")
        self.port = 0
        self.process = None
        self.counts = []  # see client_counts
        self.log_begin = 0
        if begun:
            self.start()

    def start(self):
        """Starts (again, at the same port) and returns when the broker says that it is ready."""
        self.begin()
        self.await_ready()

    def begin(self):
        with open(self.log, "ab") as log:
            self.log_begin = log.tell()
            self.process = subprocess.Popen(self.command(), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=log)

    def command(self):
        return [self.binary, "broker", "--data-dir", self.directory, "--listen", self.address, *self.options]

    def await_ready(self):
        deadline = time.monotonic() + READY_SECONDS
        while not (ready := self.ready()):
            assert self.alive() and time.monotonic() < deadline, "the broker did not become ready:\n" + self.said()[-5000:]
            time.sleep(0.02)  # polling for an event that has no other sign
        self.port = int(ready.group(1))

    def ready(self):
        """Whether the process that runs now has said that it is."""
        with open(self.log, "rb") as log:
            log.seek(self.log_begin)
            return re.search(rb"broker ready listen=[\d.]+:(\d+).*", log.read())

    @property
    def log(self):
        return self.directory + ".log"

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    @property
    def command_address(self):
        """Where `fulmar` reaches it without more ado."""
        return self.address

    def said(self):
        with open(self.log, encoding="utf-8", errors="replace") as log:
            return log.read()

    def await_said(self, *texts):
        """Returns once the log holds each of the texts: partitions open, and peers are refused, after the broker is ready."""
        deadline = time.monotonic() + READY_SECONDS
        while missing := [text for text in texts if text not in self.said()]:
            assert self.alive() and time.monotonic() < deadline, f"not in the log: {missing}\n{self.said()[-5000:]}"
            time.sleep(0.02)  # polling for an event that has no other sign

    def kill(self):
        client_counts.note(self)
        self.abandon()

    def abandon(self):
        """Kills it where that is no part of the test."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        client_counts.keep(self)
        self.end()

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(timeout=STOP_SECONDS)
        assert code == 0, f"the broker stopped with {code}:\n{self.said()[-5000:]}"

    def alive(self):
        return self.process.poll() is None

    def cpu_seconds(self):
        """That the process has used so far, in user and system mode."""
        with open(f"/proc/{self.process.pid}/stat", encoding="ascii") as file:
            fields = file.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def __enter__(self):
        return self

    def __exit__(self, failed, *_):
        if failed:
            print(self.said()[-5000:], file=sys.stderr)
        if self.alive():
            self.abandon()
        shutil.rmtree(self.directory, ignore_errors=True)
        os.unlink(self.log)


def check(condition, what):
    if not condition:
        raise AssertionError(what)
    print("ok:", what, flush=True)
