"""Client tokens: a call repeated with its token gets the first reply again instead of being carried out again."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Mapping
from functools import cache
from typing import Any

from rehearsal import declarations
from rehearsal.operations import operation_model
from rehearsal.replies import Refusal, Reply

_NAMES = {"clienttoken", "clientrequesttoken", "idempotencytoken"}
_KEPT = 10_000


@cache
def token_member(service: str, operation: str | None) -> str | None:
    """The input member that carries the client token of an operation, or None if it has none."""
    model = operation_model(service, operation)
    if model is None or model.input_shape is None:
        return None
    for name, shape in model.input_shape.members.items():
        if shape.metadata.get("idempotencyToken") or name.lower() in _NAMES:
            return str(name)
    return None


class Tokens:
    """Replies by token. Calls run one after the other, so that a call and its repetition never run side by side."""

    def __init__(self) -> None:
        self._replies: OrderedDict[tuple[str, ...], tuple[str, Reply]] = OrderedDict()

    def clear(self) -> None:
        self._replies.clear()

    def replay(self, key: tuple[str, ...], parameters: Mapping[str, Any]) -> Reply | None:
        """The reply given before to the same call. Raises Refusal if the token came with other parameters then."""
        if key not in self._replies:
            return None
        fingerprint, reply = self._replies[key]
        if fingerprint != _fingerprint(parameters):
            service, token = key[0], key[-1]
            raise Refusal(
                declarations.service(service).idempotency_mismatch,
                f"The client token {token} has been used before with different parameters.",
            )
        return reply

    def remember(self, key: tuple[str, ...], parameters: Mapping[str, Any], reply: Reply) -> None:
        """Keeps the reply of a call that succeeded; failed calls may be repeated."""
        if reply.status < 300:
            self._replies[key] = (_fingerprint(parameters), reply)
            while len(self._replies) > _KEPT:
                self._replies.popitem(last=False)


def _fingerprint(parameters: Mapping[str, Any]) -> str:
    return json.dumps(parameters, sort_keys=True, default=str)
