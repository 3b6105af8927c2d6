"""Apache Kafka's own brokers, of the jars that its tools come with, to compare with: combined brokers and controllers on loopback."""
import os
import shutil
import subprocess
import tempfile
import time

from cluster import loopback
from kafka_jars import java

READY_SECONDS = 180
STOP_SECONDS = 60
# Directory ids of the first voters; any will do.
DIRECTORY_IDS = ["AAAAAAAAAAEAAAAAAAAAAQ", "AAAAAAAAAAIAAAAAAAAAAg", "AAAAAAAAAAMAAAAAAAAAAw"]
CLUSTER_ID = "AAAAAAAAAAAAAAAAAAAAAQ"
SETTINGS = """process.roles=broker,controller
node.id={node}
listeners=PLAINTEXT://{address},CONTROLLER://{controller}
advertised.listeners=PLAINTEXT://{address},CONTROLLER://{controller}
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
inter.broker.listener.name=PLAINTEXT
controller.listener.names=CONTROLLER
controller.quorum.bootstrap.servers={controllers}
log.dirs={directory}
default.replication.factor={factor}
offsets.topic.replication.factor={factor}
offsets.topic.num.partitions=4
transaction.state.log.replication.factor={factor}
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor={factor}
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
"""


class ApacheCluster:
    """Brokers 1 to COUNT, each of which accepts connections; leaving it ends them and deletes their directory. `settings`: further lines of properties."""

    def __init__(self, libs, count, *settings):
        self.libs, self.directory, self.processes = libs, tempfile.mkdtemp(prefix="apache-kafka-"), []
        self.places = loopback(count)
        controllers = [f"127.0.0.1:{place.peer_port}" for place in self.places]
        first = ",".join(f"{n}@{at}:{DIRECTORY_IDS[n - 1]}" for n, at in enumerate(controllers, 1))
        try:
            for n, place in enumerate(self.places, 1):
                path = os.path.join(self.directory, f"{n}.properties")
                with open(path, "w", encoding="utf-8") as file:
                    file.write(SETTINGS.format(node=n, address=f"127.0.0.1:{place.client_port}", controller=controllers[n - 1], factor=count,
                                               controllers=",".join(controllers), directory=os.path.join(self.directory, str(n))))
                    file.write("".join(line + "\n" for line in settings))
                subprocess.run([*java(libs), "kafka.tools.StorageTool", "format", "-t", CLUSTER_ID, "-c", path, "--initial-controllers", first],
                               capture_output=True, text=True, check=True)
                with open(self.log(n), "wb") as log:
                    command = ["java", "-Xmx512m", "-cp", libs + "/*", "kafka.Kafka", path]
                    self.processes.append(subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log))
            self.await_ready()
        except BaseException:
            self.__exit__()
            raise

    @property
    def address(self):
        return ",".join(f"127.0.0.1:{place.client_port}" for place in self.places)

    def log(self, node):
        return os.path.join(self.directory, f"{node}.log")

    def await_ready(self):
        """Until all are registered and unfenced, as their tool says."""
        end = time.monotonic() + READY_SECONDS
        command = [*java(self.libs), "org.apache.kafka.tools.BrokerApiVersionsCommand", "--bootstrap-server", self.address]
        while subprocess.run(command, capture_output=True, text=True, check=False).stdout.count("ApiVersions(18)") < len(self.places):
            for n, process in enumerate(self.processes, 1):
                if process.poll() is not None:
                    with open(self.log(n), encoding="utf-8") as log:
                        raise AssertionError(f"Kafka's broker {n} ended:\n{log.read()[-3000:]}")
            assert time.monotonic() < end, "Kafka's brokers are not ready"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in self.processes:
            process.kill()
        for process in self.processes:
            process.wait(STOP_SECONDS)
        shutil.rmtree(self.directory, ignore_errors=True)
