"""A real broker for tests: a process of its own, on a port of its own, in a directory of its own."""
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time


class Broker:
    def __init__(self, *options, directory=None):
        self.binary = os.path.abspath(sys.argv[1])
        self.options = options
        self.directory = directory or tempfile.mkdtemp(prefix="fulmar-test-")
        self.port = 0
        self.process = None
        self.start()

    def start(self):
        """Starts (again, at the same port) and returns when the broker says that it is ready."""
        self.log = open(self.directory + ".log", "ab")
        begin = os.path.getsize(self.directory + ".log")
        self.process = subprocess.Popen(
            [self.binary, "broker", "--data-dir", self.directory, "--listen", f"127.0.0.1:{self.port}", *self.options],
            stderr=self.log)
        deadline = time.monotonic() + 30
        while True:
            with open(self.directory + ".log", encoding="utf-8", errors="replace") as log:
                log.seek(begin)
                ready = re.search(r"broker ready listen=127\.0\.0\.1:(\d+)", log.read())
            if ready:
                self.port = int(ready.group(1))
                return
            assert self.process.poll() is None and time.monotonic() < deadline, "the broker did not become ready:\n" + self.said()
            time.sleep(0.02)  # polling for an event that has no other sign

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    def said(self):
        with open(self.directory + ".log", encoding="utf-8", errors="replace") as log:
            return log.read()

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(timeout=30)
        assert code == 0, f"the broker stopped with {code}:\n{self.said()}"

    def alive(self):
        return self.process.poll() is None

    def __enter__(self):
        return self

    def __exit__(self, failed, *_):
        if failed:
            print(self.said()[-5000:], file=sys.stderr)
        if self.process.poll() is None:
            self.kill()
        shutil.rmtree(self.directory, ignore_errors=True)
        os.unlink(self.directory + ".log")


def check(condition, what):
    if not condition:
        raise AssertionError(what)
    print("ok:", what, flush=True)
