"""IPv6: a network that has addresses from the start, one that gets them, and one that loses them."""

from __future__ import annotations

import ipaddress
from typing import Any

from ansible_collections.mainstay.aws.plugins.module_utils.domains.network.occupants import refused_ipv6
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.planner import Plan
from tests.integration.network.describe import described
from tests.integration.network.support import ZONES, Site, ids, network, summary, survivors, touched

A, B = ZONES[:2]
GATEWAY = "egress_only_internet_gateway.main"


def start_of(site: Site) -> str:
    vpc = site.cloud.client("ec2").describe_vpcs(VpcIds=[described(site.cloud)["vpc.main"]["id"]])["Vpcs"][0]
    (association,) = vpc["Ipv6CidrBlockAssociationSet"]
    return str(ipaddress.IPv6Network(association["Ipv6CidrBlock"]).network_address.exploded)[:17]


def subnets(site: Site) -> dict[str, tuple[str, bool]]:
    """Part of the address -> the /64, and whether machines get addresses of it."""
    found = {}
    for raw in site.cloud.client("ec2").describe_subnets()["Subnets"]:
        tags = {tag["Key"]: tag["Value"] for tag in raw.get("Tags") or []}
        blocks = [one["Ipv6CidrBlock"] for one in raw.get("Ipv6CidrBlockAssociationSet") or []]
        if address := tags.get("mainstay:address"):
            found[address.removeprefix("subnet.main/")] = (blocks[0] if blocks else "", raw["AssignIpv6AddressOnCreation"])
    return found


def routes(site: Site, destination: str = "::/0") -> dict[str, str]:
    """Route table -> the kind of gateway of its IPv6 default route."""
    found = {}
    for raw in site.cloud.client("ec2").describe_route_tables()["RouteTables"]:
        tags = {tag["Key"]: tag["Value"] for tag in raw.get("Tags") or []}
        for route in raw["Routes"]:
            if route.get("DestinationIpv6CidrBlock") == destination and "mainstay:address" in tags:
                target = route.get("EgressOnlyInternetGatewayId") or route.get("GatewayId", "")
                found[tags["mainstay:address"].removeprefix("route_table.main/")] = target.partition("-")[0]
    return found


def wide_open(site: Site) -> list[str]:
    """The groups and ACLs of the VPC that let all IPv6 traffic pass although nothing here says so."""
    client = site.cloud.client("ec2")
    vpc = [{"Name": "vpc-id", "Values": [described(site.cloud)["vpc.main"]["id"]]}]
    groups = [
        group["GroupName"]
        for group in client.describe_security_groups(Filters=vpc)["SecurityGroups"]
        for rule in group["IpPermissionsEgress"]
        if rule["IpProtocol"] == "-1" and rule.get("Ipv6Ranges")
    ]
    defaults = client.describe_network_acls(Filters=[*vpc, {"Name": "default", "Values": ["true"]}])["NetworkAcls"]
    return groups + [acl["NetworkAclId"] for acl in defaults for entry in acl["Entries"] if entry.get("Ipv6CidrBlock") == "::/0"]


def block_in(plan: Plan, address: str) -> Any:
    """The block that a plan gives a subnet."""
    action = plan.of(address)
    return next(change.after for change in action.changes if change.property == "ipv6_cidr_block") if action else None


def planned(start: str) -> dict[str, tuple[str, bool]]:
    """What the README says of the tiers public, private, and database in two zones."""
    rows = {"private": (0, True), "public": (8, True), "database": (16, False)}
    return {
        f"{tier}-{zone}": (str(ipaddress.IPv6Network(f"{start}{row + index:02x}::/64")), assigns)
        for tier, (row, assigns) in rows.items()
        for index, zone in enumerate((A, B))
    }


def test_addresses_from_the_start(site: Site) -> None:
    """The plan from nothing names the number of each /64; after the apply, they are cut from the block that AWS chose."""
    site.cloud.admin.settings(transition_seconds={"vpc": 0.2, "subnet": 0.2})
    desired = site.desired(main=network(ipv6=True))
    plan = site.plan(desired)
    assert summary(plan)[GATEWAY] == "create"
    assert block_in(plan, f"subnet.main/public-{A}") == "(known after apply)08::/64"
    site.apply(desired)
    assert subnets(site) == planned(start_of(site))
    assert routes(site) == {"public": "igw", f"private-{A}": "eigw", f"private-{B}": "eigw"}
    assert wide_open(site) == []
    assert summary(site.plan(desired)) == {}

    ec2 = site.cloud.client("ec2")
    subnet = described(site.cloud)[f"subnet.main/private-{A}"]["id"]
    ec2.modify_subnet_attribute(SubnetId=subnet, AssignIpv6AddressOnCreation={"Value": False})
    table = described(site.cloud)["route_table.main/public"]["id"]
    ec2.delete_route(RouteTableId=table, DestinationIpv6CidrBlock="::/0")
    assert touched(site.plan(desired)) == {
        f"subnet.main/private-{A}": {"assign_ipv6_address_on_creation"},
        "route_table.main/public": {"routes"},
    }
    site.destroy()
    assert described(site.cloud) == {}


