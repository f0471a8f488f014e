"""An account with a cluster that is only described, for tests of what stands on one."""

from __future__ import annotations

from typing import Any

from .conftest import REGION, CheckedCloud, trust, until

SIZES = {"minSize": 1, "maxSize": 4, "desiredSize": 2}


class Site:
    """A VPC with private subnets in two zones, roles, and the cluster `main`."""

    def __init__(self, cloud: CheckedCloud, **cluster: Any) -> None:
        self.cloud = cloud
        self.eks, self.ec2, self.iam, self.autoscaling = (cloud.client(name) for name in ("eks", "ec2", "iam", "autoscaling"))
        self.vpc = self.ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        self.subnets = [self.subnet(f"10.0.{number}.0/24", zone) for number, zone in enumerate("ab")]
        self.cluster_role, self.node_role = self.role("cluster", "eks.amazonaws.com"), self.role("node", "ec2.amazonaws.com")
        network = {"subnetIds": self.subnets}
        options = {"version": "1.35", "accessConfig": {"authenticationMode": "API"}} | cluster
        self.eks.create_cluster(name="main", roleArn=self.cluster_role, resourcesVpcConfig=network, **options)
        self.eks.get_waiter("cluster_active").wait(name="main", WaiterConfig={"Delay": 1, "MaxAttempts": 120})

    def subnet(self, block: str, zone: str = "a") -> str:
        return str(self.ec2.create_subnet(VpcId=self.vpc, CidrBlock=block, AvailabilityZone=f"{REGION}{zone}")["Subnet"]["SubnetId"])

    def role(self, name: str, service: str) -> str:
        return str(self.iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust(service))["Role"]["Arn"])

    def group(self, name: str = "workers", **changes: Any) -> dict[str, Any]:
        """The parameters of a node group."""
        given = {"clusterName": "main", "nodegroupName": name, "subnets": self.subnets, "nodeRole": self.node_role, "scalingConfig": SIZES}
        return {key: value for key, value in (given | changes).items() if value is not None}

    def create_group(self, name: str = "workers", **changes: Any) -> dict[str, Any]:
        self.eks.create_nodegroup(**self.group(name, **changes))
        return self.until_group("ACTIVE", name)

    def described(self, name: str = "workers") -> dict[str, Any]:
        return dict(self.eks.describe_nodegroup(clusterName="main", nodegroupName=name)["nodegroup"])

    def until_group(self, status: str, name: str = "workers", seconds: float = 60) -> dict[str, Any]:
        until(lambda: self.described(name)["status"] == status, seconds)
        return self.described(name)

    def until_group_gone(self, name: str = "workers", seconds: float = 60) -> None:
        until(lambda: name not in self.eks.list_nodegroups(clusterName="main")["nodegroups"], seconds)

    def until_updated(self, update: dict[str, Any], name: str = "workers", seconds: float = 60) -> dict[str, Any]:
        """The update as soon as it is over."""
        of = {"name": "main", "nodegroupName": name, "updateId": update["id"]}
        until(lambda: self.eks.describe_update(**of)["update"]["status"] != "InProgress", seconds)
        return dict(self.eks.describe_update(**of)["update"])

    def scaling(self, name: str = "workers") -> dict[str, Any]:
        """The Auto Scaling group behind a node group."""
        group = self.described(name)["resources"]["autoScalingGroups"][0]["name"]
        return dict(self.autoscaling.describe_auto_scaling_groups(AutoScalingGroupNames=[group])["AutoScalingGroups"][0])

    def interfaces(self, **filters: str) -> list[dict[str, Any]]:
        wanted = [{"Name": name.replace("_", "-"), "Values": [value]} for name, value in filters.items()]
        return list(self.ec2.describe_network_interfaces(Filters=wanted)["NetworkInterfaces"])

    def template(self, name: str = "nodes", **data: Any) -> str:
        made = self.ec2.create_launch_template(LaunchTemplateName=name, LaunchTemplateData={"EbsOptimized": True, **data})
        return str(made["LaunchTemplate"]["LaunchTemplateId"])
