# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The resources of a network, their references to each other, and their security-relevant properties."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.aws.place import Place
from ansible_collections.mainstay.aws.plugins.module_utils.domains.network.kinds.routes import OTHERS
from ansible_collections.mainstay.aws.plugins.module_utils.domains.network.resources import build
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import Resource, ref, refs_in
from tests.unit.domains.network.samples import PLACE, ZONES, network


def resources(place: Place = PLACE, **more: Any) -> dict[str, Resource]:
    built = build({"main": network(**more)}, place)
    found = {resource.address: resource for resource in built}
    assert len(found) == len(built), "every address is unique"
    return found


def each(pattern: str) -> set[str]:
    return {pattern.format(zone) for zone in ZONES}


INTERFACE = {f"vpc_endpoint.main/{service}" for service in ("ec2", "ecr.api", "ecr.dkr", "sts", "logs")} | {"security_group.main/endpoints"}
FLOW_LOGS = {"log_group.main/flow-logs", "flow_log.main", "kms_key.logs", "iam_role.flow-logs"}
ZONAL_NAT = each("elastic_ip.main/nat-{}") | each("nat_gateway.main/{}")
PUBLIC = each("subnet.main/public-{}") | {"route_table.main/public", "network_acl.main/public"}
DEFAULT = (
    {"vpc.main", "default_network_acl.main/default", "default_security_group.main/default"}
    | {"internet_gateway.main", "route_table.main/database"}
    | each("subnet.main/private-{}")
    | each("subnet.main/database-{}")
    | each("route_table.main/private-{}")
    | {"network_acl.main/private", "network_acl.main/database", "vpc_endpoint.main/s3", "vpc_endpoint.main/dynamodb"}
    | {f"security_group.main/{name}" for name in ("load_balancer", "control_plane", "nodes", "database", "cache")}
    | PUBLIC
    | ZONAL_NAT
    | INTERFACE
    | FLOW_LOGS
)


@pytest.mark.parametrize(
    ("more", "less", "added"),
    [
        pytest.param({}, set(), set(), id="defaults"),
        pytest.param({"nat": "none"}, ZONAL_NAT, set(), id="no NAT"),
        pytest.param(
            {"nat": "single"}, ZONAL_NAT, {"elastic_ip.main/nat-af-south-1a", "nat_gateway.main/af-south-1a"}, id="one NAT gateway"
        ),
        pytest.param(
            {"nat": "single", "nat_az": "af-south-1c"},
            ZONAL_NAT,
            {"elastic_ip.main/nat-af-south-1c", "nat_gateway.main/af-south-1c"},
            id="one NAT gateway in a zone of choice",
        ),
        pytest.param(
            {"nat": "regional", "tiers": {"private": {}, "database": {}}},
            ZONAL_NAT | PUBLIC,
            each("elastic_ip.main/regional-nat-{}") | {"nat_gateway.main/regional"},
            id="a regional NAT gateway needs no public tier but an internet gateway",
        ),
        pytest.param(
            {"nat": "none", "tiers": {"private": {}, "database": {}}},
            ZONAL_NAT | PUBLIC | {"internet_gateway.main"},
            set(),
            id="a network without any way out",
        ),
        pytest.param({"endpoints": {"interface": []}}, INTERFACE, set(), id="no interface endpoints"),
        pytest.param({"flow_logs": {"enabled": False}}, FLOW_LOGS, set(), id="no flow logs"),
        pytest.param(
            {"tiers": {"public": {}, "private": {}, "database": {}, "jobs": {"slot": 2, "routing": "private"}, "vault": {"slot": 3}}},
            set(),
            each("subnet.main/jobs-{}")
            | each("subnet.main/vault-{}")
            | {"network_acl.main/jobs", "network_acl.main/vault", "route_table.main/vault"},
            id="further tiers: a private one shares the private tables, an isolated one has its own",
        ),
    ],
)
def test_addresses(more: dict[str, Any], less: set[str], added: set[str]) -> None:
    assert set(resources(**more)) == DEFAULT - less | added


@pytest.mark.parametrize("nat", ["none", "single", "per_az", "regional"])
def test_references_lead_somewhere(nat: str) -> None:
    found = resources(nat=nat)
    for resource in found.values():
        assert {target.address for target in refs_in(resource.properties)} | set(resource.after) <= set(found)


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"nat": "per_az"}, {zone: f"nat_gateway.main/{zone}" for zone in ZONES}),
        ({"nat": "single", "nat_az": "af-south-1b"}, dict.fromkeys(ZONES, "nat_gateway.main/af-south-1b")),
        ({"nat": "regional"}, dict.fromkeys(ZONES, "nat_gateway.main/regional")),
        ({"nat": "none"}, dict.fromkeys(ZONES)),
    ],
)
def test_the_way_out_of_private_subnets(more: dict[str, Any], expected: dict[str, str | None]) -> None:
    found = resources(**more)
    for zone, gateway in expected.items():
        table = found[f"route_table.main/private-{zone}"].properties
        assert table["routes"] == {"0.0.0.0/0": ref(gateway) if gateway else OTHERS}
        assert table["subnet_ids"] == [ref(f"subnet.main/private-{zone}")]


