"""RDS Proxies: states, logins, targets and their health, the pool, and endpoints."""

from __future__ import annotations

import json
from typing import Any

import pytest

from rehearsal.testing import Cloud

from ..conftest import ACCOUNT, REGION, refused, trust, until
from .databases import Databases


class Proxies(Databases):
    """An account with an instance, main, in its default network, a secret for it, and a role that can read the secret."""

    def __init__(self, cloud: Cloud) -> None:
        super().__init__(cloud)
        self.iam, self.secrets = self.client("iam"), self.client("secretsmanager")
        self.create("main")
        subnets = self.client("ec2").describe_subnets(Filters=[{"Name": "default-for-az", "Values": ["true"]}])["Subnets"]
        self.subnets = [one["SubnetId"] for one in subnets]
        self.secret = self.secrets.create_secret(Name="app", SecretString=json.dumps({"username": "app", "password": "x"}))["ARN"]
        self.role = self.iam.create_role(RoleName="proxy", AssumeRolePolicyDocument=trust("rds.amazonaws.com"))["Role"]["Arn"]
        self.permit("secretsmanager:GetSecretValue", self.secret)

    def permit(self, action: str, resource: str, name: str = "secrets") -> None:
        statement = {"Effect": "Allow", "Action": action, "Resource": resource}
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        self.iam.put_role_policy(RoleName="proxy", PolicyName=name, PolicyDocument=document)

    def make(self, name: str = "main", **options: Any) -> dict[str, Any]:
        given = {
            "DBProxyName": name,
            "EngineFamily": "POSTGRESQL",
            "Auth": [{"AuthScheme": "SECRETS", "SecretArn": self.secret}],
            "RoleArn": self.role,
            "VpcSubnetIds": self.subnets,
            **options,
        }
        made = self.rds.create_db_proxy(**{key: value for key, value in given.items() if value is not None})
        return dict(made["DBProxy"])

    def proxy(self, name: str = "main") -> dict[str, Any]:
        return dict(self.rds.describe_db_proxies(DBProxyName=name)["DBProxies"][0])

    def register(self, instance: str = "main") -> dict[str, Any]:
        made = self.rds.register_db_proxy_targets(DBProxyName="main", TargetGroupName="default", DBInstanceIdentifiers=[instance])
        return dict(made["DBProxyTargets"][0])

    def health(self) -> tuple[str, str]:
        [target] = self.rds.describe_db_proxy_targets(DBProxyName="main")["Targets"]
        return target["TargetHealth"]["State"], target["TargetHealth"].get("Reason", "")


@pytest.fixture
def account(cloud: Cloud) -> Proxies:
    return Proxies(cloud)


def test_a_proxy_as_it_is_described(account: Proxies) -> None:
    account.make(RequireTLS=True, Tags=[{"Key": "a", "Value": "1"}])
    seen = account.proxy()
    assert (seen["Status"], seen["EngineFamily"], seen["RequireTLS"], seen["IdleClientTimeout"]) == ("available", "POSTGRESQL", True, 1800)
    assert seen["DBProxyArn"].startswith(f"arn:aws:rds:{REGION}:{ACCOUNT}:db-proxy:prx-")
    assert seen["Endpoint"].startswith("main.proxy-")
    assert seen["DefaultAuthScheme"] == "NONE"
    login = {"AuthScheme": "SECRETS", "SecretArn": account.secret, "IAMAuth": "DISABLED"}
    assert seen["Auth"] == [login | {"ClientPasswordAuthType": "POSTGRES_SCRAM_SHA_256"}]
    tags = account.rds.list_tags_for_resource(ResourceName=seen["DBProxyArn"])["TagList"]
    assert tags == [{"Key": "a", "Value": "1"}]


def test_states_of_a_proxy(account: Proxies) -> None:
    account.takes(proxy=0.4)
    assert account.make()["Status"] == "creating"
    assert refused(account.register) == "InvalidDBProxyStateFault"
    until(lambda: account.proxy()["Status"] == "available")
    account.rds.modify_db_proxy(DBProxyName="main", IdleClientTimeout=60)
    assert (account.proxy()["Status"], account.proxy()["IdleClientTimeout"]) == ("modifying", 60)
    until(lambda: account.proxy()["Status"] == "available")
    account.rds.delete_db_proxy(DBProxyName="main")
    assert account.proxy()["Status"] == "deleting"
    assert refused(account.rds.delete_db_proxy, DBProxyName="main") == "InvalidDBProxyStateFault"
    until(lambda: account.rds.describe_db_proxies()["DBProxies"] == [])
    assert refused(account.proxy) == "DBProxyNotFoundFault"


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"name": "a--b"}, "InvalidParameterValue"),
        ({"EngineFamily": "MYSQL"}, "InvalidParameterValue"),
        ({"Auth": []}, "InvalidParameterCombination"),
        ({"Auth": [{"AuthScheme": "SECRETS"}]}, "InvalidParameterValue"),
        ({"Auth": [{"AuthScheme": "SECRETS", "SecretArn": "arn:aws:secretsmanager:eu-west-1:1:secret:absent"}]}, "InvalidParameterValue"),
        ({"DefaultAuthScheme": "IAM_AUTH", "Auth": None}, "InvalidParameterCombination"),
        ({"IdleClientTimeout": 28_801}, "InvalidParameterValue"),
        ({"RoleArn": "arn:aws:iam::1:role/absent"}, "InvalidParameterValue"),
        ({"VpcSubnetIds": ["subnet-0"]}, "InvalidSubnet"),
        ({"VpcSecurityGroupIds": ["sg-0"]}, "InvalidParameterValue"),
    ],
)
def test_proxies_that_are_refused(account: Proxies, options: dict[str, Any], code: str) -> None:
    assert refused(account.make, **options) == code


