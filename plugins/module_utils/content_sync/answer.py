# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The entry point of s3_content. Only this file touches the module."""

from __future__ import annotations

import time
from typing import Any, NoReturn

from ..aws.connection import Aws
from ..component.connect import check_account, check_options, connect, fail
from ..component.interruption import hand_over, interruptible
from ..component.lock import held
from ..component.progress import Channel, progress
from ..reconcile.errors import CallFailed, failure
from ..reconcile.waiting import Clock, Stopped, SystemClock
from .options import Wish, wish_of
from .store import Store, Target
from .summary import diff_of, said, what_failed
from .synchronizing import Done, Incomplete, Synchronization

SERVICES = ("sts", "ssm", "s3", "cloudfront")


def run(module: Any) -> NoReturn:
    """Upload the directory that the module's parameters name. Exits the module."""
    check_options(module)
    wish, problems = wish_of(module.params)
    if problems:
        module.fail_json(msg="\n".join([*problems, "Nothing was uploaded or deleted."]))
    aws, _endpoint, _region = connect(module)
    clock = SystemClock()
    began = time.monotonic()
    try:
        caller = aws.read("sts", "get_caller_identity")
        check_account(module, caller["Account"], caller["Arn"])
        with interruptible(clock.stop):
            done = synchronize(aws, wish, caller, clock, check_mode=module.check_mode)
    except Stopped:
        result = {"changed": True, "failed": True, "msg": "Interrupted. What was uploaded is recorded; run again to upload the rest."}
        hand_over(Channel.host, result)
        module.fail_json(**{name: value for name, value in result.items() if name != "failed"})
    except Incomplete as error:
        fail(module, [failure(wish.bucket, one) for one in error.failures], what_failed(error.uploaded), changed=bool(error.uploaded))
    except CallFailed as error:
        fail(module, [failure(wish.bucket, error)], "The files were not synchronized completely.")
    finally:
        aws.close()
    module.exit_json(**result_of(wish, done, module.check_mode), api_calls=dict(aws.counts), seconds=round(time.monotonic() - began, 1))
    raise AssertionError("exit_json does not return")


def synchronize(aws: Aws, wish: Wish, caller: Any, clock: Clock, *, check_mode: bool) -> Done:
    """An unchanged run makes no change at all, so only a run with changes takes the lock, and looks again once it has it."""
    store = Store(aws, Target(wish.bucket, wish.prefix, caller["Account"]))
    subject = f"content of {wish.bucket}"
    run = Synchronization(aws, store, wish, clock, lambda doing, seconds: progress(subject, doing, seconds), time.time)
    try:
        seen = run.look() if wish.known else run.from_nothing()
    except CallFailed as error:
        if error.code != "NoSuchBucket" or not check_mode:
            raise
        seen = run.from_nothing()
    if check_mode or not seen.plan.changes:
        return Done(seen.plan, run.paths(seen.plan))
    with held(aws, "shared", caller["Arn"], clock, wish.lock_wait, progress):
        return run.carry_out(run.look())


def result_of(wish: Wish, done: Done, check_mode: bool) -> dict[str, Any]:
    plan = done.plan
    return {
        "changed": plan.changes,
        "msg": said(wish, done, check_mode),
        "diff": diff_of(wish.bucket, wish.prefix, plan),
        "uploads": [{"name": one.name, "why": one.why} for one in plan.puts],
        "deletes": list(plan.deletes),
        "retired": list(plan.retired),
        "invalidated": list(done.paths),
        "invalidation": done.invalidation,
        "unchanged": plan.unchanged,
        "foreign": plan.foreign,
        "hidden": list(wish.found.hidden),
        "release": plan.release,
    }
