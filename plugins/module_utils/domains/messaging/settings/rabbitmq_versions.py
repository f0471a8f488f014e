# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Versions of RabbitMQ on Amazon MQ, and which one leads to which. Pure functions.

A version is major.minor: from 3.13 on, Amazon MQ chooses the patch version, reports it ("3.13.7"), and refuses a call that names one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

VERSION = re.compile(r"\d{1,2}\.\d{1,2}")
PATCH = re.compile(r"(\d{1,2}\.\d{1,2})\.\d+")
NEWEST = "4.3"
STEPS: Mapping[str, str] = {"3.11": "3.12", "3.12": "3.13", "3.13": "4.2", "4.2": "4.3"}
"""version -> the one that it can be upgraded to in place (Amazon MQ Developer Guide, "Upgrading Amazon MQ for RabbitMQ 3 broker to 4")."""
OFFERED = ("3.13", "4.2", "4.3")
"""What new brokers get. Amazon MQ upgrades older ones by itself."""
GRAVITON = "mq.m7g."
"""The instance types that RabbitMQ 4 runs on."""


def minor_of(version: str) -> str:
    """``3.13`` of ``3.13.7``."""
    return ".".join(str(version).split(".")[:2])


def number(version: str) -> tuple[int, ...]:
    """A version in a form that sorts."""
    return tuple(int(part) for part in re.findall(r"\d+", version)[:2])


def major_of(version: str) -> str:
    return str(version).partition(".")[0]


def kept(desired: str | None, observed: str | None) -> str | None:
    """The version that a broker should have: Amazon MQ moves brokers to later minor versions when support of theirs ends."""
    if desired and observed and major_of(desired) == major_of(observed) and number(observed) > number(desired):
        return observed
    return desired


def way(present: str, wanted: str) -> list[str]:
    """The versions on the way to ``wanted``, which is the last; empty if there is no way."""
    found, at = [], present
    while at != wanted:
        if at not in STEPS:
            return []
        at = STEPS[at]
        found.append(at)
    return found


def step_problem(present: str, wanted: str, instance_type: str) -> str:
    """Why an upgrade is not one step, and what is; empty if it is. ``instance_type``: the one that is in force."""
    steps = way(present, wanted)
    if not steps:
        return f'it runs RabbitMQ {present}, and no upgrade leads from there to {wanted}; set version: "{present}"'
    if len(steps) > 1:
        first = f'set version: "{steps[0]}", apply, reboot, and go on from there'
        return f"it runs RabbitMQ {present}, and the way leads over {' and '.join(steps[:-1])}; {first}"
    if needs_graviton(wanted) and not instance_type.startswith(GRAVITON):
        remedy = f'keep version: "{present}", set instance_type to one of {GRAVITON}*, apply, and reboot; upgrade then'
        return f"it runs on {instance_type}, and RabbitMQ 4 only on {GRAVITON}*; {remedy}"
    return ""


def needs_graviton(version: str) -> bool:
    return number(version) >= (4, 0)


def is_major_step(present: str, wanted: str) -> bool:
    return number(wanted)[:1] > number(present)[:1]
