"""IAM policy documents and their evaluation.

Pure except for the registry at the end; `authorizations.py` determines what a call needs. A document must be understood completely to be
accepted: an unsupported operator or key is an error when the document is submitted, never a condition that silently holds.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from rehearsal.declarations import services
from rehearsal.identities import ROLES

VERSION = "2012-10-17"
ELEMENTS = frozenset({"Sid", "Effect", "Action", "NotAction", "Resource", "Condition"})

KEYS = frozenset({"aws:requestedregion", "aws:tagkeys", "aws:viaawsservice"}).union(*(one.condition_keys for one in services().values()))
KEYS_OF_TAGS = ("aws:requesttag/", "aws:resourcetag/")
"""Condition keys that are filled in here; services declare their own in `services/`. IAM ignores the case of keys, so they are compared
in lowercase.
"""


class NotUnderstood(ValueError):
    """A policy document that is invalid or uses a feature that the rehearsal cloud does not support."""


@dataclass(frozen=True)
class Ask:
    """One authorization check: an action on a resource, with its condition context by lowercase key."""

    action: str
    resource: str
    context: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Test:
    """One key of one operator of a condition."""

    operator: str
    key: str
    values: tuple[str, ...]

    def holds(self, context: Mapping[str, tuple[str, ...]]) -> bool:
        """All tests of a statement must hold. One value of a test is enough, unless the operator is a negated one."""
        given = context.get(self.key)
        many, _colon, name = self.operator.rpartition(":")
        if name == "Null":
            return (given is None) == (self.values[0].lower() == "true")
        match = OPERATORS[name.removesuffix("IfExists")]
        if many:
            every = all if many == "ForAllValues" else any
            return every(match(value, self.values) for value in given or ())
        if given is None:
            return name.endswith("IfExists") or "Not" in name
        return match(given[0], self.values)


def _same(value: str, wanted: Sequence[str]) -> bool:
    return value in wanted


def _like(value: str, wanted: Sequence[str]) -> bool:
    return any(pattern(one).fullmatch(value) for one in wanted)


def _arn_like(value: str, wanted: Sequence[str]) -> bool:
    """Compares an ARN's six parts separately: a `*` does not match a colon, except in the last part."""
    return any(_same_parts(value.split(":", 5), one.split(":", 5)) for one in wanted)


def _same_parts(parts: Sequence[str], wanted: Sequence[str]) -> bool:
    return len(parts) == len(wanted) and all(_like(part, [one]) for part, one in zip(parts, wanted, strict=True))


OPERATORS: Mapping[str, Callable[[str, Sequence[str]], bool]] = {
    "StringEquals": _same,
    "StringNotEquals": lambda value, wanted: not _same(value, wanted),
    "StringLike": _like,
    "StringNotLike": lambda value, wanted: not _like(value, wanted),
    "ArnEquals": _arn_like,  # IAM treats both alike
    "ArnLike": _arn_like,
    "Bool": lambda value, wanted: value.lower() in [one.lower() for one in wanted],
}


@cache
def pattern(text: str) -> re.Pattern[str]:
    """`*` matches any text and `?` any one character; nothing else is special."""
    parts = {"*": ".*", "?": "."}
    return re.compile("".join(parts.get(letter) or re.escape(letter) for letter in text), re.DOTALL)


@dataclass(frozen=True)
class Statement:
    allows: bool
    actions: tuple[str, ...]
    listed: bool  # Action; otherwise NotAction: all but these
    resources: tuple[str, ...]
    tests: tuple[Test, ...]

    def applies(self, ask: Ask) -> bool:
        action = any(pattern(one.lower()).fullmatch(ask.action.lower()) for one in self.actions)
        return action == self.listed and _like(ask.resource, self.resources) and all(test.holds(ask.context) for test in self.tests)


def verdict(statements: Iterable[Statement], ask: Ask) -> str | None:
    """None if allowed, else the reason in IAM's wording. One deny statement overrides every allow."""
    applying = [statement for statement in statements if statement.applies(ask)]
    if any(not statement.allows for statement in applying):
        return "with an explicit deny in an identity-based policy"
    return None if applying else f"because no identity-based policy allows the {ask.action} action"


def parse(documents: Any) -> tuple[Statement, ...]:
    """The statements of a list of policy documents. Raises NotUnderstood for anything invalid or unsupported."""
    if not isinstance(documents, list):
        raise NotUnderstood("policies are a list of documents")
    return tuple(_statement(entry) for document in documents for entry in _entries(document))


