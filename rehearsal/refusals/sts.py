"""Requests that STS rejects: roles that do not exist, and roles of another account that do not trust the caller."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from rehearsal.accounts import account_of, is_arn
from rehearsal.callers import caller_of
from rehearsal.extensions.policies import usable_roles
from rehearsal.registry import Call, refuses
from rehearsal.replies import Refusal
from rehearsal.resource_policies import admits


@refuses("sts", "AssumeRole")
def role_admits_the_caller(call: Call) -> None:
    """The role must exist and, in another account, trust the caller. AWS words both alike, so callers cannot learn which roles exist."""
    arn = call.get("RoleArn")
    caller = caller_of(call)
    role = _role(call, arn)
    if role is None or (account_of(arn) != caller.account_id and not _trusts(call, role)):
        raise Refusal("AccessDenied", f"User: {caller.arn} is not authorized to perform: sts:AssumeRole on resource: {arn}", 403)


def _role(call: Call, arn: Any) -> Any:
    if not is_arn(arn) or not account_of(arn):
        return None
    there = usable_roles(replace(call, account_id=account_of(arn)))
    return next((role for role in there if role.arn == arn), None)


def _trusts(call: Call, role: Any) -> bool:
    given = call.get("ExternalId")
    document = role.assume_role_policy_document
    return admits(
        json.loads(document) if isinstance(document, str) else document,
        caller_of(call),
        "sts:AssumeRole",
        {"sts:externalid": given} if given else {},
    )
