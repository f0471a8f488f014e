# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Statuses, pending values, credentials, final snapshots, keys, logs, refusals, and what blue/green deployments leave."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.domains.rds.kinds import (
    db_instance_blue_green as blue_green,
)
from ansible_collections.mainstay.aws.plugins.module_utils.domains.rds.kinds import (
    db_instance_credentials as credentials,
)
from ansible_collections.mainstay.aws.plugins.module_utils.domains.rds.kinds import db_instance_final as final
from ansible_collections.mainstay.aws.plugins.module_utils.domains.rds.kinds import db_instance_keys as keys
from ansible_collections.mainstay.aws.plugins.module_utils.domains.rds.kinds import db_instance_pending as pending
from ansible_collections.mainstay.aws.plugins.module_utils.domains.rds.kinds import db_instance_refusals as refusals
from ansible_collections.mainstay.aws.plugins.module_utils.domains.rds.kinds import db_instance_states as states
from ansible_collections.mainstay.aws.plugins.module_utils.domains.rds.kinds import db_instance_upgrade_log as upgrade_log
from ansible_collections.mainstay.aws.plugins.module_utils.kinds.kept_key import still_needs
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.errors import CallFailed, NotYet
from ansible_collections.mainstay.aws.plugins.module_utils.text import final_names

NOW = datetime(2026, 11, 30, 8, 0, 5, tzinfo=UTC)
SECRET = "arn:aws:secretsmanager:eu-west-1:210987654321:secret:prod-main/master-AbCdEf"
ARN = "arn:aws:rds:eu-west-1:210987654321:db:prod-main"


@pytest.mark.parametrize(
    ("status", "state", "broken"),
    [
        ("available", "ready", False),
        ("backing-up", "ready", False),
        ("storage-optimization", "ready", False),
        ("configuring-log-exports", "ready", False),
        ("creating", "pending", False),
        ("modifying", "pending", False),
        ("upgrading", "pending", False),
        ("deleting", "deleting", False),
        ("stopped", "ready", True),
        ("storage-full", "ready", True),
        ("failed", "ready", True),
        ("incompatible-parameters", "ready", True),
        ("inaccessible-encryption-credentials-recoverable", "ready", True),
        ("a-status-of-2030", "ready", False),
    ],
)
def test_statuses(status: str, state: str, broken: bool) -> None:
    """Nothing is ever replaced because of its status: that would destroy its data without consent."""
    assert (states.state_of(status), states.is_broken(status)) == (state, broken)
    assert bool(states.said({"DBInstanceStatus": status})) is broken


def test_a_broken_instance_says_why() -> None:
    raw = {
        "DBInstanceStatus": "incompatible-network",
        "StatusInfos": [{"Normal": True, "Message": "fine"}, {"Normal": False, "Message": "No free addresses."}],
    }
    assert states.said(raw).startswith("the instance is incompatible-network (No free addresses). RDS cannot use its subnets")


WAITING: dict[str, Any] = {
    "DBInstanceStatus": "available",
    "PreferredMaintenanceWindow": "sun:03:00-sun:04:00",
    "EnabledCloudwatchLogsExports": ["postgresql"],
    "PendingModifiedValues": {
        "DBInstanceClass": "db.r7g.large",
        "MultiAZ": False,
        "PendingCloudwatchLogsExports": {"LogTypesToEnable": ["upgrade"], "LogTypesToDisable": ["postgresql"]},
    },
}


