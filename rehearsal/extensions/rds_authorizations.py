"""Authorization checks for RDS calls, after the RDS part of the Service Authorization Reference.

A call is checked on every resource that it names. Tags in a call also require rds:AddTagsToResource, a role passed requires iam:PassRole,
and a key requires what RDS does with it in the caller's name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rehearsal.asking import arn, ask, pairs, service_linked_role
from rehearsal.extensions.kms_access import key_resource, tags_of_key
from rehearsal.extensions.rds_tags import tags_of_arn
from rehearsal.policies_in_force import Ask
from rehearsal.registry import Call, authorizes, backend

MONITORING = "monitoring.rds.amazonaws.com"

Named = tuple[str, str]
"""A type of resource in ARNs, and the parameter that names the resource."""

INSTANCE: Named = ("db", "DBInstanceIdentifier")
GROUP: Named = ("pg", "DBParameterGroupName")
SUBNETS: Named = ("subgrp", "DBSubnetGroupName")
SNAPSHOT: Named = ("snapshot", "DBSnapshotIdentifier")
CLUSTER: Named = ("cluster", "DBClusterIdentifier")
CLUSTER_SNAPSHOT: Named = ("cluster-snapshot", "DBClusterSnapshotIdentifier")
PROXY: Named = ("db-proxy", "DBProxyName")

RESOURCES: Mapping[str, tuple[Named, ...]] = {
    "CreateDBInstance": (INSTANCE, GROUP, SUBNETS, ("og", "OptionGroupName")),
    "CreateDBInstanceReadReplica": (INSTANCE, ("db", "SourceDBInstanceIdentifier"), GROUP, SUBNETS, ("og", "OptionGroupName")),
    "ModifyDBInstance": (INSTANCE, GROUP, SUBNETS, ("og", "OptionGroupName")),
    "DeleteDBInstance": (INSTANCE, ("snapshot", "FinalDBSnapshotIdentifier")),
    "StopDBInstance": (INSTANCE, SNAPSHOT),
    **dict.fromkeys(
        (
            *("DescribeDBInstances", "DescribeDBLogFiles", "DescribeValidDBInstanceModifications", "DownloadDBLogFilePortion"),
            *("PromoteReadReplica", "RebootDBInstance", "StartDBInstance"),
        ),
        (INSTANCE,),
    ),
    "CopyDBParameterGroup": (("pg", "SourceDBParameterGroupIdentifier"), ("pg", "TargetDBParameterGroupIdentifier")),
    **dict.fromkeys(
        (
            *("CreateDBParameterGroup", "DeleteDBParameterGroup", "DescribeDBParameterGroups", "DescribeDBParameters"),
            *("ModifyDBParameterGroup", "ResetDBParameterGroup"),
        ),
        (GROUP,),
    ),
    **dict.fromkeys(("CreateDBSubnetGroup", "DeleteDBSubnetGroup", "DescribeDBSubnetGroups", "ModifyDBSubnetGroup"), (SUBNETS,)),
    "CreateDBSnapshot": (INSTANCE, SNAPSHOT),
    "CopyDBSnapshot": (("snapshot", "SourceDBSnapshotIdentifier"), ("snapshot", "TargetDBSnapshotIdentifier")),
    "DescribeDBSnapshots": (INSTANCE, SNAPSHOT),
    **dict.fromkeys(
        ("DeleteDBSnapshot", "DescribeDBSnapshotAttributes", "ModifyDBSnapshot", "ModifyDBSnapshotAttribute"),
        (SNAPSHOT,),
    ),
    "DescribeDBClusters": (CLUSTER,),
    **dict.fromkeys(("CreateDBClusterSnapshot", "DescribeDBClusterSnapshots"), (CLUSTER, CLUSTER_SNAPSHOT)),
    "CopyDBClusterSnapshot": (
        *(("cluster-snapshot", "SourceDBClusterSnapshotIdentifier"), ("cluster-snapshot", "TargetDBClusterSnapshotIdentifier")),
    ),
    **dict.fromkeys(
        ("DeleteDBClusterSnapshot", "DescribeDBClusterSnapshotAttributes", "ModifyDBClusterSnapshotAttribute"),
        (CLUSTER_SNAPSHOT,),
    ),
    "RestoreDBInstanceFromDBSnapshot": (INSTANCE, SNAPSHOT, GROUP, SUBNETS, ("og", "OptionGroupName")),
    "RestoreDBInstanceToPointInTime": (
        *(("db", "TargetDBInstanceIdentifier"), ("db", "SourceDBInstanceIdentifier")),
        *(("auto-backup", "SourceDBInstanceAutomatedBackupsArn"), GROUP, SUBNETS, ("og", "OptionGroupName")),
    ),
    "StartDBInstanceAutomatedBackupsReplication": (("db", "SourceDBInstanceArn"),),
    "StopDBInstanceAutomatedBackupsReplication": (("db", "SourceDBInstanceArn"),),
    "DeleteDBInstanceAutomatedBackup": (("auto-backup", "DBInstanceAutomatedBackupsArn"),),
    "DescribeDBInstanceAutomatedBackups": (INSTANCE, ("auto-backup", "DBInstanceAutomatedBackupsArn")),
    **dict.fromkeys(
        (
            *("CreateDBProxy", "DeleteDBProxy", "DescribeDBProxies", "DescribeDBProxyTargetGroups", "DescribeDBProxyTargets"),
            *("ModifyDBProxy", "ModifyDBProxyTargetGroup", "DeregisterDBProxyTargets", "RegisterDBProxyTargets"),
        ),
        (PROXY,),
    ),
    "CreateDBProxyEndpoint": (PROXY, ("db-proxy-endpoint", "DBProxyEndpointName")),
    **dict.fromkeys(
        ("DeleteDBProxyEndpoint", "ModifyDBProxyEndpoint"),
        (("db-proxy-endpoint", "DBProxyEndpointName"),),
    ),
    "DescribeDBProxyEndpoints": (PROXY, ("db-proxy-endpoint", "DBProxyEndpointName")),
}
"""What each call names. A list call that names nothing is checked on all resources of the first type; other calls are checked on `*`."""

ALWAYS_NAMED = ("Describe", "List", "Download")
ARN_PARAMETERS = ("ResourceName", "ResourceIdentifier")
ENCRYPTED = frozenset(
    {
        *("CreateDBInstance", "CreateDBInstanceReadReplica", "CopyDBSnapshot", "RestoreDBInstanceFromDBSnapshot"),
        *("RestoreDBInstanceToPointInTime", "StartDBInstanceAutomatedBackupsReplication"),
    }
)
ROLES: Mapping[str, tuple[str, str]] = {
    **dict.fromkeys(("CreateDBInstance", "CreateDBInstanceReadReplica", "ModifyDBInstance"), ("MonitoringRoleArn", MONITORING)),
    **dict.fromkeys(("CreateDBProxy", "ModifyDBProxy"), ("RoleArn", "rds.amazonaws.com")),
}
CREATED: Mapping[str, str] = {
    "CreateDBSnapshot": "snapshot",
    "CreateDBClusterSnapshot": "cluster-snapshot",
    "CreateDBProxyEndpoint": "db-proxy-endpoint",
}
"""The type of what a call creates, where its first resource is of another one."""
LINKED = frozenset({"CreateDBInstance", "CreateDBInstanceReadReplica", "RestoreDBInstanceFromDBSnapshot", "RestoreDBInstanceToPointInTime"})


@authorizes("rds")
def asked(call: Call) -> Iterator[Ask]:
    request = pairs(call.get("Tags") or ())
    named = list(_named(call))
    keys = _keys(call)
    for resource in named:
        yield _about(ask(call, resource, request=request, there=_tags(call, resource)), keys)
    if not named:
        yield ask(call, _all(call), request=request)
    if request and call.operation.startswith(("Create", "Copy", "Restore")):
        yield ask(call, _created(call, named), "rds:AddTagsToResource", request=request)
    yield from _beside(call)


def _about(given: Ask, keys: Mapping[str, str]) -> Ask:
    return Ask(given.action, given.resource, {**given.context, **{key: (value,) for key, value in keys.items()}})


def _named(call: Call) -> Iterator[str]:
    """The ARNs of the resources that a call names."""
    for parameter in ARN_PARAMETERS:
        if value := call.get(parameter):
            yield str(value)
    for kind, parameter in RESOURCES.get(call.operation, ()):
        if value := call.get(parameter):
            yield _arn(call, kind, str(value))


def _arn(call: Call, kind: str, name: str) -> str:
    if name.startswith("arn:"):
        return name
    if kind in ("db-proxy", "db-proxy-endpoint"):
        return _arns_of_proxies(call).get((kind, name), arn(call, "rds", f"{kind}:{name}"))
    return arn(call, "rds", f"{kind}:{name.lower()}")


def _arns_of_proxies(call: Call) -> dict[tuple[str, str], str]:
    """The ARNs of proxies and their endpoints end in random text, not in their names."""
    proxies = call.backend.db_proxies.values()
    found = {("db-proxy", one.name): one.arn for one in proxies}
    return found | {("db-proxy-endpoint", name): one.arn for proxy in proxies for name, one in proxy.endpoints.items()}


def _all(call: Call) -> str:
    """What a call that names no resource is checked on."""
    kinds = RESOURCES.get(call.operation, ())
    return arn(call, "rds", f"{kinds[0][0]}:*") if kinds and call.operation.startswith(ALWAYS_NAMED) else "*"


def _created(call: Call, named: list[str]) -> str:
    """The resource that a call creates: the target of a copy, the snapshot of an instance, else the first that it names."""
    target = f":{str(call.get('TargetDBSnapshotIdentifier')).lower()}"
    kind = CREATED.get(call.operation)
    return next((each for each in named if each.endswith(target) or (kind and each.split(":")[5] == kind)), named[0])


def _tags(call: Call, resource: str) -> dict[str, str]:
    parts = resource.split(":")
    if len(parts) < 7:
        return {}
    return dict(tags_of_arn(backend("rds", parts[4] or call.account_id, parts[3] or call.region), resource) or {})


def _keys(call: Call) -> dict[str, str]:
    """RDS's own condition keys, as far as a call gives them."""
    if call.operation != "CreateDBInstance":
        return {}
    given = {
        "rds:databaseclass": call.get("DBInstanceClass"),
        "rds:databaseengine": call.get("Engine"),
        "rds:databasename": call.get("DBName"),
        "rds:storagesize": call.get("AllocatedStorage"),
        "rds:piops": call.get("Iops"),
    }
    flags = {
        "rds:multiaz": call.get("MultiAZ"),
        "rds:storageencrypted": call.get("StorageEncrypted"),
        "rds:managemasteruserpassword": call.get("ManageMasterUserPassword"),
    }
    words = {name: str(value) for name, value in given.items() if value is not None}
    return words | {name: "true" if value else "false" for name, value in flags.items()}


