# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Changes of instances on the rehearsal cloud: in place, in as few calls as RDS allows, and what others change."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.domains.rds.kinds import db_instance_updating as updating
from tests.integration.conftest import CloudFor
from tests.integration.site import Requests, shown, summary, touched

from .instance_site import ACCOUNT, MAIN, REGION, Options, Site

ADDRESS = "db_instance.main"
PASSWORDS = ("Correct-Horse-1", "Battery-Staple-2")


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(updating, "PARAMETERS_SETTLE", 0.2)


@pytest.fixture
def site(cloud_for: CloudFor) -> Site:
    return Site(cloud_for(account_id=ACCOUNT, region=REGION, settings={"databases": False, "control_planes": False}))


IN_PLACE: dict[str, dict[str, Any]] = {
    "several settings": {"multi_az": True, "deletion_protection": True, "preferred_backup_window": "01:00-02:00"},
    "a class": {"db_instance_class": "db.t4g.large"},
    "storage that grows over the threshold, with its limit": {"allocated_storage": 400, "max_allocated_storage": 1000},
    "advanced insights": {"database_insights_mode": "advanced", "performance_insights_retention_period": 465},
    "standard insights": {"database_insights_mode": "standard", "performance_insights_retention_period": 7},
    "logs": {"enabled_cloudwatch_logs_exports": ["postgresql", "upgrade"]},
    "fewer logs": {"enabled_cloudwatch_logs_exports": ["iam-db-auth-error"]},
    "no autoscaling": {"max_allocated_storage": None},
    "a port": {"port": 5433},
    "a certificate": {"ca_certificate_identifier": "rds-ca-ecc384-g1"},
    "iam logins": {"enable_iam_database_authentication": True},
    "a schedule": {"master_secret_rotation_days": 3},
    "support": {"engine_lifecycle_support": "open-source-rds-extended-support-disabled"},
}


def test_changes_in_place(site: Site) -> None:
    """One after the other on one instance. Each takes one call, reads back, and leaves nothing to change."""
    given: dict[str, Any] = {}
    site.apply([site.main()])
    before = site.describe()["DbiResourceId"]
    for name, change in IN_PLACE.items():
        given |= change
        desired = [with_none(site, given)]
        assert (name, touched(site.plan(desired))) == (name, {ADDRESS: set(change)})
        requests = Requests(site.cloud)
        site.apply(desired)
        operation = "secretsmanager:RotateSecret" if "master_secret_rotation_days" in change else "rds:ModifyDBInstance"
        assert (name, requests.changes()) == (name, [operation])
        assert (name, summary(site.plan(desired))) == (name, {})
    assert site.describe()["DbiResourceId"] == before


def with_none(site: Site, given: dict[str, Any]) -> Any:
    """The instance with these properties; one that is None is given as None."""
    made = site.main(**given)
    return type(made)(made.kind, made.name, {**made.properties, **given})


def test_the_status_alone_is_not_believed(site: Site) -> None:
    """After ModifyDBInstance, RDS reports ``available`` for a while; the run ends when the class reads back."""
    site.apply([site.main()])
    site.cloud.admin.settings(transition_seconds={"rds_instance": 0.5})
    site.apply([site.main(db_instance_class="db.t4g.large")])
    assert site.describe()["DBInstanceClass"] == "db.t4g.large"


def test_deferred_changes_are_pending_and_no_drift(site: Site) -> None:
    site.options = {MAIN: Options(apply="window")}
    site.apply([site.main()])
    desired = [site.main(db_instance_class="db.t4g.large", multi_az=True)]
    result = site.apply(desired)
    assert site.describe()["DBInstanceClass"] == "db.t4g.medium"
    seen = next(one for one in result.final if one.address == ADDRESS)
    assert "pending for the maintenance window" in seen.trouble
    assert "db_instance_class = db.t4g.large" in seen.trouble
    requests = Requests(site.cloud)
    assert summary(site.apply(desired).plan) == {}
    assert requests.changes() == []
    site.options = {}
    assert touched(site.plan(desired)) == {ADDRESS: {"db_instance_class", "multi_az"}}
    site.apply(desired)
    assert (site.describe()["DBInstanceClass"], site.describe()["MultiAZ"]) == ("db.t4g.large", True)


