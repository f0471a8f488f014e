"""The operation of a request, and whether it changes anything."""

from __future__ import annotations

import pytest

from rehearsal.operations import Request, is_mutating, operation_name, service_name, signature


@pytest.mark.parametrize(
    ("service", "operation", "mutating"),
    [
        ("ec2", "DescribeVpcs", False),
        ("ec2", "CreateVpc", True),
        ("ec2", "SearchTransitGatewayRoutes", False),
        ("ec2", "ModifyVpcAttribute", True),
        ("iam", "SimulatePrincipalPolicy", False),
        ("iam", "GenerateCredentialReport", False),
        ("sts", "AssumeRole", False),
        ("kms", "GenerateDataKey", False),
        ("kms", "CreateKey", True),
        ("ecr", "BatchCheckLayerAvailability", False),
        ("logs", "StartQuery", False),
        ("logs", "FilterLogEvents", False),
        ("rds", "TestFailover", True),
        ("elasticache", "TestFailover", True),
        ("cloudformation", "ValidateTemplate", False),
        ("dynamodb", "Query", False),
        ("dynamodb", "PutItem", True),
        ("s3", "HeadBucket", False),
        ("ssm", "PutParameter", True),
        ("sqs", "ReceiveMessage", True),
        ("cognito-identity", "GetId", True),
    ],
)
def test_mutating(service: str, operation: str, mutating: bool) -> None:
    assert is_mutating(service, operation) is mutating


@pytest.mark.parametrize(("method", "mutating"), [("GET", False), ("HEAD", False), ("POST", True), ("DELETE", True)])
def test_unknown_operations_are_judged_by_method(method: str, mutating: bool) -> None:
    assert is_mutating("s3", None, method) is mutating


@pytest.mark.parametrize(
    ("headers", "query", "key", "name", "region"),
    [
        (
            {"authorization": "AWS4-HMAC-SHA256 Credential=KEY/20260101/eu-west-1/ec2/aws4_request, SignedHeaders=host"},
            {},
            "KEY",
            "ec2",
            "eu-west-1",
        ),
        ({"authorization": "AWS KEY:signature"}, {}, "KEY", "s3", None),
        ({}, {"X-Amz-Credential": "KEY/20260101/eu-west-1/s3/aws4_request"}, "KEY", "s3", "eu-west-1"),
        (
            {"authorization": "AWS4-ECDSA-P256-SHA256 Credential=KEY/20260101/s3/aws4_request", "x-amz-region-set": "*"},
            {},
            "KEY",
            "s3",
            "*",
        ),
        ({}, {"AWSAccessKeyId": "KEY", "Signature": "x", "Expires": "1"}, "KEY", "s3", None),
        ({}, {}, None, None, None),
    ],
)
def test_signature(headers: dict[str, str], query: dict[str, str], key: str | None, name: str | None, region: str | None) -> None:
    found = signature(headers, query)
    assert (found.access_key_id, found.signing_name, found.region) == (key, name, region)


@pytest.mark.parametrize(
    ("signing_name", "version", "path", "service"),
    [
        ("ec2", "2016-11-15", "/", "ec2"),
        ("monitoring", None, "/", "cloudwatch"),
        ("elasticloadbalancing", "2015-12-01", "/", "elbv2"),
        ("elasticloadbalancing", "2012-06-01", "/", "elb"),
        ("tagging", None, "/", "resourcegroupstaggingapi"),
        ("ses", None, "/v2/email/identities", "sesv2"),
        ("es", None, "/2021-01-01/domain", "opensearch"),
        ("s3", None, "/v20180820/bucket", "s3control"),
    ],
)
def test_service(signing_name: str, version: str | None, path: str, service: str) -> None:
    assert service_name(signing_name, version, path) == service


def _request(method: str = "POST", path: str = "/", query: str = "", headers: dict[str, str] | None = None, body: bytes = b"") -> Request:
    environ = {"REQUEST_METHOD": method, "PATH_INFO": path, "QUERY_STRING": query, "HTTP_HOST": "127.0.0.1", "wsgi.url_scheme": "http"}
    environ |= {"SERVER_NAME": "127.0.0.1", "SERVER_PORT": "80"}
    return Request(method, path, query, headers or {}, body, environ)


FORM = {"content-type": "application/x-www-form-urlencoded; charset=utf-8"}


@pytest.mark.parametrize(
    ("service", "request_", "operation"),
    [
        ("ec2", _request(headers=FORM, body=b"Action=DescribeVpcs&Version=2016-11-15"), "DescribeVpcs"),
        ("kms", _request(headers={"x-amz-target": "TrentService.CreateKey"}), "CreateKey"),
        ("cloudwatch", _request(path="/service/GraniteServiceVersion20100801/operation/PutMetricAlarm"), "PutMetricAlarm"),
        ("eks", _request("GET", "/clusters/prod/node-groups/a"), "DescribeNodegroup"),
        ("eks", _request("POST", "/clusters"), "CreateCluster"),
        ("s3", _request("GET", "/bucket", "list-type=2"), "ListObjectsV2"),
        ("s3", _request("PUT", "/bucket", "policy"), "PutBucketPolicy"),
        ("s3", _request("PUT", "/bucket/a/key"), "PutObject"),
        ("eks", _request("GET", "/nowhere/at/all"), None),
    ],
)
def test_operation(service: str, request_: Request, operation: str | None) -> None:
    assert operation_name(service, request_) == operation
