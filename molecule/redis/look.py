"""Looks at the scenario's cache with boto3 alone."""

from __future__ import annotations

import json

import boto3
from expectations import expect

PREFIX = "/mainstay/molecule/cache/main"
CACHE = "molecule-main"
OWNER = {"mainstay:environment", "mainstay:component", "mainstay:address"}


def running(session: boto3.Session) -> None:
    """Encrypted, with TLS, a replica, and users: the one named default is off, and the application's password is in its secret."""
    cache = session.client("elasticache")
    group = cache.describe_replication_groups(ReplicationGroupId=CACHE)["ReplicationGroups"][0]
    expect("its state", (group["Status"], group["AutomaticFailover"], group["MultiAZ"]), ("available", "enabled", "enabled"))
    expect("its encryption", (group["TransitEncryptionEnabled"], group["AtRestEncryptionEnabled"]), (True, True))
    expect("its nodes", len(group["MemberClusters"]), 2)
    expect("its user groups", group["UserGroupIds"], [f"users-{CACHE}"])
    users = {one["UserName"]: one for one in cache.describe_users()["Users"] if one["UserId"].startswith(f"{CACHE}-")}
    expect("its users", sorted(users), ["default", f"{CACHE}-app", f"{CACHE}-reports"])
    expect("the user default", users["default"]["AccessString"].split()[0], "off")
    expect("how reports logs in", users[f"{CACHE}-reports"]["Authentication"]["Type"], "iam")
    login = json.loads(session.client("secretsmanager").get_secret_value(SecretId=f"{PREFIX}/user-app")["SecretString"])
    expect("the name in the secret", login["username"], f"{CACHE}-app")


def removed(session: boto3.Session) -> None:
    """Only a final snapshot and its key are left: the key is enabled and has no owner tag."""
    cache, kms = session.client("elasticache"), session.client("kms")
    expect("the replication groups", cache.describe_replication_groups()["ReplicationGroups"], [])
    snapshots = [one for one in cache.describe_snapshots()["Snapshots"] if one["SnapshotSource"] == "manual"]
    expect("the snapshots", [one["ReplicationGroupId"] for one in snapshots], [CACHE])
    expect("its users", [one["UserId"] for one in cache.describe_users()["Users"] if one["UserId"].startswith(CACHE)], [])
    key = snapshots[0]["KmsKeyId"]
    expect("the key's state", kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"], "Enabled")
    expect("the key's owner tags", OWNER & {tag["TagKey"] for tag in kms.list_resource_tags(KeyId=key)["Tags"]}, set())
