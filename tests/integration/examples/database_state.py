# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A database's state in AWS, read through boto3 and psycopg alone, and one check per row about databases in the requirements table."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import psycopg

CERTIFICATES = "MAINSTAY_REHEARSAL_RDS_CA"
"""The environment variable with the path of the certificates with which clients verify the servers."""

RESERVED = {"admin", "postgres", "rdsadmin"}
"""Names that no master user of an example has: the first and the last are reserved by RDS."""


class DatabaseState:
    """An account's instance from the component ``database``, with its replicas."""

    def __init__(self, client: Callable[..., Any]) -> None:
        self.client = client
        self.rds = client("rds")
        self.secrets = client("secretsmanager")

    @cached_property
    def all(self) -> dict[str, dict[str, Any]]:
        """Identifier -> instance or replica."""
        return {one["DBInstanceIdentifier"]: one for one in self.rds.describe_db_instances()["DBInstances"]}

    @cached_property
    def instance(self) -> dict[str, Any]:
        (found,) = [one for one in self.all.values() if not one.get("ReadReplicaSourceDBInstanceIdentifier")]
        return found

    @property
    def identifier(self) -> str:
        return str(self.instance["DBInstanceIdentifier"])

    @cached_property
    def replicas(self) -> list[dict[str, Any]]:
        return [one for one in self.all.values() if one.get("ReadReplicaSourceDBInstanceIdentifier") == self.identifier]

    @cached_property
    def parameters(self) -> dict[str, str]:
        """The parameters of the group in force: set, or with the engine's default."""
        (group,) = self.instance["DBParameterGroups"]
        pages = self.rds.get_paginator("describe_db_parameters").paginate(DBParameterGroupName=group["DBParameterGroupName"])
        return {one["ParameterName"]: one.get("ParameterValue", "") for page in pages for one in page["Parameters"]}

    @cached_property
    def master_secret(self) -> str:
        """The ARN of the secret with the master's password: managed by RDS, or the component's."""
        managed = self.instance.get("MasterUserSecret")
        if managed:
            assert managed["SecretStatus"] == "active"
            return str(managed["SecretArn"])
        (own,) = [arn for arn in self.own_secrets() if self.content(arn)["username"] == self.instance["MasterUsername"]]
        return own

    def own_secrets(self) -> list[str]:
        listed = [one for page in self.secrets.get_paginator("list_secrets").paginate() for one in page["SecretList"]]
        mark = {"Key": "mainstay:component", "Value": "database"}
        return [one["ARN"] for one in listed if mark in one.get("Tags", [])]

    def content(self, arn: str) -> dict[str, str]:
        found: dict[str, str] = json.loads(self.secrets.get_secret_value(SecretId=arn)["SecretString"])
        return found

    def key(self, arn: str) -> dict[str, Any]:
        found: dict[str, Any] = self.client("kms").describe_key(KeyId=arn)["KeyMetadata"]
        return found


Check = Callable[[DatabaseState], None]


def postgresql(state: DatabaseState) -> None:
    """Available, in isolated subnets of at least two zones, without a public address, and for TLS only."""
    for one in state.all.values():
        assert (one["Engine"], one["DBInstanceStatus"], one["PubliclyAccessible"]) == ("postgres", "available", False)
    names = [subnet["SubnetIdentifier"] for subnet in state.instance["DBSubnetGroup"]["Subnets"]]
    subnets = state.client("ec2").describe_subnets(SubnetIds=names)["Subnets"]
    assert len({subnet["AvailabilityZone"] for subnet in subnets}) >= 2
    addresses = [tag["Value"] for subnet in subnets for tag in subnet["Tags"] if tag["Key"] == "mainstay:address"]
    assert all(address.startswith("subnet.main/database-") for address in addresses)
    assert state.parameters["rds.force_ssl"] == "1"


def version(major: str) -> Check:
    """The newest minor version of this major one, with parameters of its family."""

    def check(state: DatabaseState) -> None:
        pages = state.rds.get_paginator("describe_db_engine_versions").paginate(Engine="postgres", EngineVersion=major)
        minors = [one["EngineVersion"] for page in pages for one in page["DBEngineVersions"]]
        newest = max(minors, key=lambda text: [int(part) for part in text.split(".")])
        assert state.instance["EngineVersion"] == newest
        assert newest.startswith(f"{major}.")

    return check


