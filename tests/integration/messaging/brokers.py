# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A component's broker in a rehearsal cloud, and what is inside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.mainstay.aws.plugins.module_utils.aws.place import Place
from ansible_collections.mainstay.aws.plugins.module_utils.component.domain import Observation
from ansible_collections.mainstay.aws.plugins.module_utils.domains.broker_content.domain import BrokerContentDomain
from ansible_collections.mainstay.aws.plugins.module_utils.domains.messaging.domain import MessagingDomain
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import Resource

from .support import ACCOUNT, REGION, Site


@dataclass
class BrokerSite(Site):
    """The queues of this component are none; ``described`` are its brokers."""

    network: Mapping[str, Any] | None = None

    def prepare(self) -> None:
        ec2 = self.cloud.client("ec2")
        vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        subnets = [
            ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{number}.0/24", AvailabilityZone=f"{REGION}{zone}")["Subnet"]["SubnetId"]
            for number, zone in enumerate("ab")
        ]
        group = ec2.create_security_group(GroupName="broker", Description="broker", VpcId=vpc)["GroupId"]
        self.network = {"subnet_ids": subnets, "security_group_ids": [group], "subnet_zones": [f"{REGION}a", f"{REGION}b"]}

    def domain_of(self, described: Mapping[str, Any] | None, **params: Any) -> MessagingDomain:
        given = {"environment": self.environment, "component": self.component, "region": REGION, "state": "present", **params}
        self.domain = MessagingDomain({**given, "brokers": described, "network": self.network or {}})
        return self.domain

    def broker(self) -> dict[str, Any]:
        mq = self.cloud.client("mq")
        (one,) = mq.list_brokers()["BrokerSummaries"]
        return dict(mq.describe_broker(BrokerId=one["BrokerId"]))

    def domain_notes(self) -> list[str]:
        assert self.domain is not None
        return list(self.domain.notes(self.observation()))

    def secret(self, part: str) -> dict[str, Any]:
        return dict(self.cloud.client("secretsmanager").describe_secret(SecretId=f"/mainstay/prod/queues/jobs/{part}"))

    def inside(self, **described: Any) -> Inside:
        """What is inside the broker, as it is described: ``vhosts`` and ``users``."""
        users = {name: self.secret(f"user-{name}")["ARN"] for name in described.get("users") or {}}
        params = {
            "environment": self.environment,
            "component": self.component,
            "state": "present",
            "name": "jobs",
            "endpoint": {
                "url": self.broker()["BrokerInstances"][0]["ConsoleURL"],
                "ca": self.cloud.environment()["MAINSTAY_REHEARSAL_BROKER_CA"],
            },
            "administrator": {"username": "administrator", "secret_arn": self.secret("administrator")["ARN"]},
            "version": "",
            "vhosts": {},
            "users": {},
            "user_secrets": users,
            "secrets": {},
            **described,
        }
        return Inside(self, BrokerContentDomain(params, check_mode=False, hide=lambda dummy: None))


@dataclass
class Inside:
    site: BrokerSite
    domain: BrokerContentDomain

    def problems(self) -> Sequence[str]:
        return self.domain.problems(self.observation())

    def observation(self) -> Observation:
        aws = self.site.aws("plan")
        answers = {name: ask(aws) for name, ask in self.domain.questions().items()}
        aws.close()
        return Observation(Place(self.site.environment, self.site.component, REGION, ACCOUNT), [], answers)

    def desired(self) -> list[Resource]:
        return list(self.domain.resources(self.observation()))

    def bring(self, purge: tuple[str, ...] = ()) -> tuple[int, dict[str, str]]:
        """(how many calls changed something, the actions by address)."""
        before = self.site.domain
        self.site.domain = self.domain  # type: ignore[assignment]
        try:
            result = self.site.apply(self.desired(), purge=purge)
        finally:
            self.site.domain = before
        return sum(1 for one in result.plan.changes), {one.address: one.verb for one in result.plan.changes}
