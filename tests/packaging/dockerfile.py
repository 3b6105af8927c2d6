"""A Dockerfile, read: its stages and their instructions."""
import json
import re


class Dockerfile:
    def __init__(self, path):
        with open(path, encoding="utf-8") as file:
            lines = [line for line in file.read().split("\n") if not line.lstrip().startswith("#")]
        text = re.sub(r"\\\n\s*", " ", "\n".join(lines))
        self.stages = []  # lists of (instruction, arguments)
        for line in filter(None, map(str.strip, text.split("\n"))):
            instruction, arguments = line.split(None, 1)
            if instruction == "FROM":
                self.stages.append([])
            self.stages[-1].append((instruction, arguments))

    def all(self, name, stage=-1):
        return [arguments for instruction, arguments in self.stages[stage] if instruction == name]

    def one(self, name):
        """Of the last stage, which is what runs."""
        found = self.all(name)
        if len(found) != 1:
            raise AssertionError(f"{len(found)} times {name}")
        return found[0]

    def command(self, name):
        """Its words, if it is in the form that needs no shell."""
        return json.loads(self.one(name))

    def health_command(self):
        return json.loads(self.one("HEALTHCHECK").split(" CMD ", 1)[1])
