# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Which version of RDS for PostgreSQL offers which extension. Pure functions.

RDS names the extensions of a family in the parameter ``rds.extensions`` of its default parameters, which may lack those that came with a
minor version ("Extension versions for Amazon RDS for PostgreSQL", Release Notes). So the table comes first and that parameter second;
``pg_available_extensions`` of the instance itself is asked before one is created.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ....inputs.problems import suggestion
from ....postgresql.rds_rules import OTHER_NAMES
from .versions import major_of, number

DATED = "2026-06"
"""When the table was last compared with the release notes."""

FIRST: Mapping[str, Mapping[str, str]] = {
    "vector": {"12": "12.16", "13": "13.12", "14": "14.9", "15": "15.2"},
    "pg_tle": {"13": "13.12", "14": "14.5", "15": "15.2"},
    "pgactive": {"12": "", "13": "13.14", "14": "14.11", "15": "15.4"},
    "mysql_fdw": {"12": "", "13": "13.6", "14": "14.2"},
    "tds_fdw": {"12": "", "13": "13.6", "14": "14.2"},
}
"""extension -> major version -> the first version that offers it; empty: none does. Major versions that are not listed offer it from their
first version on if they are newer than those listed, and do not offer it if they are older."""


def first_version(extension: str, major: str) -> str | None:
    """The first version of a major version that offers an extension; empty if none does, None if the table says nothing about it."""
    table = FIRST.get(extension)
    if table is None:
        return None
    if major in table:
        return table[major]
    return f"{major}.0" if int(major) > max(int(one) for one in table) else ""


def extension_problems(path: str, version: str, wanted: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Every wanted extension that the version cannot have, judging by the table. ``wanted``: extension -> the databases that want it."""
    for extension, databases in sorted(wanted.items()):
        where = f"{path}.databases.{databases[0]}.extensions"
        if extension in OTHER_NAMES:
            yield f"{where} names '{extension}', but the extension is called {OTHER_NAMES[extension]}; use that name"
            continue
        first = first_version(extension, major_of(version)) if version else None
        if first == "":
            major = major_of(version)
            yield f"{where} names '{extension}', but no version of PostgreSQL {major} on RDS offers it; choose a newer major version"
        elif first and "." in version and number(version) < number(first):
            yield (
                f"{where} names '{extension}', but RDS offers it from PostgreSQL {first} on, and version is '{version}'; choose that or a "
                "newer one"
            )


def not_offered(path: str, version: str, wanted: Mapping[str, Sequence[str]], offered: Sequence[str]) -> Iterator[str]:
    """Every wanted extension that neither the table nor AWS's list for the family has. ``offered``: that list; empty if it is not known."""
    for extension, databases in sorted(wanted.items()):
        if extension in OTHER_NAMES or not offered or extension in offered or extension == "plpgsql":
            continue
        first = first_version(extension, major_of(version))
        if first is None:
            where = f"{path}.databases.{databases[0]}.extensions"
            instead = suggestion(extension, offered)
            yield f"{where} names '{extension}', but RDS does not offer it for PostgreSQL {major_of(version)}; {instead}"
