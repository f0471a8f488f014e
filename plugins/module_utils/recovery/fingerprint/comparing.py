# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Compares two fingerprints. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import asdict, dataclass

from .model import DEFINITIONS, EXTENSIONS, OWNERS, PRIVILEGES, PROPERTIES, ROLES, Fingerprint, Position, Rows

ROWS, CHECKSUM, SEQUENCE, VERSION = "rows", "checksum", "sequence", "version"

ESTIMATE_SHARE = 0.1
ESTIMATE_ROWS = 1000
"""Estimates that are within a tenth, or within this many rows, are equal: statistics of PostgreSQL are not exact."""

LOGGED_AHEAD = 32
"""PostgreSQL logs this many values of a sequence in advance, so it is further ahead after a crash recovery, which every restore of a
snapshot is (SEQ_LOG_VALS in its sequence.c)."""


@dataclass(frozen=True)
class Difference:
    """kind: one of the groups of facts, or rows, checksum, sequence, version. what: such as "table app.orders"."""

    kind: str
    what: str
    sentence: str

    def __str__(self) -> str:
        return self.sentence

    def as_dict(self) -> dict[str, str]:
        return asdict(self)


def compare(expected: Fingerprint, found: Fingerprint, ignore: Collection[str] = ()) -> list[Difference]:
    """What ``found`` has otherwise than ``expected``. ``ignore``: kinds of differences to leave out, such as owners and roles.

    What could not be read in ``expected`` is no difference: see ``not_compared``.
    """
    differences = [
        *_version(expected, found),
        *_definitions(expected, found),
        *_owners(expected, found),
        *_privileges(expected, found),
        *_named(expected, found, EXTENSIONS, "extension"),
        *_named(expected, found, ROLES, "role"),
        *_named(expected, found, PROPERTIES, "database property"),
        *_tables(expected, found),
        *_sequences(expected, found),
    ]
    return [one for one in differences if one.kind not in ignore]


def not_compared(expected: Fingerprint, found: Fingerprint) -> list[str]:
    """What an empty list of differences does not say: tables whose rows nothing was compared of, a sentence each."""
    sentences = []
    for name, one in expected.tables.items():
        other = found.tables.get(name)
        if one.unread:
            sentences.append(f"The rows of table {name} were not compared: {one.unread}.")
        elif other and not other.unread and not (one.checksum and other.checksum and one.method == other.method):
            sentences.append(f"Only the number of rows of table {name} was compared: {_why_no_checksum(one, other)}.")
    return sentences


def _why_no_checksum(expected: Rows, found: Rows) -> str:
    if not expected.checksum and not found.checksum:
        return "it is large and has no primary key that selects a sample"
    return f"the checksums cover {expected.method or 'nothing'} and {found.method or 'nothing'}"


def _version(expected: Fingerprint, found: Fingerprint) -> Iterator[Difference]:
    if expected.major != found.major:
        yield Difference(VERSION, "server", f"The server has PostgreSQL {found.major}; expected {expected.major}.")


def _definitions(expected: Fingerprint, found: Fingerprint) -> Iterator[Difference]:
    wanted, there = expected.facts.get(DEFINITIONS, {}), found.facts.get(DEFINITIONS, {})
    for what in sorted({*wanted, *there}):
        if what not in there:
            yield Difference(DEFINITIONS, what, f"{_capital(what)} is missing.")
        elif what not in wanted:
            yield Difference(DEFINITIONS, what, f"{_capital(what)} was not expected.")
        elif wanted[what] != there[what]:
            yield Difference(DEFINITIONS, what, f"The definition of {what} differs.")


def _owners(expected: Fingerprint, found: Fingerprint) -> Iterator[Difference]:
    for what, wanted, there in _both(expected, found, OWNERS):
        yield Difference(OWNERS, what, f"{_capital(what)} belongs to {there}; expected {wanted}.")


def _privileges(expected: Fingerprint, found: Fingerprint) -> Iterator[Difference]:
    for what, wanted, there in _both(expected, found, PRIVILEGES):
        yield Difference(PRIVILEGES, what, f"The privileges on {what} are {there or 'none'}; expected {wanted or 'none'}.")


def _both(expected: Fingerprint, found: Fingerprint, group: str) -> Iterator[tuple[str, str, str]]:
    """Differing texts of what exists in both: what is missing is reported once."""
    wanted, there = expected.facts.get(group, {}), found.facts.get(group, {})
    for what in sorted(set(wanted) & set(there)):
        if wanted[what] != there[what]:
            yield what, wanted[what], there[what]


def _named(expected: Fingerprint, found: Fingerprint, group: str, word: str) -> Iterator[Difference]:
    wanted, there = expected.facts.get(group, {}), found.facts.get(group, {})
    for name in sorted({*wanted, *there}):
        what = f"{word} {name}"
        if name not in there:
            yield Difference(group, what, f"{_capital(what)} is missing; expected {wanted[name] or 'it'}.")
        elif name not in wanted:
            yield Difference(group, what, f"{_capital(what)} was not expected; it is {there[name] or 'there'}.")
        elif wanted[name] != there[name]:
            yield Difference(group, what, f"{_capital(what)} is {there[name] or 'empty'}; expected {wanted[name] or 'empty'}.")


def _tables(expected: Fingerprint, found: Fingerprint) -> Iterator[Difference]:
    for name in sorted(set(expected.tables) & set(found.tables)):
        yield from _rows(f"table {name}", expected.tables[name], found.tables[name])


def _rows(what: str, expected: Rows, found: Rows) -> Iterator[Difference]:
    if expected.unread:
        return
    if found.unread:
        yield Difference(ROWS, what, f"The rows of {what} could not be read: {found.unread}.")
        return
    about = "" if expected.exact and found.exact else "about "
    if _counts_differ(expected, found):
        yield Difference(ROWS, what, f"{_capital(what)} has {about}{found.count} rows; expected {about}{expected.count}.")
    elif expected.method == found.method and expected.checksum != found.checksum:
        yield Difference(CHECKSUM, what, f"The contents of {what} differ: the checksum of {found.method} is another one.")


def _counts_differ(expected: Rows, found: Rows) -> bool:
    if expected.count is None or found.count is None:
        return False
    apart = abs(expected.count - found.count)
    if expected.exact and found.exact:
        return apart > 0
    return apart > max(ESTIMATE_ROWS, ESTIMATE_SHARE * max(expected.count, found.count))


def _sequences(expected: Fingerprint, found: Fingerprint) -> Iterator[Difference]:
    for name in sorted(set(expected.sequences) & set(found.sequences)):
        wanted, there = expected.sequences[name], found.sequences[name]
        if not _may_be(wanted, there):
            sentence = f"Sequence {name} is at {_at(there)}; expected {_at(wanted)}."
            yield Difference(SEQUENCE, f"sequence {name}", sentence)


def _may_be(expected: Position, found: Position) -> bool:
    if expected.last is None or found.last is None:
        return expected.last == found.last
    ahead = (found.last - expected.last) / (expected.step or 1)
    return 0 <= ahead <= LOGGED_AHEAD + expected.cache


def _at(position: Position) -> str:
    return "its beginning" if position.last is None else str(position.last)


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]
