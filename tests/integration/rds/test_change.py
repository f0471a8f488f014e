# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Changed settings, and what AWS changes by itself: what a plan touches, and what it leaves alone and says."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.component.quota_reads import check
from ansible_collections.mainstay.aws.plugins.module_utils.domains.rds.domain import KINDS
from ansible_collections.mainstay.aws.plugins.module_utils.domains.rds.kinds import db_instance_updating as updating
from tests.integration.site import Requests, summary, touched

from .support import EVERYTHING, REGION, Site, database

MAIN, DB, GROUP = "prod-main", "db_instance.main", "db_parameter_group.main/postgres17"
WITH_SECRETS = {"master": {"credentials": "generated"}, "users": {"shop": {}, "jobs": {"login": "iam"}}}
PROXY = {"db_proxy.main", "iam_role.main/proxy", "security_group.main/proxy"}
BACKUP_ARN = f"arn:aws:backup:{REGION}:210987654321:recovery-point:continuous:db-1"


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(updating, "PARAMETERS_SETTLE", 0.2)


def describe(site: Site, name: str = MAIN) -> dict[str, Any]:
    return dict(site.cloud.client("rds").describe_db_instances(DBInstanceIdentifier=name)["DBInstances"][0])


def happen(site: Site, name: str, **params: Any) -> Any:
    return site.cloud.admin.happen("rds", name, DBInstanceIdentifier=MAIN, **params)


def notes(site: Site, databases: Mapping[str, Any]) -> list[str]:
    domain = site.domain_of(databases)
    return list(domain.notes(site.observation(domain)))


def versions(site: Site, major: str) -> list[str]:
    found = site.cloud.client("rds").describe_db_engine_versions(Engine="postgres", EngineVersion=major)["DBEngineVersions"]
    return sorted((str(one["EngineVersion"]) for one in found), key=lambda one: int(one.partition(".")[2]))


LOGS = {f"db_log_group.main/{log}": {"retention_in_days"} for log in ("postgresql", "upgrade", "iam-db-auth-error")}
STEPS: dict[str, tuple[dict[str, Any], dict[str, set[str]], list[str]]] = {
    "class": ({"class": "db.t4g.large"}, {DB: {"db_instance_class"}}, ["rds:ModifyDBInstance"]),
    "standby": ({"multi_az": True}, {DB: {"multi_az"}}, ["rds:ModifyDBInstance"]),
    "storage and its limit": (
        {"storage": {"size": 400}},
        {DB: {"allocated_storage", "max_allocated_storage"}},
        ["rds:ModifyDBInstance"],
    ),
    "limit": ({"storage": {"size": 400, "autoscale_to": 2000}}, {DB: {"max_allocated_storage"}}, ["rds:ModifyDBInstance"]),
    "backups": (
        {"backups": {"retention_days": 14, "window": "02:00-03:00"}},
        {DB: {"backup_retention_period", "preferred_backup_window"}},
        ["rds:ModifyDBInstance"],
    ),
    "protection": ({"deletion": {"protection": True}}, {DB: {"deletion_protection"}}, ["rds:ModifyDBInstance"]),
    "certificate": ({"ca": "rds-ca-ecc384-g1"}, {DB: {"ca_certificate_identifier"}}, ["rds:ModifyDBInstance"]),
    "support": ({"lifecycle_support": "extended"}, {DB: {"engine_lifecycle_support"}}, ["rds:ModifyDBInstance"]),
    "port": ({"port": 5433}, {DB: {"port"}}, ["rds:ModifyDBInstance"]),
    "rotation of a managed password": (
        {"master": {"rotation_days": 3}},
        {DB: {"master_secret_rotation_days"}},
        ["secretsmanager:RotateSecret"],
    ),
    "insights": (
        {"monitoring": {"insights": "advanced", "insights_retention_days": 465}},
        {DB: {"database_insights_mode", "performance_insights_retention_period"}},
        ["rds:ModifyDBInstance"],
    ),
    "retention of logs": (
        {"monitoring": {"insights": "advanced", "insights_retention_days": 465, "log_retention_days": 30}},
        LOGS,
        ["logs:PutRetentionPolicy"] * 3,
    ),
    "a dynamic parameter": ({"parameters": {"work_mem": 65536}}, {GROUP: {"parameters"}}, ["rds:ModifyDBParameterGroup"]),
    "a parameter less": ({"parameters": {}}, {GROUP: {"parameters"}}, ["rds:ResetDBParameterGroup"]),
    "another form of credentials": (
        {"master": {"credentials": "iam"}},
        {DB: {"master_credentials"}},
        ["rds:ModifyDBInstance", "rds:ModifyDBInstance", "rds:AddTagsToResource"],
    ),
}


