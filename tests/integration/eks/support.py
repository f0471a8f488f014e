# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A component's clusters in a rehearsal cloud without control planes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from ansible_collections.mainstay.aws.plugins.module_utils.aws.place import Place
from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.continuity import with_present_places
from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.domain import kinds
from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.judge import AwsFacts, objections
from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.questions import questions
from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.resources import build
from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.settings.cluster import Cluster, Network
from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.validate import validate
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import Kind, Observed, Resource
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.waiting import Patience, SystemClock, until
from rehearsal.testing import Cloud
from tests.integration.site import ACCOUNT, EVERYTHING, Component

__all__ = ["ACCOUNT", "EVERYTHING", "PATH", "REGION", "Site", "cluster", "new_role", "updated"]

REGION = "eu-west-1"
PATH = "eks_clusters"


def cluster(**more: Any) -> dict[str, Any]:
    """The settings of a small cluster; None removes one."""
    given = {"version": "1.35", "deletion_protection": False, "node_groups": {"system": {"min_size": 1, "max_size": 2}}, **more}
    return {name: value for name, value in given.items() if value is not None}


@dataclass
class Site(Component):
    """One owner's clusters in an existing network."""

    component: str = "cluster"
    patience: ClassVar[Patience] = Patience(poll=0.02, settle=0.5, timeout=30)

    def __post_init__(self) -> None:
        ec2 = self.cloud.client("ec2")
        self.vpc = str(ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"])
        self.subnets = tuple(
            str(ec2.create_subnet(VpcId=self.vpc, CidrBlock=f"10.0.{n}.0/24", AvailabilityZone=f"{REGION}{zone}")["Subnet"]["SubnetId"])
            for n, zone in enumerate("ab")
        )
        self.groups = tuple(
            str(ec2.create_security_group(VpcId=self.vpc, GroupName=name, Description=name)["GroupId"]) for name in ("control", "nodes")
        )
        self.network = Network(self.subnets, self.groups[:1], self.groups[1:])

    def kinds(self, desired: Sequence[Resource] = ()) -> Mapping[str, Kind]:
        names = {
            kind: [resource.properties[name] for resource in desired if resource.kind == kind]
            for kind, name in (("eks_cluster", "cluster_name"), ("sqs_queue", "queue_name"), ("events_rule", "rule_name"))
        }
        return kinds(*names.values())

    def read(self, clusters: Mapping[str, Any]) -> dict[str, Cluster]:
        found, problems = validate(clusters, PATH, self.environment, self.component, self.network)
        assert not problems, problems
        return found

    def known(self, clusters: Mapping[str, Any], observed: Sequence[Observed] = ()) -> AwsFacts:
        aws = self.aws("plan")
        try:
            answers = {name: ask(aws) for name, ask in questions(self.read(clusters)).items()}
            caller = aws.read("sts", "get_caller_identity")["Arn"]
        finally:
            aws.close()
        return AwsFacts(**answers, observed=tuple(observed), caller=caller)

    def problems(self, **clusters: Any) -> list[str]:
        """Problems found from AWS's responses."""
        return objections(self.read(clusters), self.known(clusters, self.observed()), lambda _address: True)

    def desired(self, **clusters: Any) -> list[Resource]:
        there = self.known(clusters, self.observed())
        place = Place(self.environment, self.component, REGION, ACCOUNT, caller=there.caller, tags=self.tags)
        return build(with_present_places(self.read(clusters), there), place, there.addons, there.installed())

    def add_zone(self, zone: str = "c") -> str:
        """Adds a subnet in another zone to the network; clusters that name no subnets then find it."""
        ec2, number = self.cloud.client("ec2"), len(self.network.subnet_ids)
        made = ec2.create_subnet(VpcId=self.vpc, CidrBlock=f"10.0.{number}.0/24", AvailabilityZone=f"{REGION}{zone}")["Subnet"]
        self.network = replace(self.network, subnet_ids=(*self.network.subnet_ids, str(made["SubnetId"])))
        return str(made["SubnetId"])


def new_role(cloud: Cloud, name: str, service: str = "") -> None:
    """A role created by hand: for the account's users, or for a service."""
    principal = {"Service": service} if service else {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
    actions = ["sts:AssumeRole", "sts:TagSession"]
    statement = {"Effect": "Allow", "Principal": principal, "Action": actions}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    cloud.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=document)


def updated(cloud: Cloud, update: Mapping[str, Any], cluster_name: str, **of: str) -> None:
    """Waits until an EKS update completes; it must succeed."""
    for _waited in until(SystemClock(), 20.0, 0.05):
        reported = cloud.client("eks").describe_update(name=cluster_name, updateId=update["id"], **of)["update"]
        if reported["status"] != "InProgress":
            break
    assert reported["status"] == "Successful", reported
