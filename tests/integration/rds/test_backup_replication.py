# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Automated backups replicated to another region, from the first copy to what remains of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.aws.connection import Aws, watch
from ansible_collections.mainstay.aws.plugins.module_utils.aws.place import Place
from ansible_collections.mainstay.aws.plugins.module_utils.aws.policies import key_policy
from ansible_collections.mainstay.aws.plugins.module_utils.domains.rds.kinds.backup_replication import (
    BackupReplication,
    not_offered,
    source_region,
)
from ansible_collections.mainstay.aws.plugins.module_utils.kinds.kms_key import KmsKey
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import Kind, Resource, ref
from tests.integration.conftest import CloudFor
from tests.integration.site import Requests, summary

from .instance_site import ACCOUNT, MAIN, REGION, Site

AWAY = "eu-central-1"
ADDRESS = "backup_replication.main"


@dataclass
class Replicated(Site):
    """An instance whose backups are replicated with a key of its component in the other region."""

    def kinds(self, desired: Sequence[Resource] = ()) -> Mapping[str, Kind]:
        return {**super().kinds(desired), "kms_key": KmsKey(), "backup_replication": BackupReplication()}

    def aws(self, role: str = "apply") -> Aws:
        aws = Aws(lambda service, region=REGION: watch(self.cloud.client(service, role, region)), self.owner, region=REGION)
        aws.also_in([AWAY])
        return aws

    def all(self, **more: Any) -> list[Resource]:
        place = Place(self.environment, self.component, AWAY, ACCOUNT)
        key = Resource("kms_key", "backups", {"region": AWAY, "policy": key_policy(place), "alias": f"alias{place.path}backups"})
        given = {
            "region": AWAY,
            "source_db_instance_arn": ref("db_instance.main", "arn"),
            "backup_retention_period": 14,
            "kms_key_id": ref(key.address, "arn"),
            "tags": dict(self.tags),
            **more,
        }
        return [self.main(), key, Resource("backup_replication", "main", given)]

    def backups(self, region: str = AWAY) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.cloud.client("rds", region=region).describe_db_instance_automated_backups()[
            "DBInstanceAutomatedBackups"
        ]
        return found


@pytest.fixture
def site(cloud_for: CloudFor) -> Replicated:
    return Replicated(cloud_for(account_id=ACCOUNT, region=REGION, settings={"databases": False, "control_planes": False}))


def test_backups_are_replicated_with_the_key_of_the_destination(site: Replicated) -> None:
    requests = Requests(site.cloud)
    result = site.apply(site.all())
    assert {one["region"] for one in requests.all() if one["operation"] == "StartDBInstanceAutomatedBackupsReplication"} == {AWAY}
    (backup,) = site.backups()
    key = next(seen for seen in result.final if seen.address == "kms_key.backups")
    assert (backup["Status"], backup["Region"], backup["BackupRetentionPeriod"]) == ("replicating", REGION, 14)
    assert backup["KmsKeyId"] == key.attributes["arn"]
    assert {tag["Key"]: tag["Value"] for tag in backup["TagList"]}["mainstay:address"] == ADDRESS
    assert site.describe()["DBInstanceAutomatedBackupsReplications"] == [
        {"DBInstanceAutomatedBackupsArn": backup["DBInstanceAutomatedBackupsArn"]}
    ]
    requests = Requests(site.cloud)
    assert summary(site.apply(site.all()).plan) == {}
    assert requests.changes() == []


def test_it_is_waited_for(site: Replicated) -> None:
    site.cloud.admin.settings(transition_seconds={"rds_backup_replication": 0.5})
    site.apply(site.all())
    assert [one["Status"] for one in site.backups()] == ["replicating"]


def test_a_second_one_is_never_made(site: Replicated) -> None:
    """The reply is lost: the call is sent again, RDS refuses a second replication, and the first is adopted."""
    site.cloud.admin.fault(service="rds", operation="StartDBInstanceAutomatedBackupsReplication", fault="reset_after", times=1)
    site.apply(site.all())
    assert len(site.backups()) == 1
    assert summary(site.plan(site.all())) == {}


