"""fulmar-sim as people run it: plans that can't be played, lives that crash, reports that can't be written, Ctrl-C."""
import json
import os
import signal
import subprocess
import sys
import tempfile
import unittest

SIM = sys.argv.pop(1)


def sim(*arguments):
    return subprocess.run([SIM, *arguments], capture_output=True, text=True, timeout=300)


class CommandLine(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.TemporaryDirectory()
        self.plan = json.loads(sim("plan", "--scenario", "single-broker", "--seed", "5").stdout)

    def tearDown(self):
        self.directory.cleanup()

    def replay(self, *options):
        path = os.path.join(self.directory.name, "plan.json")
        with open(path, "w") as file:
            json.dump(self.plan, file)
        return sim("replay", "--scenario", "single-broker", "--plan", path, *options)

    def refused(self, why):
        result = self.replay()
        self.assertEqual(result.returncode, 2, result.stdout + result.stderr)
        self.assertEqual(result.stderr.count("\n"), 1, result.stderr)
        self.assertIn(why, result.stderr)

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
        self.refused("it is a plan of scenario churn")

    def test_a_life_that_crashes_shows_all_of_it(self):
        whole = self.replay("--trace")
        self.assertEqual(whole.returncode, 0, whole.stdout[-500:])
        self.plan["settings"]["batch_records_max"] = -1  # no batch has that many: the client breaks
        result = self.replay("--trace")
        self.assertEqual(result.returncode, 1, result.stdout[-500:] + result.stderr)
        self.assertIn("violates the process lives: crash", result.stdout)
        self.assertIn("stack:", result.stdout)
        self.assertIn("fulmar::", result.stdout)
        self.assertIn("0.000000s broker starts", result.stdout)
        self.assertIn("--plan " + os.path.join(self.directory.name, "plan.json"), result.stdout)

    def test_an_edited_plan_shows_its_own_faults(self):
        self.plan["settings"]["batch_records_max"] = -1
        self.plan["faults"] = [{"kind": "pause", "at_us": 7777000, "duration_us": 1000, "target": "broker",
                                "peer": "client0", "amount": 0}]
        result = self.replay()
        self.assertIn("fault at 7777 ms pause broker peer client0", result.stdout)
        self.assertEqual(result.stdout.count("    fault at "), 1)

    def test_a_report_that_cant_be_written_is_said_before_anything_is_played(self):
        for option in ("--report", "--junit"):
            result = sim("run", "--scenario", "single-broker", "--seeds", "1..100000", option, "/nonexistent/file")
            self.assertEqual(result.returncode, 2)
            self.assertEqual(result.stdout, "")

    def test_an_interrupted_campaign_ends_with_its_summary(self):
        campaign = subprocess.Popen([SIM, "run", "--scenario", "single-broker", "--seeds", "1..1000000"],
                                    stdout=subprocess.PIPE, text=True)
        campaign.stdout.readline()  # the first line of progress
        campaign.send_signal(signal.SIGINT)
        rest = campaign.communicate(timeout=60)[0]
        self.assertEqual(campaign.returncode, 130)
        self.assertIn("single-broker: ", rest)


unittest.main(verbosity=2)
