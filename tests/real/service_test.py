"""What a broker tells the service manager that started it (sd_notify): when it is ready, what it does until then, and that all its shards go on.

The test is the service manager: it has the socket. A shard is made to hang by stopping its thread alone, with ptrace.
"""
import contextlib
import ctypes
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

from broker import Broker, check
from cluster import ClusterBroker, loopback

PTRACE_DETACH, PTRACE_SEIZE, PTRACE_INTERRUPT = 17, 0x4206, 0x4207
WAIT_ALL_THREADS = 0x40000000  # __WALL
SECONDS = 30


class Manager:
    """Collects notices, each with the time it came; `environment` is for the process that is to send them."""

    def __init__(self, watchdog=None, abstract=False):
        self.folder = tempfile.mkdtemp(prefix="fulmar-service-")
        self.path = os.path.join(self.folder, "notify")
        self.address = "\0" + self.path if abstract else self.path
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.address)
        self.notices = []
        self.environment = {"NOTIFY_SOCKET": "@" + self.path if abstract else self.path}
        if watchdog:
            self.environment["WATCHDOG_USEC"] = str(int(watchdog * 1e6))
        self.listener = threading.Thread(target=self._listen, daemon=True)
        self.listener.start()

    def _listen(self):
        while True:
            lines = self.socket.recv(65536).decode().splitlines()
            if lines == ["END"]:
                return
            now = time.monotonic()
            self.notices.extend((now, *line.split("=", 1)) for line in lines)

    def of(self, name, since=0.0):
        """The values of one variable, in the order in which they came."""
        return [value for at, key, value in list(self.notices) if key == name and at >= since]

    def wait(self, name, holds=lambda value: True, since=0.0):
        deadline = time.monotonic() + SECONDS
        while not any(holds(value) for value in self.of(name, since)):
            assert time.monotonic() < deadline, f"no such {name} within {SECONDS} s: {self.notices[-20:]}"
            time.sleep(0.01)  # polling for an event that has no other sign

    def __enter__(self):
        return self

    def __exit__(self, *_):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as end:
            end.sendto(b"END", self.address)
        self.listener.join()
        self.socket.close()
        shutil.rmtree(self.folder)


@contextlib.contextmanager
def environment(variables):
    before = dict(os.environ)
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def begun(broker, manager, **more):
    with environment({**manager.environment, **more}):
        broker.begin()
    return broker


@contextlib.contextmanager
def hung(thread):
    """Stops that thread, and no other of its process."""
    trace = ctypes.CDLL(None, use_errno=True).ptrace
    trace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
    trace.restype = ctypes.c_long
    assert trace(PTRACE_SEIZE, thread, None, None) == 0, os.strerror(ctypes.get_errno())
    assert trace(PTRACE_INTERRUPT, thread, None, None) == 0, os.strerror(ctypes.get_errno())
    os.waitpid(thread, WAIT_ALL_THREADS)
    try:
        yield
    finally:
        assert trace(PTRACE_DETACH, thread, None, None) == 0, os.strerror(ctypes.get_errno())


def thread_of(broker, name):
    """The oldest thread of that name: others are the shard's helpers, which inherit it."""
    threads = f"/proc/{broker.process.pid}/task"
    found = []
    for thread in os.listdir(threads):
        with open(f"{threads}/{thread}/comm", encoding="ascii") as file:
            if file.read().strip() == name:
                found.append(int(thread))
    return min(found)


def test_one_broker():
    with Manager() as manager, Broker("--shards", "2", begun=False) as broker:
        begun(broker, manager).await_ready()
        manager.wait("READY")
        manager.wait("STATUS", lambda text: text == f"serves clients at {broker.address}")
        check(manager.of("READY") == ["1"] and manager.of("STATUS")[0] == "starting", "who started it learns that it starts, once that it is ready")
        check(manager.of("EXTEND_TIMEOUT_USEC") and not manager.of("WATCHDOG"), "the start may take longer; nobody asked for a watchdog")
        ready = next(at for at, key, _ in manager.notices if key == "READY")
        since = time.monotonic()
        broker.stop()
        manager.wait("STOPPING")
        check(manager.of("STATUS", since)[-1] == "stopping" and not manager.of("EXTEND_TIMEOUT_USEC", ready + 0.001), "and that it stops")
    with Manager() as manager, Broker(begun=False) as broker:
        del manager.environment["NOTIFY_SOCKET"]
        begun(broker, manager).await_ready()
        broker.stop()
        check(not manager.notices, "where no socket is named, nothing is told")
    with Manager(abstract=True) as manager, Broker(begun=False) as broker:
        begun(broker, manager).await_ready()
        manager.wait("READY")
        check(not os.listdir(manager.folder), "a socket of the abstract namespace will do")
        broker.stop()