def test_settings_that_aws_changes_in_place(site: Site) -> None:
    """One after the other on one instance, which stays the same. Each takes the fewest calls and leaves nothing to change."""
    settings = database()
    site.apply(site.desired({"main": settings}))
    before = describe(site)["DbiResourceId"]
    for step, (change, expected, calls) in STEPS.items():
        settings |= change
        desired = site.desired({"main": settings})
        requests = Requests(site.cloud)
        result = site.apply(desired)
        assert (step, touched(result.plan)) == (step, expected)
        assert (step, requests.changes()) == (step, calls)
        assert (step, summary(site.plan(site.desired({"main": settings})))) == (step, {})
    assert describe(site)["DbiResourceId"] == before


def test_static_parameters_wait_for_consent_to_a_reboot(site: Site) -> None:
    site.apply(site.desired({"main": database()}))
    databases = {"main": database(parameters={"max_connections": 200})}
    assert touched(site.apply(site.desired(databases)).plan) == {GROUP: {"parameters"}}
    assert describe(site)["DBParameterGroups"][0]["ParameterApplyStatus"] == "pending-reboot"
    assert summary(site.plan(site.desired(databases))) == {}
    requests = Requests(site.cloud)
    result = site.apply(site.desired(databases, allow_reboot=["main"]))
    assert touched(result.plan) == {DB: {"static_parameters"}}
    assert requests.changes().count("rds:RebootDBInstance") == 1
    assert describe(site)["DBParameterGroups"][0]["ParameterApplyStatus"] == "in-sync"
    assert summary(site.plan(site.desired(databases, allow_reboot=["main"]))) == {}


def test_a_major_upgrade_takes_the_parameter_group_of_its_family(site: Site) -> None:
    site.apply(site.desired({"main": database(version="16")}))
    databases = {"main": database(version="17")}
    assert any("rds_allow_major_upgrade" in text for text in site.problems(databases))
    desired = site.desired(databases, allow_major_upgrade=["main"])
    old = "db_parameter_group.main/postgres16"
    planned = site.plan(desired)
    assert summary(planned) == {GROUP: "create", DB: "update", old: "delete (no consent)"}
    assert touched(planned)[DB] == {"engine_version", "db_parameter_group_name"}
    requests = Requests(site.cloud)
    site.apply(desired, purge=["*"])
    changes = [one for one in requests.changes() if one.startswith("rds:")]
    assert changes[-1] == "rds:DeleteDBParameterGroup"
    assert changes.count("rds:ModifyDBInstance") == 1
    instance = describe(site)
    assert (instance["EngineVersion"], instance["DBParameterGroups"][0]["DBParameterGroupName"]) == (
        versions(site, "17")[-1],
        "prod-main-postgres17",
    )
    (snapshot,) = site.cloud.client("rds").describe_db_snapshots(SnapshotType="manual")["DBSnapshots"]
    assert snapshot["DBSnapshotIdentifier"].startswith("prod-main-before-17-")
    assert summary(site.plan(site.desired(databases))) == {}


