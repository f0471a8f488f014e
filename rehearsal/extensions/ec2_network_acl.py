"""Network ACL entries. moto drops the type and code of an ICMP entry, and stores ports where AWS has none."""

from __future__ import annotations

from typing import Any

from rehearsal.registry import Call, answers

ICMP = ("1", "58")


@answers("ec2", "CreateNetworkAclEntry")
def create(call: Call) -> Any:
    call.backend.create_network_acl_entry(**_entry(call))
    return {}


@answers("ec2", "ReplaceNetworkAclEntry")
def replace(call: Call) -> Any:
    call.backend.replace_network_acl_entry(**_entry(call))
    return {}


def _entry(call: Call) -> dict[str, Any]:
    """An entry in moto's format: type and code for ICMP, ports for TCP and UDP."""
    protocol = str(call.get("Protocol"))
    icmp = call.get("IcmpTypeCode") or {}
    ports = {} if protocol in ICMP else call.get("PortRange") or {}
    return {
        "network_acl_id": call.get("NetworkAclId"),
        "rule_number": call.get("RuleNumber"),
        "protocol": protocol,
        "rule_action": call.get("RuleAction"),
        "egress": call.get("Egress"),
        "cidr_block": call.get("CidrBlock"),
        "icmp_code": icmp.get("Code") if protocol in ICMP else None,
        "icmp_type": icmp.get("Type") if protocol in ICMP else None,
        "port_range_from": ports.get("From"),
        "port_range_to": ports.get("To"),
        "ipv6_cidr_block": call.get("Ipv6CidrBlock"),
    }
