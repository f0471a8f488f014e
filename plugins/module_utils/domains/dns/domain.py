# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The DNS domain: what the modules route53_zones and route53_zones_info run."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, NoReturn

from ...aws.connection import Aws
from ...component.domain import Checked, Domain, InvalidInput, Observation
from ...component.lookup import read_outputs
from ...component.outputs import Attributes
from ...component.run import run as run_component
from ...inputs.problems import Problems
from ...reconcile.errors import Failure
from ...reconcile.model import Kind, Observed, Resource
from ...reconcile.planner import Plan
from .kinds.certificate import ISSUED, PATIENCE, Certificate
from .kinds.health_check import HealthCheck
from .kinds.hosted_zone import HostedZone, foreign_text
from .names import regions
from .outputs import outputs
from .records.changes import excludes
from .resources import build
from .settings.zones import Zone, read_zones
from .validate import validate

SERVICES = ("sts", "route53", "acm", "resourcegroupstaggingapi")
"""The services that every call contacts, even when it changes nothing."""

NOT_EMPTY, IN_USE = "HostedZoneNotEmpty", "ResourceInUse"


def kinds(
    domains: Collection[str] = (),
    adopted: Mapping[str, Collection[str]] | None = None,
    regions: Collection[str] = (),
    patience: float = PATIENCE,
    checks: Collection[str] = (),
    leaving: Collection[str] = (),
) -> dict[str, Kind]:
    found: tuple[Kind, ...] = (HealthCheck(checks), HostedZone(domains, adopted, leaving), Certificate(domains, regions, patience))
    return {kind.name: kind for kind in found}


KINDS: dict[str, Kind] = kinds()


class DnsDomain(Domain):
    """The zones and certificates of a component. Without ``zones`` (a look-up or a removal), nothing is desired."""

    def __init__(self, params: Mapping[str, Any]) -> None:
        self.zones: dict[str, Zone] = {}
        self.region = params.get("region") or ""
        self.absent = params.get("state") == "absent"
        if params.get("zones") is not None and not self.absent:
            networks = {str(name): str(vpc) for name, vpc in (params.get("networks") or {}).items()}
            self.zones, problems = validate(params["zones"], "zones", networks, self.region)
            if problems:
                raise InvalidInput(problems)
        self.further = regions(self.zones or read_zones(params.get("zones"), "zones", Problems(), {}, self.region), self.region)
        domains = tuple(dict.fromkeys(zone.domain for zone in self.zones.values()))
        checks = [check.name for zone in self.zones.values() for check in zone.health_checks.values()]
        patience = float(params.get("validation_timeout") or PATIENCE)
        self.kinds = kinds(domains, adopted(self.zones), self.further, patience, checks, params.get("leaving") or ())

    def regions(self) -> Sequence[str]:
        """Also for a removal: what is in other regions is found there."""
        return self.further

    def problems(self, observation: Observation) -> Sequence[str]:
        """Records that exist, and are not ours: nothing is overwritten."""
        there = {seen.address: seen for seen in observation.observed}
        return [text for zone in self.zones.values() for text in blocked(zone, there.get(f"hosted_zone.{zone.name}"))]

    def resources(self, observation: Observation) -> Sequence[Resource]:
        return build(self.zones, observation.place)

    def notes(self, observation: Observation) -> Sequence[str]:
        return [text for text in map(delegation_note, waited_for(observation.observed)) if text]

    def checks(self, plan: Plan, _aws: Aws, _region: str) -> Checked:
        """Refuse to delete zones with records of others, and certificates that something uses.

        When everything is removed, the load balancers that used a certificate have just been deleted, which ACM notices late: the deletion
        then waits.
        """
        leaving = [action.remove for action in plan.permitted if action.remove]
        return Checked(refusals=[one for seen in leaving if not (self.absent and seen.kind == "certificate") for one in refusals(seen)])

    def findings(self, observed: Sequence[Observed]) -> dict[str, Any]:
        return {"protected": [str(one) for seen in observed if seen.kind == "hosted_zone" for one in refusals(seen)]}

    def outputs(self, attributes: Attributes) -> dict[str, Any]:
        return outputs(attributes, self.region)


def adopted(zones: Mapping[str, Zone]) -> dict[str, set[str]]:
    """domain -> the keys of the records that may be taken over."""
    found: dict[str, set[str]] = {}
    for zone in zones.values():
        found.setdefault(zone.domain, set()).update(key for key, record in zone.records.items() if record.adopt)
    return found


def blocked(zone: Zone, seen: Observed | None) -> Iterator[str]:
    """One sentence for each described record that another owner's record prevents."""
    foreign: Sequence[str] = seen.attributes.get("foreign_records") or () if seen else ()
    consented = {key for key, record in zone.records.items() if record.adopt}
    for key, record in zone.records.items():
        others = [other for other in foreign if excludes(key, other, consented)]
        if others == [key]:
            yield (
                f"{record.path} is {key}, which exists in {zone.domain} and is not ours; set adopt: true on it to take it over with the "
                "values described here, or remove it from the settings"
            )
        elif others:
            yield f"{record.path} is {key}, but {foreign_text(others)} exists in {zone.domain} and is not ours; delete it first"


def waited_for(observed: Sequence[Observed]) -> list[Observed]:
    """The public zones whose parent is in another account, and for which nothing proves yet that it delegates to them."""
    issued = {
        zone for seen in observed if seen.kind == "certificate" and seen.properties.get("status") == ISSUED for zone in validating(seen)
    }
    zones = [seen for seen in observed if seen.kind == "hosted_zone" and not seen.properties.get("private")]
    return [seen for seen in zones if seen.id not in issued and seen.attributes.get("delegated") is None]


def validating(seen: Observed) -> Collection[str]:
    return set((seen.properties.get("validation") or {}).values())


def delegation_note(seen: Observed) -> str:
    servers = seen.attributes.get("name_servers") or ()
    return f"{seen.properties['zone_name']} must be delegated by its registrar or parent zone to {', '.join(servers)}" if servers else ""


def refusals(seen: Observed) -> Iterator[Failure]:
    """Why this must not be deleted; none for most."""
    if seen.kind == "hosted_zone" and (foreign := seen.attributes.get("foreign_records")):
        text = f"the zone has records that are not ours: {foreign_text(foreign)}"
        yield Failure(seen.address, "", NOT_EMPTY, text, "Delete them first, or leave the zone. Nothing was changed.")
    if seen.kind == "certificate" and (users := seen.attributes.get("in_use_by")):
        text = f"the certificate is used by {', '.join(users)}"
        yield Failure(seen.address, "", IN_USE, text, "Let them use another one first. Nothing was changed.")


def run(module: Any) -> NoReturn:
    """Bring the component's zones and certificates to the described state, or plan the changes."""
    run_component(module, DnsDomain)


def read_found(module: Any) -> NoReturn:
    """Return the outputs of the existing zones and certificates."""
    read_outputs(module, DnsDomain, described=module.params["zones"] is not None)
