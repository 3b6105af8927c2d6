"""The examples of docs/ci.md: they parse, they name options that exist, and the shards of each are all of the seeds."""
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

import yaml

SIM, EXAMPLES = os.path.abspath(sys.argv.pop(1)), pathlib.Path(sys.argv.pop(1))


def options_of(command):
    return set(re.findall(r" (--[a-z-]+)", subprocess.run([SIM, command, "--help"], capture_output=True, text=True, check=True).stdout))


class Examples(unittest.TestCase):
    def used_options(self, text, command):
        used = set()
        for line in re.findall(r"(?:fulmar-sim|\"\$simulator\") %s ((?:.*\\\n)*.*)" % command, text):
            used |= set(re.findall(r"(?<![\w-])(--[a-z-]+)", line))
        return used

    def assert_commands(self, text, *commands):
        for command in commands:
            used = self.used_options(text, command)
            self.assertTrue(used or command == "merge", command)
            self.assertLessEqual(used, options_of(command))

    def test_github_actions(self):
        workflow = yaml.safe_load((EXAMPLES / "github-actions.yml").read_text())
        shard, report = workflow["jobs"]["shard"], workflow["jobs"]["report"]
        self.assertEqual(shard["strategy"]["matrix"]["shard"], list(range(1, workflow["env"]["SHARDS"] + 1)))
        run = next(step["run"] for step in shard["steps"] if step.get("name") == "campaign")
        self.assert_commands(run, "run")
        self.assertIn("--shard ${{ matrix.shard }}/$SHARDS", run)
        merge = next(step["run"] for step in report["steps"] if "merge" in step.get("run", ""))
        self.assert_commands(merge, "merge")
        uploaded = [step["with"]["path"] for step in shard["steps"] if "upload" in step.get("uses", "")][0]
        self.assertIn("shard-${{ matrix.shard }}.db", uploaded)
        self.assertEqual(report["needs"], "shard")

    def test_kubernetes(self):
        job = yaml.safe_load((EXAMPLES / "kubernetes.yaml").read_text())
        spec = job["spec"]
        self.assertEqual((job["kind"], spec["completionMode"]), ("Job", "Indexed"))
        container = spec["template"]["spec"]["containers"][0]
        script = container["args"][0]
        self.assert_commands(script, "run")
        self.assertEqual(spec["podFailurePolicy"]["rules"][0]["onExitCodes"]["containerName"], container["name"])
        # The shard of each pod, as its shell counts.
        shards = set()
        for index in range(spec["completions"]):
            echo = subprocess.run(["bash", "-c", script.replace("exec fulmar-sim", "echo")], capture_output=True, text=True, check=True,
                                  env={**os.environ, "JOB_COMPLETION_INDEX": str(index)})
            shards.add(re.search(r"--shard (\d+/\d+)", echo.stdout).group(1))
        self.assertEqual(shards, {f"{i}/{spec['completions']}" for i in range(1, spec["completions"] + 1)})

    def test_slurm(self):
        script = EXAMPLES / "slurm.sh"
        self.assert_commands(script.read_text(), "run", "merge")
        with tempfile.TemporaryDirectory() as folder:
            codes = []
            for task in ("1", "2", "3"):  # as Slurm starts them
                done = subprocess.run([script.resolve(), SIM, "1..300", "--scenario", "canary"], cwd=folder, capture_output=True, text=True,
                                      env={**os.environ, "SLURM_ARRAY_TASK_ID": task, "SLURM_ARRAY_TASK_COUNT": "3"}, check=False)
                codes.append(done.returncode)
            self.assertIn("canary: 300 lives, 3 with violations", done.stdout)
            self.assertEqual(codes, [1 if any(s % 3 == shard for s in (41, 141, 241)) else 0 for shard in range(3)])
            self.assertTrue((pathlib.Path(folder) / "all.db").exists())


unittest.main(verbosity=2)
