"""A program in any language that a test runs beside brokers, and the lines that it prints."""
import collections
import os
import signal
import subprocess
import sys
import tempfile
import threading

END_SECONDS = 90  # for committing and leaving, also where a client has to find another coordinator for it


class Program:
    """Begun when it is made. `hears(program, line)` is called with each line of its standard output, by a thread of its own. `errors` is the path of a
    file for its standard error, which otherwise is gone with the test."""

    def __init__(self, command, hears, errors=None):
        self.command, self.hears = command, hears
        self.errors = open(errors, "w+b") if errors else tempfile.TemporaryFile()
        self.lines = collections.Counter()  # by first word
        self.process = None
        self.start()

    def start(self):
        """Also again, once it has ended."""
        self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self.errors, text=True)
        self.listener = threading.Thread(target=self._listen, args=(self.process.stdout,))
        self.listener.start()

    def _listen(self, output):
        with output:
            for line in output:
                if line.endswith("\n"):  # else it was killed while it wrote that
                    self.lines[line.split(" ", 1)[0].strip()] += 1
                    self.hears(self, line.rstrip("\n"))

    def said(self):
        """The end of its standard error."""
        self.errors.seek(max(0, self.errors.seek(0, os.SEEK_END) - 3000))
        return self.errors.read().decode(errors="replace")

    def alive(self):
        return self.process.poll() is None

    def pause(self):
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self):
        self.process.send_signal(signal.SIGCONT)

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.listener.join()

    def end(self, seconds=END_SECONDS):
        """Asks it to finish, and returns what it ended with."""
        self.process.terminate()
        try:
            code = self.process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            code = "no end"
            self.process.kill()
            self.process.wait()
        self.listener.join()
        return code


class Programs:
    """Those of a test: killed when it is left, and what they said is shown if it failed."""

    def __init__(self):
        self.all = []

    def add(self, command, hears):
        self.all.append(Program(command, hears))
        return self.all[-1]

    def __enter__(self):
        return self

    def __exit__(self, failed, *_):
        for program in self.all:
            if program.alive():
                program.kill()
            if failed:
                print(f"-- {' '.join(program.command)}\n{dict(program.lines)}\n{program.said()}", file=sys.stderr)
            program.errors.close()
