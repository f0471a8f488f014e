# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""IPv6 clusters: what their network add-on gets, what is refused, and that the family of a cluster cannot be changed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.filter.cluster_network import cluster_network
from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.domain import KINDS
from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.kinds.cluster import EksCluster
from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.questions import gives_ipv6, has_ipv6
from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.settings.cluster import read_network
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import UNKNOWN
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.planner import Consent, make_plan
from tests.unit.domains.eks.samples import KNOWN, NETWORK, REGION, SUBNETS, complaints, resources
from tests.unit.domains.eks.test_judge import said
from tests.unit.domains.eks.test_renewals import built

IPV6: dict[str, Any] = {"ip_family": "ipv6"}
READY = {name: replace(subnet, has_ipv6=True, gives_ipv6=True) for name, subnet in KNOWN["subnets"].items()}
FIRST, SECOND = SUBNETS


def env(**more: Any) -> Any:
    return resources(**more)["eks_addon.main/vpc-cni"].properties["configuration"].get("env")


def test_pods_get_addresses_of_prefixes() -> None:
    assert env() is None
    assert env(**IPV6) == {"ENABLE_PREFIX_DELEGATION": "true"}
    given = {"vpc-cni": {"configuration": {"env": {"WARM_PREFIX_TARGET": "2"}}}}
    assert env(**IPV6, addons=given) == {"ENABLE_PREFIX_DELEGATION": "true", "WARM_PREFIX_TARGET": "2"}
    assert "env" not in resources(**IPV6)["eks_addon.main/coredns"].properties["configuration"]


def test_the_network_add_on_may_assign_ipv6_addresses_and_no_others() -> None:
    role = resources(**IPV6)["iam_role.main/addon-vpc-cni"].properties
    assert role["managed_policy_arns"] == []
    listed = [one["Action"] for one in role["inline_policy"]["Statement"]]
    actions = {action for one in listed for action in ([one] if isinstance(one, str) else one)}
    assert actions == {
        "ec2:AssignIpv6Addresses",
        "ec2:CreateTags",
        *(f"ec2:Describe{what}" for what in ("Instances", "InstanceTypes", "NetworkInterfaces", "Tags")),
    }
    assert "inline_policy" not in resources()["iam_role.main/addon-vpc-cni"].properties


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, []),
        ({"service_ipv4_cidr": "172.20.0.0/16"}, ["EKS chooses the range of Services in a cluster with ip_family: ipv6; remove it"]),
        (
            {"pod_subnets": {f"{REGION}a": "subnet-0e000000", f"{REGION}b": "subnet-0f000000"}},
            ["custom networking does not work with ip_family: ipv6, and pods need no IPv4 addresses"],
        ),
        ({"addons": {"vpc-cni": {"configuration": {"env": {"ENABLE_PREFIX_DELEGATION": "false"}}}}}, ["get their addresses from prefixes"]),
        ({"addons": {"vpc-cni": {"configuration": {"env": {"ENABLE_PREFIX_DELEGATION": "true"}}}}}, []),
        (
            {"addons": {"vpc-cni": {"configuration": {"env": {"AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG": "true"}}}}},
            ["custom networking does not work with ip_family: ipv6; remove it"],
        ),
        ({"addons": {"vpc-cni": {"configuration": {"env": {"ENABLE_IPv4": "true"}}}}}, ["EKS sets it by the family of the cluster"]),
        ({"addons": {"vpc-cni": None}}, []),
    ],
)
def test_what_is_refused(more: dict[str, Any], expected: list[str]) -> None:
    found = complaints(**IPV6, **more)
    assert len(found) == len(expected)
    assert all(one in text for one, text in zip(expected, found, strict=True)), found


