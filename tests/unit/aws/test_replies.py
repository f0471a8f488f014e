# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Responses that do not come from AWS are never trusted, whatever the operation: a read fails, and a change's outcome is unknown."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.config import Config

from ansible_collections.mainstay.aws.plugins.module_utils.aws.connection import Aws, Reply, watch
from ansible_collections.mainstay.aws.plugins.module_utils.aws.operations import Operation
from ansible_collections.mainstay.aws.plugins.module_utils.aws.owner import Owner
from ansible_collections.mainstay.aws.plugins.module_utils.aws.replies import NotFromAws, check, listed
from ansible_collections.mainstay.aws.plugins.module_utils.domains.registry import DOMAINS
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.errors import Ambiguous, CallFailed

DECLARED: list[Operation] = sorted(
    {
        *(operation for domain in DOMAINS for kind in domain.details.kinds.values() for operation in kind.declared()),
        *(Operation("ssm", name) for name in ("get_parameters_by_path", "get_parameter", "put_parameter", "delete_parameter")),
        Operation("sts", "get_caller_identity"),
        Operation("resourcegroupstaggingapi", "get_resources"),
    }
)
"""The calls of all domains' kinds, and those that every run makes in addition."""

HTML = b"<!DOCTYPE html><html><head><title>Sign in</title></head><body>Your session has expired.</body></html>"
REQUEST_ID = {"x-amzn-RequestId": "8a2b9d0e-0000-4000-8000-000000000000"}


@cache
def client(service: str) -> Any:
    keys = {"aws_access_key_id": "x", "aws_secret_access_key": "x"}
    config = Config(retries={"total_max_attempts": 1}, parameter_validation=False)
    return watch(boto3.client(service, region_name="af-south-1", config=config, **keys))


def answering(one: Operation, status: int, headers: Mapping[str, str], body: bytes) -> Aws:
    """A connection on which every call of the operation gets this wire response."""
    there = client(one.service)

    def reply(request: Any, **_more: Any) -> AWSResponse:
        answer = AWSResponse(request.url, status, dict(headers), None)
        answer._content = body
        return answer

    there.meta.events.unregister("before-send", unique_id="a-reply")
    there.meta.events.register_last("before-send", reply, unique_id="a-reply")
    return Aws(lambda _service: there, Owner("prod", "network"), pause=lambda _seconds: None)


XML = ("ec2", "query", "rest-xml")
"""The protocols whose replies are XML documents."""


def filler(shape: Any) -> Any:
    """A value of a shape, for parameters in a request's path."""
    if shape.type_name == "structure":
        return {name: filler(shape.members[name]) for name in shape.required_members}
    return {"list": [], "map": {}, "integer": 1, "long": 1, "boolean": True, "timestamp": 0}.get(shape.type_name, "x")


def model_of(one: Operation) -> Any:
    there = client(one.service)
    return there.meta.service_model.operation_model(there.meta.method_to_api_mapping[one.method])


def right(one: Operation) -> tuple[dict[str, str], bytes]:
    """Headers and body of AWS's smallest response to an operation."""
    model = model_of(one)
    protocol = model.service_model.resolved_protocol
    if protocol in XML:
        root = f"{model.name}Response"
        named = f'{root} xmlns="https://{one.service}.amazonaws.com/doc/"'
        wrapper = model.output_shape.serialization.get("resultWrapper") if model.output_shape else None
        shapes = model.output_shape.members if model.output_shape else {}
        required = model.output_shape.required_members if model.output_shape else []
        located = {shapes[name].serialization.get("location"): shapes[name].serialization.get("name") for name in required}
        required = [name for name in required if "location" not in shapes[name].serialization]
        text = {"integer": "1", "long": "1", "boolean": "false"}
        members = "".join(f"<{n}>{text.get(model.output_shape.members[n].type_name, '')}</{n}>" for n in required)
        inner = f"<{wrapper}>{members}</{wrapper}>" if wrapper else members
        headers = {located["header"]: "x"} if "header" in located else {}
        document = f'<?xml version="1.0"?>\n<{named}>{inner}</{root}>'
        return {"Content-Type": "text/xml;charset=UTF-8", **REQUEST_ID, **headers}, document.encode()
    sort = "application/json" if protocol == "rest-json" else "application/x-amz-json-1.1"
    required = model.output_shape.required_members if model.output_shape else []
    body = "{" + ",".join(f'"{name}":""' for name in required) + "}"
    return {"Content-Type": sort, **REQUEST_ID}, body.encode() if model.output_shape else b""


def wrong_replies(one: Operation) -> dict[str, tuple[int, dict[str, str], bytes]]:
    headers, body = right(one)
    xml = model_of(one).service_model.resolved_protocol in XML
    html = {"Content-Type": "text/html"}
    found = {
        "a page": (200, html, HTML),
        "a page of the right type": (200, {"Content-Type": headers["Content-Type"]}, HTML),
        "nothing": (200, {}, b""),
        "a redirection": (302, {**html, "Location": "https://login.example.com"}, HTML),
        "a page that says not found": (404, html, HTML),
        "a page that says forbidden": (403, html, HTML),
        "a page of a gateway": (502, html, HTML),
        "no request id": (200, {"Content-Type": headers["Content-Type"]}, body or b"{}"),
    }
    if has_document(one):
        found["a page with everything but the body"] = (200, headers, HTML)
        found["another type"] = (200, {**headers, "Content-Type": "text/plain"}, body or b"ok")
        found["another document"] = (200, headers, b"<OtherResponse/>" if xml else b'["a", "b"]')
        if xml and (model_of(one).service_model.resolved_protocol != "rest-xml" or returns(one)):
            found["an empty body"] = (200, headers, b"")
    return found


