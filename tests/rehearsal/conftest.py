"""One cloud for all tests here, reset before each; every response is compared with botocore's model."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from rehearsal.testing import Cloud

from . import model_check

if TYPE_CHECKING:
    from .eks_account import EksAccount

ACCOUNT = "210987654321"
REGION = "af-south-1"


class CheckedCloud(Cloud):
    """Collects every mismatch between responses and the models."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.problems: list[str] = []

    def _new_client(self, service: str, role: str, region: str, account_id: str) -> Any:
        client = super()._new_client(service, role, region, account_id)
        client.meta.events.register("before-parse", self._check)
        return client

    def _check(self, operation_model: Any, response_dict: dict[str, Any], **_: Any) -> None:
        body = response_dict["body"]
        if response_dict["status_code"] < 300 and isinstance(body, bytes):
            self.problems += model_check.problems(operation_model, body)
            if b"123456789012" in body:
                self.problems.append(f"{operation_model.name} names another account")


@pytest.fixture(scope="session")
def shared_cloud() -> Iterator[CheckedCloud]:
    with CheckedCloud(account_id=ACCOUNT, region=REGION) as cloud:
        yield cloud


@pytest.fixture
def cloud(shared_cloud: CheckedCloud) -> Iterator[CheckedCloud]:
    shared_cloud.admin.reset()
    shared_cloud.problems.clear()
    yield shared_cloud
    assert shared_cloud.problems == []


@pytest.fixture
def ec2(cloud: CheckedCloud) -> Any:
    return cloud.client("ec2")


@pytest.fixture
def eks_account(cloud: CheckedCloud) -> EksAccount:
    from .eks_account import EksAccount  # which needs this file

    return EksAccount(cloud)


@pytest.fixture
def vpc_id(ec2: Any) -> str:
    return str(ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"])


@pytest.fixture
def subnet_ids(ec2: Any, vpc_id: str) -> list[str]:
    """One in zone a, one in zone b."""
    return [
        ec2.create_subnet(VpcId=vpc_id, CidrBlock=f"10.0.{number}.0/24", AvailabilityZone=f"{REGION}{zone}")["Subnet"]["SubnetId"]
        for number, zone in enumerate("ab")
    ]


@pytest.fixture
def internet_gateway_id(ec2: Any, vpc_id: str) -> str:
    identity = str(ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"])
    ec2.attach_internet_gateway(InternetGatewayId=identity, VpcId=vpc_id)
    return identity


@pytest.fixture
def allocation_id(ec2: Any) -> str:
    return str(ec2.allocate_address(Domain="vpc")["AllocationId"])


def refused(call: Callable[..., Any], **parameters: Any) -> str:
    """The AWS error code with which a call is refused."""
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    return str(caught.value.response["Error"]["Code"])


def tags(kind: str, **values: str) -> list[dict[str, Any]]:
    return [{"ResourceType": kind, "Tags": [{"Key": key, "Value": value} for key, value in values.items()]}]


def trust(service: str) -> str:
    """A trust policy for a service."""
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def key_policy(*services: str) -> str:
    """A key policy that keeps the account in control and lets services use the key."""
    statements = [{"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "kms:*", "Resource": "*"}]
    statements += [{"Effect": "Allow", "Principal": {"Service": service}, "Action": "kms:*", "Resource": "*"} for service in services]
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def until(condition: Callable[[], bool], seconds: float = 20) -> None:
    """Polls until the condition holds; fails after the deadline."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come to hold in time"
