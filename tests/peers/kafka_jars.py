"""Apache Kafka's jars, from Maven Central (or the folder of jars that KAFKA_LIBS names), and how to run what is in them."""
import glob
import os
import shutil
import subprocess

SKIPPED = 77  # the exit code of a test whose jars can't be had
TOOL_SECONDS = 120
DEPENDENCY = "<dependency><groupId>org.apache.kafka</groupId><artifactId>{0}</artifactId><version>{1}</version></dependency>"
POM = """<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion><groupId>local</groupId>
<artifactId>{0}</artifactId><version>1</version><packaging>pom</packaging><dependencies>{1}</dependencies></project>"""


def jars(directory, name, version, artifacts, given=os.environ.get("KAFKA_LIBS")):
    """The folder of these jars and of what they need; says why, and gives None, if they can't be had. `given`: a folder that has them already."""
    what = f"Kafka's {name} {version}"
    if not shutil.which("java"):
        print(f"SKIPPED, there is no java: {what}")
        return None
    if given:
        return given
    libs = os.path.join(os.path.abspath(directory), f"kafka-{name}-{version}")
    if all(glob.glob(f"{libs}/{artifact}-*.jar") for artifact in artifacts):
        return libs
    if not shutil.which("mvn"):
        print(f"SKIPPED, there is no mvn: {what}")
        return None
    os.makedirs(directory, exist_ok=True)
    pom = os.path.join(directory, f"kafka-{name}-{version}.xml")
    with open(pom, "w", encoding="utf-8") as file:
        file.write(POM.format(name, "".join(DEPENDENCY.format(artifact, version) for artifact in artifacts)))
    done = subprocess.run(["mvn", "-q", "-B", "-f", pom, "dependency:copy-dependencies", "-DoutputDirectory=" + libs], capture_output=True,
                          text=True, check=False)
    if done.returncode != 0:
        print(f"SKIPPED, Maven Central is not reachable: {what}\n  {done.stdout.strip()[-500:]}")
        return None
    return libs


def java(libs):
    """The command that runs a class of these jars, whose name comes next."""
    return ["java", "-Xmx256m", "-cp", libs + "/*"]


# Where older releases have their tools; the newest has all of them in TOOLS.
TOOLS = "org.apache.kafka.tools."
OLDER = {
    "3": {"ConfigCommand": "kafka.admin.ConfigCommand", "ConsoleProducer": "kafka.tools.ConsoleProducer"},
    "2": {"ConfigCommand": "kafka.admin.ConfigCommand", "ConsoleProducer": "kafka.tools.ConsoleProducer", "TopicCommand": "kafka.admin.TopicCommand",
          "consumer.ConsoleConsumer": "kafka.tools.ConsoleConsumer", "consumer.group.ConsumerGroupCommand": "kafka.admin.ConsumerGroupCommand"},
}


class Tools:
    """The command line tools of a release of Apache Kafka, for a cluster at this address."""

    def __init__(self, libs, address, version="4"):
        self.libs, self.address, self.major = libs, address, version.split(".")[0]

    def command(self, tool, *arguments):
        main = OLDER.get(self.major, {}).get(tool, TOOLS + tool)
        return [*java(self.libs), main, "--bootstrap-server", self.address, *arguments]

    def run(self, tool, *arguments, code=0, lines=None):
        """What the tool says on standard output, or on both where it must fail. `code` None: either will do. `lines`: its standard input."""
        done = subprocess.run(self.command(tool, *arguments), input=lines and "".join(line + "\n" for line in lines), capture_output=True, text=True,
                              timeout=TOOL_SECONDS, check=False)
        assert code is None or (done.returncode == 0) == (code == 0), f"{tool} {arguments} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}"
        return done.stdout if code in (0, None) else done.stdout + done.stderr

    def topics(self, *arguments, code=0):
        return self.run("TopicCommand", *arguments, code=code)

    def configs(self, *arguments, code=0):
        return self.run("ConfigCommand", *arguments, code=code)

    def reassign(self, *arguments, code=0):
        return self.run("reassign.ReassignPartitionsCommand", *arguments, code=code)

    def groups(self, *arguments, code=0):
        return self.run("consumer.group.ConsumerGroupCommand", *arguments, "--timeout", "30000", code=code)  # the default is 5 s

    def produce(self, topic, lines, *options):
        return self.run("ConsoleProducer", "--topic", topic, *options, lines=lines)

    def consumer(self, *arguments, **properties):
        """A console consumer, begun. `properties` of it have _ for the dot in their names."""
        option = "--command-property" if self.major == "4" else "--consumer-property"
        for name, value in properties.items():
            arguments += (option, f"{name.replace('_', '.')}={value}")
        return subprocess.Popen(self.command("consumer.ConsoleConsumer", *arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
