# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Access control lists as in PostgreSQL's catalogs, and the statements that lead from one list to another. Pure.

A grantee is the name of a role or PUBLIC. A privilege that its holder may pass on ends in GRANTABLE. The owner of an object is left out: it
has every privilege, whatever the list says.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .quoting import grantee

GRANTABLE = "*"

Privileges = Mapping[str, frozenset[str]]

ALL: Mapping[str, tuple[str, ...]] = {
    "database": ("CONNECT", "CREATE", "TEMPORARY"),
    "schema": ("CREATE", "USAGE"),
    "tables": ("DELETE", "INSERT", "MAINTAIN", "REFERENCES", "SELECT", "TRIGGER", "TRUNCATE", "UPDATE"),
    "sequences": ("SELECT", "UPDATE", "USAGE"),
    "functions": ("EXECUTE",),
}
"""Every privilege on a class of objects. MAINTAIN exists from PostgreSQL 17 on."""

WORDS: Mapping[str, str] = {"database": "DATABASE", "schema": "SCHEMA", "tables": "TABLE", "sequences": "SEQUENCE", "functions": "ROUTINE"}
"""What GRANT calls one object of a class."""

LETTERS: Mapping[str, str] = {"r": "tables", "S": "sequences", "f": "functions"}
"""pg_default_acl.defaclobjtype."""


def parsed(entries: Iterable[Sequence[Any]], owner: str) -> dict[str, frozenset[str]]:
    """The list of an object from the rows of aclexplode: (grantee, privilege, grantable)."""
    found: dict[str, set[str]] = {}
    for name, privilege, grantable in entries:
        if name != owner:
            found.setdefault(str(name), set()).add(f"{privilege}{GRANTABLE if grantable else ''}")
    return {name: frozenset(privileges) for name, privileges in found.items()}


def shown(privileges: Privileges) -> dict[str, list[str]]:
    """Privileges in the form of a property: sorted, without grantees that have none."""
    return {name: sorted(privileges[name]) for name in sorted(privileges) if privileges[name]}


def corrections(what: str, target: str, found: Privileges, wanted: Privileges, keep: Iterable[str] = ()) -> list[str]:
    """GRANT and REVOKE statements that make ``found`` equal to ``wanted``.

    ``what``: the class of objects, ``target``: the quoted names after the class's word. ``keep``: grantees that are left as they are.
    """
    kept = set(keep)
    on = f"ON {WORDS[what]} {target}"
    statements: list[str] = []
    for name in sorted({*found, *wanted} - kept):
        has, should = found.get(name, frozenset()), wanted.get(name, frozenset())
        plain = {one.removesuffix(GRANTABLE) for one in has}
        surplus = sorted(plain - should)
        passed_on = sorted(one.removesuffix(GRANTABLE) for one in has if one.endswith(GRANTABLE) and one.removesuffix(GRANTABLE) in should)
        missing = sorted(should - plain)
        if surplus:
            statements.append(f"REVOKE {', '.join(surplus)} {on} FROM {grantee(name)} CASCADE")
        if passed_on:
            statements.append(f"REVOKE GRANT OPTION FOR {', '.join(passed_on)} {on} FROM {grantee(name)} CASCADE")
        if missing:
            statements.append(f"GRANT {', '.join(missing)} {on} TO {grantee(name)}")
    return statements


def default_corrections(creator: str, schema: str, what: str, found: Privileges, wanted: Privileges) -> list[str]:
    """The same for what objects get that ``creator`` will create in ``schema``; both names are quoted."""
    head = f"ALTER DEFAULT PRIVILEGES FOR ROLE {creator} IN SCHEMA {schema}"
    statements: list[str] = []
    for name in sorted({*found, *wanted}):
        has, should = found.get(name, frozenset()), wanted.get(name, frozenset())
        surplus = sorted({one.removesuffix(GRANTABLE) for one in has if one not in should})
        missing = sorted(should - has)
        if surplus:
            statements.append(f"{head} REVOKE {', '.join(surplus)} ON {what.upper()} FROM {grantee(name)}")
        if missing:
            statements.append(f"{head} GRANT {', '.join(missing)} ON {what.upper()} TO {grantee(name)}")
    return statements


def summary(objects: Mapping[str, Privileges], wanted: Privileges, keep: Iterable[str] = ()) -> dict[str, list[str]]:
    """The privileges on many objects of a class as one property: equal to that of ``wanted`` only if each object has exactly these.

    A privilege that some objects lack is shown with their names. A grantee in ``keep`` counts as having what it should.
    """
    if not objects:
        return shown(wanted)
    grantees = {*wanted, *(name for found in objects.values() for name in found)} - set(keep)
    found: dict[str, list[str]] = {}
    for name in sorted(grantees):
        held = {label: privileges.get(name, frozenset()) for label, privileges in objects.items()}
        texts = [_held(one, held) for one in sorted(set().union(*held.values()))]
        if texts:
            found[name] = texts
    return {**{name: list(value) for name, value in shown(wanted).items() if name in set(keep)}, **found}


def _held(privilege: str, held: Mapping[str, frozenset[str]]) -> str:
    lacking = sorted(label for label, privileges in held.items() if privilege not in privileges)
    if not lacking:
        return privilege
    having = sorted(label for label, privileges in held.items() if privilege in privileges)
    if len(having) < len(lacking):
        return f"{privilege} only on {_some(having)}"
    return f"{privilege} except on {_some(lacking)}"


def _some(names: Sequence[str], most: int = 3) -> str:
    listed = ", ".join(names[:most])
    return listed if len(names) <= most else f"{listed} and {len(names) - most} more"
