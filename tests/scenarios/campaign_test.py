"""fulmar-sim's campaigns as people and CI systems run them: the live screen, Ctrl-C and --resume, the canary, the queries of
docs/reports.md."""
import contextlib
import fcntl
import json
import os
import pathlib
import pty
import re
import resource
import signal
import sqlite3
import struct
import subprocess
import sys
import tempfile
import termios
import time
import unittest
import xml.etree.ElementTree

SIM, DOCS = sys.argv.pop(1), pathlib.Path(sys.argv.pop(1))


class Terminal:
    """As much of a terminal as the live screen needs: lines, cursor up, erase to the end of the line or of the screen.

    `screens`: what it showed each time that the rest of the screen was erased, which ends each drawing."""

    def __init__(self, columns):
        self.columns, self.lines, self.row, self.widest, self.screens = columns, [""], 0, 0, []

    def feed(self, text):
        for part in re.findall(r"\x1b\[\d*[A-Za-z]|\r|\n|[^\x1b\r\n]+", text):
            if part == "\n":
                self.row += 1
                if self.row == len(self.lines):
                    self.lines.append("")
                self.at = 0
            elif part == "\r":
                self.at = 0
            elif part.startswith("\x1b["):
                self.control(part[2:-1], part[-1])
            else:
                line = self.lines[self.row].ljust(self.at)
                self.lines[self.row] = line[:self.at] + part + line[self.at + len(part):]
                self.at += len(part)
                self.widest = max(self.widest, self.at)

    at = 0

    def shown(self):
        return "\n".join(self.lines)

    def control(self, count, kind):
        if kind == "A":
            self.row = max(0, self.row - int(count or 1))
        elif kind == "K":
            self.lines[self.row] = self.lines[self.row][:self.at]
        elif kind == "J":
            self.lines[self.row] = self.lines[self.row][:self.at]
            del self.lines[self.row + 1:]
            self.screens.append(self.shown())
        else:
            raise AssertionError("a control that no test knows: " + kind)


def on_a_terminal(arguments, rows, columns, kind="xterm"):
    """The terminal, its screens with what it shows at the end as the last, and the exit code."""
    child, master = pty.fork()
    if child == 0:
        os.environ["TERM"] = kind
        fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        os.execv(SIM, [SIM, *arguments])
    terminal, data = Terminal(columns), b""
    with contextlib.suppress(OSError):  # the end of a terminal
        while more := os.read(master, 65536):
            # A read may end anywhere: a line or control that is not whole waits for its rest.
            whole, newline, data = (data + more).rpartition(b"\n")
            terminal.feed((whole + newline).decode())
    terminal.feed(data.decode())
    os.close(master)
    return terminal, [*terminal.screens, terminal.shown()], os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def sim(*arguments):
    return subprocess.run([SIM, *arguments], capture_output=True, text=True, timeout=300)


class Screen(unittest.TestCase):
    def test_a_terminal_shows_one_live_screen_and_the_summary_at_the_end(self):
        terminal, screens, code = on_a_terminal(["run", "--scenario", "single-broker,replication", "--time", "3s"], 30, 90)
        self.assertEqual(code, 0)
        live = [screen for screen in screens if "no findings" in screen]
        self.assertGreater(len(live), 3)
        self.assertIn("per minute, ETA ", live[-1])
        self.assertRegex(live[-1], r"\n  single-broker +\d+ +0 +\d+/\d+ +\d+\n")
        self.assertRegex(live[-1], r"\n  all +\d+ +0 ")
        self.assertEqual(live[-1].count("scenario  "), 1, "it is drawn again in place")
        last = screens[-1]
        self.assertNotIn("no findings", last)
        self.assertRegex(last, r"\nall: \d+ lives in ")

    def test_the_screen_fits_a_small_terminal(self):
        for rows, columns in ((5, 30), (2, 10), (1, 1)):
            child_screens = on_a_terminal(["run", "--scenario", "single-broker", "--time", "1s"], rows, columns)[1]
            live = [s.split("jobs\n")[1] for s in child_screens if "jobs\n" in s and "reached:" not in s]
            self.assertTrue(live)
            for screen in live:
                self.assertLessEqual(len(screen.rstrip("\n").split("\n")), max(1, rows - 1))
                for line in screen.split("\n"):
                    self.assertLess(len(line), max(2, columns))

    def test_a_finding_scrolls_away_above_the_screen(self):
        terminal, screens, code = on_a_terminal(["run", "--scenario", "canary,single-broker", "--seeds", "1..60"], 30, 100)
        self.assertEqual(code, 1)
        self.assertTrue(any(re.search(r"violates the canary sings(.|\n)*\n +1  the canary sings: silence \(canary seed 42\)", s)
                            for s in screens))
        self.assertEqual(screens[-1].count("violates the canary sings"), 1)

    def test_a_simple_terminal_gets_plain_lines(self):
        for kind in ("dumb", ""):
            out = on_a_terminal(["run", "--scenario", "single-broker", "--time", "1s"], 30, 90, kind)[1]
            self.assertNotIn("no findings", "".join(out))

    def test_a_pipe_gets_no_controls(self):
        self.assertNotIn("\x1b", sim("run", "--scenario", "single-broker", "--time", "1s").stdout)


