# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Names by which settings refer to the certificates that the zones of an inventory describe. Pure functions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..reconcile.model import is_unknown
from .problems import Problems, suggestion

Certificates = Mapping[str, list[tuple[str, str]]]
"""(zone, certificate) by each name that a user may write: ``web``, or ``main/web`` if several zones have one."""


def is_name(value: Any) -> bool:
    """Whether a value names something of the inventory, and is no ARN."""
    return isinstance(value, str) and bool(value) and not value.startswith("arn:") and not is_unknown(value)


def certificates_in(zones: Mapping[str, Any]) -> Certificates:
    """The certificates that zones describe, or that their outputs have."""
    found: dict[str, list[tuple[str, str]]] = {}
    for zone, settings in zones.items():
        for one in (settings or {}).get("certificates") or {} if isinstance(settings, Mapping) else ():
            for name in (str(one), f"{zone}/{one}"):
                found.setdefault(name, []).append((str(zone), str(one)))
    return found


def published(name: str, described: Mapping[str, Any], outputs: Mapping[str, Any]) -> Mapping[str, Any]:
    """What the outputs of zones have of a certificate; empty if it does not exist yet. ``described``: the zones in the inventory."""
    for zone, one in (certificates_in(described or outputs).get(name) or [])[:1]:
        return ((outputs.get(zone) or {}).get("certificates") or {}).get(one) or {}
    return {}


def check_name(given: str, path: str, known: Certificates, variable: str, problems: Problems) -> None:
    """Record why no certificate, or more than one, has this name. ``variable``: names the host with the zones."""
    if given not in known:
        names = [name for name in known if "/" not in name]
        hint = f"no zone of {variable} has such a certificate; {suggestion(given, names)}" if names else "no zone has any"
        problems.add(path, given, f"{hint}. Or give an ARN")
    elif len(known[given]) > 1:
        several = ", ".join(f"{zone}/{name}" for zone, name in known[given])
        problems.add(path, given, f"several zones have a certificate of that name; write one of {several}")
