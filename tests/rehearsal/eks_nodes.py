"""An account with a cluster, for tests of its nodes."""

from __future__ import annotations

from typing import Any

from .conftest import CheckedCloud, until
from .eks_account import EksAccount

SIZES = {"minSize": 1, "maxSize": 4, "desiredSize": 2}


class Site(EksAccount):
    """The cluster is `main`, with the network add-ons that EKS installs by default, unless it is created without them."""

    def __init__(self, cloud: CheckedCloud, *, control_planes: bool = False, **cluster: Any) -> None:
        super().__init__(cloud)
        cloud.admin.settings(control_planes=control_planes)
        self.autoscaling = cloud.client("autoscaling")
        self.create("main", **{"bootstrapSelfManagedAddons": True} | cluster)
        until(lambda: self.describe()["status"] != "CREATING", 120)
        assert self.describe()["status"] == "ACTIVE", self.describe()["health"]

    def group(self, name: str = "workers", **changes: Any) -> dict[str, Any]:
        """The parameters of a node group; None omits one."""
        given = {"clusterName": "main", "nodegroupName": name, "subnets": self.subnets, "nodeRole": self.node_role, "scalingConfig": SIZES}
        return {key: value for key, value in (given | changes).items() if value is not None}

    def create_group(self, name: str = "workers", **changes: Any) -> dict[str, Any]:
        self.eks.create_nodegroup(**self.group(name, **changes))
        return self.until_group("ACTIVE", name)

    def described(self, name: str = "workers") -> dict[str, Any]:
        return dict(self.eks.describe_nodegroup(clusterName="main", nodegroupName=name)["nodegroup"])

    def until_group(self, status: str, name: str = "workers", seconds: float = 120) -> dict[str, Any]:
        until(lambda: self.described(name)["status"] == status, seconds)
        return self.described(name)

    def delete_group(self, name: str = "workers") -> None:
        self.eks.delete_nodegroup(clusterName="main", nodegroupName=name)
        until(lambda: name not in self.eks.list_nodegroups(clusterName="main")["nodegroups"], 120)

    def scaling(self, name: str = "workers") -> dict[str, Any]:
        """The Auto Scaling group behind a node group."""
        group = self.described(name)["resources"]["autoScalingGroups"][0]["name"]
        return dict(self.autoscaling.describe_auto_scaling_groups(AutoScalingGroupNames=[group])["AutoScalingGroups"][0])

    def interfaces(self, **filters: str) -> list[dict[str, Any]]:
        """The interfaces that are not the control plane's."""
        wanted = [{"Name": name.replace("_", "-"), "Values": [value]} for name, value in filters.items()]
        found = self.ec2.describe_network_interfaces(Filters=wanted)["NetworkInterfaces"]
        return [one for one in found if not one["Description"].startswith("Amazon EKS ")]

    def template(self, name: str = "nodes", **data: Any) -> str:
        made = self.ec2.create_launch_template(LaunchTemplateName=name, LaunchTemplateData={"EbsOptimized": True, **data})
        return str(made["LaunchTemplate"]["LaunchTemplateId"])
