# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The outputs of a component's clusters, computed from addresses and attributes alone.

The same function serves a run (whose attributes may still be unknown) and a look-up in AWS by tags, so the shape is always the same: keys
come from addresses, and only leaves can be unknown.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from ...component.outputs import Attributes, halves, split, value
from ...reconcile.model import is_unknown
from .settings.karpenter import KARPENTER, NODES

CLUSTER: Mapping[str, str] = {
    "name": "id",
    "arn": "arn",
    "endpoint": "endpoint",
    "certificate_authority": "certificate_authority",
    "version": "version",
    "oidc_issuer": "oidc_issuer",
    "cluster_security_group_id": "cluster_security_group_id",
    "vpc_id": "vpc_id",
}
"""output of a cluster -> attribute of eks_cluster."""

ROLES = ("pod-", "irsa-")
"""Prefixes of the parts of pod roles; the outputs list these roles by their names alone."""


def outputs(attributes: Attributes, names: Mapping[str, str] = MappingProxyType({})) -> dict[str, Any]:
    """The outputs of a component. ``names``: the AWS names of the described clusters, which are known before the clusters are created.

    {"clusters": {name: {name, arn, endpoint, certificate_authority, version, oidc_issuer, oidc_provider_arn, cluster_security_group_id,
    vpc_id, node_role_arn, node_groups: {group: {name, autoscaling_group_name}}, fargate_profiles: [name], roles: {name: arn},
    log_group_name, fargate_log_group_name, container_log_group_name, kms_key_arn, karpenter_queue_name,
    karpenter_instance_profile_name}}}; None if there is no such resource.
    """
    clusters = sorted(part for kind, part in map(split, attributes) if kind == "eks_cluster")
    known = {name: {"name": names[name]} if name in names else {} for name in clusters}
    return {"clusters": {name: {**cluster_outputs(name, attributes), **known[name]} for name in clusters}}


def name_of(attributes: Attributes, address: str, part: str) -> str:
    """The name in AWS: the last part of the address, unless the resource was moved there and has another name."""
    name = attributes[address].get("name")
    return part if name is None or is_unknown(name) else str(name)


def node_role(name: str, attributes: Attributes) -> Any:
    """The node role: the one created here, or else that of the first node group."""
    groups = sorted(address for address in attributes if address.startswith(f"eks_nodegroup.{name}/"))
    own = value(attributes, f"iam_role.{name}/nodes", "arn")
    return own if own is not None or not groups else value(attributes, groups[0], "node_role_arn")


def cluster_outputs(name: str, attributes: Attributes) -> dict[str, Any]:
    found: dict[str, Any] = {key: value(attributes, f"eks_cluster.{name}", attribute) for key, attribute in CLUSTER.items()}
    found["oidc_provider_arn"] = value(attributes, f"iam_oidc_provider.{name}", "arn")
    found["node_role_arn"] = node_role(name, attributes)
    found["kms_key_arn"] = value(attributes, f"kms_key.{name}/secrets", "arn")
    found["log_group_name"] = value(attributes, f"cluster_log_group.{name}", "id")
    found["fargate_log_group_name"] = value(attributes, f"cluster_log_group.{name}/fargate", "id")
    found["container_log_group_name"] = value(attributes, f"cluster_log_group.{name}/containers", "id")
    found["karpenter_queue_name"] = value(attributes, f"sqs_queue.{name}/{KARPENTER}", "name")
    found["karpenter_instance_profile_name"] = value(attributes, f"iam_instance_profile.{name}/{NODES}", "name")
    found |= {"node_groups": {}, "fargate_profiles": [], "roles": {}}
    for address in sorted(attributes):
        kind, full = split(address)
        cluster, part = halves(full, "/")
        if cluster != name or not part:
            continue
        if kind == "eks_nodegroup":
            group = value(attributes, address, "autoscaling_group_name")
            found["node_groups"][part] = {"name": name_of(attributes, address, part), "autoscaling_group_name": group}
        elif kind == "eks_fargate_profile":
            found["fargate_profiles"].append(name_of(attributes, address, part))
        elif kind == "iam_role" and part.startswith(ROLES):
            found["roles"][halves(part, "-")[1]] = value(attributes, address, "arn")
    return found
