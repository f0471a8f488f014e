"""Tags that one service accepts and another rejects."""

from __future__ import annotations

import json
from typing import Any

import pytest

from rehearsal.testing import Cloud

from .conftest import refused

STATEMENT = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
TRUST = json.dumps({"Version": "2012-10-17", "Statement": [STATEMENT]})


def of_iam(cloud: Cloud, tags: dict[str, str]) -> Any:
    listed = [{"Key": key, "Value": value} for key, value in tags.items()]
    return refused(cloud.client("iam").create_role, RoleName="a", AssumeRolePolicyDocument=TRUST, Tags=listed)


def of_kms(cloud: Cloud, tags: dict[str, str]) -> Any:
    return refused(cloud.client("kms").create_key, Tags=[{"TagKey": key, "TagValue": value} for key, value in tags.items()])


def of_logs(cloud: Cloud, tags: dict[str, str]) -> Any:
    return refused(cloud.client("logs").create_log_group, logGroupName="a", tags=tags)


@pytest.mark.parametrize("tags", [{"a&b": "x"}, {"a": "x, y"}, {"a": "line\nline"}])
def test_characters(cloud: Cloud, tags: dict[str, str]) -> None:
    codes = [ask(cloud, tags) for ask in (of_iam, of_kms, of_logs)]
    assert codes == ["ValidationError", "TagException", "InvalidParameterException"]
    made = cloud.client("ec2").create_vpc(
        CidrBlock="10.0.0.0/16",
        TagSpecifications=[{"ResourceType": "vpc", "Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}],
    )
    assert made["Vpc"]["VpcId"]


def test_names_that_differ_in_case(cloud: Cloud) -> None:
    assert of_iam(cloud, {"Name": "a", "name": "b"}) == "InvalidInput"
