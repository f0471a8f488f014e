# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The policies for planning and for applying, as documents in the form that IAM accepts."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from ..aws.grants import Scope
from ..aws.policies import policy
from ..component.registration import Details
from .compaction import compact, merged_alike
from .needed import needed
from .statements import Statement, statements

LARGEST = 6144
"""Maximum characters of a managed policy, not counting white space (IAM User Guide, quotas)."""

MOST = 10
"""Managed policies that a role takes, unless AWS raises the quota (IAM User Guide, quotas)."""

Document = dict[str, Any]


def policies(domains: Iterable[Details], scope: Scope, looked_up: Iterable[Details] = ()) -> dict[str, list[Document]]:
    """{"plan": documents, "apply": documents} for resources built with these domains.

    Applying includes planning: the second set holds everything that the first does. ``looked_up``: domains whose outputs are read from what
    other components of the environment own.
    """
    given, others = list(domains), list(looked_up)
    actions = needed(given, further_regions=bool(scope.names.regions))
    ours = f"arn:{scope.place.partition}:"
    attachable = sorted({arn.replace("arn:aws:", ours, 1) for details in given for arn in details.attachable})
    own = replace(scope, attachable=(*scope.attachable, *attachable))
    looking = statements(own, actions.permissions, actions.plan, actions.elsewhere)
    if others:
        theirs = needed(others)
        environment = replace(scope.at_home(), place=replace(scope.place, component=""))
        looking = merged_alike([*looking, *statements(environment, theirs.permissions, theirs.plan)])
    changing = statements(own, actions.permissions, actions.apply - actions.plan, actions.elsewhere)
    return {"plan": documents(looking), "apply": documents([*looking, *changing])}


def documents(content: Sequence[Statement]) -> list[Document]:
    """The statements in documents: each restriction on its own, for readers, or merged if these were more documents than a role takes."""
    found = pack(content)
    return found if len(found) <= MOST else pack(compact(content))


def size(document: Document) -> int:
    """Characters as IAM counts them."""
    return len(json.dumps(document, separators=(",", ":")))


def pack(content: Iterable[Statement], largest: int = LARGEST) -> list[Document]:
    """As few documents as needed: each statement goes into the first one with room for it."""
    packed: list[list[Statement]] = []
    for statement in content:
        for part in fitting(statement, largest):
            room = next((one for one in packed if size(policy(*one, part)) <= largest), None)
            if room is None:
                packed.append([part])
            else:
                room.append(part)
    return [policy(*one) for one in packed]


def fitting(statement: Statement, largest: int) -> list[Statement]:
    """The statement itself or, if it is too large for any document, several that share its actions or resources."""
    if size(policy(statement)) <= largest:
        return [statement]
    shared = next((name for name in ("Action", "Resource") if isinstance(statement[name], list) and len(statement[name]) > 1), "")
    if not shared:
        return [statement]
    half = len(statement[shared]) // 2
    parts = (statement[shared][:half], statement[shared][half:])
    return [part for few in parts for part in fitting({**statement, shared: few}, largest)]


def text(content: Document) -> str:
    """A document as the text to write to a file."""
    return json.dumps(content, indent=2) + "\n"