def _beside(call: Call) -> Iterator[Ask]:
    """Actions in other services that RDS performs with the caller's permissions."""
    parameter, service = ROLES.get(call.operation, ("", ""))
    if role := call.get(parameter) if parameter else None:
        yield ask(call, str(role), "iam:PassRole", iam_passedtoservice=service)
    if call.operation in LINKED:
        yield service_linked_role(call, "rds.amazonaws.com", "AWSServiceRoleForRDS")
    if call.operation in ENCRYPTED and (key := call.get("KmsKeyId")):
        for action in ("kms:DescribeKey", "kms:CreateGrant"):
            yield _of_key(call, str(key), action)
    if call.get("ManageMasterUserPassword"):
        yield from _managed(call)


def _managed(call: Call) -> Iterator[Ask]:
    """The secret of a managed master password, and its key if it is not the account's own one."""
    secret = arn(call, "secretsmanager", "secret:rds!db-*")
    for action in ("secretsmanager:CreateSecret", "secretsmanager:TagResource"):
        yield ask(call, secret, action)
    if key := call.get("MasterUserSecretKmsKeyId"):
        for action in ("kms:DescribeKey", "kms:CreateGrant", "kms:Decrypt", "kms:GenerateDataKey"):
            yield _of_key(call, str(key), action)


def _of_key(call: Call, key: str, action: str) -> Ask:
    """What RDS does with a key on the caller's behalf. A grant is for RDS itself."""
    for_rds = "true" if action == "kms:CreateGrant" else ""
    return ask(call, key_resource(call, key), action, there=tags_of_key(call, key), kms_grantisforawsresource=for_rds)
