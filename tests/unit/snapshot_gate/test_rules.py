# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The rules of docs/snapshot-gate.md as tables: each test is named after its rule's number."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.recovery import access, usability
from ansible_collections.mainstay.aws.plugins.module_utils.recovery.databases import (
    Key,
    Quota,
    Snapshot,
    cluster_of,
    instance_of,
    snapshot_of,
)
from ansible_collections.mainstay.aws.plugins.module_utils.recovery.progress import Progress
from ansible_collections.mainstay.aws.plugins.module_utils.recovery.states import readiness
from ansible_collections.mainstay.aws.plugins.module_utils.recovery.tags import is_leftover
from ansible_collections.mainstay.aws.plugins.module_utils.recovery.troubles import BUSY, reason_of
from ansible_collections.mainstay.aws.plugins.module_utils.snapshot_gate.judging import naming, pruning, restore, token
from ansible_collections.mainstay.aws.plugins.module_utils.snapshot_gate.judging.facts import Facts
from ansible_collections.mainstay.aws.plugins.module_utils.snapshot_gate.judging.policy import CHANGES, Policy, is_needed
from ansible_collections.mainstay.aws.plugins.module_utils.snapshot_gate.judging.pruning import DAY, Retention
from ansible_collections.mainstay.aws.plugins.module_utils.snapshot_gate.judging.verdict import (
    after,
    before,
    conclusion,
    not_needed,
    refusal,
    worst,
)
from ansible_collections.mainstay.aws.plugins.module_utils.snapshot_gate.judging.way_back import drill_minutes, earlier, way_back

from .samples import KEY, NOW, OTHER_KEY, database, facts, results, snapshot


def test_everything_is_good() -> None:
    assert set(results(facts()).values()) == {"passed"}
    assert conclusion(facts(), Policy(), "r1", after(facts(), Policy())).state == "passed"


# 1: the state of the database


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        *((state, "ready") for state in ("available", "storage-optimization")),
        *((state, "wait") for state in ("backing-up", "modifying", "upgrading", "rebooting", "maintenance", "configuring-log-exports")),
        *((state, "wait") for state in ("creating", "starting", "renaming", "resetting-master-credentials", "moving-to-vpc")),
        *((state, "never") for state in ("failed", "incompatible-network", "incompatible-parameters", "incompatible-restore")),
        *((state, "never") for state in ("inaccessible-encryption-credentials", "deleting", "stopped", "stopping", "storage-full")),
        ("inaccessible-encryption-credentials-recoverable", "never"),
        ("restore-error", "never"),
    ],
)
def test_rule_01_states(state: str, expected: str) -> None:
    assert readiness(database(status=state)) == expected
    assert results(facts({"status": state}))["database_state"] == ("failed" if expected == "never" else "passed")


def test_rule_01_a_full_database_that_may_still_grow_recovers() -> None:
    assert readiness(database(status="storage-full", max_allocated=200)) == "wait"
    assert readiness(database(status="storage-full", max_allocated=100)) == "never"


def test_rule_01_the_reason_says_what_to_do() -> None:
    verdict = refusal(facts({"status": "stopped"}), before(facts({"status": "stopped"}), Policy()))
    assert verdict is not None
    assert (verdict.state, verdict.reason) == ("refused", "database_state")
    assert "DB instance main is stopped" in verdict.sentence
    assert "Start it" in verdict.sentence


# 2: the state of the snapshot


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "passed"),
        ({"status": "creating", "percent": 60}, "failed"),
        ({"status": "failed", "percent": 60}, "failed"),
        ({"status": "deleting"}, "failed"),
        ({"status": "incompatible-restore"}, "failed"),
        ({"percent": 99}, "failed"),
    ],
)
def test_rule_02_complete(changes: dict[str, Any], expected: str) -> None:
    assert results(facts(snap=changes))["complete"] == expected


def test_rule_02_progress_rate_and_estimate() -> None:
    found = Progress(0.0, stall=100.0)
    for now, percent in ((0, 0), (60, 10), (120, 20), (130, 20)):
        found.report(now, percent)
    assert found.rate == 10.0
    assert found.left(130) == 470
    assert found.sentence(130) == "20 %, 10.0 % a minute, about 8 min left"
    assert (found.is_stalled(219), found.is_stalled(220)) == (False, True)


def test_rule_02_progress_that_has_not_begun_has_no_rate() -> None:
    found = Progress(0.0, stall=100.0)
    found.report(5, 0)
    assert (found.rate, found.left(5), found.sentence(5)) == (None, None, "0 %")