def test_pending_values_read_as_they_will_be() -> None:
    assert pending.pending(WAITING) == {"db_instance_class": "db.r7g.large", "multi_az": False, pending.LOGS: ["upgrade"]}
    assert pending.pending({}) == {}


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (WAITING, ["maintenance window (sun:03:00-sun:04:00 UTC): db_instance_class = db.r7g.large, multi_az = False"]),
        ({**WAITING, "DBInstanceStatus": "modifying"}, []),
        (
            {"DBParameterGroups": [{"DBParameterGroupName": "main-17", "ParameterApplyStatus": "pending-reboot"}]},
            ["static parameters of main-17 are pending: no maintenance window applies them"],
        ),
        ({"DBParameterGroups": [{"DBParameterGroupName": "a", "ParameterApplyStatus": "failed-to-apply"}]}, ["could not apply"]),
        ({"DBParameterGroups": [{"DBParameterGroupName": "a", "ParameterApplyStatus": "in-sync"}]}, []),
    ],
)
def test_what_waits_for_what(raw: dict[str, Any], expected: list[str]) -> None:
    found = pending.sentences(raw)
    assert len(found) == len(expected)
    for sentence, part in zip(found, expected, strict=True):
        assert part in sentence


KEY, TYPE = "MasterUserSecretKmsKeyId", "MasterUserAuthenticationType"
OURS = {"secret_arn": SECRET, "version": "1f2e"}


@pytest.mark.parametrize("form", [{"iam": True}, {"secret_arn": SECRET}, OURS])
def test_the_mark_remembers_what_rds_does_not_show(form: dict[str, Any]) -> None:
    assert credentials.observed({"DBInstanceArn": ARN}, {credentials.MARK: credentials.mark_of(form)}) == form


def test_a_managed_secret_needs_no_mark() -> None:
    raw = {"MasterUserSecret": {"SecretArn": SECRET, "KmsKeyId": "k"}}
    assert credentials.observed(raw, {credentials.MARK: "iam"}) == {"managed": {"kms_key_id": "k"}}
    assert credentials.mark_of({"managed": {}}) == ""
    assert credentials.observed({}, {}) is None


@pytest.mark.parametrize(
    ("desired", "present", "drift"),
    [
        ({"managed": {}}, {"managed": {"kms_key_id": "k"}}, False),
        ({"managed": {"kms_key_id": "l"}}, {"managed": {"kms_key_id": "k"}}, True),
        ({"managed": {}}, {"iam": True}, True),
        ({"secret_arn": SECRET}, OURS, False),
        ({"secret_arn": SECRET, "version": "new"}, OURS, True),
        ({"secret_arn": SECRET + "2"}, OURS, True),
        (OURS, None, True),
        ({"iam": True}, {"iam": True}, False),
    ],
)
def test_drift_of_credentials(desired: dict[str, Any], present: dict[str, Any] | None, drift: bool) -> None:
    assert (credentials.kept(desired, present) != present) is drift


@pytest.mark.parametrize(
    ("present", "wanted", "expected"),
    [
        (
            {"iam": True},
            {"managed": {"kms_key_id": "k"}},
            {"ManageMasterUserPassword", "MasterUserSecretKmsKeyId", TYPE},
        ),
        (None, {"managed": {}}, {"ManageMasterUserPassword"}),
        ({"managed": {}}, OURS, {"ManageMasterUserPassword", "MasterUserPassword"}),
        ({"managed": {}}, {"iam": True}, {"ManageMasterUserPassword", "MasterUserPassword"}),
        ({"managed": {"kms_key_id": "k"}}, {"managed": {"kms_key_id": "l"}}, {"ManageMasterUserPassword", "MasterUserPassword"}),
        (OURS, {"secret_arn": SECRET, "version": "2"}, {"MasterUserPassword"}),
        ({"iam": True}, OURS, {"MasterUserPassword", TYPE}),
    ],
)
def test_from_one_form_to_another(present: dict[str, Any] | None, wanted: dict[str, Any], expected: set[str]) -> None:
    found = credentials.in_modify(present, wanted, "a password" if "secret_arn" in wanted else None)
    assert set(found) == expected
    if present and "managed" in present:
        assert found["ManageMasterUserPassword"] is False
    if "MasterUserPassword" in found:
        assert found["MasterUserPassword"]


@pytest.mark.parametrize(
    ("text", "password", "wrong"),
    [
        ('{"username": "a", "password": "Abcdefg1"}', "Abcdefg1", False),
        ("Abcdefg1", "Abcdefg1", False),
        ('{"password": "a/b@c\\"defg"}', 'a/b@c"defg', True),
        ("short", "short", True),
        ("{}", "", True),
    ],
)
def test_the_password_in_a_secret(text: str, password: str, wrong: bool) -> None:
    assert credentials.password_in(text) == password
    problem = credentials.password_problem(password)
    assert bool(problem) is wrong
    assert not password or password not in problem


