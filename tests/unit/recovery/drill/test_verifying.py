# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What came back: markers, contents of a source that goes on working, and settings."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.recovery.drill import markers
from ansible_collections.mainstay.aws.plugins.module_utils.recovery.drill.markers import Marker
from ansible_collections.mainstay.aws.plugins.module_utils.recovery.drill.plan import Target
from ansible_collections.mainstay.aws.plugins.module_utils.recovery.drill.verifying import (
    Source,
    judge_contents,
    judge_markers,
    judge_settings,
)
from ansible_collections.mainstay.aws.plugins.module_utils.recovery.fingerprint.model import (
    DEFINITIONS,
    OWNERS,
    Fingerprint,
    Position,
    Rows,
)


def marker(number: int) -> Marker:
    bare = Marker("d1", number, datetime(2026, 11, 30, 8, tzinfo=UTC) + timedelta(minutes=number), "x")
    return replace(bare, checksum=markers.checksum(bare))


WRITTEN = tuple(marker(number) for number in (1, 2, 3))


@pytest.mark.parametrize(
    ("found", "passed", "newest"),
    [
        (WRITTEN, True, 3),
        (WRITTEN[:1], True, 1),
        ((), False, None),
        (WRITTEN[1:], False, 3),
        ((WRITTEN[0], replace(WRITTEN[1], payload="y")), False, 1),
        ((WRITTEN[0], replace(WRITTEN[1], checksum="")), False, 1),
        ((WRITTEN[0], marker(9)), False, 1),
    ],
)
def test_markers(found: tuple[Marker, ...], passed: bool, newest: int | None) -> None:
    check, best = judge_markers(WRITTEN, found)
    assert (check.name, check.passed) == ("markers", passed)
    assert (best.number if best else None) == newest


def test_without_any_marker_nothing_is_proven() -> None:
    assert judge_markers((), ())[0].passed is False


def printed(**tables: Rows) -> Fingerprint:
    facts = {DEFINITIONS: {f"table {name}": "1" for name in tables}, OWNERS: {f"table {name}": "app" for name in tables}}
    return Fingerprint("shop", 170004, tables, {"ids": Position(10)}, facts)


def rows(count: int, checksum: str = "a", **more: Any) -> Rows:
    return Rows(count, checksum=checksum, method="all rows", **more)


ORDERS, BUSY = rows(3), rows(10, "b")
BEFORE = printed(orders=ORDERS, busy=BUSY)
AFTER = printed(orders=ORDERS, busy=rows(20, "c"))


@pytest.mark.parametrize(
    ("before", "after", "found", "said"),
    [
        (BEFORE, BEFORE, BEFORE, ""),
        (BEFORE, AFTER, printed(orders=ORDERS, busy=rows(15, "d")), ""),
        (BEFORE, AFTER, printed(orders=rows(2), busy=BUSY), "Table orders has 2 rows; expected 3."),
        (BEFORE, AFTER, printed(orders=rows(3, "z"), busy=BUSY), "The contents of table orders differ"),
        (BEFORE, AFTER, printed(orders=ORDERS, busy=rows(0, "")), "Table busy is empty."),
        (BEFORE, AFTER, printed(orders=ORDERS), "Table busy is missing."),
        (BEFORE, AFTER, printed(busy=BUSY), "Table orders is missing."),
        (BEFORE, printed(orders=ORDERS, busy=rows(0, "")), printed(orders=ORDERS, busy=rows(0, "")), ""),
        (BEFORE, printed(orders=ORDERS, busy=BUSY, new=ORDERS), printed(orders=ORDERS, busy=BUSY, new=ORDERS), ""),
        (BEFORE, printed(orders=ORDERS, busy=BUSY, new=ORDERS), BEFORE, ""),
        (BEFORE, replace(BEFORE, sequences={"ids": Position(40)}), replace(BEFORE, sequences={"ids": Position(60)}), ""),
        (BEFORE, BEFORE, replace(BEFORE, sequences={"ids": Position(5)}), "Sequence ids is at 5; expected 10."),
        (BEFORE, BEFORE, replace(BEFORE, version=180001), "PostgreSQL 18; expected 17"),
        (
            printed(a=Rows(unread="permission denied")),
            printed(a=Rows(unread="permission denied")),
            printed(a=ORDERS),
            "None of the 1 tables",
        ),
        (printed(a=ORDERS), printed(a=ORDERS), printed(a=Rows(unread="it is damaged")), "could not be read"),
        (printed(), printed(), printed(), ""),
    ],
)
def test_contents(before: Fingerprint, after: Fingerprint, found: Fingerprint, said: str) -> None:
    check, _notes = judge_contents(Source(before, after), found)
    assert said in check.sentence
    assert check.passed is not bool(said), check.sentence


def test_databases_that_are_gone() -> None:
    assert judge_contents(Source(BEFORE, AFTER), None)[0].passed is False
    assert judge_contents(Source(BEFORE, None), None)[0].passed is True


def test_what_changed_meanwhile_is_said() -> None:
    _check, notes = judge_contents(Source(BEFORE, AFTER), BEFORE)
    assert notes == ["Changed during the drill, and therefore not compared exactly: table busy."]


def test_differences_that_do_not_count() -> None:
    found = replace(BEFORE, facts={**BEFORE.facts, OWNERS: {"table orders": "other"}})
    assert judge_contents(Source(BEFORE, BEFORE), found)[0].passed is False
    assert judge_contents(Source(BEFORE, BEFORE), found, ignore=("owners",))[0].passed is True


def test_many_differences_are_shortened() -> None:
    many = printed(**{f"t{number}": ORDERS for number in range(30)})
    check, _notes = judge_contents(Source(many, many), printed())
    assert "And 20 more." in check.sentence
    assert len(check.evidence["differences"]) == 30


TARGET = Target("drills", ("sg-2", "sg-1"), "orders", "alias/x")
RESTORED: dict[str, Any] = {
    "EngineVersion": "17.4",
    "DBSubnetGroup": {"DBSubnetGroupName": "drills"},
    "VpcSecurityGroups": [{"VpcSecurityGroupId": "sg-1"}, {"VpcSecurityGroupId": "sg-2"}],
    "DBParameterGroups": [{"DBParameterGroupName": "orders", "ParameterApplyStatus": "in-sync"}],
    "KmsKeyId": "arn:key",
    "PubliclyAccessible": False,
}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({}, ""),
        ({"EngineVersion": "17.6"}, "engine version is 17.6, not 17.4"),
        ({"DBSubnetGroup": {"DBSubnetGroupName": "private"}}, "subnet group is private"),
        ({"VpcSecurityGroups": [{"VpcSecurityGroupId": "sg-1"}]}, "security groups"),
        ({"DBParameterGroups": [{"DBParameterGroupName": "default.postgres17"}]}, "parameter group is not set, not orders in-sync"),
        ({"DBParameterGroups": [{"DBParameterGroupName": "orders", "ParameterApplyStatus": "pending-reboot"}]}, "orders pending-reboot"),
        ({"KmsKeyId": "arn:other"}, "key is arn:other"),
        ({"PubliclyAccessible": True}, "public access is True"),
    ],
)
def test_settings(change: dict[str, Any], said: str) -> None:
    check = judge_settings({"EngineVersion": "17.4"}, {**RESTORED, **change}, TARGET, "arn:key")
    assert said in check.sentence
    assert check.passed is not bool(said)
