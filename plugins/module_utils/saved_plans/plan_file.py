# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The file of a saved plan: the parts of all components of a run, under one fingerprint::

    mainstay_plan: 1                  version of the format
    made_at: 2026-01-31T12:00:00Z
    components: [...]                 see part.py
    fingerprint: ...                  SHA-256 of everything else

The fingerprints detect accidents and stray edits, not attacks: anyone who can write the file can recompute them.
"""

from __future__ import annotations

import json
import stat
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from .part import IDENTITY, SECTIONS, Part, fingerprints
from .shape import misshapen
from .values import canonical, fingerprint

VERSION = 1
LARGEST = 64 * 1024 * 1024
"""Bytes. A larger file is not a plan, and reading it would only waste memory."""

PlanFile = Mapping[str, Any]


class NotAPlan(Exception):
    """The file cannot be applied or shown; the text says why."""


def make_book(parts: Sequence[Part], made_at: str) -> dict[str, Any]:
    plan_file = {"mainstay_plan": VERSION, "made_at": made_at, "components": sorted(parts, key=_order)}
    return {**plan_file, "fingerprint": fingerprint(plan_file)}


def _order(part: Part) -> tuple[str, ...]:
    return (part["host"], *(part[name] for name in IDENTITY))


def as_text(plan_file: PlanFile) -> str:
    """JSON with one line per resource and action, so that line-based diff tools give useful output."""
    components = ",\n".join(_part_text(part) for part in plan_file["components"])
    rest = ",\n".join(f"{canonical(name)}:{canonical(value)}" for name, value in plan_file.items() if name != "components")
    return f'{{{rest},\n"components":[\n{components}\n]}}\n'


def _part_text(part: Part) -> str:
    rows = []
    for name, value in part.items():
        listed = ",\n".join(f"  {canonical(one)}" for one in value) if name in SECTIONS else ""
        rows.append(f" {canonical(name)}:" + (f"[\n{listed}\n ]" if listed else canonical(value)))
    return "{\n" + ",\n".join(rows) + "\n}"


def read_plan_file(path: str) -> PlanFile:
    """Read the plan from a file. Raises NotAPlan if it is not a plan, has another format version or has been edited."""
    try:
        if not stat.S_ISREG(Path(path).stat().st_mode):  # a pipe would keep the run waiting
            raise NotAPlan(f"{path} is not a saved plan: it is no file.")
        with open(path, "rb") as stream:  # noqa: PTH123 - one read with a limit
            raw = stream.read(LARGEST + 1)
    except (OSError, ValueError) as error:
        raise NotAPlan(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}.") from error
    try:
        found = json.loads(raw) if len(raw) <= LARGEST else None
    except (ValueError, RecursionError) as error:
        raise NotAPlan(f"{path} is not a saved plan: it is not JSON.") from error
    return checked(found, path)


def checked(found: Any, path: str) -> PlanFile:
    """Return what was read, if it is a plan of this format and unmodified."""
    if not isinstance(found, Mapping) or "mainstay_plan" not in found:
        raise NotAPlan(f"{path} is not a saved plan; make one with make plan OUT=FILE or -e platform_plan_out=FILE.")
    if found["mainstay_plan"] != VERSION:
        raise NotAPlan(
            f"{path} has format {found['mainstay_plan']!r} of saved plans, and this release of the collection reads format {VERSION}. "
            "Make a new plan with this release."
        )
    try:
        noted = fingerprint({name: value for name, value in found.items() if name != "fingerprint"})
        if found.get("fingerprint") != noted:
            raise NotAPlan(f"{path} has been edited or damaged since it was made: {_where(found)}. Make a new plan.")
        if problem := misshapen(found):
            raise NotAPlan(f"{path} is not a saved plan: {problem}. Make a new plan.")
    except RecursionError as error:
        raise NotAPlan(f"{path} is not a saved plan: it is nested too deeply. Make a new plan.") from error
    return found


def _where(found: Mapping[str, Any]) -> str:
    """Which section does not match its recorded fingerprint."""
    parts = found.get("components")
    for part in parts if isinstance(parts, list) else []:
        if isinstance(part, Mapping):
            noted, now = part.get("fingerprints"), fingerprints(part)
            wrong = [name for name in SECTIONS if not isinstance(noted, Mapping) or noted.get(name) != now[name]]
            if wrong:
                return (
                    f"{' and '.join(wrong)} of {part.get('host')} {'does' if len(wrong) == 1 else 'do'} not match the recorded fingerprint"
                )
    return "it does not match the fingerprint recorded at its top"


def part_of(plan_file: PlanFile, path: str, identity: Mapping[str, str]) -> Part:
    """The part of one component. Raises NotAPlan, naming what is planned, if the file has none for it."""
    parts = plan_file["components"]
    for part in parts:
        if all(part[name] == identity[name] for name in IDENTITY):
            return dict(part)
    planned = ", ".join(f"{part['host']} ({part['environment']})" for part in parts) or "nothing"
    raise NotAPlan(
        f"{path} has no plan for the component {identity['component']} of {identity['environment']} (module {identity['module']}); "
        f"it was made for {planned}. Make a new plan for all of them, or apply this one with --limit."
    )


def unknown_hosts(plan_file: PlanFile, hosts: Sequence[str]) -> list[str]:
    """The planned hosts that are missing from the inventory."""
    return sorted({part["host"] for part in plan_file["components"]} - set(hosts)) if hosts else []
