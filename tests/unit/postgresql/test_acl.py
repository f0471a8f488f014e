# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Access control lists: what the catalog has, what leads from one list to another, and how many objects are summarized."""

from __future__ import annotations

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.postgresql.acl import (
    Privileges,
    corrections,
    default_corrections,
    parsed,
    shown,
    summary,
)


def of(**held: str) -> dict[str, frozenset[str]]:
    """``of(app="SELECT INSERT")``."""
    return {name: frozenset(text.split()) for name, text in held.items()}


def test_the_owner_is_left_out_and_grant_options_are_kept() -> None:
    rows = [("owner", "SELECT", False), ("app", "SELECT", False), ("app", "INSERT", True), ("public", "SELECT", False)]
    assert parsed(rows, "owner") == of(app="SELECT INSERT*", public="SELECT")


def test_properties_are_sorted_and_without_empty_lists() -> None:
    assert shown(of(b="UPDATE SELECT", a="USAGE", c="")) == {"a": ["USAGE"], "b": ["SELECT", "UPDATE"]}


ON = 'ON TABLE "app"."t"'
CASES: dict[str, tuple[Privileges, Privileges, list[str], list[str]]] = {
    "nothing to do": (of(app="SELECT"), of(app="SELECT"), [], []),
    "new grantee": ({}, of(app="SELECT INSERT"), [], [f'GRANT INSERT, SELECT {ON} TO "app"']),
    "one privilege missing": (of(app="SELECT"), of(app="SELECT INSERT"), [], [f'GRANT INSERT {ON} TO "app"']),
    "one too many": (of(app="SELECT DELETE"), of(app="SELECT"), [], [f'REVOKE DELETE {ON} FROM "app" CASCADE']),
    "unknown grantee": (of(old="SELECT"), {}, [], [f'REVOKE SELECT {ON} FROM "old" CASCADE']),
    "all roles": (of(public="SELECT"), {}, [], [f"REVOKE SELECT {ON} FROM PUBLIC CASCADE"]),
    "may pass it on": (of(app="SELECT*"), of(app="SELECT"), [], [f'REVOKE GRANT OPTION FOR SELECT {ON} FROM "app" CASCADE']),
    "may pass on what it should not have": (of(app="SELECT*"), {}, [], [f'REVOKE SELECT {ON} FROM "app" CASCADE']),
    "both": (
        of(app="SELECT DELETE"),
        of(app="SELECT INSERT"),
        [],
        [f'REVOKE DELETE {ON} FROM "app" CASCADE', f'GRANT INSERT {ON} TO "app"'],
    ),
    "kept as it is": (of(app="DELETE"), of(app="SELECT"), ["app"], []),
    "quoted": ({}, of(**{'a"b': "SELECT"}), [], [f'GRANT SELECT {ON} TO "a""b"']),
}


@pytest.mark.parametrize("name", CASES)
def test_corrections(name: str) -> None:
    found, wanted, keep, expected = CASES[name]
    assert corrections("tables", '"app"."t"', found, wanted, keep) == expected


def test_functions_and_procedures_are_routines() -> None:
    assert corrections("functions", "f(integer)", {}, of(app="EXECUTE")) == ['GRANT EXECUTE ON ROUTINE f(integer) TO "app"']


def test_default_privileges() -> None:
    found = default_corrections('"o"', '"s"', "tables", of(app="DELETE", old="SELECT"), of(app="SELECT"))
    head = 'ALTER DEFAULT PRIVILEGES FOR ROLE "o" IN SCHEMA "s"'
    assert found == [
        f'{head} REVOKE DELETE ON TABLES FROM "app"',
        f'{head} GRANT SELECT ON TABLES TO "app"',
        f'{head} REVOKE SELECT ON TABLES FROM "old"',
    ]


SUMMARIES: dict[str, tuple[dict[str, Privileges], Privileges, dict[str, list[str]]]] = {
    "no object": ({}, of(app="SELECT"), {"app": ["SELECT"]}),
    "all as wanted": ({"a": of(app="SELECT"), "b": of(app="SELECT")}, of(app="SELECT"), {"app": ["SELECT"]}),
    "missing on one": ({"a": of(app="SELECT"), "b": {}, "c": of(app="SELECT")}, of(app="SELECT"), {"app": ["SELECT except on b"]}),
    "only on one": ({"a": of(app="SELECT"), "b": {}, "c": {}}, of(app="SELECT"), {"app": ["SELECT only on a"]}),
    "missing everywhere": ({"a": {}, "b": {}}, of(app="SELECT"), {}),
    "somebody else": ({"a": of(old="DELETE")}, {}, {"old": ["DELETE"]}),
    "many": (
        {**{f"t{n}": {} for n in range(5)}, **{f"u{n}": of(app="SELECT") for n in range(9)}},
        of(app="SELECT"),
        {"app": ["SELECT except on t0, t1, t2 and 2 more"]},
    ),
}


@pytest.mark.parametrize("name", SUMMARIES)
def test_summary(name: str) -> None:
    objects, wanted, expected = SUMMARIES[name]
    assert summary(objects, wanted) == expected
    assert (expected == shown(wanted)) is all(not corrections("tables", "t", found, wanted) for found in objects.values())
