# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The settings of certificates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ....inputs.reader import Reader
from ....inputs.values import REGION, matching
from ..records.domain_names import innermost, name_problem, normal

KEY_ALGORITHMS = ("RSA_2048", "RSA_3072", "RSA_4096", "EC_prime256v1", "EC_secp384r1", "EC_secp521r1")
LONGEST_FIRST_NAME = 64
"""Characters in the first name, which becomes the certificate's common name (ACM User Guide, "Certificate characteristics")."""
MOST_NAMES = 100
"""ACM raises its default quota of 10 names on request, up to this."""


@dataclass(frozen=True)
class Certificate:
    """One certificate in each of ``regions``; an empty region is the component's own. ``name``: with that of the zone that lists it.
    ``zones``: each of its names -> the zone that validates it.
    """

    name: str
    path: str
    names: tuple[str, ...]
    regions: tuple[str, ...] = ("",)
    key_algorithm: str = "RSA_2048"
    zones: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def domains(self) -> dict[str, str]:
        """domain -> the zone that validates it. A wildcard and its domain have the same validation record."""
        return {name.removeprefix("*."): zone for name, zone in self.zones.items()}


@dataclass(frozen=True)
class Zones:
    """What the reading of a zone's certificates needs to know: the zone's name and domain, the name of each public zone by domain, and the
    component's own region.
    """

    zone: str
    domain: str
    public: Mapping[str, str]
    region: str = ""


def read_certificates(reader: Reader, around: Zones) -> dict[str, Certificate]:
    """The certificates of a zone, by name. Every problem is recorded."""
    return {name: _certificate(name, one, around) for name, one in reader.named("the name of a certificate", 32)}


def _certificate(name: str, reader: Reader, around: Zones) -> Certificate:
    names = _names(reader, around.domain)
    zones, region = around.public, around.region
    found = {one: zones[within] for one in names if (within := innermost(one.removeprefix("*."), zones))}
    for one in names:
        if one not in found:
            known = f"the public zones are {', '.join(sorted(zones))}" if zones else "there is no public zone"
            remedy = f"it is in none of the zones described here, so its validation record cannot be created; {known}"
            reader.problems.add(reader.at("names"), one, remedy)
    certificate = Certificate(
        name=f"{around.zone}/{name}",
        path=reader.path,
        names=names,
        regions=_regions(reader, region),
        key_algorithm=reader.choice("key_algorithm", KEY_ALGORITHMS, "RSA_2048"),
        zones=found,
        tags=reader.tags("tags"),
    )
    reader.finish()
    return certificate


def _names(reader: Reader, domain: str) -> tuple[str, ...]:
    """The names, the first one first: it is the certificate's main name. By default the zone's and everything directly below it."""
    given = reader.take("names")
    if given is None:
        return (domain, f"*.{domain}") if domain else ()
    if not isinstance(given, list | tuple) or not given:
        reader.problems.add(reader.at("names"), given, "it must be a list of at least one name")
        return ()
    found: list[str] = []
    for position, item in enumerate(given):
        path = f"{reader.at('names')}[{position}]"
        name = normal(item) if isinstance(item, str) else ""
        problem = name_problem(name, wildcard=True) if name else "it must be a domain name"
        if not problem and "_" in name:
            problem = "a certificate cannot have a name with an underscore"
        if not problem and name.startswith("*.") and name.count(".") < 2:
            problem = "a wildcard needs a domain below a top-level one, as in *.example.com"
        if not problem and not found and len(name) > LONGEST_FIRST_NAME:
            problem = f"the first name has at most {LONGEST_FIRST_NAME} characters; put a shorter one first"
        if not problem and name in found:
            problem = "the list already contains it; list each once"
        if problem:
            reader.problems.add(path, item, problem)
        else:
            found.append(name)
    if len(found) > MOST_NAMES:
        reader.problems.messages.append(f"{reader.at('names')} has {len(found)} names, but ACM accepts at most {MOST_NAMES}")
    return tuple(found)


def _regions(reader: Reader, region: str) -> tuple[str, ...]:
    """The regions, each once; empty for the component's own."""
    given = reader.items("regions", (), matching(REGION), "it must be a region such as us-east-1")
    return tuple("" if one == region else str(one) for one in given) or ("",)
