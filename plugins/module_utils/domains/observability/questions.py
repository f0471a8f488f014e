# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Queries to AWS before alarms can be built and judged: values of secrets, memory of instance classes, and policies of given keys."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from ...aws.connection import Aws
from ...aws.target_groups import target_groups
from ...reconcile.errors import CallFailed
from .described import Settings
from .platform import Platform
from .settings.severities import names_of

MEBIBYTE = 1024 * 1024
INVALID = "InvalidRequestException"
"""Secrets Manager's code for a secret that is scheduled for deletion."""


def questions(settings: Settings) -> dict[str, Callable[[Aws], Any]]:
    found: dict[str, Callable[[Aws], Any]] = {}
    if secrets := sorted({secret for _place, secret in names_of(settings.severities)}):
        found["secrets"] = lambda aws: values(aws, secrets)
    if types := sorted({instance_type(one.instance_class) for one in settings.platform.databases if one.memory_bytes is None}):
        found["memory"] = lambda aws: memory(aws, types)
    if wanted := found_by(settings.platform):
        found["target_groups"] = lambda aws: dimensions(aws, wanted)
    if clusters := sorted(one.cluster_name for one in settings.platform.streams if not one.serverless):
        found["streams"] = lambda aws: brokers(aws, clusters)
    if settings.key_arns:
        found["keys"] = lambda aws: key_policies(aws, settings.key_arns)
    return found


def values(aws: Aws, secrets: Iterable[str]) -> dict[str, str | None]:
    """secret -> its value, which goes nowhere but into the requests that need it; None if it does not exist or has none."""
    wanted = list(secrets)
    return dict(zip(wanted, aws.map(lambda name: _value(aws, name), wanted), strict=True))


def _value(aws: Aws, secret: str) -> str | None:
    try:
        reply = aws.find("secretsmanager", "get_secret_value", SecretId=secret)
    except CallFailed as error:
        if error.code != INVALID:
            raise
        return None
    text = str((reply or {}).get("SecretString") or "").strip()
    return _inside(text) or None


def _inside(text: str) -> str:
    """The value of a secret that is a JSON object with one member, as the console makes them, or the text itself."""
    if not text.startswith("{"):
        return text
    try:
        found = json.loads(text)
    except ValueError:
        return text
    return str(next(iter(found.values()))).strip() if isinstance(found, dict) and len(found) == 1 else text


def instance_type(instance_class: str) -> str:
    """``db.t3.large`` -> t3.large: RDS describes its classes nowhere, and EC2 the types of the same name."""
    return instance_class.removeprefix("db.")


def memory(aws: Aws, types: Iterable[str]) -> dict[str, int]:
    """Instance type -> its memory in bytes; without those that EC2 does not have."""
    wanted = list(types)
    entries = aws.list_all("ec2", "describe_instance_types", "InstanceTypes", Filters=[{"Name": "instance-type", "Values": wanted}])
    return {str(one["InstanceType"]): int(one["MemoryInfo"]["SizeInMiB"]) * MEBIBYTE for one in entries}


def found_by(platform: Platform) -> frozenset[str]:
    """What identifies the target groups to look up: see Service."""
    groups = [name for one in platform.load_balancers for group in one.target_groups for name in group.found_by]
    services = [name for one in platform.applications for service in one.services for name in service.found_by]
    return frozenset((*groups, *services))


def dimensions(aws: Aws, wanted: frozenset[str]) -> dict[str, tuple[str, str]]:
    """What identifies a target group -> CloudWatch's dimensions for it and for its load balancer; without those that do not exist."""
    named = {f"{one.cluster}/{one.backend}": one for one in target_groups(aws)}
    return {name: (one.dimension, one.balancer) for name, one in named.items() if name in wanted}


def brokers(aws: Aws, clusters: Sequence[str]) -> dict[str, tuple[int, ...]]:
    """Name of a cluster of MSK -> the IDs of its brokers, which have gaps after some were removed; without those that do not exist."""
    listed = aws.list_all("kafka", "list_clusters_v2", "ClusterInfoList")
    arns = {str(one["ClusterName"]): str(one["ClusterArn"]) for one in listed if one["ClusterName"] in clusters and "Provisioned" in one}
    nodes = aws.map(lambda arn: aws.list_all("kafka", "list_nodes", "NodeInfoList", ClusterArn=arn), arns.values())
    return {name: broker_ids(some) for name, some in zip(arns, nodes, strict=True)}


def broker_ids(nodes: Iterable[Mapping[str, Any]]) -> tuple[int, ...]:
    """Controllers are nodes, too."""
    return tuple(sorted(int(one["BrokerNodeInfo"]["BrokerId"]) for one in nodes if one.get("BrokerNodeInfo")))


def key_policies(aws: Aws, keys: Mapping[str, str]) -> dict[str, Any]:
    """Region -> the policy of the given key, parsed; None if the key does not exist."""
    regions = list(keys)
    return dict(zip(regions, aws.map(lambda region: _policy(aws, region, keys[region]), regions), strict=True))


def _policy(aws: Aws, region: str, key: str) -> Any:
    reply = aws.in_region(region).find("kms", "get_key_policy", KeyId=key, PolicyName="default")
    return json.loads(reply["Policy"]) if reply else None
