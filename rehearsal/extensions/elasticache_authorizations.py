"""Authorization checks for ElastiCache calls, after the ElastiCache part of the Service Authorization Reference.

A call is checked on every resource that it names. Tags in a call also require elasticache:AddTagsToResource, a key requires what
ElastiCache does with it in the caller's name, and log delivery requires the delivery actions of CloudWatch Logs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rehearsal.asking import arn, ask, pairs, service_linked_role
from rehearsal.extensions.elasticache_tags import tags_of_arn
from rehearsal.extensions.kms_access import key_resource, tags_of_key
from rehearsal.policies_in_force import Ask
from rehearsal.registry import Call, authorizes

Named = tuple[str, str]
"""A type of resource in ARNs, and the parameter that names resources, one or a list."""

GROUP: Named = ("replicationgroup", "ReplicationGroupId")
CLUSTER: Named = ("cluster", "CacheClusterId")
SNAPSHOT: Named = ("snapshot", "SnapshotName")
PARAMETERS: Named = ("parametergroup", "CacheParameterGroupName")
SUBNETS: Named = ("subnetgroup", "CacheSubnetGroupName")
USER: Named = ("user", "UserId")
USERS: Named = ("usergroup", "UserGroupId")

RESOURCES: Mapping[str, tuple[Named, ...]] = {
    "CreateReplicationGroup": (GROUP, PARAMETERS, SUBNETS, SNAPSHOT, ("usergroup", "UserGroupIds")),
    "ModifyReplicationGroup": (GROUP, PARAMETERS, ("usergroup", "UserGroupIdsToAdd"), ("usergroup", "UserGroupIdsToRemove")),
    "DeleteReplicationGroup": (GROUP, ("snapshot", "FinalSnapshotIdentifier")),
    **dict.fromkeys(
        (
            *("DescribeReplicationGroups", "IncreaseReplicaCount", "DecreaseReplicaCount", "TestFailover"),
            *("ModifyReplicationGroupShardConfiguration", "ListAllowedNodeTypeModifications"),
        ),
        (GROUP,),
    ),
    **dict.fromkeys(("DescribeCacheClusters", "RebootCacheCluster"), (CLUSTER,)),
    "CreateSnapshot": (SNAPSHOT, GROUP, CLUSTER),
    "CopySnapshot": (("snapshot", "SourceSnapshotName"), ("snapshot", "TargetSnapshotName")),
    "DescribeSnapshots": (SNAPSHOT,),
    "DeleteSnapshot": (SNAPSHOT,),
    **dict.fromkeys(
        (
            *("CreateCacheParameterGroup", "ModifyCacheParameterGroup", "ResetCacheParameterGroup", "DeleteCacheParameterGroup"),
            *("DescribeCacheParameterGroups", "DescribeCacheParameters"),
        ),
        (PARAMETERS,),
    ),
    **dict.fromkeys(
        ("CreateCacheSubnetGroup", "ModifyCacheSubnetGroup", "DeleteCacheSubnetGroup", "DescribeCacheSubnetGroups"), (SUBNETS,)
    ),
    **dict.fromkeys(("CreateUser", "ModifyUser", "DeleteUser", "DescribeUsers"), (USER,)),
    "CreateUserGroup": (USERS, ("user", "UserIds")),
    "ModifyUserGroup": (USERS, ("user", "UserIdsToAdd"), ("user", "UserIdsToRemove")),
    **dict.fromkeys(("DeleteUserGroup", "DescribeUserGroups"), (USERS,)),
}
"""What each call names. A list call that names nothing is checked on all resources of the first type; other calls are checked on `*`."""

LINKED = ("CreateReplicationGroup", "CreateCacheSubnetGroup", "CreateUser", "CreateUserGroup")
ENCRYPTED = ("CreateReplicationGroup", "CreateSnapshot", "CopySnapshot")
DELIVERY = ("CreateLogDelivery", "GetLogDelivery", "UpdateLogDelivery", "DeleteLogDelivery", "ListLogDeliveries")


@authorizes("elasticache")
def asked(call: Call) -> Iterator[Ask]:
    request = pairs(call.get("Tags") or ())
    named = list(_named(call))
    keys = {name: (value,) for name, value in _keys(call).items()}
    for resource in named:
        given = ask(call, resource, request=request, there=tags_of_arn(call.backend, resource) or {})
        yield Ask(given.action, given.resource, {**given.context, **keys})
    if not named:
        yield ask(call, _all(call), request=request)
    if request and call.operation.startswith(("Create", "Copy")):
        created = next((one for one in named if call.operation != "CopySnapshot" or one.endswith(_target(call))), "*")
        yield ask(call, created, "elasticache:AddTagsToResource", request=request)
    yield from _beside(call)


def _target(call: Call) -> str:
    return f":{str(call.get('TargetSnapshotName')).lower()}"


def _named(call: Call) -> Iterator[str]:
    """The ARNs of the resources that a call names."""
    if value := call.get("ResourceName"):
        yield str(value)
    for kind, parameter in RESOURCES.get(call.operation, ()):
        values = call.get(parameter) or []
        for name in [values] if isinstance(values, str) else values:
            yield arn(call, "elasticache", f"{kind}:{str(name).lower()}")


def _all(call: Call) -> str:
    """What a call that names no resource is checked on."""
    kinds = RESOURCES.get(call.operation, ())
    return arn(call, "elasticache", f"{kinds[0][0]}:*") if kinds and call.operation.startswith(("Describe", "List")) else "*"


def _keys(call: Call) -> dict[str, str]:
    """ElastiCache's own condition keys, as far as a call gives them."""
    if call.operation not in ("CreateReplicationGroup", "ModifyReplicationGroup"):
        return {}
    words = {
        "elasticache:cachenodetype": call.get("CacheNodeType"),
        "elasticache:cacheparametergroupname": call.get("CacheParameterGroupName"),
        "elasticache:enginetype": call.get("Engine"),
        "elasticache:engineversion": call.get("EngineVersion"),
        "elasticache:kmskeyid": call.get("KmsKeyId"),
        "elasticache:numnodegroups": call.get("NumNodeGroups"),
        "elasticache:replicaspernodegroup": call.get("ReplicasPerNodeGroup"),
        "elasticache:snapshotretentionlimit": call.get("SnapshotRetentionLimit"),
    }
    flags = {
        "elasticache:atrestencryptionenabled": call.get("AtRestEncryptionEnabled"),
        "elasticache:authtokenenabled": True if call.get("AuthToken") else None,
        "elasticache:automaticfailoverenabled": call.get("AutomaticFailoverEnabled"),
        "elasticache:multiazenabled": call.get("MultiAZEnabled"),
        "elasticache:transitencryptionenabled": call.get("TransitEncryptionEnabled"),
    }
    found = {name: str(value) for name, value in words.items() if value is not None}
    return found | {name: "true" if value else "false" for name, value in flags.items() if value is not None}


def _beside(call: Call) -> Iterator[Ask]:
    """Actions in other services that ElastiCache performs with the caller's permissions."""
    if call.operation in LINKED:
        yield service_linked_role(call, "elasticache.amazonaws.com", "AWSServiceRoleForElastiCache")
    key: Any = call.get("KmsKeyId")
    if call.operation in ENCRYPTED and key:
        for action in ("kms:DescribeKey", "kms:CreateGrant"):
            for_service = "true" if action == "kms:CreateGrant" else ""
            resource = key_resource(call, str(key))
            yield ask(call, resource, action, there=tags_of_key(call, str(key)), kms_grantisforawsresource=for_service)
    if any(one.get("DestinationType") == "cloudwatch-logs" for one in call.get("LogDeliveryConfigurations") or []):
        for name in DELIVERY:
            yield ask(call, "*", f"logs:{name}")
