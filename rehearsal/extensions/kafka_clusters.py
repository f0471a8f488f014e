"""Clusters with brokers of their own and serverless ones: creation, descriptions, and the end. Express brokers are refused."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from typing import Any

from rehearsal.asking import arn
from rehearsal.extensions.kafka_common import (
    TYPES,
    VERSIONS,
    bad,
    cluster_of,
    configuration_of,
    conflict,
    is_kraft,
    page,
    store,
)
from rehearsal.extensions.kafka_record import ACTIVE, CLUSTER, CREATING, DELETING, UPDATING, Cluster, begun, phase
from rehearsal.extensions.kms_access import KeyUnusable, key_arn_for
from rehearsal.in_vpc import subnets_by_id
from rehearsal.life import end_script, life_of
from rehearsal.registry import Call, answers, backend
from rehearsal.transitions import moment

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,63}")
PORTS = {"iam": 9098, "scram": 9096, "tls": 9094, "plaintext": 9092}


@answers("kafka", "CreateClusterV2")
def create(call: Call) -> Any:
    name, known = str(call.get("ClusterName")), store(call).clusters
    if not _NAME.fullmatch(name):
        raise bad("The cluster name is not valid: 1 to 64 letters, digits, and hyphens.")
    if any(one.name == name for one in known.values()):
        raise conflict("A resource with this name already exists.")
    serverless = bool(call.get("Serverless"))
    members = _serverless(call) if serverless else _provisioned(call, name)
    identity = f"{uuid.uuid4()}-{'s1' if serverless else 2}"
    own = arn(call, "kafka", f"cluster/{name}/{identity}")
    cluster = Cluster(identity, own, name, moment(), serverless, members, tags=dict(call.get("Tags") or {}))
    known[own] = begun(cluster, [phase(CREATING)])
    return {"ClusterArn": own, "ClusterName": name, "State": CREATING, "ClusterType": kind_of(cluster)}


def kind_of(one: Cluster) -> str:
    return "SERVERLESS" if one.serverless else "PROVISIONED"


def _serverless(call: Call) -> dict[str, Any]:
    given = dict(call.get("Serverless") or {})
    for config in given.get("VpcConfigs") or []:
        _check_place(call, config.get("SubnetIds") or [], config.get("SecurityGroupIds") or [], fewest=2)
    return {**given, "ClientAuthentication": {"Sasl": {"Iam": {"Enabled": True}}}}


def _provisioned(call: Call, name: str) -> dict[str, Any]:
    given = dict(call.get("Provisioned") or {})
    nodes, version = dict(given["BrokerNodeGroupInfo"]), str(given["KafkaVersion"])
    check_version(version)
    check_type(nodes["InstanceType"])
    _check_place(call, nodes["ClientSubnets"], nodes.get("SecurityGroups") or [], fewest=2)
    check_count(given["NumberOfBrokerNodes"], len(nodes["ClientSubnets"]))
    software: dict[str, Any] = {"KafkaVersion": version}
    if chosen := given.get("ConfigurationInfo"):
        check_revision(call, chosen)
        software |= {"ConfigurationArn": chosen["Arn"], "ConfigurationRevision": chosen["Revision"]}
    encryption = given.get("EncryptionInfo") or {}
    at_rest = _key(call, (encryption.get("EncryptionAtRest") or {}).get("DataVolumeKMSKeyId"))
    transit = {"ClientBroker": "TLS", "InCluster": True} | (encryption.get("EncryptionInTransit") or {})
    return {
        "BrokerNodeGroupInfo": {"BrokerAZDistribution": "DEFAULT", **nodes},
        "CurrentBrokerSoftwareInfo": software,
        "ClientAuthentication": given.get("ClientAuthentication") or {"Unauthenticated": {"Enabled": True}},
        "EncryptionInfo": {"EncryptionAtRest": {"DataVolumeKMSKeyId": at_rest}, "EncryptionInTransit": transit},
        "EnhancedMonitoring": given.get("EnhancedMonitoring") or "DEFAULT",
        "OpenMonitoring": given.get("OpenMonitoring") or _unmonitored(),
        "LoggingInfo": given.get("LoggingInfo") or {"BrokerLogs": {}},
        "NumberOfBrokerNodes": given["NumberOfBrokerNodes"],
        "StorageMode": given.get("StorageMode") or "LOCAL",
        **({} if is_kraft(version) else {"ZookeeperConnectString": f"z-1.{name}.kafka.{call.region}.amazonaws.com:2181"}),
    }


def _key(call: Call, given: Any) -> str:
    """The ARN of the key for the data; without one, that of AWS's own key for MSK."""
    if not given:
        return arn(call, "kms", f"key/{uuid.uuid5(uuid.NAMESPACE_URL, f'{call.account_id} {call.region} kafka')}")
    try:
        return key_arn_for(call, given, "kafka")
    except KeyUnusable as error:
        raise bad(f"The KMS key cannot be used: {error}") from error


def _unmonitored() -> dict[str, Any]:
    return {"Prometheus": {"JmxExporter": {"EnabledInBroker": False}, "NodeExporter": {"EnabledInBroker": False}}}


