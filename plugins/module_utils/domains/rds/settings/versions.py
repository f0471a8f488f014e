# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Versions of PostgreSQL: how they are written, how long RDS supports them, and what that costs. Pure functions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ....inputs.reader import Reader

VERSION = re.compile(r"(\d{2})(?:\.(\d{1,2}))?")
STANDARD, EXTENDED = "standard", "extended"
LIFECYCLES: Mapping[str, str] = {
    STANDARD: "open-source-rds-extended-support-disabled",
    EXTENDED: "open-source-rds-extended-support",
}
"""our word -> EngineLifecycleSupport. RDS's own default is the extended one, which is charged for without being asked for."""

YEAR_ONE_PRICE, YEAR_THREE_PRICE = 0.100, 0.200
"""USD per vCPU and hour of RDS Extended Support in us-east-1, in its first two years and from the third on
(aws.amazon.com/rds/postgresql/pricing); a Multi-AZ instance pays for both of its halves."""


@dataclass(frozen=True)
class Support:
    """Until when RDS supports a major version; dates have the form 2027-02-28 and are empty if AWS gives none."""

    major: str
    standard_until: str = ""
    extended_until: str = ""


def read_version(reader: Reader) -> str:
    """A major version, or an exact one. A number is rejected although it looks right: YAML reads 17.10 as 17.1."""
    value = reader.take("version")
    example = 'such as "17", or an exact one such as "17.4"'
    if value is None:
        reader.problems.missing(reader.at("version"), f"give the major version of PostgreSQL in quotes, {example}")
    elif not isinstance(value, str):
        reader.problems.add(reader.at("version"), value, f'it must be quoted, because YAML reads it as a number: "{value}"')
    elif not VERSION.fullmatch(value):
        reader.problems.add(reader.at("version"), value, f"it must be a major version of PostgreSQL, {example}")
    else:
        return value
    return ""


def major_of(version: str) -> str:
    """17 for ``17.4``."""
    return version.partition(".")[0]


def family_of(version: str) -> str:
    """The parameter group family: ``postgres17``."""
    return f"postgres{major_of(version)}"


def number(version: str) -> tuple[int, ...]:
    """A version in a form that sorts: (17, 4)."""
    return tuple(int(part) for part in re.findall(r"\d+", version)[:2])


def matching(version: str, offered: Iterable[str]) -> list[str]:
    """The offered versions that a described one allows, in ascending order: the exact one, or all of its major version."""
    exact = "." in version
    return sorted((one for one in offered if (one == version if exact else major_of(one) == version)), key=number)


def support_of(entries: Iterable[Mapping[str, Any]]) -> dict[str, Support]:
    """The entries below ``DBMajorEngineVersions`` by major version."""
    found = {}
    for entry in entries:
        ends = {one["LifecycleSupportName"]: day(one.get("LifecycleSupportEndDate")) for one in entry.get("SupportedEngineLifecycles", [])}
        major = str(entry["MajorEngineVersion"])
        found[major] = Support(major, ends.get("open-source-rds-standard-support", ""), ends.get("open-source-rds-extended-support", ""))
    return found


def day(moment: Any) -> str:
    """The date of a point in time."""
    return moment.strftime("%Y-%m-%d") if hasattr(moment, "strftime") else str(moment or "")[:10]


def refused(path: str, version: str, offered: Iterable[str]) -> Iterator[str]:
    """The reason to reject a version that RDS does not offer here."""
    there = list(offered)
    if version and not matching(version, there):
        majors = sorted({major_of(one) for one in there}, key=int)
        same = matching(major_of(version), there)
        choice = f"of {major_of(version)}: {', '.join(same)}" if same else ", ".join(majors) or "none"
        yield f"{path}.version is '{version}', but RDS does not offer it here; choose one of those that it offers, {choice}"
