# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What every domain's module does: observe, plan, apply, answer. Only connect.py, this file and answer.py use the module object."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, NoReturn

from ansible.module_utils.common.warnings import warn

from ..aws.connection import Aws
from ..aws.elsewhere import moved_home
from ..aws.place import Place
from ..aws.tags import ignoring_tags
from ..reconcile.engine import ObservationFailed, Result, observe, plan_only
from ..reconcile.errors import CallFailed, EngineError, failure
from ..reconcile.model import Kind, Resource
from ..reconcile.planner import Consent
from ..reconcile.pool import Pool
from ..sensitive.texts import unpacked
from .answer import Remarks, answer
from .applying import Check, apply, claimed, no_objection, patience, refused
from .conflicts import conflicts
from .connect import check_options, connect, fail, place_of, unidentified, unread
from .consent import consent_of
from .credentials_life import life_warning
from .domain import Domain, InvalidInput, Observation
from .names import PRODUCTION, UNBOUNDED
from .quota_reads import check as check_quotas
from .regions import look_in
from .tag_limits import tag_set_problems
from .troubles import troubles
from .unclaimed import answer_of as unclaimed_by
from .unmarked import find_unmarked

if TYPE_CHECKING:
    from .saving import Saving

MakeDomain = Callable[[Mapping[str, Any]], Domain]
"""Returns the domain for a module's parameters, or raises InvalidInput."""


def run(module: Any, make_domain: MakeDomain) -> NoReturn:
    """Bring the component to the state that the module's parameters describe, or plan that in check mode; ends the module."""
    start = time.monotonic()
    domain = domain_of(module, make_domain)
    saving = saved_plans(module)
    aws, endpoint, region = connect(module)
    observation = read_state(module, aws, endpoint, region, domain)
    absent = module.params["state"] == "absent"
    if not absent and (problems := [*defer_problems(module.params, domain), *domain.problems(observation)]):
        module.fail_json(msg="\n".join(problems))
    try:
        result, remarks = plan_or_apply(module, domain, aws, observation, saving)
    except EngineError as error:
        module.fail_json(msg=str(error))
    except ObservationFailed as error:
        fail(module, error.failures, "What exists could not be read, so nothing was changed.")
    except CallFailed as error:
        fail(module, [failure("", error)], "The current state could not be read, so nothing was changed.")
    answer(module, domain, observation, result, aws, time.monotonic() - start, remarks)


def domain_of(module: Any, make_domain: MakeDomain) -> Domain:
    """The module's domain. Ends the module if its input can be rejected without an API call."""
    check_options(module)
    try:
        domain = make_domain(module.params)
    except InvalidInput as error:
        module.fail_json(msg=str(error))
    domain.kinds = ignoring_tags(domain.kinds, module.params.get("ignore_tags") or ())
    return domain


def plan_or_apply(module: Any, domain: Domain, aws: Aws, observation: Observation, saving: Saving | None) -> tuple[Result, Remarks]:
    """Plan, and apply unless in check mode. Raises EngineError if no plan can be made, CallFailed if a read fails."""
    place, consent, absent = observation.place, consent_of(module.params), module.params["state"] == "absent"
    observation, desired = described(module, domain, aws, observation, consent)
    observed = observation.observed
    planned = plan_only(desired, observed, domain.kinds, consent)

    def plan_again() -> Result:
        return plan_only(desired, claimed(module, domain, aws, desired, observe(domain.kinds, aws), consent), domain.kinds, consent)

    check: Check = partial(saving.check, place, desired, consent, domain.kinds) if saving else no_objection
    if objections := check(observed):
        return refused(planned, objections), Remarks()
    planned, in_the_way = conflicts(module, domain, aws, place.caller, planned, plan_again, patience(module))
    if in_the_way:
        return replace(planned, failures=in_the_way), Remarks()
    notes = [saving.keep_or_note(place, desired, planned, consent, domain.kinds)] if saving else []
    notes += () if absent else domain.notes(observation)
    exceeded, doubtful = check_quotas(planned.plan, domain.kinds, aws, place.region) if module.params["check_quotas"] else ([], [])
    checked = domain.checks(planned.plan, aws, place.region)
    note = "; ".join(text for text in (*notes, *checked.notes) if text)
    for text in checked.warnings:
        warn(text)
    same_name, beside = find_unmarked(planned.plan, domain.kinds, aws)
    blocking = [*same_name, *exceeded, *checked.refusals, *(() if module.check_mode else checked.late)]
    blocked = bool(planned.plan.refused or blocking)
    remarks = Remarks(note, [*(blocking if module.check_mode else ()), *doubtful, *checked.problems], blocked, beside)
    if module.check_mode:
        check_lifetime(module, planned, domain.kinds)
        if unbounded(place, desired):
            warn(UNBOUNDED)  # amazon.aws's own method has Ansible add a deprecation warning
    elif blocking and not planned.plan.refused:
        return replace(planned, failures=blocking), remarks
    elif planned.needs_apply:
        check_lifetime(module, planned, domain.kinds)
        verdict = domain.guard(aws, observation, planned.plan)
        result = apply(module, domain, aws, place, desired, planned, consent, check)
        remarks = replace(remarks, notices=[*remarks.notices, *troubles(result.final)])
        return replace(result, failures=[*result.failures, *verdict(result)]), remarks
    return planned, replace(remarks, notices=[*remarks.notices, *troubles(observed)])


