# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Rules for the engine version of a PostgreSQL instance. Pure functions.

A setting may be a major version ("17": any minor version of it is right) or an exact one ("17.4": at least that). RDS never goes back to an
earlier version, and its automatic minor upgrades raise the version behind our back, so an observed version is never lowered.
"""

from __future__ import annotations

import re
from collections.abc import Iterable


def parts(version: str) -> tuple[int, ...]:
    """The numbers of a version: ``"17.4"`` -> (17, 4), ``"16.8-rds.20250313"`` -> (16, 8)."""
    found = re.match(r"\d+(?:\.\d+)*", version)
    return tuple(int(number) for number in found[0].split(".")) if found else ()


def major(version: str) -> str:
    """The major version: one number since PostgreSQL 10, two before."""
    numbers = parts(version)
    return ".".join(str(number) for number in numbers[: 1 if numbers and numbers[0] >= 10 else 2])


def is_major_only(version: str) -> bool:
    """Whether a setting names no minor version."""
    return ".".join(str(number) for number in parts(version)) == major(version)


def reached(wanted: str, present: str | None) -> bool:
    """Whether an instance with the version ``present`` needs no upgrade for the setting ``wanted``."""
    return bool(present) and parts(str(present)) >= parts(wanted)


def kept(desired: str | None, observed: str | None) -> str | None:
    """The version that an instance should have: the present one unless the setting asks for a later one."""
    return observed if observed and (desired is None or reached(desired, observed)) else desired


def is_major_change(wanted: str, present: str | None) -> bool:
    """Whether reaching the setting takes a major upgrade."""
    return bool(present) and not reached(wanted, present) and major(wanted) != major(str(present))


def is_earlier(wanted: str, present: str | None) -> bool:
    """Whether the setting is an earlier major version, to which there is no way back."""
    return bool(present) and major(wanted) != major(str(present)) and parts(wanted) < parts(str(present))


def newest(wanted: str, offered: Iterable[str]) -> str:
    """The exact version to request for a setting: the newest offered minor version for a major one; the setting itself if none is."""
    if not is_major_only(wanted):
        return wanted
    return max((one for one in offered if major(one) == wanted), key=parts, default=wanted)


def refused(path: str, present: str, wanted: str, consent: bool) -> list[str]:
    """Reasons against moving an instance from one version to another; ``path`` names the setting, ``consent`` allows a major upgrade."""
    if not wanted or not present or major(wanted) == major(present):
        return []
    value = f"{path} is '{wanted}', but the instance has {present}"
    if is_earlier(wanted, present):
        return [
            f'{value}, and RDS does not go back to an earlier version; set it to "{major(present)}", or restore a snapshot that was '
            f"taken with version {major(wanted)} into a new instance"
        ]
    if not consent:
        return [
            f"{value}: a major upgrade stops the database for minutes to hours and cannot be undone, so it needs consent; name the "
            f"instance in rds_allow_major_upgrade, or keep {major(present)}"
        ]
    return []


def left_alone(path: str, present: str, wanted: str) -> str:
    """Why a newer minor version than the setting stays as it is; empty if there is none."""
    if not wanted or not present or is_major_only(wanted) or parts(present) <= parts(wanted) or major(present) != major(wanted):
        return ""
    return (
        f"{path} is '{wanted}', and the instance already has {present} (an automatic minor upgrade, or one made by hand): it stays, since "
        f"RDS does not go back to an earlier version"
    )
