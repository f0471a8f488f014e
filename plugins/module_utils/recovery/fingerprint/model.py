# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A fingerprint: what a database holds, as a value that can be stored, passed on, and compared with that of a restored database.

It contains no data of the database, only counts, checksums, digests of definitions, and names.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

DEFINITIONS, OWNERS, PRIVILEGES, EXTENSIONS, ROLES, PROPERTIES = (
    "definitions",
    "owners",
    "privileges",
    "extensions",
    "roles",
    "properties",
)
"""The groups of facts about the schema. Each maps a name to a text; for definitions, to a digest."""

MEBIBYTE = 1024 * 1024


@dataclass(frozen=True)
class Options:
    """How thoroughly a database is read.

    exact_bytes: a table up to this size is counted, and all of its rows are in its checksum. For a larger one, the count is the estimate of
    its statistics, and the checksum is over ``sample_rows`` rows that its primary key selects: counting it would read all of it, which a
    restored instance first has to load from S3. seconds: the limit for each table. exclude: patterns such as ``app.sessions`` or
    ``audit.*``, of tables whose rows are not read.
    """

    exact_bytes: int = 256 * MEBIBYTE
    sample_rows: int = 1000
    seconds: float = 300.0
    exclude: tuple[str, ...] = ()


@dataclass(frozen=True)
class Rows:
    """The rows of one table.

    count: None if it is not known. exact: whether they were counted. method: what the checksum covers, such as "all rows"; checksums with
    different methods cannot be compared. unread: why they could not be read, otherwise empty.
    """

    count: int | None = None
    exact: bool = True
    checksum: str = ""
    method: str = ""
    unread: str = ""


@dataclass(frozen=True)
class Position:
    """Where a sequence is.

    last: None if it was never used, or may not be read. step: its increment. cache: how many values a session takes at once.
    """

    last: int | None
    step: int = 1
    cache: int = 1


@dataclass(frozen=True)
class Fingerprint:
    """version: of the server, such as 170004. facts: by group, then by name, such as "table app.orders"."""

    database: str
    version: int
    tables: Mapping[str, Rows] = field(default_factory=dict)
    sequences: Mapping[str, Position] = field(default_factory=dict)
    facts: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @property
    def major(self) -> int:
        return self.version // 10000

    @property
    def rows(self) -> int:
        """All rows whose number is known."""
        return sum(one.count or 0 for one in self.tables.values())

    @property
    def schema(self) -> str:
        """A digest over definitions, owners, privileges, extensions, roles, and properties."""
        return digest(json.dumps({group: dict(found) for group, found in self.facts.items()}, sort_keys=True))

    @property
    def unread(self) -> dict[str, str]:
        """The tables whose rows could not be read, with the reason."""
        return {name: one.unread for name, one in self.tables.items() if one.unread}

    def as_dict(self) -> dict[str, Any]:
        """For JSON; ``from_dict`` is its reverse."""
        return asdict(self)

    def summary(self) -> dict[str, Any]:
        """What a result or report shows of it."""
        return {
            "database": self.database,
            "tables": len(self.tables),
            "rows": self.rows,
            "estimated": sorted(name for name, one in self.tables.items() if not one.exact),
            "unread": self.unread,
            "schema": self.schema,
        }


def from_dict(given: Mapping[str, Any]) -> Fingerprint:
    """Raises ValueError, with what is wrong, if this is not what ``as_dict`` returned."""
    try:
        return Fingerprint(
            database=str(given["database"]),
            version=int(given["version"]),
            tables={str(name): Rows(**one) for name, one in given["tables"].items()},
            sequences={str(name): Position(**one) for name, one in given["sequences"].items()},
            facts={str(group): {str(name): str(value) for name, value in found.items()} for group, found in given["facts"].items()},
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"this is not a fingerprint of a database: {type(error).__name__} {error}") from error


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
