# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""From an inventory's hosts to the scope of policies, through the filter as Ansible calls it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.mainstay.aws.plugins.filter.iam_policies import FilterModule
from ansible_collections.mainstay.aws.plugins.module_utils.aws.place import Place
from ansible_collections.mainstay.aws.plugins.module_utils.component.names import UNBOUNDED
from ansible_collections.mainstay.aws.plugins.module_utils.permissions.inventory import components_of, policies_of, problems, scope_of

iam_policies = FilterModule().filters()["iam_policies"]
BOUNDARY = "arn:aws:iam::123456789012:policy/company"


def host(name: str = "network", **changes: Any) -> dict[str, Any]:
    return {
        "inventory_hostname": name,
        "group_names": ["vpc"],
        "platform_environment": "prod",
        "platform_region": "af-south-1",
        "platform_account_id": "123456789012",
        **changes,
    }


def partition(_region: str) -> str:
    return "aws"


def place(component: str = "", boundary: str | None = None) -> Place:
    return Place("prod", component, "af-south-1", "123456789012", permissions_boundary=boundary)


@pytest.mark.parametrize(
    ("hosts", "component", "expected"),
    [
        ([host()], "", place()),
        ([host(), host("second")], "", place()),
        ([host()], "network", place("network")),
        ([host(platform_permissions_boundary=BOUNDARY)], "", place(boundary=BOUNDARY)),
        ([host(), host("web", group_names=["web"], platform_permissions_boundary=BOUNDARY)], "", place()),
    ],
)
def test_scope(hosts: list[dict[str, Any]], component: str, expected: Place) -> None:
    assert scope_of(hosts, component, partition).place == expected


def test_further_regions_are_those_of_hosts_that_a_role_builds() -> None:
    hosts = [
        host(platform_further_regions=["us-east-1"]),
        host("b", platform_further_regions=["us-west-2", "us-east-1"]),
        host("people", group_names=["all"], platform_further_regions=["eu-west-1"]),
    ]
    assert scope_of(hosts, "", partition).names.regions == ("us-east-1", "us-west-2")
    assert scope_of([host()], "", partition).names.regions == ()


def test_a_further_region_that_is_none() -> None:
    (problem,) = problems([host(platform_further_regions=["Virginia"])])
    assert problem == "platform_further_regions of network has 'Virginia', which is no region such as us-east-1"


def test_hosts_of_one_component_are_taken_together() -> None:
    hosts = [host(), host("b", platform_component="network"), host("c"), host("people", group_names=["all"])]
    found = {name: [one["inventory_hostname"] for one in group] for name, group in components_of(hosts).items()}
    assert found == {"network": ["network", "b"], "c": ["c"]}


@pytest.mark.parametrize(
    ("hosts", "component", "said"),
    [
        ([], "", "there are no hosts"),
        ([host()], "netwrok", "the inventory has no host netwrok; components are hosts"),
        ([host(group_names=["web"])], "", r"no host is in a group that is named after a role \(vpc, dns, eks"),
        ([host(platform_region=None)], "", "platform_region is not set, but must be a region such as af-south-1"),
        ([host(platform_account_id=123)], "", "platform_account_id is '123', but must be the twelve digits"),
        ([host(platform_environment="pr*d")], "", r"platform_environment is 'pr\*d', but must be 1 to 24 characters"),
        (
            [host(), host("b", platform_region="eu-west-1")],
            "",
            "platform_region must be the same for all hosts, but is af-south-1, eu-west-1",
        ),
        (
            [host(), host("b", platform_permissions_boundary=BOUNDARY)],
            "",
            rf"the permissions boundary must be the same for all hosts, but is \(none\), {BOUNDARY}",
        ),
        ([host(platform_permissions_boundary="company")], "", "platform_permissions_boundary is 'company', but must be the ARN"),
    ],
)
def test_what_is_wrong_is_said(hosts: list[dict[str, Any]], component: str, said: str) -> None:
    with pytest.raises(AnsibleFilterError, match=said):
        iam_policies(hosts, component, "environment")


