"""Metrics and health of a real broker: promtool and Prometheus read them, and the documents and the dashboard name what is there."""
import http.client
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse

from broker import Broker, check
from certificates import Authority

BINARY = os.path.abspath(sys.argv[1])
DOCS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "docs")
MONITORING = os.path.join(DOCS, "monitoring")
OPENMETRICS = "application/openmetrics-text; version=1.0.0"
ASKED = "?topics=orders&groups=readers"
TOKEN = "a token of the tests"


def fulmar(*arguments, text=""):
    return subprocess.run([BINARY, *arguments], input=text, capture_output=True, text=True, timeout=60, check=True).stdout


class AdminPages:
    def __init__(self, broker):
        broker.await_said("metrics and health are served")
        host, _, port = re.findall(r"metrics and health are served listen=(\S+)", broker.said())[-1].rpartition(":")
        self.address = f"{host}:{port}"

    def get(self, target, **headers):
        """Status and text."""
        connection = http.client.HTTPConnection(self.address, timeout=20)
        connection.request("GET", target, headers=headers)
        response = connection.getresponse()
        return response.status, response.read().decode()

    def metrics(self, **headers):
        status, text = self.get("/metrics" + ASKED, Authorization="Bearer " + TOKEN, **headers)
        assert status == 200, text
        return text


