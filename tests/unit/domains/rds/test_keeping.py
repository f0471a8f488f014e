# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What a plan says about what remains of the instances that it deletes, and of their key."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.domains.rds.keeping import (
    deleted,
    gone_with_backups,
    looked_in,
    remains,
    removed,
)
from ansible_collections.mainstay.aws.plugins.module_utils.domains.rds.kinds.db_instance_options import Options
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import Observed
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.planner import Action, Plan, Verb

KEY = "arn:aws:kms:af-south-1:123456789012:key/1"
KEEP, DROP = Options(), Options(final_snapshot=False, delete_automated_backups=True)


def gone(kind: str, name: str, verb: Verb = "delete", consent: bool = True, retention: int = 7, **more: Any) -> Action:
    identifier = f"prod-{name.replace('/', '-')}"
    seen = Observed(kind, f"{kind}.{name}", identifier, {"backup_retention_period": retention, **more}, {"arn": KEY})
    return Action(verb, seen.address, kind, observed=seen, consent=consent)


MAIN, READER, DATA = gone("db_instance", "main"), gone("db_replica", "main/reader", retention=0), gone("database_key", "data")

FAR = gone("db_replica", "main/far", retention=0, region="eu-west-1", promoted=True)
FAR_KEY = gone("database_key", "eu-west-1", region="eu-west-1")
COPIES = Observed(
    "backup_replication",
    "backup_replication.main",
    "arn:aws:rds:eu-west-1:123456789012:auto-backup:ab-1",
    {
        "source_db_instance_arn": "arn:aws:rds:af-south-1:123456789012:db:prod-main",
        "backup_retention_period": 14,
        "region": "eu-west-1",
    },
)
STOP = Action("delete", COPIES.address, COPIES.kind, observed=COPIES, consent=True)
STOPPED = "backup_replication.main: what was replicated of the backups of prod-main to eu-west-1 is "
STAYS = "kept there until its retention of 14 days is over, and so is its key."

PROMOTED = gone("db_replica", "main/reader", promoted=True)


def plan(*actions: Action) -> Plan:
    return Plan(tuple(actions))


@pytest.mark.parametrize(
    ("actions", "options", "expected"),
    [
        ([MAIN], {}, ["db_instance.main: a final snapshot and the automated backups of prod-main are kept."]),
        (
            [gone("db_instance", "main", "replace")],
            {},
            ["db_instance.main: a final snapshot and the automated backups of prod-main are kept."],
        ),
        ([MAIN], {"prod-main": DROP}, ["db_instance.main: nothing of prod-main is kept."]),
        ([MAIN], {"prod-main": Options(final_snapshot=False)}, ["db_instance.main: the automated backups of prod-main are kept."]),
        ([MAIN], {"prod-main": Options(delete_automated_backups=True)}, ["db_instance.main: a final snapshot of prod-main is kept."]),
        ([gone("db_instance", "main", retention=0)], {}, ["db_instance.main: a final snapshot of prod-main is kept."]),
        ([READER], {}, ["db_replica.main/reader: nothing of prod-main-reader is kept."]),
        ([PROMOTED], {}, ["db_replica.main/reader: a final snapshot and the automated backups of prod-main-reader are kept."]),
        ([STOP], {}, [STOPPED + STAYS]),
        ([replace(STOP, verb="replace")], {}, [STOPPED + STAYS]),
        ([STOP], {"prod-main": DROP}, [f"{STOPPED}deleted."]),
        ([replace(STOP, consent=False)], {}, []),
        ([gone("db_instance", "main", consent=False)], {}, []),
        ([gone("db_instance", "main", "update")], {}, []),
        ([], {}, []),
    ],
)
def test_what_remains_of_an_instance(actions: list[Action], options: dict[str, Options], expected: list[str]) -> None:
    assert remains(plan(*actions), options, KEEP, {}) == expected


@pytest.mark.parametrize(
    ("actions", "options", "needed", "expected"),
    [
        ([MAIN, DATA], {}, {}, f"the key {KEY} stays: what is kept of its instances cannot be restored without it."),
        ([MAIN, DATA], {"prod-main": DROP}, {}, ""),
        ([DATA], {}, {KEY: ["snapshot old"]}, f"the key {KEY} stays: snapshot old cannot be read without it."),
        ([MAIN, DATA], {"prod-main": DROP}, {KEY: ["snapshot old"]}, f"the key {KEY} stays: snapshot old cannot be read without it."),
        ([DATA], {}, {"another key": ["snapshot old"]}, ""),
        ([DATA], {}, {}, ""),
        # Each key is for what is in its region.
        ([MAIN, FAR_KEY], {}, {}, ""),
        ([STOP, DATA], {}, {}, ""),
        ([STOP, FAR_KEY], {"prod-main": DROP}, {}, ""),
        ([STOP, FAR_KEY], {}, {}, f"the key {KEY} stays: what is kept of its instances cannot be restored without it."),
        ([FAR, FAR_KEY], {}, {}, f"the key {KEY} stays: what is kept of its instances cannot be restored without it."),
    ],
)
def test_whether_the_key_stays(actions: list[Action], options: dict[str, Options], needed: dict[str, list[str]], expected: str) -> None:
    said = [text for text in remains(plan(*actions), options, KEEP, needed) if text.startswith("database_key.")]
    assert bool(said) is bool(expected)
    assert all(expected in text and text.endswith("It loses its alias and its owner tags.") for text in said)


@pytest.mark.parametrize(
    ("options", "default", "expected"),
    [
        ({}, KEEP, []),
        ({"prod-main": DROP}, KEEP, ["prod-main"]),
        ({"prod-main": KEEP}, DROP, ["prod-main-reader"]),
        ({}, DROP, ["prod-main", "prod-main-reader"]),
    ],
)
def test_instances_that_go_with_their_backups(options: dict[str, Any], default: Options, expected: list[str]) -> None:
    assert gone_with_backups(plan(MAIN, READER, DATA), options, default) == expected


def test_copies_elsewhere_go_with_their_replication_and_not_with_the_instance() -> None:
    drop = {"prod-main": DROP}
    assert gone_with_backups(plan(MAIN, DATA), drop, KEEP, "eu-west-1") == []
    assert gone_with_backups(plan(MAIN, STOP), drop, KEEP, "eu-west-1") == ["prod-main"]
    assert gone_with_backups(plan(STOP), drop, KEEP) == []
    assert (removed(plan(MAIN, FAR)), removed(plan(MAIN, FAR), "eu-west-1")) == (["prod-main"], ["prod-main-far"])
    assert looked_in(plan(MAIN, DATA, FAR_KEY)) == ["", "eu-west-1"]


def test_only_permitted_deletions_count() -> None:
    held = gone("db_instance", "held", consent=False)
    assert [action.address for action in deleted(plan(MAIN, held, DATA), ("db_instance",))] == ["db_instance.main"]