# 3: an existing snapshot


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, ("reuse", "")),
        ({"status": "creating"}, ("adopt", "")),
        ({"status": "creating", "created": None, "original": None}, ("adopt", "")),
        ({"status": "failed"}, ("new", "main-r1-2")),
        ({"status": "deleting"}, ("new", "main-r1-2")),
        ({"age": 4000}, ("new", "main-r1-2")),
        ({"resource_id": "db-OLD"}, ("new", "main-r1-2")),
        ({"tags": {}}, ("new", "main-r1-2")),
    ],
)
def test_rule_03_what_becomes_of_the_snapshot_with_the_identifier(changes: dict[str, Any], expected: tuple[str, str]) -> None:
    one = snapshot(**changes)
    choice = naming.choose(database(), "r1", [one], Policy(), NOW)
    assert (choice.how, choice.name) == expected
    assert choice.snapshot == (None if expected[0] == "new" else one)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ([], None),
        ([snapshot(age=100), snapshot("b", age=50)], "b"),
        ([snapshot(age=100), snapshot("b", age=50, status="failed")], "main-r1"),
        ([snapshot(age=9000), snapshot("b", age=9500)], "main-r1"),
        ([snapshot(age=9000), snapshot("b", age=10, status="creating")], "b"),
        ([snapshot(tags={}, kind="automated")], "main-r1"),
        ([snapshot(kind="awsbackup")], None),
        ([snapshot(resource_id="db-OLD")], None),
    ],
)
def test_rule_03_which_snapshot_is_required(found: list[Snapshot], expected: str | None) -> None:
    choice = naming.existing(database(), found, Policy(), NOW)
    assert (choice.snapshot.identifier if choice and choice.snapshot else None) == expected


# 4, 30: whose snapshot it is


@pytest.mark.parametrize(("resource_id", "expected"), [("db-MAIN", "passed"), ("db-OLD", "failed"), ("", "failed")])
def test_rule_04_the_resource_id_decides(resource_id: str, expected: str) -> None:
    assert results(facts(snap={"resource_id": resource_id}))["source"] == expected


def test_rule_30_after_a_switchover_the_reason_says_why() -> None:
    found = facts({"resource_id": "db-GREEN"})
    verdict = conclusion(found, Policy(), "r1", after(found, Policy()))
    assert (verdict.state, verdict.reason) == ("failed", "source")
    assert "db-GREEN" in verdict.sentence
    assert "blue/green" in verdict.sentence
    assert naming.choose(database(resource_id="db-GREEN"), "r1", found.snapshots, Policy(), NOW).how == "new"


# 5, 6: times


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "passed"),
        ({"created": NOW + 3, "original": NOW + 3, "database_time": NOW + 3}, "passed"),
        ({"created": NOW + 60, "original": NOW + 60, "database_time": NOW}, "failed"),
        ({"database_time": NOW + 60}, "failed"),
        ({"created": None, "original": None, "database_time": None}, "failed"),
    ],
)
def test_rule_05_times_ahead_of_awss_clock(changes: dict[str, Any], expected: str) -> None:
    assert results(facts(snap=changes))["times"] == expected


def test_rule_05_a_copy_is_as_old_as_its_original() -> None:
    assert results(facts(snap={"created": NOW - 10, "original": NOW - 9000}))["fresh"] == "failed"
    assert results(facts(snap={"created": NOW - 10, "original": None}))["fresh"] == "passed"


@pytest.mark.parametrize(
    ("changes", "lag", "expected"),
    [
        ({"database_time": NOW - 100}, None, "passed"),
        ({"database_time": NOW - 2000}, None, "failed"),
        ({"database_time": NOW - 500}, 600.0, "failed"),
        ({"database_time": None}, 901.0, "failed"),
    ],
)
def test_rule_05_the_last_transaction_is_within_the_rpo(changes: dict[str, Any], lag: float | None, expected: str) -> None:
    assert results(facts(snap=changes, replica_lag=lag))["recovery_point"] == expected


@pytest.mark.parametrize(("age", "expected"), [(0, "passed"), (3600, "passed"), (3601, "failed")])
def test_rule_06_age_counts_from_the_start(age: float, expected: str) -> None:
    found = facts(snap={"age": age, "database_time": None})
    assert results(found, Policy(max_age=3600))["fresh"] == expected
    verdict = conclusion(found, Policy(max_age=3600), "r1", after(found, Policy(max_age=3600)))
    assert verdict.expires == (NOW - age + 3600 if expected == "passed" else None)


