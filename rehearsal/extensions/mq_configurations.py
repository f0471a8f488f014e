"""Configurations and their revisions. A configuration that a broker uses, or is about to use, cannot be deleted."""

from __future__ import annotations

import base64
import binascii
import uuid
from typing import Any

from rehearsal.asking import arn
from rehearsal.extensions.mq_common import bad, check_version, configuration_of, conflict, minor_of, missing, page, store
from rehearsal.extensions.mq_record import Configuration
from rehearsal.registry import Call, answers
from rehearsal.transitions import moment

DEFAULT = "# Default RabbitMQ delivery acknowledgement timeout is 30 minutes in milliseconds\nconsumer_timeout = 1800000\n"
KNOWN = (
    "consumer_timeout",
    "heartbeat",
    "management.",
    "quorum_queue.",
    "secure.",
    "auth_",
    "ssl_options.",
    "default_",
    "vm_memory",
    "aws.",
)
"""What the options begin with that Amazon MQ takes ("Configurable values" in its Developer Guide)."""


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _made(call: Call, name: str, version: str, tags: dict[str, str]) -> Configuration:
    identity = f"c-{uuid.uuid4()}"
    text = f"Auto-generated default for {name} on RabbitMQ {version}"
    made = Configuration(
        identity, arn(call, "mq", f"configuration:{identity}"), name, version, moment(), [_encoded(DEFAULT)], [text], dict(tags)
    )
    store(call).configurations[identity] = made
    return made


def default_configuration(call: Call, broker: str, version: str) -> dict[str, Any]:
    """What a broker gets that names none: a configuration without tags, which outlives it."""
    return {"Id": _made(call, f"{broker}-configuration", minor_of(version), {}).id, "Revision": 1}


@answers("mq", "CreateConfiguration")
def create(call: Call) -> Any:
    name = str(call.get("Name"))
    if call.get("EngineType") != "RABBITMQ":
        raise bad("The rehearsal cloud plays configurations of RabbitMQ only.", "engineType")
    check_version(call.get("EngineVersion"))
    if any(one.name == name for one in store(call).configurations.values()):
        raise conflict(f"Requested configuration name is already in use. [{name}]")
    return _described(_made(call, name, str(call.get("EngineVersion")), call.get("Tags") or {}))


@answers("mq", "ListConfigurations")
def listed(call: Call) -> Any:
    return page(call, "Configurations", [_described(one) for one in store(call).configurations.values()])


@answers("mq", "DescribeConfiguration")
def describe(call: Call) -> Any:
    return _described(configuration_of(call, call.get("ConfigurationId")))


@answers("mq", "DescribeConfigurationRevision")
def describe_revision(call: Call) -> Any:
    one, text = configuration_of(call, call.get("ConfigurationId")), str(call.get("ConfigurationRevision"))
    if not text.isdecimal() or not 1 <= int(text) <= len(one.revisions):
        raise missing(f"Can't find requested configuration revision [{text}].")
    position = int(text) - 1
    return {"ConfigurationId": one.id, "Created": one.created, "Data": one.revisions[position], "Description": one.descriptions[position]}


@answers("mq", "UpdateConfiguration")
def update(call: Call) -> Any:
    one, data = configuration_of(call, call.get("ConfigurationId")), str(call.get("Data"))
    try:
        text = base64.b64decode(data, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise bad("The configuration data is not valid base64.", "data") from error
    for line in text.splitlines():
        option, equals, _value = line.partition("=")
        if line.strip() and not line.startswith("#") and (not equals or not option.strip().startswith(KNOWN)):
            raise bad(f"The configuration option [{option.strip()}] is not supported.", "data")
    one.revisions.append(data)
    one.descriptions.append(str(call.get("Description") or ""))
    return {**_described(one), "Warnings": []}


@answers("mq", "DeleteConfiguration")
def delete(call: Call) -> Any:
    one = configuration_of(call, call.get("ConfigurationId"))
    for broker in store(call).brokers.values():
        if one.id in (broker.values["Configuration"]["Id"], (broker.pending.get("Configuration") or {}).get("Id")):
            raise conflict(f"The configuration [{one.id}] is used by the broker [{broker.id}].")
    store(call).configurations.pop(one.id)
    return {"ConfigurationId": one.id}


def _described(one: Configuration) -> dict[str, Any]:
    return {
        "Arn": one.arn,
        "AuthenticationStrategy": "SIMPLE",
        "Created": one.created,
        "Description": one.descriptions[0],
        "EngineType": "RABBITMQ",
        "EngineVersion": one.engine_version,
        "Id": one.id,
        "LatestRevision": {"Created": one.created, "Description": one.descriptions[-1], "Revision": len(one.revisions)},
        "Name": one.name,
        "Tags": dict(one.tags),
    }
