"""A client of TLS whose first flight goes out in pieces."""
import socket
import ssl
import struct

PATIENCE = 20


class TlsInPieces:
    def __init__(self, port, context):
        self.socket = socket.create_connection(("127.0.0.1", port), PATIENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.came, self.sent = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.came, self.sent, server_hostname="localhost")

    def handshake(self, in_pieces):
        """`in_pieces`: makes of the ClientHello's record what is sent of it, one packet each."""
        while True:
            try:
                self.tls.do_handshake()
                return self.socket.sendall(self.sent.read())
            except ssl.SSLWantReadError:
                for piece in in_pieces(self.sent.read()):
                    self.socket.sendall(piece)
            in_pieces = lambda data: [data]
            self.take()

    def take(self):
        data = self.socket.recv(65536)
        if not data:
            raise ConnectionResetError("closed")
        self.came.write(data)

    def ask(self, frame):
        """Some of the answer."""
        self.tls.write(frame)
        self.socket.sendall(self.sent.read())
        while True:
            try:
                return self.tls.read(65536)
            except ssl.SSLWantReadError:
                self.take()

    def close(self):
        self.socket.close()


def in_bytes(record):
    return [record[at:at + 1] for at in range(len(record))]


def in_records_of_one_byte(record):
    return [record[:3] + struct.pack(">H", 1) + byte for byte in in_bytes(record[5:])]
