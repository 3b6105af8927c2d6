"""What the programs of a storm's groups have in common (storm_member.py, storm_copier.py): history lines on their standard output, and SIGTERM."""
import json
import signal
import sys
import threading
import time

SESSION_MS = 6000
# Of numbers that the history has only once: programs of one group have different numbers, in the order of their begins.
NUMBERS_OF_A_PROGRAM = 10**7

terminated = threading.Event()
signal.signal(signal.SIGTERM, lambda *_: terminated.set())


def note(**line):
    """In one write, so that no line is torn; `at` is now."""
    sys.stdout.write(json.dumps({**line, "at": time.monotonic_ns()}) + "\n")
    sys.stdout.flush()


def polled(consumer, count, seconds):
    """Messages, up to so many, that came within so long. One by one: consume(), which gives many at once, gives records of the assignment before with
    those of the next one, and old releases lose some of a partition that a member keeps (librdkafka 2.0)."""
    end = time.monotonic() + seconds
    for _ in range(count):
        message = consumer.poll(max(0.0, end - time.monotonic()))
        if message is None:
            return
        if message.error():
            failed("reading:", message.error())
        else:
            yield message


def failed(what, error):
    print(f"{time.monotonic():.3f} {what} {error!r}", file=sys.stderr, flush=True)
