"""What differ.py asks about the levels of a broker's loggers (KIP-412). Both brokers have the logger "root"; their others differ."""
from cases import Case

LOGGERS, TOPIC = 8, 2
SET, DELETE, APPEND, SUBTRACT = range(4)


def changed(name, *resources, version=1, validate_only=False):
    """`resources`: (type, name, [(key, operation, value)])."""
    body = {"ValidateOnly": validate_only, "Resources": [
        {"ResourceType": kind, "ResourceName": who, "Configs": [{"Name": key, "ConfigOperation": operation, "Value": value} for key, operation, value in configs]}
        for kind, who, configs in resources]}
    return Case(f"loggers: {name}, v{version}", "IncrementalAlterConfigs", version, body, changes=not validate_only, unordered={"Responses"})


def described(name, who="1", keys=("root",), version=4):
    return Case(f"loggers: {name} described, v{version}", "DescribeConfigs", version, {"Resources": [
        {"ResourceType": LOGGERS, "ResourceName": who, "ConfigurationKeys": list(keys)}], "IncludeSynonyms": True, "IncludeDocumentation": True})


def logger_cases():
    for version in (0, 1):
        yield changed("root to WARN", (LOGGERS, "1", [("root", SET, "WARN")]), version=version)
    for version in (1, 2, 3, 4):
        yield described("root", version=version)
    yield described("one that is not there", keys=["no.such.logger"])
    yield described("no broker", who="")
    yield described("no number", who="x")
    yield described("another broker", who="7")
    for level in ("TRACE", "DEBUG", "INFO", "ERROR", "FATAL", "warn", "Warn", "OFF", "ALL", "LOUD", "", None):
        yield changed(f"root to {level}, only checked", (LOGGERS, "1", [("root", SET, level)]), validate_only=True)
    yield described("root, of which nothing has changed")
    yield changed("root removed", (LOGGERS, "1", [("root", DELETE, None)]))
    yield changed("appended", (LOGGERS, "1", [("root", APPEND, "INFO")]))
    yield changed("subtracted", (LOGGERS, "1", [("root", SUBTRACT, "INFO")]))
    yield changed("an unknown operation", (LOGGERS, "1", [("root", 9, "INFO")]))
    yield changed("a logger that is not there", (LOGGERS, "1", [("no.such.logger", SET, "INFO")]))
    yield changed("a logger that is not there, removed", (LOGGERS, "1", [("no.such.logger", DELETE, None)]))
    yield changed("a logger without a name", (LOGGERS, "1", [("", SET, "INFO")]))
    yield changed("root twice", (LOGGERS, "1", [("root", SET, "INFO"), ("root", SET, "ERROR")]))
    yield changed("one of two that is not there", (LOGGERS, "1", [("root", SET, "ERROR"), ("no.such.logger", SET, "INFO")]))
    yield changed("of another broker", (LOGGERS, "7", [("root", SET, "INFO")]))
    yield changed("of no broker", (LOGGERS, "", [("root", SET, "INFO")]))
    yield changed("of no number", (LOGGERS, "x", [("root", SET, "INFO")]))
    yield changed("of nothing", (LOGGERS, "1", []))
    yield changed("the same broker twice", (LOGGERS, "1", [("root", SET, "INFO")]), (LOGGERS, "1", [("root", SET, "ERROR")]))
    yield changed("of two brokers", (LOGGERS, "7", [("root", SET, "INFO")]), (LOGGERS, "1", [("root", SET, "ERROR")]))
    yield described("root in the end")
    yield changed("root to INFO again", (LOGGERS, "1", [("root", SET, "INFO")]))
    yield Case("loggers: replaced, v2", "AlterConfigs", 2, {"Resources": [{"ResourceType": LOGGERS, "ResourceName": "1", "Configs": [{"Name": "root", "Value": "INFO"}]}]})
    yield Case("loggers: everything listed, v1", "ListConfigResources", 1, {"ResourceTypes": []}, unordered={"ConfigResources"})
    for version in (0, 1):
        yield Case(f"loggers: listed, v{version}", "ListConfigResources", version, {"ResourceTypes": [LOGGERS]} if version else {})
