# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What instances have in other regions, and what is said where RDS offers no replication."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.aws.grants import Names, Scope
from ansible_collections.mainstay.aws.plugins.module_utils.aws.place import Place
from ansible_collections.mainstay.aws.plugins.module_utils.domains.rds.facts import Key
from ansible_collections.mainstay.aws.plugins.module_utils.domains.rds.keys import keys
from ansible_collections.mainstay.aws.plugins.module_utils.domains.rds.kinds.backup_replication import BackupReplication
from ansible_collections.mainstay.aws.plugins.module_utils.domains.rds.names import regions
from ansible_collections.mainstay.aws.plugins.module_utils.domains.rds.replication import (
    REPLICATIONS,
    Destination,
    problems,
    questions,
    resources,
)
from ansible_collections.mainstay.aws.plugins.module_utils.domains.rds.settings.backups import Backups, Deletion, Replication
from ansible_collections.mainstay.aws.plugins.module_utils.domains.rds.settings.instance import Instance
from ansible_collections.mainstay.aws.plugins.module_utils.domains.rds.settings.replicas import Replica
from ansible_collections.mainstay.aws.plugins.module_utils.permissions.statements import statements
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import Observed, ref

PLACE = Place("prod", "db", "eu-west-1", "123456789012", tags={"owner": "data"})
KEY = "arn:aws:kms:us-east-1:123456789012:key/1234abcd"


def instance(name: str, replicate_to: Replication | None = None, **more: Any) -> Instance:
    return Instance(name, f"databases.{name}", f"prod-{name}", "17", "db.t4g.medium", backups=Backups(replicate_to=replicate_to), **more)


NONE = {"main": instance("main")}
TWO = {
    "main": instance("main", Replication("eu-central-1", 14), tags={"team": "shop"}),
    "other": instance("other", Replication("eu-central-1")),
    "third": instance("third", Replication("us-east-1", kms_key_arn=KEY)),
}
FAR = {"main": instance("main", replicas={"far": Replica("far", "p", "prod-main-far", "db.t4g.medium", region="us-west-2")})}


@pytest.mark.parametrize(("instances", "expected"), [(NONE, ()), (TWO, ("eu-central-1", "us-east-1")), (FAR, ("us-west-2",))])
def test_the_regions_that_settings_name(instances: dict[str, Instance], expected: tuple[str, ...]) -> None:
    assert regions(instances) == expected


def test_nothing_is_asked_and_made_without_replications() -> None:
    assert (questions(NONE), resources(NONE, PLACE), problems(NONE, "eu-west-1", {})) == ({}, [], [])


def test_one_question_for_each_destination() -> None:
    assert sorted(questions(TWO)) == ["replication to eu-central-1", "replication to us-east-1"]


def test_the_component_s_own_key_serves_all_replications_to_a_region() -> None:
    built = {one.address: one for one in (*keys(TWO, PLACE), *resources(TWO, PLACE))}
    assert sorted(built) == [
        "backup_replication.main",
        "backup_replication.other",
        "backup_replication.third",
        "database_key.data",
        "database_key.eu-central-1",
    ]
    key = built["database_key.eu-central-1"].properties
    assert (key["region"], key["alias"]) == ("eu-central-1", "alias/mainstay/prod/db/data")
    assert built["backup_replication.main"].properties == {
        "region": "eu-central-1",
        "source_db_instance_arn": ref("db_instance.main", "arn"),
        "backup_retention_period": 14,
        "kms_key_id": ref("database_key.eu-central-1", "arn"),
        "tags": {"owner": "data", "team": "shop"},
    }
    assert built["backup_replication.third"].properties["kms_key_id"] == KEY
    known = set(BackupReplication().properties)
    assert all(set(one.properties) <= known for one in built.values() if one.kind == "backup_replication")


OFFERED, NOT_OFFERED = ({"SupportsDBInstanceAutomatedBackupsReplication": value} for value in (True, False))
NOT_REPLICATED = "region is {there}, but RDS does not replicate automated backups from {here} to {there}; "
COPY = f"{NOT_REPLICATED}name another region, or remove replicate_to and "
REPLICA = "make a read replica in {there} (replicas, with region: {there}) or "
SNAPSHOTS = "copy snapshots there with AWS Backup"


