# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A component's instances in a rehearsal cloud without PostgreSQL servers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from ansible_collections.mainstay.aws.plugins.module_utils.aws.connection import Aws, watch
from ansible_collections.mainstay.aws.plugins.module_utils.aws.place import Place
from ansible_collections.mainstay.aws.plugins.module_utils.component.domain import Observation
from ansible_collections.mainstay.aws.plugins.module_utils.domains.rds.domain import RdsDomain
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import Resource
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.waiting import Patience
from rehearsal.testing import Cloud
from tests.integration.site import ACCOUNT, DomainSite

__all__ = ["ACCOUNT", "EVERYTHING", "REGION", "Site", "database"]

REGION = "eu-west-1"
EVERYTHING = ("*", "database_key.*", "secret.*", "db_instance.*", "db_replica.*", "backup_replication.*")


def database(**more: Any) -> dict[str, Any]:
    """The settings of a small instance; None removes one."""
    given = {
        "version": "17",
        "class": "db.t4g.medium",
        "storage": {"size": 100},
        "multi_az": False,
        "deletion": {"protection": False},
        "maintenance": {"apply": "now"},
        **more,
    }
    return {name: value for name, value in given.items() if value is not None}


@dataclass
class Site(DomainSite):
    """The component ``database`` and a network that another owner made by hand."""

    component: str = "database"
    network: dict[str, Any] = field(default_factory=dict)
    domain: RdsDomain | None = None
    further_regions: Sequence[str] = ()

    region: ClassVar[str] = REGION
    patience: ClassVar[Patience] = Patience(poll=0.05, settle=1.0, timeout=60)

    def __post_init__(self) -> None:
        self.network = new_network(self.cloud)

    def aws(self, role: str = "apply") -> Aws:
        """It also looks in the regions that the settings and ``platform_further_regions`` name."""
        aws = Aws(lambda service, region=REGION: watch(self.cloud.client(service, role, region)), self.owner, region=REGION)
        aws.also_in([*self.further_regions, *(self.domain.regions() if self.domain else [])])
        return aws

    def domain_of(self, databases: Mapping[str, Any] | None, **params: Any) -> RdsDomain:
        given = {"environment": self.environment, "component": self.component, "region": REGION, "state": "present", **params}
        self.domain = RdsDomain({**given, "databases": databases, "network": self.network})
        return self.domain

    def observation(self, domain: RdsDomain) -> Observation:
        aws = self.aws("plan")
        try:
            answers = {name: ask(aws) for name, ask in domain.questions().items()}
        finally:
            aws.close()
        place = Place(self.environment, self.component, REGION, ACCOUNT, tags=self.tags)
        return Observation(place, self.observed(), answers)

    def problems(self, databases: Mapping[str, Any], **params: Any) -> list[str]:
        """What AWS's answers say against these settings."""
        domain = self.domain_of(databases, **params)
        return list(domain.problems(self.observation(domain)))

    def desired(self, databases: Mapping[str, Any], **params: Any) -> list[Resource]:
        domain = self.domain_of(databases, **params)
        observation = self.observation(domain)
        assert domain.problems(observation) == []
        return list(domain.resources(observation))

    def remove(self, databases: Mapping[str, Any]) -> None:
        """Remove the component, as with ``rds_state: absent``."""
        self.domain_of(databases, state="absent")
        self.apply([], purge=EVERYTHING)


def new_network(cloud: Cloud, region: str = REGION) -> dict[str, Any]:
    ec2 = cloud.client("ec2", region=region)
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{number}.0/24", AvailabilityZone=f"{region}{zone}")["Subnet"]["SubnetId"]
        for number, zone in enumerate("ab")
    ]
    group = ec2.create_security_group(VpcId=vpc, GroupName="database", Description="database")["GroupId"]
    return {"vpc_id": vpc, "subnet_ids": subnets, "subnet_zones": [f"{region}a", f"{region}b"], "security_group_ids": [group]}
