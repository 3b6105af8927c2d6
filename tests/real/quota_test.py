"""Client quotas on a real broker: set by the command line, kept to by librdkafka's producer and consumer (Debian's kcat)."""
import json
import os
import subprocess
import sys
import tempfile
import time

from broker import Broker, check

BINARY = os.path.abspath(sys.argv[1])
RATE = 400_000
VALUE = 10_000
# Ten seconds' worth may come at once; so these take some seconds more.
COUNT = 600


def fulmar(*arguments, code=0, broker=None):
    to = ["--bootstrap", broker.address] if broker else []
    done = subprocess.run([BINARY, *arguments, *to], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == code, f"{arguments} ended with {done.returncode}, not {code}: {done.stderr}"
    return done.stdout if code == 0 else done.stderr


def timed(*command):
    begun = time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, f"{command} failed: {done.stderr}"
    return time.monotonic() - begun, done.stdout


def test_command_line(broker):
    for arguments, expected in ((["set", "producer_byte_rate=1"], "--user, --client or --ip is needed"),
                                (["set", "--user", "u", "producer_byte_rate"], "expected QUOTA=RATE"),
                                (["set", "--user", "u", "producer_byte_rate=x"], "expected QUOTA=RATE"),
                                (["set", "--user", "u", "producer_byte_rate=0"], "must be greater than 0"),
                                (["set", "--user", "u", "producer_byte_rate=1", "producer_byte_rate=2"], "given twice"),
                                (["set", "--user", "u", "request_percentage=-1"], "must be greater than 0"),
                                (["set", "--user", "u", "--user-default", "producer_byte_rate=1"], "exclude each other"),
                                (["set", "--ip", "::1", "--user", "u", "connection_creation_rate=1"], "for an address, or for users and clients"),
                                (["set", "--user", "u", "connection_creation_rate=1"], "Invalid configuration key"),
                                (["remove", "--user", "u", "no_such_rate"], "there is no such quota")):
        check(expected in fulmar("quota", *arguments, code=2), f"{arguments} is refused, and it is said why")
    fulmar("quota", "set", "--user", "u", "--client-default", "producer_byte_rate=1000", "controller_mutation_rate=0.5", broker=broker)
    fulmar("quota", "set", "--ip-default", "connection_creation_rate=1000", broker=broker)
    shown = json.loads(fulmar("quota", "list", "--output", "json", broker=broker))
    check({"user": "u", "client": "(default)", "ip": None, "quota": "controller_mutation_rate", "rate": 0.5} in shown
          and {"user": None, "client": None, "ip": "(default)", "quota": "connection_creation_rate", "rate": 1000} in shown,
          f"what was set is listed: {shown}")
    check(json.loads(fulmar("quota", "list", "--user", "v", "--output", "json", broker=broker)) == [], "and only what was asked for")
    fulmar("quota", "remove", "--user", "u", "--client-default", "producer_byte_rate", "controller_mutation_rate", broker=broker)
    fulmar("quota", "remove", "--ip-default", "connection_creation_rate", broker=broker)
    check(json.loads(fulmar("quota", "list", "--output", "json", broker=broker)) == [], "what was removed is gone")


def test_rates(broker, directory):
    lines = os.path.join(directory, "lines")
    with open(lines, "w", encoding="ascii") as out:
        out.write(("x" * VALUE + "\n") * COUNT)
    fulmar("topic", "create", "t", broker=broker)
    produce = ("kcat", "-P", "-b", broker.address, "-t", "t", "-l", lines, "-X", "linger.ms=0", "-X", "batch.size=50000")
    consume = ("kcat", "-C", "-b", broker.address, "-t", "t", "-o", "beginning", "-c", str(COUNT), "-q", "-X", "fetch.max.bytes=200000", "-X", "message.max.bytes=200000")
    free, _ = timed(*produce)
    fulmar("quota", "set", "--user", "ANONYMOUS", f"producer_byte_rate={RATE}", broker=broker)
    held, _ = timed(*produce)
    least = (COUNT * VALUE - 10 * RATE) / RATE
    check(held > least * 0.9 > free, f"a producer is held back: {COUNT * VALUE} bytes take {held:.1f} s, without a quota {free:.1f} s")
    free, _ = timed(*consume)
    fulmar("quota", "set", "--client", "rdkafka", f"consumer_byte_rate={RATE}", broker=broker)
    held, got = timed(*consume)
    check(held > least * 0.9 > free, f"so is a consumer: {held:.1f} s, without a quota {free:.1f} s")
    check(got.count("\n") == COUNT, "and nothing is lost")


def test_time(broker, directory):
    """Each record is a request of its own, that waits for the one before."""
    lines = os.path.join(directory, "few")
    with open(lines, "w", encoding="ascii") as out:
        out.write("x\n" * 300)
    produce = ("kcat", "-P", "-b", broker.address, "-t", "t", "-l", lines, "-X", "linger.ms=0", "-X", "batch.num.messages=1", "-X",
               "max.in.flight=1", "-X", "client.id=slow")
    free, _ = timed(*produce)
    # Ten seconds' worth is 1 ms, which is 3 us for each request; beyond that each is followed by up to a second of waiting.
    fulmar("quota", "set", "--client", "slow", "request_percentage=0.01", broker=broker)
    begun = time.monotonic()
    with subprocess.Popen(produce) as held:
        try:
            held.wait(timeout=free + 4)
            took = time.monotonic() - begun
        except subprocess.TimeoutExpired:
            took = None
        fulmar("quota", "remove", "--client", "slow", "request_percentage", broker=broker)
        check(took is None, f"a client whose requests take too much time is held back: after {free + 4:.1f} s it is "
              f"{'not done' if took is None else f'done, in {took:.1f} s'}, without a quota in {free:.1f} s")
        check(held.wait(timeout=60) == 0, f"without the quota it goes on: done after {time.monotonic() - begun:.1f} s")


with tempfile.TemporaryDirectory() as directory, Broker() as broker:
    test_command_line(broker)
    test_rates(broker, directory)
    test_time(broker, directory)
