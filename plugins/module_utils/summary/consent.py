# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The one command line that allows exactly what a run held back: exact addresses, for all components together.

``--extra-vars`` sets a variable for all hosts and overrides any earlier value. So the command also names what already had consent and is
not done yet: it covers everything that the plan replaces and deletes.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field

from .model import Component, Report
from .started import with_variables

VARIABLES = {"allow_replace": "platform_allow_replace", "purge": "platform_purge"}
"""The variable that supplies each of the options through which modules receive consent."""

WRITABLE = re.compile(r"[a-z][a-z0-9_-]*:[a-z][a-z0-9_]*\.[A-Za-z0-9_.:/@+=,~%^-]+")
"""``component:kind.name`` without characters that are special to a shell, make, an Ansible template or a pattern."""

LONGEST = 100_000
"""Characters. Linux limits an argument to 131,072."""


@dataclass(frozen=True)
class Offer:
    """How to allow what was held back.

    ``lead``: what to do with ``text``, the command or a part of it, which is empty if nothing can be written. ``consent``: the addresses by
    variable. ``unwritable``: how many of the held-back resources have an address that no command may contain.
    """

    lead: str = ""
    text: str = ""
    consent: dict[str, list[str]] = field(default_factory=dict)
    unwritable: int = 0


def offer(report: Report) -> Offer | None:
    """How to allow what this run held back; None if it held nothing back."""
    held = [f"{one.name}:{action.address}" for one in report.components for action in one.actions if action.held_back]
    if not held:
        return None
    consent: dict[str, list[str]] = {}
    for component in report.components:
        for variable, pattern in _asked(component):
            if WRITABLE.fullmatch(pattern) and pattern not in consent.setdefault(variable, []):
                consent[variable].append(pattern)
    consent = {variable: consent[variable] for variable in sorted(consent) if consent[variable]}
    unwritable = sum(not WRITABLE.fullmatch(one) for one in held)
    value = json.dumps(consent)
    if unwritable == len(held) or len(value) > LONGEST:
        return Offer(consent=consent, unwritable=unwritable)
    lead, text = with_variables(report.started, value)
    return Offer(lead, text, consent, unwritable)


def _asked(component: Component) -> list[tuple[str, str]]:
    """(variable, pattern) of everything that needs consent and is not done."""
    return [
        (VARIABLES[action.asks_for], f"{component.name}:{action.address}")
        for action in component.actions
        if action.asks_for in VARIABLES and action.outcome != "done"
    ]
