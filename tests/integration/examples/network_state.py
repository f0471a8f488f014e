# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A network's state in AWS, read through boto3 alone, and one check per row about networks in the requirements table."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

WORLD = "0.0.0.0/0"
Rule = tuple[str, str, str]


class NetworkState:
    """An account's network ``main``."""

    def __init__(self, client: Callable[[str], Any]) -> None:
        self.ec2 = client("ec2")
        self.logs = client("logs")
        self.sts = client("sts")

    @cached_property
    def vpc(self) -> dict[str, Any]:
        (vpc,) = self.ec2.describe_vpcs(Filters=[{"Name": "tag:mainstay:address", "Values": ["vpc.main"]}])["Vpcs"]
        return vpc

    def of_vpc(self, operation: str, key: str, name: str = "vpc-id") -> list[dict[str, Any]]:
        return getattr(self.ec2, operation)(Filters=[{"Name": name, "Values": [self.vpc["VpcId"]]}])[key]

    @cached_property
    def subnets(self) -> dict[str, dict[str, dict[str, Any]]]:
        """tier -> zone -> subnet."""
        found: dict[str, dict[str, dict[str, Any]]] = {}
        for subnet in self.of_vpc("describe_subnets", "Subnets"):
            tier = address(subnet).removeprefix("subnet.main/").partition("-")[0]
            found.setdefault(tier, {})[subnet["AvailabilityZone"]] = subnet
        return found

    @cached_property
    def nat_gateways(self) -> list[dict[str, Any]]:
        return [gateway for gateway in self.of_vpc("describe_nat_gateways", "NatGateways") if gateway["State"] == "available"]

    def remedy_for_conflict(self, subnet: dict[str, Any]) -> str | None:
        """The target of a subnet's default route."""
        tables = self.of_vpc("describe_route_tables", "RouteTables")
        (table,) = [t for t in tables if any(a.get("SubnetId") == subnet["SubnetId"] for a in t["Associations"])]
        routes = [route for route in table["Routes"] if route.get("DestinationCidrBlock") == WORLD]
        return next((route.get("NatGatewayId") or route.get("GatewayId") for route in routes), None)

    @cached_property
    def groups(self) -> dict[str, dict[str, Any]]:
        return {address(group).partition("/")[2]: group for group in self.of_vpc("describe_security_groups", "SecurityGroups")}

    def admitted(self, name: str) -> set[Rule]:
        """(peer, protocol, ports) that a group allows in; groups of the network appear by name."""
        names = {group["GroupId"]: short for short, group in self.groups.items()}
        found: set[Rule] = set()
        for permission in self.groups[name]["IpPermissions"]:
            peers = [names[pair["GroupId"]] for pair in permission["UserIdGroupPairs"]]
            peers += [block["CidrIp"] for block in permission["IpRanges"]] + [item["PrefixListId"] for item in permission["PrefixListIds"]]
            first, last = permission.get("FromPort"), permission.get("ToPort")
            found |= {(peer, permission["IpProtocol"], str(first) if first == last else f"{first}-{last}") for peer in peers}
        return found


def address(item: dict[str, Any]) -> str:
    return next((tag["Value"] for tag in item.get("Tags", []) if tag["Key"] == "mainstay:address"), "")


def dedicated_vpc(state: NetworkState) -> None:
    assert not state.vpc["IsDefault"]


def block(expected: str) -> Callable[[NetworkState], None]:
    def check(state: NetworkState) -> None:
        assert state.vpc["CidrBlock"] == expected

    return check


def zones(*expected: str) -> Callable[[NetworkState], None]:
    def check(state: NetworkState) -> None:
        assert {tuple(sorted(found)) for found in state.subnets.values()} == {expected}

    return check


def public_blocks(**expected: str) -> Callable[[NetworkState], None]:
    def check(state: NetworkState) -> None:
        assert {zone[-1]: subnet["CidrBlock"] for zone, subnet in state.subnets["public"].items()} == expected

    return check


