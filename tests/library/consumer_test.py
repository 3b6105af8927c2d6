#!/usr/bin/python3
"""Builds and runs a small project against the installed library: consumer_test.py BUILD_DIRECTORY."""
import concurrent.futures
import glob
import json
import os
import re
import shutil
import subprocess
import sys
import unittest

from installed import Installed, run

HERE = os.path.dirname(os.path.abspath(__file__))
PARTS = ["runtime", "sim", "faults", "checkers", "campaign"]


class Consumer(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.installed = Installed(BUILD)
        cls.addClassCleanup(cls.installed.close)
        cls.project = os.path.join(cls.installed.folder, "consumer")
        shutil.copytree(os.path.join(HERE, "consumer"), cls.project)
        cls.include = os.path.join(cls.installed.prefix, "include")

    def configured(self, build, *options):
        return run("cmake", "-G", "Ninja", "-B", build, f"-DCMAKE_PREFIX_PATH={self.installed.prefix}", *options, cwd=self.project)

    def test_a_project_with_files_of_the_same_names_is_built_and_runs(self):
        self.configured("build")
        run("cmake", "--build", "build", cwd=self.project)
        self.assertEqual(run("build/consumer", cwd=self.project), "7 in the simulated world, 7 in the real one\n")
        listed = run("build/consumer", "list", cwd=self.project)
        self.assertIn("greeting", listed)

    def test_each_header_can_be_included_alone_and_gives_no_warning(self):
        self.configured("build")
        with open(os.path.join(self.project, "build", "compile_commands.json"), encoding="utf-8") as file:
            command = json.load(file)[0]["command"]
        flags = [flag for flag in re.findall(r"-(?:D|I|std=|isystem )\S+", command) if self.include not in flag]
        compiler = os.environ.get("CXX", "c++")
        if "clang" not in compiler:
            flags.append("-Wno-maybe-uninitialized")  # as in cmake/targets.cmake

        def compiled(header):
            return subprocess.run([compiler, *" ".join(flags).split(), f"-I{self.include}", "-Wall", "-Wextra", "-Werror", "-fsyntax-only",
                                   "-x", "c++", "-"],
                                  input=f"#include <{header}>\n#include <{header}>\n", capture_output=True, text=True)

        headers = list(self.installed.headers())
        self.assertGreater(len(headers), 30)
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            for header, ended in zip(headers, pool.map(compiled, headers)):
                self.assertEqual(ended.returncode, 0, f"{header}:\n{ended.stderr}")

    def test_macros_begin_with_the_name(self):
        for header in self.installed.headers():
            with open(os.path.join(self.include, header), encoding="utf-8") as file:
                for name in re.findall(r"^\s*#\s*define\s+(\w+)", file.read(), re.M):
                    self.assertTrue(name.startswith("FULMAR_"), f"{header} defines {name}")

    def test_headers_include_only_what_is_installed(self):
        for header in self.installed.headers():
            with open(os.path.join(self.include, header), encoding="utf-8") as file:
                text = file.read()
            self.assertEqual(re.findall(r'#include ".*', text), [], header)
            for included in re.findall(r"#include <(fulmar/.*)>", text):
                self.assertTrue(os.path.exists(os.path.join(self.include, included)), f"{header} includes {included}")

    def test_all_names_for_the_linker_are_in_the_namespace(self):
        archives = glob.glob(os.path.join(self.installed.prefix, "lib", "*.a"))
        self.assertGreaterEqual(len(archives), 8)
        for archive in archives:
            # Strong definitions: others are templates and inline functions, also of the standard library.
            names = run("nm", "-C", "--defined-only", "--extern-only", archive)
            for kind, name in re.findall(r"^[0-9a-f]+ ([TDBR]) (.*)$", names, re.M):
                self.assertRegex(name, r"\bfulmar(::|_)", f"{os.path.basename(archive)} defines {name} ({kind})")

    def test_no_path_of_the_source_tree_is_in_the_package(self):
        source = os.path.dirname(os.path.dirname(HERE))
        for path in glob.glob(os.path.join(self.installed.prefix, "lib", "cmake", "fulmar", "*")):
            with open(path, encoding="utf-8") as file:
                self.assertNotIn(source, file.read(), path)

    def test_a_component_that_is_not_there_is_an_error(self):
        for component in PARTS:
            self.configured(component, f"-DWANTED={component}")
        with self.assertRaisesRegex(AssertionError, "fulmar has no component kafka"):
            self.configured("kafka", "-DWANTED=kafka")

    def test_a_newer_version_is_not_found(self):
        with self.assertRaisesRegex(AssertionError, "99"):
            self.configured("newer", "-DVERSION_WANTED=99.0")


if __name__ == "__main__":
    BUILD = sys.argv.pop(1)
    unittest.main()
