"""A broker with listeners of several names, each at a port of its own."""
import re

from broker import Broker


class NamedListeners(Broker):
    """`protocols`: by the listener's name, in upper case. Once it is ready, `ports` has their ports; `port` is the first's."""

    def __init__(self, protocols, *options, **more):
        self.protocols = protocols
        self.ports = {}
        super().__init__(*options, **more)

    def command(self):
        listeners = ",".join(f"{name}://127.0.0.1:{self.ports.get(name, 0)}" for name in self.protocols)
        known = ",".join(f"{name}:{protocol}" for name, protocol in self.protocols.items())
        return [self.binary, "broker", "--data-dir", self.directory, "--set", "listeners=" + listeners,
                "--set", "listener.security.protocol.map=" + known, *self.options]

    def await_ready(self):
        super().await_ready()
        told = self.ready().group().split(b" node=")[0].split(b"listen=")[1]
        self.ports = dict(zip(self.protocols, (int(port) for port in re.findall(rb":(\d+)", told))))

    def at(self, name):
        return f"localhost:{self.ports[name]}"
