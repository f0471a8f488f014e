# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The entry point of rds_refresh. Only this file touches the module."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, NoReturn

from ansible.module_utils.common.warnings import warn

from ..aws.connection import Aws
from ..aws.roles import client_maker_as, role_of
from ..component.connect import check_account, check_options, connect
from ..component.interruption import hand_over, interruptible
from ..component.lock import held
from ..component.progress import Channel, progress
from ..reconcile.errors import CallFailed, failure
from ..reconcile.waiting import Stopped, SystemClock
from ..recovery.giving_up import GaveUp
from ..recovery.reading import Reading
from ..recovery.server_time import ServerTime
from .options import plan_of
from .plan import RefreshPlan, Report
from .refresher import Refresher

SERVICES = ("rds", "kms", "sts", "secretsmanager", "ssm")

SHORTEST_SECRET = 6


def run(module: Any) -> NoReturn:
    """Refresh the instance that the module's parameters name. Exits the module."""
    check_options(module)
    plan, problems = plan_of(module.params, check_mode=module.check_mode)
    if plan is None:
        module.fail_json(msg="\n".join(problems))
        raise AssertionError("fail_json does not return")
    clock = SystemClock()
    here, _endpoint, _region = connect(module)
    here.pause = clock.pause
    role = role_of(module.params["source"])
    there = here
    if role:
        there = Aws(client_maker_as(module, here.client, role, clock.pause), here.owner, pause=clock.pause, region=here.region)
    try:
        _finish(module, plan, here, there, clock)
    finally:
        here.close()
        there.close()


def _finish(module: Any, plan: RefreshPlan, here: Aws, there: Aws, clock: SystemClock) -> NoReturn:
    def hide(text: str) -> None:
        if len(text) >= SHORTEST_SECRET:
            module.no_log_values.add(text)

    report = Report()
    began = clock.now()
    try:
        accounts, caller = _accounts(module, plan, here, there)
        with interruptible(clock.stop), locked(module, here, there, caller, clock):
            readings = (Reading(there.in_region(plan.origin.region), ServerTime(clock.now)), Reading(here, ServerTime(clock.now)))
            plan = replace(plan, key=_key(readings[1], plan))
            name = plan.identifier
            refresher = Refresher(
                plan, readings, accounts, clock, lambda doing, _s: progress(name, doing, clock.now() - began), report, hide
            )
            changed = refresher.run()
    except Stopped:
        result = {**report.as_dict(), "failed": True, "msg": "Interrupted. Staging is unchanged unless a cut-over had begun. Run again."}
        hand_over(Channel.host, result)
        module.fail_json(**{name: value for name, value in result.items() if name != "failed"})
    except GaveUp as error:
        module.fail_json(msg=error.sentence, reason=error.reason, **report.as_dict())
    except CallFailed as error:
        module.fail_json(msg=str(failure(plan.identifier, error)), reason=error.code, **report.as_dict())
    for note in report.notes:
        warn(note)
    would = "would be" if module.check_mode else "was"
    said = f"{plan.identifier} {would} refreshed from {report.snapshot or 'the snapshot of the interrupted run'}."
    module.exit_json(changed=changed, msg=said, reason="", **report.as_dict())
    raise AssertionError("exit_json does not return")


@contextlib.contextmanager
def locked(module: Any, here: Aws, there: Aws, caller: str, clock: SystemClock) -> Iterator[None]:
    """Hold the run lock of the component, which other refreshes and the role need too; not in check mode. Raises CallFailed."""
    if module.check_mode:
        yield
        return
    with held(here, "shared", caller, clock, module.params["lock_wait"], progress) as lock:
        there.fence = here.fence
        try:
            yield
        except Stopped:
            raise lock.lost or Stopped from None


def _accounts(module: Any, plan: RefreshPlan, here: Aws, there: Aws) -> tuple[tuple[str, str], str]:
    """((account of the source, of the target), the target's caller), as AWS says. Raises GaveUp and CallFailed, or ends the module."""
    target = here.read("sts", "get_caller_identity")
    check_account(module, target["Account"], target["Arn"])
    source = there.read("sts", "get_caller_identity")
    if source["Account"] != plan.origin.account:
        raise GaveUp(
            "refused",
            "account",
            f"source.account_id is {plan.origin.account}, but the credentials for the source belong to account {source['Account']}. Set "
            "source.role_arn to a role of that account. Nothing was changed.",
        )
    return (str(source["Account"]), str(target["Account"])), str(target["Arn"])


def _key(target: Reading, plan: RefreshPlan) -> str:
    """The ARN of the key of the restored instance: the given one, or that of the instance that it replaces."""
    if plan.key:
        return target.key_arn(plan.key)
    try:
        return target.database(plan.identifier).kms_key
    except CallFailed:
        return ""
