# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The policies generated for databases suffice for their whole life, contain no unused action, and exclude other owners' resources."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ansible_collections.mainstay.aws.plugins.module_utils.aws.grants import Scope
from ansible_collections.mainstay.aws.plugins.module_utils.aws.owner import Owner
from ansible_collections.mainstay.aws.plugins.module_utils.aws.place import Place
from ansible_collections.mainstay.aws.plugins.module_utils.aws.tags import tag_list
from ansible_collections.mainstay.aws.plugins.module_utils.component.lock import held
from ansible_collections.mainstay.aws.plugins.module_utils.component.quota_reads import check
from ansible_collections.mainstay.aws.plugins.module_utils.component.unclaimed import look
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.waiting import SystemClock, silent
from rehearsal.testing import Cloud
from tests.integration.permissions.scenarios import called, checked, declared_by, denials, documents, granted, without
from tests.integration.rds.support import ACCOUNT, EVERYTHING, REGION, Site, database

SCOPE = Scope(Place("prod", "database", REGION, ACCOUNT))
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
USERS = {"databases": {"shop": {"owner": "shop"}}, "users": {"shop": {"login": "password"}, "old": {"login": "password"}}}
GENERATED = {"credentials": "generated"}
POOLED = database(
    version="16",
    master=GENERATED,
    replicas={"reader": {}},
    proxy={"users": ["shop"]},
    tags={"a": "1", "b": "1"},
    parameters={"work_mem": 8192},
    **USERS,
)
CHANGED = {
    **POOLED,
    "class": "db.t4g.large",
    "master": {**GENERATED, "rotation": "2"},
    "proxy": {"users": ["shop"], "idle_timeout": 900, "max_connections_percent": 50},
    "tags": {"a": "2"},
    "parameters": {"max_connections": 200},
    "users": {"shop": {"login": "password"}},
    "monitoring": {"log_retention_days": 90},
}
LIFE: dict[str, dict[str, Any]] = {
    "create": {"main": database(), "pooled": POOLED},
    "change": {"main": database(master={"rotation_days": 30}, backups={"retention_days": 3}), "pooled": CHANGED},
    "return": {"main": database(), "pooled": {**CHANGED, "users": POOLED["users"]}},
    "upgrade": {"main": database(), "pooled": {**CHANGED, "version": "17"}},
    "shrink": {"main": database(), "pooled": {**CHANGED, "version": "17", "proxy": None, "replicas": {}}},
    "destroy": {},
}
SELDOM = {
    **dict.fromkeys(
        ("ec2:DescribeNatGateways", "iam:GetOpenIDConnectProvider", "iam:ListRoleTags"), "asked about what no host of the inventory claims"
    ),
    **dict.fromkeys(
        ("ec2:UpdateSecurityGroupRuleDescriptionsEgress", "ec2:UpdateSecurityGroupRuleDescriptionsIngress"),
        "called where the description of a rule was changed by hand",
    ),
    **dict.fromkeys(
        (
            "rds:DeleteDBInstanceAutomatedBackup",
            "rds:DescribeSourceRegions",
            "rds:StartDBInstanceAutomatedBackupsReplication",
            "rds:StopDBInstanceAutomatedBackupsReplication",
        ),
        "called for backups that are replicated to another region; here is one region",
    ),
    "iam:PutRolePermissionsBoundary": "called where a boundary is demanded; roles of networks show it",
    "kms:ScheduleKeyDeletion": "called where nothing needs the key any more; here final snapshots do",
    "kms:UpdateAlias": "called where the alias leads to another key",
    "rds:DeregisterDBProxyTargets": "called where a proxy has a target beside its instance",
    "rds:DescribeEvents": "asked where RDS refuses a storage change because of an earlier one",
    "rds:DownloadDBLogFilePortion": "asked where RDS gives up a major upgrade",
    "rds:PromoteReadReplica": "called where a replica is to be promoted, which no setting of the role asks for",
    "secretsmanager:UpdateSecretVersionStage": "called where a password inside an instance is rotated",
    "servicequotas:GetAWSDefaultServiceQuota": "asked where an account has no value of its own; in the rehearsal each has",
    "ssm:GetParameter": "asked when the reply to taking the run lock was lost",
}
"""Actions that no scenario needs."""


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    with Cloud(account_id=ACCOUNT, region=REGION, settings={"databases": False}) as started:
        yield started


