"""What RDS offers an account: its quotas, source regions, and the maintenance that is due."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from rehearsal.extensions.rds_changes import version_of
from rehearsal.extensions.rds_common import find_instance, instance_of
from rehearsal.extensions.rds_life import phase
from rehearsal.extensions.rds_modify import begin
from rehearsal.extensions.rds_parameters import DEFAULT, ensure_default_groups
from rehearsal.extensions.rds_record import record_of
from rehearsal.extensions.rds_versions import automatic_target
from rehearsal.life import life_of
from rehearsal.query_api import filtered, invalid, now, page
from rehearsal.quotas import QUOTAS
from rehearsal.registry import Call, answers, backend
from rehearsal.replies import Refusal

OPT_IN = frozenset(
    {
        *("af-south-1", "ap-east-1", "ap-east-2", "ap-south-2", "ap-southeast-3", "ap-southeast-4", "ap-southeast-5", "ap-southeast-6"),
        *("ap-southeast-7", "ca-west-1", "eu-central-2", "eu-south-1", "eu-south-2", "il-central-1", "me-central-1", "me-south-1"),
        *("mx-central-1",),
    }
)
"""Regions that an account enables first. RDS does not replicate automated backups from them or to them."""
REPLICATION = {
    "us-east-1": ("us-east-2", "us-west-1", "us-west-2", "ca-central-1", "eu-central-1", "eu-west-1", "eu-west-2", "sa-east-1"),
    "us-east-2": ("us-east-1", "us-west-1", "us-west-2", "ca-central-1"),
    "us-west-1": ("us-east-1", "us-east-2", "us-west-2", "ca-central-1"),
    "us-west-2": ("us-east-1", "us-east-2", "us-west-1", "ca-central-1", "eu-west-1", "ap-northeast-1"),
    "ca-central-1": ("us-east-1", "us-east-2", "us-west-1", "us-west-2"),
    "sa-east-1": ("us-east-1", "us-east-2"),
    "eu-west-1": ("eu-central-1", "eu-west-2", "eu-west-3", "eu-north-1", "us-east-1", "us-west-2"),
    "eu-west-2": ("eu-central-1", "eu-west-1", "eu-west-3", "eu-north-1", "us-east-1"),
    "eu-west-3": ("eu-central-1", "eu-west-1", "eu-west-2", "eu-north-1"),
    "eu-north-1": ("eu-central-1", "eu-west-1", "eu-west-2", "eu-west-3"),
    "eu-central-1": ("eu-west-1", "eu-west-2", "eu-west-3", "eu-north-1", "us-east-1"),
    "ap-northeast-1": ("ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-southeast-1", "ap-southeast-2", "us-west-2"),
    "ap-northeast-2": ("ap-northeast-1", "ap-northeast-3", "ap-south-1", "ap-southeast-1"),
    "ap-northeast-3": ("ap-northeast-1", "ap-northeast-2", "ap-southeast-1"),
    "ap-south-1": ("ap-northeast-1", "ap-northeast-2", "ap-southeast-1", "ap-southeast-2"),
    "ap-southeast-1": ("ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-southeast-2"),
    "ap-southeast-2": ("ap-northeast-1", "ap-south-1", "ap-southeast-1"),
}
"""By destination, the regions from which RDS replicates automated backups ("Supported source and destination AWS Regions")."""


def replicates(source: str, destination: str) -> bool:
    """Whether RDS replicates automated backups from one region to another."""
    return source in REPLICATION.get(destination, ())


@answers("rds", "DescribeSourceRegions")
def source_regions(call: Call) -> Any:
    """The regions from which a replica, a snapshot, or automated backups can come to the region of the call."""
    asked = call.get("RegionName")
    ec2 = backend("ec2", call.account_id, call.region)
    known = sorted(region.name for region in ec2.describe_regions([]))
    if asked is not None and asked not in known:
        raise invalid(f"Invalid region name: {asked}")
    found = [
        {
            "RegionName": name,
            "Endpoint": f"https://rds.{name}.amazonaws.com",
            "Status": "available",
            "SupportsDBInstanceAutomatedBackupsReplication": replicates(name, call.region),
        }
        for name in known
        if name != call.region and asked in (None, name)
    ]
    return page(call, "SourceRegions", filtered(call, found, {}))


@answers("rds", "DescribeAccountAttributes")
def quotas(call: Call) -> Any:
    """Quotas and their use. A quota without a limit in the settings has AWS's default."""
    ensure_default_groups(call.backend)
    instances = call.backend.databases.values()
    snapshots = [one for one in call.backend.database_snapshots.values() if one.snapshot_type == "manual"]
    own_groups = [name for name in call.backend.db_parameter_groups if not DEFAULT.fullmatch(name)]
    used = {
        "DBInstances": (len(instances), "rds_instances"),
        "AllocatedStorage": (sum(one.allocated_storage for one in instances), "rds_storage_gib"),
        "DBParameterGroups": (len(own_groups), "rds_parameter_groups"),
        "DBSubnetGroups": (len(call.backend.subnet_groups), "rds_subnet_groups"),
        "ReadReplicasPerMaster": (max((len(one.replicas) for one in instances), default=0), "rds_read_replicas_per_primary"),
        "ManualSnapshots": (len(snapshots), "rds_manual_snapshots"),
        "SubnetsPerDBSubnetGroup": (max((len(one._subnets) for one in call.backend.subnet_groups.values()), default=0), ""),
        "DBClusters": (0, ""),
    }
    fixed = {"SubnetsPerDBSubnetGroup": 20, "DBClusters": 40, "ManualSnapshots": 100}
    found = []
    for name, (count, quota) in used.items():
        default = QUOTAS[quota].default if quota in QUOTAS else fixed[name]
        found.append({"AccountQuotaName": name, "Used": count, "Max": call.settings.quotas.get(quota, default)})
    return {"AccountQuotas": found}