# 7: what it has to be


@pytest.mark.parametrize(
    ("of", "snap", "policy", "name", "expected"),
    [
        ({}, {"encrypted": False, "encryption_type": "none"}, {}, "encrypted", "failed"),
        ({}, {"encrypted": False}, {"require_encryption": False}, "encrypted", "warning"),
        ({}, {"encryption_type": "sse-rds"}, {}, "encrypted", "passed"),
        ({}, {"kms_key": OTHER_KEY}, {}, "key", "failed"),
        ({}, {"kms_key": OTHER_KEY}, {"kms_key": OTHER_KEY}, "key", "passed"),
        ({}, {}, {"kms_key": OTHER_KEY}, "key", "failed"),
        ({}, {"engine": "mysql"}, {}, "version", "failed"),
        ({"engine_version": "17.5"}, {}, {}, "version", "failed"),
        ({"allocated": 200}, {}, {}, "storage", "warning"),
        ({"allocated": 50}, {}, {}, "storage", "passed"),
        ({}, {"allocated": 0}, {}, "storage", "failed"),
    ],
)
def test_rule_07_what_it_is(of: dict[str, Any], snap: dict[str, Any], policy: dict[str, Any], name: str, expected: str) -> None:
    assert results(facts(of, snap), Policy(**policy))[name] == expected


@pytest.mark.parametrize(
    ("of", "policy", "name", "expected"),
    [
        ({"encrypted": False}, {}, "database_encrypted", "failed"),
        ({"encrypted": False}, {"require_encryption": False}, "database_encrypted", None),
        ({}, {}, "database_encrypted", None),
        ({}, {"kms_key": OTHER_KEY}, "database_key", "failed"),
        ({}, {"kms_key": KEY}, "database_key", "passed"),
        ({}, {}, "database_key", None),
    ],
)
def test_rule_07_what_no_snapshot_could_be(of: dict[str, Any], policy: dict[str, Any], name: str, expected: str | None) -> None:
    assert results(facts(of), Policy(**policy)).get(name) == expected


@pytest.mark.parametrize(
    ("shared", "allowed", "expected"),
    [
        ((), (), ("passed", "passed")),
        (("all",), (), ("failed", "passed")),
        (("111111111111",), (), ("passed", "failed")),
        (("111111111111",), ("111111111111",), ("passed", "passed")),
        (("111111111111", "222222222222"), ("111111111111",), ("passed", "failed")),
        (None, (), (None, None)),
    ],
)
def test_rule_07_who_may_restore_it(shared: tuple[str, ...] | None, allowed: tuple[str, ...], expected: tuple[str | None, ...]) -> None:
    found = results(facts(shared_with=shared), Policy(shared_with=allowed))
    assert (found.get("private"), found.get("shared")) == expected


# 8, 9: what it needs


@pytest.mark.parametrize(
    ("key", "policy", "expected"),
    [
        (Key(KEY), {}, ("passed", None)),
        (Key(KEY, "PendingDeletion"), {}, ("failed", None)),
        (Key(KEY, "Disabled"), {}, ("failed", None)),
        (Key(KEY, "", "", "kms:DescribeKey (AccessDenied): no"), {}, ("failed", None)),
        (Key(KEY, manager="AWS"), {}, ("passed", None)),
        (Key(KEY, manager="AWS"), {"shared_with": ("111111111111",)}, ("passed", "failed")),
        (Key(KEY), {"shared_with": ("111111111111",)}, ("passed", "passed")),
    ],
)
def test_rule_08_the_key(key: Key, policy: dict[str, Any], expected: tuple[str, str | None]) -> None:
    found = results(facts(key=key), Policy(**policy))
    assert (found["key_usable"], found.get("default_key")) == expected


def test_rule_08_a_key_that_cannot_be_read_is_not_called_disabled() -> None:
    found = facts(key=Key(KEY, "", "", "kms:DescribeKey (AccessDenied): no"))
    verdict = refusal(found, before(found, Policy()))
    assert verdict is not None
    assert "cannot be read: kms:DescribeKey (AccessDenied): no" in verdict.sentence


@pytest.mark.parametrize(("used", "expected"), [(0, "passed"), (99, "passed"), (100, "failed"), (150, "failed")])
def test_rule_09_the_quota(used: int, expected: str) -> None:
    assert results(facts(quota=Quota(used, 100)))["quota"] == expected


def test_rule_09_the_refusal_has_figures() -> None:
    found = facts(quota=Quota(100, 100))
    verdict = refusal(found, before(found, Policy()))
    assert verdict is not None
    assert verdict.reason == "quota"
    assert "100 of 100" in verdict.sentence


