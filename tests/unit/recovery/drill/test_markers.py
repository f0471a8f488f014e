# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Marker rows: their checksums, and what keeps a drill from writing them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.recovery.drill import markers
from ansible_collections.mainstay.aws.plugins.module_utils.recovery.drill.markers import COLUMNS, Marker, Place, State

PLACE = Place("shop", "mainstay_drill", "markers")
AT = datetime(2026, 11, 30, 8, 0, 0, 123456, tzinfo=UTC)
BARE = Marker("d1", 7, AT, "payload")
GOOD = replace(BARE, checksum=markers.checksum(BARE))


@pytest.mark.parametrize(
    ("change", "intact"),
    [
        ({}, True),
        ({"written_at": AT.astimezone(timezone(timedelta(hours=5)))}, True),
        ({"written_at": AT + timedelta(microseconds=1)}, False),
        ({"number": 8}, False),
        ({"payload": "payloae"}, False),
        ({"drill": "d2"}, False),
        ({"checksum": ""}, False),
    ],
)
def test_a_checksum_covers_the_whole_row_and_no_time_zone(change: dict[str, Any], intact: bool) -> None:
    assert markers.is_intact(replace(GOOD, **change)) is intact


def test_the_newest_marker_is_that_with_the_highest_number() -> None:
    assert markers.newest([replace(GOOD, number=9), replace(GOOD, number=10), GOOD]) == replace(GOOD, number=10)
    assert markers.newest([]) is None


def test_names_and_values_are_quoted() -> None:
    place = Place("shop", "Odd Name", "ma'rk\"ers")
    assert markers.insert(place, replace(GOOD, payload="x'); DROP TABLE y; --")) == (
        'INSERT INTO "Odd Name"."ma\'rk""ers" (drill, number, written_at, payload, checksum) VALUES '
        f"('d1', '7', '2026-11-30T08:00:00.123456+00:00', 'x''); DROP TABLE y; --', '{GOOD.checksum}')"
    )


def test_a_lock_belongs_to_one_database() -> None:
    keys = {markers.lock_key(name) for name in ("db-A", "db-B")}
    assert len(keys) == 2
    assert all(-(2**63) <= key < 2**63 for key in keys)


THERE = State(False, True, False, True, False, True, COLUMNS, "drill")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({}, ""),
        ({"has_table": False, "columns": ()}, ""),
        ({"recovering": True}, "in recovery"),
        ({"columns": ("id", "name")}, "has the columns id, name"),
        ({"allowed": False}, "drill cannot write a marker there: it lacks INSERT, SELECT and DELETE on mainstay_drill.markers"),
        ({"allowed": False, "has_table": False, "columns": ()}, "it lacks CREATE on schema mainstay_drill"),
        ({"allowed": False, "has_table": False, "has_schema": False, "columns": ()}, "it lacks CREATE on database shop"),
    ],
)
def test_what_keeps_a_drill_from_writing_markers(change: dict[str, Any], said: str) -> None:
    found = markers.problem(PLACE, replace(THERE, **change))
    assert said in found
    assert bool(said) == bool(found)