def _actions(call: Call, instance: Any) -> dict[str, Any]:
    details = [dict(each) for each in record_of(instance).maintenance.values()]
    return {"ResourceIdentifier": instance.arn, "PendingMaintenanceActionDetails": details}


@answers("rds", "DescribePendingMaintenanceActions")
def pending_actions(call: Call) -> Any:
    """Of the resources that have such an action."""
    if (arn := call.get("ResourceIdentifier")) and find_instance(call, arn) is None:
        raise Refusal("ResourceNotFoundFault", f"The specified resource name does not match an RDS resource: {arn}", 404)
    instances = sorted(call.backend.databases.values(), key=lambda one: one.db_instance_identifier)
    kept = [one for one in instances if record_of(one).maintenance and call.get("ResourceIdentifier") in (None, one.arn)]
    known = {"db-instance-id": lambda one: [one.db_instance_identifier, one.arn], "db-cluster-id": lambda one: []}
    return page(call, "PendingMaintenanceActions", [_actions(call, one) for one in filtered(call, kept, known)])


@answers("rds", "ApplyPendingMaintenanceAction")
def apply_action(call: Call) -> Any:
    """Opts in to an action: immediately, in the next window, or not any more."""
    instance = instance_of(call, "ResourceIdentifier")
    record, action, choice = record_of(instance), str(call.get("ApplyAction")), call.get("OptInType")
    if action not in record.maintenance:
        raise Refusal("ResourceNotFoundFault", f"There is no pending maintenance action {action} for {instance.arn}", 404)
    if choice not in ("immediate", "next-maintenance", "undo-opt-in"):
        raise invalid(f"Invalid OptInType: {choice}")
    detail = record.maintenance[action]
    if choice == "undo-opt-in":
        detail.pop("OptInStatus", None)
        return {"ResourcePendingMaintenanceActions": _actions(call, instance)}
    detail["OptInStatus"] = choice
    detail["CurrentApplyDate"] = now(call) + (timedelta(days=7) if choice == "next-maintenance" else timedelta(0))
    reply = _actions(call, instance)
    if choice == "immediate":
        carry_out(call, instance, action)
    return {"ResourcePendingMaintenanceActions": reply}


def carry_out(call: Call, instance: Any, action: str) -> None:
    """Does the work of a maintenance action, which is then no longer pending."""
    record = record_of(instance)
    record.maintenance.pop(action, None)
    target = automatic_target(version_of(instance)) if action == "db-upgrade" else None
    if target is None:
        life_of(instance).play([phase("maintenance")])
        return
    record.pending["EngineVersion"] = target.text
    begin(call, instance, ["EngineVersion"], [])