@pytest.mark.parametrize(("count", "expected"), [(1, []), (2, ["main-s1"]), (3, ["main-s2", "main-s1"])])
def test_rule_09_room_is_never_made_of_the_newest(count: int, expected: list[str]) -> None:
    found = [snapshot(f"main-s{number}", age=number * 100, deployment=f"s{number}") for number in range(count)]
    assert [one.identifier for one in pruning.room(database(), found, Retention(1, 0), NOW)] == expected


def test_rule_09_room_is_not_made_of_an_old_one_that_is_the_only_one() -> None:
    assert pruning.room(database(), [snapshot(age=100 * DAY)], Retention(1, 1.0), NOW) == []


# 10, 11, 25: names and tags


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, True),
        ({"deployment": "r2"}, False),
        ({"tags": {}}, False),
        ({"tags": {**snapshot().tags, "mainstay:managed-by": "me"}}, False),
        ({"resource_id": "db-OLD"}, False),
        ({"kind": "automated"}, False),
    ],
)
def test_rule_10_a_snapshot_after_a_lost_reply_is_ours_by_its_tags(changes: dict[str, Any], expected: bool) -> None:
    assert naming.is_of_deployment(snapshot(**changes), database(), "r1") is expected


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (("main", "r1"), "main-r1"),
        (("Main", "2026-11-30.1"), "main-2026-11-30-1"),
        (("main", "feature/x--y_"), "main-feature-x-y"),
        (("1main", "r1"), "s-1main-r1"),
        (("main", "ä"), "main"),
    ],
)
def test_rule_11_identifiers(names: tuple[str, str], expected: str) -> None:
    assert naming.base_name(*names) == expected


def test_rule_11_long_identifiers_differ() -> None:
    first, second = naming.base_name("m" * 63, "x" * 300 + "1"), naming.base_name("m" * 63, "x" * 300 + "2")
    assert first != second
    assert max(len(first), len(second)) <= 252


def test_rule_11_the_next_one_of_a_deployment() -> None:
    assert naming.next_name("a", []) == "a"
    assert naming.next_name("a", ["a", "a-2"]) == "a-3"


def test_rule_25_the_databases_own_tags_come_along() -> None:
    found = naming.tags_for(database(), "r1", {"ticket": "7"})
    assert found == {
        "team": "shop",
        "ticket": "7",
        "mainstay:managed-by": "rds_snapshot_gate",
        "mainstay:database": "db-MAIN",
        "mainstay:deployment": "r1",
    }


# 13: pruning

RELEASES = [snapshot(f"main-s{number}", age=number * DAY + 60, deployment=f"s{number}") for number in range(5)]


@pytest.mark.parametrize(
    ("keep", "days", "change", "expected"),
    [
        (5, 0.0, {}, []),
        (3, 0.0, {}, ["s4", "s3"]),
        (1, 0.0, {}, ["s4", "s3", "s2", "s1"]),
        (10, 2.5, {}, ["s4", "s3"]),
        (10, 0.5, {}, ["s4", "s3", "s2", "s1"]),
        (3, 0.0, {"s4": {"status": "failed"}}, ["s3"]),
        (3, 0.0, {"s4": {"kind": "awsbackup"}}, ["s3"]),
        (3, 0.0, {"s4": {"kind": "automated"}}, ["s3"]),
        (3, 0.0, {"s4": {"resource_id": "db-OLD"}}, ["s3"]),
        (3, 0.0, {"s4": {"tags": {}}}, ["s3"]),
        (3, 0.0, {"s4": {"tags": {**snapshot(deployment="s4").tags, "mainstay:hold": "case 12"}}}, ["s3"]),
    ],
)
def test_rule_13_what_is_deleted(keep: int, days: float, change: dict[str, dict[str, Any]], expected: list[str]) -> None:
    found = [replace(one, **change.get(one.identifier.removeprefix("main-"), {})) for one in RELEASES]
    going = pruning.to_delete(database(), found, Retention(keep, days), NOW)
    assert [one.identifier for one in going] == [f"main-{name}" for name in expected]


def test_rule_13_never_the_last_good_one() -> None:
    old = [snapshot("main-r1", age=100 * DAY), snapshot("main-r1-2", age=DAY, status="failed")]
    assert pruning.to_delete(database(), old, Retention(1, 1.0), NOW) == []


