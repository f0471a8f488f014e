# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Saving the plan of a call, and applying a saved one. component/run.py imports this only when a call requests either.

A module knows one component and the file holds all of them. So each call leaves its part in a folder that the plan_summary callback
announces, and the callback combines the parts when the run is over.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..aws.place import Place
from ..reconcile.engine import Result
from ..reconcile.errors import EngineError, Failure
from ..reconcile.model import Kind, Observed, Resource
from ..reconcile.planner import Consent
from ..saved_plans.drift import carried_out, refusal
from ..saved_plans.gather import SUFFIX
from ..saved_plans.part import Context, Part, make_part
from ..saved_plans.plan_file import NotAPlan, PlanFile, part_of, read_plan_file, unknown_hosts
from .interruption import FOLDER_VARIABLE

CODE = "PlanRefused"
SHOWN = 20
"""How many reasons not to apply are reported; the first ones are enough to show what happened."""


class Refused(EngineError):
    """The saved plan cannot be applied, or no plan can be saved."""


@dataclass(frozen=True)
class Saving:
    """What a call is to do with saved plans."""

    identity: Mapping[str, str]
    host: str
    secrets: Collection[str] = ()
    save: str = ""
    apply: str = ""
    part: Part = field(default_factory=dict)

    def check(
        self, place: Place, desired: Sequence[Resource], consent: Consent, kinds: Mapping[str, Kind], observed: Sequence[Observed]
    ) -> list[Failure]:
        """Objections to applying the saved plan. Call this after every new observation."""
        if not self.apply:
            return []
        reasons = refusal(self.part, desired, observed, consent, self._context(place), kinds)
        shown = reasons[:SHOWN] + ([f"and {len(reasons) - SHOWN} more"] if len(reasons) > SHOWN else [])
        hint = f"{self.apply} no longer matches, so none of it was applied for {self.host}. Make a new plan, review it, and apply that one."
        return [Failure("", "", CODE, reason, hint if reason == shown[-1] else "") for reason in shown]

    def keep_or_note(self, place: Place, desired: Sequence[Resource], planned: Result, consent: Consent, kinds: Mapping[str, Kind]) -> str:
        """Hand the plan to the callback; or, when applying a saved plan, report how much of it an earlier run had already done."""
        if self.save:
            self._leave(make_part(self._context(place), desired, planned.plan.observed, planned, kinds, consent))
            return ""
        done, total = carried_out(self.part, planned.plan)
        if total and done == total:
            return f"{self.apply} has been applied already: all {total} planned actions are done"
        return f"as planned in {self.apply}" + (f"; {done} of {total} planned actions were done already" if done else "")

    def _context(self, place: Place) -> Context:
        target = {name: getattr(place, name) for name in ("account_id", "region", "partition", "endpoint")}
        return Context(self.identity, target, self.host, self.secrets)

    def announce(self) -> None:
        """Announce that a part will follow, so that a file without it is not taken for complete."""
        if self.save:
            self._leave(None)

    def _leave(self, part: Mapping[str, Any] | None) -> None:
        key = hashlib.sha256("\n".join([self.host, *self.identity.values()]).encode()).hexdigest()[:24]
        path = Path(os.environ[FOLDER_VARIABLE]) / f"{key}{SUFFIX}"
        text = json.dumps({"path": self.save, "host": self.host, "part": part})
        try:
            path.with_suffix(".part").write_text(text, encoding="utf-8")
            path.with_suffix(".part").replace(path)
        except OSError as error:
            raise Refused(f"the plan cannot be handed to the callback plan_summary in {path.parent}: {error.strerror or error}") from error


def saving_of(params: Mapping[str, Any], module: str, check_mode: bool, secrets: Collection[str]) -> Saving:
    """What the options request. Raises Refused, before the first API call, for a request that cannot be carried out."""
    if params.get("name"):  # the subject's name distinguishes several calls of one component
        module = f"{module} {params['name']}"
    identity = {"module": module, "environment": params["environment"], "component": params["component"]}
    saving = Saving(
        identity,
        params["inventory_host"] or params["component"],
        secrets,
        save=params["save_plan"] or "",
        apply=params["apply_plan"] or "",
    )
    if saving.save:
        _check_save(saving, check_mode)
        saving.announce()
        return saving
    plan_file, part = _read(saving)
    if missing := unknown_hosts(plan_file, params["inventory_hosts"]):
        raise Refused(
            f"The plan {saving.apply} is also for {', '.join(missing)}, which this inventory does not have. Nothing was changed. "
            "Apply it with the inventory that it was made from, or make a new plan."
        )
    return Saving(identity, saving.host, secrets, apply=saving.apply, part=part)


def _read(saving: Saving) -> tuple[PlanFile, Part]:
    try:
        plan_file = read_plan_file(saving.apply)
        return plan_file, part_of(plan_file, saving.apply, saving.identity)
    except NotAPlan as error:
        raise Refused(f"{error} Nothing was changed.") from error


def _check_save(saving: Saving, check_mode: bool) -> None:
    name = f"save_plan (platform_plan_out) is {saving.save}"
    if saving.apply:
        raise Refused(
            f"{name} and apply_plan (platform_plan) is {saving.apply}: a run either makes a plan or applies one. Give one of them."
        )
    if not check_mode:
        raise Refused(f"{name}, but this run does not make a plan. Add --check, or leave the option out to apply. Nothing was changed.")
    if not os.environ.get(FOLDER_VARIABLE):
        raise Refused(
            f"{name}, but the callback that writes the file is not enabled. Write callbacks_enabled = mainstay.aws.plan_summary "
            "in ansible.cfg, and run where Ansible runs (connection local)."
        )
    if Path(saving.save).is_symlink():
        raise Refused(f"{name}, which is a symbolic link. Name the file itself.")
    folder = Path(saving.save).absolute().parent
    if Path(saving.save).is_dir() or not os.access(folder, os.W_OK):
        reason = "is a folder" if Path(saving.save).is_dir() else f"cannot be written: {folder} is missing or not writable"
        raise Refused(f"{name}, which {reason}. Name a file in an existing folder.")
