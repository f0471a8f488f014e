# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""AWS's clock, as its replies show it. The controller's own clock may be wrong by any amount."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from typing import Any

from ..reconcile.errors import CallFailed


class ServerTime:
    """Seconds since 1970, from the Date header of the latest reply and the time since. Safe for use from many threads."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._heard: tuple[float, float] | None = None
        self._lock = threading.Lock()

    def hear(self, reply: Mapping[str, Any]) -> None:
        """Read the time from a reply of botocore."""
        date = (reply.get("ResponseMetadata") or {}).get("HTTPHeaders", {}).get("date", "")
        try:
            seconds = parsedate_to_datetime(date).timestamp()
        except ValueError:
            return
        with self._lock:
            self._heard = (seconds, self._monotonic())

    def now(self) -> float:
        """Raises CallFailed if no reply has had a time yet: ages could not be judged."""
        if self._heard is None:
            raise CallFailed("the replies have no Date header, so the age of a snapshot cannot be judged", "rds", "NoServerTime")
        seconds, at = self._heard
        return seconds + self._monotonic() - at
