"""fulmar-sim as people run it: plans that can't be played, lives that crash, reports that can't be written, Ctrl-C."""
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
import unittest

SIM = sys.argv.pop(1)


def sim(*arguments):
    return subprocess.run([SIM, *arguments], capture_output=True, text=True, timeout=300)


def children_of(process):
    with open("/proc/%d/task/%d/children" % (process.pid, process.pid)) as children:
        return [int(child) for child in children.read().split()]


def is_running(pid):
    try:
        with open("/proc/%d/stat" % pid) as stat:
            return stat.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


class CommandLine(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.TemporaryDirectory()
        self.plan = json.loads(sim("plan", "--scenario", "single-broker", "--seed", "5").stdout)

    def tearDown(self):
        self.directory.cleanup()

    def write_plan(self):
        path = os.path.join(self.directory.name, "plan.json")
        with open(path, "w") as file:
            json.dump(self.plan, file)
        return path

    def replay(self, *options):
        return sim("replay", self.write_plan(), *options)

    def refused(self, why):
        result = self.replay()
        self.assertEqual(result.returncode, 2, result.stdout + result.stderr)
        self.assertEqual(result.stderr.count("\n"), 1, result.stderr)
        self.assertIn(why, result.stderr)

    def debugged(self, *commands):
        result = subprocess.run([SIM, "debug", "--scenario", "replication", "--seed", "3"], input="\n".join(commands) + "\n",
                                capture_output=True, text=True, timeout=300)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        return result.stdout

    def test_the_debugger_shows_a_brokers_state_at_any_moment(self):
        shown = self.debugged("to 7s", "node broker1", "messages", "next election", "node broker1")
        for part in ("metadata: ", " in term ", ", high watermark ", "broker 3 is registered", " is leader in epoch "):
            self.assertIn(part, shown)
        self.assertRegex(shown, "(?m)^  disk: [0-9]+ files are durable as they are, [0-9]+ but for attributes, and [0-9]+ are not:?$")

    def test_the_debugger_goes_back_to_the_same_moment(self):
        shown = self.debugged("to event 60000", "node broker2", "to event 20000", "to event 150000", "to event 60000", "node broker2")
        moment = next(line for line in shown.splitlines() if line.startswith("event 60000, "))
        states = shown.split(moment)
        self.assertEqual(len(states), 3, shown)
        self.assertEqual(states[1].split("event 20000")[0].strip(), states[2].strip())
        self.assertIn("metadata: ", states[2])

    def test_a_node_that_does_not_exist(self):
        self.plan["faults"][0]["target"] = "broker9"
        self.refused("no such node")

    def test_a_setting_that_is_missing(self):
        del self.plan["settings"]["segment_bytes"]
        self.refused("the setting 'segment_bytes' is missing")

    def test_a_setting_that_is_misspelt(self):
        self.plan["settings"]["segment_bites"] = 1
        self.refused("did you mean segment_bytes?")

    def test_a_plan_of_another_scenario(self):
        self.plan["scenario"] = "churn"
        self.refused("the setting 'brokers' is missing")
        self.plan["scenario"] = "chur"
        self.refused("it is of scenario 'chur', which this program does not have; did you mean churn?")

    def test_numbers_that_make_no_sense(self):
        self.plan["settings"]["segment_bytes"] = 0
        self.refused("setting 'segment_bytes' must be from 14 to")
        self.plan["settings"]["segment_bytes"] = 1024
        self.plan["faults"] = [{"kind": "flap", "at_us": 7777000, "duration_us": 1000, "target": "broker",
                                "peer": "client0", "amount": 2**63 - 1}]
        self.refused("fault 1 (flap): its amount must be from 1 to")

    def test_what_is_no_plan(self):
        path = os.path.join(self.directory.name, "plan.json")
        for text in ("", "[]", "{", '{"seed": 1e999}', '{"seed": 1, "seed": 2}', " " * (5 << 20), "[" * 1000000):
            with open(path, "w") as file:
                file.write(text)
            result = sim("replay", path)
            self.assertEqual((result.returncode, result.stderr.count("\n")), (2, 1), text[:20])

    def replay_that_crashes(self):
        """The process that plays the life is sent a signal as of a bad access, with the trace on its way."""
        self.plan["settings"]["safety_ms"] = 600000
        replay = subprocess.Popen([SIM, "replay", self.write_plan(), "--trace"],
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        first = replay.stdout.readline()
        os.kill(children_of(replay)[0], signal.SIGSEGV)
        return first + replay.communicate(timeout=60)[0], replay.returncode

    def test_a_life_that_crashes_shows_all_of_it(self):
        out, code = self.replay_that_crashes()
        self.assertEqual(code, 1, out[-500:])
        self.assertIn("violates the process lives: crash", out)
        self.assertIn("stack:", out)
        self.assertIn("fulmar::", out)
        self.assertIn("0.000000s broker starts", out)
        self.assertIn("replay " + os.path.join(self.directory.name, "plan.json"), out)

    def test_an_edited_plan_shows_its_own_faults(self):
        self.plan["faults"] = [{"kind": "pause", "at_us": 7777000, "duration_us": 1000, "target": "broker",
                                "peer": "client0", "amount": 0}]
        violation = self.replay_that_crashes()[0].split("violates")[1]
        self.assertIn("fault at 7777 ms pause broker peer client0", violation)
        self.assertEqual(violation.count("    fault at "), 1)

    def test_a_report_that_cant_be_written_is_said_before_anything_is_played(self):
        for option in ("--report", "--junit"):
            result = sim("run", "--scenario", "single-broker", "--seeds", "1..100000", option, "/nonexistent/file")
            self.assertEqual(result.returncode, 2)
            self.assertEqual(result.stdout, "")

    def test_a_report_that_cant_be_written_any_more_is_said(self):
        report = os.path.join(self.directory.name, "report.sqlite")
        limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100000, 100000))
        result = subprocess.run([SIM, "run", "--scenario", "single-broker", "--seeds", "1..40", "--report", report],
                                capture_output=True, text=True, preexec_fn=limit, restore_signals=False, timeout=300)
        self.assertEqual(result.returncode, 4, result.stderr)
        self.assertIn("the report ends before seed ", result.stderr)
        self.assertEqual(result.stderr.count("\n"), 2, result.stderr)
        self.assertIn("single-broker: 40 lives", result.stdout)

    def test_a_trace_that_cant_be_written_is_said(self):
        with open("/dev/full", "w") as full:
            result = subprocess.run([SIM, "replay", "--scenario", "single-broker", "--seed", "5", "--trace"],
                                    stdout=full, stderr=subprocess.PIPE, text=True, timeout=300)
        self.assertEqual(result.returncode, 4)
        self.assertIn("No space left on device", result.stderr)

    def test_a_record_is_an_account_of_the_life(self):
        path = os.path.join(self.directory.name, "record.json")
        self.assertEqual(self.replay("--record", path).returncode, 0)
        with open(path) as file:
            record = json.load(file)
        self.assertEqual(record["plan"], self.plan)
        sent = [one for one in record["operations"] if one["what"].startswith("sends ")]
        self.assertTrue(any(one["outcome"].startswith("ok") and one["invoked_us"] < one["completed_us"] for one in sent))
        self.assertTrue(any("fault " in event["what"] for event in record["events"]))
        result = self.replay("--record", os.path.join(self.directory.name, "no", "such"))
        self.assertEqual(result.returncode, 2)
        self.assertIn("no/such: No such file or directory", result.stderr)
        self.assertEqual(result.stdout, "")
        self.assertEqual(self.replay("--record", "/dev/full").returncode, 4)

    def test_a_failure_is_found_shrunk_replayed_and_verified_in_fresh_processes(self):
        folder = os.path.join(self.directory.name, "findings")
        found = sim("run", "--scenario", "canary", "--seeds", "1..100", "--capsules", folder)
        self.assertEqual(found.returncode, 1, found.stderr)
        capsule = os.path.join(folder, "canary-42.capsule.json")
        self.assertIn("capsule: " + capsule, found.stdout)
        small = os.path.join(self.directory.name, "small.capsule.json")
        shrunk = sim("shrink", capsule, "-o", small)
        self.assertEqual(shrunk.returncode, 0, shrunk.stderr)
        self.assertIn("faults     1 -> 0", shrunk.stdout)
        with open(small) as file:
            self.assertEqual(json.load(file)["plan"]["faults"], [])
        replayed = sim("replay", small)
        self.assertEqual(replayed.returncode, 1, replayed.stderr)
        self.assertIn("the canary sings: silence. It still is.", replayed.stdout)
        verified = sim("verify", small, "--futures", "20")
        self.assertEqual(verified.returncode, 1, verified.stderr)
        self.assertIn("of its neighbours, 20 of 20 ", verified.stdout)

    def test_a_capsule_of_a_clean_life_is_compared_with_it(self):
        self.plan["settings"]["safety_ms"] = 1000
        self.plan["faults"] = []
        capsule = os.path.join(self.directory.name, "clean.capsule.json")
        self.assertEqual(self.replay("--capsule", capsule).returncode, 0)
        again = sim("replay", capsule)
        self.assertEqual(again.returncode, 0)
        self.assertIn("The life is the recorded one, event for event.", again.stdout)
        with open(capsule) as file:
            changed = json.load(file)
        changed["build"] = "another"
        changed["plan"]["settings"]["producer_pace_ms"] += 1
        with open(capsule, "w") as file:
            json.dump(changed, file)
        again = sim("replay", capsule)
        self.assertEqual(again.returncode, 0, again.stderr)
        self.assertRegex(again.stdout, r"The first \d+ events are as recorded; it differs within the next \d+, at \d")

    def test_an_interrupted_campaign_ends_with_its_summary(self):
        junit = os.path.join(self.directory.name, "junit.xml")
        for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
            with open(junit, "w") as file:
                file.write("of last time")
            campaign = subprocess.Popen([SIM, "run", "--scenario", "single-broker", "--seeds", "1..1000000",
                                         "--junit", junit], stdout=subprocess.PIPE, text=True)
            campaign.stdout.readline()  # the first line of progress
            with open(junit) as file:
                self.assertEqual(file.read(), "of last time")
            workers = children_of(campaign)
            campaign.send_signal(number)
            rest = campaign.communicate(timeout=60)[0]
            self.assertEqual(campaign.returncode, code)
            self.assertIn("single-broker: ", rest)
            with open(junit) as file:
                self.assertIn("</testsuite>", file.read())
            self.assert_ended(workers)

    def test_an_interrupted_replay_leaves_no_process(self):
        self.plan["settings"]["safety_ms"] = 600000
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
            replay = subprocess.Popen([SIM, "replay", self.write_plan(), "--trace"], stdout=subprocess.PIPE, text=True)
            replay.stdout.readline()
            player = children_of(replay)
            self.assertEqual(len(player), 1)
            replay.send_signal(number)
            self.assertEqual(replay.wait(timeout=60), -number)
            self.assert_ended(player)
            replay.stdout.close()

    def assert_ended(self, processes):
        for _ in range(1000):
            if not any(is_running(process) for process in processes):
                return
            time.sleep(0.01)
        self.fail("still running: %s" % processes)


unittest.main(verbosity=2)
