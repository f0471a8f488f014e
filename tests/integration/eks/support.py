# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A component's clusters in a rehearsal cloud that only describes them, driven as the module drives them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.mainstay.aws.plugins.module_utils.aws.connection import Aws
from ansible_collections.mainstay.aws.plugins.module_utils.aws.owner import Owner
from ansible_collections.mainstay.aws.plugins.module_utils.aws.place import Place
from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.domain import kinds
from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.judge import Known, objections
from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.questions import questions
from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.resources import build
from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.settings.cluster import Cluster, Network
from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.validate import validate
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.engine import Result, Settings, observe, plan_only, reconcile
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import Observed, Resource
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.planner import Consent, Plan
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.waiting import Patience, SystemClock, until
from rehearsal.testing import Cloud

ACCOUNT = "210987654321"
REGION = "eu-west-1"
EVERYTHING = ("*", "kms_key.*")
QUICK = Patience(poll=0.02, settle=0.5, timeout=30)
PATH = "eks_clusters"


def cluster(**more: Any) -> dict[str, Any]:
    """The settings of a small cluster; None takes one away."""
    given = {"version": "1.35", "deletion_protection": False, "node_groups": {"system": {"min_size": 1, "max_size": 2}}, **more}
    return {name: value for name, value in given.items() if value is not None}


@dataclass
class Site:
    """One owner's clusters in a network that is there already. Plans are made with credentials that may only read."""

    cloud: Cloud
    environment: str = "prod"
    component: str = "cluster"
    tags: dict[str, str] = field(default_factory=lambda: {"owner": "platform"})

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

    @property
    def owner(self) -> Owner:
        return Owner(self.environment, self.component)

    def aws(self, role: str = "apply") -> Aws:
        return Aws(lambda service: self.cloud.client(service, role), self.owner)

    def read(self, clusters: Mapping[str, Any]) -> dict[str, Cluster]:
        found, problems = validate(clusters, PATH, self.environment, self.component, self.network)
        assert not problems, problems
        return found

    def known(self, clusters: Mapping[str, Any], observed: Sequence[Observed] = ()) -> Known:
        aws = self.aws("plan")
        try:
            answers = {name: ask(aws) for name, ask in questions(self.read(clusters)).items()}
            caller = aws.read("sts", "get_caller_identity")["Arn"]
        finally:
            aws.close()
        return Known(**answers, observed=tuple(observed), caller=caller)

    def problems(self, **clusters: Any) -> list[str]:
        """What AWS's answers speak against."""
        return objections(self.read(clusters), self.known(clusters, self.observed()), lambda _address: True)

    def desired(self, **clusters: Any) -> list[Resource]:
        place = Place(self.environment, self.component, REGION, ACCOUNT, tags=self.tags)
        there = self.known(clusters, self.observed())
        return build(self.read(clusters), place, there.addons, there.installed())

    def observed(self, role: str = "plan") -> list[Observed]:
        aws = self.aws(role)
        try:
            return observe(kinds(), aws)
        finally:
            aws.close()

    def plan(self, desired: Sequence[Resource], allow_replace: Sequence[str] = (), purge: Sequence[str] = ()) -> Plan:
        return plan_only(desired, self.observed(), kinds(), Consent(tuple(allow_replace), tuple(purge))).plan

    def try_apply(
        self, desired: Sequence[Resource], allow_replace: Sequence[str] = (), purge: Sequence[str] = (), patience: Patience = QUICK
    ) -> Result:
        aws = self.aws()
        names = [resource.properties["cluster_name"] for resource in desired if resource.kind == "eks_cluster"]
        try:
            settings = Settings(Consent(tuple(allow_replace), tuple(purge)), patience)
            return reconcile(desired, observe(kinds(names), aws), kinds(names), aws, settings)
        finally:
            aws.close()

    def apply(self, desired: Sequence[Resource], allow_replace: Sequence[str] = (), purge: Sequence[str] = ()) -> Result:
        """An apply that must succeed."""
        result = self.try_apply(desired, allow_replace, purge)
        assert not result.failures, "\n".join(map(str, result.failures))
        return result

    def destroy(self) -> Result:
        return self.apply([], purge=EVERYTHING)


def new_role(cloud: Cloud, name: str, service: str = "") -> None:
    """A role that somebody made: for people of the account, or for a service."""
    principal = {"Service": service} if service else {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
    actions = ["sts:AssumeRole", "sts:TagSession"]
    statement = {"Effect": "Allow", "Principal": principal, "Action": actions}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    cloud.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=document)


def updated(cloud: Cloud, update: Mapping[str, Any], cluster_name: str, **of: str) -> None:
    """Waits until an update of EKS is over; it must have gone well."""
    for _waited in until(SystemClock(), 20.0, 0.05):
        told = cloud.client("eks").describe_update(name=cluster_name, updateId=update["id"], **of)["update"]
        if told["status"] != "InProgress":
            break
    assert told["status"] == "Successful", told
