# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What is uploaded, in which order, and what is deleted, as tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.content_sync.headers import Rules
from ansible_collections.mainstay.aws.plugins.module_utils.content_sync.plan import (
    DAY,
    Keeping,
    Listed,
    Plan,
    finished,
    make_plan,
    recorded,
)
from ansible_collections.mainstay.aws.plugins.module_utils.content_sync.record import Entry, Form, Record, Unreadable, parsed, written
from ansible_collections.mainstay.aws.plugins.module_utils.content_sync.synchronizing import BATCH, batches

RULES = Rules({}, {})
NOW = 1_000 * DAY
KEEPING = Keeping(30, 3)


def form(content: str = "a", **changes: Any) -> Form:
    return replace(Form(content * 64, 1, "text/plain", "no-cache"), **changes)


def planned(forms: Mapping[str, Form], record: Record, listing: Mapping[str, Listed], now: float = NOW, keeping: Keeping = KEEPING) -> Plan:
    return make_plan(forms, record, listing, RULES, "index.html", "v", keeping, now)


class Bucket:
    """A bucket in memory, and its record."""

    def __init__(self) -> None:
        self.record = Record()
        self.listing: dict[str, Listed] = {}
        self.uploads = 0

    def plan(self, forms: Mapping[str, Form], now: float = NOW, keeping: Keeping = KEEPING) -> Plan:
        return planned(forms, self.record, self.listing, now, keeping)

    def apply(self, forms: Mapping[str, Form], now: float = NOW, killed_after: int | None = None, keeping: Keeping = KEEPING) -> Plan:
        """Carry out a plan. ``killed_after``: the number of uploads after which the run ends, with what it had uploaded recorded."""
        plan = self.plan(forms, now, keeping)
        etags = {}
        for put in plan.puts[:killed_after]:
            self.uploads += 1
            etags[put.name] = f'"{self.uploads}"'
            self.listing[put.name] = Listed(put.form.size, etags[put.name], f"moment {self.uploads}")
        self.record = recorded(self.record, plan, etags, plan.outdated)
        if killed_after is None:
            for name in plan.deletes:
                self.listing.pop(name, None)
            self.record = finished(self.record, plan, self.listing, now)
        return plan


SITE = {"index.html": form("1"), "a.js": form("2"), "about.html": form("3"), "b.css": form("4")}


def test_assets_come_before_documents_and_the_index_last() -> None:
    bucket = Bucket()
    assert [one.name for one in bucket.apply(SITE).puts] == ["a.js", "b.css", "about.html", "index.html"]
    again = bucket.plan(SITE)
    assert (again.changes, again.unchanged) == (False, 4)


def test_a_new_object_is_not_invalidated_and_a_replaced_one_is() -> None:
    bucket = Bucket()
    assert bucket.apply(SITE).outdated == ()
    assert bucket.apply({**SITE, "index.html": form("9"), "c.js": form("8")}).outdated == ("index.html",)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"content": "9"}, "changed"),
        ({"cache_control": "no-store"}, "cache_control no-cache -> no-store"),
        ({"content_type": "text/css"}, "content_type text/plain -> text/css"),
        ({"kms_key_id": "arn:key"}, "kms_key_id none -> arn:key"),
    ],
)
def test_a_file_is_uploaded_when_its_content_or_a_header_differs(changes: dict[str, Any], why: str) -> None:
    bucket = Bucket()
    bucket.apply(SITE)
    plan = bucket.plan({**SITE, "a.js": form(**{"content": "2", **changes})})
    assert [(one.name, one.why) for one in plan.puts] == [("a.js", why)]


