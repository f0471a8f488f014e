# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Statements and documents: the restrictions on each action, and how documents are filled."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.aws.grants import Names, Scope
from ansible_collections.mainstay.aws.plugins.module_utils.aws.place import Place
from ansible_collections.mainstay.aws.plugins.module_utils.aws.policies import policy
from ansible_collections.mainstay.aws.plugins.module_utils.domains.registry import DOMAINS, details_of, roles
from ansible_collections.mainstay.aws.plugins.module_utils.permissions.documents import LARGEST, pack, policies, size, text
from ansible_collections.mainstay.aws.plugins.module_utils.permissions.needed import needed
from ansible_collections.mainstay.aws.plugins.module_utils.permissions.statements import statements

BOUNDARY = "arn:aws:iam::123456789012:policy/company"
POLICY = "arn:aws:iam::aws:policy/AmazonEKSClusterPolicy"
PLACE = Place("prod", "", "af-south-1", "123456789012")
SCOPE = Scope(PLACE)
BOUND = Scope(replace(PLACE, permissions_boundary=BOUNDARY))
CHINA = Scope(replace(PLACE, partition="aws-cn", region="cn-north-1"))
COMPONENT = Scope(replace(PLACE, component="network"))
ALL = [one.details for one in DOMAINS]
TABLE = needed(details_of(["vpc"])).permissions
OURS = {"aws:ResourceTag/mainstay:environment": "prod"}
ASKED = {"aws:RequestTag/mainstay:environment": "prod"}
EC2, ROLE = "arn:aws:ec2:af-south-1:123456789012:", "arn:aws:iam::123456789012:role/mainstay/prod/*"
GROUP = "arn:aws:logs:af-south-1:123456789012:log-group:/mainstay/prod/*"
LOCKS = "arn:aws:ssm:af-south-1:123456789012:parameter/mainstay/locks"
KEY = "arn:aws:kms:af-south-1:123456789012:key/*"


@pytest.mark.parametrize(
    ("scope", "action", "expected"),
    [
        (SCOPE, "ec2:DescribeVpcs", [("*", {"StringEquals": {"aws:RequestedRegion": "af-south-1"}})]),
        (SCOPE, "iam:ListRoles", [("*", None)]),
        (SCOPE, "iam:GetRolePolicy", [(ROLE, None)]),
        (SCOPE, "ec2:DeleteVpc", [(f"{EC2}*/*", {"StringEquals": OURS})]),
        (
            COMPONENT,
            "ec2:DeleteVpc",
            [(f"{EC2}*/*", {"StringEquals": {**OURS, "aws:ResourceTag/mainstay:component": "network"}})],
        ),
        (SCOPE, "ec2:CreateVpc", [(f"{EC2}vpc/*", {"StringEquals": ASKED})]),
        (SCOPE, "ec2:CreateFlowLogs", [(f"{EC2}vpc-flow-log/*", {"StringEquals": ASKED}), (f"{EC2}*/*", {"StringEquals": OURS})]),
        (SCOPE, "iam:CreateRole", [(ROLE, {"StringEquals": ASKED})]),
        (BOUND, "iam:CreateRole", [(ROLE, {"StringEquals": {"iam:PermissionsBoundary": BOUNDARY, **ASKED}})]),
        (BOUND, "iam:PutRolePolicy", [(ROLE, {"StringEquals": {"iam:PermissionsBoundary": BOUNDARY}})]),
        (SCOPE, "iam:PutRolePolicy", [(ROLE, None)]),
        (BOUND, "iam:PutRolePermissionsBoundary", [(ROLE, {"StringEquals": {"iam:PermissionsBoundary": BOUNDARY}})]),
        (SCOPE, "iam:PutRolePermissionsBoundary", []),
        (SCOPE, "iam:DeleteRolePermissionsBoundary", [(ROLE, None)]),
        (BOUND, "iam:DeleteRolePermissionsBoundary", []),
        (SCOPE, "iam:AttachRolePolicy", []),
        (replace(SCOPE, attachable=(POLICY,)), "iam:AttachRolePolicy", [(ROLE, {"ArnEquals": {"iam:PolicyARN": [POLICY]}})]),
        (COMPONENT, "iam:DeleteRole", [(ROLE.replace("prod/*", "prod/network/*"), None)]),
        (SCOPE, "logs:DeleteLogGroup", [(GROUP, None)]),
        (CHINA, "logs:DeleteLogGroup", [("arn:aws-cn:logs:cn-north-1:123456789012:log-group:/mainstay/prod/*", None)]),
        (SCOPE, "ssm:DeleteParameter", [(f"{LOCKS}/prod/*", None)]),
        (COMPONENT, "ssm:DeleteParameter", [(f"{LOCKS}/prod/network/*", None)]),
        (COMPONENT, "ssm:GetParametersByPath", [([f"{LOCKS}/prod", f"{LOCKS}/prod/*"], None)]),
        (SCOPE, "ssm:PutParameter", [(f"{LOCKS}/prod/*", {"StringNotEquals": {"ssm:Overwrite": "true"}})]),
        (SCOPE, "kms:PutKeyPolicy", [(KEY, {"StringEquals": OURS})]),
        (
            SCOPE,
            "kms:TagResource",
            [
                (KEY, {"StringEquals": OURS, "StringEqualsIfExists": ASKED}),
                (
                    KEY,
                    {
                        "StringEquals": ASKED,
                        "StringEqualsIfExists": OURS,
                        "ForAllValues:StringLike": {"kms:ResourceAliases": "alias/mainstay/prod/*"},
                    },
                ),
            ],
        ),
    ],
)
def test_how_an_action_is_confined(scope: Scope, action: str, expected: list[tuple[str, Any]]) -> None:
    found = statements(scope, TABLE, [action])
    assert all((one["Effect"], one["Action"]) == ("Allow", [action]) for one in found)
    assert [(one["Resource"], one.get("Condition")) for one in found] == expected


