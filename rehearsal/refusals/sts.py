"""Requests that STS rejects: roles that do not exist."""

from __future__ import annotations

from rehearsal.extensions.policies import usable_roles
from rehearsal.registry import Call, refuses
from rehearsal.replies import Refusal


@refuses("sts", "AssumeRole")
def role_exists(call: Call) -> None:
    arn = call.get("RoleArn")
    if not any(role.arn == arn for role in usable_roles(call)):
        caller = f"arn:aws:iam::{call.account_id}:user/rehearsal-{call.role}"
        raise Refusal("AccessDenied", f"User: {caller} is not authorized to perform: sts:AssumeRole on resource: {arn}", 403)
