"""Writes docs/compatibility.md. Usage: compatibility.py FULMAR_BINARY COUNTS DOCUMENT

COUNTS is what tests/real/client_counts.py kept of the tests of other people's clients: which requests brokers answered to them. The versions served
are asked of a broker (ApiVersions). `./dev compatibility` runs the tests and this.
"""
import collections
import json
import os
import re
import socket
import struct
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.join(HERE, "..", "..")
sys.path.insert(0, os.path.join(HERE, "..", "real"))

import kafka_admin  # noqa: E402
import kafka_every_tool  # noqa: E402
import tool_steps  # noqa: E402
from broker import Broker  # noqa: E402

OWN = "fulmar"  # Fulmar's own command line, which proves nothing about others
API_VERSIONS = 18

ADMINISTRATION = """
## Administration

Each command below has been given, with its usual options and with what must fail, to Apache Kafka's command line tools 4.4.0, on three brokers of
Fulmar's and on three of Kafka's own (`tests/peers/tool_steps.py` has the commands). They end and say the same on both; ids, addresses, times and the
words of errors are not compared. So it is with every method of Java's AdminClient 4.4.0 (`tests/peers/admin/`): results, and the classes of
exceptions. Where something comes out otherwise, that is on purpose, and listed; the tests (`tests/peers/kafka_every_tool.py`,
`tests/peers/kafka_admin.py`) fail if anything else does.

Every method of the administration of confluent-kafka (`tests/peers/confluent_admin_peer.py`), sarama (`tests/peers/go/sarama/admin.go`) and kafkajs
(`tests/real/kafkajs/admin.js`), also where it must fail, does what its documentation says. Of the consoles none could be run here. Kafbat UI (July
2026) and AKHQ (February 2025) call methods of Java's AdminClient that are among those compared; what Redpanda Console (August 2026) asks for, by
franz-go's kadm, is asked for in `tests/peers/go/franz/console.go`.

`kafka-dump-log` reads the `.log` files of partitions, which are in Kafka's format, and their indexes; not `__cluster_metadata`, whose records are
Fulmar's own.

"""

HEAD = """# Compatibility

For each API of Kafka's protocol: the versions that a broker serves, and those that clients written by others have used. Written by `./dev
compatibility`, not by hand: it runs the tests of such clients (the first table; tests that fail count for nothing), and brokers count by client, API
and version what they answer (`fulmar cluster clients`, see [the command line](cli.md#clients)). Fulmar's own client is left out. What a client must
get right is in its test; the [protocol page](protocol.md#clients) has an overview.

A version that no client used is served all the same: the tests of `tests/protocol/` and `tests/server/` and the comparison with Kafka's own broker
(`tests/peers/differ.py`) cover it. Clients choose the highest version that both sides have, so old versions are used by old clients only. Served is
what ApiVersions says; versions 0 to 2 of Produce are advertised for old clients' sake and answered UNSUPPORTED_VERSION ([why](protocol.md)).

## What to know of clients

- franz-go (1.22, KIP-848): a coordinator that does not answer any more, but whose host still accepts connections, is asked again and again, for
  heartbeats and commits, until the metadata lacks that broker. On Kafka the leaders move when the controller fences the broker, nine seconds after its
  last heartbeat, so the metadata in which the client looks for its new leaders lacks the broker already. Here they move within a second, and the
  client next asks for metadata when that is as old as it may get: five minutes by default. A lower `MetadataMaxAge` helps. Until then the member
  commits nothing, and others read its partitions.
- librdkafka (to 2.16): `send_offsets_to_transaction()` may ignore its timeout and hang if the group's coordinator was not reached
  ([librdkafka#5456](https://github.com/confluentinc/librdkafka/issues/5456)).
- librdkafka (2.0, in Debian 12): a cooperative member that read many messages at once (`consume()`) skipped some when the group rebalanced; one that
  polls for each message has not.
"""


