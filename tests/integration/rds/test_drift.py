# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Drift: manual changes of different resources. The plan names exactly these changes, the next run corrects them, and the run after that
changes nothing.

All cases share one component with an instance, a replica, and a proxy; a failed case leaves it to be rebuilt for the next.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.domains.rds.kinds import db_instance_updating as updating
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import Resource
from rehearsal.testing import Cloud
from tests.integration.site import ids, summary, touched
from tests.integration.together import together

from .support import EVERYTHING, REGION, Site, database

MAIN, READER, PROXY = "prod-main", "prod-main-reader", "prod-main-proxy"
GROUP, SUBNETS, KEY_ALIAS = "prod-main-postgres17", "prod-main-subnets", "alias/mainstay/prod/database/data"
MASTER, USER = "/mainstay/prod/database/main/master", "/mainstay/prod/database/main/user-shop"
DATABASES = {
    "main": database(
        master={"credentials": "generated"},
        maintenance={"apply": "now", "window": "sun:05:00-sun:06:00", "minor_upgrades": True},
        backups={"retention_days": 7, "window": "02:00-03:00"},
        replicas={"reader": {}},
        users={"shop": {}},
        proxy={},
    )
}


@dataclass
class Standing:
    """The shared component, with the means to damage it. ``whole`` means that nothing is left to correct."""

    site: Site
    desired: list[Resource] = field(default_factory=list)
    ids: dict[str, str] = field(default_factory=dict)
    whole: bool = False

    def build(self) -> None:
        self.site.cloud.admin.reset()
        self.site.__post_init__()
        self.site.apply(self.site.desired(DATABASES))
        self.desired = self.site.desired(DATABASES)
        self.ids = ids(self.site.apply(self.desired))
        self.whole = True

    def client(self, service: str) -> Any:
        return self.site.cloud.client(service)

    def arn(self, address: str) -> str:
        return str(next(seen for seen in self.site.observed() if seen.address == address).attributes["arn"])

    def at_rest(self) -> None:
        """Wait until instances and proxy have taken a change."""
        for name in (MAIN, READER):
            self.client("rds").get_waiter("db_instance_available").wait(DBInstanceIdentifier=name, WaiterConfig={"Delay": 0})


@pytest.fixture(scope="module")
def _standing(shared_cloud: Cloud) -> Iterator[Standing]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(updating, "PARAMETERS_SETTLE", 0.2)
        shared_cloud.admin.reset()
        yield Standing(Site(shared_cloud))


@pytest.fixture
def standing(_standing: Standing) -> Standing:
    if not _standing.whole:
        _standing.build()
    _standing.whole = False
    return _standing


# ---- manual changes; each returns nothing and leaves the account with one thing wrong ----

Spoil = Callable[[Standing], Any]


def instance(name: str = MAIN, **changes: Any) -> Spoil:
    """Values that are functions are called with the component."""

    def spoil(s: Standing) -> None:
        given = {key: value(s) if callable(value) else value for key, value in changes.items()}
        s.client("rds").modify_db_instance(DBInstanceIdentifier=name, ApplyImmediately=True, **given)
        s.at_rest()

    return spoil


def rds(operation: str, **given: Any) -> Spoil:
    return lambda s: getattr(s.client("rds"), operation)(**given)


def pool(**config: Any) -> Spoil:
    where = {"DBProxyName": PROXY, "TargetGroupName": "default"}
    return lambda s: s.client("rds").modify_db_proxy_target_group(**where, ConnectionPoolConfig=config)


def parameter(name: str, value: str, method: str = "immediate") -> Spoil:
    given = [{"ParameterName": name, "ParameterValue": value, "ApplyMethod": method}]
    return rds("modify_db_parameter_group", DBParameterGroupName=GROUP, Parameters=given)


def reset_parameter(s: Standing) -> None:
    given = [{"ParameterName": "log_lock_waits", "ApplyMethod": "immediate"}]
    s.client("rds").reset_db_parameter_group(DBParameterGroupName=GROUP, ResetAllParameters=False, Parameters=given)


