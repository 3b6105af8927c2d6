"""What differ.py asks about client quotas (KIP-546)."""
from cases import Case

RATE = "producer_byte_rate"


def entity(*parts):
    return [{"EntityType": kind, "EntityName": name} for kind, name in parts]


def op(key=RATE, value=1000.0, remove=False):
    return {"Key": key, "Value": value, "Remove": remove}


def altered(name, of, ops, version=1, validate_only=False):
    body = {"Entries": [{"Entity": of, "Ops": ops}], "ValidateOnly": validate_only}
    return Case(f"quotas: {name}, v{version}", "AlterClientQuotas", version, body, changes=not validate_only, unordered={"Entity"})


def component(kind, match, name=None):
    return {"EntityType": kind, "MatchType": match, "Match": name}


def described(name, components, strict=False, version=1):
    return Case(f"quotas: {name} described, strict {strict}, v{version}", "DescribeClientQuotas", version,
                {"Components": components, "Strict": strict}, unordered={"Entity", "Entries", "Values"})


def quota_cases():
    user, nobody = [("user", "a")], entity()
    for version in (0, 1):
        yield altered("of nobody", nobody, [op()], version)
        yield altered("of an unknown type", entity(("foo", "x")), [op()], version)
        yield altered("of an empty name", entity(("user", "")), [op()], version)
        yield altered("of an address and a user", entity(("ip", "1.2.3.4"), *user), [op()], version)
        yield altered("of an address: bytes", entity(("ip", "1.2.3.4")), [op()], version)
        yield altered("of an address that is none", entity(("ip", "not an ip")), [op("connection_creation_rate", 5.0)], version)
        yield altered("of an address: fractions", entity(("ip", "1.2.3.4")), [op("connection_creation_rate", 5.5)], version)
        yield altered("of a user: connections", entity(*user), [op("connection_creation_rate", 5.0)], version)
        yield altered("of a client: connections", entity(("client-id", "c")), [op("connection_creation_rate", 5.0)], version)
        for key, value in (("foo", 1.0), ("", 1.0), (RATE, 0.0), (RATE, -1.0), (RATE, 1.5), (RATE, 1e300), (RATE, float("inf")), (RATE, 2.0**63),
                           ("controller_mutation_rate", 0.0), ("request_percentage", 0.0), ("request_percentage", float("inf")), ("SCRAM-SHA-256", 1.0)):
            yield altered(f"of {key} {value}", entity(*user), [op(key, value)], version)
        yield altered("the same twice", entity(*user), [op(value=5.0), op(value=6.0)], version)
        yield altered("set and removed", entity(*user), [op(value=5.0), op(remove=True)], version)
        yield altered("what isn't there is removed", entity(("user", "none")), [op(remove=True)], version)
        yield altered("what can't be there is removed", entity(("user", "none")), [op("foo", remove=True)], version)
        yield altered("of no quota", entity(("user", "none")), [], version)
        yield altered("of a type twice", entity(("user", "first"), ("user", "second")), [op()], version)
        yield altered("only checked", entity(("user", "v")), [op()], version, validate_only=True)
    for of, ops in ((user, [op(value=1000.0000001)]), (user, [op("controller_mutation_rate", 0.5)]), (user, [op("request_percentage", 250.5)]), ([("ip", "1.2.3.4")], [op("connection_creation_rate", 5.0)]),
                    ([("ip", None)], [op("connection_creation_rate", 6.0)]), ([("client-id", "c"), *user], [op(value=7.0), op("consumer_byte_rate", 8.0)]),
                    ([("user", None), ("client-id", None)], [op(value=9.0)]), ([("user", None)], [op(value=10.0)]), ([("user", "b")], [op(value=2.0**62)])):
        yield altered(f"of {of}", entity(*of), ops)
    twice = {"Entries": [{"Entity": entity(("user", "d")), "Ops": [op(value=5.0)]}, {"Entity": entity(("user", "d")), "Ops": [op(value=6.0)]},
                         {"Entity": entity(("user", "e")), "Ops": [op("x")]}, {"Entity": entity(("user", "f")), "Ops": [op()]}], "ValidateOnly": True}
    # Only checked: Kafka carries the first of two out, though it answers that it does not.
    yield Case("quotas: of several, one twice", "AlterClientQuotas", 1, twice, unordered={"Entries", "Entity"})
    for strict in (False, True):
        for name, parts in (("all", []), ("each user's", [component("user", 2)]), ("a user's", [component("user", 0, "a")]), ("the default user's", [component("user", 1)]),
                            ("each address's", [component("ip", 2)]), ("users' and clients'", [component("user", 2), component("client-id", 2)]),
                            ("nobody's", [component("user", 0, "nobody")])):
            for version in (0, 1):
                yield described(name, parts, strict, version)
    for name, parts in (("an address's and a user's", [component("ip", 2), component("user", 2)]), ("an unknown type's", [component("foo", 2)]),
                        ("an empty type's", [component("", 2)]), ("a type's twice", [component("user", 2), component("user", 1)]), ("a match of 3", [component("user", 3)]),
                        ("no name", [component("user", 0)]), ("a default with a name", [component("user", 1, "x")]), ("any with a name", [component("user", 2, "x")])):
        yield described(name, parts)
    yield altered("removed", entity(*user), [op(remove=True), op("controller_mutation_rate", remove=True), op("request_percentage", remove=True)])
    yield described("what is left", [])
    # So that none of them holds back what comes after.
    for of, key in (([("user", None), ("client-id", None)], RATE), ([("user", None)], RATE), ([("ip", None)], "connection_creation_rate")):
        yield altered(f"of {of} removed", entity(*of), [op(key, remove=True)])
