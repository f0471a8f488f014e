# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Versions of Apache Kafka on Amazon MSK. Pure functions.

A version is major.minor: MSK installs its patches by itself. With KRaft, its name in the API ends in ``.x.kraft``. Without, the cluster has
ZooKeeper, which is chosen once, at creation, and which Kafka 4 does not have.
"""

from __future__ import annotations

import re

VERSION = re.compile(r"\d\.\d{1,2}")
API_FORM = re.compile(r"(\d\.\d{1,2})\.(?:x|\d+)(?:\.kraft)?")
NEWEST = "4.1"
OLDEST = "3.7"
"""The first one with KRaft (MSK Developer Guide, "Metadata management")."""
KRAFT = ".kraft"


def in_api(version: str) -> str:
    """``4.1.x.kraft`` for ``4.1``."""
    return f"{version}.x{KRAFT}"


def minor_of(version: str) -> str:
    """``3.9`` of ``3.9.x.kraft``."""
    return ".".join(version.split(".")[:2])


def has_kraft(version: str) -> bool:
    return version.endswith(KRAFT)


def number(version: str) -> tuple[int, ...]:
    """A version in a form that sorts."""
    return tuple(int(part) for part in re.findall(r"\d+", version)[:2])


def kept(desired: str | None, observed: str | None) -> str | None:
    """The version that a cluster should have: MSK upgrades clusters whose version is no longer supported, and there is no way back."""
    if desired and observed and has_kraft(observed) and number(observed) > number(desired):
        return observed
    return desired
