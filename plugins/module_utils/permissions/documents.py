# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The policies for planning and for applying, as documents that IAM takes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..aws.action_names import action_of
from .actions import READS, WRITES, needed_for
from .source import operations_of, operations_of_question
from .statements import Scope, Statement, statements

LARGEST = 6144
"""Characters that a managed policy may have, white space not counted (IAM User Guide, quotas)."""

Document = dict[str, Any]


class UnknownAction(Exception):
    """A kind makes calls that the tables do not know."""


@dataclass(frozen=True)
class Subject:
    """What one role of the collection works with: its kinds, the questions that it asks beside, what it does only when it applies, and what
    it never does, with the reason."""

    kinds: Mapping[str, Any]
    questions: Mapping[str, Callable[..., Any]] = field(default_factory=dict)
    applying: Mapping[str, Callable[..., Any]] = field(default_factory=dict)
    unused: Mapping[str, str] = field(default_factory=dict)
    attachable: tuple[str, ...] = ()


def planning(subject: Subject) -> frozenset[str]:
    """Every action that a plan of a subject needs: its reads."""
    return _actions(subject, subject.questions) & set(READS)


def applying(subject: Subject) -> frozenset[str]:
    """Every action that an apply needs."""
    return _actions(subject, {**subject.questions, **subject.applying})


def _actions(subject: Subject, functions: Mapping[str, Callable[..., Any]]) -> frozenset[str]:
    """What the calls of kinds and functions need. Raises UnknownAction naming the actions that the tables do not have."""
    found: dict[str, set[str]] = {}
    for name, operations in (
        *((name, operations_of(kind)) for name, kind in subject.kinds.items()),
        *((name, operations_of_question(function)) for name, function in functions.items()),
        *((name, operations_of_question(quota.used)) for name, kind in subject.kinds.items() for quota in counted(kind)),
    ):
        for operation in operations:
            action = action_of(operation.service, operation.name)
            for needed in needed_for(action) if action not in subject.unused else ():
                found.setdefault(needed, set()).add(name)
    if unknown := {action: kinds for action, kinds in found.items() if action not in READS and action not in WRITES}:
        listed = "; ".join(f"{action} (of {', '.join(sorted(kinds))})" for action, kinds in sorted(unknown.items()))
        raise UnknownAction(f"not in permissions/actions.py, which says how an action is confined: {listed}")
    return frozenset(found)


def counted(kind: Any) -> list[Any]:
    """The quotas of a kind for which somebody counts what there is."""
    return [quota for quota in getattr(kind, "quotas", ()) if hasattr(quota, "used")]


def policies(subjects: Iterable[Subject], scope: Scope) -> dict[str, list[Document]]:
    """{"plan": documents, "apply": documents}. Who applies plans too: the second holds everything that the first does."""
    reads: set[str] = set()
    all_of_them: set[str] = set()
    for subject in subjects:
        reads |= planning(subject)
        all_of_them |= applying(subject)
    looking = statements(scope, reads)
    return {"plan": pack(looking), "apply": pack([*looking, *statements(scope, all_of_them - reads, reads)])}


def size(document: Document) -> int:
    """Characters as IAM counts them."""
    return len(json.dumps(document, separators=(",", ":")))


def document(content: list[Statement]) -> Document:
    return {"Version": "2012-10-17", "Statement": content}


def pack(content: Iterable[Statement], largest: int = LARGEST) -> list[Document]:
    """As few documents as it takes: each statement goes into the first one that has room for it."""
    packed: list[list[Statement]] = []
    for statement in content:
        for part in fitting(statement, largest):
            room = next((one for one in packed if size(document([*one, part])) <= largest), None)
            if room is None:
                packed.append([part])
            else:
                room.append(part)
    return [document(one) for one in packed]


def fitting(statement: Statement, largest: int) -> list[Statement]:
    """The statement itself or, if it is too large for any document, its actions divided among several."""
    actions = statement["Action"]
    if size(document([statement])) <= largest or len(actions) == 1:
        return [statement]
    half = len(actions) // 2
    return [part for few in (actions[:half], actions[half:]) for part in fitting({**statement, "Action": few}, largest)]


def text(content: Document) -> str:
    """A document as it is written to a file."""
    return json.dumps(content, indent=2) + "\n"