def test_components_may_be_in_different_places() -> None:
    found = iam_policies([host(), host("b", platform_region="eu-west-1", platform_permissions_boundary=BOUNDARY)])
    assert {one["component"]: ("eu-west-1" in one["content"]) for one in found} == {"b": True, "network": False}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (([host(platform_region="here"), host("b")],), "platform_region is 'here', but must be a region"),
        (([host(group_names=["web"])],), "no host is in a group that is named after a role"),
        (([host()], "", "world"), "scope is 'world', but must be component or environment"),
    ],
)
def test_what_is_wrong_with_a_component_is_said(arguments: tuple[Any, ...], said: str) -> None:
    with pytest.raises(AnsibleFilterError, match=said):
        iam_policies(*arguments)


def test_everything_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(AnsibleFilterError, match=r"platform_region is 'here'.*; platform_account_id is '1'"):
        iam_policies([host(platform_region="here", platform_account_id="1")])


def test_policies_of_an_inventory() -> None:
    found = iam_policies([host()])
    assert [one["name"] for one in found] == ["network/plan-1.json", "network/apply-1.json", "network/apply-2.json"]
    for one in found:
        assert one["characters"] == len("".join(one["content"].split())) <= 6144
        assert json.loads(one["content"])["Version"] == "2012-10-17"
    assert "cn-north-1" in iam_policies([host(platform_region="cn-north-1")])[1]["content"]
    assert "arn:aws-cn:" in iam_policies([host(platform_region="cn-north-1")])[1]["content"]


def test_each_component_has_its_own_policies() -> None:
    found = iam_policies([host(), host("second"), host("cluster", group_names=["eks"])])
    assert {one["component"] for one in found} == {"network", "second", "cluster"}
    assert all(f'"aws:ResourceTag/mainstay:component": "{one["component"]}"' in one["content"] for one in found if "apply-1" in one["name"])
    assert {one["name"] for one in iam_policies([host(), host("second")], "second")} == {
        *("second/plan-1.json", "second/apply-1.json", "second/apply-2.json")
    }


def test_one_set_for_the_environment() -> None:
    found = iam_policies([host(), host("cluster", group_names=["eks"])], scope="environment")
    assert [one["name"] for one in found] == ["plan-1.json", "apply-1.json", "apply-2.json", "apply-3.json", "apply-4.json"]
    assert not [one["name"] for one in found if "mainstay:component" in one["content"]]


def test_policies_that_the_inventory_attaches_may_be_attached() -> None:
    ssm, s3 = (f"arn:aws:iam::aws:policy/{name}" for name in ("AmazonSSMManagedInstanceCore", "AmazonS3ReadOnlyAccess"))
    pods = {"uploads": {"managed_policy_arns": [s3]}, "other": {"policy": []}, "none": None}
    clusters = {"main": {"node_managed_policy_arns": [ssm], "pod_identities": pods}, "wrong": None}
    hosts = [host("cluster", group_names=["eks"], eks_clusters=clusters)]
    assert scope_of(hosts, "cluster", partition).attachable == (s3, ssm)
    applied = [json.loads(one["content"]) for one in iam_policies(hosts) if one["purpose"] == "apply"]
    (statement,) = [one for document in applied for one in document["Statement"] if "iam:AttachRolePolicy" in one["Action"]]
    assert {s3, ssm} <= set(statement["Condition"]["ArnEquals"]["iam:PolicyARN"])


CLUSTERS = {
    "main": {"version": "1.36", "node_groups": {"a": {"subnet_ids": ["subnet-0123abcd"]}}},
    "tools": {"version": "1.36", "name": "tools", "node_security_group_ids": ["sg-0123abcd"]},
}


def test_what_the_inventory_names() -> None:
    hosts = [
        host(vpc_networks={"main": {"cidr": "10.0.0.0/16"}, "data": {}}),
        host("cluster", group_names=["eks"], eks_clusters=CLUSTERS),
        host("web", group_names=["web"], eks_clusters={"other": {}}),
    ]
    found = scope_of(hosts, "", partition).names
    assert (found.clusters, found.networks) == (("prod-main", "tools"), ("data", "main"))
    assert (found.subnets, found.security_groups) == (("subnet-0123abcd",), ("sg-0123abcd",))