def test_rule_13_never_the_one_in_use_or_one_that_is_being_copied() -> None:
    copy = snapshot("copy", age=0, status="copying", copied_from=RELEASES[4].arn, tags={})
    found = pruning.to_delete(database(), [*RELEASES, copy], Retention(1, 0.0), NOW, spare=RELEASES[3].arn)
    assert [one.identifier for one in found] == ["main-s2", "main-s1"]


# 14, 15, 16: the database


def test_rule_14_clusters() -> None:
    found = facts({"is_cluster": True, "multi_az": False, "allocated": 1}, {"allocated": 1})
    assert results(found)["cluster"] == "passed"
    assert "storage" not in results(found)
    assert "cluster" not in results(facts())
    described = cluster_of({"DBClusterIdentifier": "c", "DbClusterResourceId": "cluster-X", "Status": "available"})
    assert (described.is_cluster, str(described)) == (True, "DB cluster c")


@pytest.mark.parametrize(
    ("of", "expected"),
    [({"multi_az": True}, None), ({"multi_az": False}, "warning"), ({"multi_az": False, "is_cluster": True}, None)],
)
def test_rule_15_without_a_standby_there_is_a_warning(of: dict[str, Any], expected: str | None) -> None:
    assert results(facts(of)).get("suspension") == expected


@pytest.mark.parametrize(("lag", "expected"), [(0.0, "passed"), (900.0, "passed"), (901.0, "failed"), (None, "failed")])
def test_rule_15_a_replica_that_lags(lag: float | None, expected: str) -> None:
    assert results(facts({"replica_of": "primary"}, replica_lag=lag))["replica"] == expected


@pytest.mark.parametrize(
    ("of", "pitr", "expected"),
    [
        ({}, "required", ("passed", "passed")),
        ({"retention_days": 0}, "required", ("failed", None)),
        ({"retention_days": 0}, "optional", ("warning", None)),
        ({"latest_restorable": None}, "required", ("passed", "failed")),
        ({"latest_restorable": NOW - 900}, "required", ("passed", "passed")),
        ({"latest_restorable": NOW - 901}, "required", ("passed", "failed")),
        ({"latest_restorable": NOW - 901}, "optional", ("passed", "warning")),
    ],
)
def test_rule_16_point_in_time_recovery(of: dict[str, Any], pitr: str, expected: tuple[str, str | None]) -> None:
    found = results(facts(of), Policy(pitr=pitr))
    assert (found["pitr_on"], found.get("pitr_lag")) == expected


# 20: the token


@pytest.mark.parametrize(
    ("deployment", "resource_id", "arn", "policy", "expected"),
    [
        ("r1", "db-MAIN", "arn", {}, True),
        ("r2", "db-MAIN", "arn", {}, False),
        ("r1", "db-OTHER", "arn", {}, False),
        ("r1", "db-MAIN", "arn2", {}, False),
        ("r1", "db-MAIN", "arn", {"rpo": 800.0}, False),
        ("r1", "db-MAIN", "", {}, False),
    ],
)
def test_rule_20_a_token_fits_one_deployment(deployment: str, resource_id: str, arn: str, policy: dict[str, Any], expected: bool) -> None:
    made = token.make("r1", "db-MAIN", "arn", Policy(), NOW)
    assert token.fits(made, deployment, resource_id, arn, Policy(**policy)) is expected


def test_rule_20_the_expiry_cannot_be_changed() -> None:
    made = token.make("r1", "db-MAIN", "arn", Policy(), NOW)
    assert token.expiry_of(made) == NOW
    later = made.replace(str(int(NOW)), str(int(NOW) + 1))
    assert token.expiry_of(later) == NOW + 1
    assert not token.fits(later, "r1", "db-MAIN", "arn", Policy())
    assert [token.expiry_of(bad) for bad in ("", "x", "1.2.3", made[:-1])] == [None] * 4


def test_rule_20_only_a_verdict_that_lets_pass_has_a_token() -> None:
    bad = facts(snap={"status": "failed"})
    assert conclusion(bad, Policy(), "r1", after(bad, Policy())).token == ""
    assert conclusion(facts(), Policy(), "r1", after(facts(), Policy())).token
    assert not_needed(facts(), Policy(), "r1", "why").token


# 21: writes after the snapshot


@pytest.mark.parametrize(
    ("required", "connections", "expected"),
    [(False, None, "passed"), (False, 5.0, "passed"), (True, 0.0, "passed"), (True, 5.0, "failed"), (True, None, "failed")],
)
def test_rule_21_writes_after_the_snapshot(required: bool, connections: float | None, expected: str) -> None:
    assert results(facts(connections=connections), Policy(require_quiesced=required))["quiesced"] == expected


