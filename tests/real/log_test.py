"""`fulmar log` on the files of a broker that was stopped or killed, and what a broker serves of a damaged log that nobody else has."""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

from broker import Broker, check

BINARY = os.path.abspath(sys.argv[1])


def fulmar(*arguments, code=0, text=b""):
    done = subprocess.run([BINARY, *arguments], input=text, capture_output=True, timeout=60, check=False)
    assert done.returncode == code, f"{arguments} ended with {done.returncode}: {done.stdout.decode()}{done.stderr.decode()}"
    return done.stdout.decode() + done.stderr.decode()


def produce(broker, topic, lines):
    for line in lines:  # a batch each
        fulmar("produce", topic, "--bootstrap", broker.address, text=line.encode() + b"\n")


def consume(broker, topic, start, count):
    return fulmar("consume", topic, "--from", str(start), "--count", str(count), "--bootstrap", broker.address).splitlines()


def flip(path, at):
    with open(path, "r+b") as file:
        file.seek(at)
        byte = file.read(1)[0]
        file.seek(at)
        file.write(bytes([byte ^ 1]))


def damage_at_rest(path, at):
    """As the medium does it: nobody has written to the file since."""
    before = os.stat(path)
    flip(path, at)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def batches(directory):
    return [json.loads(line) for line in fulmar("log", "dump", directory, "--output", "json").splitlines()]


LINES = [f"line {number} " + "x" * 300 for number in range(12)]


def test_what_was_acknowledged_is_damage_after_a_kill():
    """One bit of the last batch, acknowledged just before a kill: no torn write, and nothing is cut."""
    with Broker() as broker:
        fulmar("topic", "create", "t", "--bootstrap", broker.address)
        produce(broker, "t", LINES)
        broker.kill()
        segment = os.path.join(broker.directory, "t-0", "0" * 20 + ".log")
        whole = batches(os.path.join(broker.directory, "t-0"))
        check([batch["first_offset"] for batch in whole] == list(range(12)), "dump shows each batch")
        size = os.path.getsize(segment)
        flip(segment, whole[11]["position"] + 100)
        flip(segment, whole[4]["position"] + 100)
        said = fulmar("log", "check", broker.directory, code=1)
        for offset in (4, 11):
            check(f"offsets {offset} to {offset} are damaged, at positions {whole[offset]['position']} to " in said, f"check names {offset}")
        broker.start()
        check(os.path.getsize(segment) == size, "a start cuts nothing away")
        broker.await_said(*(f"first_offset={offset} last_offset={offset} position={whole[offset]['position']}" for offset in (4, 11)))
        print("ok: the log names both")
        check(consume(broker, "t", 0, 4) == LINES[:4], "what is before the damage is read")
        check(consume(broker, "t", 5, 6) == LINES[5:11], "what is after it as well")
        said = fulmar("consume", "t", "--from", "4", "--count", "1", "--timeout", "1", "--bootstrap", broker.address, code=1)
        check("CORRUPT_MESSAGE" in said, "what is damaged is refused by name")
        produce(broker, "t", ["more"])
        check(consume(broker, "t", 12, 1) == ["more"], "appends go on, and no offset is given twice")
        broker.stop()
        said = fulmar("log", "salvage", broker.directory)
        check("offsets lost 2" in said, "salvage says what is lost")
        check(fulmar("log", "check", broker.directory).startswith("ok"), "then all is well")
        aside = [name for name in os.listdir(broker.directory) if name.endswith("-stray")]
        check(len(aside) == 1 and os.path.getsize(os.path.join(broker.directory, aside[0], "0" * 20 + ".log")) > size,
              "the original is set aside, whole")
        broker.start()
        good = LINES[:4] + LINES[5:11] + ["more"]
        got = fulmar("consume", "t", "--exit-at-end", "--format", "%o %s\n", "--bootstrap", broker.address).splitlines()
        check(got == [f"{offset} {line}" for offset, line in zip([0, 1, 2, 3, 5, 6, 7, 8, 9, 10, 12], good)],
              "a consumer passes over what was lost, by itself")
        if shutil.which("kcat"):
            got = subprocess.run(["kcat", "-b", broker.address, "-C", "-t", "t", "-o", "beginning", "-e", "-q"], capture_output=True, timeout=60,
                                 check=True).stdout.decode().splitlines()
            check(got == good, "so does another client")
        produce(broker, "t", ["last"])
        check(consume(broker, "t", 13, 1) == ["last"], "and it goes on")


def test_what_a_reader_finds():
    """Damage in what a start does not read, since it was synced long before, and indexes tell of it."""
    with Broker() as broker:
        fulmar("topic", "create", "t", "--config", "segment.bytes=1200", "--config", "index.interval.bytes=1",
               "--bootstrap", broker.address)
        produce(broker, "t", LINES)
        broker.stop()
        directory = os.path.join(broker.directory, "t-0")
        at = batches(directory)[1]
        flip(os.path.join(directory, at["segment"]), at["position"] + 100)
        broker.start()
        check("damaged" not in broker.said(), "nobody has come upon it yet")
        check(consume(broker, "t", 0, 1) == LINES[:1], "before it")
        said = fulmar("consume", "t", "--from", "1", "--count", "1", "--timeout", "1", "--bootstrap", broker.address, code=1)
        check("CORRUPT_MESSAGE" in said, "in it")
        check(consume(broker, "t", 2, 10) == LINES[2:], "after it")
        check("first_offset=1 last_offset=1" in broker.said(), "the log names it")


