"""A resolver of names that hangs holds up neither the stop of a broker nor a command."""
import atexit
import os
import subprocess
import sys
import time

from broker import Broker, check

# Behind the broker's: the library to preload.
os.environ["LD_PRELOAD"] = os.path.abspath(sys.argv[2])


def seconds_to_stop(broker):
    begun = time.monotonic()
    broker.process.terminate()
    broker.process.wait(timeout=60)
    return time.monotonic() - begun


def test_a_listener_with_a_name():
    broker = Broker(begun=False)
    with open(broker.log, "ab") as log:
        broker.process = subprocess.Popen([broker.binary, "broker", "--data-dir", broker.directory, "--listen", "broker.hangs:0"],
                                          stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=log)
    atexit.register(broker.process.kill)  # should a check fail
    while len(os.listdir(f"/proc/{broker.process.pid}/task")) < 2:
        time.sleep(0.02)  # until it asks, in a thread
    time.sleep(0.2)
    check(broker.alive(), "it waits for the resolver")
    check(seconds_to_stop(broker) < 5 and "broker.hangs: asked to stop while it was looked up" in broker.said(),
          "a broker whose own name is looked up stops at once")


def test_peers_with_names():
    options = {"node.id": "1", "listeners": "PLAINTEXT://127.0.0.1:29751,INTERNAL://127.0.0.1:29752",
               "controller.quorum.voters": "1@127.0.0.1:29752,2@two.hangs:29753,3@three.hangs:29754"}
    broker = Broker(begun=False)
    config = broker.directory + ".properties"
    with open(config, "w", encoding="utf-8") as file:
        file.write("".join(f"{name}={value}\n" for name, value in options.items()))
    with open(broker.log, "ab") as log:
        broker.process = subprocess.Popen([broker.binary, "broker", "--config", config, "--data-dir", broker.directory],
                                          stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=log)
    atexit.register(broker.process.kill)  # should a check fail
    broker.await_said("two.hangs: the system's resolver does not answer", "three.hangs: the system's resolver does not answer")
    print("ok: it says which names are not found out")
    took = seconds_to_stop(broker)
    check(took < 10, f"a broker whose peers' names are looked up stops, in {took:.1f} s")


def test_commands():
    begun = time.monotonic()
    done = subprocess.run([sys.argv[1], "topic", "list", "--bootstrap", "broker.hangs:9092", "--timeout", "2"],
                          capture_output=True, text=True, timeout=60, check=False)
    check(done.returncode == 1 and "broker.hangs" in done.stderr and time.monotonic() - begun < 20,
          "a command ends, and says why: " + done.stderr)


test_a_listener_with_a_name()
test_peers_with_names()
test_commands()