HOSTS = ["Shop.Example.com", "*.example.org", "*", "{{ host }}"]


@pytest.mark.parametrize(
    ("component", "allowed"),
    [
        ("api", [r"\052.example.org", "shop.example.com", "_mainstay.api.prod.*"]),
        ("", [r"\052.example.org", "shop.example.com", "_mainstay.*.prod.*"]),
    ],
)
def test_an_application_may_change_records_of_its_host_names_alone(component: str, allowed: list[str]) -> None:
    own = host("api", group_names=["app_deploy"], app_deploy_ingress={"hosts": {name: {"/": "api"} for name in HOSTS}})
    documents = policies_of([own], component, partition)["apply"]
    changes = [one for document in documents for one in document["Statement"] if "route53:ChangeResourceRecordSets" in one["Action"]]
    key = "route53:ChangeResourceRecordSetsNormalizedRecordNames"
    assert [one["Condition"] for one in changes] == [{"ForAllValues:StringLike": {key: allowed}, "Null": {key: "false"}}]


@pytest.mark.parametrize("ingress", [None, {}, {"hosts": {}}, {"hosts": ["a.example.com"]}, "text"])
def test_an_application_without_host_names_may_change_no_record(ingress: Any) -> None:
    own = host("api", group_names=["app_deploy"], app_deploy_services={"api": {}}, app_deploy_ingress=ingress)
    assert "ChangeResourceRecordSets" not in json.dumps(policies_of([own], "api", partition))


def test_one_component_names_nothing_of_another() -> None:
    found = iam_policies([host("cluster", group_names=["eks"], eks_clusters=CLUSTERS), host("lab", group_names=["eks"], eks_clusters={})])
    assert "cluster/tools" in "".join(one["content"] for one in found if one["component"] == "cluster")
    assert "tools" not in "".join(one["content"] for one in found if one["component"] == "lab")


@pytest.mark.parametrize(
    ("hosts", "said"),
    [
        ([host()], 1),
        ([host(), host("second")], 1),
        ([host(platform_permissions_boundary=BOUNDARY)], 0),
        ([host(platform_permissions_boundary=BOUNDARY), host("second")], 1),
    ],
)
def test_roles_without_a_boundary_are_said_in_one_line(monkeypatch: pytest.MonkeyPatch, hosts: list[dict[str, Any]], said: int) -> None:
    warnings: list[str] = []
    monkeypatch.setattr("ansible.utils.display.Display.warning", lambda _self, text, **_more: warnings.append(text))
    iam_policies(hosts)
    assert warnings == [UNBOUNDED] * said
    assert "\n" not in UNBOUNDED


CERTIFIED = {"app_deploy_ingress": {"hosts": {"www.example.com": {"/": "api"}}, "certificate": "web"}}
POD_ROLE = {"app_deploy_service_account": {"role": "api"}}


@pytest.mark.parametrize(
    ("variables", "reads"),
    [
        ({}, set()),
        (CERTIFIED, {"acm:ListCertificates"}),
        ({**CERTIFIED, "app_deploy_ingress": {**CERTIFIED["app_deploy_ingress"], "certificate": "arn:aws:acm:x:1:certificate/1"}}, set()),
        (POD_ROLE, {"eks:ListPodIdentityAssociations"}),
        ({**POD_ROLE, "app_deploy_eks_cluster": "theirs"}, set()),
        ({"app_deploy_services": {"api": {"environment": {"DB": {"database": "main", "output": "host"}}}}}, {"rds:DescribeDBProxies"}),
    ],
)
def test_an_application_may_look_up_what_it_refers_to(variables: dict[str, Any], reads: set[str]) -> None:
    """Deployed on its own, it finds the roles of pods, certificates, and databases in AWS."""
    own = host("api", group_names=["app_deploy"], **variables)
    others = {"acm:ListCertificates", "eks:ListPodIdentityAssociations", "rds:DescribeDBProxies"}
    for documents in policies_of([own], "api", partition).values():
        allowed = {action for document in documents for one in document["Statement"] for action in one["Action"]}
        assert allowed & others == reads
