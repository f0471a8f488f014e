# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Everything other than the object itself that judging it requires, and how long a sign has held within the call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ...kubernetes.objects import seconds_since
from ...kubernetes.values import Obj, Observed, Settings, Start
from .signs import Sign


@dataclass(frozen=True)
class Context:
    start: Start
    seen: Observed
    settings: Settings
    events: Sequence[Obj]

    def waited(self, sign: Sign, since: Any = None) -> float:
        """Seconds that a sign has held in this call, on our clock, or by the API's timestamp if the watch did not record it.

        A sign from before the call counts only from the start of the call, because its cause may just have been fixed.
        """
        first = self.seen.first_seen.get(sign)
        if first is not None:
            return self.seen.elapsed - first
        in_call = max(0.0, (self.seen.server_time - self.start.server_time).total_seconds())
        return min(seconds_since(since, self.seen.server_time), in_call)