def test_another_certificate_authority_is_one_that_rds_has_and_its_restart_is_said(site: Site) -> None:
    """RDS says which engine versions need no restart for it; all of the rehearsal's are such."""
    site.apply(site.desired({"main": database()}))
    (problem,) = site.problems({"main": database(ca="rds-ca-2019")})
    assert "RDS has no such certificate authority here" in problem
    plan = site.plan(site.desired({"main": database(ca="rds-ca-ecc384-g1")}))
    assert touched(plan) == {DB: {"ca_certificate_identifier"}}
    aws, domain = site.aws("plan"), site.domain or site.domain_of(None)
    try:
        assert domain.checks(plan, aws, "").warnings == []
    finally:
        aws.close()


def test_a_proxy_comes_and_goes(site: Site) -> None:
    """Its group is added to the instance and removed from it again; the instance itself stays."""
    without, along = ({"main": database(**WITH_SECRETS, **more)} for more in ({}, {"proxy": {}}))
    site.apply(site.desired(without))
    before = describe(site)
    added = site.apply(site.desired(along))
    assert summary(added.plan) == {**dict.fromkeys(PROXY, "create"), DB: "update"}
    assert len(describe(site)["VpcSecurityGroups"]) == 2
    assert summary(site.plan(site.desired(along))) == {}
    removed = site.apply(site.desired(without), purge=EVERYTHING)
    assert summary(removed.plan) == {**dict.fromkeys(PROXY, "delete"), DB: "update"}
    after = describe(site)
    assert [one["VpcSecurityGroupId"] for one in after["VpcSecurityGroups"]] == [
        one["VpcSecurityGroupId"] for one in before["VpcSecurityGroups"]
    ]
    assert after["DbiResourceId"] == before["DbiResourceId"]
    assert summary(site.plan(site.desired(without))) == {}


def stages(site: Site, name: str) -> dict[str, list[str]]:
    found = site.cloud.client("secretsmanager").describe_secret(SecretId=f"/mainstay/prod/database/main/{name}")
    return {version: sorted(marks) for version, marks in found["VersionIdsToStages"].items()}


def test_another_marker_rotates_the_password_of_a_user(site: Site) -> None:
    """The new value stays AWSPENDING: postgres_objects sets the password in the server first."""
    site.apply(site.desired({"main": database(**WITH_SECRETS)}))
    (first,) = stages(site, "user-shop")
    rotated = {"main": database(**{**WITH_SECRETS, "users": {**WITH_SECRETS["users"], "shop": {"rotation": "2026-11"}}})}
    result = site.apply(site.desired(rotated))
    assert touched(result.plan) == {"secret.main/user-shop": {"rotation"}}
    after = stages(site, "user-shop")
    assert (len(after), after[first]) == (2, ["AWSCURRENT"])
    assert ["AWSPENDING"] in after.values()
    assert summary(site.plan(site.desired(rotated))) == {}


def test_another_marker_rotates_the_password_of_the_master_in_one_run(site: Site) -> None:
    site.apply(site.desired({"main": database(**WITH_SECRETS)}))
    first = next(iter(stages(site, "master")))
    rotated = {"main": database(**{**WITH_SECRETS, "master": {"credentials": "generated", "rotation": "2026-11"}})}
    requests = Requests(site.cloud)
    result = site.apply(site.desired(rotated))
    assert touched(result.plan) == {"secret.main/master": {"rotation"}, DB: {"master_credentials"}}
    assert requests.changes().count("rds:ModifyDBInstance") == 1
    assert stages(site, "master")[first] == ["AWSPREVIOUS"]
    assert summary(site.plan(site.desired(rotated))) == {}


def test_storage_that_grew_by_itself_is_left_alone_and_said(site: Site) -> None:
    databases = {"main": database()}
    site.apply(site.desired(databases))
    happen(site, "storage_autoscaling", AllocatedStorage=150)
    assert summary(site.plan(site.desired(databases))) == {}
    assert [text for text in notes(site, databases) if "storage.size is 100, and the instance has 150 GiB" in text]