def test_a_final_snapshot_has_a_name_and_a_mark_of_its_own() -> None:
    name = final_names.final_name("prod-main", NOW)
    assert name == "prod-main-final-20261130080005"
    assert final_names.is_final_of(name, "prod-main")
    assert not final_names.is_final_of(name, "prod")
    assert len(final_names.final_name("a" * 300, NOW)) == final_names.LONGEST
    marks = final.marks("prod-main", "db-ABC", name, NOW)
    assert marks[final.SOURCE] == "prod-main db-ABC"
    assert marks[final.WHEN] == "2026-11-30T08:00:05Z"
    assert final.named_in(marks) == name
    owner = {"mainstay:environment": "prod", "mainstay:component": "db", "mainstay:address": "db_instance.main", credentials.MARK: "iam"}
    assert final.surplus({**marks, **owner, "team": "a"}) == sorted(owner)


SNAPSHOTS = [
    {"DBSnapshotIdentifier": "prod-main-final-1", "DBInstanceIdentifier": "prod-main", "SnapshotType": "manual", "KmsKeyId": "arn:k/1"},
    {"DBSnapshotIdentifier": "rds:prod-main-1", "DBInstanceIdentifier": "prod-main", "SnapshotType": "automated", "KmsKeyId": "arn:k/2"},
    {"DBSnapshotIdentifier": "plain", "DBInstanceIdentifier": "x", "SnapshotType": "manual"},
]
BACKUPS = [{"DBInstanceIdentifier": "prod-main", "DbiResourceId": "db-A", "KmsKeyId": "arn:k/1"}]


@pytest.mark.parametrize(
    ("key", "deleting", "expected"),
    [
        ("arn:k/1", (), "snapshot prod-main-final-1, automated backups of prod-main cannot be read"),
        ("1", (), "snapshot prod-main-final-1"),
        ("arn:k/1", ("prod-main",), "snapshot prod-main-final-1 cannot be read"),
        ("arn:k/2", (), "snapshot rds:prod-main-1"),
        ("arn:k/2", ("prod-main",), ""),
        ("arn:k/3", (), ""),
    ],
)
def test_keys_stay_while_something_needs_them(key: str, deleting: tuple[str, ...], expected: str) -> None:
    found = still_needs(key, keys.needed_keys(SNAPSHOTS, BACKUPS, deleting))
    assert expected in found
    assert bool(found) is bool(expected)


def test_an_instance_that_stays_needs_its_key() -> None:
    instances = [{"DBInstanceIdentifier": "prod-main-old1", "KmsKeyId": "arn:k/3"}]
    assert "instance prod-main-old1" in still_needs("arn:k/3", keys.needed_keys([], [], (), instances))
    assert not still_needs("arn:k/3", keys.needed_keys([], [], ("prod-main-old1",), instances))


def test_a_key_with_many_users_names_a_few() -> None:
    many = [{**SNAPSHOTS[0], "DBSnapshotIdentifier": f"s{n}"} for n in range(5)]
    assert "s0, snapshot s1, snapshot s2 and 2 more" in still_needs("arn:k/1", keys.needed_keys(many, []))


PRECHECK = """
------------------------------------------------------------------------
Upgrade could not be run on Mon Nov 30 08:00:00 2026
------------------------------------------------------------------------
The instance could not be upgraded because there are one or more databases with logical replication slots.
Please drop all logical replication slots and try again.
------------------------- END OF LOG ----------------------
"""


def test_the_last_sentences_of_a_precheck() -> None:
    found = upgrade_log.last_sentences(PRECHECK)
    assert "Please drop all logical replication slots and try again." in found
    assert "-----" not in found
    assert upgrade_log.last_sentences("") == ""


