# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What clusters leave behind in AWS, created by hand in a cloud without control planes, and a cluster's API as a drain sees it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ansible_collections.mainstay.aws.plugins.module_utils.aws.connection import Aws
from ansible_collections.mainstay.aws.plugins.module_utils.aws.owner import Owner
from ansible_collections.mainstay.aws.plugins.module_utils.aws.tags import tag_list
from ansible_collections.mainstay.aws.plugins.module_utils.kubernetes.client import Listing
from ansible_collections.mainstay.aws.plugins.module_utils.kubernetes.problems import NotFound
from rehearsal.testing import Cloud

ACCOUNT, REGION = "210987654321", "af-south-1"
OWNER = Owner("prod", "eks")
CLUSTER = "prod-main"
MADE = {"elbv2.k8s.aws/cluster": CLUSTER}


@dataclass
class FakeApi:
    """A cluster's Ingresses and Services. With ``works``, finalizers are removed at once, else never; ``controller``: its pod is ready.

    ``pools``: the NodePools; with ``karpenter``, its pod is ready.
    """

    works: bool = True
    controller: bool = True
    ingresses: list[dict[str, Any]] = field(default_factory=list)
    services: list[dict[str, Any]] = field(default_factory=list)
    volumes: list[dict[str, Any]] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)
    karpenter: bool = False
    pools: list[dict[str, Any]] = field(default_factory=list)

    def list(self, path: str, **query: Any) -> Listing:
        kind = path.rpartition("/")[2]
        if "karpenter" in path:
            if kind != "nodepools":
                raise NotFound(path)
            return Listing([dict(one) for one in self.pools], "1")
        runs = self.karpenter if "karpenter" in query.get("labelSelector", "") else self.controller
        pods = [{"status": {"conditions": [{"type": "Ready", "status": "True"}]}}] if runs else []
        known = {"ingresses": self.ingresses, "services": self.services, "persistentvolumes": self.volumes, "pods": pods}
        return Listing([dict(one) for one in known[kind]], "1")

    def delete(self, path: str, _body: Any) -> None:
        for pool in self.pools:
            if path.endswith(f"/nodepools/{pool['metadata']['name']}"):
                self.deleted.append(pool["metadata"]["name"])
                pool["metadata"]["deletionTimestamp"] = "2026-11-28T08:00:00Z"
                return
        for found in (self.ingresses, self.services):
            for one in list(found):
                if path.endswith(f"/{one['metadata']['namespace']}/{self._plural(one)}/{one['metadata']['name']}"):
                    self.deleted.append(path.rpartition("/")[2])
                    if self.works:
                        found.remove(one)
                    else:
                        one["metadata"]["deletionTimestamp"] = "2026-11-28T08:00:00Z"
                    return
        raise NotFound(path)

    @staticmethod
    def _plural(one: dict[str, Any]) -> str:
        return "services" if "type" in one["spec"] else "ingresses"


def ingress(name: str, namespace: str = "shop") -> dict[str, Any]:
    return {"metadata": {"name": name, "namespace": namespace, "finalizers": ["ingress.k8s.aws/resources"]}, "spec": {}}


def service(name: str, namespace: str = "shop", kind: str = "LoadBalancer") -> dict[str, Any]:
    return {"metadata": {"name": name, "namespace": namespace, "finalizers": ["service.k8s.aws/resources"]}, "spec": {"type": kind}}


