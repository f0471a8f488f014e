# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The one command line that allows exactly what a run held back: exact addresses, of all components together.

``--extra-vars`` sets a variable for all hosts, whatever it was before. So the line also names what had consent already and is not done yet:
it is about everything that the plan replaces and deletes.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field

from .model import Component, Report
from .started import with_variables

VARIABLES = {"allow_replace": "platform_allow_replace", "purge": "platform_purge"}
"""The variable that gives each of the options in which modules take consent."""

WRITABLE = re.compile(r"[a-z][a-z0-9_-]*:[a-z][a-z0-9_]*\.[A-Za-z0-9_.:/@+=,~%^-]+")
"""``component:kind.name`` without a character that a shell, make, a template of Ansible's or a pattern gives a meaning."""

LONGEST = 100_000
"""Characters. Linux takes no argument of more than 131,072."""


@dataclass(frozen=True)
class Offer:
    """What allows what was held back.

    ``lead``: what to do with ``text``, the command or a part of it, which is empty if nothing can be written. ``consent``: the addresses by
    variable. ``unwritable``: how many of what is held back have an address that no command may carry.
    """

    lead: str = ""
    text: str = ""
    consent: dict[str, list[str]] = field(default_factory=dict)
    unwritable: int = 0


def offer(report: Report) -> Offer | None:
    """What allows what this run held back; None if nothing was."""
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
