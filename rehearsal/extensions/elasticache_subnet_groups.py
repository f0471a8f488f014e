"""Cache subnet groups."""

from __future__ import annotations

import re
from typing import Any

from rehearsal.extensions.elasticache_common import arn, check_quota, given_tags, store
from rehearsal.extensions.elasticache_record import ReplicationGroup, SubnetGroup, store_of
from rehearsal.in_vpc import subnets_by_id
from rehearsal.query_api import invalid, page
from rehearsal.registry import Call, answers, backend
from rehearsal.replies import Refusal

DEFAULT = "default"
MOST_SUBNETS = 20
_NAME = re.compile(r"[a-zA-Z0-9-]{1,255}")


def subnet_group(call: Call, name: Any) -> SubnetGroup:
    """The group with this name; `default`, made of the default VPC's subnets, exists where there are such subnets."""
    text = str(name or DEFAULT).lower()
    found = store(call).subnet_groups.get(text)
    if found is None and text == DEFAULT:
        found = _default(call)
    if found is None:
        raise Refusal("CacheSubnetGroupNotFoundFault", f"Cache Subnet Group {text} does not exist.")
    return found


def _default(call: Call) -> SubnetGroup | None:
    vpcs = backend("ec2", call.account_id, call.region).vpcs.values()
    vpc = next((one for one in vpcs if str(one.is_default).lower() == "true"), None)
    subnets = [one for one in subnets_by_id(call).values() if vpc is not None and one.vpc_id == vpc.id]
    if vpc is None or not subnets:
        return None
    made = SubnetGroup(DEFAULT, arn(call, "subnetgroup", DEFAULT), "Default CacheSubnetGroup", vpc.id, subnets)
    store(call).subnet_groups[DEFAULT] = made
    return made


def described(group: SubnetGroup) -> dict[str, Any]:
    return {
        "CacheSubnetGroupName": group.id,
        "CacheSubnetGroupDescription": group.description,
        "VpcId": group.vpc_id,
        "Subnets": [
            {
                "SubnetIdentifier": subnet.id,
                "SubnetAvailabilityZone": {"Name": subnet.availability_zone},
                "SupportedNetworkTypes": ["ipv4"],
            }
            for subnet in group.subnets
        ],
        "ARN": group.arn,
        "SupportedNetworkTypes": ["ipv4"],
    }


def _subnets(call: Call) -> list[Any]:
    known, wanted = subnets_by_id(call), list(dict.fromkeys(call.get("SubnetIds") or []))
    if not wanted:
        raise invalid("The parameter SubnetIds must be provided and must not be blank.")
    if missing := [subnet for subnet in wanted if subnet not in known]:
        raise Refusal("InvalidSubnet", f"Some input subnets in :[{', '.join(missing)}] are invalid.")
    if len(wanted) > MOST_SUBNETS:
        raise Refusal("CacheSubnetQuotaExceededFault", f"A cache subnet group has at most {MOST_SUBNETS} subnets.")
    found = [known[subnet] for subnet in wanted]
    if len({subnet.vpc_id for subnet in found}) > 1:
        raise Refusal("InvalidSubnet", "The subnets of a cache subnet group must be in the same VPC.")
    return found


@answers("elasticache", "CreateCacheSubnetGroup")
def create(call: Call) -> Any:
    name, tags, known = str(call.get("CacheSubnetGroupName") or "").lower(), given_tags(call), store(call).subnet_groups
    if not _NAME.fullmatch(name):
        raise invalid("The parameter CacheSubnetGroupName must have between 1 and 255 alphanumeric characters or hyphens.")
    if name in known or name == DEFAULT:
        raise Refusal("CacheSubnetGroupAlreadyExists", f"Cache subnet group {name} already exists.")
    check_quota(call, "elasticache_subnet_groups", len(known) + 1, "CacheSubnetGroupQuotaExceeded", "cache subnet groups")
    text = str(call.get("CacheSubnetGroupDescription") or "")
    if not text.strip():
        raise invalid("The parameter CacheSubnetGroupDescription must be provided and must not be blank.")
    subnets = _subnets(call)
    known[name] = SubnetGroup(name, arn(call, "subnetgroup", name), text, subnets[0].vpc_id, subnets, tags)
    return {"CacheSubnetGroup": described(known[name])}


@answers("elasticache", "DescribeCacheSubnetGroups")
def describe(call: Call) -> Any:
    if name := call.get("CacheSubnetGroupName"):
        return {"CacheSubnetGroups": [described(subnet_group(call, name))]}
    groups = sorted(store(call).subnet_groups.values(), key=lambda one: one.id)
    return page(call, "CacheSubnetGroups", [described(one) for one in groups])


def users(call: Call, group: SubnetGroup) -> list[ReplicationGroup]:
    return [one for one in store_of(call.backend).groups.values() if one.subnet_group == group.id]


@answers("elasticache", "ModifyCacheSubnetGroup")
def modify(call: Call) -> Any:
    """The VPC stays, and so do subnets in whose zones nodes are."""
    group = subnet_group(call, call.get("CacheSubnetGroupName"))
    if call.get("SubnetIds"):
        subnets = _subnets(call)
        if subnets[0].vpc_id != group.vpc_id:
            raise Refusal("InvalidSubnet", f"The new subnets are in {subnets[0].vpc_id}; the subnet group is in {group.vpc_id}.")
        covered = {subnet.availability_zone for subnet in subnets}
        if lost := sorted({node.zone for one in users(call, group) for node in one.nodes} - covered):
            raise Refusal("SubnetInUse", f"The subnets of {', '.join(lost)} are in use by cache clusters and cannot be removed.")
        group.subnets = subnets
    if call.get("CacheSubnetGroupDescription") is not None:
        group.description = str(call.get("CacheSubnetGroupDescription"))
    return {"CacheSubnetGroup": described(group)}


@answers("elasticache", "DeleteCacheSubnetGroup")
def delete(call: Call) -> Any:
    group = subnet_group(call, call.get("CacheSubnetGroupName"))
    if users(call, group):
        raise Refusal("CacheSubnetGroupInUse", f"Cache subnet group {group.id} is currently in use by a cache cluster.")
    if group.id == DEFAULT:
        raise invalid("The default cache subnet group cannot be deleted.")
    del store(call).subnet_groups[group.id]
    return {}