ABROAD = replace(SCOPE, names=Names(regions=("us-east-1", "us-west-2")))
ALL_REGIONS = ["af-south-1", "us-east-1", "us-west-2"]


@pytest.mark.parametrize(
    ("action", "resources", "regions"),
    [
        ("kms:CreateKey", "*", ALL_REGIONS),
        ("kms:PutKeyPolicy", [f"arn:aws:kms:{region}:123456789012:key/*" for region in ALL_REGIONS], None),
        ("kms:DescribeKey", [f"arn:aws:kms:{region}:123456789012:key/*" for region in ALL_REGIONS], None),
        ("tag:GetResources", "*", ALL_REGIONS),
        ("servicequotas:ListServiceQuotas", "*", ALL_REGIONS),
        ("ec2:DescribeRegions", "*", "af-south-1"),
        ("ec2:DescribeVpcs", "*", "af-south-1"),
        ("ec2:DeleteVpc", f"{EC2}*/*", None),
        ("logs:DeleteLogGroup", GROUP, None),
        ("iam:ListRoles", "*", None),
    ],
)
def test_further_regions_are_for_what_can_live_there(action: str, resources: Any, regions: Any) -> None:
    given = policies(details_of(["vpc"]), ABROAD)["apply"]
    found = [one for document in given for one in document["Statement"] if action in one["Action"]]
    assert [one["Resource"] for one in found] == [resources]
    assert [one.get("Condition", {}).get("StringEquals", {}).get("aws:RequestedRegion") for one in found] == [regions]


def test_without_further_regions_no_permission_is_for_them() -> None:
    given = policies(details_of(["vpc"]), SCOPE)["apply"]
    assert "DescribeRegions" not in str(given)
    assert {region for document in given for region in re.findall(r"[a-z]{2}-[a-z]+-\d", str(document))} == {"af-south-1"}


@pytest.mark.parametrize(
    ("role", "services"),
    [
        ("vpc", "vpc-flow-logs.amazonaws.com"),
        ("eks", ["ec2.amazonaws.com", "eks-fargate-pods.amazonaws.com", "eks.amazonaws.com", "pods.eks.amazonaws.com"]),
    ],
)
def test_a_role_is_handed_over_only_to_whom_it_is_for(role: str, services: str | list[str]) -> None:
    (found,) = statements(SCOPE, needed(details_of([role])).permissions, ["iam:PassRole"])
    assert found["Resource"] == "arn:aws:iam::123456789012:role/mainstay/prod/*"
    assert found["Condition"]["StringEquals"]["iam:PassedToService"] == services


def test_merged_grants_of_two_roles_keep_the_conditions_of_each() -> None:
    together = needed(details_of(["vpc", "eks"]))
    assert len(statements(SCOPE, together.permissions, ["iam:PassRole"])) == 2
    assert together.apply == needed(details_of(["vpc"])).apply | needed(details_of(["eks"])).apply


