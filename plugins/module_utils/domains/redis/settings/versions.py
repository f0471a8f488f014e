# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Engines and versions: how they are written, compared, and supported. Pure functions."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ....inputs.reader import Reader

VALKEY, REDIS = "valkey", "redis"
VERSION = re.compile(r"(\d{1,2})(?:\.(\d{1,2}))?")
OLDEST: Mapping[str, tuple[int, int]] = {VALKEY: (7, 2), REDIS: (6, 0)}
"""The oldest version of each engine that this role takes: those before are in extended support or have three numbers."""

NEWEST: Mapping[str, Mapping[str, str]] = {
    VALKEY: {"7": "7.2", "8": "8.2", "9": "9.0"},
    REDIS: {"6": "6.2", "7": "7.1"},
}
"""engine -> major version -> the minor version that is requested for it (ElastiCache User Guide, "Supported engines and versions"). AWS's
own minor upgrades go beyond it, and are left alone."""

DEFAULTS: Mapping[str, str] = {VALKEY: "8", REDIS: "7"}

SUPPORT_ENDS: Mapping[tuple[str, str], str] = {(REDIS, "6"): "2027-01-31"}
"""(engine, major version) -> the last day of standard support (ElastiCache User Guide, "Extended support")."""

EXTENDED_PRICE = "80 % of the node's price on top in its first two years and 160 % in the third"
"""What ElastiCache Extended Support costs (aws.amazon.com/elasticache/pricing)."""


def read_engine(reader: Reader) -> tuple[str, str]:
    """The engine and its version. A number is rejected although it looks right: YAML reads 8.10 as 8.1."""
    engine = reader.choice("engine", (VALKEY, REDIS), VALKEY)
    value = reader.take("version")
    example = f'such as "{DEFAULTS[engine]}", or "{NEWEST[engine][DEFAULTS[engine]]}"'
    if value is None:
        return engine, DEFAULTS[engine]
    if not isinstance(value, str):
        reader.problems.add(reader.at("version"), value, f'it must be quoted, because YAML reads it as a number: "{value}"')
    elif not VERSION.fullmatch(value):
        reader.problems.add(reader.at("version"), value, f"it must be a major version, or a major and a minor one, {example}")
    elif is_too_old(engine, value):
        oldest = ".".join(str(part) for part in OLDEST[engine])
        reader.problems.add(reader.at("version"), value, f"this role takes {engine} from {oldest} on, {example}")
    elif is_unknown_redis(engine, value):
        reader.problems.add(reader.at("version"), value, "ElastiCache has Redis up to 7.1 only; set engine: valkey for newer versions")
    else:
        return engine, value
    return engine, DEFAULTS[engine]


def is_too_old(engine: str, version: str) -> bool:
    given, oldest = number(version), OLDEST[engine]
    return given < oldest[: len(given)]


def is_unknown_redis(engine: str, version: str) -> bool:
    return engine == REDIS and number(version) > (7, 1)


def number(version: str) -> tuple[int, ...]:
    """A version in a form that sorts: (8, 2). The third part of what AWS describes is its own."""
    return tuple(int(part) for part in re.findall(r"\d+", version)[:2])


def major_of(version: str) -> str:
    return version.partition(".")[0]


def family_of(engine: str, version: str) -> str:
    """The parameter group family: ``valkey8``, ``redis7``, ``redis6.x``."""
    major = major_of(version)
    return f"{engine}{major}.x" if (engine, major) == (REDIS, "6") else f"{engine}{major}"


def requested(engine: str, version: str) -> str:
    """The version that a call requests: a described major version stands for the newest known minor one."""
    return version if "." in version else NEWEST[engine].get(version, version)


def reached(wanted: str, present: str) -> bool:
    """Whether a present version satisfies a described one: it is the same as far as that goes, or a later minor version, which only AWS's
    automatic upgrades or a person could have installed and which cannot be lowered.
    """
    want, have = number(wanted), number(present)
    return bool(have) and have[:1] == want[:1] and have >= want


def kept(desired: str | None, observed: str | None) -> str | None:
    """The version that a group should have: the present one, if it satisfies the described one."""
    return observed if desired and observed and reached(desired, observed) else desired
