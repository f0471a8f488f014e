# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Health checks of Route 53, by which records with failover or another routing policy are left out while an endpoint does not answer."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from typing import Any

from ....aws.canonical import sorted_strings
from ....aws.connection import Aws
from ....aws.named_kind import NamedCalls
from ....aws.owner import Owner, whose
from ....aws.tags import tag_dict, tag_list
from ....reconcile.model import Observed, fixed, given
from ..records.domain_names import normal
from . import reads
from .route53_kind import Route53Kind, tagging_of

MATCHING = "_STR_MATCH"
"""How the type of a check ends that looks for a text in the response."""
RESET = {"fqdn": "FullyQualifiedDomainName", "regions": "Regions", "resource_path": "ResourcePath"}
"""Properties that UpdateHealthCheck unsets by name only."""
LONGEST_REFERENCE, TOKEN, DIGEST = 64, 8, 10
"""Characters of a caller reference, of its random part, and of a digest in it."""


class HealthCheck(Route53Kind):
    """``names``: those of the described checks, for finding one whose run ended before it was tagged."""

    name = "health_check"
    calls = NamedCalls(
        service="route53",
        list="list_health_checks",
        items="HealthChecks",
        describe="get_health_check",
        create="create_health_check",
        item="HealthCheck",
        delete="delete_health_check",
        name="HealthCheckId",
        id="Id",
        token="CallerReference",  # noqa: S106 (the name of a parameter)
    )
    tagging = tagging_of("healthcheck")
    operations = ("update_health_check",)
    named = False

    type = fixed("Type")
    request_interval = fixed()
    by_address = fixed()
    ip_address = given("IPAddress")
    fqdn = given("FullyQualifiedDomainName", canonical=normal)
    port = given()
    resource_path = given()
    search_string = given()
    failure_threshold = given()
    enable_sni = given("EnableSNI")
    inverted = given()
    disabled = given()
    regions = given(canonical=sorted_strings)

    def __init__(self, names: Collection[str] = ()) -> None:
        super().__init__()
        self.names = tuple(names)

    # -- finding ---------------------------------------------------------------------------------------------------------------------

    def find(self, aws: Aws) -> list[Observed]:
        listed = self.listed(aws)
        tags = reads.tags_of(aws, [one["Id"] for one in listed], "healthcheck") if listed else {}
        return self.observe_all(aws, [self._marked(aws.owner, one, tags.get(one["Id"], {})) for one in listed])

    def entries_at(self, aws: Aws, where: Mapping[str, str]) -> list[dict[str, Any]]:
        found = self.describe(aws, where)
        if found is None:
            return []
        return [self._marked(aws.owner, found, reads.tags_of(aws, [found["Id"]], "healthcheck").get(found["Id"], {}))]

    def holder(self, _aws: Aws, _properties: Mapping[str, Any]) -> None:
        """Health checks have no names."""

    def why_not_adoptable(self, aws: Aws, raw: Mapping[str, Any]) -> str:
        if managed := super().why_not_adoptable(aws, raw):
            return managed
        kind = raw["HealthCheckConfig"]["Type"]
        return "" if kind.removesuffix(MATCHING) in ("HTTP", "HTTPS", "TCP") else f"a check of the type {kind} cannot be described"

    def _marked(self, owner: Owner, raw: Mapping[str, Any], tags: Mapping[str, str]) -> dict[str, Any]:
        """The check with its tags and its marks: those of the caller reference while no tag names an owner."""
        marks = dict(tags) if whose(tags) else {**tags, **self.reference_marks(owner, str(raw.get("CallerReference") or ""))}
        return {**raw, "Tags": tag_list(tags), "Marks": marks}

    def reference_marks(self, owner: Owner, reference: str) -> dict[str, str]:
        """The owner tags that a caller reference of ours stands for."""
        begin = reference_of(owner)
        if not reference.startswith(begin):
            return {}
        known = {in_reference(name): name for name in self.names}
        own = reference.removeprefix(begin).rpartition("/")[0]
        return owner.tags(f"{self.name}.{known.get(own, own)}")

    def tags_of(self, raw: Mapping[str, Any]) -> dict[str, str]:
        return dict(raw.get("Marks") or tag_dict(raw.get("Tags")))

    # -- properties ------------------------------------------------------------------------------------------------------------------

    def value(self, raw: Mapping[str, Any], name: str) -> Any:
        """Properties are members of the configuration."""
        getter = getattr(self, f"get_{name}", None)
        return getter(raw) if getter else raw["HealthCheckConfig"].get(self.api_name(name))

    def get_by_address(self, raw: Mapping[str, Any]) -> bool:
        return bool(raw["HealthCheckConfig"].get("IPAddress"))

    def get_regions(self, raw: Mapping[str, Any]) -> list[str]:
        """Route 53 returns none for a check from all of them."""
        return list(raw["HealthCheckConfig"].get("Regions") or [])

    def get_inverted(self, raw: Mapping[str, Any]) -> bool:
        return bool(raw["HealthCheckConfig"].get("Inverted"))

    def get_disabled(self, raw: Mapping[str, Any]) -> bool:
        return bool(raw["HealthCheckConfig"].get("Disabled"))

    def fresh(self, seen: Observed) -> Mapping[str, Any]:
        return {"owner_tags": False, "tags": {}}

    # -- changing --------------------------------------------------------------------------------------------------------------------

    def create(self, aws: Aws, address: str, properties: Mapping[str, Any], token: str) -> Observed:
        outside = ("by_address", "tags", "owner_tags")
        config = {self.api_name(name): value for name, value in properties.items() if name not in outside and value not in (None, [], "")}
        reference = f"{reference_of(aws.owner)}{in_reference(address.partition('.')[2])}/{token[:TOKEN]}"
        reply = aws.change("route53", "create_health_check", CallerReference=reference, HealthCheckConfig=config)
        return self.made(aws, self._marked(aws.owner, reply["HealthCheck"], {}), address)

    def update(self, aws: Aws, seen: Observed, properties: Mapping[str, Any]) -> None:
        """One call for the configuration, and others for tags."""
        config = {name: value for name, value in properties.items() if name not in ("tags", "owner_tags")}
        if config:
            unset = sorted(RESET[name] for name, value in config.items() if name in RESET and not value)
            members = {self.api_name(name): value for name, value in config.items() if RESET.get(name) not in unset}
            reset = {"ResetElements": unset} if unset else {}
            aws.change("route53", "update_health_check", HealthCheckId=seen.id, **members, **reset)
        super().update(aws, seen, {name: value for name, value in properties.items() if name not in config})


def reference_of(owner: Owner) -> str:
    """How the caller references of an owner's checks begin. The owner does not fit in, so this is a digest."""
    return f"{reads.REFERENCE}{digest(f'{owner.environment}/{owner.component}')}/"


def in_reference(name: str) -> str:
    """The name of a check as a caller reference has it: itself if it fits in, otherwise a digest, which only a described name explains."""
    room = LONGEST_REFERENCE - len(reads.REFERENCE) - DIGEST - len("//") - TOKEN
    return name if len(name) <= room else digest(name)


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:DIGEST]