def marked_site(cloud: Cloud) -> Site:
    """Its network carries the environment's tags, as one that the role vpc has built."""
    site = Site(cloud)
    owner = Owner(site.environment, "network")
    resources = [site.network["vpc_id"], *site.network["subnet_ids"], *site.network["security_group_ids"]]
    cloud.client("ec2").create_tags(Resources=resources, Tags=tag_list(owner.tags("vpc.main")))
    return site


def meddle(cloud: Cloud) -> None:
    """Manual changes that no change of the inventory would make in this way."""
    rds, iam, kms, ec2, secrets = (cloud.client(name) for name in ("rds", "iam", "kms", "ec2", "secretsmanager"))
    (role,) = [one["RoleName"] for one in iam.list_roles(PathPrefix="/mainstay/")["Roles"] if "monitoring" in one["RoleName"]]
    iam.update_assume_role_policy(RoleName=role, PolicyDocument=json.dumps(TRUST))
    (alias,) = [one for one in kms.list_aliases()["Aliases"] if one["AliasName"].startswith("alias/mainstay/")]
    key = alias["TargetKeyId"]
    policy = json.loads(kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"])
    kms.put_key_policy(KeyId=key, PolicyName="default", Policy=json.dumps({**policy, "Statement": policy["Statement"][:1]}))
    kms.update_key_description(KeyId=key, Description="by hand")
    kms.disable_key_rotation(KeyId=key)
    group = next(one for one in rds.describe_db_subnet_groups()["DBSubnetGroups"] if "pooled" in one["DBSubnetGroupName"])
    names = [one["SubnetIdentifier"] for one in group["Subnets"]]
    rds.modify_db_subnet_group(DBSubnetGroupName=group["DBSubnetGroupName"], DBSubnetGroupDescription="by hand", SubnetIds=names)
    for one in secrets.list_secrets()["SecretList"]:
        if one["Name"].startswith("/mainstay/"):
            secrets.update_secret(SecretId=one["ARN"], Description="by hand")
    (proxys,) = [one for one in ec2.describe_security_groups()["SecurityGroups"] if one["GroupName"].endswith("-proxy")]
    rule = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "192.0.2.0/24"}]}
    ec2.authorize_security_group_ingress(GroupId=proxys["GroupId"], IpPermissions=[rule])
    ec2.authorize_security_group_egress(GroupId=proxys["GroupId"], IpPermissions=[rule])
    logs = cloud.client("logs")
    logs.disassociate_kms_key(logGroupName="/aws/rds/instance/prod-main/postgresql")


def live(site: Site, name: str) -> None:
    """One run, as the module makes it: questions, quotas, the search for unclaimed resources, the lock, and the apply."""
    if LIFE[name]:
        desired = site.desired(LIFE[name], allow_reboot=["*"], allow_major_upgrade=["*"])
    else:
        desired = []
        site.domain_of(None, state="absent")
    plan = site.plan(desired, purge=EVERYTHING)
    aws = site.aws()
    try:
        check(plan, site.kinds(), aws, REGION)
        look(aws, [site.component])
        with held(aws, "shared", "a test", SystemClock(), 0.0, silent):
            site.apply(desired, EVERYTHING, EVERYTHING)
    finally:
        aws.close()


@pytest.fixture(scope="module")
def calls() -> set[str]:
    """The actions of all operations called during the instances' life."""
    return set()


@pytest.fixture(scope="module")
def used(cloud: Cloud, calls: set[str]) -> set[str]:
    """The actions checked during the instances' life with exactly the policies."""
    site = marked_site(cloud)
    cloud.admin.policies(**documents(SCOPE, "rds"))
    cloud.admin.clear_requests()
    before = by_hand = 0
    for name in LIFE:
        if name == "change":
            cloud.admin.policies(apply=None)
            before = max(one["n"] for one in cloud.admin.requests())
            meddle(cloud)
            by_hand = max(one["n"] for one in cloud.admin.requests())
            cloud.admin.policies(**documents(SCOPE, "rds"))
        live(site, name)
        assert denials(cloud) == [], name
    calls |= called(cloud, lambda request: not before < request["n"] <= by_hand)
    return checked(cloud)


