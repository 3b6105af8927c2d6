#!/usr/bin/python3
"""What `cmake --install --component programs` gives: installed_test.py BUILD_DIRECTORY."""
import glob
import gzip
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(SOURCE, "tests", "real"))


def run(*command, **options):
    ended = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, **options)
    if ended.returncode != 0:
        raise AssertionError(f"{' '.join(command)}: exit code {ended.returncode}\n{ended.stdout}{ended.stderr}")
    return ended.stdout


class Installed(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="fulmar-installed-")
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.prefix = os.path.join(cls.folder, "prefix")
        run("cmake", "--install", BUILD, "--component", "programs", "--prefix", cls.prefix)

    def path(self, *parts):
        return os.path.join(self.prefix, *parts)

    def text(self, *parts):
        path = self.path(*parts)
        with (gzip.open(path, "rt", encoding="utf-8") if path.endswith(".gz") else open(path, encoding="utf-8")) as file:
            return file.read()

    def page(self, *parts):
        """A manual page as text, once the formatter has nothing to complain of."""
        asked = subprocess.run(["man", "--warnings", "--no-hyphenation", "-l", "-Tutf8", self.path(*parts)], capture_output=True, text=True, timeout=60, check=True,
                               env={**os.environ, "LC_ALL": "C.UTF-8", "GROFF_NO_SGR": "1"})
        self.assertEqual(asked.stderr, "", parts)
        return re.sub(r".\x08", "", asked.stdout).replace("\u2010", "-")

    def test_the_programs_run_from_where_they_are(self):
        self.assertRegex(run(self.path("bin", "fulmar"), "--version"), r"^fulmar \d+\.\d+\.\d+$")
        self.assertIn("replication", run(self.path("bin", "fulmar-sim"), "list"))

    def test_every_command_and_option_has_its_place_in_the_manual(self):
        for program in ("fulmar", "fulmar-sim"):
            page = self.page("share", "man", "man1", f"{program}.1.gz")
            sections = dict(re.findall(rf"^   ({program} [a-z -]+)\n(.*?)(?=^   {program} |^\S)", page, re.M | re.S))
            self.assertGreater(len(sections), 12, program)
            for name, section in sections.items():
                help_text = run(self.path("bin", program), *name.split()[1:], "--help")
                options = set(re.findall(r"^  (?:-\w \[ )?(--[a-z-]+)", help_text, re.M))
                self.assertTrue(options, name)
                shown = set(re.findall(r"^       (?:-\w, )?(--[a-z-]+)", section, re.M))
                self.assertEqual(shown, options, name)
                words = re.sub(r"\W+", "", section)
                for text in re.findall(r"^  .*?  +(\S.*)$", help_text, re.M):
                    self.assertIn(re.sub(r"\W+", "", text), words, f"{name}: {text}")

    def test_no_command_is_left_out(self):
        page = self.page("share", "man", "man1", "fulmar.1.gz")
        # docs/cli.md is written by hand.
        with open(os.path.join(SOURCE, "docs", "cli.md"), encoding="utf-8") as file:
            named = set(re.findall(r"^\| `(fulmar [a-z]+(?: [a-z-]+)?)", file.read(), re.M))
        self.assertGreater(len(named), 25)
        for name in named:
            self.assertTrue(re.search(rf"^   {name}$", page, re.M), name)

    def test_every_property_is_in_the_manual(self):
        page = self.page("share", "man", "man5", "broker.properties.5.gz")
        with open(os.path.join(SOURCE, "docs", "configuration.md"), encoding="utf-8") as file:
            table = re.search(r"^## The broker's properties\n(.*?)^## ", file.read(), re.M | re.S).group(1)
        rows = re.findall(r"^\| `([\w.]+)` \|.*\| (.*?) \|$", table, re.M)
        self.assertGreater(len(rows), 80)
        told = dict(re.findall(r"^       ([a-z0-9.]+)\n(.*?)(?=^ {0,7}\S|\Z)", page, re.M | re.S))
        for name, meaning in rows:
            self.assertIn(re.sub(r"\W", "", meaning), re.sub(r"\W", "", told[name]), name)

    def complete(self, *words):
        """What bash offers for the last of the words."""
        script = f'source {self.path("share", "bash-completion", "completions", words[0])}\n' \
                 'COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=(); _${1//-/_}; printf "%s\\n" "${COMPREPLY[@]}"'
        return run("bash", "--norc", "-c", script, "complete", *words, cwd=self.folder).split()

    def test_bash_completes_commands_options_and_values(self):
        self.assertEqual(self.complete("fulmar", "top"), ["topic", "top"])
        self.assertEqual(self.complete("fulmar", "topic", "de"), ["describe", "delete-records", "delete"])
        self.assertEqual(self.complete("fulmar", "produce", "t", "--pa"), ["--partition"])
        self.assertEqual(self.complete("fulmar", "produce", "t", "--acks", ""), ["all", "1", "0"])
        self.assertEqual(self.complete("fulmar", "produce", "t", "--codec", "z"), ["zstd"])
        self.assertEqual(self.complete("fulmar", "broker", "--io", ""), ["auto", "uring", "epoll"])
        self.assertEqual(self.complete("fulmar", "broker", "--set", "node."), ["node.id="])
        self.assertEqual(self.complete("fulmar", "topic", "alter", "t", "--unset", "cleanup"), ["cleanup.policy"])
        self.assertEqual(self.complete("fulmar", "cluster", "status", "--output", "j"), ["json"])
        self.assertEqual(self.complete("fulmar-sim", "run", "--strategy", "s"), ["swarm"])
        self.assertEqual(self.complete("fulmar", "produce", "t", "--partition", ""), [])
        with open(os.path.join(self.folder, "some.properties"), "w", encoding="ascii"):
            self.assertEqual(self.complete("fulmar", "broker", "--config", "some"), ["some.properties"])

    def test_zsh_completes_too(self):
        zsh = shutil.which("zsh")
        self.assertTrue(zsh, "zsh is among the packages of ./dev setup")

        def offered(*words):
            # The functions of zsh's completion system print what they are to offer.
            script = "function _describe() { print -rl -- ${${(P)2}%%:*} }\nfunction compadd() { print -rl -- ${@[(i)--]+${@[$(( ${@[(i)--]} + 1 )),-1]}} }\n" \
                     "function _files() { print FILES }\nfunction _message() { print -r MESSAGE }\n" \
                     f"words=(\"$@\")\nCURRENT=$#\nsource {self.path('share', 'zsh', 'vendor-completions', '_' + words[0])}"
            return run(zsh, "-f", "-c", script, "complete", *words).split()

        self.assertIn("transaction", offered("fulmar", ""))
        self.assertEqual(offered("fulmar", "log", ""), ["check", "dump", "salvage", "upgrade"])
        self.assertIn("--replication-factor", offered("fulmar", "topic", "create", "t", "-"))
        self.assertEqual(offered("fulmar", "produce", "t", "--acks", ""), ["all", "1", "0"])
        self.assertIn("cleanup.policy", offered("fulmar", "topic", "alter", "t", "--set", ""))
        self.assertEqual(offered("fulmar", "broker", "--config", ""), ["FILES"])
        self.assertEqual(offered("fulmar", "produce", "t", "--partition", ""), ["MESSAGE"])

    def test_the_example_of_a_configuration_is_one(self):
        from broker import Broker
        example = self.path("etc", "fulmar", "broker.properties")
        with Broker("--config", example, "--shards", "1", binary=self.path("bin", "fulmar")) as broker:
            broker.end()
        # What is commented out is correct as well.
        told = self.text("etc", "fulmar", "broker.properties")
        wanted = re.sub(r"^#(?=[a-z.]+=)", "", told, flags=re.M).replace("/etc/fulmar/cluster.secret", os.path.join(self.folder, "secret"))
        wanted = re.sub(r"^log\.dirs=.*$", f"log.dirs={self.folder}/none", wanted, flags=re.M)
        self.assertGreater(len(re.findall(r"^[a-z.]+=", wanted, re.M)), 12)
        with open(os.path.join(self.folder, "all.properties"), "w", encoding="utf-8") as file:
            file.write(wanted)
        with open(os.path.join(self.folder, "secret"), "w", encoding="ascii") as file:
            file.write("sixteen bytes or more\n")
        # It is understood as a whole: what is refused is a command line that follows.
        ended = subprocess.run([self.path("bin", "fulmar"), "broker", "--config", os.path.join(self.folder, "all.properties"), "--io", "none"],
                               capture_output=True, text=True, timeout=30, check=False)
        self.assertEqual(ended.stderr, "fulmar broker: --io must be auto, uring or epoll, not none\n")

    def test_the_service_is_one(self):
        unit = self.path("lib", "systemd", "system", "fulmar.service")
        self.assertIn(f"ExecStart={self.path('bin', 'fulmar')} broker --config {self.path('etc', 'fulmar', 'broker.properties')}\n",
                      self.text("lib", "systemd", "system", "fulmar.service"))
        if not shutil.which("systemd-analyze"):
            self.skipTest("no systemd-analyze")
        told = subprocess.run(["systemd-analyze", "verify", "--man=no", unit], capture_output=True, text=True, timeout=60, check=False)
        self.assertNotIn("fulmar.service", told.stdout + told.stderr)
        scored = run("systemd-analyze", "security", "--offline=true", unit)
        exposure = float(re.search(r"Overall exposure level for fulmar.service: ([\d.]+)", scored).group(1))
        with open(os.path.join(SOURCE, "docs", "operating.md"), encoding="utf-8") as file:
            told = re.search(r"an exposure of ([\d.]+),", file.read()).group(1)
        self.assertLessEqual(exposure, float(told), scored)

    def test_a_configuration_that_is_there_is_kept(self):
        prefix = os.path.join(self.folder, "again")
        target = os.path.join(prefix, "etc", "fulmar", "broker.properties")
        os.makedirs(os.path.dirname(target))
        with open(target, "w", encoding="ascii") as file:
            file.write("node.id=7\n")
        run("cmake", "--install", BUILD, "--component", "programs", "--prefix", prefix)
        with open(target, encoding="ascii") as file:
            self.assertEqual(file.read(), "node.id=7\n")

    def test_a_package_gets_its_configuration_in_etc(self):
        staged = os.path.join(self.folder, "staged")
        run("cmake", "--install", BUILD, "--component", "programs", "--prefix", "/usr", env={**os.environ, "DESTDIR": staged})
        for path in ("etc/fulmar/broker.properties", "usr/bin/fulmar", "usr/lib/systemd/system/fulmar.service"):
            self.assertTrue(os.path.exists(os.path.join(staged, path)), path)
        with open(os.path.join(staged, "usr/lib/systemd/system/fulmar.service"), encoding="utf-8") as file:
            self.assertIn("ExecStart=/usr/bin/fulmar broker --config /etc/fulmar/broker.properties\n", file.read())

    def test_the_documentation_is_complete(self):
        documents = {os.path.basename(path) for path in glob.glob(os.path.join(SOURCE, "docs", "*.md"))}
        self.assertLessEqual(documents | {"README.md", "LICENSE", "monitoring"}, set(os.listdir(self.path("share", "doc", "fulmar"))))


if __name__ == "__main__":
    BUILD = os.path.abspath(sys.argv.pop(1))
    unittest.main()
