# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A component's buckets in a rehearsal cloud."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from ansible_collections.mainstay.aws.plugins.module_utils.aws.connection import Aws, watch
from ansible_collections.mainstay.aws.plugins.module_utils.aws.place import Place
from ansible_collections.mainstay.aws.plugins.module_utils.component.domain import Observation
from ansible_collections.mainstay.aws.plugins.module_utils.domains.s3_cdn.domain import S3CdnDomain
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import Resource
from tests.integration.site import ACCOUNT, DomainSite

REGION, ELSEWHERE = "af-south-1", "eu-west-1"
EVERYTHING = ("*", "bucket_key.*", "s3_bucket.*")
"""Patterns that cover all kinds: kinds that hold data are covered only by their full name."""
CALLER = f"arn:aws:iam::{ACCOUNT}:user/rehearsal-apply"


@dataclass
class Site(DomainSite):
    component: str = "storage"
    domain: S3CdnDomain | None = None

    region: ClassVar[str] = REGION

    def aws(self, role: str = "apply") -> Aws:
        aws = Aws(lambda service, region=REGION: watch(self.cloud.client(service, role, region)), self.owner, region=REGION)
        aws.also_in(self.domain.regions() if self.domain else ())
        return aws

    def domain_of(self, described: Mapping[str, Any] | None, **params: Any) -> S3CdnDomain:
        given = {"environment": self.environment, "component": self.component, "region": REGION, "expected_account_id": ACCOUNT}
        self.domain = S3CdnDomain({**given, "state": "present", "buckets": described, **params})
        return self.domain

    def desired(self, buckets: Mapping[str, Any], **parts: Any) -> Sequence[Resource]:
        domain = self.domain_of(buckets, **parts)
        return domain.resources(Observation(self.place()))

    def place(self) -> Place:
        return Place(self.environment, self.component, REGION, ACCOUNT, tags=self.tags, caller=CALLER)

    def s3(self, region: str = REGION) -> Any:
        return self.cloud.client("s3", region=region)

    def policy(self, bucket: str) -> dict[str, dict[str, Any]]:
        """The statements of a bucket's policy, by Sid."""
        document = json.loads(self.s3().get_bucket_policy(Bucket=bucket)["Policy"])
        return {one["Sid"]: one for one in document["Statement"]}
