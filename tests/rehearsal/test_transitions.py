"""States that take time, and scripts that replace them."""

from __future__ import annotations

from typing import Any

import pytest

from rehearsal.admin_client import AdminError
from rehearsal.transitions import Script, Step

from .conftest import CheckedCloud, tags, until


def test_vpc_and_subnet_are_pending_first(cloud: CheckedCloud, ec2: Any) -> None:
    cloud.admin.settings(transition_seconds={"default": 3600, "subnet": 0.3})
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]
    assert vpc["State"] == "pending"
    assert ec2.create_subnet(VpcId=vpc["VpcId"], CidrBlock="10.0.0.0/24")["Subnet"]["State"] == "pending"
    of_vpc = [{"Name": "vpc-id", "Values": [vpc["VpcId"]]}]
    until(lambda: ec2.describe_subnets(Filters=of_vpc)["Subnets"][0]["State"] == "available")
    assert ec2.describe_vpcs(VpcIds=[vpc["VpcId"]])["Vpcs"][0]["State"] == "pending"
    assert [item["State"] for item in ec2.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"]] == ["available"]


def _gateway(ec2: Any, subnet: str, name: str) -> str:
    created = ec2.create_nat_gateway(
        SubnetId=subnet, ConnectivityType="private", TagSpecifications=tags("natgateway", **{"mainstay:address": name, "Name": name})
    )
    return str(created["NatGateway"]["NatGatewayId"])


@pytest.mark.parametrize("match", [{"tag": {"mainstay:address": "main/a"}}, {"name": "main/a"}])
def test_script_before_the_resource(cloud: CheckedCloud, ec2: Any, subnet_ids: list[str], match: dict[str, Any]) -> None:
    failure = {"FailureCode": "InternalError", "FailureMessage": "as scripted"}
    cloud.admin.script("nat_gateway", match, [{"state": "pending", "seconds": 0.3}, {"state": "failed", "fields": failure}])
    scripted, other = _gateway(ec2, subnet_ids[0], "main/a"), _gateway(ec2, subnet_ids[0], "main/b")

    def shown(identity: str) -> dict[str, Any]:
        return dict(ec2.describe_nat_gateways(NatGatewayIds=[identity])["NatGateways"][0])

    until(lambda: shown(scripted)["State"] == "failed")
    assert {name: shown(scripted)[name] for name in failure} == failure
    assert shown(other)["State"] == "available"
    assert "FailureCode" not in shown(other)


def test_script_of_an_existing_resource(cloud: CheckedCloud, ec2: Any, vpc_id: str) -> None:
    identity = ec2.create_vpc_endpoint(VpcId=vpc_id, ServiceName=f"com.amazonaws.{cloud.region}.s3")["VpcEndpoint"]["VpcEndpointId"]
    cloud.admin.script("vpc_endpoint", {"id": identity}, [{"state": "failed", "fields": {"FailureReason": "as scripted"}}])
    found = ec2.describe_vpc_endpoints()["VpcEndpoints"][0]
    assert (found["State"], found["FailureReason"]) == ("failed", "as scripted")
    cloud.admin.clear_scripts()
    assert ec2.describe_vpc_endpoints()["VpcEndpoints"][0]["State"] == "available"


def test_script_of_a_vpc(cloud: CheckedCloud, ec2: Any) -> None:
    cloud.admin.script("vpc", {"tag": {"a": "b"}}, [{"state": "pending", "seconds": None}])
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16", TagSpecifications=tags("vpc", a="b"))["Vpc"]
    assert ec2.describe_vpcs(VpcIds=[vpc["VpcId"]])["Vpcs"][0]["State"] == "pending"


@pytest.mark.parametrize(("elapsed", "state"), [(0, "one"), (1.9, "one"), (2, "two"), (4.9, "two"), (5, "three"), (1000, "three")])
def test_steps_of_a_script(elapsed: float, state: str) -> None:
    script = Script("vpc", {"id": "x"}, (Step("one", 2), Step("two", 3), Step("three")), installed=0)
    assert script.step_at(elapsed).state == state


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "none", "match": {"id": "x"}, "states": [{"state": "a"}]},
        {"kind": "vpc", "match": {}, "states": [{"state": "a"}]},
        {"kind": "vpc", "match": {"color": "x"}, "states": [{"state": "a"}]},
        {"kind": "vpc", "match": {"id": "x"}, "states": []},
        {"kind": "vpc", "match": {"id": "x"}, "states": [{"seconds": 1}]},
    ],
)
def test_wrong_scripts_are_refused(cloud: CheckedCloud, wrong: dict[str, Any]) -> None:
    with pytest.raises(AdminError):
        cloud.admin.request("POST", "/scripts", wrong)
