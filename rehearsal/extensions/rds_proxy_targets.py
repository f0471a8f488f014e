"""Targets of RDS Proxies, and the target group, whose settings are those of the connection pool."""

from __future__ import annotations

from typing import Any

from rehearsal.extensions.rds_common import find_instance, wrong_state
from rehearsal.extensions.rds_proxy_logins import health
from rehearsal.extensions.rds_proxy_record import DEFAULT, PORT, Proxy, Target, check_group, follow, proxy_of
from rehearsal.query_api import contradictory, filtered, invalid, page
from rehearsal.registry import Call, answers
from rehearsal.replies import Refusal
from rehearsal.transitions import moment

LIMITS = {"MaxConnectionsPercent": (1, 100), "MaxIdleConnectionsPercent": (0, 100), "ConnectionBorrowTimeout": (0, 300)}
PINNING = "EXCLUDE_VARIABLE_SETS"


@answers("rds", "DescribeDBProxyTargetGroups")
def describe_groups(call: Call) -> dict[str, Any]:
    proxy = proxy_of(call)
    check_group(call)
    return page(call, "TargetGroups", filtered(call, [_group(proxy)], {}))


def _group(proxy: Proxy) -> dict[str, Any]:
    return {
        "DBProxyName": proxy.name,
        "TargetGroupName": DEFAULT,
        "TargetGroupArn": proxy.group_arn,
        "IsDefault": True,
        "Status": "available",
        "ConnectionPoolConfig": proxy.pool,
        "CreatedDate": proxy.created,
        "UpdatedDate": proxy.pool_updated,
    }


@answers("rds", "ModifyDBProxyTargetGroup")
def modify_group(call: Call) -> dict[str, Any]:
    proxy = proxy_of(call, ready=True)
    check_group(call)
    if call.get("NewName"):
        raise invalid(f"The target group {DEFAULT} can't be renamed.")
    pool = proxy.pool | {name: value for name, value in dict(call.get("ConnectionPoolConfig") or {}).items() if value is not None}
    for name, (least, most) in LIMITS.items():
        if not least <= int(pool[name]) <= most:
            raise invalid(f"Invalid {name}: {pool[name]}. It must be from {least} to {most}.")
    if pool["MaxIdleConnectionsPercent"] > pool["MaxConnectionsPercent"]:
        raise contradictory("MaxIdleConnectionsPercent must not be greater than MaxConnectionsPercent.")
    if other := [one for one in pool["SessionPinningFilters"] if one != PINNING]:
        raise invalid(f"Invalid session pinning filter: {other[0]}. It must be {PINNING}.")
    proxy.pool, proxy.pool_updated = pool, moment()
    return {"DBProxyTargetGroup": _group(proxy)}


@answers("rds", "DescribeDBProxyTargets")
def describe_targets(call: Call) -> dict[str, Any]:
    proxy = proxy_of(call)
    check_group(call)
    return page(call, "Targets", filtered(call, [_target(proxy, one) for one in proxy.targets], {}))


def _target(proxy: Proxy, target: Target) -> dict[str, Any]:
    instance = target.instance
    return {
        "Endpoint": f"{instance.db_instance_identifier}.{instance.region}.rds.amazonaws.com",
        "RdsResourceId": instance.db_instance_identifier,
        "Port": int(instance.port or PORT),
        "Type": "RDS_INSTANCE",
        "Role": "READ_WRITE",
        "TargetHealth": health(proxy, target),
    }


@answers("rds", "RegisterDBProxyTargets")
def register(call: Call) -> dict[str, Any]:
    """A proxy has one target: an instance of its VPC that is no read replica."""
    proxy = proxy_of(call, ready=True)
    check_group(call)
    names = list(call.get("DBInstanceIdentifiers") or [])
    if call.get("DBClusterIdentifiers"):
        raise Refusal("DBClusterNotFoundFault", f"DBCluster {call.get('DBClusterIdentifiers')[0]} not found.", 404)
    if len(names) != 1:
        raise contradictory("You must specify exactly one DB instance or DB cluster.")
    instance = find_instance(call, names[0])
    if instance is None:
        raise Refusal("DBInstanceNotFound", f"DBInstance {names[0]} not found.", 404)
    if proxy.targets:
        text = f"DBProxy {proxy.name} already has the target {proxy.targets[0].instance.db_instance_identifier}."
        raise Refusal("DBProxyTargetAlreadyRegisteredFault", text)
    name = instance.db_instance_identifier
    if instance.is_replica:
        raise wrong_state(f"The DB instance {name} is a read replica, which a proxy can't have as its target.")
    if instance.status in ("creating", "deleting", "failed", "stopped", "stopping"):
        raise wrong_state(f"The DB instance {name} is in state {instance.status}, and must be available.")
    if instance.db_subnet_group.vpc_id != proxy.vpc:
        raise wrong_state(f"The DB instance {name} is not in the VPC of the proxy, {proxy.vpc}.")
    target = Target(instance)
    proxy.targets.append(target)
    follow(proxy)
    return {"DBProxyTargets": [_target(proxy, target) | {"TargetHealth": {"State": "REGISTERING"}}]}


@answers("rds", "DeregisterDBProxyTargets")
def deregister(call: Call) -> dict[str, Any]:
    proxy = proxy_of(call, ready=True)
    check_group(call)
    names = [str(name).lower() for name in [*(call.get("DBInstanceIdentifiers") or []), *(call.get("DBClusterIdentifiers") or [])]]
    known = {one.instance.db_instance_identifier for one in proxy.targets}
    if missing := [name for name in names if name not in known]:
        raise Refusal("DBProxyTargetNotFoundFault", f"{missing[0]} is no target of DBProxy {proxy.name}.", 404)
    proxy.targets = [one for one in proxy.targets if one.instance.db_instance_identifier not in names]
    follow(proxy)
    return {}