@pytest.mark.parametrize(
    ("here", "there", "answer", "expected"),
    [
        ("eu-west-1", "us-east-1", OFFERED, ""),
        ("eu-west-1", "af-south-1", NOT_OFFERED, COPY + REPLICA + SNAPSHOTS),
        ("af-south-1", "eu-west-1", NOT_OFFERED, COPY + REPLICA + SNAPSHOTS),
        # Read replicas come from listed regions only, too.
        ("me-central-1", "us-east-1", {}, COPY + SNAPSHOTS),
        ("eu-west-1", "eu-west-1", {}, "region is {there}, but that is the region of the instance; name another one"),
    ],
)
def test_what_is_not_offered_is_one_sentence_with_the_alternatives(here: str, there: str, answer: dict[str, Any], expected: str) -> None:
    far = {"main": instance("main", Replication(there))}
    found = problems(far, here, {f"replication to {there}": Destination(answer, {})})
    path = "databases.main.backups.replicate_to"
    assert found == ([f"{path}.{expected.format(here=here, there=there)}"] if expected else [])


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({KEY: Key(KEY, "Enabled", "SYMMETRIC_DEFAULT")}, ""),
        ({KEY: Key(KEY, "Disabled", "SYMMETRIC_DEFAULT")}, "that key is Disabled, so RDS cannot use it; enable it, or name another key"),
        (
            {KEY: Key(KEY, "Enabled", "RSA_2048")},
            "that key is RSA_2048, and RDS encrypts with symmetric keys only; name another key",
        ),
        ({}, "there is no such key, or it may not be described; correct it, or remove it"),
    ],
)
def test_a_key_in_the_destination_that_cannot_be_used(keys: dict[str, Key], expected: str) -> None:
    found = problems(TWO, "eu-west-1", {f"replication to {region}": Destination(OFFERED, keys) for region in ("eu-central-1", "us-east-1")})
    assert found == ([f"databases.third.backups.replicate_to.kms_key_arn is '{KEY}', but {expected}"] if expected else [])


def test_permissions_are_for_both_regions() -> None:
    scope = Scope(PLACE, names=Names(regions=("eu-central-1",)))
    action = "rds:StartDBInstanceAutomatedBackupsReplication"
    found = statements(scope, REPLICATIONS, [action], [action])
    assert [one["Resource"] for one in found] == [
        [f"arn:aws:rds:{region}:123456789012:{kind}:*" for region in ("eu-west-1", "eu-central-1")] for kind in ("db", "auto-backup")
    ]
    declared = {one.method for one in BackupReplication().declared() if one.service == "rds"}
    actions = {f"rds:{''.join(part.capitalize() for part in name.split('_')).replace('Db', 'DB')}" for name in declared}
    assert actions == {name for name in (*REPLICATIONS.reads, *REPLICATIONS.writes) if name != "rds:DescribeSourceRegions"}


ARN, HERE = "arn:aws:rds:eu-west-1:123456789012:db:prod-third", "replication to us-east-1"
OTHER_KEY = f"{KEY}-2"


def copies(arn: str, status: str = "replicating", key: str = KEY, number: int = 1) -> dict[str, Any]:
    return {
        "DBInstanceArn": arn,
        "Status": status,
        "KmsKeyId": key,
        "DBInstanceAutomatedBackupsArn": f"arn:aws:rds:us-east-1:123456789012:auto-backup:ab-{number}",
    }


def judged(backups: list[dict[str, Any]], key: str = KEY, delete: bool = False) -> list[str]:
    """The problems of an instance that exists and has a replication of ours, ``ab-1``."""
    deletion = Deletion(automated_backups="delete" if delete else "keep")
    one = instance("third", Replication("us-east-1", kms_key_arn=key), deletion=deletion)
    observed = [
        Observed("db_instance", "db_instance.third", "prod-third", {}, {"arn": ARN}),
        Observed("backup_replication", "backup_replication.third", copies(ARN)["DBInstanceAutomatedBackupsArn"]),
        Observed("database_key", "database_key.us-east-1", "1", {}, {"arn": KEY}),
    ]
    usable = {name: Key(name, "Enabled", "SYMMETRIC_DEFAULT") for name in (KEY, OTHER_KEY)}
    return problems({"third": one}, "eu-west-1", {HERE: Destination(OFFERED, usable, backups)}, observed)


@pytest.mark.parametrize(
    ("backups", "key", "delete", "refused"),
    [
        ([], OTHER_KEY, False, False),
        ([copies(ARN)], KEY, False, False),
        ([copies(ARN, "Retained")], KEY, False, False),
        ([copies(ARN, "retained")], "", False, False),  # the component's own key is the same one
        ([copies(ARN, "retained", OTHER_KEY, 2)], "", False, True),
        ([copies(ARN, "retained")], OTHER_KEY, False, True),
        ([copies(ARN)], OTHER_KEY, False, True),
        ([copies(ARN)], OTHER_KEY, True, False),  # deleted with the replication that is replaced
        ([copies(ARN, "retained", KEY, 2)], OTHER_KEY, True, True),
        ([copies(f"{ARN}-2", "retained")], OTHER_KEY, False, False),
    ],
)
def test_backups_that_are_retained_with_another_key(backups: list[dict[str, Any]], key: str, delete: bool, refused: bool) -> None:
    found = judged(backups, key, delete)
    assert len(found) == refused
    for text in found:
        given = f"'{key}'" if key else "missing"
        assert text.startswith(f"databases.third.backups.replicate_to.kms_key_arn is {given}, but us-east-1 has backups of prod-third that")


@pytest.mark.parametrize(
    ("others", "status", "ours", "refused"),
    [(19, "replicating", 0, False), (20, "replicating", 0, True), (19, "Pending", 1, False), (20, "retained", 0, False)],
)
def test_the_most_replications_to_a_region(others: int, status: str, ours: int, refused: bool) -> None:
    found = judged([*(copies(f"{ARN}-{number}", status) for number in range(others)), *[copies(ARN)] * ours])
    assert [text.partition(", but ")[0] for text in found] == ["databases.third.backups.replicate_to.region is us-east-1"] * refused