def _entries(document: Any) -> list[Any]:
    if not isinstance(document, Mapping) or set(document) - {"Version", "Id", "Statement"} or "Statement" not in document:
        raise NotUnderstood("a policy document is an object with Version and Statement")
    if document.get("Version") != VERSION:
        raise NotUnderstood(f"the Version of a policy document must be {VERSION}, not {document.get('Version')!r}")
    return document["Statement"] if isinstance(document["Statement"], list) else [document["Statement"]]


def _statement(entry: Any) -> Statement:
    if not isinstance(entry, Mapping):
        raise NotUnderstood(f"a statement is an object, not {entry!r}")
    if unknown := sorted(set(entry) - ELEMENTS):
        raise NotUnderstood(f"the rehearsal cloud does not know the element {unknown[0]} of a statement")
    if entry.get("Effect") not in ("Allow", "Deny"):
        raise NotUnderstood(f"the Effect of a statement is Allow or Deny, not {entry.get('Effect')!r}")
    if ("Action" in entry) == ("NotAction" in entry):
        raise NotUnderstood("a statement has either Action or NotAction")
    actions = _texts(entry.get("Action", entry.get("NotAction")), "Action")
    for action in actions:
        if action != "*" and not re.fullmatch(r"[a-z0-9-]+:[A-Za-z0-9*?]+", action):
            raise NotUnderstood(f"{action!r} is no action: service:Operation is expected")
    return Statement(
        entry["Effect"] == "Allow",
        actions,
        "Action" in entry,
        _texts(entry.get("Resource"), "Resource"),
        _tests(entry.get("Condition", {})),
    )


def _tests(condition: Any) -> tuple[Test, ...]:
    if not isinstance(condition, Mapping):
        raise NotUnderstood(f"a Condition is an object, not {condition!r}")
    return tuple(_test(operator, key, values) for operator, keys in condition.items() for key, values in dict(keys).items())


def _test(operator: str, key: str, values: Any) -> Test:
    plain = re.sub(r"^(ForAllValues|ForAnyValue):|IfExists$", "", operator)
    if operator != "Null" and (plain not in OPERATORS or (":" in operator and operator.endswith("IfExists"))):
        raise NotUnderstood(f"the rehearsal cloud does not know the condition operator {operator}")
    lower = key.lower()
    if lower not in KEYS and not lower.startswith(KEYS_OF_TAGS):
        raise NotUnderstood(f"the rehearsal cloud does not know the condition key {key}")
    return Test(operator, lower, _texts(values, key))


def _texts(value: Any, where: str) -> tuple[str, ...]:
    texts = value if isinstance(value, list) else [value]
    if not texts or not all(isinstance(text, str | bool) for text in texts):
        raise NotUnderstood(f"{where} must be a text or a list of texts, not {value!r}")
    found = tuple(str(text).lower() if isinstance(text, bool) else text for text in texts)
    if any("${" in text for text in found):
        raise NotUnderstood(f"the rehearsal cloud does not know policy variables ({where})")
    return found


class InForce:
    """The policies of the roles that have any. A role without policies has its built-in permissions (see identities.py)."""

    def __init__(self, documents: Mapping[str, Any]) -> None:
        self._start = dict(documents)
        self.reset()

    def reset(self) -> None:
        self._documents: dict[str, list[Any]] = {}
        self._statements: dict[str, tuple[Statement, ...]] = {}
        self.put(self._start)

    def put(self, changes: Mapping[str, Any]) -> None:
        """Replaces the documents of the named roles; None removes them. Raises NotUnderstood, and changes nothing, if any is invalid."""
        if unknown := sorted(set(changes) - set(ROLES)):
            raise NotUnderstood(f"there is no role {unknown[0]!r}; roles are {', '.join(ROLES)}")
        parsed = {role: parse(documents) for role, documents in changes.items() if documents is not None}
        for role, documents in changes.items():
            self._documents.pop(role, None)
            self._statements.pop(role, None)
            if documents is not None:
                self._documents[role], self._statements[role] = documents, parsed[role]

    def governs(self, role: str | None) -> bool:
        return role in self._statements

    def refusal(self, role: str, wanted: Iterable[Ask]) -> tuple[Ask, str] | None:
        """The first check that fails, with the reason."""
        reasons = ((ask, verdict(self._statements[role], ask)) for ask in wanted)
        return next(((ask, reason) for ask, reason in reasons if reason), None)

    def as_dict(self) -> dict[str, list[Any]]:
        return dict(self._documents)
