# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Comparing fingerprints: what is a difference, and what is none."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.recovery.fingerprint.comparing import compare, not_compared
from ansible_collections.mainstay.aws.plugins.module_utils.recovery.fingerprint.contents import Table, is_excluded, is_small, unreadable
from ansible_collections.mainstay.aws.plugins.module_utils.recovery.fingerprint.model import (
    Fingerprint,
    Options,
    Position,
    Rows,
    from_dict,
)
from ansible_collections.mainstay.aws.plugins.module_utils.recovery.fingerprint.moving import judge

ALL = Rows(1000, True, "77", "all rows")
SAMPLE = Rows(500_000, False, "78", "about 1000 rows at equal distances of the key")

GOOD = Fingerprint(
    "shop",
    170004,
    {"app.orders": ALL, "app.events": SAMPLE},
    {"app.ids": Position(40)},
    {
        "definitions": {"table app.orders": "aa", "table app.events": "bb", "index app.orders_pkey": "cc"},
        "owners": {"table app.orders": "app_owner"},
        "privileges": {"table app.orders": "app_ro=SELECT"},
        "extensions": {"vector": "version 0.8.2 in schema public"},
        "roles": {"app": "login"},
        "properties": {"encoding": "UTF8", "settings": ""},
    },
)


def with_(**changes: Any) -> Fingerprint:
    return dataclasses.replace(GOOD, **changes)


def rows(name: str, **changes: Any) -> Fingerprint:
    return with_(tables={**GOOD.tables, name: dataclasses.replace(GOOD.tables[name], **changes)})


def facts(group: str, **changes: str | None) -> Fingerprint:
    found = {**GOOD.facts[group], **{name.replace("__", ".").replace("_of_", " "): value for name, value in changes.items()}}
    return with_(facts={**GOOD.facts, group: {name: value for name, value in found.items() if value is not None}})


def at(last: int | None, step: int = 1, cache: int = 1) -> Fingerprint:
    return with_(sequences={"app.ids": Position(last, step, cache)})


CASES: dict[str, tuple[Fingerprint, Fingerprint, list[str]]] = {
    "equal": (GOOD, GOOD, []),
    "another major version": (GOOD, with_(version=180001), ["The server has PostgreSQL 18; expected 17."]),
    "another minor version": (GOOD, with_(version=170005), []),
    "a row lost": (GOOD, rows("app.orders", count=999, checksum="76"), ["Table app.orders has 999 rows; expected 1000."]),
    "a row changed": (
        GOOD,
        rows("app.orders", checksum="76"),
        ["The contents of table app.orders differ: the checksum of all rows is another one."],
    ),
    "an estimate close by": (GOOD, rows("app.events", count=505_000), []),
    "an estimate far off": (GOOD, rows("app.events", count=100), ["Table app.events has about 100 rows; expected about 500000."]),
    "small estimates": (rows("app.events", count=0), rows("app.events", count=900), []),
    "an estimate and a count": (
        GOOD,
        rows("app.events", count=400_000, exact=True, method="all rows"),
        ["Table app.events has about 400000 rows; expected about 500000."],
    ),
    "no estimate": (GOOD, rows("app.events", count=None), []),
    "a sampled row changed": (
        GOOD,
        rows("app.events", checksum="79"),
        ["The contents of table app.events differ: the checksum of about 1000 rows at equal distances of the key is another one."],
    ),
    "checksums that cover different rows": (GOOD, rows("app.events", checksum="79", method="the first and the last 500 rows by key"), []),
    "rows that only the expected side read": (
        GOOD,
        rows("app.orders", unread="XX001: invalid page in block 3"),
        ["The rows of table app.orders could not be read: XX001: invalid page in block 3."],
    ),
    "rows that only the restored side read": (rows("app.orders", unread="denied", checksum=""), GOOD, []),
    "a table gone": (
        GOOD,
        with_(
            tables={"app.events": SAMPLE},
            facts={**GOOD.facts, "definitions": {"table app.events": "bb", "index app.orders_pkey": "cc"}, "owners": {}, "privileges": {}},
        ),
        ["Table app.orders is missing."],
    ),
    "an index gone": (GOOD, facts("definitions", index_of_app__orders_pkey=None), ["Index app.orders_pkey is missing."]),
    "a table more": (GOOD, facts("definitions", table_of_app__more="dd"), ["Table app.more was not expected."]),
    "another definition": (GOOD, facts("definitions", table_of_app__orders="ab"), ["The definition of table app.orders differs."]),
    "another owner": (
        GOOD,
        facts("owners", table_of_app__orders="root"),
        ["Table app.orders belongs to root; expected app_owner."],
    ),
    "privileges gone": (
        GOOD,
        facts("privileges", table_of_app__orders=""),
        ["The privileges on table app.orders are none; expected app_ro=SELECT."],
    ),
    "an extension gone": (
        GOOD,
        facts("extensions", vector=None),
        ["Extension vector is missing; expected version 0.8.2 in schema public."],
    ),
    "another version of an extension": (
        GOOD,
        facts("extensions", vector="version 0.7 in schema public"),
        ["Extension vector is version 0.7 in schema public; expected version 0.8.2 in schema public."],
    ),
    "a role gone": (GOOD, facts("roles", app=None), ["Role app is missing; expected login."]),
    "a role more": (GOOD, facts("roles", mallory="login"), ["Role mallory was not expected; it is login."]),
    "another encoding": (
        GOOD,
        facts("properties", encoding="LATIN1"),
        ["Database property encoding is LATIN1; expected UTF8."],
    ),
    "a sequence behind": (GOOD, at(39), ["Sequence app.ids is at 39; expected 40."]),
    "a sequence after a crash recovery": (GOOD, at(72), []),
    "a sequence too far ahead": (GOOD, at(500), ["Sequence app.ids is at 500; expected 40."]),
    "a sequence that counts down": (at(-40, -1), at(-70, -1), []),
    "a sequence that counts down, behind": (at(-40, -1), at(-30, -1), ["Sequence app.ids is at -30; expected -40."]),
    "a sequence with a cache": (at(40, cache=100), at(170, cache=100), []),
    "a sequence that was never used": (at(None), at(None), []),
    "a sequence that starts again": (GOOD, at(None), ["Sequence app.ids is at its beginning; expected 40."]),
}


