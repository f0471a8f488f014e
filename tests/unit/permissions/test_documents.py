# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Statements and documents: what each action is confined to, and how documents are filled."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.aws.grants import Scope
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
            [(KEY, {"StringEquals": OURS}), (KEY, {"StringEquals": ASKED, "StringEqualsIfExists": OURS})],
        ),
    ],
)
def test_how_an_action_is_confined(scope: Scope, action: str, expected: list[tuple[str, Any]]) -> None:
    found = statements(scope, TABLE, [action])
    assert all((one["Effect"], one["Action"]) == ("Allow", [action]) for one in found)
    assert [(one["Resource"], one.get("Condition")) for one in found] == expected


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


def test_two_roles_together_are_confined_in_the_ways_of_each() -> None:
    together = needed(details_of(["vpc", "eks"]))
    assert len(statements(SCOPE, together.permissions, ["iam:PassRole"])) == 2
    assert together.apply == needed(details_of(["vpc"])).apply | needed(details_of(["eks"])).apply


@pytest.mark.parametrize("role", roles())
@pytest.mark.parametrize("bound", [None, BOUNDARY], ids=["free", "bound"])
def test_a_component_takes_few_policies_and_each_fits(role: str, bound: str | None) -> None:
    """A role of IAM holds ten managed policies, and somebody may need some of them for his own."""
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
    given = policies(ALL, BOUND)
    planned, applied = ({a for one in given[name] for s in one["Statement"] for a in s["Action"]} for name in ("plan", "apply"))
    reads = needed(ALL).permissions.reads
    assert planned == {action for action in reads if not action.startswith("ssm:")}, "the run lock is for those who apply"
    assert planned < applied


LISTED = {"iam:ListOpenIDConnectProviders", "iam:ListRoles"}
"""What IAM lists for the whole account: of no region, and checked against no resource."""


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
