"""A wiretap: passes on what comes to its port, both ways, and keeps it."""
import socket
import threading


class Wiretap:
    def __init__(self, port_to):
        self.port_to = port_to
        self.heard = bytearray()
        self.lock = threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.open = []
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                come, _ = self.listener.accept()
            except OSError:
                return
            try:
                onward = socket.create_connection(("127.0.0.1", self.port_to))
            except OSError:
                come.close()
                continue
            with self.lock:
                self.open += [come, onward]
            for ends in ((come, onward), (onward, come)):
                threading.Thread(target=self.pass_on, args=ends, daemon=True).start()

    def pass_on(self, source, sink):
        try:
            while data := source.recv(65536):
                with self.lock:
                    self.heard += data
                sink.sendall(data)
        except OSError:
            pass
        for end in (source, sink):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def has_heard(self, text):
        with self.lock:
            return text in self.heard

    def close(self):
        self.listener.close()
        with self.lock:
            for end in self.open:
                end.close()
