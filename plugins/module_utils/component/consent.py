# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Consent to replace and to delete: which patterns of a run apply to a component, and the syntax of a pattern.

A pattern is ``[component:]kind.name``; the part after the component accepts shell wildcards. Consent to delete may also name the id of one
resource, ``[component:]vpc-0123``, which selects one of two that claim the same address. The text before the first colon is a component
if it contains neither a dot nor a slash. A pattern without a component applies to all components of the run.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from ..reconcile.planner import Consent
from .names import OWNER_NAME

IDENTIFIER = re.compile(r"(?=.*[0-9])[A-Za-z0-9:/_-]+")
"""An ID: contains a digit and, unlike an address, no dot."""
WILD = re.compile(r"[*?\[]")


def split(pattern: str) -> tuple[str, str]:
    """(component, address pattern). The component is empty in a pattern that applies to all of them."""
    head, colon, rest = pattern.partition(":")
    if colon and not set(head) & set("./"):
        return head, rest
    return "", pattern


def patterns_for(component: str, patterns: Iterable[str]) -> tuple[str, ...]:
    """The address patterns that apply to this component, without its name."""
    return tuple(address for whose, address in map(split, patterns) if whose in ("", component))


def consent_of(params: Mapping[str, Any]) -> Consent:
    """What the caller of a module allows. ``state: absent`` allows every deletion, since the caller requested it."""
    component = str(params.get("component"))
    return Consent(
        replace=patterns_for(component, params.get("allow_replace") or ()),
        purge=patterns_for(component, params.get("purge") or ()),
        everything=params.get("state") == "absent",
        component=component,
        forced=patterns_for(component, params.get("replace") or ()),
    )


def mistake(pattern: str) -> str:
    """What is wrong with a pattern; an empty string if it is valid."""
    component, address = split(pattern)
    if ":" in pattern and address != pattern and not OWNER_NAME.fullmatch(component):
        return f"{component!r} is not a component; a pattern without component and colon applies to all components"
    if "." not in address and not WILD.search(address) and not IDENTIFIER.fullmatch(address):
        return f"{address!r} is not an address, which consists of a kind, a dot and a name"
    return ""


def not_exact(address: str) -> str:
    """Why a string does not name exactly one resource of one component, as a forced replacement must; empty if it does."""
    if WILD.search(address):
        return "a replacement is requested for one resource at a time, without wildcards"
    if not split(address)[0]:
        return "it names no component; write component:kind.name"
    return mistake(address)
