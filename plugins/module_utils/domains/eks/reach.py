# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What nodes must reach to join a cluster and to run its pods, and whether their subnets let them. Pure functions.

Nodes that reach nothing start, never join, and fail the creation of their group after half an hour.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...component.described_network import (
    DISCOVERED_TIER,
    DISCOVERY,
    WORLD,
    discovery_of,
    endpoints_of,
    lacking,
    leads_out,
    routing_of,
    short_name,
)
from .settings.addons import AGENT
from .settings.cluster import Cluster
from .settings.controllers import AUTOSCALER, LOAD_BALANCERS, LOGS, SECRETS
from .settings.karpenter import KARPENTER

ENDPOINTS_OF_ADDONS: Mapping[str, Mapping[str, str]] = {
    "amazon-cloudwatch-observability": {"logs": "container logs", "monitoring": "metrics"},
    "aws-efs-csi-driver": {"elasticfilesystem": "EFS volumes"},
}
ENDPOINTS_OF_CONTROLLERS: Mapping[str, Mapping[str, str]] = {
    LOAD_BALANCERS: {"elasticloadbalancing": "load balancers"},
    AUTOSCALER: {"autoscaling": "the cluster autoscaler", "eks": "the cluster autoscaler"},
    LOGS: {"logs": "container logs"},
    SECRETS: {"secretsmanager": "external secrets"},
    KARPENTER: {"eks": "Karpenter", "sqs": "Karpenter", "ssm": "Karpenter"},
}


def needed_endpoints(cluster: Cluster) -> dict[str, str]:
    """Short names of the endpoint services that a cluster needs without a way out of its network, each with its purpose.

    docs.aws.amazon.com/eks/latest/userguide/private-clusters.html
    """
    found = {"ecr.api": "images", "ecr.dkr": "images", "s3": "layers of images"}
    if cluster.node_groups:
        found |= {"ec2": "addresses of pods, volumes"}
    if AGENT in cluster.addons and cluster.node_groups:
        found |= {"eks-auth": "AWS permissions of pods"}
    if cluster.irsa_roles:
        found |= {"sts": "irsa_roles"}
    if cluster.fargate_profiles:
        found |= {"logs": "logs of pods on Fargate"}
    for name in cluster.addons:
        found |= ENDPOINTS_OF_ADDONS.get(name, {})
    for name in cluster.controllers:
        found |= ENDPOINTS_OF_CONTROLLERS[name]
    return found


def described_errors(
    clusters: Mapping[str, Cluster], network: Mapping[str, Any], name: str, tier: str, registry: str | None
) -> Iterator[str]:
    """Problems of clusters in a network that is described in the same inventory, before either exists.

    ``registry``: where the images of controllers come from; empty for the public registries, None if no controllers are installed.
    """
    if leads_out(network, tier) or routing_of(network, tier) == "public":
        return
    for cluster in clusters.values():
        if cluster.given_subnets or not (cluster.node_groups or cluster.fargate_profiles):
            continue
        start = f"{_no_way_out(network, name, tier)} {cluster.path}"
        if missing := lacking(needed_endpoints(cluster), endpoints_of(network)):
            yield f"{start} reach AWS only through endpoints, and it has none of {missing}; {REMEDY}"
        if registry == "" and cluster.controllers:
            yield (
                f"{start} cannot pull the images of {', '.join(cluster.controllers)} from public "
                "registries; set eks_image_registry to one that its endpoints reach, or choose another nat"
            )


def undiscovered(clusters: Mapping[str, Cluster], network: Mapping[str, Any], name: str, tier: str) -> Iterator[str]:
    """Clusters whose Karpenter would find no subnets in a network that is described in the same inventory."""
    value = discovery_of(network, tier)
    setting = f"vpc_networks.{name}.karpenter_discovery" if tier == DISCOVERED_TIER else f"tag {DISCOVERY} of tier {tier} of {name}"
    for cluster in clusters.values():
        if cluster.has_karpenter and not cluster.given_subnets and value != cluster.discovery:
            shown = f"is '{value}'" if value else "is missing"
            yield f"{setting} {shown}, but Karpenter of {cluster.path} looks for '{cluster.discovery}'; set both to the same text"


REMEDY = "add them to its endpoints, or choose another nat"


