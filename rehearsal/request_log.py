"""The log of requests that the cloud has answered."""

from __future__ import annotations

import threading
from typing import Any


class RequestLog:
    """Records in order of completion. Numbers are never reused, so a reader can request the records after the last one it saw."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._records: list[dict[str, Any]] = []
        self._last = 0

    def add(self, record: dict[str, Any]) -> None:
        with self._lock:
            self._last += 1
            self._records.append({"n": self._last, **record})

    def since(self, number: int) -> list[dict[str, Any]]:
        """The records whose n is greater than `number`."""
        with self._lock:
            return [record for record in self._records if record["n"] > number]

    def clear(self) -> None:
        with self._lock:
            self._records.clear()