def test_what_is_pending_comes_with_the_window(site: Site) -> None:
    site.options = {MAIN: Options(apply="window")}
    desired = [site.main(multi_az=True)]
    site.apply([site.main()])
    site.apply(desired)
    site.happen("maintenance_window")
    site.rds.get_waiter("db_instance_available").wait(DBInstanceIdentifier=MAIN, WaiterConfig={"Delay": 0})
    assert site.describe()["MultiAZ"]
    assert summary(site.plan(desired)) == {}


def test_storage_that_grew_by_itself_stays(site: Site) -> None:
    site.apply([site.main()])
    site.happen("storage_autoscaling", AllocatedStorage=150)
    assert summary(site.plan([site.main()])) == {}
    assert summary(site.plan([site.main(allocated_storage=120)])) == {}
    assert touched(site.plan([site.main(allocated_storage=180)])) == {ADDRESS: {"allocated_storage"}}


def test_a_second_storage_change_names_its_hour(site: Site) -> None:
    site.apply([site.main()])
    site.apply([site.main(allocated_storage=150)])
    failures = site.try_apply([site.main(allocated_storage=200)]).failures
    assert len(failures) == 1
    assert "run again after 20" in failures[0].hint
    assert failures[0].operation == "rds:ModifyDBInstance"


def test_full_storage_gets_more_of_it_before_anything_else(site: Site) -> None:
    site.apply([site.main()])
    site.cloud.admin.script("rds_instance", {"id": MAIN}, [{"state": "storage-full", "seconds": 3600}])
    failures = site.try_apply([site.main(multi_az=True)]).failures
    assert "It accepts no change but more storage" in str(failures[0])
    requests = Requests(site.cloud)
    site.apply([site.main(multi_az=True, allocated_storage=200)])
    assert requests.changes() == ["rds:ModifyDBInstance", "rds:ModifyDBInstance"]
    assert (site.describe()["AllocatedStorage"], site.describe()["MultiAZ"]) == (200, True)


def test_aws_backup_keeps_what_it_owns(site: Site) -> None:
    site.apply([site.main()])
    arn = f"arn:aws:backup:{REGION}:{ACCOUNT}:recovery-point:continuous:db-1"
    site.happen("aws_backup", AwsBackupRecoveryPointArn=arn)
    desired = [site.main(backup_retention_period=30, preferred_backup_window="01:00-02:00", multi_az=True)]
    assert touched(site.plan(desired)) == {ADDRESS: {"multi_az"}}
    result = site.apply(desired)
    assert site.describe()["BackupRetentionPeriod"] == 7
    assert next(one for one in result.final if one.address == ADDRESS).attribute("aws_backup") == arn


def test_a_stopped_instance_is_not_changed(site: Site) -> None:
    site.apply([site.main()])
    site.rds.stop_db_instance(DBInstanceIdentifier=MAIN)
    assert "stopped" in next(one for one in site.observed() if one.address == ADDRESS).trouble
    failures = site.try_apply([site.main(multi_az=True)]).failures
    assert "start-db-instance" in str(failures[0])


def test_a_broken_instance_is_never_replaced_without_consent(site: Site) -> None:
    site.apply([site.main()])
    site.cloud.admin.script("rds_instance", {"id": MAIN}, [{"state": "incompatible-network", "seconds": 3600}])
    assert summary(site.plan([site.main()])) == {}
    failures = site.try_apply([], purge=("db_instance.*",)).failures
    assert "deletion.final_snapshot to false" in str(failures[0])


def test_from_one_form_of_credentials_to_the_others(site: Site) -> None:
    first = site.secret(PASSWORDS[0])
    forms: list[dict[str, Any]] = [
        {"managed": {"kms_key_id": site.key}},
        first,
        {"iam": True},
        {"managed": {"kms_key_id": site.key}},
        {"iam": True},
        site.secret(PASSWORDS[1]),
    ]
    for number, form in enumerate(forms):
        desired = [site.main(master_credentials=form, enable_iam_database_authentication=True)]
        expected = {ADDRESS: {"master_credentials"}} if number else {}
        assert (number, touched(site.plan(desired)) if number else {}) == (number, expected)
        result = site.apply(desired)
        assert ("managed" in form) is ("MasterUserSecret" in site.describe())
        assert (number, summary(site.plan(desired))) == (number, {})
        assert not any(password in str(shown(result)) + str(result.final) for password in PASSWORDS)