def test_the_newest_log() -> None:
    files = [{"LogFileName": "error/a", "LastWritten": 2}, {"LogFileName": "error/pg_upgrade_precheck.log.1", "LastWritten": 5}]
    newest = upgrade_log.newest(files)
    assert newest
    assert newest["LogFileName"].endswith("log.1")
    assert (upgrade_log.last_written(files), upgrade_log.last_written([])) == (5, 0)
    assert upgrade_log.newest([]) is None


@pytest.mark.parametrize(
    ("code", "message", "kind", "dependency"),
    [
        ("InvalidDBInstanceState", "DB instance is not in available state.", NotYet, True),
        ("InvalidDBInstanceState", "Automated backups are not enabled for this database instance.", NotYet, False),
        ("KMSKeyNotAccessibleFault", "the key", NotYet, False),
        ("InvalidParameterValue", "IAM role ARN value is invalid or does not include the required permissions for: X", NotYet, False),
        ("InvalidParameterValue", "Invalid DB engine", CallFailed, False),
        ("DBUpgradeDependencyFailure", "One or more replicas", CallFailed, False),
    ],
)
def test_refusals(code: str, message: str, kind: type[CallFailed], dependency: bool) -> None:
    found = refusals.refused(CallFailed(message, "rds:ModifyDBInstance", code))
    assert type(found) is kind
    assert getattr(found, "dependency", False) is dependency
    assert code != "DBUpgradeDependencyFailure" or "replicas first" in found.hint


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("You can't currently modify the storage of this DB instance because the previous storage change is being optimized.", True),
        ("You can't modify the storage within 6 hours of the last change.", True),
        ("Invalid storage size for engine name postgres and storage type gp3: 10", False),
    ],
)
def test_the_refusal_of_a_second_storage_change(message: str, expected: bool) -> None:
    assert refusals.is_storage_refusal(CallFailed(message, "", "InvalidParameterCombination")) is expected


def test_when_storage_changes_again() -> None:
    events = [
        {"Date": NOW - timedelta(hours=4), "Message": "Finished applying modification to allocated storage"},
        {"Date": NOW - timedelta(hours=5), "Message": "Applying modification to allocated storage"},
        {"Date": NOW, "Message": "Backup finished"},
    ]
    assert refusals.storage_changes_again(events, NOW) == NOW + timedelta(hours=2)
    assert refusals.storage_changes_again([], NOW) == NOW + timedelta(hours=6)


def named(*names: str) -> list[dict[str, Any]]:
    return [{"DBInstanceIdentifier": name} for name in names]


@pytest.mark.parametrize(
    ("raws", "expected"),
    [
        (named("main"), {}),
        (named("main", "main-old1"), {"main": ["main-old1"]}),
        (named("main", "main-green-abc123"), {"main": ["main-green-abc123"]}),
        (named("main-old1"), {}),
        (named("main", "main-older", "main-green-house"), {}),
        ([{**named("main-old1")[0], "TagList": [{"Key": blue_green.IDENTIFIER, "Value": "main"}]}], {"main": ["main-old1"]}),
        (
            [named("main")[0], {**named("main-old1")[0], "TagList": [{"Key": blue_green.IDENTIFIER, "Value": "main-old1"}]}],
            {},
        ),
    ],
)
def test_what_a_blue_green_deployment_puts_beside_an_instance(raws: list[dict[str, Any]], expected: dict[str, list[str]]) -> None:
    assert blue_green.beside(raws) == expected


def test_an_instance_that_was_switched_is_said() -> None:
    backups = [{"DBInstanceIdentifier": "main", "DbiResourceId": "db-OLD"}, {"DBInstanceIdentifier": "main", "DbiResourceId": "db-NEW"}]
    assert "main is now db-NEW; earlier backups of this name belong to db-OLD" in blue_green.switched_note("main", "db-NEW", backups)
    assert blue_green.switched_note("main", "db-NEW", backups[1:]) == ""
    assert "main-old1" in blue_green.note("main", ["main-old1"])
    assert blue_green.note("main", []) == ""
