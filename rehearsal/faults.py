"""Faults on selected calls: errors, connection resets, hangs, truncated bodies."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

# Fault types, and whether the call is executed.
KINDS = {
    "error": "answers with `code` and `status` instead of doing anything",
    "reset_before": "drops the connection without doing anything",
    "reset_after": "does what was asked, then drops the connection instead of answering",
    "hang_before": "does nothing, stays silent for `seconds`, then drops the connection",
    "hang": "does what was asked, stays silent for `seconds`, then drops the connection",
    "truncate": "does what was asked, then answers with the first half of the body",
}
HAPPENS_BEFORE = ("error", "reset_before", "hang_before")


@dataclass
class Rule:
    """One fault. It fires on the `nth` matching call (from 1) and on later ones, `times` in all (None: forever).

    `service` and `operation` are botocore's names; `mutating` selects calls that change something, or calls that do not. None matches all.
    """

    fault: str
    service: str | None = None
    operation: str | None = None
    mutating: bool | None = None
    nth: int = 1
    times: int | None = 1
    code: str = "InternalError"
    message: str = "A fault of the rehearsal cloud."
    status: int = 500
    seconds: float = 65.0
    seen: int = 0
    fired: int = 0

    @classmethod
    def parse(cls, values: Mapping[str, Any]) -> Rule:
        """Raises ValueError that names the error in the rule."""
        unknown = set(values) - set(cls.__dataclass_fields__) | ({"seen", "fired"} & set(values))
        if unknown:
            raise ValueError(f"unknown members of a fault: {', '.join(sorted(unknown))}")
        if values.get("fault") not in KINDS:
            raise ValueError(f"fault must be one of {', '.join(KINDS)}, not {values.get('fault')!r}")
        return cls(**values)

    def matches(self, service: str, operation: str | None, mutating: bool) -> bool:
        return self.service in (None, service) and self.operation in (None, operation) and self.mutating in (None, mutating)

    def take(self) -> bool:
        """Counts one matching call and returns whether the fault fires on it."""
        self.seen += 1
        fires = self.seen >= self.nth and (self.times is None or self.fired < self.times)
        self.fired += fires
        return fires


class Faults:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rules: list[Rule] = []
        self._released = threading.Event()

    def add(self, rule: Rule) -> None:
        with self._lock:
            self._rules.append(rule)

    def clear(self) -> None:
        """Removes all rules and ends every hang."""
        with self._lock:
            self._rules.clear()
            self._released.set()
            self._released = threading.Event()

    def as_list(self) -> list[dict[str, Any]]:
        with self._lock:
            return [asdict(rule) for rule in self._rules]

    def next(self, service: str, operation: str | None, mutating: bool) -> Rule | None:
        """The fault that applies to this call, if any. Every matching rule counts the call; the first that fires is used."""
        with self._lock:
            firing = [rule for rule in self._rules if rule.matches(service, operation, mutating) and rule.take()]
        return firing[0] if firing else None

    def stay_silent(self, seconds: float) -> None:
        self._released.wait(seconds)
