"""A cluster's resources in its VPC: its own security group, and its control plane's interfaces in its subnets."""

from __future__ import annotations

import secrets
from typing import Any

from rehearsal.extensions.ec2_common import network_interface
from rehearsal.registry import backend

MOST_INTERFACES = 4
"""EKS creates two to four interfaces for a control plane."""
DESCRIPTION = (
    "EKS created security group applied to ENI that is attached to EKS Control Plane master nodes, as well as any managed workloads."
)


def _ec2(cluster: Any) -> Any:
    _arn, _aws, _eks, region, account, _rest = cluster.arn.split(":", 5)
    return backend("ec2", account, region)


def connect(cluster: Any) -> None:
    """Creates the cluster's security group, which allows its own members, and the interfaces."""
    ec2, network = _ec2(cluster), cluster.resources_vpc_config
    name = f"eks-cluster-sg-{cluster.name}-{secrets.randbelow(10**9)}"
    tags = {"Name": name, "aws:eks:cluster-name": cluster.name, f"kubernetes.io/cluster/{cluster.name}": "owned"}
    group = ec2.create_security_group(name, DESCRIPTION, vpc_id=network["vpcId"], tags=tags)
    ec2.authorize_security_group_ingress(group.id, "-1", "", "", [], source_groups=[{"GroupId": group.id}])
    network["clusterSecurityGroupId"] = group.id
    cluster.rehearsal_interfaces = {}
    place(cluster)


def place(cluster: Any) -> None:
    """Ensures an interface in each subnet, with the cluster's groups; deletes those in other subnets."""
    ec2, network, held = _ec2(cluster), cluster.resources_vpc_config, cluster.rehearsal_interfaces
    wanted = list(network["subnetIds"])[:MOST_INTERFACES]
    groups = [network["clusterSecurityGroupId"], *network["securityGroupIds"]]
    for subnet in [subnet for subnet in held if subnet not in wanted]:
        ec2.enis.pop(held.pop(subnet).id, None)
    for subnet in wanted:
        if subnet not in held:
            held[subnet] = network_interface(ec2, subnet, f"Amazon EKS {cluster.name}", groups=groups)
            held[subnet].status = "in-use"
    for interface in held.values():
        interface._group_set = [ec2.get_security_group_from_id(group) for group in groups]


def disconnect(cluster: Any) -> None:
    """Deletes the interfaces, and the group unless something still uses it: then the group remains, as on AWS."""
    ec2, network = _ec2(cluster), cluster.resources_vpc_config
    for interface in cluster.__dict__.pop("rehearsal_interfaces", {}).values():
        ec2.enis.pop(interface.id, None)
    identity, groups = network.get("clusterSecurityGroupId"), ec2.groups.get(network["vpcId"], {})
    if identity in groups and not _needed(ec2, identity):
        del groups[identity]
        ec2.tags.pop(identity, None)


def _needed(ec2: Any, identity: str) -> bool:
    if any(identity == group.id for interface in ec2.enis.values() for group in interface._group_set):
        return True
    others = [group for groups in ec2.groups.values() for group in groups.values() if group.id != identity]
    rules = [rule for group in others for rule in (*group.ingress_rules, *group.egress_rules)]
    return any(rule.source_group.get("GroupId") == identity for rule in rules)
