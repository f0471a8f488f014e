# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The entry point of postgres_load. Only this file touches the module."""

from __future__ import annotations

import time
from typing import Any, NoReturn

from ansible.module_utils.common.warnings import warn

from ..aws.connection import Aws
from ..component.connect import check_options, connect, fail, identify
from ..component.interruption import hand_over, interruptible
from ..component.progress import Channel, progress
from ..domains.database_content.domain import hide, redact
from ..domains.database_content.server.link import ServerLink
from ..kinds.vault import Vault
from ..reconcile.errors import CallFailed, failure
from ..reconcile.waiting import Clock, Stopped, SystemClock
from .loader import Loaded, Loader
from .options import LoadPlan, plan_of

SERVICES = ("sts", "secretsmanager")

NOTHING_LOADED = "The data was not loaded, and nothing was changed."


def run(module: Any) -> NoReturn:
    """Load the files that the module's parameters name. Exits the module."""
    check_options(module)
    plan, problems = plan_of(module.params)
    mask = hide(module)
    vault = Vault(module.params["secrets"], mask)
    redact(module)
    if plan is None:
        module.fail_json(msg="\n".join(problems))
        raise AssertionError("fail_json does not return")
    aws, _endpoint, _region = connect(module)
    link = ServerLink(plan.target, vault, [plan.database], needed=not module.check_mode)
    clock = SystemClock()
    began = time.monotonic()
    try:
        identify(module, aws)
        with interruptible(clock.stop):
            found = carry_out(plan, link, aws, clock, check_mode=module.check_mode)
    except Stopped:
        result = {"changed": False, "failed": True, "msg": f"Interrupted. {NOTHING_LOADED}"}
        hand_over(Channel.host, result)
        module.fail_json(**{name: value for name, value in result.items() if name != "failed"})
    except CallFailed as error:
        fail(module, [failure(plan.database, error)], NOTHING_LOADED)
    finally:
        link.close()
        aws.close()
    for note in found.notes:
        warn(note)
    module.exit_json(**result_of(plan, found, module.check_mode), seconds=round(time.monotonic() - began, 1))
    raise AssertionError("exit_json does not return")


def carry_out(plan: LoadPlan, link: ServerLink, aws: Aws, clock: Clock, *, check_mode: bool) -> Loaded:
    began = clock.now()
    loader = Loader(plan, lambda doing, _seconds: progress(plan.database, doing, clock.now() - began), lambda: clock.pause(0))
    if not link.exists():
        return Loaded(tuple(one.name for one in plan.scripts), (), {}, {})
    if check_mode:
        with link.reading(aws, plan.database) as session:
            return loader.look(session)
    session = link.changing(aws, plan.database)
    clock.on_stop(session.cancel)
    try:
        return loader.load(session)
    except CallFailed:
        clock.pause(0)  # the statement failed because an interruption canceled it
        raise


def result_of(plan: LoadPlan, found: Loaded, check_mode: bool) -> dict[str, Any]:
    if not found.loaded:
        said = f"{', '.join(found.skipped)} had been loaded into {plan.database} before."
    else:
        would = "would be" if check_mode else "was" if len(found.loaded) == 1 else "were"
        said = f"{', '.join(found.loaded)} {would} loaded into {plan.database}"
        said += "." if check_mode else f": {found.rows} rows in {found.statements} statements."
    return {
        "changed": bool(found.loaded),
        "msg": said,
        "loaded": list(found.loaded),
        "skipped": list(found.skipped),
        "counts": {"before": dict(found.before), "after": dict(found.after)},
        "rows": found.rows,
        "notes": list(found.notes),
    }
