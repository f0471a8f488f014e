# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""How long calls are retried while AWS cannot be reached.

Until a run has changed something, a wrong endpoint or a missing network should be reported within seconds. After that, ending the run would
leave a half-finished change, so the run retries for minutes and warns once.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

HOLD_OUT = 300.0
"""Seconds for which one call is retried after the run's first change."""


class Outages:
    """The retry policy of one run during outages. Shared by all of its connections; thread-safe.

    ``announce`` is called once per outage, with a message for the user. ``hold_out``: seconds, see HOLD_OUT.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic, hold_out: float = HOLD_OUT) -> None:
        self.clock = clock
        self.hold_out = hold_out
        self.announce: Callable[[str], None] = lambda _text: None
        self._changing = False
        self._said_at = float("-inf")
        self._lock = threading.Lock()

    def changed(self) -> None:
        """Record that the run has changed something, or may have."""
        self._changing = True

    def bears(self, attempt: int, attempts: int, since: float) -> bool:
        """Whether to retry a call that has been failing since this time, ``attempt`` times in a row.

        ``attempts`` is the number of attempts as long as nothing has been changed.
        """
        return attempt < attempts or (self._changing and self.clock() - since < self.hold_out)

    def report(self, name: str, why: str) -> None:
        """Announce that calls fail and are retried: once per outage, regardless of which calls it affects."""
        with self._lock:
            now = self.clock()
            due = self._changing and now - self._said_at > self.hold_out
            if due:
                self._said_at = now
        if due:
            self.announce(
                f"AWS cannot be reached ({name}: {why}). The run has made changes, so its calls are repeated "
                f"for up to {self.hold_out / 60:.0f} minutes before it ends."
            )
