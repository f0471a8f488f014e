# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Whether the policy of a key that others keep lets in whoever sends to the queues that it encrypts."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from ...aws.connection import Aws
from ...aws.place import Place
from ...reconcile.errors import CallFailed
from ...reconcile.model import is_unknown
from .queue_documents import senders_by_key, statements
from .settings.queue import AWS, COMPONENT, Queues
from .settings.senders import Senders

NEEDED = ("kms:Decrypt", "kms:GenerateDataKey")
SOURCE = "aws:sourcearn"
COMPARES_ARNS = ("arnequals", "arnlike", "stringequals", "stringlike")

Policies = Mapping[str, "Mapping[str, Any] | None"]
"""ARN of a key -> its policy; None if these credentials may not read it."""


def keys_of_others(queues: Queues) -> dict[str, Senders]:
    """ARN of a key that the component does not own -> whoever sends to queues that it encrypts."""
    found = senders_by_key(queues)
    return {key: senders for key, senders in found.items() if key not in (COMPONENT, AWS) and senders and not is_unknown(key)}


def read_policies(aws: Aws, keys: Sequence[str]) -> dict[str, Any]:
    return dict(zip(keys, aws.map(lambda key: _policy(aws, key), keys), strict=True))


def _policy(aws: Aws, key: str) -> Any:
    try:
        found = aws.find("kms", "get_key_policy", KeyId=key, PolicyName="default")
    except CallFailed:
        return None
    return json.loads(found["Policy"]) if found else None


def closed_keys(queues: Queues, policies: Policies, place: Place) -> Iterator[str]:
    """One sentence for each key whose policy keeps a declared sender out: what it sends would be lost without an error."""
    for key, senders in keys_of_others(queues).items():
        policy = policies.get(key)
        if policy is None:
            continue
        out = [str(one["Sid"]).lower() for one in statements(senders, place) if not lets_in(policy, one)]
        if out:
            paths = ", ".join(f"{one.path}.kms_key" for one in queues.values() if one.encryption.key == key)
            yield (
                f"{paths} is '{key}', but its policy does not let in the {' and '.join(out)} that send to its queues, so what they send is "
                f"lost without an error; allow them {' and '.join(NEEDED)} there, or use kms_key: {COMPONENT}"
            )


def unread_keys(queues: Queues, policies: Policies) -> Iterator[str]:
    for key, senders in keys_of_others(queues).items():
        if policies.get(key) is None:
            yield f"the policy of {key} could not be read; it must let in {senders.shown()}"


def lets_in(policy: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    """Whether statements of a policy allow a sender all that it needs. ``wanted``: the sender's statement in a queue's policy.

    Of the conditions, only the source's ARN is compared.
    """
    names = listed(next(iter(wanted["Principal"].values())))
    sources = listed((wanted.get("Condition") or {}).get("ArnEquals", {}).get("aws:SourceArn", ()))
    return all(
        any(_allows(one, name, source, action) for one in listed(policy.get("Statement") or ()))
        for name in names
        for source in (sources or [""])
        for action in NEEDED
    )


def _allows(statement: Mapping[str, Any], name: str, source: str, action: str) -> bool:
    actions = any(fnmatchcase(action.lower(), str(pattern).lower()) for pattern in listed(statement.get("Action") or ()))
    return statement.get("Effect") == "Allow" and actions and _names(statement.get("Principal"), name) and _from(statement, source)


def _names(principal: Any, name: str) -> bool:
    """An account may be given by its root's ARN or by its ID."""
    if not isinstance(principal, Mapping):
        return bool(principal == "*")
    given = [str(one) for some in principal.values() for one in listed(some)]
    return bool({"*", name, name.split(":")[4] if name.startswith("arn:") else name} & set(given))


def _from(statement: Mapping[str, Any], source: str) -> bool:
    for operator, keys in (statement.get("Condition") or {}).items():
        patterns = [str(one) for key, value in keys.items() if key.lower() == SOURCE for one in listed(value)]
        if patterns and operator.lower() in COMPARES_ARNS and source and not is_unknown(source):
            return any(fnmatchcase(source, pattern) for pattern in patterns)
    return True


def listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]
