# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What all domain modules do: look around, build the desired state, plan, apply, answer. The only file that touches the module object.

A domain (a network, a cluster, ...) supplies its kinds and three functions; see ``Domain``.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any, NoReturn

from ansible_collections.mainstay.aws.plugins.module_utils.reconcile import report
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.claims import names_held
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.engine import ObservationFailed, Result, observe, plan_only
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.errors import CallFailed, EngineError, Failure, failure
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import Kind, Observed, Resource
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.planner import Consent, Plan

from .applying import Check, anything, apply, claimed, refused
from .buckets import pace
from .connection import Aws, Owner
from .credentials_life import life_warning
from .interruption import Interruption, hand_over
from .options import owner_problems
from .progress import Channel
from .quota_reads import check as check_quotas
from .quotas import EXCEEDED
from .session import client_maker, refused_endpoint
from .unclaimed import answer_of as unclaimed_by

if TYPE_CHECKING:
    from .saving import Saving

ALL = ("*",)

BAD_CREDENTIALS = ("InvalidClientTokenId", "UnrecognizedClientException", "AuthFailure", "OptInRequired", "SignatureDoesNotMatch")


@dataclass(frozen=True)
class Place:
    """Where a run happens and as whom, what else the domain asked to know about it, and what no component claims, if that was asked."""

    endpoint: str | None
    region: str
    account_id: str
    partition: str
    caller: str
    known: Mapping[str, Any] = field(default_factory=dict)
    unclaimed: Mapping[str, Any] | None = None
    observed: Sequence[Observed] = field(default=(), repr=False)
    """What of the component is there."""

    def as_dict(self) -> dict[str, Any]:
        return {"endpoint": self.endpoint, "region": self.region, "account_id": self.account_id, "caller": self.caller}


@dataclass(frozen=True)
class Domain:
    """What one module is about.

    ``problems``: what is wrong with the input once the place is known; nothing is changed if there is any.
    ``build``: the desired resources. ``outputs``: what others may know, from attributes by address; ``deferred`` is added to it.
    ``ask``: reads whose answers ``problems`` and ``build`` need, made side by side with the observation.
    ``notes``: what is to be said with the plan.
    ``guard``: called with a plan before it is carried out; what it returns is called with the result, and tells what must not have come of
    it.
    ``doubts``: given a plan, the connection and the region, what stands in the way of it, and what to warn of.
    """

    kinds: Mapping[str, Kind]
    build: Callable[[Place], Sequence[Resource]]
    outputs: Callable[[Mapping[str, Mapping[str, Any]]], dict[str, Any]]
    problems: Callable[[Place], Sequence[str]] = lambda _place: ()
    ask: Mapping[str, Callable[[Aws], Any]] = field(default_factory=dict)
    notes: Callable[[Place], Sequence[str]] = lambda _place: ()
    guard: Callable[[Aws, Place, Plan], Callable[[Result], Sequence[Failure]]] = lambda _aws, _place, _plan: lambda _result: ()
    doubts: Callable[[Plan, Aws, str], tuple[Sequence[Failure], Sequence[str]]] = lambda _plan, _aws, _region: ((), ())


@dataclass(frozen=True)
class Told:
    """What a call says besides its plan. ``problems``: what stands in its way, or may."""

    note: str = ""
    problems: Sequence[Failure] = ()


