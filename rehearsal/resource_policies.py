"""Whom a resource's own policy admits: trust policies of roles, key policies. Pure.

After "Policy evaluation logic" in the IAM User Guide. A statement with an element or a condition operator that is unknown here
never allows, and always denies: nothing is admitted because the rehearsal cloud does not understand a policy.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from rehearsal.policies_in_force import OPERATORS, Test, pattern

KNOWN = frozenset({"Sid", "Effect", "Principal", "Action", "NotAction", "Resource", "Condition"})


@dataclass(frozen=True)
class Caller:
    """Who makes a call: the ARN that AWS shows, and for a session also that of its role.

    A ``service`` of AWS, such as cloudwatch.amazonaws.com, calls for itself, on behalf of the resource with this ARN in this account.
    """

    account_id: str
    arn: str
    role_arn: str = ""
    service: str = ""

    def names(self) -> frozenset[str]:
        """What a policy may write as a principal to name this caller; the account means every principal in it."""
        if self.service:
            return frozenset({"*", self.service})
        own = {self.arn, self.role_arn} - {""}
        return frozenset({"*", self.account_id, f"arn:aws:iam::{self.account_id}:root", *own})

    def context(self) -> dict[str, str]:
        if self.service:
            return {"aws:sourcearn": self.arn, "aws:sourceaccount": self.account_id, "aws:principalisawsservice": "true"}
        return {"aws:principalarn": self.role_arn or self.arn, "aws:principalaccount": self.account_id}


def admits(document: Mapping[str, Any], caller: Caller, action: str, context: Mapping[str, str] | None = None) -> bool:
    """Whether a policy allows the caller this action. `context`: the values of condition keys, by lowercase key."""
    if denies(document, caller, action, context):
        return False
    known = _known(caller, context)
    return any(one.get("Effect") == "Allow" and _holds(one, known, unknown=False) for one in _applying(document, caller, action))


def denies(document: Mapping[str, Any], caller: Caller, action: str, context: Mapping[str, str] | None = None) -> bool:
    """Whether a policy forbids the caller this action, whatever else allows it."""
    known = _known(caller, context)
    return any(one.get("Effect") != "Allow" and _holds(one, known, unknown=True) for one in _applying(document, caller, action))


def _known(caller: Caller, context: Mapping[str, str] | None) -> dict[str, tuple[str, ...]]:
    return {key: (value,) for key, value in {**caller.context(), **(context or {})}.items()}


def _applying(document: Mapping[str, Any], caller: Caller, action: str) -> list[Mapping[str, Any]]:
    return [one for one in _statements(document) if _names(one, caller) and _covers(one, action)]


def _statements(document: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    found = document.get("Statement") or []
    return [one for one in (found if isinstance(found, list) else [found]) if isinstance(one, Mapping)]


def _names(statement: Mapping[str, Any], caller: Caller) -> bool:
    if "NotPrincipal" in statement:
        return statement.get("Effect") != "Allow"
    named = statement.get("Principal")
    if not isinstance(named, Mapping):
        return bool(caller.names() & set(_texts(named or [])))
    of_services = _texts(named.get("Service", [])) if caller.service else []
    return bool(caller.names() & {*_texts(named.get("AWS", [])), *of_services})


def _covers(statement: Mapping[str, Any], action: str) -> bool:
    listed = "Action" in statement
    named = _texts(statement.get("Action", statement.get("NotAction", [])))
    return any(pattern(one.lower()).fullmatch(action.lower()) for one in named) == listed


def _holds(statement: Mapping[str, Any], context: Mapping[str, tuple[str, ...]], *, unknown: bool) -> bool:
    """Whether all conditions hold; `unknown` if any of them, or an element, is not understood."""
    if set(statement) - KNOWN:
        return unknown
    for test in _tests(statement.get("Condition") or {}):
        if test is None:
            return unknown
        if not test.holds(context):
            return False
    return True


def _tests(condition: Mapping[str, Any]) -> Iterator[Test | None]:
    """One test for each key; None for an operator that is not understood. A key without a value decides as IAM does: it is missing."""
    for operator, keys in condition.items():
        name = operator.rpartition(":")[2].removesuffix("IfExists")
        for key, values in keys.items():
            yield Test(operator, key.lower(), tuple(_texts(values))) if name in {*OPERATORS, "Null"} else None


def _texts(value: Any) -> list[str]:
    return [str(one).lower() if isinstance(one, bool) else str(one) for one in (value if isinstance(value, list) else [value])]