def test_more_refusals(account: Proxies) -> None:
    iam_only = [{"AuthScheme": "SECRETS", "SecretArn": account.secret, "IAMAuth": "REQUIRED"}]
    assert refused(account.make, Auth=iam_only) == "InvalidParameterCombination"
    assert refused(account.make, VpcSubnetIds=account.subnets[:1]) == "InvalidSubnet"
    account.make(Auth=iam_only, RequireTLS=True)
    assert refused(account.make) == "DBProxyAlreadyExistsFault"
    account.cloud.admin.settings(quotas={"rds_proxies": 1})
    assert refused(account.make, name="other") == "DBProxyQuotaExceededFault"
    assert refused(account.rds.modify_db_proxy, DBProxyName="main", RequireTLS=False) == "InvalidParameterCombination"


def test_a_proxy_without_secrets_uses_iam(account: Proxies) -> None:
    account.make(DefaultAuthScheme="IAM_AUTH", Auth=None, RequireTLS=True)
    account.register()
    assert account.health() == ("AVAILABLE", "")


# Targets


def test_a_target_is_registered_and_removed(account: Proxies) -> None:
    account.make()
    account.takes(proxy_target=0.4)
    made = account.register()
    assert (made["RdsResourceId"], made["Type"], made["TargetHealth"]["State"]) == ("main", "RDS_INSTANCE", "REGISTERING")
    assert account.health()[0] == "REGISTERING"
    until(lambda: account.health() == ("AVAILABLE", ""))
    assert refused(account.register) == "DBProxyTargetAlreadyRegisteredFault"
    account.rds.deregister_db_proxy_targets(DBProxyName="main", DBInstanceIdentifiers=["main"])
    assert account.rds.describe_db_proxy_targets(DBProxyName="main")["Targets"] == []
    gone = {"DBProxyName": "main", "DBInstanceIdentifiers": ["main"]}
    assert refused(account.rds.deregister_db_proxy_targets, **gone) == "DBProxyTargetNotFoundFault"


def test_targets_that_are_refused(account: Proxies) -> None:
    account.make()
    assert refused(account.register, instance="absent") == "DBInstanceNotFound"
    other = {"DBProxyName": "main", "TargetGroupName": "other", "DBInstanceIdentifiers": ["main"]}
    assert refused(account.rds.register_db_proxy_targets, **other) == "DBProxyTargetGroupNotFoundFault"
    assert refused(account.rds.register_db_proxy_targets, DBProxyName="main") == "InvalidParameterCombination"
    account.cloud.admin.script("rds_instance", {"id": "main"}, [{"state": "stopped"}])
    assert refused(account.register) == "InvalidDBInstanceState"


