"""Calls above a rate limit are refused in their service's wording and not executed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from rehearsal.rate_limits import RateLimits, parse
from rehearsal.replies import Refusal

from .conftest import CheckedCloud

SLOW = (2, 0.001)

# service: (setting, rate-limited call, error code)
CALLS: dict[str, tuple[str, Callable[[Any], Any], str]] = {
    "ec2": ("ec2:CreateVpc", lambda client: client.create_vpc(CidrBlock="10.0.0.0/16"), "RequestLimitExceeded"),
    "kms": ("kms:CreateKey", lambda client: client.create_key(), "ThrottlingException"),
    "logs": ("logs:read", lambda client: client.describe_log_groups(), "ThrottlingException"),
    "sts": ("sts", lambda client: client.get_caller_identity(), "Throttling"),
    "service-quotas": ("service-quotas:read", lambda client: client.list_service_quotas(ServiceCode="vpc"), "TooManyRequestsException"),
}


@pytest.mark.parametrize("service", CALLS)
def test_refused(cloud: CheckedCloud, service: str) -> None:
    name, call, code = CALLS[service]
    cloud.admin.settings(rate_limits={name: SLOW})
    client = cloud.client(service)
    for _ in range(2):
        call(client)
    with pytest.raises(ClientError) as caught:
        call(client)
    assert caught.value.response["Error"]["Code"] == code
    codes = [record["error_code"] for record in cloud.admin.requests() if record["service"] == service]
    assert codes == [None, None, code]
    cloud.admin.settings(rate_limits={})
    call(client)


def test_nothing_of_it_is_done(cloud: CheckedCloud, ec2: Any) -> None:
    before = len(ec2.describe_vpcs()["Vpcs"])
    cloud.admin.settings(rate_limits={"ec2:CreateVpc": SLOW})
    for _ in range(2):
        ec2.create_vpc(CidrBlock="10.0.0.0/16")
    with pytest.raises(ClientError) as caught:
        ec2.create_vpc(CidrBlock="10.0.0.0/16")
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 503
    assert len(ec2.describe_vpcs()["Vpcs"]) == before + 2


def test_a_reset_fills_the_buckets(cloud: CheckedCloud, ec2: Any) -> None:
    for _ in range(2):
        cloud.admin.settings(rate_limits={"ec2:CreateVpc": (1, 0.001)})
        ec2.create_vpc(CidrBlock="10.0.0.0/16")
        cloud.admin.reset()


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def allowed(
    rates: RateLimits, limits: dict[str, Any], region: str = "eu-west-1", operation: str = "CreateVpc", mutating: bool = True
) -> bool:
    try:
        rates.check(limits, region, "ec2", operation, mutating)
    except Refusal:
        return False
    return True


def test_buckets_fill_with_time() -> None:
    clock = Clock()
    rates, limits = RateLimits(clock), parse({"ec2:CreateVpc": [2, 0.5]})
    assert [allowed(rates, limits) for _ in range(3)] == [True, True, False]
    clock.now += 1.9
    assert not allowed(rates, limits)
    clock.now += 0.1
    assert [allowed(rates, limits) for _ in range(2)] == [True, False]
    clock.now += 1000
    assert [allowed(rates, limits) for _ in range(3)] == [True, True, False]


def test_regions_and_actions_are_apart() -> None:
    rates, limits = RateLimits(Clock()), parse({"ec2:change": [1, 0.5], "ec2:read": [1, 0.5]})
    assert allowed(rates, limits)
    assert not allowed(rates, limits)
    assert allowed(rates, limits, region="af-south-1")
    assert allowed(rates, limits, operation="CreateSubnet")
    assert allowed(rates, limits, operation="DescribeVpcs", mutating=False)