@pytest.mark.parametrize("name", CASES)
def test_differences(name: str) -> None:
    expected, found, sentences = CASES[name]
    assert [str(one) for one in compare(expected, found)] == sentences


def test_kinds_of_differences_can_be_ignored() -> None:
    found = facts("owners", table_of_app__orders="root")
    assert [one.kind for one in compare(GOOD, found)] == ["owners"]
    assert compare(GOOD, found, ignore=["owners"]) == []


NOT_COMPARED: dict[str, tuple[Fingerprint, Fingerprint, list[str]]] = {
    "everything was": (GOOD, GOOD, []),
    "not read": (rows("app.orders", unread="denied"), GOOD, ["The rows of table app.orders were not compared: denied."]),
    "no key": (
        rows("app.events", checksum="", method=""),
        rows("app.events", checksum="", method=""),
        ["Only the number of rows of table app.events was compared: it is large and has no primary key that selects a sample."],
    ),
    "two methods": (
        GOOD,
        rows("app.orders", method="the first and the last 500 rows by key"),
        [
            "Only the number of rows of table app.orders was compared: the checksums cover all rows and the first and the last 500 rows "
            "by key."
        ],
    ),
}


@pytest.mark.parametrize("name", NOT_COMPARED)
def test_what_was_not_compared_is_said(name: str) -> None:
    expected, found, sentences = NOT_COMPARED[name]
    assert not_compared(expected, found) == sentences


def test_a_fingerprint_survives_json() -> None:
    assert from_dict(json.loads(json.dumps(GOOD.as_dict()))) == GOOD


@pytest.mark.parametrize(
    "given", [{}, {"database": "shop"}, {**GOOD.as_dict(), "tables": {"app.orders": 7}}, {**GOOD.as_dict(), "facts": 1}]
)
def test_what_is_no_fingerprint_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="not a fingerprint"):
        from_dict(given)


def test_the_digest_of_the_schema_covers_every_group() -> None:
    for group in GOOD.facts:
        other = {**GOOD.facts, group: {**GOOD.facts[group], "one more": "x"}}
        assert with_(facts=other).schema != GOOD.schema, group
    assert rows("app.orders", count=1).schema == GOOD.schema


TABLE = Table("app", "orders", 10, 1, "p", True, True, False, (("id", "bigint"),))

UNREADABLE = {
    "readable": ({}, ""),
    "unlogged": ({"persistence": "u"}, "UNLOGGED"),
    "not populated": ({"populated": False}, "not populated"),
    "denied": ({"readable": False}, "pg_read_all_data TO root"),
    "row security": ({"row_security": True}, "row level security"),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_which_tables_cannot_be_read(name: str) -> None:
    changes, words = UNREADABLE[name]
    reason = unreadable(dataclasses.replace(TABLE, **changes), "root")
    assert words in reason
    assert bool(words) == bool(reason)


def test_size_and_patterns_decide_what_is_read() -> None:
    assert is_small(TABLE, Options(exact_bytes=10))
    assert not is_small(TABLE, Options(exact_bytes=9))
    assert is_excluded(TABLE, Options(exclude=("app.ord*",)))
    assert not is_excluded(TABLE, Options(exclude=("orders",)))


BUSY = rows("app.orders", count=1010, checksum="90")
"""The source after the restore, when one of its tables has changed."""

MOVING: dict[str, tuple[Fingerprint, Fingerprint, list[str]]] = {
    "equal": (GOOD, GOOD, []),
    "as it was before": (BUSY, GOOD, []),
    "as it was after": (BUSY, BUSY, []),
    "something between": (BUSY, rows("app.orders", count=1004, checksum="91"), []),
    "a busy table that is empty": (BUSY, rows("app.orders", count=0, checksum="0"), ["Table app.orders is empty."]),
    "a table that did not change": (GOOD, rows("app.orders", count=999), ["Table app.orders has 999 rows; expected 1000."]),
    "another one than the busy one": (
        BUSY,
        facts("owners", table_of_app__orders="root"),
        ["Table app.orders belongs to root; expected app_owner."],
    ),
}


@pytest.mark.parametrize("name", MOVING)
def test_a_source_that_goes_on_working(name: str) -> None:
    after, found, sentences = MOVING[name]
    judged = judge(GOOD, after, found)
    assert [str(one) for one in judged.differences] == sentences
    assert judged.moved == (("table app.orders",) if after is BUSY else ())
