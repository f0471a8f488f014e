# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Times in evidence and sentences."""

from __future__ import annotations

from datetime import UTC, datetime


def iso(seconds: float | None) -> str:
    """A time in UTC; empty if it is not known."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if seconds is not None else ""
