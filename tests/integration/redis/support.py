# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A component's caches in a rehearsal cloud, with a network, and clients of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from ansible_collections.mainstay.aws.plugins.module_utils.aws.connection import Aws, watch
from ansible_collections.mainstay.aws.plugins.module_utils.aws.place import Place
from ansible_collections.mainstay.aws.plugins.module_utils.component.domain import Observation
from ansible_collections.mainstay.aws.plugins.module_utils.domains.redis.domain import RedisDomain
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import Resource
from rehearsal.valkey.client import Client, ValkeyError
from tests.integration.site import ACCOUNT, DomainSite

__all__ = ["ACCOUNT", "PURGE", "REGION", "Site"]

REGION = "eu-west-1"
PURGE = ("*", "cache_key.*", "replication_group.*", "secret.*")
"""Consent to delete everything: kinds that hold data are covered only by their full name."""


@dataclass
class Site(DomainSite):
    component: str = "cache"
    domain: RedisDomain | None = None
    network: dict[str, Any] = field(default_factory=dict)

    region: ClassVar[str] = REGION

    def aws(self, role: str = "apply") -> Aws:
        return Aws(lambda service, region=REGION: watch(self.cloud.client(service, role, region)), self.owner, region=REGION)

    def net(self) -> dict[str, Any]:
        """Two subnets in two zones and a security group, made once."""
        if not self.network:
            ec2 = self.cloud.client("ec2")
            vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
            subnets = [
                ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{number}.0/24", AvailabilityZone=f"{REGION}{zone}")["Subnet"]["SubnetId"]
                for number, zone in enumerate("ab")
            ]
            group = ec2.create_security_group(GroupName="cache", Description="cache", VpcId=vpc)["GroupId"]
            zones = [f"{REGION}a", f"{REGION}b"]
            self.network = {"subnet_ids": subnets, "security_group_ids": [group], "subnet_zones": zones, "vpc_id": vpc}
        return self.network

    def domain_of(self, caches: Mapping[str, Any] | None, **params: Any) -> RedisDomain:
        given = {"environment": self.environment, "component": self.component, "region": REGION, "state": "present", **params}
        self.domain = RedisDomain({**given, "caches": caches, "network": self.net() if caches else {}})
        return self.domain

    def observation(self) -> Observation:
        assert self.domain is not None
        aws = self.aws("plan")
        try:
            answers = {name: ask(aws) for name, ask in self.domain.questions().items()}
        finally:
            aws.close()
        return Observation(Place(self.environment, self.component, REGION, ACCOUNT, tags=self.tags), self.observed(), answers)

    def problems(self, caches: Mapping[str, Any], **params: Any) -> list[str]:
        """What the account holds against these settings."""
        return list(self.domain_of(caches, **params).problems(self.observation()))

    def desired(self, caches: Mapping[str, Any], **params: Any) -> list[Resource]:
        return list(self.domain_of(caches, **params).resources(self.observation()))

    def bring(self, caches: Mapping[str, Any], purge: tuple[str, ...] = (), **params: Any) -> int:
        """Apply; the number of changing calls that it took."""
        assert self.problems(caches, **params) == []
        before = self.changes()
        self.apply(self.desired(caches, **params), purge=purge)
        return self.changes() - before

    def changes(self) -> int:
        return len(self.calls(0))

    def calls(self, since: int) -> list[str]:
        """The changing operations after the first ``since`` ones."""
        return [one["operation"] for one in self.cloud.admin.requests() if one["mutating"]][since:]

    def group(self, identifier: str = "prod-main") -> dict[str, Any]:
        found: dict[str, Any] = self.cloud.client("elasticache").describe_replication_groups(ReplicationGroupId=identifier)[
            "ReplicationGroups"
        ][0]
        return found

    def secret(self, part: str, stage: str = "AWSCURRENT", cache: str = "main") -> str:
        name = f"{self.owner.path}{cache}/{part}"
        text = self.cloud.client("secretsmanager").get_secret_value(SecretId=name, VersionStage=stage)["SecretString"]
        return str(json.loads(text)["password"])

    def answer(self, *login: str, identifier: str = "prod-main") -> str:
        """What a new client of the real server gets for PING: PONG, or the error that refuses it."""
        group = self.group(identifier)
        endpoint = group.get("ConfigurationEndpoint") or group["NodeGroups"][0]["PrimaryEndpoint"]
        authority = self.cloud.environment()["MAINSTAY_REHEARSAL_CACHE_CA"] if group["TransitEncryptionEnabled"] else None
        with Client(endpoint["Address"], endpoint["Port"], authority) as client:
            try:
                if login:
                    client.do("AUTH", *login)
                return str(client.do("PING"))
            except ValkeyError as error:
                return str(error).split()[0]