def test_databases_have_no_way_out() -> None:
    table = resources()["route_table.main/database"].properties
    assert table["routes"] == {}
    assert table["subnet_ids"] == [ref(f"subnet.main/database-{zone}") for zone in ZONES]


def test_a_nat_gateway_waits_for_the_internet_gateway_and_is_in_a_public_subnet() -> None:
    gateway = resources()["nat_gateway.main/af-south-1b"]
    assert gateway.after == ("internet_gateway.main",)
    assert gateway.properties["subnet_id"] == ref("subnet.main/public-af-south-1b")
    assert gateway.properties["allocation_id"] == ref("elastic_ip.main/nat-af-south-1b")


def test_a_regional_nat_gateway_belongs_to_the_vpc_and_keeps_its_addresses() -> None:
    properties = resources(nat="regional")["nat_gateway.main/regional"].properties
    assert "subnet_id" not in properties
    assert properties["vpc_id"] == ref("vpc.main")
    assert properties["availability_zone_addresses"] == [
        {"availability_zone": zone, "allocation_ids": [ref(f"elastic_ip.main/regional-nat-{zone}")]} for zone in ZONES
    ]


def test_no_subnet_gives_public_addresses() -> None:
    subnets = [resource for resource in resources().values() if resource.kind == "subnet"]
    assert len(subnets) == 9
    assert not any(subnet.properties["map_public_ip_on_launch"] for subnet in subnets)


@pytest.mark.parametrize(
    ("tier", "expected"),
    [
        ("public", {"kubernetes.io/role/elb": "1", "kubernetes.io/cluster/blue": "shared"}),
        ("private", {"kubernetes.io/role/internal-elb": "1", "kubernetes.io/cluster/blue": "shared", "team": "web"}),
        ("database", {}),
    ],
)
def test_marks_for_the_load_balancer_controller(tier: str, expected: dict[str, str]) -> None:
    tiers = {"public": {}, "private": {"tags": {"team": "web"}}, "database": {}}
    tags = resources(cluster_names=["blue"], tiers=tiers)[f"subnet.main/{tier}-af-south-1a"].properties["tags"]
    assert tags == {"Name": f"prod-network-main-{tier}-af-south-1a", "owner": "platform", **expected}


def test_marks_for_karpenter() -> None:
    """Nodes belong in the private subnets and in the nodes' group, and in no other tier, such as one for pods."""
    tiers = {"public": {}, "private": {}, "pods": {"routing": "private", "slot": 3}}
    found = resources(karpenter_discovery="prod-main", tiers=tiers)
    marked = [address for address, one in found.items() if (one.properties.get("tags") or {}).get("karpenter.sh/discovery") == "prod-main"]
    private = [address for address in found if address.startswith("subnet.main/private-")]
    assert sorted(marked) == sorted([*private, "security_group.main/nodes"])


def test_the_default_acl_is_closed_once_no_subnet_of_ours_has_it() -> None:
    found = resources()["default_network_acl.main/default"]
    assert (found.properties["ingress"], found.properties["egress"]) == ([], [])
    assert set(found.after) == {address for address in resources() if address.startswith("network_acl.")}


def test_the_default_group_is_emptied() -> None:
    group = resources()["default_security_group.main/default"].properties
    assert (group["ingress"], group["egress"]) == ([], [])


def test_groups_refer_to_each_other() -> None:
    rules = resources()["security_group.main/database"].properties["ingress"]
    assert rules == [
        {
            "protocol": "tcp",
            "from_port": 5432,
            "to_port": 5432,
            "description": "PostgreSQL from the nodes",
            "group_id": ref("security_group.main/nodes"),
        }
    ]


def test_gateway_endpoints_serve_private_and_isolated_tables() -> None:
    endpoint = resources()["vpc_endpoint.main/s3"].properties
    tables = [*(f"private-{zone}" for zone in ZONES), "database"]
    assert endpoint["route_table_ids"] == [ref(f"route_table.main/{table}") for table in tables]
    assert endpoint["service_name"] == "com.amazonaws.af-south-1.s3"


def test_interface_endpoints_wait_for_the_names_of_the_vpc() -> None:
    endpoint = resources()["vpc_endpoint.main/ecr.api"]
    assert endpoint.after == ("vpc.main",)
    assert endpoint.properties["private_dns_enabled"] is True
    assert endpoint.properties["subnet_ids"] == [ref(f"subnet.main/private-{zone}") for zone in ZONES]


