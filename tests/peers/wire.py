"""Kafka's protocol as its own schemas describe it: any request from a dictionary, any answer as one.

The schemas are those in kafka-clients.jar (common/message/*.json), so that what is compared with is not this project's own reading of
them. A field that the dictionary leaves out has the schema's default; names are the schema's.
"""
import json
import re
import socket
import struct
import zipfile


def without_comments(text):
    return re.sub(r"^\s*//.*$", "", text, flags=re.M)


def contains(versions, version):
    if versions in (None, "none"):
        return False
    low, _, high = versions.partition("-")
    if low.endswith("+"):
        return version >= int(low[:-1])
    return int(low) <= version <= int(high or low)


class Schemas:
    def __init__(self, clients_jar):
        self.requests, self.responses = {}, {}
        with zipfile.ZipFile(clients_jar) as jar:
            for name in jar.namelist():
                if name.startswith("common/message/") and name.endswith(".json"):
                    schema = json.loads(without_comments(jar.read(name).decode()))
                    if schema["type"] in ("request", "response"):
                        kind = self.requests if schema["type"] == "request" else self.responses
                        kind[schema["name"].removesuffix("Request").removesuffix("Response")] = schema


class Codec:
    def __init__(self, schema, version):
        self.version = version
        self.flexible = contains(schema.get("flexibleVersions"), version)
        self.common = {struct["name"]: struct["fields"] for struct in schema.get("commonStructs", [])}
        self.fields = schema["fields"]

    def present(self, fields, tagged):
        for field in fields:
            is_tagged = "tag" in field and contains(field.get("taggedVersions"), self.version)
            if contains(field["versions"], self.version) and is_tagged == tagged:
                yield field

    def element(self, field):
        return {**field, "nullableVersions": None}  # that the array may be null does not make its elements so

    def members(self, field, kind):
        return field.get("fields") or self.common.get(kind)


class Encoder(Codec):
    def message(self, values):
        self.out = bytearray()
        self.structure(self.fields, values)
        return bytes(self.out)

    def structure(self, fields, values):
        known = {field["name"] for field in fields}
        assert set(values) <= known, f"no such fields: {set(values) - known}"
        for field in self.present(fields, False):
            self.value(field, field["type"], values.get(field["name"], self.default(field)))
        if not self.flexible:
            return
        tagged = [field for field in self.present(fields, True) if field["name"] in values]
        self.varint(len(tagged))
        for field in sorted(tagged, key=lambda field: field["tag"]):
            whole, self.out = self.out, bytearray()
            self.value(field, field["type"], values[field["name"]])
            part, self.out = self.out, whole
            self.varint(field["tag"])
            self.varint(len(part))
            self.out += part

    def default(self, field):
        kind, given = field["type"], field.get("default")
        if given == "null":
            return None
        if kind.startswith("[]"):
            return []
        if kind == "string":
            return given or ""
        if kind in ("bytes", "records"):
            return b""
        if kind == "uuid":
            return bytes(16)
        if kind == "bool":
            return str(given).lower() == "true"
        if self.members(field, kind):
            return {}
        return int(str(given), 0) if given is not None else 0

    def varint(self, number):
        while number > 127:
            self.out.append(number & 127 | 128)
            number >>= 7
        self.out.append(number)

    def length(self, size, short):
        if self.flexible:
            self.varint(size + 1)
        else:
            self.out += struct.pack(">h" if short else ">i", size)

    def value(self, field, kind, value):
        formats = {"int8": ">b", "int16": ">h", "uint16": ">H", "int32": ">i", "uint32": ">I", "int64": ">q", "float64": ">d"}
        if kind.startswith("[]"):
            self.length(-1 if value is None else len(value), False)
            for element in value or []:
                self.value(self.element(field), kind[2:], element)
        elif kind in formats:
            self.out += struct.pack(formats[kind], value)
        elif kind == "bool":
            self.out.append(bool(value))
        elif kind == "uuid":
            self.out += value
        elif kind in ("string", "bytes", "records"):
            raw = value.encode() if isinstance(value, str) else value
            self.length(-1 if raw is None else len(raw), kind == "string")
            self.out += raw or b""
        else:
            if contains(field.get("nullableVersions"), self.version):
                self.out += b"\xff" if value is None else b"\1"
            if value is not None:
                self.structure(self.members(field, kind), value)


