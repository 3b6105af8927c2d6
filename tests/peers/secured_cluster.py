"""Brokers whose clients come by SASL_SSL, authenticate with SCRAM, and may do what access control lists allow; and what such a client is told.

Operators come by a listener of their own at a loopback address, ADMIN, in plain text, as User:ANONYMOUS, who is a super user.
"""
import contextlib
import json
import os
import re
import subprocess
import tempfile

from certificates import Authority
from cluster import Cluster, ClusterBroker

USER, PASSWORD, MECHANISM = "peer", "secret of the peer", "SCRAM-SHA-512"
STRANGER = "stranger"  # authenticates, and may do nothing; of the same password
PROTOCOLS = "SASL_SSL:SASL_SSL,ADMIN:PLAINTEXT,INTERNAL:PLAINTEXT"


class SecuredBroker(ClusterBroker):
    def command(self):
        listeners = f"listeners=SASL_SSL://{self.address},ADMIN://127.0.0.1:0,INTERNAL://{self.peer_address}"
        return [self.binary, "broker", "--data-dir", self.directory, "--set", listeners, *self.options]

    @property
    def command_address(self):
        return re.search(r"listen=[^ ,]+,([^ ,]+)", self.ready().group().decode()).group(1)


class SecuredCluster(Cluster):
    """`security`: what its clients are told; `stranger`: the same of one who may do nothing."""

    broker_class = SecuredBroker

    def __init__(self, directory, count=3, binary=None):
        authority = Authority(directory)
        users = os.path.join(directory, "first-users")
        with open(users, "w", encoding="utf-8") as out:
            out.write("".join(f"{MECHANISM}=[name={name},password={PASSWORD}]\n" for name in (USER, STRANGER)))
        settings = {"listener.security.protocol.map": PROTOCOLS, "ssl.keystore.type": "PEM", "ssl.keystore.location": authority.sign("broker", "/CN=broker"),
                    "sasl.enabled.mechanisms": MECHANISM, "cluster.first.users.file": users, "super.users": "User:ANONYMOUS",
                    "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer"}
        self.authority = authority
        super().__init__(count, *[word for name, value in settings.items() for word in ("--set", f"{name}={value}")], binary=binary)
        self.allow(USER, "--topic", "*", "--group", "*", "--transactional-id", "*", "--cluster")

    def allow(self, user, *resources):
        added = subprocess.run([self.brokers[0].binary, "acl", "add", "--bootstrap", self.brokers[0].command_address, "--allow-principal", "User:" + user,
                                "--operation", "All", *resources], capture_output=True, text=True, timeout=60, check=False)
        assert added.returncode == 0, added.stderr

    def security(self, user=USER):
        return {"mechanism": MECHANISM, "user": user, "password": PASSWORD, "authority": self.authority.certificate}

    def environment(self, user=USER):
        """Of a client that connects as this user."""
        return {**os.environ, "FULMAR_PEER_SECURITY": json.dumps(self.security(user))}


@contextlib.contextmanager
def secured_cluster(count, binary):
    with tempfile.TemporaryDirectory() as directory, SecuredCluster(directory, count, binary=os.path.abspath(binary)) as cluster:
        yield cluster
