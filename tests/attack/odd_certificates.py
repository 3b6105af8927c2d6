"""Certificates with any names, which no tool would make, signed by the authority of a test: X.509 (RFC 5280) in DER (X.690), written by hand."""
import base64
import datetime
import os
import subprocess

from certificates import openssl

UTF8, PRINTABLE, T61, IA5, UNIVERSAL, BMP, INTEGER, OCTETS, BITS = 12, 19, 20, 22, 28, 30, 2, 4, 3
SEQUENCE, SET, OID, UTC_TIME, GENERALIZED_TIME, BOOLEAN = 0x30, 0x31, 6, 23, 24, 1
CN, O, OU, C = "2.5.4.3", "2.5.4.10", "2.5.4.11", "2.5.4.6"
ECDSA_WITH_SHA256 = "1.2.840.10045.4.3.2"


def der(tag, *contents):
    content = b"".join(contents)
    if len(content) < 128:
        return bytes([tag, len(content)]) + content
    size = len(content).to_bytes((len(content).bit_length() + 7) // 8, "big")
    return bytes([tag, 128 | len(size)]) + size + content


def oid(text):
    first, second, *rest = (int(arc) for arc in text.split("."))
    encoded = b""
    for arc in (40 * first + second, *rest):
        piece = bytes([arc & 127])
        while arc := arc >> 7:
            piece = bytes([arc & 127 | 128]) + piece
        encoded += piece
    return der(OID, encoded)


def part(kind, value, tag=UTF8):
    return der(SEQUENCE, oid(kind), der(tag, value))


def name(*sets):
    """Each set is a part, or a list of parts that stand side by side."""
    return der(SEQUENCE, *[der(SET, *(parts if isinstance(parts, list) else [parts])) for parts in sets])


def pem(kind, content):
    lines = base64.encodebytes(content).decode().replace("\n", "")
    return f"-----BEGIN {kind}-----\n" + "\n".join(lines[at:at + 64] for at in range(0, len(lines), 64)) + f"\n-----END {kind}-----\n"


class OddAuthority:
    """Signs with the key of an Authority. All certificates have the same key."""

    def __init__(self, authority):
        self.authority, self.count = authority, 0
        self.key = authority.path("odd.key")
        openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-out", self.key)
        openssl("pkey", "-in", self.key, "-pubout", "-outform", "DER", "-out", authority.path("odd.pub"))
        with open(authority.path("odd.pub"), "rb") as file:
            self.public = file.read()

    def sign(self, subject, usage=None, days=(-1, 20)):
        """Returns a PEM file with the certificate and its key. `usage`: the OID of what alone it is for; `days`: from when until when, from now."""
        algorithm = der(SEQUENCE, oid(ECDSA_WITH_SHA256))
        times = [(datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(day)).strftime("%y%m%d%H%M%SZ").encode() for day in days]
        extension = der(SEQUENCE, oid("2.5.29.37"), der(OCTETS, der(SEQUENCE, oid(usage)))) if usage else b""
        self.count += 1
        content = der(SEQUENCE, der(0xa0, der(INTEGER, b"\2")), der(INTEGER, (1000 + self.count).to_bytes(2, "big")), algorithm,
                      name(part(O, b"Test"), part(CN, b"Test CA")), der(SEQUENCE, *[der(UTC_TIME, time) for time in times]), subject, self.public,
                      *([der(0xa3, der(SEQUENCE, extension))] if usage else []))
        unsigned = self.authority.path("odd.tbs")
        with open(unsigned, "wb") as out:
            out.write(content)
        command = ["openssl", "dgst", "-sha256", "-sign", self.authority.path("ca.key"), unsigned]
        signature = subprocess.run(command, capture_output=True, check=True, timeout=60).stdout
        both = self.authority.path(f"odd{self.count}.pem")
        with open(both, "w", encoding="ascii") as out, open(self.key, encoding="ascii") as key:
            out.write(pem("CERTIFICATE", der(SEQUENCE, content, algorithm, der(BITS, b"\0" + signature))) + key.read())
        return os.path.abspath(both)