def versions_of(binary):
    """By API key: the lowest and the highest version that a broker advertises."""
    with Broker(binary=binary) as broker:
        with socket.create_connection(("127.0.0.1", broker.port)) as connection:
            request = struct.pack(">hhih", API_VERSIONS, 0, 1, -1)
            connection.sendall(struct.pack(">i", len(request)) + request)
            answer = connection.makefile("rb")
            body = answer.read(*struct.unpack(">i", answer.read(4)))
        broker.end()
    _, error, count = struct.unpack_from(">ihi", body)
    assert error == 0, error
    return {key: (low, high) for key, low, high in struct.iter_unpack(">hhh", body[10:10 + 6 * count])}


def names_of_apis():
    """By API key."""
    def read(name):
        with open(os.path.join(ROOT, "broker", "protocol", name), encoding="utf-8") as file:
            return file.read()

    keys = {name: int(number) for name, number in re.findall(r"^  (\w+) = (\d+),$", read("api_key.h"), re.MULTILINE)}
    return {keys[key]: name for key, name in re.findall(r'{ApiKey::(\w+), "(\w+)"', read("api_key.cpp")) if key in keys}


def ranges(numbers):
    """Of 0, 3, 4 and 5: "0, 3 to 5"."""
    runs = []
    for number in sorted(numbers):
        if runs and runs[-1][1] == number - 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return ", ".join(str(first) if first == last else f"{first} to {last}" for first, last in runs)


def used(lines):
    """By client: by API its versions, the tests, and whether it names itself."""
    clients = {}
    for line in lines:
        for row in line["counts"]:
            if row["client"] == OWN:
                continue
            named = not row["client"].startswith("(")
            name = f"{row['client']} {row['version']}" if named else f"unknown, in {line['test']}"
            tested = line["test_client"]
            if tested and (not named or row["client"] == tested.split()[0]):  # which may not know its version
                name = tested
            client = clients.setdefault(name, {"apis": collections.defaultdict(set), "tests": set(), "named": False})
            client["apis"][row["api"]].add(row["api_version"])
            client["tests"].add(line["test"])
            client["named"] |= named
    return clients


def table(columns, rows):
    lines = ["| " + " | ".join(cells) + " |" for cells in [columns, *rows]]
    return "\n".join([lines[0], "|---" * len(columns) + "|", *lines[1:]]) + "\n"


def administration():
    """Which tools are given how many commands, and what comes out otherwise than with Kafka."""
    counts = collections.Counter(command.split()[0] for command, _, _ in tool_steps.steps())
    why = dict.fromkeys(why for _, _, why in (*kafka_every_tool.ALLOWED, *kafka_admin.ALLOWED))
    return (ADMINISTRATION + table(["tool", "commands"], [[f"`{tool}`", str(count)] for tool, count in sorted(counts.items())])
            + "\nWhere something comes out otherwise than with Kafka:\n\n" + "".join(f"- {text}\n" for text in why))


def document(versions, names, clients):
    of_clients = [[name, ", ".join(f"`{test}`" for test in sorted(client["tests"])), "yes" if client["named"] else "no"]
                  for name, client in sorted(clients.items())]
    of_apis = []
    for key, (low, high) in sorted(versions.items()):
        api = names[key]
        by = {name: client["apis"][api] for name, client in sorted(clients.items()) if api in client["apis"]}
        proven = set().union(*by.values())
        of_apis.append([api, ranges(range(low, high + 1)), ranges(proven) or "none", ranges(set(range(low, high + 1)) - proven),
                        "; ".join(f"{name} ({ranges(numbers)})" for name, numbers in by.items())])
    return (HEAD + "\n## Clients\n\n" + table(["client", "tests", "names itself (KIP-511)"], of_clients)
            + "\n## APIs\n\n" + table(["API", "served", "used", "not used", "by"], of_apis))


def main(binary, counts, path):
    with open(counts, encoding="utf-8") as file:
        clients = used(json.loads(line) for line in file)
    text = document(versions_of(os.path.abspath(binary)), names_of_apis(), clients) + administration()
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    print(f"{path}: {len(clients)} clients")
    return 0


if __name__ == "__main__":
    if len(sys.argv) != 4:
        print(__doc__, file=sys.stderr)
        sys.exit(2)
    sys.exit(main(*sys.argv[1:]))