class Place:
    """A network of ours, and helpers that create resources in it."""

    def __init__(self, cloud: Cloud, cidr: str = "10.0.0.0/16", owner: Owner | None = OWNER) -> None:
        self.cloud = cloud
        self.ec2, self.elbv2, self.elb = (cloud.client(service) for service in ("ec2", "elbv2", "elb"))
        self.vpc = str(self.ec2.create_vpc(CidrBlock=cidr)["Vpc"]["VpcId"])
        if owner:
            self.ec2.create_tags(Resources=[self.vpc], Tags=tag_list(owner.tags("vpc.main")))
        prefix = cidr.rsplit(".", 2)[0]
        self.subnets = [
            str(
                self.ec2.create_subnet(VpcId=self.vpc, CidrBlock=f"{prefix}.{n}.0/24", AvailabilityZone=f"{REGION}{zone}")["Subnet"][
                    "SubnetId"
                ]
            )
            for n, zone in enumerate("ab")
        ]

    def group(self, name: str, tags: dict[str, str] | None = None) -> str:
        made = str(self.ec2.create_security_group(GroupName=name, Description="a test", VpcId=self.vpc)["GroupId"])
        if tags:
            self.ec2.create_tags(Resources=[made], Tags=tag_list(tags))
        return made

    def balancer(self, name: str, tags: dict[str, str], groups: list[str] | None = None) -> str:
        made = self.elbv2.create_load_balancer(
            Name=name, Subnets=self.subnets, SecurityGroups=groups or [], Tags=tag_list(tags or {"made": "by hand"})
        )
        return str(made["LoadBalancers"][0]["LoadBalancerArn"])

    def classic(self, name: str, tags: dict[str, str]) -> None:
        listener = {"Protocol": "TCP", "LoadBalancerPort": 80, "InstancePort": 30080}
        group = self.group(f"k8s-elb-{name}", tags)
        self.elb.create_load_balancer(
            LoadBalancerName=name, Listeners=[listener], Subnets=self.subnets, SecurityGroups=[group], Tags=tag_list(tags)
        )

    def targets(self, name: str, tags: dict[str, str]) -> str:
        made = self.elbv2.create_target_group(Name=name, Protocol="HTTP", Port=80, VpcId=self.vpc, Tags=tag_list(tags))
        return str(made["TargetGroups"][0]["TargetGroupArn"])

    def interface(self, description: str, tags: dict[str, str] | None = None, groups: list[str] | None = None) -> str:
        more = {"Groups": groups} if groups else {}
        made = self.ec2.create_network_interface(SubnetId=self.subnets[0], Description=description, **more)["NetworkInterface"]
        if tags:
            self.ec2.create_tags(Resources=[made["NetworkInterfaceId"]], Tags=tag_list(tags))
        return str(made["NetworkInterfaceId"])

    def instance(self, tags: dict[str, str]) -> str:
        of_instance = [{"ResourceType": "instance", "Tags": tag_list(tags)}] if tags else []
        made = self.ec2.run_instances(
            ImageId="ami-12345678", MinCount=1, MaxCount=1, SubnetId=self.subnets[0], TagSpecifications=of_instance
        )
        return str(made["Instances"][0]["InstanceId"])

    def template(self, name: str, tags: dict[str, str]) -> str:
        marks = [{"ResourceType": "launch-template", "Tags": tag_list(tags)}]
        made = self.ec2.create_launch_template(
            LaunchTemplateName=name, LaunchTemplateData={"InstanceType": "t3.small"}, TagSpecifications=marks
        )
        return str(made["LaunchTemplate"]["LaunchTemplateId"])

    def alive(self) -> set[str]:
        """The instances that have not been terminated."""
        there = self.ec2.describe_instances(Filters=[{"Name": "vpc-id", "Values": [self.vpc]}])["Reservations"]
        return {
            one["InstanceId"] for each in there for one in each["Instances"] if one["State"]["Name"] not in ("shutting-down", "terminated")
        }

    def names(self) -> set[str]:
        """All resources of the kinds that controllers create, by name or description."""
        inside = [{"Name": "vpc-id", "Values": [self.vpc]}]
        groups = self.ec2.describe_security_groups(Filters=inside)["SecurityGroups"]
        interfaces = self.ec2.describe_network_interfaces(Filters=inside)["NetworkInterfaces"]
        return {
            *(one["LoadBalancerName"] for one in self.elbv2.describe_load_balancers()["LoadBalancers"] if one["VpcId"] == self.vpc),
            *(one["TargetGroupName"] for one in self.elbv2.describe_target_groups()["TargetGroups"] if one["VpcId"] == self.vpc),
            *(one["LoadBalancerName"] for one in self.elb.describe_load_balancers()["LoadBalancerDescriptions"]),
            *(one["GroupName"] for one in groups if one["GroupName"] != "default"),
            *(one["Description"] for one in interfaces if not one["Description"].startswith(("ELB", "Primary"))),
        }


def connection(cloud: Cloud, owner: Owner = OWNER) -> Aws:
    return Aws(cloud.client, owner)
