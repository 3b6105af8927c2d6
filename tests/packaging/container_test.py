#!/usr/bin/python3
"""The container's Dockerfile keeps the rules that a linter would check, and those of the house: container_test.py.

Where there is a builder, CI builds it; `./dev package --test` runs its commands, as its user, on a read-only root.
"""
import os
import re
import unittest

from dockerfile import Dockerfile

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
KNOWN = {"FROM", "RUN", "WORKDIR", "ENV", "COPY", "USER", "VOLUME", "EXPOSE", "HEALTHCHECK", "ENTRYPOINT", "CMD"}


class Container(unittest.TestCase):
    def setUp(self):
        self.file = Dockerfile(os.path.join(SOURCE, "packaging", "Dockerfile"))

    def test_images_are_pinned_and_instructions_known(self):
        self.assertEqual(len(self.file.stages), 2)
        for stage in self.file.stages:
            self.assertRegex(stage[0][1], r"^debian:bookworm-slim( AS \w+)?$")
            for instruction, _ in stage:
                self.assertIn(instruction, KNOWN)

    def test_package_lists_are_gone_in_the_layer_that_got_them(self):
        for stage in (0, 1):
            for ran in self.file.all("RUN", stage):
                self.assertEqual("apt-get update" in ran, "apt-get install" in ran, ran)
                if "apt-get" not in ran:
                    continue
                self.assertTrue(ran.endswith("&& rm -rf /var/lib/apt/lists/*"), ran)
                for install in re.findall(r"apt-get install[^&]*", ran):
                    self.assertRegex(install, r"^apt-get install -y --no-install-recommends ")

    def test_it_builds_with_the_libraries_that_the_project_stands_on(self):
        with open(os.path.join(SOURCE, "dev"), encoding="utf-8") as file:
            packages = re.search(r"^packages=\((.*?)\)", file.read(), re.M | re.S).group(1).split()
        libraries = {package for package in packages if package.endswith("-dev") and not package.startswith("libclang")}
        self.assertGreater(len(libraries), 15)
        installed = set(re.search(r"--no-install-recommends (.*?) &&", self.file.all("RUN", 0)[0]).group(1).split())
        self.assertLessEqual(libraries, installed)
        self.assertLessEqual({package for package in installed if package.endswith("-dev")} - {"dpkg-dev"}, libraries)

    def test_what_it_mounts_is_copied_in_part_so_that_every_builder_sees_a_change(self):
        names = [instruction for instruction, _ in self.file.stages[-1]]
        self.assertIn("--mount=type=bind,from=build,source=/src/build/release/package,", self.file.one("RUN"))
        self.assertTrue(self.file.one("COPY").startswith("--from=build /src/build/release/package/package.sha256 "))
        self.assertLess(names.index("COPY"), names.index("RUN"))

    def test_what_runs_is_not_root_and_needs_no_shell(self):
        user = self.file.one("USER")
        self.assertRegex(user, r"^[1-9]\d*:[1-9]\d*$")
        self.assertIn(f"--uid {user.split(':')[0]} ", self.file.one("RUN"))
        names = [instruction for instruction, _ in self.file.stages[-1]]
        self.assertGreater(names.index("USER"), max(number for number, name in enumerate(names) if name == "RUN"))
        command = self.file.command("ENTRYPOINT") + self.file.command("CMD")
        self.assertEqual(command[:2], ["/usr/bin/fulmar", "broker"])
        self.assertEqual(self.file.health_command()[0], "/usr/bin/fulmar")

    def test_all_that_is_written_is_in_the_volume(self):
        command = self.file.command("CMD")
        self.assertTrue(command[command.index("--data-dir") + 1].startswith(self.file.one("VOLUME") + "/"))

    def test_it_is_run_as_operating_says(self):
        with open(os.path.join(SOURCE, "docs", "operating.md"), encoding="utf-8") as file:
            page = file.read()
        block = re.search(r"^```console container\n(.*?)^```", page, re.M | re.S).group(1)
        run = re.search(r"^\$ docker run (.*)$", block, re.M).group(1).split()
        self.assertIn("--read-only", run)
        self.assertEqual(run[run.index("-v") + 1].split(":")[1], self.file.one("VOLUME"))
        published = run[run.index("-p") + 1].split(":")[-1]
        self.assertIn(published, self.file.one("EXPOSE").split())
        command = self.file.command("CMD")
        self.assertTrue(command[command.index("--listen") + 1].endswith(":" + published))
        self.assertIn(f"runs as user {self.file.one('USER').split(':')[0]},", " ".join(page.split()))

    def test_what_is_built_is_not_sent_to_the_builder(self):
        with open(os.path.join(SOURCE, "packaging", "Dockerfile.dockerignore"), encoding="utf-8") as file:
            ignored = {line.replace("**/", "").strip("/") for line in file.read().split()}
        with open(os.path.join(SOURCE, ".gitignore"), encoding="utf-8") as file:
            self.assertEqual(ignored, {line.strip("/") for line in file.read().split()})


if __name__ == "__main__":
    unittest.main()