def another_group(s: Standing) -> list[str]:
    """A group that is not the component's: made once for all cases."""
    filters = [{"Name": "vpc-id", "Values": [s.site.network["vpc_id"]]}, {"Name": "group-name", "Values": ["other"]}]
    found = s.client("ec2").describe_security_groups(Filters=filters)["SecurityGroups"]
    made = found or [s.client("ec2").create_security_group(VpcId=s.site.network["vpc_id"], GroupName="other", Description="other")]
    return [made[0]["GroupId"]]


def another_subnet(s: Standing) -> None:
    vpc = s.site.network["vpc_id"]
    made = s.client("ec2").create_subnet(VpcId=vpc, CidrBlock="10.0.9.0/24", AvailabilityZone=f"{REGION}c")["Subnet"]["SubnetId"]
    s.client("rds").modify_db_subnet_group(DBSubnetGroupName=SUBNETS, SubnetIds=[*s.site.network["subnet_ids"], made])


def key(operation: str, **more: Any) -> Spoil:
    return lambda s: getattr(s.client("kms"), operation)(KeyId=s.ids["database_key.data"], **more)


def key_policy(s: Standing) -> None:
    where = {"KeyId": s.ids["database_key.data"], "PolicyName": "default"}
    document = json.loads(s.client("kms").get_key_policy(**where)["Policy"])
    document["Statement"] = document["Statement"][:1]
    s.client("kms").put_key_policy(**where, Policy=json.dumps(document))


ALLOW_ALL = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
TRUST_ALL = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "*"}}]})


def role(address: str, operation: str, **more: Any) -> Spoil:
    return lambda s: getattr(s.client("iam"), operation)(RoleName=s.ids[address], **more)


def logs(operation: str, **more: Any) -> Spoil:
    return lambda s: getattr(s.client("logs"), operation)(logGroupName=f"/aws/rds/instance/{MAIN}/upgrade", **more)


def secret(name: str, **changes: Any) -> Spoil:
    return lambda s: s.client("secretsmanager").update_secret(SecretId=name, **changes)


SSH = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0", "Description": "just for today"}]}


def rule_added(side: str) -> Spoil:
    group = "security_group.main/proxy"
    return lambda s: getattr(s.client("ec2"), f"authorize_security_group_{side}")(GroupId=s.ids[group], IpPermissions=[SSH])


def untagged(address: str) -> Spoil:
    return lambda s: s.client("rds").remove_tags_from_resource(ResourceName=s.arn(address), TagKeys=["owner"])


