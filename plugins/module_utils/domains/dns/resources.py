# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The resources of zones and certificates. Pure functions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ...aws.place import Place
from ...reconcile.model import UNKNOWN, Resource, is_unknown, ref
from .kinds.health_check import MATCHING
from .settings.certificates import Certificate
from .settings.health_checks import HealthCheck
from .settings.record import DEFAULT_TTL, Record
from .settings.zones import Zone


def build(zones: Mapping[str, Zone], place: Place) -> list[Resource]:
    certificates = [certificate for zone in zones.values() for certificate in zone.certificates.values()]
    checks = [check for zone in zones.values() for check in zone.health_checks.values()]
    return [
        *(health_check_resource(check, place) for check in checks),
        *(zone_resource(zone, zones, place) for zone in zones.values()),
        *(one for certificate in certificates for one in certificate_resources(certificate, place)),
    ]


def zone_resource(zone: Zone, zones: Mapping[str, Zone], place: Place) -> Resource:
    private: dict[str, Any] = {"vpc_id": zone.vpc_ids[0], "vpc_ids": list(zone.vpc_ids)} if zone.private and zone.vpc_ids else {}
    properties = {
        "zone_name": zone.domain,
        "private": zone.private,
        "comment": zone.comment,
        **private,
        "records": {**dict(delegations(zone, zones)), **{key: record_property(one, zone) for key, one in sorted(zone.records.items())}},
        "owner_tags": True,
        "tags": {**place.tags, **zone.tags},
    }
    return Resource("hosted_zone", zone.name, properties)


def delegations(zone: Zone, zones: Mapping[str, Zone]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The NS records for the component's zones below this one."""
    for child in zones.values():
        if child.parent == zone.name:
            yield f"{child.domain} NS", {"ttl": DEFAULT_TTL, "values": ref(f"hosted_zone.{child.name}", "name_servers")}


def record_property(record: Record, zone: Zone) -> dict[str, Any]:
    """A record as records/changes.py describes it. The zone of an alias without one is its own, unless its name is not known yet."""
    check = record.health_check
    own = any(one.name == f"{zone.name}/{check}" for one in zone.health_checks.values())
    more = {**record.routing, **({"health_check": ref(f"health_check.{zone.name}/{check}") if own else check} if check else {})}
    if record.alias is None:
        return {"ttl": record.ttl, "values": list(record.values), **more}
    alias = record.alias
    within = alias.zone_id or (UNKNOWN if is_unknown(alias.name) else ref(f"hosted_zone.{zone.name}"))
    return {"alias": {"name": alias.name, "zone_id": within, "evaluate_target_health": alias.evaluate_target_health}, **more}


def certificate_resources(certificate: Certificate, place: Place) -> Iterator[Resource]:
    """One for each region; that of the component's own region has no region in its address."""
    for region in certificate.regions:
        elsewhere = {"region": region} if region else {}
        properties = {
            **elsewhere,
            "domain_name": certificate.names[0],
            "subject_alternative_names": list(certificate.names),
            "key_algorithm": certificate.key_algorithm,
            "validation": {domain: ref(f"hosted_zone.{zone}") for domain, zone in sorted(certificate.domains.items())},
            "status": "ISSUED",
            "tags": {**place.tags, **certificate.tags},
        }
        yield Resource("certificate", f"{certificate.name}/{region}" if region else certificate.name, properties)


def health_check_resource(check: HealthCheck, place: Place) -> Resource:
    """Of HTTP and HTTPS, the type says whether a text is looked for."""
    web = check.protocol != "tcp"
    properties = {
        "type": f"{check.protocol.upper()}{MATCHING if check.contains else ''}",
        "request_interval": check.interval,
        "by_address": bool(check.address),
        "ip_address": check.address or None,
        "fqdn": check.host or None,
        "port": check.port,
        "resource_path": check.resource_path or None,
        "search_string": check.contains or None,
        "failure_threshold": check.failures,
        "enable_sni": check.protocol == "https" if web else None,
        "inverted": check.inverted,
        "disabled": check.disabled,
        "regions": list(check.regions),
        "owner_tags": True,
        "tags": {**place.tags, **check.tags},
    }
    return Resource("health_check", check.name, properties)