def _no_way_out(network: Mapping[str, Any], name: str, tier: str) -> str:
    if routing_of(network, tier) == "private":
        return f"vpc_networks.{name}.nat is 'none', but nodes and pods of"
    return f"eks_network_tier is '{tier}', but that tier of {name} is isolated: nodes and pods of"


SECTIONS = {"eks_nodegroup": "node_groups", "eks_fargate_profile": "fargate_profiles"}
"""kind -> the section of a cluster's settings."""


@dataclass(frozen=True)
class ShutIn:
    """A subnet in which nodes reach nothing outside its VPC, and why; ``public`` if it leads to an internet gateway nonetheless."""

    id: str
    vpc_id: str
    reason: str
    public: bool = False


@dataclass(frozen=True)
class Gates:
    """EC2's descriptions of the ways that lead out of some VPCs, whether or not a subnet is connected to them."""

    endpoints: Sequence[Mapping[str, Any]] = ()
    nat_gateways: Sequence[Mapping[str, Any]] = ()
    internet_gateways: Sequence[Mapping[str, Any]] = ()

    def services(self, vpc: str) -> set[str]:
        """The short names of the services with an endpoint in a VPC that works or soon will."""
        return {short_name(str(raw["ServiceName"])) for raw in self.endpoints if raw.get("VpcId") == vpc and _lives(raw)}

    def nat(self, vpc: str) -> bool:
        return any(raw.get("VpcId") == vpc and _lives(raw) for raw in self.nat_gateways)

    def any(self, vpc: str) -> bool:
        """Whether the VPC is connected to anything. One that is not may still be under construction."""
        attached = [one.get("VpcId") for raw in self.internet_gateways for one in raw.get("Attachments", [])]
        return vpc in attached or self.nat(vpc) or bool(self.services(vpc))


def _lives(raw: Mapping[str, Any]) -> bool:
    return str(raw.get("State", "")).lower() in ("available", "pending", "pendingacceptance")


def is_listed(cluster: Cluster, kind: str, part: str) -> bool:
    """Whether the user lists the subnets of a node group or a Fargate profile."""
    parts: Mapping[str, Any] = getattr(cluster, SECTIONS[kind])
    return part in parts and bool(parts[part].subnet_ids)


def shut_in(subnets: Sequence[Mapping[str, Any]], tables: Sequence[Mapping[str, Any]]) -> list[ShutIn]:
    """The subnets without a way out. Both are EC2's descriptions."""
    found = []
    for subnet in subnets:
        routes = [
            route
            for route in (_table_of(subnet, tables) or {}).get("Routes", [])
            if route.get("DestinationCidrBlock") == WORLD and route.get("State") != "blackhole"
        ]
        identity, vpc = str(subnet["SubnetId"]), str(subnet["VpcId"])
        if not routes:
            found.append(ShutIn(identity, vpc, "has no route to the world"))
        elif all(str(route.get("GatewayId") or "").startswith("igw-") for route in routes) and not subnet.get("MapPublicIpOnLaunch"):
            found.append(ShutIn(identity, vpc, "leads to an internet gateway and gives nodes no public addresses", public=True))
    return found


def obstacle(subnet: ShutIn, gates: Gates, cluster: Cluster, listed: bool, path: str) -> str:
    """Why nodes of ``path`` in a subnet cannot work, as a sentence; empty if they can or if nothing proves that they cannot.

    The subnets of a network (not ``listed``) may get their route to a NAT gateway while the cluster is created.
    """
    if not gates.any(subnet.vpc_id) or (gates.nat(subnet.vpc_id) and not listed and not subnet.public):
        return ""
    missing = lacking(needed_endpoints(cluster), gates.services(subnet.vpc_id))
    if not missing:
        return ""
    return (
        f"{path} would use {subnet.id}, which {subnet.reason}, and {subnet.vpc_id} has no endpoints of {missing}; choose subnets that lead "
        "to a NAT gateway, or create these endpoints"
    )


def _table_of(subnet: Mapping[str, Any], tables: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """The route table of a subnet: its own, or the main one of its VPC."""
    main = None
    for table in tables:
        for association in table.get("Associations", []):
            if association.get("SubnetId") == subnet["SubnetId"]:
                return table
            if association.get("Main") and table.get("VpcId") == subnet["VpcId"]:
                main = table
    return main
