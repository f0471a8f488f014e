# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The settings of hosted zones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ....inputs.problems import Problems, suggestion
from ....inputs.reader import Reader
from ....inputs.values import as_text
from ..records.domain_names import innermost, name_problem, normal
from .certificates import Certificate, Zones, read_certificates
from .health_checks import HealthCheck, read_health_checks
from .record import Around, Record
from .records import read_records

LONGEST_COMMENT = 256
LONGEST_DOMAIN = 180
"""Leaves room for the names of the register and of validation records below it."""


@dataclass(frozen=True)
class Zone:
    """One hosted zone. ``vpc_ids``: of a private one, those of ``networks`` included. ``parent``: the zone of the component that delegates
    to it, by name.
    """

    name: str
    path: str
    domain: str
    private: bool = False
    comment: str = ""
    vpc_ids: tuple[str, ...] = ()
    parent: str = ""
    records: Mapping[str, Record] = field(default_factory=dict)
    certificates: Mapping[str, Certificate] = field(default_factory=dict)
    health_checks: Mapping[str, HealthCheck] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)


def read_zones(given: Any, path: str, problems: Problems, networks: Mapping[str, str] | None = None, region: str = "") -> dict[str, Zone]:
    """The zones in a user's mapping (name -> settings). ``networks``: the VPC of each of the platform's networks. ``region``: the
    component's own.
    """
    entries = dict(Reader(given, path, problems).named("the name of a zone", 32))
    domains = {name: _domain(reader, problems) for name, reader in entries.items()}
    public = {domains[name]: name for name, reader in entries.items() if domains[name] and not _is_private(reader)}
    zones = {name: _zone(name, reader, domains, networks or {}, public, region) for name, reader in entries.items()}
    _check_twice(zones, problems)
    return {name: _with_parent(zone, zones) for name, zone in zones.items()}


def _is_private(reader: Reader) -> bool:
    """Whether a zone is private, as far as that is clear; _zone reports a value that is neither true nor false."""
    return Reader(reader.given, reader.path, Problems()).boolean("private", False)


def _domain(reader: Reader, problems: Problems) -> str:
    written = reader.required_text("domain", "give the domain name of the zone, such as example.com")
    name = normal(written)
    if not name:
        return ""
    problem = name_problem(name)
    if not problem and "." not in name and not _is_private(reader):
        problem = "a public zone needs a registered domain such as example.com"
    if not problem and len(name) > LONGEST_DOMAIN:
        problem = f"it has {len(name)} characters, and at most {LONGEST_DOMAIN} leave room for the records below it"
    if problem:
        problems.add(reader.at("domain"), written, problem)
        return ""
    return name


def _zone(
    name: str, reader: Reader, domains: Mapping[str, str], networks: Mapping[str, str], public: Mapping[str, str], region: str
) -> Zone:
    domain = domains[name]
    private = reader.boolean("private", False)
    comment = reader.text("comment", "")
    if len(comment) > LONGEST_COMMENT:
        reader.problems.add(reader.at("comment"), comment, f"Route 53 accepts at most {LONGEST_COMMENT} characters")
    vpc_ids = _vpcs(reader, private, networks)
    delegate = reader.boolean("delegate", True)
    health_checks = read_health_checks(reader.section("health_checks"), name)
    others = tuple(sorted({one for one in domains.values() if one} - {domain}))
    around = Around(domain, others, reader.boolean("adopt_records", False), frozenset(health_checks))
    records, certificates = reader.section("records"), reader.section("certificates")
    if private and certificates.given:
        remedy = "ACM validates public names only; list the certificate in a public zone of the same domain"
        reader.problems.add(certificates.path, sorted(certificates.given), remedy)
    zone = Zone(
        name=name,
        path=reader.path,
        domain=domain,
        private=private,
        comment=comment,
        vpc_ids=vpc_ids,
        parent="" if private or not delegate else "?",
        records=read_records(records, around) if domain else {},
        certificates=read_certificates(certificates, Zones(name, domain, public, region)) if domain and not private else {},
        health_checks=health_checks,
        tags=reader.tags("tags"),
    )
    reader.finish()
    return zone


def _vpcs(reader: Reader, private: bool, networks: Mapping[str, str]) -> tuple[str, ...]:
    """The VPCs of a private zone. Without ``networks`` and ``vpc_ids``, it is every network of the platform."""
    names = reader.items("networks", (), as_text, "it must be the name of a network of the platform")
    given = reader.ids("vpc_ids", (), "vpc-")
    if not private:
        for key in ("networks", "vpc_ids"):
            if reader.given.get(key):
                reader.problems.add(reader.at(key), reader.given[key], "only a private zone has VPCs; set private: true, or remove it")
        return ()
    for one in names:
        if one not in networks:
            remedy = suggestion(str(one), list(networks)) if networks else "no network of the platform is known here"
            reader.problems.add(reader.at("networks"), one, f"there is no such network; {remedy}")
    chosen = names if names or given else tuple(networks)
    found = tuple(dict.fromkeys((*(networks[one] for one in chosen if one in networks), *given)))
    if not found and not names:
        reader.problems.missing(reader.at("vpc_ids"), "a private zone needs at least one VPC; name networks of the platform, or give IDs")
    return found


def _check_twice(zones: Mapping[str, Zone], problems: Problems) -> None:
    """Two zones of one name would be answered by whichever the parent delegates to."""
    seen: dict[tuple[str, bool], Zone] = {}
    for zone in zones.values():
        first = seen.setdefault((zone.domain, zone.private), zone)
        if zone.domain and first is not zone and not (zone.private and not set(zone.vpc_ids) & set(first.vpc_ids)):
            problems.add(f"{zone.path}.domain", zone.domain, f"{first.path} is the same zone; merge their records")


def _with_parent(zone: Zone, zones: Mapping[str, Zone]) -> Zone:
    """The zone with its parent among the component's zones, if that is to delegate to it."""
    if not zone.parent:
        return zone
    public = {one.domain: name for name, one in zones.items() if not one.private and one.domain and one.domain != zone.domain}
    return replace(zone, parent=public.get(innermost(zone.domain, public), ""))