def class_of(expected: str) -> Check:
    def check(state: DatabaseState) -> None:
        assert state.instance["DBInstanceClass"] == expected

    return check


def may_become(wanted: str) -> Check:
    """Its version and storage are offered with this class, so the class can be changed in place."""

    def check(state: DatabaseState) -> None:
        asked = {"Engine": "postgres", "EngineVersion": state.instance["EngineVersion"], "DBInstanceClass": wanted}
        options = state.rds.describe_orderable_db_instance_options(**asked)["OrderableDBInstanceOptions"]
        (option,) = [one for one in options if one["StorageType"] == state.instance["StorageType"]]
        assert option["MinStorageSize"] <= state.instance["AllocatedStorage"] <= option["MaxStorageSize"]

    return check


def storage(size: int, kind: str) -> Check:
    def check(state: DatabaseState) -> None:
        assert (state.instance["AllocatedStorage"], state.instance["StorageType"]) == (size, kind)

    return check


def grows_to(limit: int) -> Check:
    def check(state: DatabaseState) -> None:
        assert state.instance["MaxAllocatedStorage"] == limit

    return check


def standby(state: DatabaseState) -> None:
    assert state.instance["MultiAZ"] is True


def one_zone(state: DatabaseState) -> None:
    assert state.instance["MultiAZ"] is False


def replica(name: str) -> Check:
    """One replica, encrypted with the same key."""

    def check(state: DatabaseState) -> None:
        (found,) = state.replicas
        assert (found["DBInstanceIdentifier"], state.instance["ReadReplicaDBInstanceIdentifiers"]) == (name, [name])
        assert found["KmsKeyId"] == state.instance["KmsKeyId"]

    return check


def encrypted(state: DatabaseState) -> None:
    """With a key of the account that AWS rotates."""
    for one in state.all.values():
        assert one["StorageEncrypted"]
        key = state.key(one["KmsKeyId"])
        assert (key["KeyManager"], key["KeyState"]) == ("CUSTOMER", "Enabled")
        assert state.client("kms").get_key_rotation_status(KeyId=key["KeyId"])["KeyRotationEnabled"]


def daily_backups(state: DatabaseState) -> None:
    """Automated backups, with which the instance can be restored to a point in time."""
    backups = state.rds.describe_db_instance_automated_backups(DBInstanceIdentifier=state.identifier)["DBInstanceAutomatedBackups"]
    assert [one["Status"] for one in backups] == ["active"]
    assert state.instance["BackupRetentionPeriod"] > 0
    assert state.instance["LatestRestorableTime"]
    assert state.instance["CopyTagsToSnapshot"]


def kept_for(days: int) -> Check:
    def check(state: DatabaseState) -> None:
        assert state.instance["BackupRetentionPeriod"] == days

    return check


def copied_to(region: str) -> Check:
    """Automated backups are copied to another region as well, encrypted with a key of the account there."""

    def check(state: DatabaseState) -> None:
        (copies,) = state.client("rds", region=region).describe_db_instance_automated_backups()["DBInstanceAutomatedBackups"]
        assert (copies["DBInstanceArn"], copies["Status"]) == (state.instance["DBInstanceArn"], "replicating")
        key = state.client("kms", region=region).describe_key(KeyId=copies["KmsKeyId"])["KeyMetadata"]
        assert (key["KeyManager"], key["KeyState"]) == ("CUSTOMER", "Enabled")

    return check


def patched(window: str) -> Check:
    """AWS installs minor versions in this window."""

    def check(state: DatabaseState) -> None:
        assert (state.instance["AutoMinorVersionUpgrade"], state.instance["PreferredMaintenanceWindow"]) == (True, window)

    return check


def pooled(state: DatabaseState) -> None:
    """A proxy that requires TLS, and whose target is the instance. Users log in with their own secrets."""
    (proxy,) = state.rds.describe_db_proxies()["DBProxies"]
    assert (proxy["Status"], proxy["EngineFamily"], proxy["RequireTLS"]) == ("available", "POSTGRESQL", True)
    targets = state.rds.describe_db_proxy_targets(DBProxyName=proxy["DBProxyName"])["Targets"]
    assert [one["RdsResourceId"] for one in targets] == [state.identifier]
    users = [state.content(login["SecretArn"])["username"] for login in proxy["Auth"]]
    assert users
    assert state.instance["MasterUsername"] not in users


