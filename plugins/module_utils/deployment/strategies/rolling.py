# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The ordinary strategy: apply everything, and let the workloads' own update strategies replace the pods."""

from __future__ import annotations

from ..transaction import Transaction


def roll_out(release: Transaction) -> None:
    """Apply what comes after the migration, and verify it. Raises what ``Transaction`` raises; it then goes back."""
    release.apply(release.rest)
    release.verify()
