# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Outputs: one shape, whichever attributes exist."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.domains.network.outputs import inside_their_network, outputs
from ansible_collections.mainstay.aws.plugins.module_utils.domains.network.resources import build
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import UNKNOWN, Observed
from tests.unit.domains.network.samples import PLACE, ZONES, network


def attributes(unknown: bool = False, **more: Any) -> dict[str, dict[str, str]]:
    """The attributes that an apply (or a plan) knows for a network's resources: every attribute names its resource."""
    names = ("id", "arn", "public_ip")
    return {
        resource.address: {name: UNKNOWN if unknown else f"{name} of {resource.address}" for name in names}
        for resource in build({"main": network(**more)}, PLACE)
    }


def shape(value: Any) -> Any:
    return {key: shape(item) for key, item in value.items()} if isinstance(value, dict) else type(value).__name__


def test_everything_others_need() -> None:
    found = outputs(attributes())
    main = found["networks"]["main"]
    assert main["vpc_id"] == "id of vpc.main"
    assert main["availability_zones"] == ZONES
    assert main["subnet_ids"]["private"] == {zone: f"id of subnet.main/private-{zone}" for zone in ZONES}
    assert set(main["subnet_ids"]) == {"public", "private", "database"}
    assert main["nat_gateway_ids"] == {zone: f"id of nat_gateway.main/{zone}" for zone in ZONES}
    assert main["nat_public_ips"] == {zone: f"public_ip of elastic_ip.main/nat-{zone}" for zone in ZONES}
    assert set(main["route_table_ids"]) == {"public", "database", *(f"private-{zone}" for zone in ZONES)}
    assert set(main["security_group_ids"]) == {"load_balancer", "control_plane", "nodes", "database", "cache", "endpoints"}
    assert set(main["endpoint_ids"]) == {"s3", "dynamodb", "ec2", "ecr.api", "ecr.dkr", "sts", "logs"}
    assert main["flow_log_group_arn"] == "arn of log_group.main/flow-logs"
    assert found["kms_key_arn"] == "arn of kms_key.logs"


@pytest.mark.parametrize("nat", ["none", "single", "per_az", "regional"])
def test_a_plan_has_the_shape_of_a_run(nat: str) -> None:
    planned, done = outputs(attributes(unknown=True, nat=nat)), outputs(attributes(nat=nat))
    assert shape(planned) == shape(done)
    assert planned["networks"]["main"]["vpc_id"] == UNKNOWN


def test_the_addresses_of_a_regional_gateway_are_known_by_zone() -> None:
    main = outputs(attributes(nat="regional"))["networks"]["main"]
    assert set(main["nat_gateway_ids"]) == {"regional"}
    assert set(main["nat_public_ips"]) == set(ZONES)


def test_what_is_not_there_is_none() -> None:
    main = outputs({"vpc.main": {"id": "vpc-1"}})["networks"]["main"]
    assert (main["internet_gateway_id"], main["flow_log_group_arn"], main["subnet_ids"]) == (None, None, {})


def test_nothing_found() -> None:
    assert outputs({}) == {"networks": {}, "kms_key_id": None, "kms_key_arn": None, "flow_log_role_arn": None}


def test_networks_whose_names_begin_alike_stay_apart() -> None:
    found = outputs({"vpc.main": {"id": "1"}, "vpc.main-2": {"id": "2"}, "subnet.main-2/private-af-south-1a": {"id": "s"}})
    assert found["networks"]["main"]["subnet_ids"] == {}
    assert found["networks"]["main-2"]["subnet_ids"] == {"private": {"af-south-1a": "s"}}


def test_only_what_is_in_the_vpc_of_its_network_belongs_to_it() -> None:
    def seen(kind: str, name: str, identity: str, vpc: str | None = None) -> Observed:
        return Observed(kind, f"{kind}.{name}", identity, {"vpc_id": vpc} if vpc else {}, {}, "ready")

    ours = [seen("vpc", "main", "vpc-1"), seen("subnet", "main/private-a", "subnet-1", "vpc-1"), seen("elastic_ip", "main/nat-a", "eip-1")]
    theirs = [
        seen("subnet", "main/private-b", "subnet-2", "vpc-2"),
        seen("security_group", "main/nodes", "sg-2", "vpc-2"),
        seen("security_group", "other/nodes", "sg-3", "vpc-1"),
    ]
    assert inside_their_network([*ours, *theirs]) == ours