def described(module: Any, domain: Domain, aws: Aws, observation: Observation, consent: Consent) -> tuple[Observation, Sequence[Resource]]:
    """The observation with what is moved or adopted at its new address, and the resources that should exist. Raises EngineError."""
    absent = module.params["state"] == "absent"
    desired: Sequence[Resource] = [] if absent else domain.resources(observation)
    if missing := not_described(module.params, consent, desired, domain.kinds):
        raise EngineError(missing)
    observed = claimed(module, domain, aws, desired, observation.observed, consent)
    observation = replace(observation, observed=observed)
    desired = moved_home(aws, domain.kinds, desired, observed)
    if not absent and any(seen.marked is not None for seen in observed):
        # adopted resources may determine the desired state (such as a name or a zone to keep) and the problems
        if problems := domain.problems(observation):
            raise EngineError("\n".join(problems))
        desired = moved_home(aws, domain.kinds, domain.resources(observation), observed)
    if problems := tag_set_problems(desired, observed, domain.kinds):
        raise EngineError("\n".join(problems))
    return observation, desired


def unbounded(place: Place, desired: Sequence[Resource]) -> bool:
    """Whether these are production roles without a permissions boundary. All components use the same words, so it is shown once per run."""
    return place.environment in PRODUCTION and not place.permissions_boundary and any(one.kind == "iam_role" for one in desired)


def not_described(params: Mapping[str, Any], consent: Consent, desired: Sequence[Resource], kinds: Mapping[str, Kind]) -> str:
    """Problems with the addresses whose replacement is requested; empty if there are none.

    Kinds of other modules are left to those modules, and resources of another subject (``name``, such as a cluster) to the call for it.
    """
    there = {resource.address for resource in desired}
    subject = params.get("name")
    own = [address for address in consent.forced if address.partition(".")[0] in kinds and (not subject or _subject(address) == subject)]
    wrong = [address for address in own if address not in there]
    if not wrong or consent.everything:
        return ""
    names = ", ".join(f"{params['component']}:{address}" for address in wrong)
    return f"platform_replace (option replace) names {names}, which the inventory does not describe. Nothing was changed."


def _subject(address: str) -> str:
    """``kind.main/part`` -> main."""
    return address.partition(".")[2].partition("/")[0]


def defer_problems(params: Mapping[str, Any], domain: Domain) -> list[str]:
    """What is wrong with the option ``defer``."""
    known = ", ".join(sorted(domain.kinds))
    return [
        f"defer names {name!r}, which is not a kind of resource here. Known kinds: {known}."
        for name in params.get("defer") or ()
        if name not in domain.kinds
    ]


def check_lifetime(module: Any, result: Result, kinds: Mapping[str, Kind]) -> None:
    """Warn in a plan, and end the module in an apply, if the credentials expire before the planned actions may be finished."""
    short = life_warning(module.params, os.environ, result.plan.permitted, kinds)
    if short and module.check_mode:
        warn(short)
    elif short:
        module.fail_json(msg=f"{short} Nothing was changed.")


def saved_plans(module: Any) -> Saving | None:
    """How the call uses saved plans. Most calls use none, and pay nothing for it."""
    if not (module.params["save_plan"] or module.params["apply_plan"]):
        return None
    if module.params.get("replace"):
        module.fail_json(
            msg="platform_replace (option replace) replaces in each run that it is set for, so it cannot be part of a saved plan. Leave "
            "out platform_plan_out or platform_plan. Nothing was changed."
        )
    from .saving import saving_of

    try:
        secrets = [*module.no_log_values, *unpacked(module.params["sensitive_values"])]
        return saving_of(module.params, module._name.rpartition(".")[2], module.check_mode, secrets)
    except EngineError as error:
        module.fail_json(msg=str(error))
    raise AssertionError("fail_json does not return")


def read_state(module: Any, aws: Aws, endpoint: str | None, region: str, domain: Domain) -> Observation:
    """Read, in parallel, the identity, the domain's questions, all its resources and, if requested, the unclaimed resources.

    Ends the module if any read fails, except that of the unclaimed resources.
    """
    if reason := look_in(aws, domain.regions()):
        module.fail_json(msg=reason)
    components = module.params.get("claimed")
    questions = domain.questions()
    look = aws.one_look()
    with Pool(max_workers=3 + len(questions), thread_name_prefix="look") as pool:
        identity = pool.submit(aws.read, "sts", "get_caller_identity")
        unclaimed = pool.submit(unclaimed_by, aws, components, region) if components else None
        seen = pool.submit(observe, domain.kinds, look)
        asked = {name: pool.submit(question, look) for name, question in questions.items()}
    try:
        caller = identity.result()
    except CallFailed as error:
        fail(module, [failure("", error)], unidentified(error, region))
    place = place_of(module, caller, region, endpoint, aws.regions[1:])
    try:
        answers = {name: future.result() for name, future in asked.items()}
        observed = seen.result()
    except ObservationFailed as error:
        fail(module, error.failures, unread(error.failures, region, aws.regions[1:]))
    except CallFailed as error:
        fail(module, [failure("", error)], unread([failure("", error)], region, aws.regions[1:]))
    return Observation(place, observed, answers, unclaimed.result() if unclaimed else None)
