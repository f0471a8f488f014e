"""Zones: name servers of their own, and their tags in the tagging API."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

from rehearsal.registry import adjusts, lists_tags

ENDINGS = ("com", "net", "org", "co.uk")


@adjusts("route53")
def own_name_servers() -> None:
    """moto gives every zone the same ones, so that a wrong delegation would look right."""
    from moto.route53.models import Route53Backend

    original = Route53Backend.create_hosted_zone

    def create(self: Any, *arguments: Any, **named: Any) -> Any:
        zone = original(self, *arguments, **named)
        number = int(hashlib.sha256(zone.resource_id.encode()).hexdigest(), 16) % 500
        servers = [f"ns-{number + 512 * place}.awsdns-{number % 64:02}.{ending}" for place, ending in enumerate(ENDINGS)]
        zone.delegation_set.name_servers = servers
        for record in zone.rrsets:
            if record.type == "NS":
                record.records = servers
        return zone

    Route53Backend.create_hosted_zone = create


@adjusts("route53")
def forget_tags_of_deleted_zones() -> None:
    from moto.route53.models import Route53Backend

    original = Route53Backend.delete_hosted_zone

    def delete(self: Any, id_: str) -> Any:
        zone = original(self, id_)
        self.resource_tags.pop(id_.rpartition("/")[2], None)
        return zone

    Route53Backend.delete_hosted_zone = delete


@lists_tags("route53")
def zones_and_health_checks(backend: Any) -> Iterator[tuple[str, dict[str, str]]]:
    for sort, identities in (("hostedzone", backend.zones), ("healthcheck", backend.health_checks)):
        for identity in identities:
            yield f"arn:aws:route53:::{sort}/{identity}", backend.resource_tags[identity]