def test_rule_21_what_going_back_loses_is_reported() -> None:
    (found,) = [check for check in after(facts(snap={"database_time": NOW - 300}), Policy()) if check.name == "quiesced"]
    assert found.finding.evidence["seconds"] == 300
    assert "5 min" in found.finding.sentence


# 22: errors of AWS


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("AccessDenied", "access_denied"),
        ("DBInstanceNotFound", "no_database"),
        ("DBClusterNotFoundFault", "no_database"),
        ("SnapshotQuotaExceeded", "quota"),
        ("KMSKeyNotAccessibleFault", "key_usable"),
        ("InternalFailure", "aws_error"),
    ],
)
def test_rule_22_reasons(code: str, expected: str) -> None:
    assert reason_of(code) == expected


@pytest.mark.parametrize("code", ["InvalidDBInstanceState", "InvalidDBClusterStateFault"])
def test_rule_22_a_busy_database_is_waited_for(code: str) -> None:
    assert code in BUSY


# 24: AWS Backup


@pytest.mark.parametrize(("counts", "expected"), [(False, "failed"), (True, "passed")])
def test_rule_24_snapshots_of_aws_backup(counts: bool, expected: str) -> None:
    one = snapshot(kind="awsbackup", tags={})
    policy = Policy(count_aws_backup=counts)
    assert results(facts(snap={"kind": "awsbackup"}), policy)["aws_backup"] == expected
    assert (naming.existing(database(), [one], policy, NOW) is not None) is counts


def test_rule_24_the_live_retention_counts() -> None:
    found = facts({"backup_owner": "arn:aws:backup:x", "retention_days": 3})
    (check,) = [one for one in before(found, Policy()) if one.name == "pitr_on"]
    assert check.finding.sentence == "Automated backups are kept for 3 days (set by AWS Backup)"
    assert "aws_backup" not in results(facts())


# 26: what is read


def test_rule_26_tags_are_read_with_the_snapshot() -> None:
    found = snapshot_of({"DBSnapshotIdentifier": "a", "TagList": [{"Key": "x", "Value": "1"}, {"Key": "y"}]})
    assert found.tags == {"x": "1", "y": ""}


@pytest.mark.parametrize("state", ["pending", "copying", "creating"])
def test_rule_26_states_of_copies_are_waited_for(state: str) -> None:
    choice = naming.choose(database(), "r1", [snapshot(status=state)], Policy(), NOW)
    assert choice.how == "adopt"


# The decision, and the advice


@pytest.mark.parametrize(
    ("changes", "needed_for", "expected"),
    [
        (None, CHANGES, True),
        ((), CHANGES, False),
        (("migration",), CHANGES, True),
        (("parameters",), ("migration", "data"), False),
        (("parameters", "data"), ("migration", "data"), True),
        (None, (), True),
    ],
)
def test_whether_a_snapshot_is_needed(changes: tuple[str, ...] | None, needed_for: tuple[str, ...], expected: bool) -> None:
    needed, why = is_needed(Policy(needed_for=needed_for), changes)
    assert needed is expected
    assert why


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        (["passed", "not_needed"], "passed"),
        (["not_needed"], "not_needed"),
        (["refused", "passed"], "refused"),
        (["refused", "failed", "passed"], "failed"),
        ([], "failed"),
    ],
)
def test_the_verdict_on_several(states: list[str], expected: str) -> None:
    assert worst(states) == expected


@pytest.mark.parametrize(
    ("found", "took", "expected"),
    [
        (facts(), {}, ("point_in_time", None)),
        (facts(), {"point_in_time": 24.0, "snapshot": 31.0}, ("point_in_time", 24.0)),
        (facts(), {"point_in_time": 50.0, "snapshot": 31.0}, ("snapshot", 31.0)),
        (facts({"latest_restorable": NOW - 2000}), {}, ("snapshot", None)),
        (facts({"retention_days": 0}), {"snapshot": 31.0}, ("snapshot", 31.0)),
        (facts({"retention_days": 0}, {"status": "failed"}), {}, ("none", None)),
    ],
)
def test_the_fastest_way_back(found: Facts, took: dict[str, float], expected: tuple[str, float | None]) -> None:
    advice = way_back(found, Policy(), took)
    assert (advice.method, advice.minutes) == expected


