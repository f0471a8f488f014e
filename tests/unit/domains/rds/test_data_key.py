# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The component's key when it is deleted: released, and not scheduled for deletion, as long as a snapshot or a backup needs it."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.domains.rds.kinds.data_key import DataKey
from ansible_collections.mainstay.aws.plugins.module_utils.kinds.kept_key import KEPT
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.errors import CallFailed
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import Observed
from tests.unit.kinds.scripted import Script, mark, refusal

ADDRESS, KEY, ALIAS = "database_key.data", "1234", "alias/mainstay/prod/cluster/data"
ARN = f"arn:aws:kms:eu-west-1:111122223333:key/{KEY}"
SEEN = Observed("database_key", ADDRESS, KEY, {"alias": ALIAS}, {"arn": ARN})
MANUAL = {"DBSnapshotIdentifier": "final", "SnapshotType": "manual", "DBInstanceIdentifier": "main", "KmsKeyId": ARN}
OTHER = {**MANUAL, "KmsKeyId": f"{ARN}5"}
BACKUP = {"DBInstanceIdentifier": "main", "DbiResourceId": "db-1", "KmsKeyId": ARN}
RELEASED = ["delete_alias", "tag_resource", "untag_resource"]
DELETED = ["delete_alias", "schedule_key_deletion"]


OLD_HALF = {"DBInstanceIdentifier": "main-old1", "KmsKeyId": ARN, "DBInstanceStatus": "available"}


def script(snapshots: list[Any], backups: list[Any], instances: list[Any] | None = None, **answers: Any) -> Script:
    lists = {
        "describe_db_instances": {"DBInstances": instances or []},
        "describe_db_snapshots": {"DBSnapshots": snapshots},
        "describe_db_instance_automated_backups": {"DBInstanceAutomatedBackups": backups},
    }
    return Script({**lists, **{key: {} for key in [*RELEASED, *DELETED]}, **answers})


# snapshots, backups, instances -> calls
USES: list[tuple[str, list[Any], list[Any], list[Any], list[str]]] = [
    ("nothing", [], [], [], DELETED),
    ("another key's snapshot", [OTHER], [], [], DELETED),
    ("a snapshot", [OTHER, MANUAL], [], [], RELEASED),
    ("a kept backup", [], [BACKUP], [], RELEASED),
    ("a backup that is being deleted", [], [{**BACKUP, "Status": "deleting"}], [], DELETED),
    ("the old half of a blue/green deployment", [], [], [OLD_HALF], RELEASED),
    ("an instance that is being deleted", [], [], [{**OLD_HALF, "DBInstanceStatus": "deleting"}], DELETED),
    ("both without encryption", [{**MANUAL, "KmsKeyId": None}], [{**BACKUP, "KmsKeyId": None}], [], DELETED),
]


@pytest.mark.parametrize(("snapshots", "backups", "instances", "calls"), [row[1:] for row in USES], ids=[row[0] for row in USES])
def test_a_key_stays_as_long_as_something_needs_it(
    snapshots: list[Any], backups: list[Any], instances: list[Any], calls: list[str]
) -> None:
    made = script(snapshots, backups, instances)
    DataKey().delete(made.aws(), SEEN)
    assert made.methods("delete", "tag", "untag", "schedule") == calls


def test_a_released_key_says_what_it_is_kept_for_before_it_loses_its_owner() -> None:
    """In the reverse order, an interrupted release would leave a key that no run finds and no tag explains."""
    made = script([MANUAL], [])
    DataKey().delete(made.aws(), SEEN)
    sent = dict(made.calls)
    assert sent["tag_resource"] == {"KeyId": KEY, "Tags": [{"TagKey": KEPT, "TagValue": "snapshots and backups of prod/cluster"}]}
    assert sent["untag_resource"] == {"KeyId": KEY, "TagKeys": sorted(mark(ADDRESS))}
    assert KEPT not in sent["untag_resource"]["TagKeys"]


@pytest.mark.parametrize("failing", RELEASED)
def test_an_interrupted_release_can_be_repeated(failing: str) -> None:
    """Its alias may be gone already."""
    made = script([MANUAL], [], **{failing: refusal("InternalFailure", "no")})
    with pytest.raises(CallFailed):
        DataKey().delete(made.aws(), SEEN)
    assert made.methods("delete", "tag", "untag") == RELEASED[: RELEASED.index(failing) + 1]
    again = script([MANUAL], [], delete_alias=refusal("NotFoundException", "no alias"))
    DataKey().delete(again.aws(), SEEN)
    assert again.methods("delete", "tag", "untag") == RELEASED
