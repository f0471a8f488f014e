"""Configurations of brokers and their revisions, and the versions that are offered. One that a cluster uses cannot be deleted."""

from __future__ import annotations

import uuid
from typing import Any

from rehearsal.asking import arn
from rehearsal.extensions.kafka_common import VERSIONS, bad, configuration_of, conflict, missing, page, store
from rehearsal.extensions.kafka_record import Configuration
from rehearsal.registry import Call, answers
from rehearsal.transitions import moment


def _text(call: Call) -> bytes:
    given = call.get("ServerProperties") or b""
    text = given if isinstance(given, bytes) else str(given).encode()
    for line in text.decode().splitlines():
        if line.strip() and not line.startswith("#") and "=" not in line:
            raise bad(f"Invalid server properties: {line}")
    return text


@answers("kafka", "CreateConfiguration")
def create(call: Call) -> Any:
    name, known = str(call.get("Name")), store(call).configurations
    if any(one.name == name for one in known.values()):
        raise conflict("A resource with this name already exists.")
    identity = f"{uuid.uuid4()}-2"
    own = arn(call, "kafka", f"configuration/{name}/{identity}")
    says = str(call.get("Description") or "")
    made = Configuration(identity, own, name, says, moment(), list(call.get("KafkaVersions") or []), [_text(call)], [says])
    known[own] = made
    return {"Arn": own, "CreationTime": made.created, "LatestRevision": _newest(made), "Name": name, "State": "ACTIVE"}


def _newest(one: Configuration) -> dict[str, Any]:
    return {"CreationTime": one.created, "Description": one.descriptions[-1], "Revision": len(one.revisions)}


def _described(one: Configuration) -> dict[str, Any]:
    return {
        "Arn": one.arn,
        "CreationTime": one.created,
        "Description": one.description,
        "KafkaVersions": list(one.versions),
        "LatestRevision": _newest(one),
        "Name": one.name,
        "State": "ACTIVE",
    }


@answers("kafka", "ListConfigurations")
def listed(call: Call) -> Any:
    return page(call, "Configurations", [_described(one) for one in store(call).configurations.values()])


@answers("kafka", "DescribeConfiguration")
def describe(call: Call) -> Any:
    return _described(configuration_of(call, call.get("Arn")))


@answers("kafka", "DescribeConfigurationRevision")
def describe_revision(call: Call) -> Any:
    one, number = configuration_of(call, call.get("Arn")), int(call.get("Revision"))
    if not 1 <= number <= len(one.revisions):
        raise missing("The configuration revision does not exist.")
    return {"Arn": one.arn, "CreationTime": one.created, "Revision": number, "ServerProperties": one.revisions[number - 1]}


@answers("kafka", "UpdateConfiguration")
def update(call: Call) -> Any:
    one = configuration_of(call, call.get("Arn"))
    one.revisions.append(_text(call))
    one.descriptions.append(str(call.get("Description") or ""))
    return {"Arn": one.arn, "LatestRevision": _newest(one)}


@answers("kafka", "DeleteConfiguration")
def delete(call: Call) -> Any:
    one = configuration_of(call, call.get("Arn"))
    for cluster in store(call).clusters.values():
        if (cluster.members.get("CurrentBrokerSoftwareInfo") or {}).get("ConfigurationArn") == one.arn:
            raise bad(f"The configuration is in use by the cluster {cluster.arn}.")
    store(call).configurations.pop(one.arn)
    return {"Arn": one.arn, "State": "DELETING"}


@answers("kafka", "ListKafkaVersions")
def versions(call: Call) -> Any:
    return page(call, "KafkaVersions", [{"Version": one, "Status": "ACTIVE"} for one in VERSIONS])