def test_addresses_added_and_removed(site: Site) -> None:
    """Nothing is replaced, neither then nor when they go; and they go only with consent."""
    before = ids(site.apply(site.desired(main=network())))
    site.cloud.admin.settings(transition_seconds={"vpc": 0.2, "subnet": 0.2})
    wanted = network(ipv6=True)
    plan = site.plan(site.desired_here(main=wanted))
    assert {address for address, verb in summary(plan).items() if verb != "update"} == {GATEWAY}
    assert touched(plan)["vpc.main"] == {"ipv6"}
    assert block_in(plan, f"subnet.main/private-{A}") == "(known after apply)00::/64"
    site.apply(site.desired_here(main=wanted))
    assert (survivors(before, site.ids()), subnets(site)) == (set(before), planned(start_of(site)))
    assert (wide_open(site), summary(site.plan(site.desired_here(main=wanted)))) == ([], {})

    without = network()
    assert summary(site.plan(site.desired_here(main=without))) == {GATEWAY: "delete (no consent)"}
    site.apply(site.desired_here(main=without))
    assert routes(site)["public"] == "igw"
    gone = agreed(site, without)
    plan = site.plan(gone, purge=(GATEWAY,))
    assert {verb for address, verb in summary(plan).items() if address != GATEWAY} == {"update"}
    assert touched(plan)["vpc.main"] == {"ipv6"}
    site.apply(gone, purge=(GATEWAY,))
    assert {block for block, _assigns in subnets(site).values()} == {""}
    assert (survivors(before, site.ids()), routes(site)) == (set(before), {})
    assert [summary(site.plan(desired)) for desired in (site.desired_here(main=without), agreed(site, without))] == [{}, {}]


def test_a_block_that_no_subnet_uses_goes_with_consent(site: Site) -> None:
    """What a run leaves that was killed between the subnets and the VPC."""
    site.apply(site.desired(main=network()))
    vpc = described(site.cloud)["vpc.main"]["id"]
    site.cloud.client("ec2").associate_vpc_cidr_block(VpcId=vpc, AmazonProvidedIpv6CidrBlock=True)
    assert summary(site.plan(site.desired_here(main=network()))) == {}
    unused = agreed(site, network())
    assert touched(site.plan(unused)) == {"vpc.main": {"ipv6"}}
    site.apply(unused)
    assert summary(site.plan(agreed(site, network()))) == {}


def test_addresses_in_use_are_not_taken_away(site: Site) -> None:
    """The run stops before its first change."""
    site.apply(site.desired(main=network(ipv6=True)))
    subnet = described(site.cloud)[f"subnet.main/private-{A}"]["id"]
    ec2 = site.cloud.client("ec2")
    interface = ec2.create_network_interface(SubnetId=subnet, Ipv6AddressCount=1)["NetworkInterface"]["NetworkInterfaceId"]
    plan = site.plan(agreed(site, network()), purge=(GATEWAY,))
    aws = site.aws("plan")
    (failure,) = refused_ipv6(plan, aws)
    assert (failure.address, failure.code) == (f"subnet.main/private-{A}", "NetworkInUse")
    assert failure.message == f"it would lose IPv6 addresses that are in use: network interface {interface}"
    ec2.delete_network_interface(NetworkInterfaceId=interface)
    assert refused_ipv6(plan, aws) == []
    aws.close()


def test_an_adopted_network_keeps_its_blocks(site: Site) -> None:
    """Another tool has numbered the subnets in its own way: none changes, and a new one takes no number that is in use."""
    site.apply(site.desired(main=network(availability_zones=[A])))
    ec2, now = site.cloud.client("ec2"), described(site.cloud)
    ec2.associate_vpc_cidr_block(VpcId=now["vpc.main"]["id"], AmazonProvidedIpv6CidrBlock=True)
    start = start_of(site)
    for tier, number in (("private", 9), ("public", 1)):
        block = str(ipaddress.IPv6Network(f"{start}{number:02x}::/64"))
        ec2.associate_subnet_cidr_block(SubnetId=now[f"subnet.main/{tier}-{A}"]["id"], Ipv6CidrBlock=block)
    desired = site.desired_here(main=network(ipv6=True))
    assert "ipv6_cidr_block" not in touched(site.plan(desired))[f"subnet.main/private-{A}"]
    site.apply(desired)
    found = {part: int(block.partition("::")[0][-2:], 16) for part, (block, _assigns) in subnets(site).items()}
    assert (found[f"private-{A}"], found[f"public-{A}"], found[f"database-{A}"]) == (9, 1, 0x10)
    assert (found[f"private-{B}"], found[f"public-{B}"]) == (255, 254)
    assert summary(site.plan(site.desired_here(main=network(ipv6=True)))) == {}


def agreed(site: Site, settings: dict[str, Any]) -> list[Any]:
    """What the module builds in a run that has the consent to remove the addresses."""
    return site.desired_here(purge=[GATEWAY], main=settings)