def test_another_retention_needs_another_replication(site: Replicated) -> None:
    site.apply(site.all())
    desired = site.all(backup_retention_period=21)
    assert summary(site.plan(desired)) == {ADDRESS: "replace (no consent)"}
    site.apply(desired, allow_replace=["backup_replication.*"])
    assert [one["BackupRetentionPeriod"] for one in site.backups() if one["Status"] == "replicating"] == [21]
    assert summary(site.plan(desired)) == {}


def test_what_was_replicated_stays_without_an_owner(site: Replicated) -> None:
    site.apply(site.all())
    alone = site.all()[:2]
    assert summary(site.plan(alone)) == {ADDRESS: "delete (no consent)"}
    site.apply(alone, purge=["backup_replication.*"])
    (backup,) = site.backups()
    assert backup["Status"] == "retained"
    assert not [tag["Key"] for tag in backup["TagList"] if tag["Key"].startswith("mainstay:")]
    assert [seen.address for seen in site.observed() if seen.kind == "backup_replication"] == []
    key = next(seen for seen in site.observed() if seen.kind == "kms_key")
    assert backup["KmsKeyId"] == key.attributes["arn"], "the key has to stay"


def stopped_by_hand(site: Replicated) -> None:
    source = site.describe()["DBInstanceArn"]
    site.cloud.client("rds", region=AWAY).stop_db_instance_automated_backups_replication(SourceDBInstanceArn=source)


def test_a_run_that_ended_between_its_two_calls_is_finished_by_the_next(site: Replicated) -> None:
    site.apply(site.all())
    stopped_by_hand(site)
    site.apply(site.all()[:2], purge=["backup_replication.*"])
    assert [seen.address for seen in site.observed() if seen.kind == "backup_replication"] == []


def test_one_that_was_stopped_by_hand_is_started_again(site: Replicated) -> None:
    site.apply(site.all())
    stopped_by_hand(site)
    plan = site.plan(site.all())
    assert summary(plan) == {ADDRESS: "replace"}
    assert "it was stopped" in plan.changes[0].reason
    site.apply(site.all())
    assert [one["Status"] for one in site.backups() if one["Status"] != "retained"] == ["replicating"]


def test_a_replication_of_another_owner_is_no_other_ones(site: Replicated) -> None:
    site.apply(site.all()[:2])
    source = site.describe()["DBInstanceArn"]
    key = site.cloud.client("kms", region=AWAY).create_key()["KeyMetadata"]["Arn"]
    rds = site.cloud.client("rds", region=AWAY)
    rds.start_db_instance_automated_backups_replication(SourceDBInstanceArn=source, KmsKeyId=key, SourceRegion=REGION)
    result = site.try_apply(site.all())
    assert [one.address for one in result.failures] == [ADDRESS]
    assert site.backups()[0]["KmsKeyId"] == key


def test_the_backups_of_an_instance_in_its_own_region_are_none(site: Replicated) -> None:
    site.apply(site.all()[:2])
    assert [one["Status"] for one in site.backups(REGION)] == ["active"]
    assert [seen.address for seen in site.observed() if seen.kind == "backup_replication"] == []
    assert MAIN in site.names()


@pytest.mark.parametrize(("source", "offered"), [(REGION, True), ("af-south-1", False)])
def test_where_replication_is_offered(site: Replicated, source: str, offered: bool) -> None:
    aws = site.aws("plan")
    said = not_offered("rds_databases.main.backups.replicate_to", source, AWAY, source_region(aws, source, AWAY))
    aws.close()
    assert (said == "") is offered
    if not offered:
        assert said.startswith(
            "rds_databases.main.backups.replicate_to.region is eu-central-1, but RDS does not replicate automated backups from af-south-1"
        )
        assert "make a read replica in eu-central-1" in said
        assert "copy snapshots there" in said
