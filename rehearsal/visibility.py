"""Lists that lag: new resources are missing from describe and list calls for some time, as can happen on AWS.

Only lists lag. A call that names a hidden resource by ID is refused as unknown. The kinds of resources are declared by their services in
`services/`, as a `Listing` each.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from typing import Any

from rehearsal.declarations import Listing, collected, services
from rehearsal.replies import Refusal

CREATES: Mapping[tuple[str, str], Listing] = collected(
    "create call", lambda service: (((service.name, kind.create), kind) for kind in service.listings)
)
"""(service, operation) that creates something -> the kind of resource it creates."""

READS: Mapping[tuple[str, str], Listing] = {(service.name, kind.read): kind for service in services().values() for kind in service.listings}
"""(service, operation) that lists -> the kind of resource it lists. One list may include the results of several create calls."""


class Hidden:
    """Resources created too recently to be visible. Times are on the monotonic clock."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._until: dict[tuple[str, str, str], float] = {}

    def clear(self) -> None:
        with self._lock:
            self._until.clear()

    def concerns(self, service: str, operation: str) -> bool:
        """Whether a response of this operation must be filtered."""
        return (service, operation) in CREATES or (bool(self._until) and (service, operation) in READS)

    def remember(
        self, service: str, operation: str, parameters: Mapping[str, Any], reply: Mapping[str, Any], seconds: float, place: str
    ) -> None:
        """Hides the result of a create call for this many seconds from now. `place`: the account and region of the call."""
        kind = CREATES.get((service, operation))
        if kind is None or seconds <= 0:
            return
        if kind.created.startswith("input:"):
            value: Any = parameters[kind.created.removeprefix("input:")]
        else:
            value = reply
            for member in kind.created.split("."):
                value = value[member]
        with self._lock:
            for identity in value if isinstance(value, list) else [value]:
                self._until[place, service, identity] = time.monotonic() + seconds

    def refuse(self, service: str, operation: str, parameters: Mapping[str, Any], place: str) -> None:
        """Raises the error for a call that names a hidden resource."""
        kind = READS.get((service, operation))
        if kind is None or kind.asked is None:
            return
        parameter, code = kind.asked
        for identity in parameters.get(parameter) or []:
            if self._is_hidden(place, service, identity):
                raise Refusal(code, f"The ID '{identity}' does not exist")

    def without(self, service: str, operation: str, reply: dict[str, Any], place: str) -> dict[str, Any]:
        """The response of a read call without hidden resources."""
        kind = READS.get((service, operation))
        if kind is None:
            return reply
        items, member = kind.listed
        shown = [item for item in reply.get(items) or [] if not self._is_hidden(place, service, item[member] if member else item)]
        return {**reply, items: shown}

    def _is_hidden(self, place: str, service: str, identity: str) -> bool:
        with self._lock:
            until = self._until.get((place, service, identity))
            if until is not None and until <= time.monotonic():
                del self._until[place, service, identity]
                return False
            return until is not None