def test_a_lost_small_file_removes_nothing():
    with Broker() as broker:
        fulmar("topic", "create", "t", "--bootstrap", broker.address)
        produce(broker, "t", LINES[:3])
        broker.kill()
        directory = os.path.join(broker.directory, "t-0")
        kept = os.path.join(directory, "partition.metadata")
        for spoil in (os.remove, lambda path: open(path, "wb").close()):
            shutil.copy(kept, kept + ".kept")
            spoil(kept)
            broker.start()
            said = fulmar("consume", "t", "--count", "1", "--timeout", "1", "--bootstrap", broker.address, code=1)
            check("LEADER_NOT_AVAILABLE" in said, "whose records they are is not known: nobody leads it")
            check("partition.metadata is " in broker.said() and "nothing was removed" in broker.said(), "the log says so")
            os.rename(kept + ".kept", kept)
            check(consume(broker, "t", 0, 3) == LINES[:3], "the file put back, all is served without a restart")
            broker.kill()
        os.remove(os.path.join(directory, "fulmar-checkpoint"))
        os.remove(os.path.join(directory, "leader-epoch-checkpoint"))
        broker.start()
        check(consume(broker, "t", 0, 3) == LINES[:3], "without checkpoint and epochs all is there")
        broker.kill()
        os.remove(os.path.join(broker.directory, "meta.properties"))
        broker.begin()
        check(broker.process.wait(timeout=30) == 1, "without meta.properties the broker does not start")
        check("meta.properties is missing" in broker.said(), "and says why")
        check(os.path.exists(os.path.join(directory, "0" * 20 + ".log")), "all is there still")


def test_one_wrong_letter_of_a_small_file():
    """What the letter would make of the file is never believed; what people write is."""
    with Broker("--set", "log.segment.bytes=1000", "--set", "log.index.interval.bytes=1") as broker:
        fulmar("topic", "create", "t", "--bootstrap", broker.address)
        produce(broker, "t", LINES)
        broker.stop()
        directory = os.path.join(broker.directory, "t-0")
        index = sorted(name for name in os.listdir(directory) if name.endswith(".index") and os.path.getsize(os.path.join(directory, name)))[0]
        for name, at in ((index, 7), ("leader-epoch-checkpoint", 4), ("partition.metadata", 30)):
            damage_at_rest(os.path.join(directory, name), at)
        said = fulmar("log", "check", broker.directory, code=1)
        for name in (index, "leader-epoch-checkpoint", "partition.metadata"):
            check(f"{name}: " in said or f"{name} " in said, f"check names {name}")
        broker.start()
        said = fulmar("consume", "t", "--count", "1", "--timeout", "1", "--bootstrap", broker.address, code=1)
        check("LEADER_NOT_AVAILABLE" in said and "nothing was removed" in broker.said(), "it is no other topic's directory")
        broker.kill()
        damage_at_rest(os.path.join(directory, "partition.metadata"), 30)
        broker.start()
        check(consume(broker, "t", 0, 12) == LINES, "all is read")
        for name in (index, "leader-epoch-checkpoint"):
            check(name in broker.said(), f"the log names {name}")
        broker.stop()
        identity = os.path.join(broker.directory, "meta.properties")
        damage_at_rest(identity, os.path.getsize(identity) - 4)
        broker.begin()
        check(broker.process.wait(timeout=30) == 1 and "meta.properties in the data directory is damaged" in broker.said(), "it is no other directory")
        flip(identity, os.path.getsize(identity) - 4)
        broker.start()
        check(consume(broker, "t", 0, 12) == LINES, "edited by hand, it is believed")


def test_the_command():
    with Broker() as broker:
        fulmar("topic", "create", "t", "--bootstrap", broker.address)
        produce(broker, "t", LINES[:2])
        said = fulmar("log", "check", broker.directory, code=1)
        check("a broker uses the data directory" in said, "a running broker's files are left alone")
        broker.stop()
        directory = os.path.join(broker.directory, "t-0")
        before = {name: os.stat(os.path.join(directory, name)).st_mtime_ns for name in os.listdir(directory)}
        text = fulmar("log", "dump", directory, "--records")
        check(f"value={LINES[1]}" in text and "first_offset=1" in text, "dump shows records")
        found = json.loads(fulmar("log", "check", directory, "--output", "json"))
        check(found["records"] == 2 and found["log_end"] == 2 and found["faults"] == [], "check in JSON")
        check("ok" in fulmar("log", "salvage", directory), "there is nothing to salvage")
        check(before == {name: os.stat(os.path.join(directory, name)).st_mtime_ns for name in os.listdir(directory)}, "nothing is changed")
        copy = tempfile.mkdtemp(prefix="fulmar-test-")
        shutil.copytree(directory, os.path.join(copy, "t-0"))
        check("ok" in fulmar("log", "check", copy), "a copy is checked as well")
        shutil.rmtree(copy)
        for wrong in (["log"], ["log", "mend"], ["log", "check"], ["log", "check", directory, "more"], ["log", "dump", directory, "--rec"],
                      ["log", "check", directory, "--output", "xml"]):
            fulmar(*wrong, code=2)
        check("is no directory" in fulmar("log", "check", directory + "/nowhere", code=1), "what is not there")
        check("fulmar log check" in fulmar("log", "check", "--help"), "--help")


for test in (test_what_was_acknowledged_is_damage_after_a_kill, test_what_a_reader_finds, test_a_lost_small_file_removes_nothing,
             test_one_wrong_letter_of_a_small_file, test_the_command):
    begun = time.monotonic()
    test()
    print(f"{test.__name__}: {time.monotonic() - begun:.1f} s")