def check_version(version: str) -> None:
    if version not in VERSIONS:
        raise bad(f"Unsupported KafkaVersion [{version}]. Valid values: {', '.join(VERSIONS)}")


def check_type(instance_type: Any) -> None:
    if instance_type not in TYPES:
        raise bad(f"Unsupported InstanceType [{instance_type}]. Valid values: {', '.join(TYPES)}")


def check_count(count: int, subnets: int) -> None:
    if count % subnets:
        raise bad(f"The number of broker nodes must be a multiple of the number of client subnets [{subnets}].")


def check_revision(call: Call, wanted: Mapping[str, Any]) -> None:
    found = configuration_of(call, wanted["Arn"])
    if not 1 <= int(wanted["Revision"]) <= len(found.revisions):
        raise bad("The configuration revision does not exist.")


def _check_place(call: Call, subnets: list[str], groups: list[str], fewest: int) -> None:
    known = subnets_by_id(call)
    if unknown := [one for one in subnets if one not in known]:
        raise bad(f"The subnet [{unknown[0]}] does not exist.")
    zones = [known[one].availability_zone for one in subnets]
    if len(set(zones)) < len(zones) or len(zones) < fewest:
        raise bad(f"Specify subnets in at least {fewest} different Availability Zones, one in each.")
    there = {identity for of_vpc in backend("ec2", call.account_id, call.region).groups.values() for identity in of_vpc}
    if unknown := [one for one in groups if one not in there]:
        raise bad(f"The security group [{unknown[0]}] does not exist.")


def described(one: Cluster) -> dict[str, Any]:
    return {
        "ClusterArn": one.arn,
        "ClusterName": one.name,
        "ClusterType": kind_of(one),
        "CreationTime": one.created,
        "CurrentVersion": one.version,
        "State": one.status,
        "Tags": dict(one.tags),
        ("Serverless" if one.serverless else "Provisioned"): one.members,
    }


@answers("kafka", "ListClustersV2")
def listed(call: Call) -> Any:
    return page(call, "ClusterInfoList", [described(one) for one in store(call).clusters.values()])


@answers("kafka", "DescribeClusterV2")
def describe(call: Call) -> Any:
    return {"ClusterInfo": described(cluster_of(call))}


@answers("kafka", "GetBootstrapBrokers")
def bootstrap(call: Call) -> Any:
    """The addresses for each way to log in."""
    one = cluster_of(call)
    sasl = (one.members.get("ClientAuthentication") or {}).get("Sasl") or {}
    tls = (one.members.get("ClientAuthentication") or {}).get("Tls") or {}
    count = 1 if one.serverless else min(int(one.members["NumberOfBrokerNodes"]), 3)
    found = {}
    if (sasl.get("Iam") or {}).get("Enabled"):
        found["BootstrapBrokerStringSaslIam"] = _addresses(one, call.region, count, PORTS["iam"])
    if (sasl.get("Scram") or {}).get("Enabled"):
        found["BootstrapBrokerStringSaslScram"] = _addresses(one, call.region, count, PORTS["scram"])
    anyone = ((one.members.get("ClientAuthentication") or {}).get("Unauthenticated") or {}).get("Enabled")
    transit = ((one.members.get("EncryptionInfo") or {}).get("EncryptionInTransit") or {}).get("ClientBroker")
    if tls.get("Enabled") or (anyone and transit in ("TLS", "TLS_PLAINTEXT")):
        found["BootstrapBrokerStringTls"] = _addresses(one, call.region, count, PORTS["tls"])
    if anyone and transit in ("PLAINTEXT", "TLS_PLAINTEXT"):
        found["BootstrapBrokerString"] = _addresses(one, call.region, count, PORTS["plaintext"])
    return found


def _addresses(one: Cluster, region: str, count: int, port: int) -> str:
    short = f"{one.name[:20]}.{one.id[:6]}"
    if one.serverless:
        return f"boot-{one.id[:8]}.c1.kafka-serverless.{region}.amazonaws.com:{port}"
    return ",".join(f"b-{number}.{short}.c1.kafka.{region}.amazonaws.com:{port}" for number in range(1, count + 1))


@answers("kafka", "DeleteCluster")
def delete(call: Call) -> Any:
    one, known = cluster_of(call), store(call).clusters
    status = one.status
    if status in (CREATING, UPDATING):
        raise bad(f"You can't delete a cluster in state [{status}].")
    if status != DELETING:
        end_script(CLUSTER, one)
        life_of(one).play([phase(DELETING, end=lambda: known.pop(one.arn, None) and None)], DELETING)
    return {"ClusterArn": one.arn, "State": DELETING}


def changeable(call: Call) -> Cluster:
    """The active cluster that a call changes, in the version that it names."""
    one = cluster_of(call)
    if one.status != ACTIVE:
        raise bad(f"You can't update the cluster, which is in state [{one.status}]: another operation is in progress.")
    if one.serverless:
        raise bad("This operation cannot be performed on serverless clusters.")
    if str(call.get("CurrentVersion")) != one.version:
        raise bad("The specified version of the cluster isn't the current version.")
    return one
