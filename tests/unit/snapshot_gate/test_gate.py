# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The sequence of a gate: reading, taking, waiting, deleting. Tests are named after their rules in docs/snapshot-gate.md."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.recovery.moments import iso
from ansible_collections.mainstay.aws.plugins.module_utils.recovery.tags import measured
from ansible_collections.mainstay.aws.plugins.module_utils.snapshot_gate.judging.policy import Policy
from ansible_collections.mainstay.aws.plugins.module_utils.snapshot_gate.judging.pruning import Retention

from .fake_rds import LIMITS, Account, decision
from .samples import KEY, NOW


@pytest.fixture
def account() -> Account:
    return Account()


def test_a_gate(account: Account) -> None:
    account.rds.states["main-r1"] = [("creating", 0), ("creating", 50), ("available", 100)]
    verdict = account.gate()
    assert decision(verdict) == ("passed", "snapshot")
    assert verdict.taken
    assert account.said[0] == "main-r1 creating 0 %"
    assert account.rds.called.count("create_db_snapshot") == 1


def test_rule_01_a_busy_database_is_waited_for(account: Account) -> None:
    account.rds.database["DBInstanceStatus"] = "modifying"
    verdict = account.gate()
    assert decision(verdict) == ("refused", "database_state")
    assert "DB instance main is still modifying after 60 s" in verdict.sentence
    assert account.rds.snapshots == {}


@pytest.mark.parametrize(
    ("states", "expected", "said"),
    [
        ([("creating", 60), ("failed", 60)], "snapshot_failed", "main-r1 is failed; it had reached 60 %"),
        ([("creating", 40)], "stalled", "no progress for 2 min at 40 %"),
        ([("creating", 10), ("gone", 0)], "deleted_meanwhile", "was deleted"),
        ([("creating", percent) for percent in range(90)], "timeout", "is not complete after 2 min"),
    ],
)
def test_rule_02_how_waiting_ends(account: Account, states: list[tuple[str, int]], expected: str, said: str) -> None:
    account.rds.states["main-r1"] = list(states)
    limits = replace(LIMITS, snapshot=100.0 if expected == "timeout" else 600.0)
    verdict = account.gate(limits=limits)
    assert decision(verdict) == ("failed", expected)
    assert said in verdict.sentence
    assert verdict.token == ""


def test_rule_02_a_new_snapshot_may_not_be_visible_yet(account: Account) -> None:
    account.rds.faults["describe_db_snapshots"] = ["", "", "DBSnapshotNotFound", "DBSnapshotNotFound"]
    assert decision(account.gate()) == ("passed", "snapshot")


def test_rule_10_a_lost_reply_makes_one_snapshot(account: Account) -> None:
    account.rds.faults["create_db_snapshot"] = ["lost"]
    verdict = account.gate()
    assert decision(verdict) == ("passed", "snapshot")
    assert (list(account.rds.snapshots), verdict.taken) == (["main-r1"], True)


def test_rule_10_an_identifier_of_another_owner_is_left_alone(account: Account) -> None:
    account.rds.faults["create_db_snapshot"] = ["DBSnapshotAlreadyExists"]
    account.rds.add("main-r1", DbiResourceId="db-OTHER", DBInstanceIdentifier="other")
    assert decision(account.gate()) == ("passed", "snapshot")
    assert list(account.rds.snapshots) == ["main-r1", "main-r1-2"]


def test_rule_11_the_same_deployment_twice(account: Account) -> None:
    first, second = account.gate(), account.gate()
    assert (first.taken, second.taken) == (True, False)
    assert first.token == second.token


def test_rule_11_check_mode_changes_nothing(account: Account) -> None:
    assert decision(account.gate(check_mode=True)) == ("passed", "would_take")
    assert not [one for one in account.rds.called if not one.startswith("describe")]


def test_rule_12_all_pages_count(account: Account) -> None:
    for number in range(250):
        account.rds.add(f"s{number}")
    account.gate()
    account.gate()
    assert account.rds.called.count("create_db_snapshot") == 1