@pytest.mark.parametrize("role", roles())
@pytest.mark.parametrize("bound", [None, BOUNDARY], ids=["free", "bound"])
def test_a_component_takes_few_policies_and_each_fits(role: str, bound: str | None) -> None:
    """An IAM role can have ten managed policies, and users may need some of them for their own."""
    longest = Place("e" * 24, "c" * 24, "ap-southeast-12", "123456789012", "aws-us-gov", permissions_boundary=bound)
    given = policies(details_of([role]), Scope(longest))
    assert all(size(one) <= LARGEST for each in given.values() for one in each)
    assert len(given["plan"]) == 1
    assert len(given["apply"]) <= 4


def test_tags_in_a_create_call_are_allowed_to_the_calls_that_are_allowed() -> None:
    found = statements(SCOPE, TABLE, ["ec2:CreateTags", "ec2:CreateVpc", "ec2:DeleteVpc"])
    during = next(one for one in found if "ec2:CreateTags" in one["Action"])
    assert during["Condition"] == {"StringEquals": {**ASKED, "ec2:CreateAction": ["CreateVpc"]}}


def test_a_plan_reads_and_an_apply_can_do_what_a_plan_can() -> None:
    given = policies(ALL, replace(BOUND, names=replace(BOUND.names, regions=("us-east-1",))))
    planned, applied = ({a for one in given[name] for s in one["Statement"] for a in s["Action"]} for name in ("plan", "apply"))
    reads = needed(ALL).permissions.reads
    assert planned == {action for action in reads if not action.startswith("ssm:")}, "the run lock is for those who apply"
    assert planned < applied


LISTED = {
    *("cloudfront:ListCachePolicies", "cloudfront:ListDistributions", "cloudfront:ListFunctions", "cloudfront:ListOriginAccessControls"),
    *("cloudfront:ListOriginRequestPolicies", "cloudfront:ListResponseHeadersPolicies", "cloudfront:ListVpcOrigins"),
    "pricingplanmanager:ListSubscriptions",
    *("iam:ListOpenIDConnectProviders", "iam:ListRoles"),
    *("route53:CreateHealthCheck", "route53:CreateHostedZone", "route53:ListHealthChecks", "route53:ListHostedZones"),
}
"""Account-wide lists of global services, and creations in Route 53: without a region, and checked against no resource."""


def test_nothing_is_granted_by_a_wildcard_in_its_name() -> None:
    for given in policies(ALL, BOUND).values():
        for statement in (one for each in given for one in each["Statement"]):
            assert not [action for action in statement["Action"] if "*" in action]
            assert statement["Resource"] != "*" or "Condition" in statement or set(statement["Action"]) <= LISTED


def statement(*actions: str) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": list(actions), "Resource": "*"}


LONG = [f"ec2:Describe{number:03}" for number in range(40)]


@pytest.mark.parametrize(
    ("given", "largest", "expected"),
    [
        ([], 100, []),
        ([statement("a:B"), statement("c:D")], 1000, [[["a:B"], ["c:D"]]]),
        ([statement("a:B"), statement("c:D")], 130, [[["a:B"]], [["c:D"]]]),
        ([statement(*LONG[:4])], 150, [[LONG[:2]], [LONG[2:4]]]),
    ],
)
def test_packing(given: list[dict[str, Any]], largest: int, expected: list[list[list[str]]]) -> None:
    packed = pack(given, largest)
    assert all(size(one) <= largest for one in packed)
    assert sorted(name for one in packed for s in one["Statement"] for name in s["Action"]) == sorted(n for s in given for n in s["Action"])
    assert [[s["Action"] for s in one["Statement"]] for one in packed] == expected


def test_sizes_are_counted_as_aws_does() -> None:
    one = policy(statement("a:B"))
    assert size(one) == len("".join(text(one).split()))
    assert json.loads(text(one)) == one
    assert LARGEST == 6144


NAMED = replace(COMPONENT, names=Names(clusters=("prod-main", "tools"), networks=("main",), subnets=("subnet-1",)))
EKS_TABLE = needed(details_of(["eks"])).permissions
EKS = "arn:aws:eks:af-south-1:123456789012:"
AUTO_SCALING = "arn:aws:autoscaling:af-south-1:123456789012:autoScalingGroup:*:autoScalingGroupName/eks-*"


