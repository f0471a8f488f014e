"""Rehearse a change: apply the inventory as it was, then apply the current one on top."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rehearsal import seed
from scripts import past
from scripts.terminal import ROOT, Problem

if TYPE_CHECKING:
    from scripts.rehearse import Rehearsal

Report = Mapping[str, Any]

PLANNED = {"create": "to add", "update": "to change", "replace": "to replace", "delete": "to destroy", "held_back": "held back"}
DONE = {"create": "added", "update": "changed", "replace": "replaced", "delete": "destroyed", "held_back": "held back"}
SHOWN = 6


def run(rehearsal: Rehearsal, before: past.Past, folder: Path, then: seed.Seed | None, with_code: bool) -> str:
    """Run all four steps and return the final message. Raises Problem if a step fails."""
    name = rehearsal.environment
    rehearsal.empty(then if then is not None else rehearsal.seed)
    steps = []

    rehearsal.show(f'1. {name} as of {before.name}, "{before.subject}": apply{" with the code of that commit" if with_code else ""}')
    built = _apply_past(rehearsal, before, folder, with_code)
    steps.append(f"{name} as of {before.name}: applied, {resources(built)}")
    if then is not None and then != rehearsal.seed:
        rehearsal.fill(rehearsal.seed)

    present = "the work tree (with uncommitted changes)" if past.has_changes(ROOT) else "the work tree"
    rehearsal.show(f"2. Plan of the change to {present}, with read-only credentials")
    planned = rehearsal.step("plan", "plan", in_full=True)
    steps.append(f"plan of the change: {counted(planned, PLANNED)}")

    rehearsal.show("3. Apply the change")
    applied = _apply_change(rehearsal, planned)
    steps.append(f"applied: {counted(applied, DONE)}")

    rehearsal.show("4. Apply again: expect no changes")
    rehearsal.step("again", "apply")
    rehearsal.expect_unchanged(["no_changes", "held_back"])
    steps.append("again: nothing changed")

    lines = [f"The change of {name} from {before.name} to {present}:", *(f"    {number}. {step}" for number, step in enumerate(steps, 1))]
    return "\n".join([*lines, *stays(planned)])


def _apply_past(rehearsal: Rehearsal, before: past.Past, folder: Path, with_code: bool) -> Report:
    inventory = folder / "inventories" / rehearsal.environment
    try:
        if with_code:
            return rehearsal.step("past", "apply", Path("inventories") / rehearsal.environment, folder)
        return rehearsal.step("past", "apply", inventory)
    except Problem as failure:
        hint = "" if with_code else "If it does not work with the present code, FROM_CODE=1 applies it with the code of that commit. "
        raise Problem(f"{hint}{rehearsal.environment} as of {before.name} cannot be applied: {failure}") from failure


def _apply_change(rehearsal: Rehearsal, planned: Report) -> Report:
    try:
        return rehearsal.step("apply", "apply")
    except Problem as failure:
        refused = list(held(planned, "replace"))
        if not refused:
            raise
        raise Problem(
            f"this change needs consent: {shortened(refused)} would have to be replaced, which destroys the existing resources; an "
            "apply to the account would end the same way. Change the inventory, or allow it: the plan above ends with the command "
            "that does.\n"
            f"{rehearsal.look()}"
        ) from failure


def held(report: Report, action: str) -> Iterator[str]:
    """Addresses of held-back resources for one action."""
    for component in report.get("components", []):
        for entry in component.get("actions", []):
            if entry.get("held_back") and entry.get("action") == action:
                yield entry["address"]


def stays(planned: Report) -> list[str]:
    """Lines about held-back deletions. They do not fail an apply, so they do not fail its rehearsal either."""
    left = list(held(planned, "delete"))
    if not left:
        return []
    return [
        f"    Held back, not deleted: {shortened(left)}.",
        "    No longer described, and deleted only when platform_purge allows it: the plan above ends with the command for that.",
    ]


def shortened(addresses: list[str]) -> str:
    more = len(addresses) - SHOWN
    return ", ".join(addresses[:SHOWN]) + (f" and {more} more" if more > 0 else "")


def counted(report: Report, words: Mapping[str, str]) -> str:
    """The totals of a report in the wording of its summary, without zero counts."""
    totals = report["totals"]
    found = [totals["plan"], totals.get("blocked") or {}] if report["check_mode"] else [totals["run"]]
    sums = {kind: sum(one.get(kind, 0) for one in found) for kind in words}
    return ", ".join(f"{sums[kind]} {word}" for kind, word in words.items() if sums[kind]) or "nothing"


def counted_in(component: Report) -> str:
    """The counts of one component in the wording of the summary, with what is kept."""
    words = {**(PLANNED if component["check_mode"] else DONE), "unchanged": "unchanged"}
    return ", ".join(f"{component['counts'][kind]} {word}" for kind, word in words.items() if component["counts"].get(kind)) or "nothing"


def resources(report: Report) -> str:
    number = report["totals"]["run"].get("create", 0)
    return "1 resource" if number == 1 else f"{number} resources"
