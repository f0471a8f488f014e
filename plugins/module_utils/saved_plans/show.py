# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A saved plan for people: the same text and Markdown as after a run in check mode, and the differences between two plans."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..summary.markdown import LIMIT, as_markdown
from ..summary.model import FORMAT, Component, Report, read_plan
from ..summary.order import ordered
from ..summary.report import render
from .part import IDENTITY, Part
from .plan_file import PlanFile
from .sentences import differs

Key = tuple[str, ...]


def as_report(plan_file: PlanFile, kinds: Sequence[str] = ()) -> Report:
    """The plan as the summary of a run. ``kinds``: the reading order of kinds, see summary/order.py."""
    return Report(components=tuple(_component(part, kinds) for part in plan_file["components"]))


def _component(part: Part, kinds: Sequence[str]) -> Component:
    plan = {
        "format": FORMAT,
        "check_mode": True,
        "component": part["component"],
        "environment": part["environment"],
        "target": part["target"],
        "counts": {"unchanged": part["unchanged"]},
        "actions": part["actions"],
    }
    call = read_plan(plan, part["host"], part["module"])
    return Component(call.host, call.component, call.target, True, tuple(ordered(call.actions, kinds)), unchanged=call.unchanged)


def about(plan_file: PlanFile) -> str:
    """Identify the plan: when it was made, and the beginning of its fingerprint, for comparison with a run that uses the same file."""
    return f"Made {plan_file['made_at']}, fingerprint {plan_file['fingerprint'][:16]}."


def plan_text(plan_file: PlanFile, width: int, kinds: Sequence[str] = ()) -> str:
    lines = render(as_report(plan_file, kinds), width, "full")
    return "\n".join([about(plan_file), "", *(one.text for one in lines)]) + "\n"


def plan_markdown(plan_file: PlanFile, kinds: Sequence[str] = (), limit: int = LIMIT) -> str:
    """The plan as a comment on a pull request: one collapsible section per component. States what was cut to fit."""
    return f"{as_markdown(as_report(plan_file, kinds), 'full', limit - 200)}\n_Saved plan. {about(plan_file)}_\n"


def differences(one: PlanFile, other: PlanFile) -> list[str]:
    """The differences between two plans, by component, in sentences; empty if they would do the same to the same state."""
    first, second = _by_key(one), _by_key(other)
    found = [f"{_title(first[key])}: only in the first plan" for key in sorted(first.keys() - second.keys())]
    found += [f"{_title(second[key])}: only in the second plan" for key in sorted(second.keys() - first.keys())]
    for key in sorted(first.keys() & second.keys()):
        found += [f"{_title(first[key])}: {text}" for text in _parts_differ(first[key], second[key])]
    return found


def _by_key(plan_file: PlanFile) -> dict[Key, Part]:
    return {(part["host"], *(part[name] for name in IDENTITY)): part for part in plan_file["components"]}


def _title(part: Part) -> str:
    return part["host"] if part["host"] == part["component"] else f"{part['host']} ({part['component']})"


def _parts_differ(one: Part, other: Part) -> list[str]:
    found = [f"{name}: {differs(name, one[name], other[name])}" for name in ("target", "consent") if one[name] != other[name]]
    found += _listed(
        "described",
        {f"{entry['kind']}.{entry['name']}": {**entry["properties"], "after": entry["after"]} for entry in one["desired"]},
        {f"{entry['kind']}.{entry['name']}": {**entry["properties"], "after": entry["after"]} for entry in other["desired"]},
    )
    found += _listed("found", _observed(one), _observed(other))
    found += _listed("planned", _actions(one), _actions(other))
    return found


def _observed(part: Part) -> dict[str, Any]:
    return {
        f"{seen['address']} ({seen['id']})": {**seen["properties"], **seen["attributes"], "state": seen["state"]}
        for seen in part["observed"]
    }


def _actions(part: Part) -> dict[str, Any]:
    return {
        f"to {action['action']} {action['address']}{'' if action['consent'] else ' (held back)'}": {
            change["property"]: change["after"] for change in action["changes"]
        }
        for action in part["actions"]
    }


def _listed(what: str, one: Mapping[str, Any], other: Mapping[str, Any]) -> Sequence[str]:
    found = [f"{what} only in the first plan: {name}" for name in sorted(one.keys() - other.keys())]
    found += [f"{what} only in the second plan: {name}" for name in sorted(other.keys() - one.keys())]
    for name in sorted(one.keys() & other.keys()):
        for prop in sorted({*one[name], *other[name]}):
            before, after = one[name].get(prop), other[name].get(prop)
            if before != after:
                found.append(f"{what} differently: {name}: {prop} {differs(prop, before, after)}")
    return found