def run(module: Any, domain: Domain) -> NoReturn:
    """Bring about what the module's parameters ask for, or plan it in check mode; ends the module."""
    start = time.monotonic()
    saving = saved_plans(module)
    aws, endpoint, region = connect(module)
    place, observed = look_around(module, aws, endpoint, region, domain)
    absent = module.params["state"] == "absent"
    if not absent and (problems := [*defer_problems(module.params, domain), *domain.problems(place)]):
        module.fail_json(msg="\n".join(problems))
    consent = Consent(tuple(module.params["allow_replace"]), ALL if absent else tuple(module.params["purge"]))
    try:
        desired = [] if absent else domain.build(place)
        observed = claimed(module, domain, aws, desired, observed, consent)
        result = plan_only(desired, observed, domain.kinds, consent)
        check: Check = partial(saving.check, place, desired, consent, domain.kinds) if saving else anything
        told = Told()
        if objections := check(observed):
            result = refused(result, objections)
        elif rivals := names_held(result.plan, domain.kinds, aws):
            result = replace(result, failures=rivals)
        else:
            note = saving.keep_or_note(place, desired, result, consent, domain.kinds) if saving else ""
            note = "; ".join([*([note] if note else []), *([] if absent else domain.notes(place))])
            exceeded, doubtful = check_quotas(result.plan, domain.kinds, aws, region) if module.params["check_quotas"] else ([], [])
            stands, warnings = domain.doubts(result.plan, aws, region)
            for text in warnings:
                module.warn(text)
            if module.check_mode:
                outlive(module, result, domain.kinds)
            told = Told(note, [*exceeded, *doubtful, *stands] if module.check_mode else [*doubtful, *stands])
            if exceeded and not module.check_mode and not result.plan.refused:
                result = replace(result, failures=exceeded)
            elif not module.check_mode and result.needs_apply:
                outlive(module, result, domain.kinds)
                unharmed = domain.guard(aws, place, result.plan)
                result = apply(module, domain, aws, place, desired, result, consent, check)
                result = replace(result, failures=[*result.failures, *unharmed(result)])
    except EngineError as error:
        module.fail_json(msg=str(error))
    except CallFailed as error:
        fail(module, [failure("", error)], "What exists could not be read, so nothing was changed.")
    answer(module, domain, place, result, aws, time.monotonic() - start, told)


def defer_problems(params: Mapping[str, Any], domain: Domain) -> list[str]:
    """What is wrong with the option ``defer``."""
    known = ", ".join(sorted(domain.kinds))
    return [
        f"defer names {name!r}, which is no kind of resource here. There are {known}."
        for name in params.get("defer") or ()
        if name not in domain.kinds
    ]


def outlive(module: Any, result: Result, kinds: Mapping[str, Kind]) -> None:
    """Warns in a plan, and ends an apply, if the credentials expire before what is planned may be done."""
    short = life_warning(module.params, os.environ, result.plan.permitted, kinds)
    if short and module.check_mode:
        module.warn(short)
    elif short:
        module.fail_json(msg=f"{short} Nothing was changed.")


def saved_plans(module: Any) -> Saving | None:
    """What the call wants with saved plans; most calls want nothing, and pay nothing for it."""
    if not (module.params["save_plan"] or module.params["apply_plan"]):
        return None
    from .saving import saving_of

    try:
        return saving_of(module.params, module._name.rpartition(".")[2], module.check_mode, module.no_log_values)
    except EngineError as error:
        module.fail_json(msg=str(error))
    raise AssertionError("fail_json does not return")


def read_outputs(module: Any, domain: Domain) -> NoReturn:
    """Answer with the outputs of what is there, found by its owner tags; changes nothing."""
    aws, endpoint, region = connect(module)
    place, observed = look_around(module, aws, endpoint, region, domain)
    attributes = {seen.address: {"id": seen.id, **seen.attributes} for seen in observed if seen.state in ("ready", "pending")}
    outputs = {**domain.outputs(attributes), "deferred": sorted(seen.address for seen in observed if seen.state == "pending")}
    module.exit_json(changed=False, outputs=outputs, found=sorted(attributes), target=place.as_dict())
    raise AssertionError("exit_json does not return")


def connect(module: Any) -> tuple[Aws, str | None, str]:
    if problems := owner_problems(module.params):
        module.fail_json(msg="\n".join(problems))
    make, region, endpoint = client_maker(module)
    if reason := refused_endpoint(endpoint, os.environ):
        module.fail_json(msg=reason)
    if not region:
        module.fail_json(msg="region is not set: give the region option (platform_region in the inventories) or AWS_REGION")
    owner = Owner(module.params["environment"], module.params["component"])
    account = module.params.get("expected_account_id") or os.environ.get("AWS_PROFILE") or os.environ.get("AWS_ACCESS_KEY_ID")
    return Aws(make, owner, pace=pace(endpoint, str(region), str(account), os.environ)), endpoint, str(region)


