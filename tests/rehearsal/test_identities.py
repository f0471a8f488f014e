"""Who may call the cloud, and who may make changes."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials as Signer

from rehearsal.identities import Credentials, Identities, generate
from rehearsal.operations import Request
from rehearsal.signatures import BadSignature
from rehearsal.signed_requests import verify_request

from .conftest import ACCOUNT, REGION, CheckedCloud, refused, trust

# service: (a read call, a mutating call, code for an unknown key, code for a change by the plan role)
SERVICES: dict[str, tuple[str, tuple[str, dict[str, Any]], str, str]] = {
    "ec2": ("describe_vpcs", ("create_vpc", {"CidrBlock": "10.0.0.0/16"}), "AuthFailure", "UnauthorizedOperation"),
    "iam": ("list_roles", ("delete_role", {"RoleName": "x"}), "InvalidClientTokenId", "AccessDenied"),
    "kms": ("list_keys", ("create_key", {}), "UnrecognizedClientException", "AccessDeniedException"),
    "logs": ("describe_log_groups", ("create_log_group", {"logGroupName": "x"}), "UnrecognizedClientException", "AccessDeniedException"),
    "eks": ("list_clusters", ("delete_cluster", {"name": "x"}), "UnrecognizedClientException", "AccessDeniedException"),
    "s3": ("list_buckets", ("create_bucket", {"Bucket": "some-bucket"}), "InvalidAccessKeyId", "AccessDenied"),
    "rds": ("describe_db_instances", ("delete_db_instance", {"DBInstanceIdentifier": "x"}), "InvalidClientTokenId", "AccessDenied"),
}


def _stranger(cloud: CheckedCloud, service: str) -> Any:
    session = boto3.session.Session("AKIAIOSFODNN7EXAMPLE", "secret", region_name=REGION)
    return session.client(service, endpoint_url=cloud.endpoint, config=Config(retries={"total_max_attempts": 1}))


@pytest.mark.parametrize("service", SERVICES)
def test_other_credentials_are_refused(cloud: CheckedCloud, service: str) -> None:
    read, _, code, _ = SERVICES[service]
    assert refused(getattr(_stranger(cloud, service), read)) == code
    assert cloud.admin.requests()[-1]["role"] is None


def test_the_refusal_gives_the_reason(cloud: CheckedCloud) -> None:
    with pytest.raises(Exception, match="rehearsal cloud, not AWS: real credentials are not accepted"):
        _stranger(cloud, "sts").get_caller_identity()


@pytest.mark.parametrize("service", SERVICES)
def test_plan_may_read_and_not_change(cloud: CheckedCloud, service: str) -> None:
    read, (change, parameters), _, code = SERVICES[service]
    client = cloud.client(service, role="plan")
    getattr(client, read)()
    assert refused(getattr(client, change), **parameters) == code


@pytest.mark.parametrize("role", ["apply", "plan"])
def test_callers_have_names(cloud: CheckedCloud, role: str) -> None:
    caller = cloud.client("sts", role=role).get_caller_identity()
    assert (caller["Arn"], caller["Account"]) == (f"arn:aws:iam::{ACCOUNT}:user/rehearsal-{role}", ACCOUNT)


def test_issued_keys_work_and_stay_within_the_role(cloud: CheckedCloud) -> None:
    role = cloud.client("iam").create_role(RoleName="deploy", AssumeRolePolicyDocument=trust("ec2.amazonaws.com"))["Role"]["Arn"]
    for caller, allowed in (("apply", True), ("plan", False)):
        issued = cloud.client("sts", role=caller).assume_role(RoleArn=role, RoleSessionName="session")["Credentials"]
        session = boto3.session.Session(issued["AccessKeyId"], issued["SecretAccessKey"], issued["SessionToken"], REGION)
        who = session.client("sts", endpoint_url=cloud.endpoint).get_caller_identity()["Arn"]
        assert who == f"arn:aws:sts::{ACCOUNT}:assumed-role/deploy/session"
        ec2 = session.client("ec2", endpoint_url=cloud.endpoint)
        if allowed:
            ec2.create_vpc(CidrBlock="10.0.0.0/16")
        else:
            assert refused(ec2.create_vpc, CidrBlock="10.0.0.0/16") == "UnauthorizedOperation"


def test_absent_roles_cannot_be_assumed(cloud: CheckedCloud) -> None:
    assert (
        refused(cloud.client("sts").assume_role, RoleArn=f"arn:aws:iam::{ACCOUNT}:role/none", RoleSessionName="session") == "AccessDenied"
    )


def test_dry_run(cloud: CheckedCloud) -> None:
    assert refused(cloud.client("ec2").create_vpc, CidrBlock="10.0.0.0/16", DryRun=True) == "DryRunOperation"
    assert refused(cloud.client("ec2", role="plan").create_vpc, CidrBlock="10.0.0.0/16", DryRun=True) == "UnauthorizedOperation"


def test_the_cloud_takes_no_real_credentials_for_its_own() -> None:
    with pytest.raises(ValueError, match="real AWS account"):
        Identities({"apply": Credentials("AKIAIOSFODNN7EXAMPLE", "secret")})


def test_generated_credentials_are_long_and_differ() -> None:
    one, two = generate(), generate()
    assert one != two
    assert len(one.access_key_id) == 20
    assert len(one.secret_access_key) >= 40


def with_secret(cloud: CheckedCloud, service: str, secret: str, token: str | None = None) -> Any:
    key = cloud.environment()["AWS_ACCESS_KEY_ID"]
    session = boto3.session.Session(key, secret, token, region_name=REGION)
    return session.client(service, endpoint_url=cloud.endpoint, config=Config(retries={"total_max_attempts": 1}))


@pytest.mark.parametrize(
    ("service", "code"),
    [
        ("ec2", "AuthFailure"),
        ("iam", "SignatureDoesNotMatch"),
        ("s3", "SignatureDoesNotMatch"),
        ("kms", "InvalidSignatureException"),
        ("eks", "InvalidSignatureException"),
    ],
)
def test_a_key_without_its_secret_opens_nothing(cloud: CheckedCloud, service: str, code: str) -> None:
    read, (change, parameters), _, _ = SERVICES[service]
    stranger = with_secret(cloud, service, "guessed")
    assert refused(getattr(stranger, read)) == code
    assert refused(getattr(stranger, change), **parameters) == code
    getattr(with_secret(cloud, service, cloud.environment()["AWS_SECRET_ACCESS_KEY"]), read)()


def test_a_session_needs_its_token(cloud: CheckedCloud) -> None:
    assert refused(with_secret(cloud, "sts", cloud.environment()["AWS_SECRET_ACCESS_KEY"], "made up").get_caller_identity) == (
        "SignatureDoesNotMatch"
    )
    issued = cloud.client("sts").get_session_token()["Credentials"]
    for token in (None, "made up"):
        session = boto3.session.Session(issued["AccessKeyId"], issued["SecretAccessKey"], token, REGION)
        assert refused(session.client("sts", endpoint_url=cloud.endpoint).get_caller_identity) == "SignatureDoesNotMatch"


SECRET = Credentials("KEY", "secret")


def signed(url: str = "http://127.0.0.1/tags/arn%3Aaws%3Aeks%3Ar%3A1%3Acluster%2Fa?b=2&a=x%20y&c", service: str = "eks") -> Request:
    """A request as botocore signs it and a server reads it."""
    made = AWSRequest("POST", url, {"Content-Type": "text/plain", "X-Amz-Date": ""}, b"body")
    method = S3SigV4Auth if service == "s3" else SigV4Auth
    method(Signer(SECRET.access_key_id, SECRET.secret_access_key), service, REGION).add_auth(made)
    parts = urlsplit(url)
    headers = {name.lower(): str(value) for name, value in made.headers.items()} | {"host": parts.netloc}
    environ = {"REQUEST_URI": parts.path + "?" + parts.query, "CONTENT_LENGTH": "4"}
    return Request("POST", parts.path, parts.query, headers, b"body", environ)


CHANGES: dict[str, Callable[[Request], Request]] = {
    "another method": lambda one: replace(one, method="PUT"),
    "another path": lambda one: replace(one, environ={**one.environ, "REQUEST_URI": "/tags/other?" + one.query_string}),
    "another query": lambda one: replace(one, query_string=one.query_string + "&d=1"),
    "another body": lambda one: replace(one, body=b"other"),
    "another host": lambda one: replace(one, headers={**one.headers, "host": "example.org"}),
    "no signature": lambda one: replace(one, headers={name: value for name, value in one.headers.items() if name != "authorization"}),
    "an older kind": lambda one: replace(one, headers={**one.headers, "authorization": "AWS KEY:c2lnbmF0dXJl"}),
}


def test_a_request_as_it_was_signed() -> None:
    verify_request(signed(), SECRET)
    verify_request(signed("http://127.0.0.1/bucket/a%2Fb//c?list-type=2", "s3"), SECRET)


@pytest.mark.parametrize("name", CHANGES)
def test_a_request_that_was_changed(name: str) -> None:
    with pytest.raises(BadSignature):
        verify_request(CHANGES[name](signed()), SECRET)


@pytest.mark.parametrize(("minutes", "fits"), [(0, True), (14, True), (-14, True), (16, False), (-16, False)])
def test_a_signature_does_not_last(minutes: int, fits: bool) -> None:
    now = datetime.now(UTC) + timedelta(minutes=minutes)
    with nullcontext() if fits else pytest.raises(BadSignature, match="Signature expired"):
        verify_request(signed(), SECRET, now)
