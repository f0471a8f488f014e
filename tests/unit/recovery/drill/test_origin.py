# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Where a drill restores from, and what it refuses before it changes anything."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.recovery.drill.origin import Origin, choose, name_for, refusals
from ansible_collections.mainstay.aws.plugins.module_utils.recovery.drill.plan import Target

KEY, OTHER = "arn:key/one", "arn:key/other"
LATEST = datetime(2026, 11, 30, 8, tzinfo=UTC)
SOURCE: dict[str, Any] = {
    "DBInstanceIdentifier": "orders",
    "DbiResourceId": "db-A",
    "Engine": "postgres",
    "KmsKeyId": KEY,
    "BackupRetentionPeriod": 7,
    "LatestRestorableTime": LATEST,
    "DBSubnetGroup": {"DBSubnetGroupName": "private"},
    "VpcSecurityGroups": [{"VpcSecurityGroupId": "sg-1"}],
}
TARGET = Target("drills", ("sg-9",), "orders", KEY, region="eu-central-1")
REPLICATED = {
    "DBInstanceAutomatedBackupsArn": "arn:ab",
    "Status": "replicating",
    "KmsKeyId": OTHER,
    "RestoreWindow": {"LatestTime": LATEST},
}
SECONDS = LATEST.timestamp()


@pytest.mark.parametrize(
    ("source", "backups", "away", "method", "key", "expected"),
    [
        ({}, [], False, "auto", KEY, Origin("point_in_time", "", KEY, latest=SECONDS)),
        ({}, [], False, "point_in_time", OTHER, "under the key of the backups of orders, arn:key/one"),
        ({}, [], False, "snapshot", KEY, Origin("snapshot", kms_key=KEY)),
        ({}, [], False, "snapshot", OTHER, Origin("snapshot", kms_key=OTHER, copies=True)),
        ({"BackupRetentionPeriod": 0}, [], False, "auto", KEY, Origin("snapshot", kms_key=KEY)),
        ({"BackupRetentionPeriod": 0}, [], False, "point_in_time", KEY, "orders has no automated backups (retention 0)"),
        ({"KmsKeyId": None}, [], False, "auto", KEY, "those are not encrypted"),
        ({}, [REPLICATED], True, "auto", OTHER, Origin("point_in_time", "arn:ab", OTHER, latest=SECONDS)),
        ({}, [REPLICATED], True, "auto", KEY, "arn:key/other. Set target.kms_key to that key"),
        ({}, [REPLICATED], True, "snapshot", OTHER, Origin("snapshot", kms_key=OTHER, copies=True)),
        ({}, [], True, "auto", OTHER, Origin("snapshot", kms_key=OTHER, copies=True)),
        ({}, [], True, "point_in_time", OTHER, "are not replicated to eu-central-1"),
        ({}, [{**REPLICATED, "Status": "pending"}], True, "point_in_time", OTHER, "(they are pending)"),
        (
            {},
            [{**REPLICATED, "Status": "retained"}, REPLICATED],
            True,
            "auto",
            OTHER,
            Origin("point_in_time", "arn:ab", OTHER, latest=SECONDS),
        ),
    ],
)
def test_what_is_restored(
    source: dict[str, Any], backups: list[dict[str, Any]], away: bool, method: str, key: str, expected: Origin | str
) -> None:
    found, why = choose({**SOURCE, **source}, backups, TARGET, away, method, key)
    if isinstance(expected, Origin):
        assert (found, why) == (expected, "")
    else:
        assert found is None
        assert expected in why


@pytest.mark.parametrize(
    ("source", "target", "away", "said"),
    [
        ({}, {}, False, ""),
        ({"DBClusterIdentifier": "c"}, {}, False, "is a member of the cluster c"),
        ({"ReadReplicaSourceDBInstanceIdentifier": "primary"}, {}, False, "name its source, primary, as the database"),
        ({"ReadReplicaSourceDBClusterIdentifier": "cluster"}, {}, True, "is a read replica"),
        ({"Engine": "mysql"}, {}, False, "drills are for PostgreSQL"),
        ({}, {"identifier": "orders"}, False, "the database itself"),
        ({}, {"identifier": "orders"}, True, "the database itself"),
        ({}, {"subnet_group": "private"}, False, "target.subnet_group is private, that of orders"),
        ({}, {"subnet_group": "private"}, True, ""),
        ({}, {"security_groups": ("sg-9", "sg-1")}, False, "target.security_groups has sg-1"),
        ({}, {"security_groups": ("sg-1",)}, True, ""),
    ],
)
def test_what_is_refused(source: dict[str, Any], target: dict[str, Any], away: bool, said: str) -> None:
    found = refusals({**SOURCE, **source}, Target(**{**vars(TARGET), **target}), away)
    assert len(found) == bool(said)
    assert said in "".join(found)


def test_every_drill_has_a_name_of_its_own() -> None:
    long = {**SOURCE, "DBInstanceIdentifier": "a" * 39 + "-" + "b" * 23}
    names = {name_for(one, drill) for one in (SOURCE, long) for drill in ("d1", "d2")}
    assert len(names) == 4
    assert all(len(name) <= 63 and "--" not in name for name in names)
