"""Rotation of secrets: its schedule, and the rotation of secrets that another service manages.

A rotation function's code is not run here. With one, a rotation creates the version that the function would fill, labeled AWSPENDING.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from rehearsal.extensions.secretsmanager_common import (
    PENDING,
    kept_secret,
    labeled,
    move_label,
    new_version_id,
    refuse_managed,
    refuse_replica,
)
from rehearsal.registry import Call, answers, backend
from rehearsal.replies import Refusal
from rehearsal.transitions import moment

DAY = 86_400
LONGEST_PERIOD = 1_000
_RATE = re.compile(r"^rate\((?P<number>\d+) (?P<unit>hours?|days?)\)$")
_CRON = re.compile(r"^cron\((\S+ ){5}\S+\)$")
_DURATION = re.compile(r"^\d{1,2}h$")

# By owning service: a function that rotates a managed secret now, and returns the ID of the new version.
ROTATORS: dict[str, Callable[[Call, Any, str], str]] = {}


@answers("secretsmanager", "RotateSecret")
def rotate(call: Call) -> dict[str, Any]:
    secret = kept_secret(call)
    refuse_replica(secret)
    rules = _rules(call) or secret.__dict__.get("rehearsal_rules")
    version_id = new_version_id(call)
    if secret.owning_service:
        if call.get("RotationLambdaARN"):
            refuse_managed(secret)
        _schedule(secret, rules)
        if call.get("RotateImmediately", True):
            version_id = ROTATORS[secret.owning_service](call, secret, version_id)
        return {"ARN": secret.arn, "Name": secret.name, "VersionId": version_id}
    function = call.get("RotationLambdaARN") or secret.rotation_lambda_arn
    if not function:
        raise Refusal("InvalidRequestException", "No Lambda rotation function ARN is associated with this secret.")
    _check_function(call, str(function))
    if not rules:
        raise Refusal("InvalidParameterException", "You must specify RotationRules when you turn on rotation.")
    if pending := labeled(secret, PENDING):
        raise Refusal("InvalidRequestException", f"A previous rotation isn't complete. That rotation will be reattempted: {pending}")
    secret.rotation_lambda_arn = function
    _schedule(secret, rules)
    if call.get("RotateImmediately", True):
        secret.versions[version_id] = {"version_id": version_id, "version_stages": [], "createdate": moment().timestamp()}
        move_label(secret, PENDING, version_id)
    return {"ARN": secret.arn, "Name": secret.name, "VersionId": version_id}


@answers("secretsmanager", "CancelRotateSecret")
def cancel(call: Call) -> dict[str, Any]:
    secret = kept_secret(call)
    refuse_replica(secret)
    refuse_managed(secret)
    if not secret.rotation_enabled:
        raise Refusal("InvalidRequestException", "Rotation is not turned on for this secret.")
    secret.rotation_enabled, secret.next_rotation_date = False, None
    return {"ARN": secret.arn, "Name": secret.name}


def _schedule(secret: Any, rules: dict[str, Any] | None) -> None:
    if rules:
        secret.rehearsal_rules = rules
        secret.rotation_enabled = True
        secret.next_rotation_date = moment().timestamp() + period(rules)


def period(rules: dict[str, Any]) -> float:
    """The seconds between two rotations. Calendars are not interpreted: a cron expression counts as a week."""
    if days := rules.get("AutomaticallyAfterDays"):
        return float(days) * DAY
    match = _RATE.match(rules.get("ScheduleExpression") or "")
    if match is None:
        return 7.0 * DAY
    return int(match["number"]) * (3_600.0 if match["unit"].startswith("hour") else DAY)


def _rules(call: Call) -> dict[str, Any] | None:
    """The rotation rules in a call, checked: a number of days or an expression, not both."""
    rules = dict(call.get("RotationRules") or {})
    if not rules:
        return None
    days, expression, duration = rules.get("AutomaticallyAfterDays"), rules.get("ScheduleExpression"), rules.get("Duration")
    if days is not None and expression is not None:
        text = "You can't specify both AutomaticallyAfterDays and ScheduleExpression in RotationRules."
        raise Refusal("InvalidParameterException", text)
    if days is not None and not 1 <= int(days) <= LONGEST_PERIOD:
        raise Refusal("InvalidParameterException", f"AutomaticallyAfterDays must be between 1 and {LONGEST_PERIOD}, not {days}.")
    if expression is not None and not (_RATE.match(expression) or _CRON.match(expression)):
        raise Refusal("InvalidParameterException", f"Invalid ScheduleExpression: {expression}. It must be a rate() or cron() expression.")
    if expression is not None and period(rules) < 4 * 3_600:
        raise Refusal("InvalidParameterException", f"Invalid ScheduleExpression: {expression}. The shortest period is four hours.")
    if duration is not None and not _DURATION.match(duration):
        raise Refusal("InvalidParameterException", f"Invalid Duration: {duration}. It must be a number of hours, such as 3h.")
    if days is None and expression is None:
        raise Refusal("InvalidParameterException", "RotationRules must have AutomaticallyAfterDays or ScheduleExpression.")
    return rules


def _check_function(call: Call, arn: str) -> None:
    name = arn.rpartition(":function:")[2].split(":")[0]
    functions = backend("lambda", call.account_id, call.region)
    try:
        functions.get_function(name)
    except Exception as error:  # moto raises errors of its own for names and ARNs that it does not know
        raise Refusal("ResourceNotFoundException", f"Secrets Manager can't find the Lambda function {arn}.") from error
