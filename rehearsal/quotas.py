"""The quotas that the cloud can enforce, by the names that the settings know, with what Service Quotas calls them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Quota:
    service: str
    code: str
    title: str
    default: int  # AWS's


QUOTAS = {
    "eks_clusters": Quota("eks", "L-1194D53C", "Clusters", 100),
    "elastic_ips": Quota("ec2", "L-0263D0A3", "EC2-VPC Elastic IPs", 5),
    "gateway_endpoints": Quota("vpc", "L-1B52E74A", "Gateway VPC endpoints per Region", 20),
    "interface_endpoints_per_vpc": Quota("vpc", "L-29B6F2EB", "Interface VPC endpoints per VPC", 50),
    "internet_gateways": Quota("vpc", "L-A4707A72", "Internet gateways per Region", 5),
    "managed_node_groups_per_cluster": Quota("eks", "L-6D54EA21", "Managed node groups per cluster", 30),
    "nat_gateways_per_zone": Quota("vpc", "L-FE5A380F", "NAT gateways per Availability Zone", 5),
    "network_acls_per_vpc": Quota("vpc", "L-B4A6D682", "Network ACLs per VPC", 200),
    "route_tables_per_vpc": Quota("vpc", "L-589F43AA", "Route tables per VPC", 200),
    "routes_per_route_table": Quota("vpc", "L-93826ACB", "Routes per route table", 50),
    "rules_per_network_acl": Quota("vpc", "L-2AEEBF1A", "Rules per network ACL", 20),
    "rules_per_security_group": Quota("vpc", "L-0EA8095F", "Inbound or outbound rules per security group", 60),
    "security_groups": Quota("vpc", "L-E79EC296", "VPC security groups per Region", 2500),
    "standard_vcpus": Quota("ec2", "L-1216C47A", "Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances", 5),
    "subnets_per_vpc": Quota("vpc", "L-407747CB", "Subnets per VPC", 200),
    "vpcs": Quota("vpc", "L-F678F1CE", "VPCs per Region", 5),
}

UNLIMITED = 1_000_000
"""What Service Quotas says of a quota that the settings do not limit: as if the account had been given that much."""