class Decoder(Codec):
    def message(self, raw):
        self.raw, self.at = raw, 0
        values = self.structure(self.fields)
        assert self.at == len(raw), f"{len(raw) - self.at} bytes are left over"
        return values

    def take(self, count):
        assert 0 <= count <= len(self.raw) - self.at, "the answer ends early"
        part = self.raw[self.at:self.at + count]
        self.at += count
        return part

    def varint(self):
        number = shift = 0
        while True:
            byte = self.take(1)[0]
            number |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return number

    def length(self, short):
        if self.flexible:
            return self.varint() - 1
        return struct.unpack(">h" if short else ">i", self.take(2 if short else 4))[0]

    def structure(self, fields):
        values = {field["name"]: self.value(field, field["type"]) for field in self.present(fields, False)}
        if self.flexible:
            by_tag = {field["tag"]: field for field in self.present(fields, True)}
            for _ in range(self.varint()):
                tag, size = self.varint(), self.varint()
                end = self.at + size
                if tag in by_tag:
                    values[by_tag[tag]["name"]] = self.value(by_tag[tag], by_tag[tag]["type"])
                    assert self.at == end, f"tagged field {tag} has not its size"
                else:
                    values[f"tag {tag}"] = self.take(size)
        return values

    def value(self, field, kind):
        formats = {"int8": ">b", "int16": ">h", "uint16": ">H", "int32": ">i", "uint32": ">I", "int64": ">q", "float64": ">d"}
        if kind.startswith("[]"):
            count = self.length(False)
            return None if count < 0 else [self.value(self.element(field), kind[2:]) for _ in range(count)]
        if kind in formats:
            return struct.unpack(formats[kind], self.take(struct.calcsize(formats[kind])))[0]
        if kind == "bool":
            return self.take(1) != b"\0"
        if kind == "uuid":
            return self.take(16)
        if kind in ("string", "bytes", "records"):
            size = self.length(kind == "string")
            raw = None if size < 0 else self.take(size)
            return raw.decode() if kind == "string" and raw is not None else raw
        if contains(field.get("nullableVersions"), self.version) and self.take(1) == b"\xff":
            return None
        return self.structure(self.members(field, kind))


class Connection:
    """One connection to a broker. An answer is a dictionary, or the string "closed"."""

    def __init__(self, schemas, host, port, timeout=20):
        self.schemas, self.address, self.timeout, self.socket, self.correlation = schemas, (host, port), timeout, None, 0

    def ask(self, api, version, values, after=b""):
        request, response = self.schemas.requests[api], self.schemas.responses[api]
        return self.ask_raw(request["apiKey"], version, Encoder(request, version).message(values) + after,
                            contains(request.get("flexibleVersions"), version), response)

    def ask_raw(self, key, version, body, flexible, response=None):
        """With no schema of the answer, its bytes."""
        self.socket = self.socket or socket.create_connection(self.address, self.timeout)
        self.correlation += 1
        frame = struct.pack(">hhih", key, version, self.correlation, 4) + b"peer" + (b"\0" if flexible else b"") + body
        try:
            self.socket.sendall(struct.pack(">i", len(frame)) + frame)
            answer = self.frame()
        except (ConnectionError, socket.timeout) as error:
            self.close()
            return "no answer" if isinstance(error, socket.timeout) else "closed"
        correlation, = struct.unpack(">i", answer[:4])
        assert correlation == self.correlation, "an answer to something else"
        if response is None:
            return answer[4:]
        tagged = flexible and response["apiKey"] != 18  # ApiVersions is answered with the oldest header
        assert not tagged or answer[4] == 0
        return Decoder(response, version).message(answer[5 if tagged else 4:])

    def frame(self):
        size, = struct.unpack(">i", self.receive(4))
        return self.receive(size)

    def receive(self, count):
        data = b""
        while len(data) < count:
            part = self.socket.recv(count - len(data))
            if not part:
                raise ConnectionResetError("closed")
            data += part
        return data

    def close(self):
        if self.socket:
            self.socket.close()
            self.socket = None