def test_nothing_is_denied_and_no_action_is_too_much(used: set[str]) -> None:
    unneeded = sorted(granted(documents(SCOPE, "rds")["apply"]) - used - set(SELDOM))
    assert unneeded == [], ", ".join(unneeded)


def test_what_is_called_is_what_is_declared(used: set[str], calls: set[str]) -> None:
    assert sorted(calls - declared_by("rds")) == [], "called and not declared"
    uncalled = sorted(declared_by("rds") - calls - set(SELDOM))
    assert uncalled == [], f"declared, and called by no scenario: {', '.join(uncalled)}"


def test_what_another_environment_owns_cannot_be_changed(cloud: Cloud) -> None:
    cloud.admin.reset()
    theirs = Site(cloud, environment="other")
    theirs.apply(theirs.desired({"main": POOLED}))
    cloud.admin.policies(**documents(SCOPE, "rds"))
    rds, secrets = cloud.client("rds"), cloud.client("secretsmanager")
    there = rds.describe_db_instances(DBInstanceIdentifier="other-main")["DBInstances"][0]
    ours = tag_list(Owner("prod", "database").tags("db_instance.main"))
    secret = "/mainstay/other/database/main/master"
    calls: list[tuple[Any, str, dict[str, Any]]] = [
        (rds, "modify_db_instance", {"DBInstanceIdentifier": "other-main", "DeletionProtection": False}),
        (rds, "reboot_db_instance", {"DBInstanceIdentifier": "other-main"}),
        (rds, "delete_db_instance", {"DBInstanceIdentifier": "other-main-reader", "SkipFinalSnapshot": True}),
        (rds, "create_db_snapshot", {"DBInstanceIdentifier": "other-main", "DBSnapshotIdentifier": "copy"}),
        (rds, "add_tags_to_resource", {"ResourceName": there["DBInstanceArn"], "Tags": ours}),
        (rds, "modify_db_proxy", {"DBProxyName": "other-main-proxy", "IdleClientTimeout": 60}),
        (rds, "delete_db_proxy", {"DBProxyName": "other-main-proxy"}),
        (rds, "delete_db_subnet_group", {"DBSubnetGroupName": there["DBSubnetGroup"]["DBSubnetGroupName"]}),
        (rds, "reset_db_parameter_group", {"DBParameterGroupName": "other-main-postgres16", "ResetAllParameters": True}),
        (secrets, "get_secret_value", {"SecretId": secret}),
        (secrets, "put_secret_value", {"SecretId": secret, "SecretString": "{}"}),
        (secrets, "delete_secret", {"SecretId": secret}),
    ]
    for client, method, parameters in calls:
        with pytest.raises(ClientError, match="AccessDenied"):
            getattr(client, method)(**parameters)


TAKEN_AWAY = (
    *("rds:CreateDBInstance", "rds:CreateDBInstanceReadReplica", "rds:CreateDBParameterGroup", "rds:CreateDBProxy"),
    *("rds:CreateDBSubnetGroup", "rds:AddTagsToResource", "rds:ModifyDBParameterGroup", "rds:RegisterDBProxyTargets"),
    *("iam:CreateRole", "iam:PassRole", "kms:CreateKey", "kms:CreateGrant", "logs:CreateLogGroup"),
    *("secretsmanager:CreateSecret", "ec2:CreateSecurityGroup"),
)
"""Actions without which an instance with a replica, a proxy, and users cannot be created."""


@pytest.mark.nightly
@pytest.mark.parametrize("action", TAKEN_AWAY)
def test_without_any_one_action_something_fails(cloud: Cloud, action: str) -> None:
    """The denial names the action, and so does the hint."""
    cloud.admin.reset()
    site = marked_site(cloud)
    desired = site.desired(LIFE["create"])
    cloud.admin.policies(apply=without(documents(SCOPE, "rds")["apply"], action))
    failures = [one for one in site.try_apply(desired).failures if f"perform: {action} " in one.message]
    assert failures
    assert all(f"need {action}." in one.hint and "make policies" in one.hint for one in failures)