def returns(one: Operation) -> bool:
    """Whether a reply's body holds any member."""
    shape = model_of(one).output_shape
    return shape is not None and any("location" not in member.serialization for member in shape.members.values())


def has_document(one: Operation) -> bool:
    """Whether a reply's body, if there is one, is a document: not that of a HEAD request, and not one that is a single value, such as a
    policy.
    """
    shape = model_of(one).output_shape
    payload = shape.serialization.get("payload") if shape is not None else None
    return model_of(one).http.get("method") != "HEAD" and (payload is None or shape.members[payload].type_name == "structure")


@pytest.mark.parametrize("one", DECLARED, ids=str)
@pytest.mark.parametrize("mutating", [True, False])
def test_a_reply_that_is_not_aws_s_is_never_believed(one: Operation, mutating: bool) -> None:
    parameters = filler(model_of(one).input_shape)
    for name, (status, headers, body) in wrong_replies(one).items():
        aws = answering(one, status, headers, body)
        with pytest.raises(CallFailed) as caught:
            (aws.change if mutating else aws.read)(one.service, one.method, **parameters)
        assert isinstance(caught.value, Ambiguous) is mutating, f"{name}: {caught.value}"
        assert "does not come from AWS" in caught.value.message or "no usable answer" in caught.value.message, name
        aws.close()


@pytest.mark.parametrize("one", DECLARED, ids=str)
def test_aws_s_own_reply_is_believed(one: Operation) -> None:
    headers, body = right(one)
    aws = answering(one, 200, headers, body)
    aws.read(one.service, one.method, **filler(model_of(one).input_shape))
    aws.close()


def test_a_page_in_place_of_a_list_is_not_an_empty_list() -> None:
    aws = answering(Operation("ec2", "describe_internet_gateways"), 200, {"Content-Type": "text/html"}, HTML)
    with pytest.raises(CallFailed) as caught:
        aws.list_all("ec2", "describe_internet_gateways", "InternetGateways")
    assert caught.value.code == "NotFromAws"
    assert "status 200, text/html, beginning '<!DOCTYPE html><html><head><title>Sign in</title>" in caught.value.message
    assert "proxy" in caught.value.hint
    with pytest.raises(CallFailed):
        aws.find("ec2", "describe_internet_gateways")


@pytest.mark.parametrize(("name", "body"), [("query", b"<ListRolesResponse><ListRolesResult></ListRolesResult></ListRolesResponse>")])
def test_a_list_that_lacks_its_list_is_not_an_empty_list(name: str, body: bytes) -> None:
    aws = answering(Operation("iam", "list_roles"), 200, {"Content-Type": "text/xml", **REQUEST_ID}, body)
    with pytest.raises(CallFailed, match="lacks Roles"):
        aws.list_all("iam", "list_roles", "Roles")


@pytest.mark.parametrize(
    ("operation", "reply", "expected"),
    [
        ("ec2:DescribeVpcs", {"Vpcs": []}, []),
        ("ec2:DescribeVpcs", {"Vpcs": [1]}, [1]),
        ("ec2:DescribeVpcs", {}, None),
        ("sqs:ListQueues", {}, []),
    ],
)
def test_what_a_list_call_lists(operation: str, reply: dict[str, Any], expected: list[int] | None) -> None:
    items = "QueueUrls" if operation == "sqs:ListQueues" else "Vpcs"
    if expected is None:
        with pytest.raises(NotFromAws):
            listed(operation, reply, items)
    else:
        assert listed(operation, reply, items) == expected


def test_a_missing_member_is_an_error_of_the_call() -> None:
    with pytest.raises(CallFailed, match="the reply lacks cluster") as caught:
        Reply({}, "eks:DescribeCluster", mutating=False)["cluster"]
    assert caught.value.operation == "eks:DescribeCluster"
    with pytest.raises(Ambiguous):
        Reply({}, "eks:CreateCluster", mutating=True)["cluster"]
    assert Reply({"cluster": 1}, "", mutating=False).get("other") is None


REST_XML = [
    ("list_buckets", 200, "application/xml", b'<ListAllMyBucketsResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"/>', True),
    ("list_buckets", 200, "application/xml", b"<html><body/></html>", False),
    ("list_buckets", 200, "text/html", HTML, False),
    ("get_bucket_policy", 200, "application/json", b"{}", True),
    ("get_object", 200, "text/html", HTML, True),
    ("head_bucket", 404, "application/xml", b"", True),
    ("put_bucket_tagging", 204, "", b"", True),
    ("list_buckets", 403, "application/xml", b"<Error><Code>AccessDenied</Code></Error>", True),
    ("list_buckets", 403, "text/html", HTML, False),
]


@pytest.mark.parametrize(("method", "status", "sort", "body", "believed"), REST_XML)
def test_services_of_documents_and_files(method: str, status: int, sort: str, body: bytes, believed: bool) -> None:
    model = model_of(Operation("s3", method))
    headers = {"content-type": sort, "x-amz-request-id": "ABC"}
    parsed = {"ResponseMetadata": {"RequestId": "ABC"}}
    reply = SimpleNamespace(status_code=status, headers=headers, content=body)
    if believed:
        check(reply, parsed, model)
    else:
        with pytest.raises(NotFromAws):
            check(reply, parsed, model)


def test_a_parser_that_stumbles_is_no_defect_of_ours() -> None:
    """botocore raises a KeyError here."""
    one = Operation("autoscaling", "describe_policies")
    with pytest.raises(CallFailed, match="no usable answer"):
        answering(one, 200, right(one)[0], b"<DescribePoliciesResponse/>").read(one.service, one.method)
