"""Shared code of the EC2 files."""

from __future__ import annotations

import itertools
import re
import secrets
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from rehearsal.registry import Call
from rehearsal.replies import Refusal
from rehearsal.transitions import tags_of


def tags_in(call: Call, resource_type: str) -> dict[str, str]:
    """The tags that a create call sets on one kind of resource."""
    return {
        tag["Key"]: tag.get("Value", "")
        for specification in call.get("TagSpecifications") or []
        if specification.get("ResourceType") == resource_type
        for tag in specification.get("Tags") or []
    }


def matching(resources: Iterable[Any], filters: list[dict[str, Any]] | None, values: Mapping[str, Callable[[Any], list[str]]]) -> list[Any]:
    """The resources that pass every filter of a describe call. `values` reads the values of a filter; tag filters are built in."""
    found = list(resources)
    for entry in filters or []:
        name, patterns = entry["Name"], entry.get("Values") or []
        found = [resource for resource in found if _passes(_filter_values(resource, name, values), patterns)]
    return found


def _filter_values(resource: Any, name: str, values: Mapping[str, Callable[[Any], list[str]]]) -> list[str]:
    if name.startswith("tag:"):
        tags = tags_of(resource)
        key = name.removeprefix("tag:")
        return [tags[key]] if key in tags else []
    if name == "tag-key":
        return list(tags_of(resource))
    if name not in values:
        raise Refusal("InvalidParameterValue", f"The filter '{name}' is invalid")
    return values[name](resource)


def _passes(values: list[str], patterns: list[str]) -> bool:
    return any(matches_pattern(str(value), pattern) for value in values for pattern in patterns)


def matches_pattern(value: str, pattern: str) -> bool:
    """Whether a value matches a filter's pattern, in which only * and ? are special."""
    expression = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(expression, value, re.DOTALL) is not None


def attached_internet_gateway(backend: Any, vpc_id: str) -> Any:
    """The internet gateway of a VPC, or None."""
    return next((gateway for gateway in backend.internet_gateways.values() if gateway.vpc and gateway.vpc.id == vpc_id), None)


def leads_to_the_internet(ec2: Any, subnet: Any) -> bool:
    """Whether the subnet's effective route table, its own or the VPC's main one, has a route to an internet gateway."""
    tables = [table for table in ec2.route_tables.values() if table.vpc_id == subnet.vpc_id]
    own = [table for table in tables if subnet.id in table._associations.values()]
    main = [table for table in tables if table.main_association_id is not None]
    return any(str(route.gateway_id).startswith("igw-") for table in own or main for route in table.routes)


def network_interface(
    backend: Any, subnet_id: str | None, description: str, *, private_ip: str | None = None, groups: list[str] | None = None
) -> Any:
    """An interface that AWS creates for one of its services in a customer's subnet."""
    subnet = backend.get_subnet(subnet_id)
    address = private_ip or _free_address(backend, subnet)
    interface = backend.create_network_interface(subnet, address, group_ids=groups, description=description)
    interface.requester_managed = True
    return interface


def _free_address(backend: Any, subnet: Any) -> str:
    """The first address that is neither reserved by AWS (the first four and the last) nor in use."""
    taken = {interface.private_ip_address for interface in backend.enis.values() if interface.subnet.id == subnet.id}
    for address in itertools.islice(subnet.cidr.hosts(), 3, None):
        if str(address) not in taken:
            return str(address)
    raise Refusal("InsufficientFreeAddressesInSubnet", f"The specified subnet {subnet.id} does not have enough free addresses")


def random_identity(prefix: str) -> str:
    """An ID in AWS's format, such as nat-0123456789abcdef0."""
    return f"{prefix}-{secrets.token_hex(9)[:17]}"


def interfaces_in(backend: Any, subnet_ids: Iterable[str]) -> list[Any]:
    wanted = set(subnet_ids)
    return [interface for interface in backend.enis.values() if interface.subnet.id in wanted]