def test_rule_13_what_cannot_be_deleted_is_a_note(account: Account) -> None:
    for release in ("r0", "r1", "r2"):
        account.gate(deployment=release)
        account.clock.pause(10.0)
    account.rds.faults["delete_db_snapshot"] = ["InvalidDBSnapshotState"]
    verdict = account.gate(deployment="r3", retention=Retention(1, 0))
    assert decision(verdict) == ("passed", "snapshot")
    assert [note for note in verdict.notes if "could not be deleted" in note]
    assert len(verdict.pruned) == 2


def test_rule_14_a_member_stands_for_its_cluster(account: Account) -> None:
    account.rds.database["DBClusterIdentifier"] = "cluster"
    account.rds.clusters.append(
        {
            "DBClusterIdentifier": "cluster",
            "DbClusterResourceId": "cluster-X",
            "Status": "stopped",
            "StorageEncrypted": True,
            "KmsKeyId": KEY,
            "BackupRetentionPeriod": 7,
        }
    )
    verdict = account.gate(changes=())
    assert (verdict.database, verdict.resource_id) == ("cluster", "cluster-X")


def test_rule_20_a_token_is_checked_against_aws(account: Account) -> None:
    token = account.gate().token
    verify: dict[str, Any] = {"action": "verify", "tokens": {"main": token}}
    assert decision(account.gate(**verify)) == ("passed", "snapshot")
    account.rds.snapshots["main-r1"]["Status"] = "failed"
    assert decision(account.gate(**verify)) == ("failed", "complete")
    account.rds.snapshots["main-r1"]["Status"] = "available"
    assert decision(account.gate(**verify, policy=Policy(rpo=1000.0))) == ("refused", "token")
    account.clock.pause(3601.0)
    assert decision(account.gate(**verify)) == ("refused", "expired")
    account.rds.snapshots.clear()
    assert decision(account.gate(**{**verify, "tokens": {}})) == ("refused", "no_token")


def test_rule_20_a_deleted_snapshot_ends_its_token(account: Account) -> None:
    token = account.gate().token
    account.rds.snapshots.clear()
    assert decision(account.gate(action="verify", tokens={"main": token})) == ("refused", "token")


def test_rule_22_a_database_that_becomes_busy_is_waited_for(account: Account) -> None:
    account.rds.faults["create_db_snapshot"] = ["InvalidDBInstanceState", "InvalidDBInstanceState"]
    assert decision(account.gate()) == ("passed", "snapshot")


def test_rule_22_a_denial_names_the_action(account: Account) -> None:
    account.rds.faults["create_db_snapshot"] = ["AccessDenied"]
    verdict = account.gate()
    assert decision(verdict) == ("refused", "access_denied")
    assert "rds:create_db_snapshot" in verdict.sentence


def test_rule_30_snapshots_of_the_old_side_do_not_count(account: Account) -> None:
    account.rds.add("before", DbiResourceId="db-BLUE", SnapshotType="automated")
    verdict = account.gate(action="require")
    assert decision(verdict) == ("failed", "no_snapshot")
    assert "1 with its identifier are of an earlier database (db-BLUE)" in verdict.sentence
    assert "blue/green" in verdict.sentence


def test_a_deployment_that_changes_nothing_needs_no_snapshot(account: Account) -> None:
    verdict = account.gate(changes=())
    assert decision(verdict) == ("not_needed", "changes")
    assert verdict.token
    again = account.gate(action="verify", tokens={"main": verdict.token}, changes=())
    assert decision(again) == ("not_needed", "changes")
    assert decision(account.gate(action="verify", tokens={"main": verdict.token})) == ("refused", "token")
    assert account.rds.snapshots == {}


def test_the_way_back_has_what_the_last_drill_measured(account: Account) -> None:
    tags = measured({"snapshot": 12.0, "point_in_time": 24.0}, NOW)
    account.rds.database["TagList"] = [{"Key": name, "Value": value} for name, value in tags.items()]
    found = account.gate().way_back
    assert found is not None
    assert (found.method, found.minutes) == ("snapshot", 12.0)
    assert f"the last drill ({iso(NOW)[:10]}) took 12 min" in found.sentence
    given = account.gate(drill={"snapshot": 30.0}).way_back
    assert given is not None
    assert (given.method, given.minutes) == ("point_in_time", 24.0)