def test_the_role_must_be_able_to_read_the_secret(account: Proxies) -> None:
    account.make()
    account.register()
    assert account.health() == ("AVAILABLE", "")
    account.iam.delete_role_policy(RoleName="proxy", PolicyName="secrets")
    assert account.health() == ("UNAVAILABLE", "AUTH_FAILURE")
    account.permit("secretsmanager:GetSecretValue", f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:app-*")
    assert account.health() == ("AVAILABLE", "")


def test_the_role_must_be_able_to_use_the_key(account: Proxies) -> None:
    key = account.key()
    account.secrets.update_secret(SecretId="app", KmsKeyId=key)
    account.make()
    account.register()
    assert account.health() == ("UNAVAILABLE", "AUTH_FAILURE")
    account.permit("kms:Decrypt", key, name="key")
    assert account.health() == ("AVAILABLE", "")
    account.client("kms").disable_key(KeyId=key)
    assert account.health() == ("UNAVAILABLE", "AUTH_FAILURE")


def test_the_secret_must_hold_a_login(account: Proxies) -> None:
    account.make()
    account.register()
    account.secrets.put_secret_value(SecretId="app", SecretString="secret")
    assert account.health() == ("UNAVAILABLE", "AUTH_FAILURE")
    account.secrets.delete_secret(SecretId="app")
    assert account.health() == ("UNAVAILABLE", "AUTH_FAILURE")


def test_a_target_that_stops_and_goes(account: Proxies) -> None:
    account.make()
    account.register()
    account.cloud.admin.script("rds_instance", {"id": "main"}, [{"state": "stopped"}])
    assert account.health() == ("UNAVAILABLE", "CONNECTION_FAILED")
    account.cloud.admin.clear_scripts()
    account.rds.delete_db_instance(DBInstanceIdentifier="main", SkipFinalSnapshot=True)
    until(lambda: account.rds.describe_db_proxy_targets(DBProxyName="main")["Targets"] == [])


# The pool


def pool(account: Proxies, **config: Any) -> dict[str, Any]:
    changed = account.rds.modify_db_proxy_target_group(DBProxyName="main", TargetGroupName="default", ConnectionPoolConfig=config)
    return dict(changed["DBProxyTargetGroup"]["ConnectionPoolConfig"])


def test_the_pool(account: Proxies) -> None:
    account.make()
    [group] = account.rds.describe_db_proxy_target_groups(DBProxyName="main")["TargetGroups"]
    assert (group["TargetGroupName"], group["IsDefault"], group["ConnectionPoolConfig"]["MaxConnectionsPercent"]) == ("default", True, 100)
    changed = pool(account, MaxConnectionsPercent=80, InitQuery="SET timezone = 'UTC'", SessionPinningFilters=["EXCLUDE_VARIABLE_SETS"])
    assert (changed["MaxConnectionsPercent"], changed["MaxIdleConnectionsPercent"], changed["ConnectionBorrowTimeout"]) == (80, 50, 120)
    assert changed["InitQuery"] == "SET timezone = 'UTC'"


@pytest.mark.parametrize(
    ("config", "code"),
    [
        ({"MaxConnectionsPercent": 0}, "InvalidParameterValue"),
        ({"MaxConnectionsPercent": 40}, "InvalidParameterCombination"),
        ({"ConnectionBorrowTimeout": 301}, "InvalidParameterValue"),
        ({"SessionPinningFilters": ["ALL"]}, "InvalidParameterValue"),
    ],
)
def test_pools_that_are_refused(account: Proxies, config: dict[str, Any], code: str) -> None:
    account.make()
    assert refused(pool, account=account, **config) == code


# Endpoints


def test_further_endpoints(account: Proxies) -> None:
    account.make()
    make = account.rds.create_db_proxy_endpoint
    given = {"DBProxyName": "main", "DBProxyEndpointName": "second", "VpcSubnetIds": account.subnets}
    assert refused(make, **given, TargetRole="READ_ONLY") == "InvalidParameterValue"
    account.takes(proxy=0.4)
    assert make(**given)["DBProxyEndpoint"]["Status"] == "creating"
    assert refused(make, **given) == "DBProxyEndpointAlreadyExistsFault"

    def seen() -> dict[str, dict[str, Any]]:
        found = account.rds.describe_db_proxy_endpoints(DBProxyName="main")["DBProxyEndpoints"]
        return {one["DBProxyEndpointName"]: one for one in found}

    until(lambda: seen()["second"]["Status"] == "available")
    assert {name: one["IsDefault"] for name, one in seen().items()} == {"default": True, "second": False}
    account.takes()
    account.rds.modify_db_proxy_endpoint(DBProxyEndpointName="second", NewDBProxyEndpointName="third")
    account.rds.delete_db_proxy_endpoint(DBProxyEndpointName="third")
    assert list(seen()) == ["default"]
    assert refused(account.rds.delete_db_proxy_endpoint, DBProxyEndpointName="default") == "InvalidDBProxyEndpointStateFault"
    assert refused(account.rds.delete_db_proxy_endpoint, DBProxyEndpointName="third") == "DBProxyEndpointNotFoundFault"


def test_policies_see_the_tags_of_a_proxy_that_a_call_names(account: Proxies) -> None:
    """A call has the name, and the ARN ends in random text."""
    account.make(Tags=[{"Key": "team", "Value": "a"}])
    until(lambda: account.proxy()["Status"] == "available")
    account.cloud.admin.policies(apply=by_team("a"))
    account.rds.modify_db_proxy(DBProxyName="main", IdleClientTimeout=60)
    account.cloud.admin.policies(apply=by_team("b"))
    assert refused(account.rds.modify_db_proxy, DBProxyName="main", IdleClientTimeout=90) == "AccessDenied"
    account.cloud.admin.policies(apply=None)


def by_team(team: str) -> list[dict[str, Any]]:
    """Every action on the proxies with a team's tag."""
    condition = {"StringEquals": {"aws:ResourceTag/team": team}}
    statement = {"Effect": "Allow", "Action": "rds:*", "Resource": "arn:aws:rds:*:*:db-proxy:prx-*", "Condition": condition}
    return [{"Version": "2012-10-17", "Statement": [statement]}]
