# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""From readable access to privileges: what ``read``, ``write`` and ``owner`` mean. Pure functions."""

from __future__ import annotations

from collections.abc import Mapping

from ....postgresql.acl import ALL, Privileges

LEVELS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "read": {
        "database": ("CONNECT",),
        "schema": ("USAGE",),
        "tables": ("SELECT",),
        "sequences": ("SELECT",),
        "functions": ("EXECUTE",),
    },
    "write": {
        "database": ("CONNECT", "TEMPORARY"),
        "schema": ("USAGE",),
        "tables": ("DELETE", "INSERT", "SELECT", "UPDATE"),
        "sequences": ("SELECT", "UPDATE", "USAGE"),
        "functions": ("EXECUTE",),
    },
}
"""``owner`` is not among them: it is membership in the role that owns the database, and needs no privileges."""

OWNER = "owner"
CHOICES = (*LEVELS, OWNER)
IN_SCHEMA = ("schema", "tables", "sequences", "functions")

Explicit = Mapping[str, Mapping[str, tuple[str, ...]]]
"""Privileges by role and class of objects."""

ByClass = dict[str, dict[str, frozenset[str]]]


def expanded(access: Mapping[str, str], explicit: Explicit) -> ByClass:
    """Privileges by class of objects and role. ``explicit`` adds to what ``access`` gives."""
    found: ByClass = {what: {} for what in ALL}
    levels = {name: LEVELS[level] for name, level in access.items() if level in LEVELS}
    for given in (levels, explicit):
        for name, classes in given.items():
            for what, privileges in classes.items():
                found[what][name] = found[what].get(name, frozenset()) | frozenset(privileges)
    return found


def merged(first: Mapping[str, Privileges], second: Mapping[str, Privileges]) -> ByClass:
    """The privileges of both, by class."""
    found: ByClass = {}
    for what in ALL:
        names = {*first.get(what, {}), *second.get(what, {})}
        empty: frozenset[str] = frozenset()
        found[what] = {name: first.get(what, {}).get(name, empty) | second.get(what, {}).get(name, empty) for name in sorted(names)}
    return found
