# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The alias records of a distribution in zones of the account, which other components own.

Records have no life of their own: they are a property of the distribution, key (``www.example.com A``) -> domain of the zone. Which of them
are ours is in the component's own register in the zone (dns/records/register.py), so that the zone's owner and we leave each other's alone.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from ....aws.connection import Aws
from ....reconcile.errors import CallFailed
from ....reconcile.model import Observed
from ...dns.kinds import reads
from ...dns.records.changes import Contents, batches, in_the_way, shown
from ...dns.records.domain_names import innermost, normal

RECORD_EXISTS, NO_ZONE = "RecordExists", "NoHostedZone"
ZONE = "Z2FDTNDATAQYW2"
"""The hosted zone of all distributions' names (Route 53 API Reference, AliasTarget)."""

Records = Mapping[str, str]


def zones(aws: Aws) -> dict[str, str]:
    """domain -> ID of the account's public zones. Of several with one name, the first: they cannot all be delegated."""
    listed = aws.once("public zones", lambda: aws.list_all("route53", "list_hosted_zones", "HostedZones"))
    found: dict[str, str] = {}
    for one in listed:
        if not reads.is_private(one):
            found.setdefault(normal(one["Name"]), reads.bare(one["Id"]))
    return found


def contents_of(aws: Aws, domains: Collection[str]) -> dict[str, Contents]:
    """What the zones with these domains have now."""
    there = [(domain, identity) for domain, identity in zones(aws).items() if domain in domains] if domains else []
    found = aws.map(lambda one: reads.present(aws, one[1], one[0]), there)
    return {domain: content for (domain, _identity), content in zip(there, found, strict=True)}


def leading_to(name: str, there: Mapping[str, Contents]) -> dict[str, str]:
    """Our records that lead to a distribution's name."""
    return {key: domain for domain, content in there.items() for key, raw in content.ours().items() if _target(raw) == normal(name)}


def _target(raw: Mapping[str, Any]) -> str:
    return str((shown(raw).get("alias") or {}).get("name") or "")


def blocking(there: Contents, desired: Collection[str]) -> list[str]:
    """The records of others that prevent these."""
    return sorted({other for others in in_the_way(there, desired, ()).values() for other in others})


def publish(aws: Aws, name: str, wanted: Records, before: Records) -> None:
    """Bring the records that lead to a distribution's name to the described state; compares with what is there now."""
    known = zones(aws)
    for domain in sorted({*wanted.values(), *before.values()}):
        identity = known.get(domain)
        if identity is None:
            raise CallFailed(f"this account has no public hosted zone {domain}", "route53:ListHostedZones", NO_ZONE)
        _set(aws, domain, identity, name, [key for key, zone in wanted.items() if zone == domain])


def withdraw(aws: Aws, seen: Observed) -> None:
    """Delete our records that lead to a distribution, in whichever zones of the account its aliases are: its settings may be gone."""
    aliases = [*(seen.properties.get("aliases") or ()), *(seen.properties.get("moved_aliases") or ())]
    known, recorded = zones(aws) if aliases else {}, dict(seen.properties.get("records") or {})
    domains = {innermost(alias, known) for alias in aliases} | set(recorded.values())
    for domain in sorted(domains & set(known)):
        _set(aws, domain, known[domain], str(seen.attributes["domain_name"]), [])


def _set(aws: Aws, domain: str, identity: str, name: str, keys: Collection[str]) -> None:
    alias = {"alias": {"name": normal(name), "zone_id": ZONE, "evaluate_target_health": False}}
    with reads.lock_of(identity):
        there = reads.present(aws, identity, domain)
        if blocked := blocking(there, keys):
            raise CallFailed(
                f"the zone {domain} has {', '.join(blocked)}, which is not ours", "", RECORD_EXISTS, "Delete it, or leave zones out."
            )
        others = {key: shown(raw) for key, raw in there.ours().items() if _target(raw) != normal(name)}
        reads.send(aws, identity, batches(there, aws.owner, {**others, **dict.fromkeys(keys, alias)}, ()))


def keys_of(alias: str, *, ipv6: bool) -> list[str]:
    return [f"{alias} {sort}" for sort in (("A", "AAAA") if ipv6 else ("A",))]