@pytest.mark.parametrize(
    ("action", "resource", "claimed"),
    [
        ("eks:TagResource", f"{EKS}cluster/prod-main", True),
        ("eks:TagResource", f"{EKS}cluster/legacy", False),
        ("eks:TagResource", f"{EKS}cluster/prod-main-2", False),
        ("eks:TagResource", f"{EKS}nodegroup/tools/system/1", True),
        ("eks:TagResource", f"{EKS}access-entry/legacy/role/123456789012/prod-main/1", False),
        ("logs:TagResource", "arn:aws:logs:af-south-1:123456789012:log-group:/aws/eks/tools/cluster", True),
        ("logs:TagResource", "arn:aws:logs:af-south-1:123456789012:log-group:/aws/eks/tools-2/cluster", False),
        ("logs:DeleteLogGroup", "arn:aws:logs:af-south-1:123456789012:log-group:/aws/eks/legacy/cluster", False),
    ],
)
def test_only_what_the_inventory_names_can_be_claimed(action: str, resource: str, claimed: bool) -> None:
    """Through a statement that does not require our mark on the resource."""
    found = statements(NAMED, EKS_TABLE, [action])
    without_mark = [one for one in found if "aws:ResourceTag/mainstay:environment" not in one.get("Condition", {}).get("StringEquals", {})]
    allowed = [arn for one in without_mark for arn in (one["Resource"] if isinstance(one["Resource"], list) else [one["Resource"]])]
    assert any(fnmatchcase(resource, arn) for arn in allowed) is claimed


def test_without_names_nothing_is_claimed() -> None:
    assert [one for one in statements(COMPONENT, EKS_TABLE, ["eks:TagResource"]) if "StringEqualsIfExists" not in one["Condition"]] == []
    assert len(statements(COMPONENT, EKS_TABLE, ["eks:TagResource"])) == 1
    assert statements(COMPONENT, EKS_TABLE, ["autoscaling:PutScalingPolicy"]) == []


def test_groups_that_eks_makes_are_those_of_named_clusters() -> None:
    (found,) = statements(NAMED, EKS_TABLE, ["autoscaling:PutScalingPolicy"])
    assert found["Resource"] == AUTO_SCALING
    assert found["Condition"] == {"StringEquals": {"aws:ResourceTag/eks:cluster-name": ["prod-main", "tools"]}}


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        (NAMED, "arn:aws:iam::123456789012:oidc-provider/oidc.eks.af-south-1.amazonaws.com/id/*"),
        (CHINA, "arn:aws-cn:iam::123456789012:oidc-provider/oidc.eks.cn-north-1.amazonaws.com.cn/id/*"),
    ],
)
def test_oidc_providers_are_those_of_eks_in_the_region(scope: Scope, expected: str) -> None:
    for action in ("iam:CreateOpenIDConnectProvider", "iam:TagOpenIDConnectProvider", "iam:DeleteOpenIDConnectProvider"):
        assert {one["Resource"] for one in statements(scope, EKS_TABLE, [action])} == {expected}


def test_nodes_are_launched_from_our_templates_into_our_subnets_with_images_of_aws() -> None:
    template = {"ArnLike": {"ec2:LaunchTemplate": f"{EC2}launch-template/*"}}
    ours = {**OURS, "aws:ResourceTag/mainstay:component": "network"}
    found = {str(one["Resource"]): one["Condition"] for one in statements(NAMED, EKS_TABLE, ["ec2:RunInstances"])}
    assert found == {
        f"{EC2}launch-template/*": {"StringEquals": ours},
        str([f"{EC2}{kind}/*" for kind in ("instance", "network-interface", "volume")]): template,
        "arn:aws:ec2:af-south-1::image/*": {**template, "StringEquals": {"ec2:Owner": "amazon"}},
        str([f"{EC2}security-group/*", f"{EC2}subnet/*"]): {**template, "StringEquals": OURS},
        f"{EC2}security-group/*": {**template, "StringEquals": {"aws:ResourceTag/aws:eks:cluster-name": ["prod-main", "tools"]}},
        f"{EC2}subnet/subnet-1": template,
    }


def test_many_names_are_spread_over_documents() -> None:
    many = replace(COMPONENT, names=Names(clusters=tuple(f"cluster-{number:03}" for number in range(60))))
    given = policies(details_of(["eks"]), many)["apply"]
    assert all(size(one) <= LARGEST for one in given)
    named = {arn for one in given for s in one["Statement"] for arn in s["Resource"] if "eks:TagResource" in s["Action"]}
    assert {f"{EKS}cluster/cluster-{number:03}" for number in range(60)} <= named
