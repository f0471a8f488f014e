# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The register: which records of a zone are ours. Pure functions.

Records have no tags. Each owner keeps a TXT record in the zone, ``_mainstay.<component>.<environment>.<zone>``, with one entry for each
of its records. It is written in the same call as the records that it lists: Route 53 makes all changes of a call or none, so the register
is never wrong, whatever happens to a run. An entry is a digest, because TXT records are public and names would be a list of targets.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable

from ....aws.owner import Owner

LENGTH = 16
"""Hexadecimal digits of an entry."""
IN_ONE_VALUE = 14
"""Entries in one value of the TXT record, which is at most 255 bytes long."""
TTL = 300

Entries = frozenset[str]


def register_name(owner: Owner, domain: str) -> str:
    return f"_mainstay.{owner.component}.{owner.environment}.{domain}"


def entry(key: str) -> str:
    """The entry for a record. ``key``: its name, type, and set identifier, if it has one."""
    return hashlib.sha256(key.encode()).hexdigest()[:LENGTH]


def entries(keys: Iterable[str]) -> Entries:
    return frozenset(map(entry, keys))


def written(owner: Owner, listed: Collection[str]) -> list[str]:
    """The texts of the register: who owns it, then the entries."""
    head = f"heritage=mainstay,environment={owner.environment},component={owner.component}"
    ordered = sorted(listed)
    return [head, *(" ".join(ordered[start : start + IN_ONE_VALUE]) for start in range(0, len(ordered), IN_ONE_VALUE))]


def parsed(texts: Iterable[str]) -> Entries:
    """The entries in the texts of a register."""
    return frozenset(word for text in texts if not text.startswith("heritage=") for word in text.split() if len(word) == LENGTH)
