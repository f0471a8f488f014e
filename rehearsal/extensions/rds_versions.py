"""Engine versions of RDS for PostgreSQL: the catalog, and the calls that describe it.

The dates are those of the release calendar in the Amazon RDS for PostgreSQL Release Notes. The catalog is an extract: enough minor
versions of each major version that upgrades, deprecations, and classes that older ones lack can be tried.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

from rehearsal.extensions.rds_common import ENGINE
from rehearsal.query_api import filtered, page
from rehearsal.registry import Call, answers

DESCRIPTION = "PostgreSQL"
CERTIFICATES = ("rds-ca-rsa2048-g1", "rds-ca-rsa4096-g1", "rds-ca-ecc384-g1")
LOG_TYPES = ("postgresql", "upgrade")
IAM_LOG = "iam-db-auth-error"


@dataclass(frozen=True)
class Major:
    """A major version: its minor versions, those that AWS has deprecated, and when it is supported, as dates.

    `iam_log` is the first minor version that exports the log of IAM authentication errors.
    """

    number: int
    minors: tuple[int, ...]
    deprecated: frozenset[int]
    released: str
    standard_end: str
    extended_end: str
    default: int
    iam_log: int


MAJORS = (
    Major(13, (15, 18, 20, 21, 22, 23), frozenset({15, 18}), "2021-02-24", "2026-02-28", "2029-02-28", 23, 20),
    Major(14, (12, 15, 17, 18, 19, 20), frozenset({12, 15}), "2022-02-03", "2027-02-28", "2030-02-28", 20, 17),
    Major(15, (7, 10, 12, 13, 14, 15), frozenset({7, 10}), "2023-02-27", "2028-02-29", "2031-02-28", 15, 12),
    Major(16, (3, 6, 8, 9, 10, 11), frozenset({3, 6}), "2024-02-07", "2029-02-28", "2032-02-29", 11, 8),
    Major(17, (1, 2, 4, 5, 6, 7), frozenset({1}), "2024-11-13", "2030-02-28", "2033-02-28", 6, 2),
    Major(18, (1, 2), frozenset(), "2025-11-14", "2031-02-28", "2034-02-28", 2, 1),
)


@dataclass(frozen=True)
class Version:
    major: Major
    minor: int

    @property
    def text(self) -> str:
        return f"{self.major.number}.{self.minor}"

    @property
    def family(self) -> str:
        return f"{ENGINE}{self.major.number}"

    @property
    def deprecated(self) -> bool:
        return self.minor in self.major.deprecated

    @property
    def order(self) -> tuple[int, int]:
        return self.major.number, self.minor

    @property
    def log_types(self) -> tuple[str, ...]:
        return (*LOG_TYPES, IAM_LOG) if self.minor >= self.major.iam_log else LOG_TYPES


@cache
def versions() -> dict[str, Version]:
    """All versions by number, oldest first."""
    found = [Version(major, minor) for major in MAJORS for minor in major.minors]
    return {one.text: one for one in found}


def offered(text: Any) -> Version | None:
    """The version that a new instance gets: a full number, or a major version, which means its default. None: not offered."""
    given = str(text)
    if given.isdecimal():
        return next((versions()[f"{one.number}.{one.default}"] for one in MAJORS if str(one.number) == given), None)
    found = versions().get(given)
    return found if found and not found.deprecated else None


def default_version() -> Version:
    """The version that a call without one gets."""
    return versions()["17.6"]


def targets(version: Version) -> list[Version]:
    """The versions to which one can be upgraded: newer minor versions, and versions of later majors released after it.

    A major upgrade leads to a minor version that is at least as recent; here the position counted from the newest one serves as its date.
    """
    age = len(version.major.minors) - version.major.minors.index(version.minor)
    found = []
    for one in versions().values():
        if one.deprecated or one.order <= version.order:
            continue
        newest_first = len(one.major.minors) - one.major.minors.index(one.minor)
        if one.major is version.major or newest_first <= max(age, 2):
            found.append(one)
    return found


def automatic_target(version: Version) -> Version | None:
    """The minor version to which AWS upgrades in maintenance windows: the major's default, if it is newer."""
    default = versions()[f"{version.major.number}.{version.major.default}"]
    return default if default.order > version.order else None