def test_the_minutes_of_the_last_drill() -> None:
    tags = {"mainstay:restore-minutes-point-in-time": "24.5", "mainstay:restore-minutes-snapshot": "unknown"}
    assert drill_minutes({}, tags) == {"point_in_time": 24.5}
    assert drill_minutes({"point_in_time": 10, "snapshot": None}, tags) == {"point_in_time": 10.0}


@pytest.mark.parametrize(
    ("gap_hours", "seconds", "expected"),
    [
        (24, 3600, "about 2 min"),
        (24, 300, ""),
        (1.5, 3600, ""),
        (None, 3600, "first snapshot"),
    ],
)
def test_whether_an_hour_earlier_would_have_helped(gap_hours: float | None, seconds: float, expected: str) -> None:
    others = [snapshot("before", age=60 + gap_hours * 3600)] if gap_hours else []
    said = earlier(snapshot(age=60), [snapshot(age=60), *others], seconds)
    assert expected in said
    assert bool(said) is bool(expected)


def test_an_instance_as_rds_describes_it() -> None:
    found = instance_of({"DBInstanceIdentifier": "a", "DbiResourceId": "db-A", "DBInstanceStatus": "available", "AllocatedStorage": 20})
    assert (found.identifier, found.resource_id, found.allocated, found.retention_days) == ("a", "db-A", 20, 0)


# 17, 18, 19, 23, 27, 28, 29: the test restore

SOURCE = {
    "DBInstanceClass": "db.r6g.large",
    "DBSubnetGroup": {"DBSubnetGroupName": "isolated"},
    "VpcSecurityGroups": [{"VpcSecurityGroupId": "sg-1"}],
    "DBParameterGroups": [{"DBParameterGroupName": "own"}],
}


def asked(of: dict[str, Any] | None = None, **proof: Any) -> dict[str, Any]:
    return restore.request(SOURCE, database(**(of or {})), snapshot(), restore.Proof("SELECT 1", **proof), "r1", "proof-main", NOW)


def test_rule_17_a_test_restore_is_isolated_cheap_and_temporary() -> None:
    found = asked()
    tags = {tag["Key"]: tag["Value"] for tag in found.pop("Tags")}
    assert found == {
        "DBInstanceIdentifier": "proof-main",
        "DBSnapshotIdentifier": snapshot().arn,
        "DBInstanceClass": "db.r6g.large",
        "AllocatedStorage": 100,
        "DBSubnetGroupName": "isolated",
        "VpcSecurityGroupIds": ["sg-1"],
        "DBParameterGroupName": "own",
        "MultiAZ": False,
        "PubliclyAccessible": False,
        "DeletionProtection": False,
        "AutoMinorVersionUpgrade": False,
        "CopyTagsToSnapshot": False,
        "BackupRetentionPeriod": 0,
    }
    assert tags == {
        "mainstay:managed-by": "rds_snapshot_gate",
        "mainstay:purpose": "proof",
        "mainstay:database": "db-MAIN",
        "mainstay:run": "r1",
        "mainstay:expires": str(int(NOW) + 7200),
    }
    given = asked(instance_class="db.t4g.micro", subnet_group="test", security_groups=("sg-2",), parameter_group="other")
    values = ("DBInstanceClass", "DBSubnetGroupName", "VpcSecurityGroupIds", "DBParameterGroupName")
    assert [given[name] for name in values] == ["db.t4g.micro", "test", ["sg-2"], "other"]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, True),
        ({"mainstay:managed-by": "me"}, False),
        ({"mainstay:purpose": "drill"}, False),
        ({"mainstay:database": ""}, False),
        ({"mainstay:run": "r0"}, False),
        ({"mainstay:run": "r0", "mainstay:expires": str(int(NOW) - 1)}, True),
        ({"mainstay:database": "db-OTHER", "mainstay:expires": str(int(NOW) - 1)}, True),
        ({"mainstay:database": "db-OTHER"}, False),
        ({"mainstay:expires": ""}, False),
        ({"mainstay:hold": "audit"}, False),
    ],
)
def test_rule_17_what_is_left_is_found_by_its_tags(change: dict[str, str], expected: bool) -> None:
    tags = {tag["Key"]: tag["Value"] for tag in asked()["Tags"]} | change
    assert is_leftover(tags, restore.maker("r1"), NOW, "db-MAIN") is expected


