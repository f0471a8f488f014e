# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The entry point of rds_restore: takes the options, restores, returns the result. Only this file touches the module."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NoReturn

from ..component.progress import progress
from ..reconcile.waiting import SystemClock
from ..recovery.connecting import connection
from .connecting import EXIT_CODES, end, refuse
from .options import plan_of
from .plan import Plan
from .run import WOULD, Restore, Result
from .settings import afterwards

SERVICES = ("rds", "secretsmanager")


def run(module: Any) -> NoReturn:
    """Restore what the module's parameters name. Exits the module."""
    plan, problems = plan_of(module.params, check_mode=module.check_mode)
    if plan is None:
        refuse(module, problems)
    clock = SystemClock()
    with connection(module, clock) as aws:
        found = Restore(aws, clock, plan, lambda doing, seconds: progress(plan.target, doing, seconds)).run()
    end(module, result_of(plan, found, aws.counts), found.notes)


def result_of(plan: Plan, found: Result, counts: Mapping[str, int]) -> dict[str, Any]:
    would = found.state == WOULD
    return {
        "changed": bool(found.created or found.changed or (would and (not found.adopted or found.left))),
        "state": found.state,
        "reason": found.reason,
        "exit_code": EXIT_CODES.get(found.state, 0),
        "msg": found.sentence,
        "source": plan.source,
        "target": plan.target,
        "origin": found.chosen.origin.as_dict() if found.chosen else {},
        "adopted": found.adopted,
        "request": _plain({**found.parameters}),
        "afterwards": _later(plan, found),
        "left": list(found.left),
        "instance": instance_of(found.instance),
        "verification": found.verified.as_dict() if found.verified else None,
        "seconds": dict(found.seconds),
        "api_calls": {"read": counts["read"], "write": counts["write"]},
        "diff": _diff(plan, found),
    }


def instance_of(found: Mapping[str, Any]) -> dict[str, Any]:
    """What is needed to use the new instance."""
    endpoint = found.get("Endpoint") or {}
    return {
        "identifier": str(found.get("DBInstanceIdentifier") or ""),
        "resource_id": str(found.get("DbiResourceId") or ""),
        "arn": str(found.get("DBInstanceArn") or ""),
        "status": str(found.get("DBInstanceStatus") or ""),
        "address": str(endpoint.get("Address") or ""),
        "port": int(endpoint.get("Port") or 0),
        "secret_arn": str((found.get("MasterUserSecret") or {}).get("SecretArn") or ""),
        "engine_version": str(found.get("EngineVersion") or ""),
        "kms_key": str(found.get("KmsKeyId") or ""),
    }


def _later(plan: Plan, found: Result) -> list[str]:
    """What the restore call did not carry: changed by now, or left."""
    if found.chosen is None:
        return []
    return list(dict.fromkeys([*found.changed, *(what for one in afterwards(found.chosen.like, {}, plan.overrides) for what in one.what)]))


def _diff(plan: Plan, found: Result) -> dict[str, str]:
    if not found.parameters or found.adopted:
        return {"before": "", "after": ""}
    after = {"call": found.method, "parameters": _plain({**found.parameters}), "afterwards": _later(plan, found)}
    if found.copies:
        after["copy_first"] = f"under {plan.kms_key}"
    header = f"DB instance {plan.target}"
    return {"before": "", "after": json.dumps(after, indent=2, sort_keys=True) + "\n", "before_header": header, "after_header": header}


def _plain(parameters: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value.strftime("%Y-%m-%dT%H:%M:%SZ") if isinstance(value, datetime) else value for name, value in parameters.items()}