@pytest.mark.parametrize(
    ("listed", "why"),
    [
        (None, "its object is gone"),
        (Listed(1, '"other"', "moment 1"), "its object was changed by something else"),
        (Listed(2, '"1"', "moment 1"), "its object was changed by something else"),
        (Listed(1, '"1"', "later"), "its object was changed by something else"),
        (Listed(1, '"1"', "moment 1"), ""),
    ],
)
def test_what_others_did_to_an_object_is_undone(listed: Listed | None, why: str) -> None:
    """Its headers, too: a copy over itself with other headers keeps the ETag, and has another time."""
    bucket = Bucket()
    bucket.apply({"index.html": form()})
    listing = {} if listed is None else {"index.html": listed}
    plan = planned({"index.html": form()}, bucket.record, listing)
    assert [one.why for one in plan.puts] == ([why] if why else [])
    assert plan.release == 1, "restoring an object makes no release"


def test_objects_of_others_are_left_alone_unless_a_file_has_their_name() -> None:
    bucket = Bucket()
    bucket.listing = {"report.pdf": Listed(9, '"x"', "then"), "a.js": Listed(9, '"y"', "then")}
    plan = bucket.apply(SITE, keeping=Keeping(0, 1))
    assert (plan.foreign, plan.deletes) == (1, ())
    assert {one.name: one.why for one in plan.puts}["a.js"] == "replaces an object that something else has put there"
    assert plan.outdated == ("a.js",)


@pytest.mark.parametrize(
    ("days", "releases", "deleted"),
    [(29, 5, ()), (31, 2, ()), (31, 3, ()), (31, 4, ("old.js",)), (0, 9, ())],
)
def test_a_former_object_stays_for_its_days_and_releases(days: float, releases: int, deleted: tuple[str, ...]) -> None:
    """``releases``: how many there were since the one that had it, itself included."""
    bucket = Bucket()
    bucket.apply({**SITE, "old.js": form()})
    for number in range(2, releases + 1):
        bucket.apply({**SITE, "a.js": form(str(number))})
    assert bucket.plan({**SITE, "a.js": form(str(releases))}, NOW + days * DAY).deletes == deleted


def test_what_comes_back_in_a_later_release_counts_from_then() -> None:
    bucket = Bucket()
    bucket.apply({**SITE, "old.js": form()})
    bucket.apply(SITE)
    back = bucket.apply({**SITE, "old.js": form()}, NOW + 40 * DAY)
    assert back.puts == (), "going back to a former release uploads nothing that is still there"
    bucket.apply(SITE, NOW + 41 * DAY)
    assert bucket.plan(SITE, NOW + 60 * DAY).deletes == ()


@pytest.mark.parametrize("uploads", range(5))
def test_a_run_that_is_killed_goes_on_as_the_same_release(uploads: int) -> None:
    bucket = Bucket()
    bucket.apply(SITE)
    changed = {name: form("7") for name in SITE}
    bucket.apply(changed, killed_after=uploads)
    plan = bucket.plan(changed)
    assert len(plan.puts) == 4 - uploads
    assert (plan.changes, plan.release) == (True, 2)
    assert plan.outdated == tuple(sorted(SITE)), "what the dead run replaced is invalidated, too"
    bucket.apply(changed)
    assert not bucket.plan(changed).changes
    assert bucket.record.release == 2


def test_batches_are_recorded_one_by_one_and_before_the_index() -> None:
    forms = {f"{number}.js": form() for number in range(BATCH + 1)} | {"index.html": form()}
    assert [(called, len(puts), before) for called, puts, before in batches(planned(forms, Record(), {}).puts)] == [
        ("assets", BATCH, False),
        ("assets", 1, True),
        ("index", 1, True),
    ]
    assert [before for _called, _puts, before in batches(planned({"index.html": form()}, Record(), {}).puts)] == [False]


def test_the_record_is_read_as_it_was_written() -> None:
    record = Record(3, "v1", {"é.js": Entry(form(), '"1"', 3, "then", 5.0), "index.html": Entry(form(), '"2"', 3)}, ("index.html",))
    assert parsed(written(record), "") == record


@pytest.mark.parametrize("text", [b"", b"[]", b"{}", b'{"format": 2}', b'{"format": 1, "entries": {"a": {}}}', b"<html>"])
def test_what_is_no_record_is_never_taken_for_an_empty_one(text: bytes) -> None:
    with pytest.raises(Unreadable):
        parsed(text, "")
