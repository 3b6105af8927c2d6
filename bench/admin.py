#!/usr/bin/python3
"""What metrics and the console cost: a scrape of many partitions and what it does to producers, counting a request beside its other work, and the
console with many topics in a browser. Prints the figures.

Usage: admin.py [scrape|counting|console]... (all)
"""
import http.client
import os
import re
import statistics
import subprocess
import sys
import threading
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, "tests", "real"))
from broker import Broker  # the import needs the path  # noqa: E402

BINARY = os.path.join(ROOT, "build", "release", "fulmar")
BENCH = os.path.join(ROOT, "build", "release", "bench")
CONSOLE_TIMES = os.path.join(ROOT, "bench", "console_times.js")
CACHED = "flush.messages=9223372036854775807"  # the broker's computing is measured, and not the disk
TOPICS, PARTITIONS_EACH = 10, 1_000
SCRAPES = 50
LATENCY_MEGABYTES, LATENCY_ROUNDS = "50", 3
SCRAPED_EVERY, SCRAPED_OFTEN = 1.0, 0.1  # seconds; Prometheus scrapes every 15 or 60
CONSOLE_TOPICS, CONSOLE_ROUNDS = 1_000, 10
NAMES_AT_ONCE = 100
COUNTED = (("batches of 128 KiB", "200", ()), ("requests of one record of 1 KiB", "30", ("linger.ms=0", "batch.num.messages=1")))
IO = os.environ.get("FULMAR_IO", "auto")


def new_broker(*options):
    return Broker("--io", IO, "--shards", "2", "--set", "admin.http.listener=127.0.0.1:0", *options, binary=BINARY)


def admin_address(broker):
    broker.await_said("metrics and health are served")
    return re.search(r"metrics and health are served listen=(\S+)", broker.said()).group(1)


def fulmar(broker, *arguments):
    subprocess.run([BINARY, *arguments, "--bootstrap", broker.address, "--timeout", "300"], check=True, capture_output=True, timeout=310)


def load(broker, *arguments):
    return subprocess.run([os.path.join(BENCH, "fulmar-load"), broker.address, str(broker.process.pid), *arguments], check=True, capture_output=True,
                          text=True, timeout=300).stdout.strip()


class Scraper:
    """Over one connection, as Prometheus."""

    def __init__(self, broker):
        self.connection = http.client.HTTPConnection(admin_address(broker), timeout=60)

    def get(self, target="/metrics"):
        self.connection.request("GET", target)
        response = self.connection.getresponse()
        text = response.read()
        assert response.status == 200, text
        return text


def scraped(broker, what, target):
    scraper = Scraper(broker)
    size = len(scraper.get(target))
    before, times = broker.cpu_seconds(), []
    for _ in range(SCRAPES):
        begun = time.perf_counter()
        scraper.get(target)
        times.append((time.perf_counter() - begun) * 1e3)
    cpu = (broker.cpu_seconds() - before) / SCRAPES * 1e3
    print(f"{what}: median {statistics.median(times):.1f} ms, worst {max(times):.1f} ms, {cpu:.1f} ms of the broker's CPU, {size / 1e3:.0f} kB", flush=True)


class Scraping:
    """Scrapes until it is left, every so many seconds."""

    def __init__(self, broker, target, every):
        self.over, self.count = threading.Event(), 0
        self.thread = threading.Thread(target=self.run, args=(Scraper(broker), target, every))

    def run(self, scraper, target, every):
        while not self.over.wait(every):
            scraper.get(target)
            self.count += 1

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()


def measure_scrape():
    names = [f"many{n}" for n in range(TOPICS)]
    every_partition = "/metrics?topics=" + ",".join(names)
    with new_broker() as broker:
        for name in names:
            fulmar(broker, "topic", "create", name, "--partitions", str(PARTITIONS_EACH))
        fulmar(broker, "topic", "create", "load", "--config", CACHED)
        print(f"{TOPICS * PARTITIONS_EACH} partitions, two shards, {SCRAPES} scrapes each", flush=True)
        scraped(broker, "/metrics", "/metrics")
        scraped(broker, f"/metrics?topics=, one topic of {PARTITIONS_EACH}", "/metrics?topics=many0")
        scraped(broker, "/metrics?topics=, all topics", every_partition)
        ways = (("nobody scrapes", None, 0), (f"/metrics every {SCRAPED_EVERY} s", "/metrics", SCRAPED_EVERY),
                (f"/metrics every {SCRAPED_OFTEN} s", "/metrics", SCRAPED_OFTEN), (f"all topics every {SCRAPED_EVERY} s", every_partition, SCRAPED_EVERY))
        for number in range(LATENCY_ROUNDS):  # by turns
            for what, target, every in ways:
                if target is None:
                    said, count = load(broker, "latency", "load", "1", LATENCY_MEGABYTES), 0
                else:
                    with Scraping(broker, target, every) as scraping:
                        said = load(broker, "latency", "load", "1", LATENCY_MEGABYTES)
                    count = scraping.count
                print(f"round {number + 1}, {what} ({count} scrapes): {said}", flush=True)
        broker.stop()


def produce_requests(broker):
    return int(re.search(rb'fulmar_request_duration_seconds_count\{api="Produce"\} (\d+)', Scraper(broker).get()).group(1))


def measure_counting():
    said = subprocess.run([os.path.join(BENCH, "fulmar-counting")], check=True, capture_output=True, text=True, timeout=300).stdout.strip()
    print(said, flush=True)
    counting = float(re.search(r": ([\d.]+) ns", said).group(1))
    for what, megabytes, settings in COUNTED:
        with new_broker() as broker:
            fulmar(broker, "topic", "create", "load", "--config", CACHED)
            load(broker, "produce", "load", "1", "10", *settings)  # what is needed once is there then
            before, requests = broker.cpu_seconds(), produce_requests(broker)
            load(broker, "produce", "load", "1", megabytes, *settings)
            used, requests = broker.cpu_seconds() - before, produce_requests(broker) - requests
            each = used / requests * 1e9
            print(f"{what}: {requests} produce requests, {each / 1e3:.1f} us of the broker's CPU each: counting is {counting / each:.2%} of it", flush=True)
            broker.stop()


def measure_console():
    with new_broker("--set", "admin.http.console=true") as broker:
        for first in range(0, CONSOLE_TOPICS, NAMES_AT_ONCE):
            fulmar(broker, "topic", "create", *[f"t{n:04}" for n in range(first, first + NAMES_AT_ONCE)])
        print(f"{CONSOLE_TOPICS} topics, {CONSOLE_ROUNDS} rounds, ms", flush=True)
        subprocess.run(["node", CONSOLE_TIMES, f"http://{admin_address(broker)}/console/", str(CONSOLE_TOPICS), str(CONSOLE_ROUNDS)], check=True, timeout=600)
        broker.stop()


def main():
    parts = {"scrape": measure_scrape, "counting": measure_counting, "console": measure_console}
    asked = sys.argv[1:] or list(parts)
    if unknown := [name for name in asked if name not in parts]:
        sys.exit(f"there is no {unknown[0]}; there are {', '.join(parts)}")
    for name in asked:
        print(f"-- {name}", flush=True)
        parts[name]()


if __name__ == "__main__":
    main()
