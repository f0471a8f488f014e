# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The module's entry point: takes the options, runs once, returns one result. Only this file touches the module object."""

from __future__ import annotations

import os
import socket
import sys
import time
from dataclasses import asdict
from importlib.util import find_spec
from typing import Any, NoReturn

from ansible.module_utils.common.warnings import warn

from ..aws.session import client_maker, refused_endpoint
from ..component.interruption import hand_over, interruptible
from ..component.progress import Channel, progress
from ..kubernetes.access import from_options
from ..kubernetes.client import Api
from ..kubernetes.clock import EventClock
from ..kubernetes.eks_access import eks_access
from ..kubernetes.problems import BadAccess
from ..kubernetes.values import Trouble, Verdict
from . import text
from .options import plan_of
from .plan import Plan
from .verifier import Report, Verifier

PACKAGES = {"urllib3": "urllib3", "yaml": "PyYAML"}
REACH_SECONDS = 60.0
"""How long to wait for an unresponsive cluster at the beginning, before the run has started anything."""


def run(module: Any) -> NoReturn:
    """Verify the workloads that the module's parameters name, or observe them once in check mode. Exits the module."""
    if missing := [name for name in ("urllib3", "yaml") if find_spec(name) is None]:
        packages = " ".join(PACKAGES[name] for name in missing)
        module.fail_json(msg=f"{' and '.join(missing)} cannot be imported by {sys.executable}: install {packages}")
    plan, problems = plan_of(module.params, check_mode=module.check_mode)
    if plan is None:
        module.fail_json(msg="\n".join(problems))
        raise AssertionError("fail_json does not return")
    bell = EventClock()
    began = time.monotonic()
    make, region, endpoint = client_maker(module)
    try:
        if reason := refused_endpoint(endpoint, os.environ):
            raise BadAccess(reason)
        named = module.params["eks_cluster"]
        access = eks_access(make, named, region) if named else from_options(module.params, os.environ)
        api = Api(access, bell, bell.now() + min(REACH_SECONDS, plan.settings.wait))
        verifier = Verifier(api, bell, plan, progress, _holder(), lambda: make("cloudwatch"))
    except BadAccess as problem:
        module.fail_json(msg=str(problem))
        raise AssertionError("fail_json does not return") from problem
    if module.check_mode:
        report = verifier.look()
    else:
        with interruptible(bell.stop):
            report = verifier.run()
    result = result_of(plan, report, api, time.monotonic() - began)
    if report.ending is not None and report.ending.stage == "interrupted":
        hand_over(Channel.host, result)
    for warning in report.warnings:
        warn(warning)
    if result["verdict"] == "success":
        module.exit_json(**result)
    module.fail_json(**result)
    raise AssertionError("fail_json does not return")


def _holder() -> str:
    return f"{socket.gethostname()} (process {os.getpid()})"


def result_of(plan: Plan, report: Report, api: Api, seconds: float) -> dict[str, Any]:
    ending = report.ending
    if ending is None:
        raise AssertionError("a run without an ending")
    changed = any(one["result"] != "not_attempted" for one in report.undone)
    notes = [note for verdict in report.verdicts.values() for note in verdict.notes] + report.notes
    return {
        "changed": changed,
        "msg": ending.sentence,
        "verdict": ending.state,
        "reason": ending.code,
        "stage": ending.stage,
        "workloads": [_workload(str(target), report.verdicts.get(str(target))) for target in plan.targets],
        "probes": report.probes,
        "metrics": report.metrics,
        "rollback": report.undone,
        "notes": notes,
        "seconds": round(seconds, 1),
        "api_calls": {"total": api.counters.calls, "repeated": api.counters.retries},
    }


def _workload(name: str, verdict: Verdict | None) -> dict[str, Any]:
    kind, _space, place = name.partition(" ")
    namespace, _slash, called = place.partition("/")
    found = {"kind": kind, "namespace": namespace, "name": called}
    if verdict is None:
        return {**found, "verdict": "in_progress", "reason": "not_observed", "pods": {}, "evidence": []}
    evidence = [_evidence(one) for one in verdict.evidence]
    return {**found, "verdict": verdict.state, "reason": verdict.code, "pods": asdict(verdict.counts), "evidence": evidence}


def _evidence(trouble: Trouble) -> dict[str, Any]:
    return {**asdict(trouble), "log": list(trouble.log), "sentence": text.describe(trouble)}
