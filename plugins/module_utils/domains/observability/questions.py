# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Queries to AWS before alarms can be built and judged: values of secrets, memory of instance classes, and policies of given keys."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ...aws.connection import Aws
from ...aws.tags import tag_dict
from ...reconcile.errors import CallFailed
from .described import Settings
from .platform import Platform
from .settings.severities import names_of

MEBIBYTE = 1024 * 1024
CLUSTER, RESOURCE = "elbv2.k8s.aws/cluster", "ingress.k8s.aws/resource"
"""Tags of the load balancer controller: the cluster, and ``<namespace>/<ingress>-<service>:<port>``."""
TAGS_AT_ONCE = 20
"""ARNs in one DescribeTags call (Elastic Load Balancing API reference)."""
INVALID = "InvalidRequestException"
"""Secrets Manager's code for a secret that is scheduled for deletion."""


def questions(settings: Settings) -> dict[str, Callable[[Aws], Any]]:
    found: dict[str, Callable[[Aws], Any]] = {}
    if secrets := sorted({secret for _place, secret in names_of(settings.severities)}):
        found["secrets"] = lambda aws: values(aws, secrets)
    if types := sorted({instance_type(one.instance_class) for one in settings.platform.databases if one.memory_bytes is None}):
        found["memory"] = lambda aws: memory(aws, types)
    if wanted := found_by(settings.platform):
        found["target_groups"] = lambda aws: target_groups(aws, wanted)
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
    groups = [group.found_by for one in platform.load_balancers for group in one.target_groups]
    services = [service.found_by for one in platform.applications for service in one.services]
    return frozenset(one for one in (*groups, *services) if one)


def target_groups(aws: Aws, wanted: frozenset[str]) -> dict[str, tuple[str, str]]:
    """What identifies a target group -> CloudWatch's dimensions for it and for its load balancer; without those that do not exist."""
    used = [one for one in aws.list_all("elbv2", "describe_target_groups", "TargetGroups") if one.get("LoadBalancerArns")]
    balancers = {str(one["TargetGroupArn"]): str(one["LoadBalancerArns"][0]).partition(":loadbalancer/")[2] for one in used}
    found = {}
    for some in itertools.batched(balancers, TAGS_AT_ONCE):
        for one in aws.read("elbv2", "describe_tags", ResourceArns=list(some))["TagDescriptions"]:
            tags, arn = tag_dict(one["Tags"]), str(one["ResourceArn"])
            name = f"{tags.get(CLUSTER, '')}/{tags.get(RESOURCE, '').rpartition(':')[0]}"
            if name in wanted:
                found[name] = arn.rpartition(":")[2], balancers[arn]
    return found


def key_policies(aws: Aws, keys: Mapping[str, str]) -> dict[str, Any]:
    """Region -> the policy of the given key, parsed; None if the key does not exist."""
    regions = list(keys)
    return dict(zip(regions, aws.map(lambda region: _policy(aws, region, keys[region]), regions), strict=True))


def _policy(aws: Aws, region: str, key: str) -> Any:
    reply = aws.in_region(region).find("kms", "get_key_policy", KeyId=key, PolicyName="default")
    return json.loads(reply["Policy"]) if reply else None
