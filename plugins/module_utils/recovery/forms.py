# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What options about databases have in common. Each function returns what is wrong, one sentence each."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

IDENTIFIER = re.compile(r"[A-Za-z](-?[A-Za-z0-9])*")
LONGEST_IDENTIFIER = 63
RESERVED = ("aws:", "mainstay:")
MOST_TAGS = 50
OWN_TAGS = 3

PITR_LAG = 300.0
"""Seconds. RDS uploads logs every five minutes ("Restoring a DB instance to a specified time", Amazon RDS User Guide)."""


def identifier_wrong(text: str, subject: str) -> list[str]:
    """``subject``: the option with its verb, such as "target is"."""
    if IDENTIFIER.fullmatch(text) and len(text) <= LONGEST_IDENTIFIER:
        return []
    return [f"{subject} {text!r}; an identifier of RDS has 1 to 63 letters, digits and single hyphens, and begins with a letter"]


def not_positive(params: Mapping[str, Any], names: Iterable[str], prefix: str = "") -> list[str]:
    """``prefix``: where the options are, such as ``proof.``"""
    return [f"{prefix}{name} is {params[name]:g}; it has to be more than 0" for name in names if params[name] <= 0]


def tags_wrong(tags: Mapping[str, Any], needed: str) -> list[str]:
    """``needed``: who needs OWN_TAGS of them, such as "the gate needs 3"."""
    prefixes = " and ".join(RESERVED)
    problems = [f"tags has {name!r}; the prefixes {prefixes} are reserved" for name in tags if str(name).startswith(RESERVED)]
    if len(tags) > MOST_TAGS - OWN_TAGS:
        problems.append(f"tags has {len(tags)} entries; RDS allows {MOST_TAGS}, of which {needed}")
    return problems