def named(identifier: str, master: str) -> Check:
    """An identifier from the design, and a master user that RDS accepts in place of the design's "admin"."""

    def check(state: DatabaseState) -> None:
        assert (state.identifier, state.instance["MasterUsername"]) == (identifier, master)
        assert master not in RESERVED

    return check


def observed(state: DatabaseState) -> None:
    """Metrics of the operating system, insights, and logs in encrypted groups with a retention period."""
    instance = state.instance
    assert instance["MonitoringInterval"] > 0
    role = instance["MonitoringRoleArn"].rpartition("/")[2]
    trust = state.client("iam").get_role(RoleName=role)["Role"]["AssumeRolePolicyDocument"]["Statement"]
    assert [one["Principal"] for one in trust] == [{"Service": "monitoring.rds.amazonaws.com"}]
    assert instance["PerformanceInsightsEnabled"]
    for log in instance["EnabledCloudwatchLogsExports"]:
        name = f"/aws/rds/instance/{state.identifier}/{log}"
        (group,) = state.client("logs").describe_log_groups(logGroupNamePrefix=name)["logGroups"]
        assert group["kmsKeyId"]
        assert group["retentionInDays"] > 0
    assert "postgresql" in instance["EnabledCloudwatchLogsExports"]


def credentials_in_secrets_manager(state: DatabaseState) -> None:
    """The master's password and those of users, encrypted with the component's key."""
    assert state.content(state.master_secret)["password"]
    assert state.content(state.master_secret)["username"] == state.instance["MasterUsername"]
    own = state.own_secrets()
    for arn in {state.master_secret, *own}:
        described = state.secrets.describe_secret(SecretId=arn)
        assert state.key(described["KmsKeyId"])["Arn"] == state.instance["KmsKeyId"]


def protected(state: DatabaseState) -> None:
    assert all(one["DeletionProtection"] for one in state.all.values())


@dataclass(frozen=True)
class Logins:
    """Connections as applications are advised to make them: over TLS, with the server's certificate and name verified."""

    state: DatabaseState
    certificates: str

    def ask(self, query: str, user: str, password: str, database: str = "postgres") -> list[Any]:
        endpoint = self.state.instance["Endpoint"]
        where: dict[str, Any] = {"host": endpoint["Address"], "port": endpoint["Port"], "user": user, "dbname": database}
        where |= {"sslmode": "verify-full", "sslrootcert": self.certificates, "connect_timeout": 20}
        with psycopg.connect(**where, password=password) as connection:
            assert connection.pgconn.ssl_in_use
            return connection.execute(query.encode()).fetchall()

    def ask_as_master(self, query: str, database: str = "postgres") -> list[Any]:
        return self.ask(query, self.state.instance["MasterUsername"], self.state.content(self.state.master_secret)["password"], database)


LoginCheck = Callable[[Logins], None]


def master_is_no_superuser(logins: Logins) -> None:
    (row,) = logins.ask_as_master("SELECT current_user, current_setting('is_superuser')")
    assert row == (logins.state.instance["MasterUsername"], "off")


def extension(database: str, name: str) -> LoginCheck:
    def check(logins: Logins) -> None:
        assert (name,) in logins.ask_as_master("SELECT extname FROM pg_extension", database)

    return check


def user_logs_in_with_a_token(user: str, database: str) -> LoginCheck:
    """A token of IAM in place of a password: the user owns its database."""

    def check(logins: Logins) -> None:
        endpoint = logins.state.instance["Endpoint"]
        token = logins.state.rds.generate_db_auth_token(DBHostname=endpoint["Address"], Port=endpoint["Port"], DBUsername=user)
        query = (
            "SELECT pg_get_userbyid(datdba), has_database_privilege(datname, 'CREATE') FROM pg_database WHERE datname = current_database()"
        )
        assert logins.ask(query, user, token, database) == [(user, True)]

    return check
