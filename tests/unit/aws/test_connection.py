# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Owner marks, and the connection's reads and changes; the client is botocore's own, with canned responses."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from ansible_collections.mainstay.aws.plugins.module_utils.aws.connection import Aws
from ansible_collections.mainstay.aws.plugins.module_utils.aws.owner import Owner
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.errors import CallFailed, NotYet

OWNER = Owner("prod", "network")
MARK = {"mainstay:environment": "prod", "mainstay:component": "network"}


def test_owner_marks() -> None:
    assert OWNER.path == "/mainstay/prod/network/"
    assert OWNER.tags("vpc.main") == {**MARK, "mainstay:address": "vpc.main"}
    assert OWNER.filters() == [{"Name": f"tag:{key}", "Values": [value]} for key, value in MARK.items()]


@pytest.mark.parametrize(
    ("tags", "address"),
    [
        ({**MARK, "mainstay:address": "vpc.main"}, "vpc.main"),
        ({**MARK, "mainstay:address": "vpc.main", "Name": "x"}, "vpc.main"),
        ({**MARK, "mainstay:component": "network2", "mainstay:address": "vpc.main"}, None),
        ({**MARK, "mainstay:environment": "dev", "mainstay:address": "vpc.main"}, None),
        ({"mainstay:address": "vpc.main"}, None),
        (MARK, None),
        ({}, None),
    ],
)
def test_whose_it_is(tags: dict[str, str], address: str | None) -> None:
    assert OWNER.address(tags) == address


@pytest.fixture
def stub() -> Iterator[Stubber]:
    keys = {"aws_access_key_id": "x", "aws_secret_access_key": "x"}
    client = boto3.client("ec2", region_name="af-south-1", config=Config(retries={"total_max_attempts": 1}), **keys)
    with Stubber(client) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


@pytest.fixture
def aws(stub: Stubber) -> Iterator[Aws]:
    connection = Aws(lambda _service: stub.client, OWNER, pause=lambda _seconds: None)
    yield connection
    connection.close()


def test_all_pages_are_listed(stub: Stubber, aws: Aws) -> None:
    for page, more in enumerate((True, True, False)):
        params: dict[str, Any] = {"NextToken": str(page)} if page else {}
        stub.add_response("describe_vpcs", {"Vpcs": [{"VpcId": f"vpc-{page}"}], **({"NextToken": str(page + 1)} if more else {})}, params)
    assert [vpc["VpcId"] for vpc in aws.list_all("ec2", "describe_vpcs", "Vpcs")] == ["vpc-0", "vpc-1", "vpc-2"]


def test_what_is_not_there_is_none(stub: Stubber, aws: Aws) -> None:
    stub.add_client_error("describe_vpcs", "InvalidVpcID.NotFound", http_status_code=400)
    assert aws.find("ec2", "describe_vpcs", VpcIds=["vpc-1"]) is None
    stub.add_client_error("describe_vpcs", "UnauthorizedOperation", http_status_code=403)
    with pytest.raises(CallFailed, match="UnauthorizedOperation"):
        aws.find("ec2", "describe_vpcs", VpcIds=["vpc-1"])


def test_removing_what_is_gone_is_no_error(stub: Stubber, aws: Aws) -> None:
    stub.add_client_error("delete_vpc", "InvalidVpcID.NotFound", http_status_code=400)
    aws.remove("ec2", "delete_vpc", VpcId="vpc-1")
    stub.add_client_error("delete_vpc", "DependencyViolation", http_status_code=400)
    with pytest.raises(NotYet):
        aws.remove("ec2", "delete_vpc", VpcId="vpc-1")


def test_success_that_lists_failures_is_a_failure(stub: Stubber, aws: Aws) -> None:
    lost = {"ResourceId": "fl-1", "Error": {"Code": "InvalidParameterValue", "Message": "no such thing"}}
    stub.add_response("delete_flow_logs", {"Unsuccessful": [lost]})
    with pytest.raises(CallFailed, match="no such thing"):
        aws.change("ec2", "delete_flow_logs", FlowLogIds=["fl-1"])
    gone = {"ResourceId": "fl-1", "Error": {"Code": "InvalidFlowLogId.NotFound", "Message": "gone"}}
    stub.add_response("delete_flow_logs", {"Unsuccessful": [gone]})
    aws.remove("ec2", "delete_flow_logs", FlowLogIds=["fl-1"])


def test_calls_are_counted(stub: Stubber, aws: Aws) -> None:
    stub.add_response("describe_vpcs", {"Vpcs": []})
    stub.add_response("delete_vpc", {})
    aws.read("ec2", "describe_vpcs")
    aws.change("ec2", "delete_vpc", VpcId="vpc-1")
    assert aws.counts == {"read": 1, "write": 1}


def test_a_refusal_names_the_operation_as_aws_does(stub: Stubber, aws: Aws) -> None:
    stub.add_client_error("delete_vpc", "UnauthorizedOperation", "not you", 403)
    with pytest.raises(CallFailed) as caught:
        aws.change("ec2", "delete_vpc", VpcId="vpc-1")
    assert caught.value.operation == "ec2:DeleteVpc"
    assert caught.value.hint.startswith("The credentials need ec2:DeleteVpc. ")


def test_the_fence_is_asked_before_each_attempt() -> None:
    """If the lock is lost while a call is throttled, the next attempt is not sent."""
    sent: list[str] = []

    def create_vpc(**_params: Any) -> dict[str, Any]:
        sent.append("create_vpc")
        raise ClientError({"Error": {"Code": "RequestLimitExceeded"}, "ResponseMetadata": {"HTTPStatusCode": 503}}, "CreateVpc")

    client = SimpleNamespace(create_vpc=create_vpc, meta=SimpleNamespace(method_to_api_mapping={"create_vpc": "CreateVpc"}))
    connection = Aws(lambda _service: client, OWNER, pause=lambda _seconds: None)

    def lost_after_two() -> None:
        if len(sent) == 2:
            raise CallFailed("the lock is another's", code="LockLost")

    connection.fence = lost_after_two
    with pytest.raises(CallFailed) as caught:
        connection.change("ec2", "create_vpc")
    assert caught.value.code == "LockLost"
    assert len(sent) == 2