def _target(version: Version, target: Version) -> dict[str, Any]:
    return {
        "Engine": ENGINE,
        "EngineVersion": target.text,
        "Description": f"{DESCRIPTION} {target.text}-R1",
        "AutoUpgrade": target is automatic_target(version),
        "IsMajorVersionUpgrade": target.major is not version.major,
    }


def described(version: Version, call: Call) -> dict[str, Any]:
    return {
        "Engine": ENGINE,
        "MajorEngineVersion": str(version.major.number),
        "EngineVersion": version.text,
        "DBParameterGroupFamily": version.family,
        "DBEngineDescription": DESCRIPTION,
        "DBEngineVersionDescription": f"{DESCRIPTION} {version.text}-R1",
        "DBEngineVersionArn": f"arn:aws:rds:{call.region}::engine-version:{ENGINE}/{version.text}",
        "ValidUpgradeTarget": [_target(version, one) for one in targets(version)],
        "ExportableLogTypes": list(version.log_types),
        "SupportsLogExportsToCloudwatchLogs": True,
        "SupportsReadReplica": True,
        "SupportedFeatureNames": ["Lambda", "s3Export", "s3Import"],
        "Status": "deprecated" if version.deprecated else "available",
        "SupportsParallelQuery": False,
        "SupportsGlobalDatabases": False,
        "SupportsBabelfish": False,
        "SupportsLimitlessDatabase": False,
        "SupportsCertificateRotationWithoutRestart": True,
        "SupportedCACertificateIdentifiers": list(CERTIFICATES),
        "SupportsLocalWriteForwarding": False,
        "SupportsIntegrations": version.order >= (15, 12),
    }


@answers("rds", "DescribeDBEngineVersions")
def describe(call: Call) -> Any:
    """Deprecated versions are listed only with IncludeAll, or if they are named by the filter `status`."""
    asked, family, engine = call.get("EngineVersion"), call.get("DBParameterGroupFamily"), call.get("Engine")
    by_status = any(one.get("Name") == "status" for one in call.get("Filters") or [])
    found = [
        one
        for one in versions().values()
        if (not one.deprecated or call.get("IncludeAll") or by_status)
        and (asked is None or asked in (one.text, str(one.major.number)))
        and family in (None, one.family)
        and engine in (None, ENGINE)
    ]
    if call.get("DefaultOnly"):
        default = default_version() if asked is None and family is None else None
        found = [one for one in found if (one is default if default else one.minor == one.major.default)]
    found = filtered(
        call,
        found,
        {
            "db-parameter-group-family": lambda one: [one.family],
            "engine": lambda one: [ENGINE],
            "engine-mode": lambda one: ["provisioned"],
            "engine-version": lambda one: [one.text, str(one.major.number)],
            "status": lambda one: ["deprecated" if one.deprecated else "available"],
        },
    )
    return page(call, "DBEngineVersions", [described(one, call) for one in found])


def _day(text: str, end: bool = False) -> datetime:
    time = "23:59:59" if end else "00:00:00"
    return datetime.fromisoformat(f"{text}T{time}").replace(tzinfo=UTC)


@answers("rds", "DescribeDBMajorEngineVersions")
def describe_majors(call: Call) -> Any:
    """Standard support, and extended support, which begins the day after and costs extra."""
    asked, engine = call.get("MajorEngineVersion"), call.get("Engine")
    found = []
    for one in MAJORS:
        if asked not in (None, str(one.number)) or engine not in (None, ENGINE):
            continue
        standard, extended = _day(one.standard_end, end=True), _day(one.extended_end, end=True)
        lifecycles = [
            ("open-source-rds-standard-support", _day(one.released), standard),
            ("open-source-rds-extended-support", datetime.fromtimestamp(standard.timestamp() + 1, UTC), extended),
        ]
        support = [
            {"LifecycleSupportName": name, "LifecycleSupportStartDate": begin, "LifecycleSupportEndDate": end}
            for name, begin, end in lifecycles
        ]
        found.append({"Engine": ENGINE, "MajorEngineVersion": str(one.number), "SupportedEngineLifecycles": support})
    return page(call, "DBMajorEngineVersions", found)
