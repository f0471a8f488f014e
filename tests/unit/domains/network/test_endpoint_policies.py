# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Endpoint policies: their principals, their exceptions, and what a user may set instead."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.aws.place import Place
from ansible_collections.mainstay.aws.plugins.module_utils.domains.network.endpoint_policies import EVERYTHING, LIMITED, endpoint_policy
from ansible_collections.mainstay.aws.plugins.module_utils.domains.network.resources import build
from ansible_collections.mainstay.aws.plugins.module_utils.domains.network.settings import Endpoints
from ansible_collections.mainstay.aws.plugins.module_utils.domains.network.validate import validate

PLACE = Place("prod", "network", "af-south-1", "123456789012")
OURS = {"aws:principalaccount": "123456789012", "aws:principalorgid": "o-a1b2c3d4e5", "aws:resourceaccount": "123456789012"}
THEIRS = {"aws:principalaccount": "666666666666", "aws:principalorgid": "o-z9z9z9z9z9", "aws:resourceaccount": "123456789012"}
BUCKET = "arn:aws:s3:::"


def allows(document: Any, action: str, resource: str, context: dict[str, str]) -> bool:
    """IAM's decision, as far as these policies go."""
    for statement in document["Statement"]:
        actions, resources = ([one] if isinstance(one, str) else one for one in (statement["Action"], statement["Resource"]))
        tests = statement.get("Condition", {}).get("StringEquals", {})
        if (
            any(fnmatchcase(action, one) for one in actions)
            and any(fnmatchcase(resource, one) for one in resources)
            and all(context.get(key.lower()) == value for key, value in tests.items())
        ):
            return True
    return False


@pytest.mark.parametrize(
    ("service", "action", "resource", "context", "allowed"),
    [
        ("s3", "s3:PutObject", f"{BUCKET}ours/a", OURS, True),
        ("s3", "s3:PutObject", f"{BUCKET}theirs/a", THEIRS, False),
        ("s3", "s3:PutObject", f"{BUCKET}theirs/a", {}, False),
        ("s3", "s3:GetObject", f"{BUCKET}prod-af-south-1-starport-layer-bucket/layer", {}, True),
        ("s3", "s3:PutObject", f"{BUCKET}prod-af-south-1-starport-layer-bucket/layer", {}, False),
        ("s3", "s3:GetObject", f"{BUCKET}prod-eu-west-1-starport-layer-bucket/layer", {}, False),
        ("s3", "s3:GetObject", f"{BUCKET}prod-registry-k8s-io-af-south-1/containers/images/x", {}, True),
        ("s3", "s3:GetObject", f"{BUCKET}al2023-repos-af-south-1-de612dc2/core/x.rpm", {}, True),
        ("s3", "s3:GetObject", f"{BUCKET}amazonlinux-2-repos-af-south-1/x.rpm", {}, True),
        ("s3", "s3:GetObject", f"{BUCKET}aws-ssm-af-south-1/x", {}, True),
        ("s3", "s3:GetObject", f"{BUCKET}aws-ssm-af-south-1-evil/x", {}, False),
        ("sts", "sts:AssumeRole", "arn:aws:iam::666666666666:role/x", OURS, True),
        ("sts", "sts:AssumeRole", "arn:aws:iam::123456789012:role/x", THEIRS, False),
        ("sts", "sts:AssumeRoleWithWebIdentity", "arn:aws:iam::123456789012:role/x", {"aws:resourceaccount": "123456789012"}, True),
        ("sts", "sts:AssumeRoleWithWebIdentity", "arn:aws:iam::666666666666:role/x", {"aws:resourceaccount": "666666666666"}, False),
        ("ec2", "ec2:DescribeInstances", "*", OURS, True),
        ("ec2", "ec2:DescribeInstances", "*", THEIRS, False),
        ("ecr.api", "ecr:PutImage", "arn:aws:ecr:af-south-1:666666666666:repository/x", THEIRS, False),
    ],
)
def test_what_passes(service: str, action: str, resource: str, context: dict[str, str], allowed: bool) -> None:
    assert allows(endpoint_policy(service, PLACE), action, resource, context) is allowed


def test_an_organization_in_place_of_the_account() -> None:
    document = endpoint_policy("s3", PLACE, "o-a1b2c3d4e5")
    another_account = {**OURS, "aws:principalaccount": "111122223333"}
    assert allows(document, "s3:PutObject", f"{BUCKET}x/a", another_account)
    assert not allows(document, "s3:PutObject", f"{BUCKET}x/a", THEIRS)


def test_every_default_endpoint_is_limited() -> None:
    assert {*Endpoints().gateway, *Endpoints().interface} <= LIMITED
    assert "ec2" in Endpoints().interface


def test_a_service_whose_requests_may_be_unsigned_or_that_takes_no_policy_has_none() -> None:
    for service in ("execute-api", "com.amazonaws.vpce.eu-west-1.vpce-svc-0123456789abcdef0"):
        assert endpoint_policy(service, PLACE) is None


MINE = [{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}]


def endpoints(**more: Any) -> dict[str, Any]:
    given = {"main": {"cidr": "10.0.0.0/16", "availability_zones": ["af-south-1a"], "endpoints": {"interface": ["sts"], **more}}}
    networks, problems = validate(given, "vpc_networks", "af-south-1")
    assert problems == []
    return {one.name: one.properties for one in build(networks, PLACE) if one.kind == "vpc_endpoint"}


def test_what_a_user_gives_comes_first() -> None:
    found = endpoints(policies={"s3": MINE, "sts": "open"})
    assert found["main/s3"]["policy_document"]["Statement"] == MINE
    assert found["main/sts"]["policy_document"] == EVERYTHING
    assert found["main/dynamodb"]["policy_document"] == endpoint_policy("dynamodb", PLACE)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"organization_id": "example"}, "endpoints.organization_id is 'example', but it must be the id of an AWS organization"),
        ({"policies": {"kms": "open"}}, "endpoints.policies is 'kms', but there is no endpoint of this service"),
        ({"policies": {"s3": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}}, "a statement of an endpoint policy has a Principal"),
        ({"policies": {"s3": "closed"}}, "endpoints.policies.s3 is 'closed', but it must be an IAM policy"),
    ],
)
def test_mistakes(given: dict[str, Any], said: str) -> None:
    network = {"cidr": "10.0.0.0/16", "availability_zones": ["af-south-1a"], "endpoints": given}
    _networks, problems = validate({"main": network}, "vpc_networks", "af-south-1")
    assert [one for one in problems if said in one], problems
