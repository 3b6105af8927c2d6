"""What an operator does with four brokers: partitions move, leaders go back to where they belong, a broker leaves for good."""
import glob
import json
import os
import subprocess
import time

from broker import check
from cluster import Cluster

LINES = "".join(f"line {i} of the text\n" for i in range(20000))


def fulmar(cluster, *command, code=0, text=None):
    """Runs a command to its end; returns what it said on standard output, as rows of words, and on standard error."""
    done = subprocess.run([cluster.brokers[0].binary, *command, "--bootstrap", cluster.address], input=text, capture_output=True,
                          text=True, timeout=120, check=False)
    assert done.returncode == code, f"{command} ended with {done.returncode}, not {code}: {done.stderr}"
    return [line.split() for line in done.stdout.splitlines()], done.stderr


def replicas(cluster, topic):
    rows = cluster.ask("topic", "describe", topic)
    return {row[0]: row[3] for row in rows[rows.index([]) + 2:]}


def all_lines(cluster, topic):
    done = subprocess.run([cluster.brokers[0].binary, "consume", topic, "--exit-at-end", "--bootstrap", cluster.address],
                          capture_output=True, text=True, timeout=60, check=True)
    return sorted(done.stdout.splitlines())


def status_of(cluster):
    return json.loads(subprocess.run([cluster.brokers[0].binary, "cluster", "status", "--output", "json", "--bootstrap", cluster.address],
                                     capture_output=True, timeout=60, check=True).stdout)


def await_status(cluster, seconds, holds):
    """The first status that it holds for."""
    deadline = time.monotonic() + seconds
    while not holds(status := status_of(cluster)):
        assert time.monotonic() < deadline, f"not within {seconds} s: {status}"
        time.sleep(0.1)  # polling for an event that has no other sign
    return status


def test_status(cluster):
    for topic, factor in (("alone", "1"), ("thrice", "3")):
        cluster.ask("topic", "create", topic, "--partitions", "4", "--replication-factor", factor)
    cluster.await_health()
    status = status_of(cluster)
    check([(broker["broker"], broker["state"]) for broker in status["brokers"]] == [(n, "alive") for n in (1, 2, 3, 4)]
          and sorted(row["role"] for row in status["controllers"]) == ["leader", "voter", "voter", "voter"], "all are there")
    cluster.broker(3).kill()
    status = await_status(cluster, 10, lambda status: status["offline"] > 0)
    check(all(row["replicas"] == [3] and row["leader"] is None and row["trouble"] == "offline"
              for row in status["troubles"] if row["topic"] == "alone"), "what only a dead broker had is offline within moments")
    status = await_status(cluster, 60, lambda status: status["brokers"][2]["state"] == "dead")
    rows = [row for row in status["troubles"] if row["topic"] == "thrice"]
    check(rows and all(3 in row["replicas"] and 3 not in row["in_sync"] and row["trouble"] == "under-replicated" for row in rows)
          and len(rows) + status["offline"] == status["under_replicated"], "and it is in sync nowhere once it is fenced")
    third = next(row for row in status["controllers"] if row["controller"] == 3)
    silent = third["heard_ms_ago"] is None or third["heard_ms_ago"] > 5000  # a leader elected since has never heard of it
    check(silent and third["role"] == "voter", "as a controller it is not heard of")
    _, said = fulmar(cluster, "cluster", "status", "--wait", "1", code=1)
    check("cluster status: waits: dead brokers: 3\n" in said and said.endswith("not healthy in time: dead brokers: 3\n"),
          "who waits for health is told what is missing, and that it does not come")
    cluster.broker(3).start()
    shown, _ = fulmar(cluster, "cluster", "status", "--wait", "60")
    check(["under-replicated", "0"] in shown and ["3", "alive"] in [row[:2] for row in shown], "and gets the status once it has come")
    for wrong in ("0", "-1", "86401"):
        _, said = fulmar(cluster, "cluster", "status", f"--wait={wrong}", code=2)
        check("--wait must be from 1 to 86400 seconds" in said, f"--wait {wrong} is no time")
    cluster.ask("topic", "delete", "alone", "thrice")


