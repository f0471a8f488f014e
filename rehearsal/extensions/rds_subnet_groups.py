"""DB subnet groups."""

from __future__ import annotations

from typing import Any

from rehearsal.in_vpc import subnets_by_id
from rehearsal.query_api import check_tags, contradictory, filtered, invalid, listed, page, pairs
from rehearsal.registry import Call, answers
from rehearsal.replies import Refusal

LEAST_ZONES, MOST_SUBNETS = 2, 20


def find_group(call: Call, name: Any) -> Any:
    return find_group_in(call.backend, name)


def find_group_in(backend: Any, name: Any) -> Any:
    found = backend.subnet_groups.get(str(name or ""))
    if found is None:
        raise Refusal("DBSubnetGroupNotFoundFault", f"DB Subnet Group '{name}' does not exist.", 404)
    return found


def zones(group: Any) -> list[str]:
    return sorted({subnet.availability_zone for subnet in group._subnets})


def described(group: Any) -> dict[str, Any]:
    return {
        "DBSubnetGroupName": group.name,
        "DBSubnetGroupDescription": group.description,
        "VpcId": group.vpc_id,
        "SubnetGroupStatus": "Complete",
        "Subnets": [
            {
                "SubnetIdentifier": subnet.id,
                "SubnetAvailabilityZone": {"Name": subnet.availability_zone},
                "SubnetOutpost": {},
                "SubnetStatus": "Active",
            }
            for subnet in group._subnets
        ],
        "DBSubnetGroupArn": group.arn,
        "SupportedNetworkTypes": ["IPV4"],
    }


def _subnets(call: Call) -> list[Any]:
    """The subnets that a call names: in one VPC, and in at least two zones."""
    known, wanted = subnets_by_id(call), list(call.get("SubnetIds") or [])
    if missing := [subnet for subnet in wanted if subnet not in known]:
        raise Refusal("InvalidSubnet", f"Some input subnets in :[{', '.join(missing)}] are invalid.")
    if len(wanted) > MOST_SUBNETS:
        raise Refusal("DBSubnetQuotaExceededFault", f"A DB subnet group has at most {MOST_SUBNETS} subnets")
    found = [known[subnet] for subnet in dict.fromkeys(wanted)]
    if len({subnet.vpc_id for subnet in found}) > 1:
        raise invalid("The DB subnet group's subnets must be in the same VPC.")
    named = sorted({subnet.availability_zone for subnet in found})
    if len(named) < LEAST_ZONES:
        text = "The DB subnet group doesn't meet Availability Zone (AZ) coverage requirement. Current AZ coverage: "
        raise Refusal("DBSubnetGroupDoesNotCoverEnoughAZs", f"{text}{', '.join(named)}. Add subnets to cover at least {LEAST_ZONES} AZs.")
    return found


def _name(call: Call) -> str:
    name = str(call.get("DBSubnetGroupName") or "").lower()
    if name == "default":
        raise invalid("The DBSubnetGroupName 'default' is reserved.")
    if not 1 <= len(name) <= 255 or not name[0].isalpha() or not all(sign.isalnum() or sign in " ._-" for sign in name):
        raise invalid(
            "The parameter DBSubnetGroupName must begin with a letter, and have at most 255 letters, digits, periods, underscores,"
            " spaces, and hyphens."
        )
    return name


@answers("rds", "CreateDBSubnetGroup")
def create(call: Call) -> Any:
    from moto.rds.models import DBSubnetGroup

    name = _name(call)
    check_tags(call.get("Tags"))
    if name in call.backend.subnet_groups:
        raise Refusal("DBSubnetGroupAlreadyExists", f"The DB subnet group '{name}' already exists.")
    limit = call.settings.quotas.get("rds_subnet_groups")
    if limit is not None and len(call.backend.subnet_groups) >= limit:
        raise Refusal("DBSubnetGroupQuotaExceeded", f"The quota of {limit} DB subnet groups has been reached")
    text = str(call.get("DBSubnetGroupDescription") or "")
    if not text.strip():
        raise invalid("The parameter DBSubnetGroupDescription must be provided and must not be blank.")
    group = DBSubnetGroup(call.backend, name, text, _subnets(call), listed(pairs(call.get("Tags"))))
    call.backend.subnet_groups[name] = group
    return {"DBSubnetGroup": described(group)}


@answers("rds", "DescribeDBSubnetGroups")
def describe(call: Call) -> Any:
    if name := call.get("DBSubnetGroupName"):
        return {"DBSubnetGroups": [described(find_group(call, name))]}
    groups = filtered(call, sorted(call.backend.subnet_groups.values(), key=lambda group: group.name), {})
    return page(call, "DBSubnetGroups", [described(group) for group in groups])


def users(call: Call, group: Any) -> list[Any]:
    """The instances in a group."""
    return [one for one in call.backend.databases.values() if getattr(one, "db_subnet_group", None) is group]


@answers("rds", "ModifyDBSubnetGroup")
def modify(call: Call) -> Any:
    """The VPC stays, and so do the subnets in whose zones instances are."""
    group = find_group(call, call.get("DBSubnetGroupName"))
    subnets = _subnets(call)
    if subnets[0].vpc_id != group.vpc_id:
        raise contradictory(f"The new subnets are in {subnets[0].vpc_id}; a DB subnet group stays in its VPC, {group.vpc_id}.")
    covered = {subnet.availability_zone for subnet in subnets}
    for instance in users(call, group):
        if instance.availability_zone not in covered:
            text = f"Some of the subnets to be deleted are currently in use: {instance.db_instance_identifier} is in"
            raise Refusal("SubnetAlreadyInUse", f"{text} {instance.availability_zone}")
    group._subnets = subnets
    if call.get("DBSubnetGroupDescription") is not None:
        group.description = str(call.get("DBSubnetGroupDescription"))
    return {"DBSubnetGroup": described(group)}


@answers("rds", "DeleteDBSubnetGroup")
def delete(call: Call) -> Any:
    group = find_group(call, call.get("DBSubnetGroupName"))
    if found := users(call, group):
        text = f"Cannot delete the subnet group '{group.name}' because at least one database instance: {found[0].db_instance_identifier}"
        raise Refusal("InvalidDBSubnetGroupStateFault", f"{text} is still using it.")
    del call.backend.subnet_groups[group.name]
    return {}
