# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A component's repositories in a rehearsal cloud."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from ansible_collections.mainstay.aws.plugins.module_utils.aws.connection import Aws, watch
from ansible_collections.mainstay.aws.plugins.module_utils.aws.place import Place
from ansible_collections.mainstay.aws.plugins.module_utils.component.domain import Observation
from ansible_collections.mainstay.aws.plugins.module_utils.domains.repositories.domain import RepositoriesDomain, scanning
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import Resource
from tests.integration.site import ACCOUNT, DomainSite

__all__ = ["ACCOUNT", "EVERYTHING", "REGION", "Site"]

REGION = "af-south-1"
EVERYTHING = ("*", "kms_key.*", "ecr_repository.*")
"""Patterns that cover all kinds: kinds that hold data are covered only by their full name."""


@dataclass
class Site(DomainSite):
    component: str = "registry"
    domain: RepositoriesDomain | None = None

    region: ClassVar[str] = REGION

    def aws(self, role: str = "apply") -> Aws:
        return Aws(lambda service, region=REGION: watch(self.cloud.client(service, role, region)), self.owner, region=REGION)

    def domain_of(self, repositories: Mapping[str, Any] | None, **params: Any) -> RepositoriesDomain:
        given = {"environment": self.environment, "component": self.component, "state": "present", **params}
        self.domain = RepositoriesDomain({**given, "repositories": repositories})
        return self.domain

    def desired(self, repositories: Mapping[str, Any]) -> list[Resource]:
        place = Place(self.environment, self.component, REGION, ACCOUNT, tags=self.tags)
        return list(self.domain_of(repositories).resources(Observation(place)))

    def notes(self, repositories: Mapping[str, Any]) -> list[str]:
        aws = self.aws("plan")
        try:
            place = Place(self.environment, self.component, REGION, ACCOUNT)
            return list(self.domain_of(repositories).notes(Observation(place, answers={"scanning": scanning(aws)})))
        finally:
            aws.close()

    def described(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = self.cloud.client("ecr").describe_repositories(repositoryNames=[name])["repositories"][0]
        return found