@pytest.mark.parametrize(("ipv6", "refused"), [(False, True), (True, False), (None, False)])
def test_the_network_must_have_addresses(ipv6: bool | None, refused: bool) -> None:
    """None: the caller does not say, and AWS is asked about the subnets."""
    found = complaints(**IPV6, network=replace(NETWORK, ipv6=ipv6))
    remedy = "ip_family is 'ipv6', but its network has no IPv6 addresses; set ipv6: true of the network (vpc_networks)"
    assert found == ([remedy] if refused else [])
    assert complaints(network=replace(NETWORK, ipv6=ipv6)) == []
    assert complaints(**IPV6, network=replace(NETWORK, ipv6=ipv6), subnet_ids=list(SUBNETS)) == []


@pytest.mark.parametrize(
    ("more", "subnets", "expected"),
    [
        ({}, READY, ""),
        ({}, KNOWN["subnets"], f"subnet_ids names {FIRST}, {SECOND} without IPv6 addresses, but ip_family is ipv6"),
        ({}, {**READY, SECOND: KNOWN["subnets"][SECOND]}, f"subnet_ids names {SECOND} without IPv6 addresses"),
        (
            {},
            {**READY, FIRST: replace(READY[FIRST], gives_ipv6=False)},
            f"node_groups.system.subnet_ids names {FIRST}, where nodes get no IPv6 address; set ipv6_on_creation: true of the tier",
        ),
        (
            {"node_groups": {"old": {"instance_types": ["t3.medium", "t2.medium"], "min_size": 2}}},
            READY,
            "node_groups.old.instance_types is 't2.medium', but ip_family: ipv6 needs instances built on Nitro",
        ),
    ],
)
def test_what_aws_says(more: dict[str, Any], subnets: Any, expected: str) -> None:
    found = said(**IPV6, **more, facts={"subnets": subnets})
    assert [expected in one for one in found] == ([True] if expected else []), found
    assert said(**more, facts={"subnets": subnets}) == []


@pytest.mark.parametrize(("agreed", "consent"), [((), False), (("*",), True)])
def test_the_family_of_a_cluster_cannot_be_changed(agreed: tuple[str, ...], consent: bool) -> None:
    plan = make_plan(list(resources(**IPV6).values()), built(resources()), KINDS, Consent(replace=agreed))
    action = plan.of("eks_cluster.main")
    assert action
    assert (action.verb, action.reason, action.consent) == ("replace", "ip_family cannot be changed in place", consent)


@pytest.mark.parametrize("family", ["ipv4", "ipv6"])
def test_request(family: str) -> None:
    kind = EksCluster(())
    request = kind.request({"cluster_name": "one", "role_arn": "arn", "ip_family": family})
    assert request["kubernetesNetworkConfig"] == {"ipFamily": family}
    assert kind.get_ip_family(request) == family


@pytest.mark.parametrize(("block", "expected"), [("2600:1f14:abc:de00::/56", True), (UNKNOWN, True), (None, False)])
def test_clusters_learn_whether_their_network_has_addresses(block: str | None, expected: bool) -> None:
    network = {
        "vpc_id": "vpc-0a000000",
        "ipv6_cidr_block": block,
        "subnet_ids": {"private": {f"{REGION}a": FIRST, f"{REGION}b": SECOND}},
        "security_group_ids": {"control_plane": "sg-0c000000", "nodes": "sg-0d000000"},
    }
    chosen = cluster_network({"main": network}, "main")
    found, problems = read_network(chosen, "network")
    assert (chosen["ipv6"], found.ipv6, problems) == (expected, expected, [])


@pytest.mark.parametrize(("state", "expected"), [("associated", True), ("associating", False), (None, False)])
def test_facts_about_a_subnet(state: str | None, expected: bool) -> None:
    associations = [{"Ipv6CidrBlock": "2600:1f14:abc:de00::/64", "Ipv6CidrBlockState": {"State": state}}] if state else []
    entry = {"Ipv6CidrBlockAssociationSet": associations, "AssignIpv6AddressOnCreation": expected}
    assert (has_ipv6(entry), gives_ipv6(entry)) == (expected, expected)