DB, REPLICA, DB_PROXY, PARAMETERS = "db_instance.main", "db_replica.main/reader", "db_proxy.main", "db_parameter_group.main/postgres17"
LOG, KEY, MONITORING, PROXY_ROLE = "db_log_group.main/upgrade", "database_key.data", "iam_role.monitoring", "iam_role.main/proxy"
CHANGED: dict[str, tuple[Spoil, str, str]] = {
    "instance: class": (instance(DBInstanceClass="db.t4g.large"), DB, "db_instance_class"),
    "instance: a standby": (instance(MultiAZ=True), DB, "multi_az"),
    "instance: protection": (instance(DeletionProtection=True), DB, "deletion_protection"),
    "instance: public": (instance(PubliclyAccessible=True), DB, "publicly_accessible"),
    "instance: retention": (instance(BackupRetentionPeriod=1), DB, "backup_retention_period"),
    "instance: backup window": (instance(PreferredBackupWindow="23:00-23:30"), DB, "preferred_backup_window"),
    "instance: maintenance window": (instance(PreferredMaintenanceWindow="mon:05:00-mon:06:00"), DB, "preferred_maintenance_window"),
    "instance: no minor upgrades": (instance(AutoMinorVersionUpgrade=False), DB, "auto_minor_version_upgrade"),
    "instance: tags not copied": (instance(CopyTagsToSnapshot=False), DB, "copy_tags_to_snapshot"),
    "instance: no IAM logins": (instance(EnableIAMDatabaseAuthentication=False), DB, "enable_iam_database_authentication"),
    "instance: a group of others": (instance(VpcSecurityGroupIds=another_group), DB, "vpc_security_group_ids"),
    "instance: storage limit": (instance(MaxAllocatedStorage=500), DB, "max_allocated_storage"),
    "instance: fewer metrics": (instance(MonitoringInterval=15), DB, "monitoring_interval"),
    "instance: a log no longer exported": (
        instance(CloudwatchLogsExportConfiguration={"DisableLogTypes": ["upgrade"]}),
        DB,
        "enabled_cloudwatch_logs_exports",
    ),
    "instance: port": (instance(DBPortNumber=5544), DB, "port"),
    "instance: AWS's parameters": (instance(DBParameterGroupName="default.postgres17"), DB, "db_parameter_group_name"),
    "instance: a tag": (untagged(DB), DB, "tags"),
    "replica: class": (instance(READER, DBInstanceClass="db.t4g.large"), REPLICA, "db_instance_class"),
    "replica: storage limit": (instance(READER, MaxAllocatedStorage=600), REPLICA, "max_allocated_storage"),
    "replica: no IAM logins": (instance(READER, EnableIAMDatabaseAuthentication=False), REPLICA, "enable_iam_database_authentication"),
    "replica: a tag": (untagged(REPLICA), REPLICA, "tags"),
    "parameters: value": (parameter("log_statement", "all"), PARAMETERS, "parameters"),
    "parameters: one more": (parameter("work_mem", "65536"), PARAMETERS, "parameters"),
    "parameters: one reset": (reset_parameter, PARAMETERS, "parameters"),
    "parameters: a tag": (untagged(PARAMETERS), PARAMETERS, "tags"),
    "subnets: one more": (another_subnet, "db_subnet_group.main", "subnet_ids"),
    "subnets: a tag": (untagged("db_subnet_group.main"), "db_subnet_group.main", "tags"),
    "proxy: without TLS": (rds("modify_db_proxy", DBProxyName=PROXY, RequireTLS=False), DB_PROXY, "require_tls"),
    "proxy: idle time": (rds("modify_db_proxy", DBProxyName=PROXY, IdleClientTimeout=60), DB_PROXY, "idle_client_timeout"),
    "proxy: a group of others": (
        lambda s: s.client("rds").modify_db_proxy(DBProxyName=PROXY, SecurityGroups=another_group(s)),
        DB_PROXY,
        "vpc_security_group_ids",
    ),
    "proxy: connections": (pool(MaxConnectionsPercent=50, MaxIdleConnectionsPercent=10), DB_PROXY, "pool"),
    "proxy: no target": (
        rds("deregister_db_proxy_targets", DBProxyName=PROXY, TargetGroupName="default", DBInstanceIdentifiers=[MAIN]),
        DB_PROXY,
        "db_instance_identifier",
    ),
    "proxy: a tag": (untagged(DB_PROXY), DB_PROXY, "tags"),
    "secret: description": (secret(USER, Description="mine"), "secret.main/user-shop", "description"),
    "secret: AWS's key": (secret(MASTER, KmsKeyId="alias/aws/secretsmanager"), "secret.main/master", "kms_key_id"),
    "log group: retention": (logs("put_retention_policy", retentionInDays=1), LOG, "retention_in_days"),
    "log group: kept forever": (logs("delete_retention_policy"), LOG, "retention_in_days"),
    "log group: no key": (logs("disassociate_kms_key"), LOG, "kms_key_id"),
    "key: not rotated": (key("disable_key_rotation"), KEY, "enable_key_rotation"),
    "key: policy": (key_policy, KEY, "policy"),
    "key: alias": (lambda s: s.client("kms").delete_alias(AliasName=KEY_ALIAS), KEY, "alias"),
    "role: a policy more": (
        role(MONITORING, "attach_role_policy", PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess"),
        MONITORING,
        "managed_policy_arns",
    ),
    "role: trust": (role(PROXY_ROLE, "update_assume_role_policy", PolicyDocument=TRUST_ALL), PROXY_ROLE, "assume_role_policy_document"),
    "role: all rights": (role(PROXY_ROLE, "put_role_policy", PolicyName="extra", PolicyDocument=ALLOW_ALL), PROXY_ROLE, "inline_policy"),
    "group: a way in": (rule_added("ingress"), "security_group.main/proxy", "ingress"),
    "group: a way out": (rule_added("egress"), "security_group.main/proxy", "egress"),
}


TOGETHER: dict[str, tuple[Spoil, set[str]]] = {
    "no metrics, so no role": (instance(MonitoringInterval=0), {"monitoring_interval", "monitoring_role_arn"}),
    "two by hand": (instance(MultiAZ=True, BackupRetentionPeriod=2), {"multi_az", "backup_retention_period"}),
}


@pytest.mark.parametrize("case", TOGETHER)
def test_properties_that_change_together_are_named_together(standing: Standing, case: str) -> None:
    spoil, changed = TOGETHER[case]
    spoil(standing)
    assert touched(standing.site.apply(standing.desired).plan) == {DB: changed}
    assert summary(standing.site.plan(standing.desired)) == {}
    standing.whole = True


@pytest.mark.parametrize("names", together(CHANGED, lambda case: case[1]), ids=", ".join)
def test_manual_changes_are_named_and_corrected(standing: Standing, names: tuple[str, ...]) -> None:
    cases = [CHANGED[name] for name in names]
    for spoil, _address, _property in cases:
        spoil(standing)
    result = standing.site.apply(standing.desired)
    assert touched(result.plan) == {address: {changed} for _spoil, address, changed in cases}
    assert set(summary(result.plan).values()) == {"update"}
    assert summary(standing.site.plan(standing.desired)) == {}
    standing.whole = ids(result) == standing.ids


DELETED: dict[str, tuple[Spoil, str]] = {
    "log group": (logs("delete_log_group"), LOG),
    "proxy": (rds("delete_db_proxy", DBProxyName=PROXY), DB_PROXY),
}


@pytest.mark.parametrize("case", DELETED)
def test_what_was_deleted_is_created_again(standing: Standing, case: str) -> None:
    spoil, address = DELETED[case]
    spoil(standing)
    result = standing.site.apply(standing.desired)
    assert summary(result.plan) == {address: "create"}
    assert summary(standing.site.plan(standing.desired)) == {}
    standing.whole = True


def test_a_secret_that_was_deleted_comes_back_with_its_value(standing: Standing) -> None:
    client = standing.client("secretsmanager")
    before = client.get_secret_value(SecretId=USER)["VersionId"]
    client.delete_secret(SecretId=USER, RecoveryWindowInDays=7)
    result = standing.site.apply(standing.desired)
    assert summary(result.plan) == {"secret.main/user-shop": "update"}
    assert client.get_secret_value(SecretId=USER)["VersionId"] == before
    standing.whole = True


def test_a_replica_that_was_promoted_is_named_and_not_replaced_without_consent(standing: Standing) -> None:
    standing.client("rds").promote_read_replica(DBInstanceIdentifier=READER, BackupRetentionPeriod=7)
    standing.at_rest()
    assert "promoted" in touched(standing.site.plan(standing.desired))[REPLICA]
    failures = standing.site.try_apply(standing.desired).failures
    assert f"{READER} was promoted" in failures[0].message
    assert "platform_replace" in failures[0].hint
    (refusal,) = standing.site.checked(standing.site.plan(standing.desired)).refusals
    assert f"{READER} was promoted" in refusal.message


def test_a_replica_that_was_promoted_stays_if_the_settings_say_so(standing: Standing) -> None:
    standing.client("rds").promote_read_replica(DBInstanceIdentifier=READER, BackupRetentionPeriod=3)
    standing.at_rest()
    main = {**DATABASES["main"], "replicas": {"reader": {"promoted": True}}}
    desired = standing.site.desired({"main": main})
    result = standing.site.apply(desired)
    assert touched(result.plan) == {REPLICA: {"backup_retention_period", "preferred_backup_window"}}
    assert (ids(result), summary(standing.site.plan(desired))) == (standing.ids, {})


def test_a_component_that_is_removed_leaves_secrets_that_can_be_restored(standing: Standing) -> None:
    standing.site.domain_of(None, state="absent")
    standing.site.apply([], purge=EVERYTHING)
    assert standing.site.ids() == {}
    listed = standing.client("secretsmanager").list_secrets(IncludePlannedDeletion=True)["SecretList"]
    assert {one["Name"]: "DeletedDate" in one for one in listed} == {MASTER: True, USER: True}