def promtool(*arguments, text=None):
    done = subprocess.run(["promtool", *arguments], input=text, capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stdout + done.stderr


def families(text):
    """Of OpenMetrics text: (type, help) by the name that the documents use, and the names of all samples."""
    found, samples = {}, {}
    for line in text.splitlines():
        if line.startswith("# TYPE "):
            name, kind = line.split(" ")[2:4]
            told = name + {"counter": "_total", "info": "_info"}.get(kind, "")
        elif line.startswith("# HELP "):
            found[told] = (kind, line.split(" ", 3)[3])
        elif not line.startswith("#"):
            name = re.match(r"\w+", line).group(0)
            labels = re.findall(r'(\w+)="', line[len(name):line.rindex("}") + 1] if "}" in line else "")
            samples.setdefault(name, (told, [label for label in labels if label != "le"]))
    return found, samples


def use(broker):
    for topic in ("orders", "quiet"):
        fulmar("topic", "create", topic, "--partitions", "2", "--bootstrap", broker.address)
    fulmar("produce", "orders", "--bootstrap", broker.address, text="".join(f"line {i}\n" for i in range(1000)))
    fulmar("consume", "orders", "--group", "readers", "--count", "600", "--bootstrap", broker.address)


def test_promtool_accepts(pages):
    code, said = promtool("check", "metrics", text=pages.metrics())
    assert said == "", said
    check(code == 0, "promtool check metrics has nothing to say")
    for what, name in (("check", "fulmar.rules.yml"), ("test", "fulmar.rules_test.yml")):
        code, said = promtool(what, "rules", os.path.join(MONITORING, name))
        assert code == 0, said
        print(f"ok: promtool {what} rules {name}", flush=True)


def test_documents(pages):
    found, samples = families(pages.metrics(Accept=OPENMETRICS))
    with open(os.path.join(DOCS, "metrics.md"), encoding="utf-8") as file:
        text = file.read()
    rows = {name: (kind, labels, meaning) for name, kind, labels, meaning in
            re.findall(r"^\| `(\w+)` \| (\w+) \| ([\w, ]*) \| (.*) \|$", text[text.index("## The metrics"):], re.M)}
    check(len(rows) > 60 and sorted(rows) == sorted(found),
          f"docs/metrics.md has the metrics of a scrape: {sorted(set(rows) ^ set(found))}")
    check(all((kind, meaning) == found[name] for name, (kind, _, meaning) in rows.items()), "with their types and meanings")
    labels = {family: ", ".join(names) for family, names in samples.values()}
    wrong = {name: labels[name] for name, row in rows.items() if name in labels and row[1].strip() != labels[name]}
    check(not wrong and len(labels) > 55, f"and labels: {wrong}")
    with open(os.path.join(MONITORING, "fulmar.rules.yml"), encoding="utf-8") as file:
        rules = file.read()
    alerts = re.findall(r"- alert: (\w+)", rules)
    check(alerts and re.findall(r"^\| (Fulmar\w+) \|", text, re.M) == alerts, "and says of each alert what to do")
    with open(os.path.join(MONITORING, "fulmar.rules_test.yml"), encoding="utf-8") as file:
        tested = re.findall(r"alertname: (\w+)", file.read())
    check(sorted(tested) == sorted(2 * alerts), "each of which is tested twice")
    return set(samples)


def expressions():
    with open(os.path.join(MONITORING, "dashboard.json"), encoding="utf-8") as file:
        panels = json.load(file)["panels"]
    return [target["expr"] for panel in panels for target in panel.get("targets", [])]


def test_dashboard_and_rules_name_what_is_there(samples):
    with open(os.path.join(MONITORING, "fulmar.rules.yml"), encoding="utf-8") as file:
        rules = re.findall(r"^ +expr: (.*)$", file.read(), re.M)
    named = {name for expr in expressions() + rules for name in re.findall(r"\b(?:fulmar|process)_\w+", expr)}
    never_failed = {"fulmar_request_errors_total"}  # it has samples once there are errors
    check(len(named) > 30 and named - never_failed <= samples, f"what dashboard and alerts name is in a scrape: {named - samples}")


class Prometheus:
    def __init__(self, directory, target):
        config = os.path.join(directory, "prometheus.yml")
        token = os.path.join(directory, "token")
        with open(token, "w", encoding="utf-8") as file:
            file.write(TOKEN)
        shutil.copy(os.path.join(MONITORING, "fulmar.rules.yml"), directory)
        with open(config, "w", encoding="utf-8") as file:
            file.write("global: {scrape_interval: 1s, evaluation_interval: 1s}\nrule_files: [fulmar.rules.yml]\nscrape_configs:\n"
                       f"  - {{job_name: fulmar, static_configs: [{{targets: ['{target}']}}], authorization: {{credentials_file: token}},"
                       " params: {groups: [readers], topics: [orders]}}\n")
        code, said = promtool("check", "config", config)
        assert code == 0, said
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.address = f"127.0.0.1:{free.getsockname()[1]}"
        self.log = open(os.path.join(directory, "log"), "wb")
        self.process = subprocess.Popen(
            ["prometheus", "--config.file", config, "--storage.tsdb.path", os.path.join(directory, "data"), "--web.listen-address", self.address],
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)

    def ask(self, path, **parameters):
        connection = http.client.HTTPConnection(self.address, timeout=20)
        connection.request("GET", path + "?" + urllib.parse.urlencode(parameters))
        return json.loads(connection.getresponse().read())

    def query(self, expr):
        """The values, without their labels."""
        said = self.ask("/api/v1/query", query=expr)
        assert said["status"] == "success", f"{expr}: {said}"
        return [float(sample["value"][1]) for sample in said["data"]["result"]]

    def await_value(self, expr, holds, seconds=40):
        deadline = time.monotonic() + seconds
        while True:
            assert self.process.poll() is None and time.monotonic() < deadline, f"{expr} did not come"
            try:
                if (values := self.query(expr)) and holds(values):
                    return values
            except (OSError, ValueError):
                pass  # it does not listen yet
            time.sleep(0.2)  # polling for an event that has no other sign

    def end(self):
        self.process.terminate()
        self.process.wait(timeout=30)
        self.log.close()


def test_prometheus_scrapes(broker, pages):
    with tempfile.TemporaryDirectory(prefix="fulmar-prometheus-") as directory:
        prometheus = Prometheus(directory, pages.address)
        try:
            prometheus.await_value("sum(fulmar_produced_records_total)", lambda values: values == [1000])
            print("ok: Prometheus scrapes the broker", flush=True)
            check(prometheus.query("fulmar_group_lag{group='readers'}") == [400], "and knows the lag of the group")
            before = prometheus.query("count_over_time(fulmar_broker_ready[1m])")[0]
            prometheus.await_value("count_over_time(fulmar_broker_ready[1m])", lambda values: values[0] > before + 2)
            fulmar("produce", "orders", "--bootstrap", broker.address, text="x\n" * 100)
            prometheus.await_value("sum(fulmar_produced_records_total)", lambda values: values == [1100])
            print("ok: and follows it", flush=True)
            for expr in expressions():
                for name, value in (("$__rate_interval", "1m"), ("$job", "fulmar"), ("$instance", ".*")):
                    expr = expr.replace(name, value)
                prometheus.query(expr)
            print(f"ok: it can compute the {len(expressions())} expressions of the dashboard", flush=True)
            rules = [rule for group in prometheus.ask("/api/v1/rules")["data"]["groups"] for rule in group["rules"]]
            check(len(rules) > 15 and all(rule["health"] == "ok" for rule in rules), "and evaluates the alerts")
            # Disks and processors of the machine may well be full or busy.
            firing = [rule["name"] for rule in rules if rule["state"] != "inactive" and not re.search("Disk|Slow|Lag", rule["name"])]
            check(not firing, f"none of which is about to fire: {firing}")
            broker.abandon()
            prometheus.await_value("up{job='fulmar'}", lambda values: values == [0])
            prometheus.await_value("ALERTS{alertname='FulmarBrokerDown'}", lambda values: values == [1])
            print("ok: a broker that was killed is about to be told of", flush=True)
        finally:
            prometheus.end()


def test_health_and_token(pages):
    check(pages.get("/health/live") == (200, '{"status": "live", "reasons": []}\n'), "it lives")
    check(pages.get("/health/ready")[0] == 200, "it is ready")
    check(pages.get("/metrics")[0] == 401, "metrics need the token")
    status, text = pages.get("/metrics", Authorization="Bearer " + TOKEN)
    check(status == 200 and "fulmar_partition_" not in text, "topics are shown on demand only")


def test_refusals():
    with tempfile.TemporaryDirectory() as directory:
        def refused(*options):
            done = subprocess.run([BINARY, "broker", "--data-dir", os.path.join(directory, "data"), *options], capture_output=True, text=True,
                                  timeout=30, check=False)
            return done.returncode, done.stderr
        short = os.path.join(directory, "short")
        with open(short, "w", encoding="utf-8") as file:
            file.write("short")
        for options, why in ((["--set", "admin.http.listener=nowhere"], "admin.http.listener"),
                             (["--set", "admin.http.listener=127.0.0.1:70000"], "expected a port"),
                             (["--set", f"admin.http.token.file={short}"], "16 to 4096 bytes"),
                             (["--set", "admin.http.token.file=/nowhere/token"], "can't read")):
            code, said = refused(*options)
            check(code == 2 and why in said, f"{options[1]} is refused: {said.strip()}")


def main():
    for program in ("promtool", "prometheus"):
        assert shutil.which(program), f"{program} is missing: ./dev setup installs Debian's package prometheus"
    test_refusals()
    with tempfile.TemporaryDirectory(prefix="fulmar-metrics-") as place, tempfile.NamedTemporaryFile("w", suffix=".token") as token:
        certificate = Authority(place).sign("broker", "/CN=broker")
        token.write(TOKEN + "\n")
        token.flush()
        with Broker("--shards", "2", "--set", "admin.http.listener=127.0.0.1:0", "--set", f"admin.http.token.file={token.name}",
                    "--set", "listeners=SSL://127.0.0.1:0", "--set", "ssl.keystore.type=PEM", "--set", f"ssl.keystore.location={certificate}") as broker:
            pages = AdminPages(broker)
            use(broker)
            test_health_and_token(pages)
            test_promtool_accepts(pages)
            samples = test_documents(pages)
            test_dashboard_and_rules_name_what_is_there(samples)
            test_prometheus_scrapes(broker, pages)


main()
