"""Validation of new clusters and of their changes: roles, networks, keys, logs."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Mapping
from typing import Any

from rehearsal.extensions.eks_common import free_addresses, role_that_trusts, subnets_by_id
from rehearsal.extensions.eks_tags import check as check_tags
from rehearsal.extensions.eks_versions import check_offered
from rehearsal.registry import Call, backend, refuses
from rehearsal.replies import Refusal

LOG_TYPES = ("api", "audit", "authenticator", "controllerManager", "scheduler")
FREE_ADDRESSES = 6
"""The minimum of free addresses per subnet for a control plane's interfaces."""
SERVICE_BLOCKS = tuple(ipaddress.IPv4Network(block) for block in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"))


@refuses("eks", "CreateCluster")
def check_new_cluster(call: Call) -> None:
    name, version = call.get("name", ""), call.get("version")
    if not re.fullmatch(r"[0-9A-Za-z][A-Za-z0-9_-]{0,99}", name):
        raise _wrong("The cluster name may have 1 to 100 letters, digits, hyphens and underscores")
    if name in call.backend.clusters:
        raise Refusal("ResourceInUseException", f"Cluster already exists with name: {name}", 409)
    if version is not None:
        check_offered(version)
    check_tags(dict(call.get("tags") or {}), "InvalidParameterException")
    check_role(call, str(call.get("roleArn")))
    network = dict(call.get("resourcesVpcConfig") or {})
    vpc = check_network(call, list(network.get("subnetIds") or []), list(network.get("securityGroupIds") or []))
    check_endpoint(network)
    _check_services(call, vpc)
    _check_family(call, list(network.get("subnetIds") or []))
    check_logging(dict(call.get("logging") or {}))
    for config in call.get("encryptionConfig") or []:
        check_encryption(call, config)
    access = dict(call.get("accessConfig") or {})
    config_map = access.get("authenticationMode", "CONFIG_MAP") == "CONFIG_MAP"
    if config_map and access.get("bootstrapClusterCreatorAdminPermissions") is False:
        raise _wrong("bootstrapClusterCreatorAdminPermissions must be true if cluster authentication mode is set to CONFIG_MAP")


def _wrong(text: str) -> Refusal:
    return Refusal("InvalidParameterException", text)


def check_role(call: Call, arn: str) -> None:
    """The cluster's role must have propagated and must trust EKS."""
    if role_that_trusts(call, arn, "eks.amazonaws.com"):
        return
    if not any(role.arn == arn for role in backend("iam", call.account_id, call.region).roles.values()):
        raise _wrong(f"roleArn, {arn}, does not exist")
    raise _wrong("Role could not be assumed because the trusted entity is not correct")


def check_network(call: Call, subnets: list[str], groups: list[str], vpc: str | None = None, held: Iterable[str] = ()) -> str:
    """The VPC of the subnets. They span two zones; each needs free addresses unless it already holds an interface."""
    known = subnets_by_id(call)
    for subnet in subnets:
        if subnet not in known:
            raise _wrong(f"The subnet ID '{subnet}' does not exist")
    if len({known[subnet].availability_zone for subnet in subnets}) < 2:
        raise _wrong("Subnets specified must be in at least two different AZs")
    vpcs = {known[subnet].vpc_id for subnet in subnets} | ({vpc} if vpc else set())
    if len(vpcs) > 1:
        raise _wrong(f"Subnets must all be of one VPC, that of the cluster; these are of {', '.join(sorted(vpcs))}")
    for subnet in sorted(set(subnets) - set(held)):
        if (free := free_addresses(call, known[subnet])) < FREE_ADDRESSES:
            raise _wrong(f"Subnet {subnet} has {free} free IP addresses; EKS needs at least {FREE_ADDRESSES}")
    (found,) = vpcs
    ec2 = backend("ec2", call.account_id, call.region)
    for group in groups:
        if group not in ec2.groups.get(found, {}):
            elsewhere = any(group in of_vpc for of_vpc in ec2.groups.values())
            raise _wrong(f"Security group {group} is not in {found}" if elsewhere else f"The security group ID '{group}' does not exist")
    return str(found)


def check_endpoint(network: Mapping[str, Any]) -> None:
    """The endpoint needs at least one kind of access, and its public access CIDRs must be public addresses."""
    if not network.get("endpointPublicAccess", True) and not network.get("endpointPrivateAccess", False):
        raise _wrong("Private and public endpoint access cannot be false")
    given = [str(block) for block in network.get("publicAccessCidrs") or []]
    if wrong := [block for block in given if not _is_block(block)]:
        raise _wrong(f"The following CIDRs are invalid in publicAccessCidrs: [{', '.join(wrong)}]")
    if reserved := [block for block in given if not _is_public(block)]:
        raise _wrong(f"The following CIDRs are not allowed in publicAccessCidrs: [{', '.join(reserved)}]")


def _is_block(text: str) -> bool:
    try:
        return bool(ipaddress.ip_network(text))
    except ValueError:
        return False


def _is_public(text: str) -> bool:
    block = ipaddress.ip_network(text)
    return block.prefixlen == 0 or not (block.is_private or block.is_link_local or block.is_loopback or block.is_multicast)


def _check_services(call: Call, vpc: str) -> None:
    """The service CIDR must be private, of a valid size, and must not overlap the VPC."""
    text = (call.get("kubernetesNetworkConfig") or {}).get("serviceIpv4Cidr")
    if not text:
        return
    if not _is_block(text):
        raise _wrong(f"serviceIpv4Cidr {text} is no CIDR block")
    block = ipaddress.ip_network(text)
    if not isinstance(block, ipaddress.IPv4Network) or not any(block.subnet_of(known) for known in SERVICE_BLOCKS):
        raise _wrong(f"serviceIpv4Cidr {text} must be within 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16")
    if not 12 <= block.prefixlen <= 24:
        raise _wrong(f"serviceIpv4Cidr {text} must be between /12 and /24")
    if overlapping := [other for other in blocks_of(call, vpc) if block.overlaps(other)]:
        raise _wrong(f"serviceIpv4Cidr {text} overlaps with {overlapping[0]} of {vpc}")


def _check_family(call: Call, subnets: list[str]) -> None:
    """An IPv6 cluster has only subnets with IPv6 blocks, and EKS chooses its service CIDR."""
    network = call.get("kubernetesNetworkConfig") or {}
    if network.get("ipFamily", "ipv4") != "ipv6":
        return
    if network.get("serviceIpv4Cidr"):
        raise _wrong("serviceIpv4Cidr cannot be specified when ipFamily is ipv6")
    known = subnets_by_id(call)
    if lacking := [one for one in subnets if not known[one].ipv6_cidr_block_association_set]:
        raise _wrong(f"The subnets {', '.join(lacking)} have no IPv6 CIDR block, which ipFamily ipv6 requires")


def blocks_of(call: Call, vpc: str) -> list[ipaddress.IPv4Network]:
    found = backend("ec2", call.account_id, call.region).get_vpc(vpc).get_cidr_block_association_set()
    return [ipaddress.IPv4Network(entry["cidr_block"]) for entry in found]


def check_logging(given: Mapping[str, Any]) -> None:
    for entry in given.get("clusterLogging") or []:
        if unknown := [kind for kind in entry.get("types") or [] if kind not in LOG_TYPES]:
            raise _wrong(f"Log type {unknown[0]} is invalid; valid types: {', '.join(LOG_TYPES)}")


def check_encryption(call: Call, config: Mapping[str, Any]) -> None:
    """Only secrets can be encrypted, with an enabled symmetric key in this region."""
    arn = str((config.get("provider") or {}).get("keyArn"))
    if list(config.get("resources") or []) != ["secrets"]:
        raise _wrong(f"Resources to encrypt must be [secrets], not [{', '.join(config.get('resources') or [])}]")
    kms = backend("kms", call.account_id, call.region)
    key = next((one for one in kms.keys.values() if one.arn == arn or arn.partition(":alias/")[2] in _names(one)), None)
    if key is None:
        raise _wrong(f"The KMS key {arn} does not exist in {call.region}")
    if key.key_state != "Enabled":
        raise _wrong(f"The KMS key {arn} is in state {key.key_state}, which must be Enabled")
    if key.key_spec != "SYMMETRIC_DEFAULT":
        raise _wrong(f"The KMS key {arn} must be symmetric, not {key.key_spec}")


def _names(key: Any) -> list[str]:
    return [str(alias).removeprefix("alias/") for alias in key.aliases]
