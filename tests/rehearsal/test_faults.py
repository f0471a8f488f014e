"""Faults on selected calls, and their aftermath."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError
from botocore.parsers import ResponseParserError

from rehearsal.admin_client import AdminError

from .conftest import CheckedCloud, refused

CIDR = "10.7.0.0/16"


def _create(ec2: Any) -> Any:
    return ec2.create_vpc(CidrBlock=CIDR)


def _made(ec2: Any) -> int:
    return sum(vpc["CidrBlock"] == CIDR for vpc in ec2.describe_vpcs()["Vpcs"])


@pytest.mark.parametrize(
    ("fault", "error", "made"),
    [("reset_before", ConnectionClosedError, 0), ("reset_after", ConnectionClosedError, 1), ("truncate", ResponseParserError, 1)],
)
def test_lost_replies(cloud: CheckedCloud, ec2: Any, fault: str, error: type[Exception], made: int) -> None:
    cloud.admin.fault("ec2", "CreateVpc", fault=fault)
    with pytest.raises(error):
        _create(ec2)
    assert _made(ec2) == made
    _create(ec2)
    assert _made(ec2) == made + 1


@pytest.mark.parametrize(("fault", "made"), [("hang", 1), ("hang_before", 0)])
def test_silence(cloud: CheckedCloud, ec2: Any, fault: str, made: int) -> None:
    cloud.admin.fault("ec2", "CreateVpc", fault=fault, seconds=3600)
    credentials = cloud.environment()
    impatient = boto3.client(
        "ec2",
        endpoint_url=cloud.endpoint,
        region_name=cloud.region,
        aws_access_key_id=credentials["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=credentials["AWS_SECRET_ACCESS_KEY"],
        config=Config(read_timeout=0.5, retries={"total_max_attempts": 1}),
    )
    with pytest.raises(ReadTimeoutError):
        _create(impatient)
    assert _made(ec2) == made


@pytest.mark.parametrize(
    ("service", "operation", "python", "code", "status"),
    [
        ("ec2", "DescribeVpcs", "describe_vpcs", "RequestLimitExceeded", 503),
        ("kms", "ListKeys", "list_keys", "ThrottlingException", 400),
        ("eks", "ListClusters", "list_clusters", "ServerException", 500),
        ("iam", "ListRoles", "list_roles", "Throttling", 400),
        ("s3", "ListBuckets", "list_buckets", "SlowDown", 503),
    ],
)
def test_errors_in_every_protocol(cloud: CheckedCloud, service: str, operation: str, python: str, code: str, status: int) -> None:
    cloud.admin.fault(service, operation, fault="error", code=code, status=status)
    call = getattr(cloud.client(service), python)
    assert refused(call) == code
    call()
    assert [(entry["error_code"], entry["status"]) for entry in cloud.admin.requests()] == [(code, status), (None, 200)]


def test_which_calls_are_hit(cloud: CheckedCloud, ec2: Any) -> None:
    cloud.admin.fault("ec2", "DescribeVpcs", fault="error", nth=2, times=2, code="InternalError")
    outcomes = []
    for _ in range(5):
        ec2.describe_subnets()
        try:
            ec2.describe_vpcs()
            outcomes.append("ok")
        except ClientError:
            outcomes.append("error")
    assert outcomes == ["ok", "error", "error", "ok", "ok"]
    rule = cloud.admin.faults()[0]
    assert (rule["seen"], rule["fired"]) == (5, 2)
    cloud.admin.clear_faults()
    assert cloud.admin.faults() == []


def test_the_nth_change_whatever_it_is(cloud: CheckedCloud, ec2: Any) -> None:
    cloud.admin.fault(fault="error", mutating=True, nth=2, code="InternalError")
    _create(ec2)
    ec2.describe_vpcs()
    assert refused(ec2.create_internet_gateway) == "InternalError"
    ec2.create_internet_gateway()


@pytest.mark.parametrize("wrong", [{"fault": "none"}, {"fault": "error", "color": 1}, {}])
def test_wrong_faults_are_refused(cloud: CheckedCloud, wrong: dict[str, Any]) -> None:
    with pytest.raises(AdminError):
        cloud.admin.request("POST", "/faults", wrong)