CHINA = replace(PLACE, region="cn-north-1", partition="aws-cn")
IN_CHINA = {"availability_zones": ["cn-north-1a", "cn-north-1b"]}


@pytest.mark.parametrize(
    ("service", "expected"),
    [
        ("s3", "com.amazonaws.cn-north-1.s3"),
        ("ecr.api", "cn.com.amazonaws.cn-north-1.ecr.api"),
        ("logs", "com.amazonaws.cn-north-1.logs"),
    ],
)
def test_endpoints_in_china(service: str, expected: str) -> None:
    built = build({"main": network_in_china()}, CHINA)
    assert {r.address: r for r in built}[f"vpc_endpoint.main/{service}"].properties["service_name"] == expected


def network_in_china() -> Any:
    from ansible_collections.mainstay.aws.plugins.module_utils.domains.network.validate import validate

    networks, problems = validate({"main": {"cidr": "10.0.0.0/16", **IN_CHINA}}, region="cn-north-1")
    assert problems == []
    return networks["main"]


def test_a_full_service_name_is_taken_as_it_is() -> None:
    name = "com.amazonaws.vpce.af-south-1.vpce-svc-0123"
    found = resources(endpoints={"interface": [name]})
    assert found[f"vpc_endpoint.main/{name}"].properties["service_name"] == name


def test_flow_logs_are_encrypted_kept_and_delivered_by_a_narrow_role() -> None:
    found = resources(flow_logs={"retention_in_days": 90})
    group, log = found["log_group.main/flow-logs"].properties, found["flow_log.main"]
    assert group["log_group_name"] == "/mainstay/prod/network/main/flow-logs"
    assert (group["retention_in_days"], group["kms_key_id"]) == (90, ref("kms_key.logs", "arn"))
    assert log.after == ("iam_role.flow-logs", "log_group.main/flow-logs")
    assert log.properties["traffic_type"] == "ALL"
    role = found["iam_role.flow-logs"].properties
    allowed = {statement["Resource"] for statement in role["inline_policy"]["Statement"]}
    assert allowed == {
        "arn:aws:logs:af-south-1:123456789012:log-group:/mainstay/prod/network/*",
        "arn:aws:logs:af-south-1:123456789012:log-group:*",
    }
    condition = role["assume_role_policy_document"]["Statement"][0]["Condition"]
    assert condition["StringEquals"] == {"aws:SourceAccount": "123456789012"}


def test_the_key_serves_this_components_groups_only() -> None:
    key = resources()["kms_key.logs"].properties
    assert key["enable_key_rotation"] is True
    assert key["alias"] == "alias/mainstay/prod/network/logs"
    owner, logs = key["policy"]["Statement"]
    assert owner["Principal"] == {"AWS": "arn:aws:iam::123456789012:root"}
    assert logs["Principal"] == {"Service": "logs.af-south-1.amazonaws.com"}
    assert logs["Condition"] == {
        "ArnLike": {"kms:EncryptionContext:aws:logs:arn": "arn:aws:logs:af-south-1:123456789012:log-group:/mainstay/prod/network/*"}
    }


@pytest.mark.parametrize("address", ["kms_key.logs", "iam_role.flow-logs", "flow_log.main", "log_group.main/flow-logs"])
def test_arns_follow_the_partition(address: str) -> None:
    built = {r.address: r for r in build({"main": network_in_china()}, CHINA)}
    assert "arn:aws:" not in json.dumps(built[address].properties, default=str)


@pytest.mark.parametrize(
    ("boundary", "expected"), [(None, None), ("arn:aws:iam::123456789012:policy/edge", "arn:aws:iam::123456789012:policy/edge")]
)
def test_permissions_boundary(boundary: str | None, expected: str | None) -> None:
    role = resources(replace(PLACE, permissions_boundary=boundary))["iam_role.flow-logs"].properties
    assert role.get("permissions_boundary") == expected


def test_networks_share_key_and_role() -> None:
    wanted = {name: replace(network(), name=name) for name in ("blue", "green")}
    addresses = [resource.address for resource in build(wanted, PLACE)]
    assert len(addresses) == len(set(addresses)) == 2 * (len(DEFAULT) - 2) + 2


def names_in_aws(component: str) -> set[str]:
    built = resources(replace(PLACE, component=component)).values()
    groups = {one.properties["group_name"] for one in built if one.kind == "security_group"}
    return groups | {one.properties["tags"]["Name"] for one in built}


def test_networks_of_one_name_in_two_components_have_different_names_in_aws() -> None:
    assert names_in_aws("network") & names_in_aws("second") == set()