def test_rule_17_each_attempt_has_a_name_of_its_own() -> None:
    long = database(identifier="m" * 63)
    assert len(restore.name_for(long, "r1", NOW)) <= 63
    assert restore.name_for(long, "r1", NOW) != restore.name_for(long, "r1", NOW + 1)


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("SELECT 1", ""),
        ("select 1;", ""),
        ("  -- why\n/* so */ with x as (select 1) table x", ""),
        ("((SELECT 1) UNION (SELECT 2))", ""),
        ("(/* so */ VALUES (1))", ""),
        ("SELECT ';' AS semicolon, $$;$$ -- ; no end", ""),
        ("table orders", ""),
        ("show server_version", ""),
        ("explain select 1", ""),
        ("EXPLAIN ANALYZE DELETE FROM orders", ""),
        ("WITH gone AS (DELETE FROM orders RETURNING id) SELECT * FROM gone", ""),
        ("DELETE FROM orders", "begins with none of SELECT"),
        ("/* SELECT */ drop table x", "begins with none of SELECT"),
        ("/* /* */ SELECT */ DELETE FROM orders", "begins with none of SELECT"),
        ("-- SELECT\nDELETE FROM orders", "begins with none of SELECT"),
        ("(DELETE FROM orders)", "begins with none of SELECT"),
        ("SELECTED", "begins with none of SELECT"),
        ("1", "begins with none of SELECT"),
        ("SELECT 1; DELETE FROM orders", "has 2 statements"),
        ("SELECT 1; COMMIT; DELETE FROM orders; SELECT 1", "has 4 statements"),
        ("", "has 0 statements"),
        ("  ; -- nothing", "has 0 statements"),
        ("SELECT 'x", "cannot be read"),
        ("\\! rm -rf", "cannot be read"),
    ],
)
def test_rule_17_a_smoke_query_only_reads(query: str, said: str) -> None:
    found = restore.query_problem(query)
    assert bool(found) is bool(said)
    assert said in found


def test_rule_18_the_password_is_managed_by_a_change_after_the_restore() -> None:
    assert not [name for name in asked() if "Password" in name or "Secret" in name]
    assert usability.password_change("proof-main") == {
        "DBInstanceIdentifier": "proof-main",
        "ManageMasterUserPassword": True,
        "ApplyImmediately": True,
    }


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("InsufficientDBInstanceCapacity", "restore_capacity"),
        ("InstanceQuotaExceeded", "restore_quota"),
        ("StorageQuotaExceeded", "restore_storage_quota"),
        ("KMSKeyNotAccessibleFault", "key_usable"),
        ("InvalidRestoreFault", "restore_refused"),
    ],
)
def test_rule_19_why_a_restore_was_refused(code: str, expected: str) -> None:
    assert reason_of(code) == expected


@pytest.mark.parametrize(
    ("status", "address", "expected"),
    [
        ("creating", "", "wait"),
        ("creating", "host", "wait"),
        ("backing-up", "host", "ready"),
        ("backing-up", "", "wait"),
        ("available", "host", "ready"),
        ("rebooting", "host", "wait"),
        ("incompatible-restore", "", "never"),
        ("failed", "", "never"),
    ],
)
def test_rule_23_a_restored_instance_is_usable_as_soon_as_it_answers(status: str, address: str, expected: str) -> None:
    assert usability.usability({"DBInstanceStatus": status, "Endpoint": {"Address": address}}) == expected


def test_rule_23_a_test_restore_asks_for_no_backups() -> None:
    assert asked()["BackupRetentionPeriod"] == 0


@pytest.mark.parametrize(
    ("code", "message", "expected"),
    [
        ("InvalidParameterCombination", "Please use a Parameter Group with DBParameterGroupFamily postgres18", True),
        ("InvalidParameterCombination", "RDS does not support this class", False),
        ("InvalidParameterValue", "DBParameterGroupFamily", False),
    ],
)
def test_rule_19_another_family_means_that_rds_would_upgrade(code: str, message: str, expected: bool) -> None:
    assert usability.means_upgrade(code, message) is expected


@pytest.mark.parametrize(("status", "expected"), [("in-sync", False), ("pending-reboot", True), ("applying", False)])
def test_rule_27_parameters_that_wait_for_a_reboot(status: str, expected: bool) -> None:
    assert usability.needs_reboot({"DBParameterGroups": [{"ParameterApplyStatus": status}]}) is expected


@pytest.mark.parametrize(("allocated", "expected"), [(50, 100), (100, 100), (200, 200)])
def test_rule_28_a_restore_takes_the_larger_storage(allocated: int, expected: int) -> None:
    assert asked({"allocated": allocated})["AllocatedStorage"] == expected


def test_rule_29_the_pending_password_is_tried_too() -> None:
    assert access.STAGES == ("AWSCURRENT", "AWSPENDING")
