"""Who may call the cloud, and who may change it."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore.config import Config

from rehearsal.identities import Credentials, Identities, generate

from .conftest import ACCOUNT, REGION, CheckedCloud, refused, trust

# service: (a call that reads, a call that changes, code for a stranger's key, code for a change by the plan role)
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


def test_the_refusal_says_why(cloud: CheckedCloud) -> None:
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