def public_tier(state: NetworkState) -> None:
    """Public subnets route to the internet gateway, carry the load balancers' tag, and contain the NAT gateways that are in a subnet."""
    public = {subnet["SubnetId"] for subnet in state.subnets["public"].values()}
    for subnet in state.subnets["public"].values():
        assert str(state.remedy_for_conflict(subnet)).startswith("igw-")
        assert {"Key": "kubernetes.io/role/elb", "Value": "1"} in subnet["Tags"]
    assert {gateway["SubnetId"] for gateway in state.nat_gateways if gateway.get("SubnetId")} <= public


def private_tier(state: NetworkState) -> None:
    for subnet in state.subnets["private"].values():
        assert str(state.remedy_for_conflict(subnet)).startswith("nat-")


def isolated_database(state: NetworkState) -> None:
    assert {state.remedy_for_conflict(subnet) for subnet in state.subnets["database"].values()} == {None}


def internet_gateway(state: NetworkState) -> None:
    assert len(state.of_vpc("describe_internet_gateways", "InternetGateways", "attachment.vpc-id")) == 1


def nat_per_zone(state: NetworkState) -> None:
    """Each private subnet routes through a gateway in its own zone."""
    zone_of = {subnet["SubnetId"]: zone for zone, subnet in state.subnets["public"].items()}
    gateways = {gateway["NatGatewayId"]: zone_of[gateway["SubnetId"]] for gateway in state.nat_gateways}
    assert len(gateways) == len(state.subnets["private"])
    for zone, subnet in state.subnets["private"].items():
        assert gateways[str(state.remedy_for_conflict(subnet))] == zone


def some_nat(state: NetworkState) -> None:
    assert state.nat_gateways


def no_public_addresses(state: NetworkState) -> None:
    assert not any(subnet["MapPublicIpOnLaunch"] for tier in state.subnets.values() for subnet in tier.values())


def chain(state: NetworkState) -> None:
    """Load balancer -> 8080 -> nodes -> 5432 -> database, and no other flow."""
    assert {rule for rule in state.admitted("nodes") if rule[0] not in ("nodes", "control_plane")} == {("load_balancer", "tcp", "8080")}
    assert state.admitted("database") == {("nodes", "tcp", "5432")}
    assert state.groups["database"]["IpPermissionsEgress"] == []


def closed_to_the_world(state: NetworkState) -> None:
    """Only load balancers accept traffic from everywhere, and only HTTPS; the VPC's default group allows nothing."""
    open_to_all = {(name, *rule[1:]) for name in state.groups for rule in state.admitted(name) if rule[0] == WORLD}
    assert open_to_all <= {("load_balancer", "tcp", "443")}
    (default,) = [group for group in state.groups.values() if group["GroupName"] == "default"]
    assert (default["IpPermissions"], default["IpPermissionsEgress"]) == ([], [])


def network_acls(state: NetworkState) -> None:
    """Every subnet has an ACL of ours in place of the default one, which now allows nothing."""
    acls = state.of_vpc("describe_network_acls", "NetworkAcls")
    guarded = {association["SubnetId"]: acl for acl in acls if not acl["IsDefault"] for association in acl["Associations"]}
    assert set(guarded) == {subnet["SubnetId"] for tier in state.subnets.values() for subnet in tier.values()}
    (default,) = [acl for acl in acls if acl["IsDefault"]]
    assert {entry["RuleAction"] for entry in default["Entries"]} == {"deny"}


def flow_logs(state: NetworkState) -> None:
    (log,) = state.of_vpc("describe_flow_logs", "FlowLogs", "resource-id")
    assert log["FlowLogStatus"] == "ACTIVE"
    (group,) = state.logs.describe_log_groups(logGroupNamePrefix=log["LogGroupName"])["logGroups"]
    assert group["kmsKeyId"]
    assert group["retentionInDays"] >= 365


def account(expected: str) -> Callable[[NetworkState], None]:
    def check(state: NetworkState) -> None:
        assert state.sts.get_caller_identity()["Account"] == expected

    return check
