"""NAT gateways: tags, addresses, failures, transitional states, regional gateways."""

from __future__ import annotations

from typing import Any

from .conftest import REGION, CheckedCloud, refused, tags, until

OWNER = tags("natgateway", **{"mainstay:address": "nat_gateway.main/a"})


def test_created_with_tags_found_by_tag(ec2: Any, subnet_ids: list[str], internet_gateway_id: str, allocation_id: str) -> None:
    created = ec2.create_nat_gateway(SubnetId=subnet_ids[0], AllocationId=allocation_id, TagSpecifications=OWNER)["NatGateway"]
    found = ec2.describe_nat_gateways(Filter=[{"Name": "tag:mainstay:address", "Values": ["nat_gateway.main/*"]}])["NatGateways"]
    assert [gateway["NatGatewayId"] for gateway in found] == [created["NatGatewayId"]]
    assert found[0]["Tags"] == [{"Key": "mainstay:address", "Value": "nat_gateway.main/a"}]
    assert found[0]["NatGatewayAddresses"][0]["AllocationId"] == allocation_id
    assert found[0]["NatGatewayAddresses"][0]["PrivateIp"].startswith("10.0.0.")
    ec2.create_tags(Resources=[created["NatGatewayId"]], Tags=[{"Key": "more", "Value": "1"}])
    assert ec2.describe_nat_gateways(Filter=[{"Name": "tag-key", "Values": ["more"]}])["NatGateways"] != []
    address = ec2.describe_addresses()["Addresses"][0]
    assert address["AssociationId"] == found[0]["NatGatewayAddresses"][0]["AssociationId"]


def test_deletion_gives_the_address_back(ec2: Any, subnet_ids: list[str], internet_gateway_id: str, allocation_id: str) -> None:
    gateway = ec2.create_nat_gateway(SubnetId=subnet_ids[0], AllocationId=allocation_id)["NatGateway"]["NatGatewayId"]
    assert refused(ec2.release_address, AllocationId=allocation_id) == "AuthFailure"
    association = ec2.describe_addresses()["Addresses"][0]["AssociationId"]
    assert refused(ec2.disassociate_address, AssociationId=association) == "AuthFailure"
    assert refused(ec2.delete_subnet, SubnetId=subnet_ids[0]) == "DependencyViolation"
    ec2.delete_nat_gateway(NatGatewayId=gateway)
    assert ec2.describe_nat_gateways()["NatGateways"][0]["State"] == "deleted"
    assert "AssociationId" not in ec2.describe_addresses()["Addresses"][0]
    assert refused(ec2.delete_nat_gateway, NatGatewayId=gateway) == "NatGatewayNotFound"
    ec2.release_address(AllocationId=allocation_id)
    ec2.delete_subnet(SubnetId=subnet_ids[0])


def test_routes_through_the_deleted_lead_nowhere(ec2: Any, vpc_id: str, subnet_ids: list[str]) -> None:
    gateway = ec2.create_nat_gateway(SubnetId=subnet_ids[0], ConnectivityType="private")["NatGateway"]["NatGatewayId"]
    table = ec2.create_route_table(VpcId=vpc_id)["RouteTable"]["RouteTableId"]
    ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", NatGatewayId=gateway)

    def states() -> dict[str, str]:
        routes = ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"][0]["Routes"]
        return {route["DestinationCidrBlock"]: route["State"] for route in routes}

    assert states() == {"10.0.0.0/16": "active", "0.0.0.0/0": "active"}
    ec2.delete_nat_gateway(NatGatewayId=gateway)
    assert states() == {"10.0.0.0/16": "active", "0.0.0.0/0": "blackhole"}


def test_states_on_the_way(cloud: CheckedCloud, ec2: Any, subnet_ids: list[str], internet_gateway_id: str, allocation_id: str) -> None:
    cloud.admin.settings(transition_seconds={"nat_gateway": 0.5})

    def state() -> str:
        return str(ec2.describe_nat_gateways()["NatGateways"][0]["State"])

    gateway = ec2.create_nat_gateway(SubnetId=subnet_ids[0], AllocationId=allocation_id)["NatGateway"]
    assert gateway["State"] == "pending"
    until(lambda: state() == "available")
    cloud.admin.settings(transition_seconds={"nat_gateway": 3600})
    ec2.delete_nat_gateway(NatGatewayId=gateway["NatGatewayId"])
    assert state() == "deleting"
    assert refused(ec2.release_address, AllocationId=allocation_id) == "AuthFailure"
    assert refused(ec2.detach_internet_gateway, InternetGatewayId=internet_gateway_id, VpcId=gateway["VpcId"]) == "DependencyViolation"


def test_fails_without_internet_gateway(ec2: Any, subnet_ids: list[str], allocation_id: str) -> None:
    ec2.create_nat_gateway(SubnetId=subnet_ids[0], AllocationId=allocation_id)
    found = ec2.describe_nat_gateways()["NatGateways"][0]
    assert (found["State"], found["FailureCode"]) == ("failed", "Gateway.NotAttached")
    assert "has no Internet gateway attached" in found["FailureMessage"]
    ec2.release_address(AllocationId=allocation_id)


def test_private_gateway_needs_no_address(ec2: Any, subnet_ids: list[str]) -> None:
    created = ec2.create_nat_gateway(SubnetId=subnet_ids[0], ConnectivityType="private")["NatGateway"]
    assert (created["State"], created["ConnectivityType"]) == ("available", "private")


def test_regional_gateway(ec2: Any, vpc_id: str, internet_gateway_id: str) -> None:
    allocations = [ec2.allocate_address(Domain="vpc")["AllocationId"] for _ in range(3)]
    zones = [
        {"AvailabilityZone": f"{REGION}a", "AllocationIds": allocations[:2]},
        {"AvailabilityZone": f"{REGION}b", "AllocationIds": allocations[2:]},
    ]
    parameters = {"AvailabilityMode": "regional", "VpcId": vpc_id, "AvailabilityZoneAddresses": zones}
    created = ec2.create_nat_gateway(**parameters, TagSpecifications=OWNER)["NatGateway"]
    assert (created["AvailabilityMode"], created["AutoProvisionZones"], created["VpcId"]) == ("regional", "disabled", vpc_id)
    assert [(address["AvailabilityZone"][-1], address["AllocationId"]) for address in created["NatGatewayAddresses"]] == [
        ("a", allocations[0]),
        ("a", allocations[1]),
        ("b", allocations[2]),
    ]
    assert "SubnetId" not in created
    assert refused(ec2.create_nat_gateway, **parameters) == "Resource.AlreadyAssociated"
    assert refused(ec2.release_address, AllocationId=allocations[0]) == "AuthFailure"
    ec2.delete_nat_gateway(NatGatewayId=created["NatGatewayId"])
    ec2.release_address(AllocationId=allocations[0])


def test_regional_gateway_without_addresses_provides_for_itself(ec2: Any, vpc_id: str, internet_gateway_id: str) -> None:
    created = ec2.create_nat_gateway(AvailabilityMode="regional", VpcId=vpc_id)["NatGateway"]
    assert created["AutoProvisionZones"] == "enabled"
