"""How the Python clients connect: in plain text, or as FULMAR_PEER_SECURITY says: a JSON object with the mechanism and user of SASL, the password,
and the file with the authority's certificate."""
import json
import os
import ssl

SECURITY = json.loads(os.environ.get("FULMAR_PEER_SECURITY", "null"))


def librdkafka(bootstrap):
    """The settings of a client of confluent-kafka."""
    settings = {"bootstrap.servers": bootstrap}
    if SECURITY:
        settings |= {"security.protocol": "SASL_SSL", "ssl.ca.location": SECURITY["authority"], "sasl.mechanism": SECURITY["mechanism"],
                     "sasl.username": SECURITY["user"], "sasl.password": SECURITY["password"]}
    return settings


def arguments(bootstrap):
    """The arguments of a client of aiokafka or kafka-python."""
    given = {"bootstrap_servers": bootstrap}
    if SECURITY:
        given |= {"security_protocol": "SASL_SSL", "ssl_context": ssl.create_default_context(cafile=SECURITY["authority"]),
                  "sasl_mechanism": SECURITY["mechanism"], "sasl_plain_username": SECURITY["user"], "sasl_plain_password": SECURITY["password"]}
    return given