class Campaigns(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.TemporaryDirectory()
        self.report = os.path.join(self.directory.name, "report.db")

    def tearDown(self):
        self.directory.cleanup()

    def rows(self, query, report=None):
        with contextlib.closing(sqlite3.connect(report or self.report)) as database:
            return database.execute(query).fetchall()

    def test_an_interrupted_campaign_goes_on(self):
        arguments = ["--scenario", "single-broker,canary", "--seeds", "1..30", "--report"]
        whole = os.path.join(self.directory.name, "whole.db")
        self.assertEqual(sim("run", *arguments, whole).returncode, 0)
        for number in (signal.SIGINT, signal.SIGKILL):
            campaign = subprocess.Popen([SIM, "run", *arguments, self.report], stdout=subprocess.DEVNULL)
            while not os.path.exists(self.report) or not self.lives():
                time.sleep(0.02)
            campaign.send_signal(number)
            campaign.wait()
            some = self.lives()
            self.assertGreater(some, 0)
            self.assertLess(some, 60)
            resumed = sim("run", "--resume", "--report", self.report)
            self.assertEqual(resumed.returncode, 0, resumed.stderr)
            self.assertIn("single-broker: 30 lives", resumed.stdout)
            lives = "SELECT scenario, seed, hash FROM lives ORDER BY scenario, seed"
            self.assertEqual(self.rows(lives), self.rows(lives, whole))
            self.assertEqual(sim("run", "--resume", "--report", self.report).returncode, 2)
            os.remove(self.report)

    def lives(self):
        with contextlib.suppress(sqlite3.OperationalError):  # while it is made
            return self.rows("SELECT count(*) FROM lives")[0][0]
        return 0

    def test_a_chosen_fault_mix_and_setting_is_played_and_replayed(self):
        result = sim("run", "--scenario", "replication", "--seeds", "1..6", "--set", "brokers=3", "--set", "replication_factor=3",
                     "--faults", "kill,power_loss", "--report", self.report)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        self.assertLessEqual({kind for kind, in self.rows("SELECT DISTINCT kind FROM faults")}, {"kill", "power_loss"})
        self.assertEqual(self.rows("SELECT DISTINCT value FROM settings WHERE setting = 'brokers'"), [(3,)])
        hash_, = self.rows("SELECT hash FROM lives WHERE seed = 2")[0]
        replayed = sim("replay", "--scenario", "replication", "--seed", "2", "--set", "brokers=3", "--set",
                       "replication_factor=3", "--faults", "kill,power_loss")
        self.assertIn("trace hash " + hash_, replayed.stdout)
        result = sim("run", "--scenario", "replication,single-broker", "--seeds", "1..6", "--set", "brokers=3")
        self.assertEqual((result.returncode, result.stderr.count("\n")), (2, 1))
        self.assertIn("single-broker has no setting 'brokers'", result.stderr)
        result = sim("run", "--scenario", "replication", "--seeds", "1..6", "--set", "brokers=99")
        self.assertIn("setting 'brokers' must be from 1 to 15, not 99", result.stderr)

    def test_what_fails_on_purpose_is_reported(self):
        """If this fails, a campaign that is clean means nothing."""
        junit, summary = (os.path.join(self.directory.name, name) for name in ("junit.xml", "summary.md"))
        result = sim("run", "--scenario", "canary", "--seeds", "1..1000", "--report", self.report, "--junit", junit,
                     "--github-summary", summary)
        self.assertEqual(result.returncode, 1)
        self.assertIn("10 lives: the canary sings: silence", result.stdout)
        self.assertEqual(self.rows("SELECT signature, lives FROM findings"), [("the canary sings: silence", 10)])
        suite = xml.etree.ElementTree.parse(junit).getroot().find("testsuite")
        self.assertEqual((suite.get("tests"), suite.get("failures")), ("1000", "10"))
        with open(summary) as file:
            self.assertIn("| 10 | the canary sings: silence |", file.read())

    def test_a_disk_that_is_full_while_reports_are_merged_leaves_no_half_report(self):
        sim("run", "--scenario", "canary", "--seeds", "1..2000", "--report", self.report)
        before = pathlib.Path(self.report).read_bytes()
        into = os.path.join(self.directory.name, "all.db")
        limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (200000, 200000))
        result = subprocess.run([SIM, "merge", self.report, "-o", into], capture_output=True, text=True, preexec_fn=limit,
                                restore_signals=False, timeout=60)
        self.assertEqual((result.returncode, result.stderr.count("\n")), (2, 1), result.stderr)
        self.assertEqual(sorted(os.listdir(self.directory.name)), ["report.db"])
        self.assertEqual(pathlib.Path(self.report).read_bytes(), before)
        self.assertEqual(sim("merge", self.report, "-o", into).returncode, 1)

    def test_the_example_queries_of_the_documentation_answer(self):
        sim("run", "--scenario", "canary,single-broker", "--seeds", "1..142", "--report", self.report)
        sim("explain", "--scenario", "canary", "--seed", "42", "--moments", "3", "--futures", "2", "--report", self.report)
        queries = re.findall(r"^```sql\n(.*?)^```", (DOCS / "reports.md").read_text(), re.MULTILINE | re.DOTALL)
        self.assertGreaterEqual(len(queries), 10)
        for query in queries:
            self.assertTrue(self.rows(query), "no rows: " + query)

    def test_the_documentation_names_every_table_and_column(self):
        sim("run", "--scenario", "canary", "--seeds", "1..2", "--report", self.report)
        text = (DOCS / "reports.md").read_text()
        documented = {table: set(re.findall(r"`(\w+)`", columns.split("|")[0]))
                      for table, columns in re.findall(r"^\| `(\w+)` \| (.*?\|.*)$", text, re.MULTILINE)}
        actual = {table: {column for _, column, *_ in self.rows(f"PRAGMA table_info({table})")}
                  for table, in self.rows("SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%'")}
        self.assertEqual(documented, actual)


unittest.main(verbosity=2)