def test_a_hung_shard():
    watchdog = 0.8
    with Manager(watchdog) as manager, Broker("--shards", "3", begun=False) as broker:
        begun(broker, manager).await_ready()
        manager.wait("WATCHDOG")
        for shard, thread in enumerate([broker.process.pid, thread_of(broker, "shard-1"), thread_of(broker, "shard-2")]):
            with hung(thread):
                stopped = time.monotonic()
                time.sleep(0.1)  # what was on its way when the thread stopped
                quiet_from = time.monotonic()
                time.sleep(2 * watchdog)  # longer than the service manager would wait
                check(not manager.of("WATCHDOG", quiet_from), f"while shard {shard} hangs, the watchdog is not answered")
                assert stopped < quiet_from
            manager.wait("WATCHDOG", since=time.monotonic())
        check(broker.alive(), "and it is again once it goes on")
        broker.stop()
    with Manager(watchdog) as manager, Broker(begun=False) as broker:
        begun(broker, manager, WATCHDOG_PID="1").await_ready()
        manager.wait("READY")
        since = time.monotonic()
        time.sleep(watchdog)  # in which it would have been answered several times
        check(not manager.of("WATCHDOG", since), "a watchdog of another process is not answered")
        broker.stop()


def test_waiting_for_the_cluster():
    folder = tempfile.mkdtemp(prefix="fulmar-service-")
    places = loopback(3)
    voters = ",".join(f"{n}@{place.peer_address}" for n, place in enumerate(
        (ClusterBroker(n, place, directory=os.path.join(folder, str(n)), binary=None) for n, place in enumerate(places, 1)), 1))
    secret = os.path.join(folder, "secret")
    with open(secret, "w", encoding="ascii") as file:
        file.write("that only these brokers know\n")
    brokers = [ClusterBroker(n, place, "--set", f"controller.quorum.voters={voters}", "--set", f"cluster.secret.file={secret}",
                             directory=os.path.join(folder, str(n)), binary=None) for n, place in enumerate(places, 1)]
    with contextlib.ExitStack() as stack:
        for broker in brokers:
            stack.enter_context(broker_unless_begun(broker))
        manager = stack.enter_context(Manager(0.4))
        begun(brokers[0], manager)
        manager.wait("STATUS", lambda text: text == "waits for the cluster's controllers")
        since = time.monotonic()
        for _ in range(3):
            manager.wait("EXTEND_TIMEOUT_USEC", lambda text: int(text) >= 10_000_000, since)
            since = time.monotonic()
        check(not manager.of("READY"), "a controller that waits for the others is not ready, and is given the time")
        for broker in brokers[1:]:
            broker.begin()
        manager.wait("READY")
        check(True, "it is once they have come")
    shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def broker_unless_begun(broker):
    """Kills it at the end if it was begun and still runs."""
    try:
        yield
    finally:
        if broker.process and broker.alive():
            broker.abandon()


def test_recovering():
    """A broker that was killed reads its logs again; that takes as long as it takes, and it is not taken for one that hangs."""
    partitions, watchdog = 12, 0.4
    with Manager(watchdog) as manager, Broker("--shards", "2", "--set", "log.flush.interval.messages=1000000", begun=False) as broker:
        begun(broker, manager).await_ready()
        run = lambda *command, **options: subprocess.run([broker.binary, *command, "--bootstrap", broker.address], check=True,
                                                         capture_output=True, timeout=60, **options)
        run("topic", "create", "t", "--partitions", str(partitions))
        run("produce", "t", input=(b"x" * 999 + b"\n") * 200_000)
        broker.kill()
        since = time.monotonic()
        begun(broker, manager).await_ready()
        manager.wait("STATUS", lambda text: re.fullmatch(r"serves clients at [\d.:]+", text), since)
        opening = [text for text in manager.of("STATUS", since) if "partitions open" in text]
        check(any(f" of {partitions} partitions open" in text for text in opening), f"it tells how far it is: {opening}")
        took = max(at for at, key, _ in manager.notices if key == "STATUS") - since
        pulses = [since, *[at for at, key, _ in manager.notices if key == "WATCHDOG" and at >= since], since + took]
        longest = max(after - before for before, after in zip(pulses, pulses[1:]))
        print(f"recovered after {took:.2f} s; at most {longest:.2f} s without an answer to the watchdog")
        check(longest < 4 * watchdog, "its shards answer meanwhile")
        broker.stop()


def test_what_is_wrong():
    folder = os.path.join(tempfile.gettempdir(), "fulmar-service-never-made")
    for variables, expected in (({"NOTIFY_SOCKET": "vsock:2:1"}, "is no local socket"), ({"NOTIFY_SOCKET": "/x" * 90}, "is no local socket"),
                                ({"NOTIFY_SOCKET": "/x", "WATCHDOG_USEC": "soon"}, "is no positive number")):
        ended = subprocess.run([sys.argv[1], "broker", "--data-dir", folder, "--listen", "127.0.0.1:0"], capture_output=True, text=True,
                               timeout=30, check=False, env={**os.environ, **variables})
        check(ended.returncode == 2 and expected in ended.stderr and not os.path.exists(folder), f"{list(variables.values())[-1][:12]}: {expected}")
    with Manager() as manager, Broker(begun=False) as broker:
        manager.environment["NOTIFY_SOCKET"] = "/nonexistent/notify"
        begun(broker, manager).await_ready()
        broker.await_said("the service manager can't be told")
        check(broker.said().count("can't be told") == 1, "a broker that nobody listens to serves nevertheless, and says so once")
        broker.end()


if __name__ == "__main__":
    signal.alarm(170)
    test_one_broker()
    test_a_hung_shard()
    test_waiting_for_the_cluster()
    test_recovering()
    test_what_is_wrong()
