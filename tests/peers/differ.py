"""Sends the same requests to a Fulmar broker and to an Apache Kafka broker, and says where the answers differ.

Usage: differ.py KAFKA_CLIENTS_JAR FULMAR_HOST:PORT KAFKA_HOST:PORT [WORD]
Both brokers are single ones with node id 1, fresh, and with num.partitions=1. With WORD only the cases whose name has it are sent; all of
those before it that make or change something still are. What must differ (ids, addresses, times, the text of messages) is not compared:
of a message only whether there is one. Ends with 1 if anything differs that ALLOWED does not explain; with SHOW_ALLOWED in the environment the rest is shown too.
"""
import json
import os
import re
import struct
import sys
import time

from cases import ALLOWED, all_cases
from wire import Connection, Schemas

ANY = {"Host", "Port", "ClusterId", "LogDir", "TotalBytes", "UsableBytes", "SessionId", "ProducerId", "FinalizedFeaturesEpoch",
       "LastFetchTimestamp", "LastCaughtUpTimestamp", "ReplicaDirectoryId", "PartitionSize", "LogAppendTimeMs"}
TEXTS = {"ErrorMessage", "BatchIndexErrorMessage"}


class Side:
    """One of the brokers, and what is known of it."""

    def __init__(self, schemas, address):
        host, port = address.rsplit(":", 1)
        self.connection = Connection(schemas, host, int(port))
        self.known = {}

    def topic_id(self, name):
        answer = self.connection.ask("Metadata", 12, {"Topics": [{"Name": name}], "AllowAutoTopicCreation": False})
        topic = answer["Topics"][0]
        self.known[topic["TopicId"]] = name
        return topic["TopicId"]

    def retry(self, ask, is_done):
        """A topic is there before its partitions are led: until then clients ask again."""
        end = time.monotonic() + 20
        while not is_done(answer := ask()):
            assert time.monotonic() < end, f"no leader: {answer}"
            time.sleep(0.05)  # polling for an event that has no other sign

    def answer(self, case):
        body = case.body(self) if callable(case.body) else case.body
        answer = self.connection.ask(case.api, case.version, body, case.after) if case.raw is None else \
            self.connection.ask_raw(case.raw[0], case.version, case.raw[1], case.raw[2])
        if case.then:
            case.then(self, answer)
        return self.comparable(answer, case)

    def comparable(self, value, case, name=""):
        if isinstance(value, dict):
            return {key: self.comparable(part, case, key) for key, part in value.items() if key not in case.ignore}
        if isinstance(value, list):
            parts = [self.comparable(part, case, name) for part in value]
            return sorted(parts, key=json.dumps) if name in case.unordered else parts
        if name in TEXTS:
            return None if value is None else "a text"
        if name in ANY:
            return type(value).__name__
        if name in ("MemberId", "Leader") and isinstance(value, str) and re.search(r"-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", value):
            return self.known.get(value, "a new member")
        if name in ("TopicId",):
            return "none" if value == bytes(16) else self.known.get(value, "an id")
        return value.hex() if isinstance(value, bytes) else value


def differences(ours, theirs, path=""):
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for key in list(dict.fromkeys([*ours, *theirs])):
            if key not in ours or key not in theirs:
                yield f"{path}.{key}: {'is not there' if key not in ours else ours[key]} | {'is not there' if key not in theirs else theirs[key]}"
            else:
                yield from differences(ours[key], theirs[key], f"{path}.{key}")
    elif isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        for index, pair in enumerate(zip(ours, theirs)):
            yield from differences(*pair, f"{path}[{index}]")
    elif ours != theirs:
        yield f"{path}: {ours} | {theirs}"


def main(jar, fulmar, kafka, word=""):
    schemas = Schemas(jar)
    sides = Side(schemas, fulmar), Side(schemas, kafka)
    compared = different = 0
    show_allowed = "SHOW_ALLOWED" in os.environ
    for case in all_cases():
        if word not in case.name and not case.changes:
            continue
        try:
            found = list(differences(*[side.answer(case) for side in sides]))
        except (AssertionError, struct.error) as error:
            found = [f"the answer can't be read: {error}"]
        compared += 1
        allowed = next((why for pattern, why in ALLOWED if re.search(pattern, case.name)), None)
        if found:
            different += not allowed
            if allowed and not show_allowed:
                continue
            print(f"{case.name} ({case.api} v{case.version}){': allowed, ' + allowed if allowed else ''}")
            for line in found[:12]:
                print("   ", line[:400])
    print(f"{compared} requests answered by both, {different} differently (Fulmar | Kafka)")
    return 1 if different else 0


if __name__ == "__main__":
    if len(sys.argv) not in (4, 5):
        print(__doc__, file=sys.stderr)
        sys.exit(2)
    sys.exit(main(*sys.argv[1:]))
