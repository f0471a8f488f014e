"""Parsing of policy documents."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from moto.core.utils import utcnow

from rehearsal.identities import ROLES
from rehearsal.registry import Call, backend

_ENTITY = re.compile(r"^arn:aws[\w-]*:iam::(?P<account>\d{12}):(?P<kind>role|user)/(?P<path>.+)$")


def statements(document: dict[str, Any]) -> list[dict[str, Any]]:
    """A policy's statements; AWS accepts a single statement without a list."""
    found = document.get("Statement") or []
    return [found] if isinstance(found, dict) else [entry for entry in found if isinstance(entry, dict)]


def principals(document: dict[str, Any]) -> Iterator[str]:
    """Every AWS principal that the policy names."""
    for statement in statements(document):
        named = statement.get("Principal")
        of_aws = named.get("AWS", []) if isinstance(named, dict) else named or []
        yield from [of_aws] if isinstance(of_aws, str) else of_aws


def usable_roles(call: Call) -> list[Any]:
    """The roles visible to other services: a new role takes a while to propagate."""
    newest = utcnow() - timedelta(seconds=call.settings.propagation_seconds)
    return [role for role in backend("iam", call.account_id, call.region).roles.values() if role.create_date <= newest]


def missing_principals(call: Call, document: dict[str, Any]) -> list[str]:
    """Roles and users of this account that the policy names and that do not exist."""
    users = backend("iam", call.account_id, call.region).users.values()
    known = {role.arn for role in usable_roles(call)} | {user.arn for user in users}
    known |= {f"arn:aws:iam::{call.account_id}:user/rehearsal-{role}" for role in ROLES}
    named = [(arn, _ENTITY.match(arn)) for arn in principals(document)]
    return [arn for arn, match in named if match and match["account"] == call.account_id and arn not in known]


def allows_service(policy: Any, *services: str) -> bool:
    """Whether a policy's text names one of the service principals."""
    return any(f'"{service}"' in str(policy) for service in services)
