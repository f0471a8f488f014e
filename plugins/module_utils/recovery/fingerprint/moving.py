# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Compares a restored database with a source that goes on working. Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from .comparing import CHECKSUM, ROWS, Difference, compare, not_compared
from .model import Fingerprint


@dataclass(frozen=True)
class Judged:
    """differences: what the restored database has otherwise. moved: what changed in the source meanwhile, and was not compared exactly.
    notes: what was not compared at all.
    """

    differences: tuple[Difference, ...]
    moved: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def judge(before: Fingerprint, after: Fingerprint, found: Fingerprint, ignore: Collection[str] = ()) -> Judged:
    """The source as it was before the restore began and as it is after it, and the restored database.

    What was the same both times has to be the same in the restored database. Where the source changed meanwhile, what the restored database
    has may be either, or something between; only a table that had rows both times must not have become empty.
    """
    moved = {_subject(one) for one in compare(before, after)}
    also = {_subject(one) for one in compare(after, found, ignore)}
    differences = [one for one in compare(before, found, ignore) if _subject(one) in also and _subject(one) not in moved]
    emptied = [
        Difference(ROWS, f"table {name}", f"Table {name} is empty.")
        for name, one in before.tables.items()
        if (ROWS, f"table {name}") in moved
        and one.count
        and after.tables.get(name, one).count
        and name in found.tables
        and found.tables[name].count == 0
    ]
    return Judged((*differences, *emptied), tuple(sorted({what for _kind, what in moved})), tuple(not_compared(before, found)))


def _subject(one: Difference) -> tuple[str, str]:
    """What a difference is about: rows and their checksum are one thing."""
    return (ROWS if one.kind == CHECKSUM else one.kind), one.what
