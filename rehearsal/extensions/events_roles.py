"""The roles in which EventBridge calls targets: whether it may assume them, and what they allow."""

from __future__ import annotations

import json
from typing import Any

from rehearsal.accounts import backend_at
from rehearsal.policies_in_force import Ask, NotUnderstood, parse, verdict
from rehearsal.resource_policies import Caller, admits


class NotAllowed(Exception):
    """A role does not exist, is not EventBridge's, or does not allow the action."""


def check_role(role_arn: str, service: str, source: Caller, action: str, resource: str) -> None:
    """Raises NotAllowed unless the service may assume the role, and the role's own policies allow the action on the resource."""
    role = next((one for one in backend_at("iam", role_arn).roles.values() if one.arn == role_arn), None)
    if role is None:
        raise NotAllowed(f"{role_arn} does not exist")
    if not admits(json.loads(role.assume_role_policy_document), source, "sts:AssumeRole"):
        raise NotAllowed(f"{service} cannot assume {role_arn}")
    if reason := verdict(_statements(role), Ask(action, resource)):
        raise NotAllowed(f"{role_arn} does not allow {action}: {reason}")


def _statements(role: Any) -> list[Any]:
    """Of its inline and attached policies. A statement that is not understood allows nothing."""
    documents = [*role.policies.values(), *(policy.document for policy in role.managed_policies.values())]
    found: list[Any] = []
    for document in documents:
        try:
            found += parse([json.loads(document) if isinstance(document, str) else document])
        except NotUnderstood:
            continue
    return found
