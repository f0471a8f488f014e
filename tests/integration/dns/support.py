# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A component's zones and certificates in a rehearsal cloud."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from ansible_collections.mainstay.aws.plugins.module_utils.aws.connection import Aws, watch
from ansible_collections.mainstay.aws.plugins.module_utils.aws.place import Place
from ansible_collections.mainstay.aws.plugins.module_utils.component.domain import Observation
from ansible_collections.mainstay.aws.plugins.module_utils.domains.dns.domain import DnsDomain
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import Resource
from tests.integration.site import ACCOUNT, DomainSite

__all__ = ["ACCOUNT", "REGION", "Site"]

REGION = "eu-west-1"


@dataclass
class Site(DomainSite):
    component: str = "dns"
    domain: DnsDomain | None = None
    further_regions: Sequence[str] = ("us-east-1",)

    region: ClassVar[str] = REGION

    def aws(self, role: str = "apply") -> Aws:
        aws = Aws(lambda service, region=REGION: watch(self.cloud.client(service, role, region)), self.owner, region=REGION)
        aws.also_in(self.further_regions)
        return aws

    def domain_of(self, zones: Mapping[str, Any] | None, **params: Any) -> DnsDomain:
        given = {"environment": self.environment, "component": self.component, "region": REGION, "state": "present", **params}
        self.domain = DnsDomain({**given, "zones": zones})
        return self.domain

    def observation(self) -> Observation:
        return Observation(Place(self.environment, self.component, REGION, ACCOUNT, tags=self.tags), self.observed())

    def problems(self, zones: Mapping[str, Any]) -> list[str]:
        """What the account holds against these settings."""
        return list(self.domain_of(zones).problems(self.observation()))

    def desired(self, zones: Mapping[str, Any], **params: Any) -> list[Resource]:
        return list(self.domain_of(zones, **params).resources(self.observation()))

    def records(self, zone: str) -> dict[str, Any]:
        """``name TYPE`` -> values of what a zone of ours holds, as AWS returns it."""
        found = self.cloud.client("route53").list_resource_record_sets(HostedZoneId=self.ids()[f"hosted_zone.{zone}"])
        return {
            f"{one['Name']} {one['Type']}": [value["Value"] for value in one.get("ResourceRecords") or []]
            for one in found["ResourceRecordSets"]
        }
