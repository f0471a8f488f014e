# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Verifies a release with the rollout verifier, which judges and leaves the record and the way back to the deployment."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator, ValidationResult
from ansible.module_utils.errors import UnsupportedError

from ..kubernetes.access import Access
from ..kubernetes.client import Api
from ..kubernetes.clock import EventClock
from ..kubernetes.values import Obj
from ..reconcile.waiting import Stopped
from ..rollout.answer import result_of
from ..rollout.options import argument_spec, plan_of
from ..rollout.plan import Plan
from ..rollout.verifier import Verifier
from .target_groups import TargetGroups

OWN_OPTIONS = ("applied", "rollback", "record", "lock", "eks_cluster", "kubeconfig", "context", "host", "api_key", "ca_cert", "client_cert")
"""Options of the verifier that the deployment sets itself."""

CLOUDWATCH = Callable[[], Any]
Say = Callable[[str, str, float], None]


def options_of(given: Mapping[str, Any], namespace: str, poll: float | None = None) -> tuple[dict[str, Any], list[str]]:
    """The complete options of the verifier, and one sentence for each problem with those given.

    ``poll``: the interval in seconds between two looks, unless they say it themselves.
    """
    problems = [f"verification.{name} is set by the deployment itself; leave it out" for name in OWN_OPTIONS if name in given]
    wanted = {name: value for name, value in given.items() if value is not None and name not in OWN_OPTIONS}
    usual = {"namespace": namespace, **({"poll_interval": poll} if poll else {})}
    checked = ArgumentSpecValidator(argument_spec()).validate({**usual, **wanted})
    problems += misfits(checked, "verification")
    found = dict(checked.validated_parameters)
    found = {**found, "rollback": {**found["rollback"], "to": "none"}, "record": False, "lock": False}
    return found, problems or [f"verification: {problem}" for problem in _problems(found)]


def misfits(checked: ValidationResult, name: str) -> list[str]:
    """One sentence for each problem that the argument specification of an option with this name has found."""
    unknown = "no such setting: "
    return [f"{name}: {unknown if isinstance(one, UnsupportedError) else ''}{one.msg}" for one in checked.errors]


def _problems(options: Mapping[str, Any]) -> list[str]:
    """What is wrong with the options whatever is verified, so that it is found before the first change rather than after the last."""
    anything = {"kind": "Deployment", "name": "any", "namespace": None, "api_version": None, "allow_zero": False}
    return plan_of({**options, "applied": None, "workloads": [anything], "allow_zero": []}, check_mode=True)[1]


def plan_for(options: Mapping[str, Any], applied: Sequence[Mapping[str, Any]]) -> tuple[Plan | None, list[str]]:
    """What to verify. ``applied``: {changed, result} for each object. None without problems if there is nothing to verify."""
    plan, problems = plan_of({**options, "applied": list(applied)}, check_mode=False)
    if plan is None and all(one.startswith("nothing to verify") for one in problems):
        return None, []
    return plan, problems


@dataclass(frozen=True)
class Verdict:
    """``state``: success, failure, inconclusive or error. ``result``: what k8s_rollout_verify returns."""

    state: str
    sentence: str
    result: Mapping[str, Any]

    @property
    def interrupted(self) -> bool:
        return self.result.get("stage") == "interrupted"


@dataclass
class Verification:
    """Runs the verifier on a connection of its own, because it sets a deadline for the whole connection."""

    access: Access
    clock: EventClock
    say: Say
    holder: str
    cloudwatch: CLOUDWATCH | None = None
    targets: TargetGroups | None = None

    def run(self, plan: Plan) -> Verdict:
        api = Api(self.access, self.clock, self.clock.now() + plan.settings.wait)
        began = self.clock.now()
        report = Verifier(api, self.clock, plan, self.say, self.holder, self.cloudwatch).run()
        result = result_of(plan, report, api, self.clock.now() - began)
        return Verdict(str(result["verdict"]), str(result["msg"]), result)


class CannotVerify(Exception):
    """The verifier's options do not fit what was applied. Its text is suitable for users."""


@dataclass
class Judge:
    """Verifies applied objects, and keeps the results."""

    verifier: Verification
    verdicts: list[Mapping[str, Any]]

    def __call__(self, applied: Sequence[Mapping[str, Any]], options: Mapping[str, Any]) -> Verdict | None:
        """The verdict; None if nothing of what was applied runs. Raises CannotVerify, and Stopped after an interruption."""
        plan, problems = plan_for(options, applied)
        if problems:
            raise CannotVerify("; ".join(problems))
        if plan is None:
            return None
        verdict = self.verifier.run(plan)
        self.verdicts.append(verdict.result)
        if verdict.interrupted:
            raise Stopped
        return verdict


def result_entries(live: Mapping[str, Obj], changed: set[str]) -> list[dict[str, Any]]:
    """Applied objects in the shape in which the verifier reads the result of a task."""
    return [{"changed": address in changed, "result": dict(found)} for address, found in live.items()]


def why(verdict: Verdict) -> str:
    """Why it is no success, with the last log lines where the verdict has some."""
    logs = [line for one in verdict.result.get("workloads") or () for trouble in one["evidence"] for line in trouble.get("log") or ()]
    said = verdict.sentence
    return f"{said} Last log lines: {' | '.join(logs[-5:])}" if logs and logs[-1] not in said else said


__all__ = ["Verdict", "Verification", "options_of", "plan_for", "result_entries", "why"]
