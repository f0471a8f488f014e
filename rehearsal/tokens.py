"""Client tokens: a call repeated with its token gets the first response again instead of running again."""

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
    """The input member that holds an operation's client token, or None if it has none, or if the service checks them itself."""
    model = operation_model(service, operation)
    if model is None or model.input_shape is None or not declarations.service(service).tokens_replayed:
        return None
    for name, shape in model.input_shape.members.items():
        if shape.metadata.get("idempotencyToken") or name.lower() in _NAMES:
            return str(name)
    return None


class Tokens:
    """Responses by token. Calls are serialized, so a call and its repetition never run concurrently."""

    def __init__(self) -> None:
        self._replies: OrderedDict[tuple[str, ...], tuple[str, Reply]] = OrderedDict()

    def clear(self) -> None:
        self._replies.clear()

    def replay(self, key: tuple[str, ...], parameters: Mapping[str, Any]) -> Reply | None:
        """The response given earlier to the same call. Raises Refusal if the token was used with different parameters."""
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
        """Stores the response of a successful call; failed calls may be repeated."""
        if reply.status < 300:
            self._replies[key] = (_fingerprint(parameters), reply)
            while len(self._replies) > _KEPT:
                self._replies.popitem(last=False)


def _fingerprint(parameters: Mapping[str, Any]) -> str:
    return json.dumps(parameters, sort_keys=True, default=str)
