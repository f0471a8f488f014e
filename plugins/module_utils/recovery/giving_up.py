# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""How a wait or a step ends that cannot succeed, and how it reports its progress."""

from __future__ import annotations

from collections.abc import Callable

from .databases import Snapshot

Say = Callable[[str, float], None]
"""Reports progress: what is being waited for, and for how many seconds so far."""


class GaveUp(Exception):
    """A step cannot succeed. state: refused (something must be corrected first, and nothing was changed) or failed. reason: a stable code.
    snapshot: the one that it was about.
    """

    def __init__(self, state: str, reason: str, sentence: str, snapshot: Snapshot | None = None) -> None:
        super().__init__(sentence)
        self.state, self.reason, self.sentence, self.snapshot = state, reason, sentence, snapshot