def look_around(module: Any, aws: Aws, endpoint: str | None, region: str, domain: Domain) -> tuple[Place, list[Observed]]:
    """Identity, the domain's questions, all its resources and, if asked for, what no component claims; read side by side.

    Ends the module if any of it cannot be read, but for the last.
    """
    components = module.params.get("claimed")
    with ThreadPoolExecutor(max_workers=3 + len(domain.ask), thread_name_prefix="look") as pool:
        identity = pool.submit(aws.read, "sts", "get_caller_identity")
        strays = pool.submit(unclaimed_by, aws, components, region) if components else None
        seen = pool.submit(observe, domain.kinds, aws)
        asked = {name: pool.submit(question, aws) for name, question in domain.ask.items()}
    try:
        caller = identity.result()
    except CallFailed as error:
        fail(module, [failure("", error)], _who(error, region))
    check_account(module, caller["Account"], caller["Arn"])
    try:
        known = {name: future.result() for name, future in asked.items()}
        observed = seen.result()
    except ObservationFailed as error:
        fail(module, error.failures, _hint_for_region(error.failures, region))
    except CallFailed as error:
        fail(module, [failure("", error)], _hint_for_region([failure("", error)], region))
    partition = caller["Arn"].split(":")[1]
    unclaimed = strays.result() if strays else None
    return Place(endpoint, region, caller["Account"], partition, caller["Arn"], known, unclaimed, observed), observed


def check_account(module: Any, account_id: str, caller: str) -> None:
    expected = module.params.get("expected_account_id")
    if expected and str(expected) != account_id:
        module.fail_json(
            msg=f"platform_account_id (option expected_account_id) is {expected}, but the credentials belong to account {account_id} "
            f"({caller}). Nothing was changed. Use credentials of account {expected}, or correct the inventory."
        )


def _who(error: CallFailed, region: str) -> str:
    if error.code in BAD_CREDENTIALS:
        return _not_enabled(region)
    return "AWS could not be asked who is calling."


def _hint_for_region(failures: Sequence[Failure], region: str) -> str:
    if any(one.code in BAD_CREDENTIALS for one in failures):
        return _not_enabled(region)
    return "What exists could not be read, so nothing was planned or changed."


def _not_enabled(region: str) -> str:
    return (
        f"The credentials are not accepted in region {region} (platform_region). If it is an opt-in region such as af-south-1, enable it: "
        f"`aws account enable-region --region-name {region}`, and use session tokens from a regional STS endpoint. "
        "Otherwise the credentials are wrong or have expired."
    )


def fail(module: Any, failures: Sequence[Failure], summary: str, **more: Any) -> NoReturn:
    """End the module with every error on a line of its own."""
    module.fail_json(msg="\n".join([summary, *(f"- {one}" for one in failures)]), errors=[one.as_dict() for one in failures], **more)
    raise AssertionError("fail_json does not return")


def answer(module: Any, domain: Domain, place: Place, result: Result, aws: Aws, seconds: float, told: Told) -> NoReturn:
    """End the module with what was planned and done; the same shape in check mode, after an apply, and in failure."""
    shown = {
        **report.plan_dict(result, module.check_mode),
        "component": module.params["component"],
        "environment": module.params["environment"],
        "target": place.as_dict(),
        "seconds": round(seconds, 2),
        "api_calls": dict(aws.counts),
        "note": told.note,
        "problems": [problem.as_dict() for problem in told.problems],
    }
    values = {
        "changed": report.changed(result, module.check_mode),
        "diff": report.diff_list(result),
        "plan": shown,
        "outputs": {**domain.outputs(result.attributes()), "deferred": result.deferred},
        **({"unclaimed": place.unclaimed} if place.unclaimed else {}),
    }
    if result.interrupted or Interruption.happened:
        summary = "\n".join([_summary(result), *map(str, result.failures)])
        hand_over(Channel.host or module.params["component"], {"failed": True, "changed": values["changed"], "msg": summary, "plan": shown})
    if result.failures:
        fail(module, result.failures, _summary(result), **values)
    module.exit_json(**values)
    raise AssertionError("exit_json does not return")


def _summary(result: Result) -> str:
    if result.plan.refused and result.report is None:
        names = ", ".join(f"'{action.address}'" for action in result.plan.refused)
        return f"Nothing was changed: replacements need consent. Allow them with allow_replace: [{names}], or take the change back."
    if any(failed.code == EXCEEDED for failed in result.failures):
        return "Nothing was changed: the account's quotas do not suffice. Have them raised, ask for less, or set check_quotas to false."
    if result.report is None:
        return "Nothing was changed."
    done = sum(result.outcome(action) == "done" for action in result.plan.permitted)
    why = "The run was interrupted" if result.interrupted else "The run failed"
    return f"{why}: {done} of {len(result.plan.permitted)} changes are done. Run again to go on from here."
