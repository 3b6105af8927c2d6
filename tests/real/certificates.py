"""Certificates for tests, made by the openssl command: an authority, and certificates that it signs."""
import os
import subprocess


def openssl(*arguments):
    subprocess.run(["openssl", *arguments], check=True, capture_output=True, timeout=60)


class Authority:
    """`directory`: for its files. The authority's certificate is in ca.pem."""

    def __init__(self, directory):
        self.directory = directory
        self.certificate = self.path("ca.pem")
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-noenc", "-keyout", self.path("ca.key"),
                "-out", self.certificate, "-subj", "/O=Test/CN=Test CA", "-days", "30")

    def path(self, name):
        return os.path.join(self.directory, name)

    def sign(self, name, subject, names="DNS:localhost,IP:127.0.0.1"):
        """Returns a file with the certificate and its key, as PEM; they are also in NAME.crt and NAME.key."""
        key, request, certificate, both = (self.path(name + end) for end in (".key", ".csr", ".crt", ".pem"))
        openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-noenc", "-keyout", key, "-out", request, "-subj", subject,
                "-addext", "subjectAltName=" + names)
        openssl("x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self.path("ca.key"), "-CAcreateserial", "-out", certificate,
                "-days", "20", "-copy_extensions", "copy")
        with open(both, "w", encoding="ascii") as out:
            for part in (certificate, key):
                with open(part, encoding="ascii") as read:
                    out.write(read.read())
        return both

    def pkcs12(self, name, password):
        """A store of a signed certificate, for Java and for brokers."""
        store = self.path(name + ".p12")
        openssl("pkcs12", "-export", "-in", self.path(name + ".crt"), "-inkey", self.path(name + ".key"), "-out", store, "-passout", "pass:" + password)
        return store
