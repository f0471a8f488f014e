# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The outputs of a component's networks, computed from addresses and attributes alone.

The same function serves a run (whose attributes may still be unknown) and a lookup in AWS by tags, so the shape is always the same:
addresses determine the keys, and only leaves can be unknown.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from ...component.outputs import Attributes, halves, split, value
from ...reconcile.model import Observed, is_unknown

NETWORK_MAPS: Mapping[str, str] = {
    "route_table": "route_table_ids",
    "network_acl": "network_acl_ids",
    "nat_gateway": "nat_gateway_ids",
    "security_group": "security_group_ids",
    "vpc_endpoint": "endpoint_ids",
}
"""kind -> the map in a network's outputs that holds its ids, keyed by the part of the address after the network's name."""

NETWORK_IDS: Mapping[str, str] = {
    "vpc": "vpc_id",
    "internet_gateway": "internet_gateway_id",
    "egress_only_internet_gateway": "egress_only_internet_gateway_id",
    "flow_log": "flow_log_id",
}
"""kind -> the output that holds the id of the network's only resource of this kind."""


def outputs(attributes: Attributes, ipv4_only: Collection[str] = ()) -> dict[str, Any]:
    """The outputs of a component. ``ipv4_only``: networks that a plan need not call unknown, because they get no IPv6 addresses.

    {"networks": {name: {vpc_id, ipv6_cidr_block, internet_gateway_id, egress_only_internet_gateway_id, flow_log_id, flow_log_group_name,
    flow_log_group_arn, default_network_acl_id, default_security_group_id, availability_zones: [zone], subnet_ids: {tier: {zone: id}},
    subnet_ipv6_cidr_blocks: {tier: {zone: block}}, route_table_ids: {name: id}, network_acl_ids: {tier: id}, nat_gateway_ids: {zone or
    "regional": id}, nat_public_ips: {zone: address}, security_group_ids: {group: id}, endpoint_ids: {service: id}}}, kms_key_id,
    kms_key_arn, flow_log_role_arn}; None where the resource does not exist.
    """
    names = sorted(part for kind, part in map(split, attributes) if kind == "vpc")
    return {
        "networks": {name: network_outputs(name, attributes, name in ipv4_only) for name in names},
        "kms_key_id": value(attributes, "kms_key.logs", "id"),
        "kms_key_arn": value(attributes, "kms_key.logs", "arn"),
        "flow_log_role_arn": value(attributes, "iam_role.flow-logs", "arn"),
    }


def inside_their_network(observed: Sequence[Observed]) -> list[Observed]:
    """Exclude resources in a VPC other than that of their network: anything can be tagged, but a resource cannot change its VPC."""
    vpcs: dict[str, set[str]] = {}
    for seen in observed:
        if seen.kind == "vpc":
            vpcs.setdefault(split(seen.address)[1], set()).add(seen.id)

    def fits(seen: Observed) -> bool:
        vpc, network = seen.properties.get("vpc_id"), halves(split(seen.address)[1], "/")[0]
        return seen.kind == "vpc" or vpc is None or vpc in vpcs.get(network, ())

    return [seen for seen in observed if fits(seen)]


def network_outputs(name: str, attributes: Attributes, ipv4_only: bool = False) -> dict[str, Any]:
    found: dict[str, Any] = {key: value(attributes, f"{kind}.{name}", "id") for kind, key in NETWORK_IDS.items()}
    found["ipv6_cidr_block"] = known(value(attributes, f"vpc.{name}", "ipv6_cidr_block"), ipv4_only)
    found["flow_log_group_name"] = value(attributes, f"log_group.{name}/flow-logs", "id")
    found["flow_log_group_arn"] = value(attributes, f"log_group.{name}/flow-logs", "arn")
    found["default_network_acl_id"] = value(attributes, f"default_network_acl.{name}/default", "id")
    found["default_security_group_id"] = value(attributes, f"default_security_group.{name}/default", "id")
    found |= {key: {} for key in ("subnet_ids", "subnet_ipv6_cidr_blocks", "nat_public_ips", *NETWORK_MAPS.values())}
    for address in sorted(attributes):
        kind, full = split(address)
        network, part = halves(full, "/")
        if network != name or not part:
            continue
        if kind in NETWORK_MAPS:
            found[NETWORK_MAPS[kind]][part] = attributes[address].get("id")
            if kind == "nat_gateway":
                found["nat_public_ips"] = {**own_ips(part, attributes[address].get("public_ips")), **found["nat_public_ips"]}
        elif kind == "subnet":
            tier, zone = halves(part, "-")
            found["subnet_ids"].setdefault(tier, {})[zone] = attributes[address].get("id")
            if block := known(attributes[address].get("ipv6_cidr_block"), ipv4_only):
                found["subnet_ipv6_cidr_blocks"].setdefault(tier, {})[zone] = block
        elif kind == "elastic_ip":
            found["nat_public_ips"][part.removeprefix("regional-").removeprefix("nat-")] = attributes[address].get("public_ip")
    found["availability_zones"] = sorted({zone for zones in found["subnet_ids"].values() for zone in zones})
    return found


def known(block: Any, ipv4_only: bool) -> Any:
    """An IPv6 block. A new resource reports every attribute as unknown, also one that it will not have."""
    return None if ipv4_only and is_unknown(block) else block


def own_ips(part: str, ips: Any) -> dict[str, Any]:
    """The public addresses of a NAT gateway by zone, which the user may have brought. Those of a regional one are known once it exists."""
    if part == "regional":
        return {zone: ip for zone, ip in ips.items() if zone} if isinstance(ips, Mapping) else {}
    return {part: next(iter(ips.values()), None) if isinstance(ips, Mapping) else ips}
