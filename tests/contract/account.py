"""How many things an account holds, asked of AWS's API itself: what a duplicate or an orphan shows up in, whoever owns it.

The kinds have no part in it. A kind that is registered has its line here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from rehearsal.testing import Cloud

Count = Callable[[Cloud], Counter[str]]


def listed(service: str, method: str, items: str, living: Callable[[Any], bool] = lambda _item: True) -> Count:
    """The entries of one list call; ``living`` says which of them are there still."""
    return lambda cloud: Counter({items: sum(map(living, getattr(cloud.client(service), method)()[items]))})


def in_clusters(method: str, items: str) -> Count:
    """The entries of a list call of EKS that is made for each cluster."""

    def count_them(cloud: Cloud) -> Counter[str]:
        eks = cloud.client("eks")
        return Counter({items: sum(len(getattr(eks, method)(clusterName=name)[items]) for name in eks.list_clusters()["clusters"])})

    return count_them


def keys(cloud: Cloud) -> Counter[str]:
    kms = cloud.client("kms")
    found = [kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"] for key in kms.list_keys()["Keys"]]
    living = [key for key in found if key["KeyManager"] == "CUSTOMER" and key["KeyState"] != "PendingDeletion"]
    aliases = [alias for alias in kms.list_aliases()["Aliases"] if not alias["AliasName"].startswith("alias/aws/")]
    return Counter(keys=len(living), aliases=len(aliases))


def roles(cloud: Cloud) -> Counter[str]:
    iam = cloud.client("iam")
    found = [role["RoleName"] for role in iam.list_roles(PathPrefix="/mainstay/")["Roles"]]
    inline = sum(len(iam.list_role_policies(RoleName=name)["PolicyNames"]) for name in found)
    attached = sum(len(iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]) for name in found)
    return Counter(roles=len(found), inline=inline, attached=attached)


def templates(cloud: Cloud) -> Counter[str]:
    found = cloud.client("ec2").describe_launch_templates()["LaunchTemplates"]
    return Counter(templates=len(found), versions=sum(one["LatestVersionNumber"] for one in found))


def nodegroups(cloud: Cloud) -> Counter[str]:
    scaling = cloud.client("autoscaling")
    found = in_clusters("list_nodegroups", "nodegroups")(cloud)
    groups = {group["AutoScalingGroupName"] for group in scaling.describe_auto_scaling_groups()["AutoScalingGroups"]}
    for name, items in (("policies", "ScalingPolicies"), ("scheduled_actions", "ScheduledUpdateGroupActions")):
        found[items] = sum(one["AutoScalingGroupName"] in groups for one in getattr(scaling, f"describe_{name}")()[items])
    found["scaling groups"] = len(groups)
    return found


def not_deleted(item: Any) -> bool:
    return str(item["State"]).lower() not in ("deleted", "deleting", "failed")


security_groups = listed("ec2", "describe_security_groups", "SecurityGroups")
log_groups = listed("logs", "describe_log_groups", "logGroups")

ACCOUNT: dict[str, Count] = {
    "iam_role": roles,
    "kms_key": keys,
    "log_group": log_groups,
    "security_group": security_groups,
    "default_security_group": security_groups,
    "vpc": listed("ec2", "describe_vpcs", "Vpcs"),
    "subnet": listed("ec2", "describe_subnets", "Subnets"),
    "internet_gateway": listed("ec2", "describe_internet_gateways", "InternetGateways"),
    "elastic_ip": listed("ec2", "describe_addresses", "Addresses"),
    "nat_gateway": listed("ec2", "describe_nat_gateways", "NatGateways", not_deleted),
    "route_table": listed("ec2", "describe_route_tables", "RouteTables"),
    "network_acl": listed("ec2", "describe_network_acls", "NetworkAcls"),
    "vpc_endpoint": listed("ec2", "describe_vpc_endpoints", "VpcEndpoints", not_deleted),
    "flow_log": listed("ec2", "describe_flow_logs", "FlowLogs"),
    "eks_cluster": listed("eks", "list_clusters", "clusters"),
    "eks_access_entry": in_clusters("list_access_entries", "accessEntries"),
    "eks_addon": in_clusters("list_addons", "addons"),
    "eks_nodegroup": nodegroups,
    "eks_fargate_profile": in_clusters("list_fargate_profiles", "fargateProfileNames"),
    "eks_pod_identity_association": in_clusters("list_pod_identity_associations", "associations"),
    "launch_template": templates,
    "iam_oidc_provider": listed("iam", "list_open_id_connect_providers", "OpenIDConnectProviderList"),
    "cluster_log_group": log_groups,
}


def count(cloud: Cloud, kind: str) -> Counter[str]:
    """What there is of a kind, and of whatever may be left of one."""
    return ACCOUNT[kind](cloud)
