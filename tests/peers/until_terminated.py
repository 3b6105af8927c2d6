"""For members and copiers in Python: what SIGTERM asks of them, and how they say what they did (see members.py and copiers.py)."""
import signal
import sys
import threading

terminated = threading.Event()
signal.signal(signal.SIGTERM, lambda *_: terminated.set())


def say(*words):
    """In one write, so that no line is torn."""
    sys.stdout.write(" ".join(map(str, words)) + "\n")
    sys.stdout.flush()


def failed(what, error):
    """An error that a client may have while brokers are killed and stopped; for whoever reads why a test failed."""
    print(what, repr(error), file=sys.stderr, flush=True)
