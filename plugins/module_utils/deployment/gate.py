# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Checks the token of the snapshot gate for a release, by asking AWS again what the token was made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ..aws.connection import Aws
from ..reconcile.waiting import Clock
from ..snapshot_gate.answer import Accounts, judge_all
from ..snapshot_gate.options import argument_spec, at_home, plan_of

GOOD = ("passed", "not_needed")


def deployments_of(component: str, release: str, version: str, commit: str) -> list[str]:
    """The names under which a gate may have been asked for a release: it belongs to the deployment that it was asked for, and no other."""
    named = [version, commit, release]
    return [name for one in named if one for name in (f"{component} {one}", f"{component}-{one}", one)]


def objection(gate: Mapping[str, Any], deployments: list[str]) -> str:
    """What is wrong with a gate's result itself; empty if AWS has to be asked."""
    if not gate.get("databases") or not gate.get("verdict"):
        return "gate is no result of rds_snapshot_gate: register that task, and give its result."
    if gate["verdict"] not in GOOD:
        return f"the snapshot gate did not pass ({gate['verdict']}): {gate.get('msg')}"
    deployment = str(gate.get("deployment") or "")
    if deployment not in deployments:
        return (
            f"the verdict of the snapshot gate is for deployment {deployment!r}, and this release is {deployments[0]!r}: run the gate for "
            "this release."
        )
    return ""


def verify_params(gate: Mapping[str, Any], options: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters with which the gate checks its own tokens again: the policy is part of them.

    ``options``: the options that the gate was called with, if its result does not contain them (as ``invocation``).
    """
    known = argument_spec()
    given = {**((gate.get("invocation") or {}).get("module_args") or {}), **options}
    wanted = {name: value for name, value in given.items() if name in known and value is not None}
    wanted |= {"databases": sorted(gate["databases"]), "deployment": gate["deployment"], "action": "verify"}
    return {**wanted, "tokens": dict(gate.get("tokens") or {}), "prune": False, "proof": None}


def checker(
    aws: Aws, clock: Clock, gate: Mapping[str, Any], options: Mapping[str, Any], deployments: list[str], make_as: Callable[[Any], Any]
) -> Callable[[], str]:
    """A function that returns why the gate's verdict does not hold now; an empty string if it does."""

    def check() -> str:
        if wrong := objection(gate, deployments):
            return wrong
        checked = ArgumentSpecValidator(argument_spec()).validate(verify_params(gate, options))
        if checked.error_messages:
            return f"the options of the snapshot gate cannot be read: {'; '.join(checked.error_messages)}."
        plan, problems = plan_of(checked.validated_parameters, check_mode=False)
        if plan is not None:
            plan, problems = at_home(plan, aws.region)
        if plan is None or problems:
            return f"{'; '.join(problems)}."
        accounts = Accounts(aws, make_as, clock)
        try:
            verdicts = judge_all(aws, clock, plan, accounts.connect)
        finally:
            accounts.close()
        return " ".join(one.sentence for one in verdicts.values() if one.state not in GOOD)

    return check
