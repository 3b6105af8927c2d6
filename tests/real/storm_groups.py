"""The groups of a storm: programs of confluent-kafka that read a topic or pass it on in transactions, at which faults of their own are aimed."""
import itertools
import json
import os
import signal
import subprocess
import sys
import threading

from program import Program
from storm_clients import Client

HERE = os.path.dirname(os.path.abspath(__file__))
TOPIC, COPIES = "shared", "copies"  # which the groups read, and where its records are passed on to; not for other clients
CALM_SECONDS = (0.5, 4.0)
# Sessions of members are 6 s long.
AWAY_SECONDS = (0.0, 10.0)
END_SECONDS = 30
KIP_848 = (2, 12)  # librdkafka's first release that has it by default


def version_of_confluent(python):
    """librdkafka's, of the interpreter's confluent-kafka; None: it has none."""
    asked = subprocess.run([python, "-c", "import confluent_kafka; print(confluent_kafka.libversion()[0])"], capture_output=True, text=True, check=False)
    return tuple(int(part) for part in asked.stdout.split(".")[:2]) if asked.returncode == 0 else None


class Group(Client):
    """Members that are killed, paused, and told to leave; others come in their place."""
    members = 3
    python = sys.executable

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.begun = itertools.count(1)
        self.noting = threading.Lock()
        self.calmed = threading.Event()
        self.faults = {"kill": self.kill, "pause": self.pause, "leave": self.leave}
        self.failures = []

    def command(self, place, number):
        raise NotImplementedError

    def begin(self, place):
        number = next(self.begun)
        return Program(self.command(place, number), self.hears, os.path.join(os.path.dirname(self.path), f"{self.name}-{number}.log"))

    def hears(self, _, line):
        what = json.loads(line)
        with self.noting:
            self.file.write(line + "\n")
            self.records += what["last"] + 1 - what["first"] if "processed" in what else "committed" in what

    def work(self):
        self.programs = [self.begin(place) for place in range(self.members)]
        while not self.calmed.wait(self.random.uniform(*CALM_SECONDS)):
            self.replace_the_dead()
            self.faults[self.random.choice(sorted(self.faults))](self.random.randrange(self.members))
        while not self.stopping.wait(0.2):
            self.replace_the_dead()
        for program in self.programs:
            self.over(program, program.end(END_SECONDS))

    def over(self, program, code):
        # SIGALRM: see storm_copier.py. SIGTERM: it was told to end before it had begun to listen to that.
        if code not in (0, 1, -signal.SIGALRM, -signal.SIGTERM):
            self.failures.append(f"{' '.join(program.command)} ended with {code}: {program.said()}")
        program.errors.close()

    def replace_the_dead(self):
        for place, program in enumerate(self.programs):
            if not program.alive():
                program.listener.join()
                self.over(program, program.process.returncode)
                self.programs[place] = self.begin(place)

    def be_away(self):
        self.calmed.wait(self.random.uniform(*AWAY_SECONDS))

    def kill(self, place):
        self.programs[place].kill()
        self.programs[place].errors.close()
        self.be_away()
        self.programs[place] = self.begin(place)

    def pause(self, place):
        self.programs[place].pause()
        self.be_away()
        self.programs[place].go_on()

    def leave(self, place):
        self.over(self.programs[place], self.programs[place].end(END_SECONDS))
        self.be_away()
        self.programs[place] = self.begin(place)

    def calm(self):
        self.calmed.set()

    def finish(self, seconds):
        super().finish(seconds)
        assert not self.failures, "\n".join(self.failures)


class ClassicReaders(Group):
    group, protocol = "classic-readers", "classic"

    def command(self, place, number):
        return [self.python, os.path.join(HERE, "storm_member.py"), self.cluster.address, self.group, TOPIC, self.protocol, str(number)]


class ConsumerReaders(ClassicReaders):
    group, protocol = "consumer-readers", "consumer"


class Copiers(Group):
    """Some are replaced while they are paused, by one with the same transactional id: then they go on, as zombies."""
    group, members = "copiers", 2

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.faults["supersede"] = self.supersede

    def command(self, place, number):
        return [self.python, os.path.join(HERE, "storm_copier.py"), self.cluster.address, self.group, TOPIC, COPIES, f"copier-{place}", str(number)]

    def supersede(self, place):
        zombie = self.programs[place]
        zombie.pause()
        self.programs[place] = self.begin(place)
        self.be_away()
        zombie.go_on()
        self.calmed.wait(self.random.uniform(*AWAY_SECONDS))
        self.over(zombie, zombie.end(END_SECONDS))


def groups(python):
    """Those that this interpreter's confluent-kafka can run, each with the reason why not."""
    version = version_of_confluent(python)
    kinds = [ClassicReaders, ConsumerReaders, Copiers]
    for kind in kinds:
        kind.python = python
        kind.missing = None if version else "no confluent-kafka"
    if version and version < KIP_848:
        ConsumerReaders.missing = f"librdkafka {'.'.join(map(str, version))} has no KIP-848 (./dev peers gets one that has)"
    return kinds