@pytest.mark.parametrize(
    ("before", "after", "refused"),
    [
        ({"size": 200}, {"size": 100}, True),
        ({"size": 200, "autoscale_to": "none"}, {"size": 100, "autoscale_to": "none"}, True),
        ({"size": 200, "autoscale_to": 400}, {"size": 190, "autoscale_to": 400}, True),
        ({"size": 200, "autoscale_to": 400}, {"size": 100, "autoscale_to": 400}, False),
    ],
)
def test_storage_is_never_shrunk(site: Site, before: dict[str, Any], after: dict[str, Any], refused: bool) -> None:
    site.apply(site.desired({"main": database(storage=before)}))
    smaller = {"main": database(storage=after)}
    problems = site.problems(smaller)
    assert [("storage.size is" in text or "RDS cannot shrink storage" in text) for text in problems] == ([True] if refused else [])
    if not refused:
        assert summary(site.plan(site.desired(smaller))) == {}
        assert any("Set it to 200 if it was lowered on purpose" in text for text in notes(site, smaller))


def test_a_minor_version_of_aws_is_left_alone_and_said(site: Site) -> None:
    """AWS upgrades in the window; the described version is older afterwards, and nothing lowers it."""
    oldest = versions(site, "17")[0]
    databases = {"main": database(version=oldest)}
    site.apply(site.desired(databases))
    newer = happen(site, "minor_version_upgrade")["EngineVersion"]
    client = site.cloud.client("rds")
    client.apply_pending_maintenance_action(
        ResourceIdentifier=describe(site)["DBInstanceArn"], ApplyAction="db-upgrade", OptInType="next-maintenance"
    )
    happen(site, "maintenance_window")
    client.get_waiter("db_instance_available").wait(DBInstanceIdentifier=MAIN, WaiterConfig={"Delay": 0})
    assert describe(site)["EngineVersion"] == newer
    assert summary(site.plan(site.desired(databases))) == {}
    assert [text for text in notes(site, databases) if newer in text]


def test_what_aws_backup_owns_is_left_alone_and_said(site: Site) -> None:
    databases = {"main": database(backups={"retention_days": 7, "window": "02:00-03:00"})}
    site.apply(site.desired(databases))
    happen(site, "aws_backup", AwsBackupRecoveryPointArn=BACKUP_ARN)
    changed = {"main": database(backups={"retention_days": 21, "window": "04:00-05:00"})}
    assert summary(site.plan(site.desired(changed))) == {}
    assert any("AWS Backup owns the backup retention and window" in text for text in notes(site, changed))
    happen(site, "aws_backup", AwsBackupRecoveryPointArn=None)
    assert touched(site.plan(site.desired(changed))) == {DB: {"backup_retention_period", "preferred_backup_window"}}


def test_instances_and_replicas_count_against_the_quota(site: Site) -> None:
    site.cloud.admin.settings(quotas={"rds_instances": 1})
    plan = site.plan(site.desired({"main": database(master={"credentials": "generated"}, replicas={"reader": {}})}))
    aws = site.aws("plan")
    try:
        exceeded, doubtful = check(plan, KINDS, aws, REGION)
    finally:
        aws.close()
    assert (len(exceeded), doubtful) == (1, [])
    assert "DB instances: 0 of 1 in use" in exceeded[0].message
    assert "--quota-code L-7B6409FD --desired-value 2 " in exceeded[0].hint


def test_the_key_in_the_outputs_is_the_one_of_the_storage(site: Site) -> None:
    key = site.cloud.client("kms").create_key()["KeyMetadata"]["Arn"]
    result = site.apply(site.desired({"main": database(kms_key_arn=key)}))
    assert site.domain is not None
    assert site.domain.outputs(result.attributes())["databases"]["main"]["kms_key_arn"] == key == describe(site)["KmsKeyId"]


def test_no_password_is_in_a_plan(site: Site) -> None:
    databases = {"main": database(**WITH_SECRETS)}
    result = site.apply(site.desired(databases))
    client = site.cloud.client("secretsmanager")
    names = [one["Name"] for one in client.list_secrets()["SecretList"]]
    passwords = [json.loads(client.get_secret_value(SecretId=name)["SecretString"])["password"] for name in names]
    assert len(passwords) == 2
    assert not [one for one in passwords if one in repr(result)]