def test_wait_for_open_partitions(cluster):
    """A broker that was just started counts as in sync for a while, whatever it has open."""
    cluster.ask("topic", "create", "closed", "--partitions", "4", "--replication-factor", "3")
    cluster.ask("produce", "closed", input=LINES)
    broker = cluster.broker(3)
    broker.kill()
    log = sorted(glob.glob(os.path.join(broker.directory, "closed-*", "0*.log")))[0]
    os.rename(log, log + ".kept")
    os.mkdir(log)
    broker.start()
    _, said = fulmar(cluster, "cluster", "status", "--wait", "2", code=1)
    check("waits: broker 3 has partitions that are not open: 1\n" in said, "a partition that its broker can't open keeps others from being stopped")
    broker.kill()
    os.rmdir(log)
    os.rename(log + ".kept", log)
    broker.start()
    fulmar(cluster, "cluster", "status", "--wait", "60")
    cluster.ask("topic", "delete", "closed")


def test_reassign(cluster):
    cluster.ask("topic", "create", "t", "--partitions", "3", "--replication-factor", "3")
    fulmar(cluster, "produce", "t", text=LINES)
    shown, _ = fulmar(cluster, "cluster", "reassign", "t", "--to", "4,1,2")
    wanted = {"0": "4,1,2", "1": "1,2,4", "2": "2,4,1"}
    check(shown == [["TOPIC", "PARTITION", "REPLICAS"], *(["t", *row] for row in wanted.items())], "a topic moves, and it is told where to")
    check(replicas(cluster, "t") == wanted, "there it is when the command ends")
    shown, _ = fulmar(cluster, "cluster", "reassign", "t:1", "t:2", "--to", "2,1")
    check(replicas(cluster, "t") == {"0": "4,1,2", "1": "2,1", "2": "2,1"}, "partitions that are named move, to fewer replicas than before")
    check(all_lines(cluster, "t") == sorted(LINES.splitlines()), "and no record is lost on the way")
    for arguments, expected in ((["t", "--to", "1,9"], "INVALID_REPLICA_ASSIGNMENT: t:0: "), (["nosuch", "--to", "1"], "no topic nosuch"),
                                (["t:7", "--to", "1"], "UNKNOWN_TOPIC_OR_PARTITION: there is no partition t:7"),
                                (["t", "--cancel"], "NO_REASSIGNMENT_IN_PROGRESS"), (["t:0", "--cancel"], "NO_REASSIGNMENT_IN_PROGRESS: t:0")):
        check(expected in fulmar(cluster, "cluster", "reassign", *arguments, code=1)[1], f"{arguments} fails with {expected}")
    cluster.broker(3).kill()
    waiting = subprocess.Popen([cluster.brokers[0].binary, "cluster", "reassign", "t:0", "--to", "4,1,3", "--bootstrap", cluster.address],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    check("1 of 1 partitions are on the move" in waiting.stderr.readline(), "to a broker that is down the way is long, and progress is told")
    header = ["TOPIC", "PARTITION", "REPLICAS", "ADDING", "REMOVING"]
    for named in ([], ["t"], ["t:0"]):
        listed, _ = fulmar(cluster, "cluster", "reassign", "--list", *named)
        check(listed == [header, ["t", "0", "4,1,3,2", "3", "2"]], f"what is under way is listed {named}")
    check(fulmar(cluster, "cluster", "reassign", "--list", "t:1")[0] == [header], "but not what was not asked for")
    shown, _ = fulmar(cluster, "cluster", "reassign", "t", "--cancel")
    check(shown[1:] == [["t", "0", "4,1,2"]] and replicas(cluster, "t")["0"] == "4,1,2", "a cancelled one goes back")
    said = waiting.communicate(timeout=60)[1]
    check(waiting.returncode == 1 and "meanwhile: t:0" in said, "and who waited for it is told")
    shown, _ = fulmar(cluster, "cluster", "reassign", "t:0", "--to", "4,1,3", "--no-wait")
    check(shown == [["partitions", "that", "begin", "to", "move:", "1"]], "nobody has to wait")
    cluster.broker(3).start()
    cluster.await_health()
    check(fulmar(cluster, "cluster", "reassign", "t:0", "--to", "4,1,3")[0][1:] == [["t", "0", "4,1,3"]], "and it goes on by itself")


def test_elect_leaders(cluster):
    cluster.ask("topic", "create", "led", "--partitions", "4", "--replication-factor", "3")
    preferred = {index: row.split(",")[0] for index, row in replicas(cluster, "led").items()}
    victim = preferred["2"]
    cluster.broker(int(victim)).kill()
    cluster.ask("produce", "led", "--partition", "2", input="written to another leader\n")
    shown, said = fulmar(cluster, "cluster", "elect-leaders", "led:2", "--timeout", "1", code=1)
    check(shown[1][:2] == ["led", "2"] and shown[1][2] != victim and shown[1][3] == "PREFERRED_LEADER_NOT_AVAILABLE",
          "who is down can't be elected")
    check("PREFERRED_LEADER_NOT_AVAILABLE: 1 of 1 partitions" in said, "which is an error")
    cluster.broker(int(victim)).start()
    cluster.await_health()
    shown, _ = fulmar(cluster, "cluster", "elect-leaders", "led", "t:0")
    check(shown[0] == ["TOPIC", "PARTITION", "LEADER", "RESULT"] and ["led", "2", victim, "elected"] in shown
          and {row[1]: row[2] for row in shown[1:] if row[0] == "led"} == preferred and len(shown) == 6,
          "back again, it leads what it should, and each partition is told of")
    shown, said = fulmar(cluster, "cluster", "elect-leaders")
    check(len(shown) == 8 and said == "", "without names all are meant")
    shown, said = fulmar(cluster, "cluster", "elect-leaders")
    check({row[3] for row in shown[1:]} == {"not-needed"} and said == "", "to need none is no error")
    check("there is no topic nosuch" in fulmar(cluster, "cluster", "elect-leaders", "nosuch", code=1)[1], "a topic that is not there is one")


def test_what_is_in_doubt(cluster):
    fulmar(cluster, "topic", "create", "more", "--partitions", "1", "--replication-factor", "1")
    cluster.broker(4).kill()
    said = fulmar(cluster, "topic", "add-partitions", "more", "--partitions", "40", "--timeout", "3", code=1)[1]
    check("REQUEST_TIMED_OUT" in said and "in doubt: `fulmar topic describe more` shows it" in said, "what is not led in time is in doubt")
    cluster.broker(4).start()
    cluster.await_health()
    check(len(cluster.leaders("more")) == 40, "it was done all the same")
    fulmar(cluster, "topic", "delete", "more")


def test_decommission(cluster):
    check("BROKER_ID_NOT_REGISTERED" in fulmar(cluster, "cluster", "decommission", "9", code=1)[1], "who is not there can't leave")
    shown, said = fulmar(cluster, "cluster", "decommission", "4", "--output", "json")
    check(json.loads(" ".join(word for row in shown for word in row)) == {"broker": 4, "state": "left"} and "broker 4 has 0 replicas" in said, "one that is there does, when it has nothing more")
    check(cluster.broker(4).process.wait(30) == 1 and "unregistered from its cluster" in cluster.broker(4).said(), "its process ends")
    status = cluster.ask("cluster", "status")
    check(["brokers", "3"] in status and ["offline", "0"] in status, "three are left")
    check(not any("4" in row.split(",") for topic in ("t", "led") for row in replicas(cluster, topic).values()), "with all replicas")
    check(all_lines(cluster, "t") == sorted(LINES.splitlines()), "and all records")
    check("BROKER_ID_NOT_REGISTERED" in fulmar(cluster, "cluster", "decommission", "4", code=1)[1], "nobody leaves twice")
    check("INVALID_REPLICATION_FACTOR: No other broker can take a replica" in
          fulmar(cluster, "cluster", "decommission", "3", "--no-wait", code=1)[1], "nor does one that is needed")


with Cluster(4) as four:
    test_status(four)
    test_wait_for_open_partitions(four)
    test_reassign(four)
    test_elect_leaders(four)
    test_what_is_in_doubt(four)
    test_decommission(four)
    for broker in four.brokers[:3]:
        broker.stop()