def test_a_rotated_secret_is_set_once(site: Site) -> None:
    site.apply([site.main(master_credentials=site.secret(PASSWORDS[0]))])
    desired = [site.main(master_credentials=site.secret(PASSWORDS[1]))]
    assert touched(site.plan(desired)) == {ADDRESS: {"master_credentials"}}
    requests = Requests(site.cloud)
    site.apply(desired)
    assert requests.changes() == ["rds:ModifyDBInstance", "rds:AddTagsToResource"]
    assert summary(site.plan(desired)) == {}


def test_an_interrupted_rotation_is_finished(site: Site) -> None:
    """The password is set and the run ends before it notes that: the next run sets it again."""
    site.apply([site.main(master_credentials=site.secret(PASSWORDS[0]))])
    desired = [site.main(master_credentials=site.secret(PASSWORDS[1]))]
    refusal = {"code": "InvalidParameterValue", "message": "not today", "status": 400}
    site.cloud.admin.fault(service="rds", operation="AddTagsToResource", fault="error", times=1, **refusal)
    assert site.try_apply(desired).failures
    assert touched(site.plan(desired)) == {ADDRESS: {"master_credentials"}}
    site.apply(desired)
    assert summary(site.plan(desired)) == {}


def test_a_managed_secret_gets_another_key(site: Site) -> None:
    site.apply([site.main()])
    other = str(site.cloud.client("kms").create_key()["KeyMetadata"]["Arn"])
    desired = [site.main(master_credentials={"managed": {"kms_key_id": other}})]
    site.apply(desired)
    assert site.describe()["MasterUserSecret"]["KmsKeyId"] == other
    assert summary(site.plan(desired)) == {}


def test_a_password_that_rds_refuses_is_not_shown(site: Site) -> None:
    failures = site.try_apply([site.main(master_credentials=site.secret("Has/A/Slash"))]).failures
    assert "ASCII without space" in str(failures[0])
    assert "Has/A/Slash" not in str(failures)
    assert site.names() == []


def group(site: Site, name: str, family: str = "postgres17") -> str:
    site.rds.create_db_parameter_group(DBParameterGroupName=name, DBParameterGroupFamily=family, Description="x")
    return name


def set_static(site: Site, name: str, value: str) -> None:
    change = {"ParameterName": "max_connections", "ParameterValue": value, "ApplyMethod": "pending-reboot"}
    site.rds.modify_db_parameter_group(DBParameterGroupName=name, Parameters=[change])


def test_static_parameters_wait_for_a_reboot_with_consent(site: Site) -> None:
    name = group(site, "own")
    site.apply([site.main(db_parameter_group_name=name)])
    set_static(site, name, "200")
    seen = next(one for one in site.observed() if one.address == ADDRESS)
    assert "no maintenance window applies them" in seen.trouble
    assert summary(site.plan([site.main(db_parameter_group_name=name)])) == {}
    desired = [site.main(db_parameter_group_name=name, static_parameters="digest of 200")]
    assert touched(site.plan(desired)) == {ADDRESS: {"static_parameters"}}
    requests = Requests(site.cloud)
    site.apply(desired)
    assert requests.changes() == ["rds:RebootDBInstance", "rds:AddTagsToResource"]
    assert site.describe()["DBParameterGroups"] == [{"DBParameterGroupName": name, "ParameterApplyStatus": "in-sync"}]
    assert summary(site.plan(desired)) == {}


def test_parameters_that_are_in_force_are_only_noted(site: Site) -> None:
    site.apply([site.main()])
    requests = Requests(site.cloud)
    site.apply([site.main(static_parameters="digest")])
    assert requests.changes() == ["rds:AddTagsToResource"]


def test_the_default_group_in_place_of_ours_is_drift(site: Site) -> None:
    name = group(site, "own")
    desired = [site.main(db_parameter_group_name=name)]
    site.apply(desired)
    site.rds.modify_db_instance(DBInstanceIdentifier=MAIN, DBParameterGroupName="default.postgres17")
    assert touched(site.plan(desired)) == {ADDRESS: {"db_parameter_group_name"}}
    site.apply(desired)
    assert summary(site.plan(desired)) == {}
