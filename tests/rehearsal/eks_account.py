"""An account with the prerequisites of EKS clusters, in a cloud without control planes, where nothing takes time."""

from __future__ import annotations

import json
from typing import Any

from .conftest import ACCOUNT, REGION, CheckedCloud, key_policy, trust, until

PODS_TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "pods.eks.amazonaws.com"}, "Action": ["sts:AssumeRole", "sts:TagSession"]}
        ],
    }
)
ALL_LOGS = {"clusterLogging": [{"types": ["api", "audit", "authenticator", "controllerManager", "scheduler"], "enabled": True}]}


def encrypted(key: str) -> list[dict[str, Any]]:
    """The encryption configuration of a cluster that encrypts its secrets with a key."""
    return [{"resources": ["secrets"], "provider": {"keyArn": key}}]


class EksAccount:
    """`subnets` are in two zones of one VPC; `role` is a cluster's, `node_role` the nodes', `pod_role` one for pods."""

    def __init__(self, cloud: CheckedCloud) -> None:
        self.cloud = cloud
        cloud.admin.settings(control_planes=False)
        self.eks, self.iam, self.ec2 = (cloud.client(service) for service in ("eks", "iam", "ec2"))
        self.vpc = str(self.ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"])
        self.subnets = [self.new_subnet(f"10.0.{number}.0/24", zone) for number, zone in enumerate("ab")]
        self.role = self.new_role("cluster", trust("eks.amazonaws.com"))
        self.node_role = self.new_role("nodes", trust("ec2.amazonaws.com"))
        self.pod_role = self.new_role("pods", PODS_TRUST)

    def new_subnet(self, block: str, zone: str, vpc: str | None = None) -> str:
        made = self.ec2.create_subnet(VpcId=vpc or self.vpc, CidrBlock=block, AvailabilityZone=f"{REGION}{zone}")
        return str(made["Subnet"]["SubnetId"])

    def new_role(self, name: str, policy: str) -> str:
        return str(self.iam.create_role(RoleName=name, AssumeRolePolicyDocument=policy)["Role"]["Arn"])

    def new_key(self, **options: Any) -> str:
        return str(self.cloud.client("kms").create_key(Policy=key_policy(), **options)["KeyMetadata"]["Arn"])

    def new_group(self, vpc: str | None = None) -> str:
        return str(self.ec2.create_security_group(GroupName="control", Description="x", VpcId=vpc or self.vpc)["GroupId"])

    def free(self, subnet: str) -> int:
        """The number of free addresses in a subnet."""
        return int(self.ec2.describe_subnets(SubnetIds=[subnet])["Subnets"][0]["AvailableIpAddressCount"])

    def create(self, name: str = "main", **options: Any) -> dict[str, Any]:
        """A cluster as the collection creates it: access entries, no self-managed add-ons."""
        given = {
            "version": "1.35",
            "roleArn": self.role,
            "accessConfig": {"authenticationMode": "API"},
            "bootstrapSelfManagedAddons": False,
            "resourcesVpcConfig": {"subnetIds": self.subnets, **options.pop("network", {})},
        }
        return dict(self.eks.create_cluster(name=name, **given | options)["cluster"])

    def describe(self, name: str = "main") -> dict[str, Any]:
        return dict(self.eks.describe_cluster(name=name)["cluster"])

    def node_group(self, name: str = "system", cluster: str = "main", **options: Any) -> dict[str, Any]:
        given = {"subnets": self.subnets, "nodeRole": self.node_role, "instanceTypes": ["t3.medium"]}
        return dict(self.eks.create_nodegroup(clusterName=cluster, nodegroupName=name, **given | options)["nodegroup"])

    def addon(self, name: str, cluster: str = "main") -> dict[str, Any]:
        return dict(self.eks.describe_addon(clusterName=cluster, addonName=name)["addon"])

    def upgrade(self, version: str, name: str = "main", **options: Any) -> dict[str, Any]:
        """The update to a version, once it has completed."""
        return self.until_updated(self.eks.update_cluster_version(name=name, version=version, **options)["update"], name)

    def until_updated(self, update: dict[str, Any], name: str = "main", **of: Any) -> dict[str, Any]:
        """The update, once it has completed."""
        until(lambda: self.eks.describe_update(name=name, updateId=update["id"], **of)["update"]["status"] != "InProgress")
        return dict(self.eks.describe_update(name=name, updateId=update["id"], **of)["update"])

    @property
    def arns(self) -> str:
        """The prefix of EKS's ARNs."""
        return f"arn:aws:eks:{REGION}:{ACCOUNT}"
