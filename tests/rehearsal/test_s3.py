"""S3: new buckets, owners and names, policies with conditions, tags, configurations, replication, and the delivery of logs."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from rehearsal.testing import Cloud

from .conftest import ACCOUNT, REGION, refused

OTHER, ELSEWHERE = "345678901234", "eu-west-1"
VERSIONED = {"Status": "Enabled"}
TRUST = {"Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": "sts:AssumeRole"}


@pytest.fixture
def s3(cloud: Cloud) -> Any:
    return cloud.client("s3")


def fails(code: str, call: Callable[[], Any]) -> None:
    assert refused(call) == code


def make(client: Any, name: str, *, region: str = REGION, versions: bool = False, **more: Any) -> str:
    client.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": region, **more})
    if versions:
        client.put_bucket_versioning(Bucket=name, VersioningConfiguration=VERSIONED)
    return name


def let(s3: Any, name: str, *statements: dict[str, Any]) -> None:
    given = [{"Resource": [f"arn:aws:s3:::{name}", f"arn:aws:s3:::{name}/*"], **one} for one in statements]
    s3.put_bucket_policy(Bucket=name, Policy=json.dumps({"Version": "2012-10-17", "Statement": given}))


def use_key(s3: Any, cloud: Cloud, name: str, region: str = REGION) -> str:
    key = str(cloud.client("kms", region=region).create_key()["KeyMetadata"]["Arn"])
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
    s3.put_bucket_encryption(
        Bucket=name,
        ServerSideEncryptionConfiguration={"Rules": [{"ApplyServerSideEncryptionByDefault": default, "BucketKeyEnabled": True}]},
    )
    return key


# --- buckets ---


def test_a_new_bucket_has_its_tags_and_safe_defaults(s3: Any, cloud: Cloud) -> None:
    make(s3, "shop-media", Tags=[{"Key": "team", "Value": "shop"}])
    assert s3.get_bucket_tagging(Bucket="shop-media")["TagSet"] == [{"Key": "team", "Value": "shop"}]
    assert set(s3.get_public_access_block(Bucket="shop-media")["PublicAccessBlockConfiguration"].values()) == {True}
    (rule,) = s3.get_bucket_encryption(Bucket="shop-media")["ServerSideEncryptionConfiguration"]["Rules"]
    assert rule["BlockedEncryptionTypes"] == {"EncryptionType": ["SSE-C"]}
    assert s3.head_bucket(Bucket="shop-media")["BucketRegion"] == REGION
    found = cloud.client("resourcegroupstaggingapi").get_resources(ResourceTypeFilters=["s3"])["ResourceTagMappingList"]
    assert [one["ResourceARN"] for one in found] == ["arn:aws:s3:::shop-media"]


def test_a_name_has_one_owner_in_all_accounts(s3: Any, cloud: Cloud) -> None:
    theirs = cloud.client("s3", region=ELSEWHERE, account_id=OTHER)
    make(theirs, "shop-media", region=ELSEWHERE)
    fails("BucketAlreadyExists", lambda: make(s3, "shop-media"))
    fails("403", lambda: s3.head_bucket(Bucket="shop-media"))
    make(s3, "shop-own")
    fails("BucketAlreadyOwnedByYou", lambda: make(s3, "shop-own"))
    fails("AccessDenied", lambda: s3.get_bucket_versioning(Bucket="shop-own", ExpectedBucketOwner=OTHER))
    assert s3.get_bucket_versioning(Bucket="shop-own", ExpectedBucketOwner=ACCOUNT)


def test_in_us_east_1_a_second_creation_succeeds(cloud: Cloud) -> None:
    s3 = cloud.client("s3", region="us-east-1")
    for _again in range(2):
        s3.create_bucket(Bucket="shop-media")
    fails("InvalidLocationConstraint", lambda: make(s3, "shop-other", region="us-east-1"))


def test_the_namespace_of_an_account(s3: Any) -> None:
    name, place = f"shop-{ACCOUNT}-{REGION}-an", {"LocationConstraint": REGION}
    fails("MissingNamespaceHeader", lambda: s3.create_bucket(Bucket=name, CreateBucketConfiguration=place))
    wrong = {"Bucket": "shop-media", "BucketNamespace": "account-regional", "CreateBucketConfiguration": place}
    fails("InvalidBucketName", lambda: s3.create_bucket(**wrong))
    s3.create_bucket(Bucket=name, BucketNamespace="account-regional", CreateBucketConfiguration=place)


def test_buckets_are_listed_by_region(s3: Any, cloud: Cloud) -> None:
    make(s3, "shop-here")
    make(cloud.client("s3", region=ELSEWHERE), "shop-there", region=ELSEWHERE)
    assert [one["Name"] for one in s3.list_buckets(BucketRegion=REGION)["Buckets"]] == ["shop-here"]
    fails("InvalidArgument", lambda: s3.list_buckets(BucketRegion=ELSEWHERE))


def test_tags_where_attributes_control_access(s3: Any, cloud: Cloud) -> None:
    make(s3, "shop-media", Tags=[{"Key": "a", "Value": "1"}])
    s3.put_bucket_abac(Bucket="shop-media", AbacStatus={"Status": "Enabled"})
    fails("InvalidRequest", lambda: s3.put_bucket_tagging(Bucket="shop-media", Tagging={"TagSet": []}))
    control, where = cloud.client("s3control"), {"AccountId": ACCOUNT, "ResourceArn": "arn:aws:s3:::shop-media"}
    control.tag_resource(**where, Tags=[{"Key": "b", "Value": "2"}])
    control.untag_resource(**where, TagKeys=["a"])
    assert control.list_tags_for_resource(**where)["Tags"] == [{"Key": "b", "Value": "2"}]
    assert s3.get_bucket_tagging(Bucket="shop-media")["TagSet"] == [{"Key": "b", "Value": "2"}]


# --- policies ---


def test_a_conditional_deny_refuses_only_what_it_names(s3: Any) -> None:
    make(s3, "shop-media")
    deny = {"Effect": "Deny", "Principal": "*"}
    let(
        s3,
        "shop-media",
        {**deny, "Action": "s3:*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}},
        {**deny, "Action": "s3:PutObject", "Resource": "arn:aws:s3:::shop-media/fixed/*"},
    )
    s3.put_object(Bucket="shop-media", Key="free/1", Body=b"1")
    fails("AccessDenied", lambda: s3.put_object(Bucket="shop-media", Key="fixed/1", Body=b"1"))


def test_a_policy_can_lock_everybody_out(s3: Any) -> None:
    make(s3, "shop-media")
    let(s3, "shop-media", {"Effect": "Deny", "Principal": "*", "Action": "s3:*"})
    fails("AccessDenied", lambda: s3.delete_bucket_policy(Bucket="shop-media"))


def test_another_account_needs_the_policy(s3: Any, cloud: Cloud) -> None:
    make(s3, "shop-media")
    s3.put_object(Bucket="shop-media", Key="1", Body=b"1")
    theirs = cloud.client("s3", account_id=OTHER)
    fails("AccessDenied", lambda: theirs.get_object(Bucket="shop-media", Key="1"))
    let(s3, "shop-media", {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{OTHER}:root"}, "Action": "s3:GetObject"})
    assert theirs.get_object(Bucket="shop-media", Key="1")["Body"].read() == b"1"


BAD_POLICIES: dict[str, tuple[dict[str, Any], str]] = {
    "another bucket": ({"Resource": "arn:aws:s3:::other/*", "Principal": {"AWS": "*"}}, "MalformedPolicy"),
    "no principal": ({}, "MalformedPolicy"),
    "a role that does not exist": ({"Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:role/none"}}, "MalformedPolicy"),
    "everybody": ({"Principal": "*"}, "AccessDenied"),
}


@pytest.mark.parametrize("case", BAD_POLICIES)
def test_policies_that_are_fails(s3: Any, case: str) -> None:
    statement, code = BAD_POLICIES[case]
    make(s3, "shop-media")
    fails(code, lambda: let(s3, "shop-media", {"Effect": "Allow", "Action": "s3:GetObject", **statement}))


def test_keys_of_clients_are_blocked(s3: Any) -> None:
    make(s3, "shop-media")
    own = {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": "k" * 32}
    # botocore sends such keys over TLS only; the cloud has none
    s3.meta.events.register("before-parameter-build", lambda params, **_more: params.pop("SSECustomerKey", None), unique_id="test-ssec")
    try:
        fails("AccessDenied", lambda: s3.put_object(Bucket="shop-media", Key="1", Body=b"1", **own))
    finally:
        s3.meta.events.unregister("before-parameter-build", unique_id="test-ssec")


# --- configurations ---


def test_a_put_that_does_not_say_what_is_blocked_lifts_it(s3: Any) -> None:
    make(s3, "shop-media")
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    s3.put_bucket_encryption(Bucket="shop-media", ServerSideEncryptionConfiguration={"Rules": [rule]})
    (found,) = s3.get_bucket_encryption(Bucket="shop-media")["ServerSideEncryptionConfiguration"]["Rules"]
    assert "BlockedEncryptionTypes" not in found


def lifecycle(s3: Any, *rules: dict[str, Any], **more: str) -> None:
    given = [{"ID": str(n), "Status": "Enabled", "Filter": {"Prefix": ""}, **rule} for n, rule in enumerate(rules)]
    s3.put_bucket_lifecycle_configuration(Bucket="shop-media", LifecycleConfiguration={"Rules": given}, **more)


def test_a_put_that_does_not_say_the_minimum_size_sets_the_default(s3: Any) -> None:
    make(s3, "shop-media")
    lifecycle(s3, {"Expiration": {"Days": 1}}, TransitionDefaultMinimumObjectSize="varies_by_storage_class")
    read = s3.get_bucket_lifecycle_configuration
    assert read(Bucket="shop-media")["TransitionDefaultMinimumObjectSize"] == "varies_by_storage_class"
    lifecycle(s3, {"Expiration": {"Days": 1}})
    assert read(Bucket="shop-media")["TransitionDefaultMinimumObjectSize"] == "all_storage_classes_128K"


def moved(**days: int) -> dict[str, Any]:
    return {"Transitions": [{"Days": number, "StorageClass": name} for name, number in days.items()]}


LIFECYCLES: dict[str, tuple[dict[str, Any], bool]] = {
    "in order": (moved(STANDARD_IA=30, GLACIER=60), True),
    "too early": (moved(STANDARD_IA=29), False),
    "too early after another": (moved(STANDARD_IA=30, GLACIER=59), False),
    "expires later": ({**moved(GLACIER=90), "Expiration": {"Days": 91}}, True),
    "expires before": ({**moved(GLACIER=90), "Expiration": {"Days": 90}}, False),
    "old versions expire before": (
        {
            "NoncurrentVersionTransitions": [{"NoncurrentDays": 30, "StorageClass": "GLACIER"}],
            "NoncurrentVersionExpiration": {"NoncurrentDays": 30},
        },
        False,
    ),
}


@pytest.mark.parametrize("case", LIFECYCLES)
def test_lifecycles_that_are_fails(s3: Any, case: str) -> None:
    rule, accepted = LIFECYCLES[case]
    make(s3, "shop-media")
    if accepted:
        lifecycle(s3, rule)
    else:
        fails("InvalidArgument", lambda: lifecycle(s3, rule))


# --- replication ---


def role(cloud: Cloud, *actions: str) -> str:
    iam = cloud.client("iam")
    arn = str(
        iam.create_role(RoleName="copies", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [TRUST]}))["Role"][
            "Arn"
        ]
    )
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": list(actions), "Resource": "*"}]}
    iam.put_role_policy(RoleName="copies", PolicyName="all", PolicyDocument=json.dumps(document))
    return arn


S3_ACTIONS = ("s3:GetReplicationConfiguration", "s3:GetObjectVersionForReplication", "s3:ReplicateObject", "s3:ReplicateDelete")


def replicate(s3: Any, arn: str, *, markers: str = "Disabled", key: str = "") -> None:
    selected = {"SourceSelectionCriteria": {"SseKmsEncryptedObjects": {"Status": "Enabled"}}} if key else {}
    destination = {"Bucket": "arn:aws:s3:::shop-copies", **({"EncryptionConfiguration": {"ReplicaKmsKeyID": key}} if key else {})}
    rule = {"ID": "1", "Priority": 1, "Status": "Enabled", "Filter": {"Prefix": "a/"}, "Destination": destination, **selected}
    s3.put_bucket_replication(
        Bucket="shop-media", ReplicationConfiguration={"Role": arn, "Rules": [{**rule, "DeleteMarkerReplication": {"Status": markers}}]}
    )


def copies(cloud: Cloud) -> list[str]:
    found = cloud.client("s3", region=ELSEWHERE).list_objects_v2(Bucket="shop-copies").get("Contents", [])
    return [one["Key"] for one in found]


def test_what_is_written_is_copied(s3: Any, cloud: Cloud) -> None:
    """With its type; not what was there before, nor what the rule does not select, nor deletions unless it says so."""
    make(s3, "shop-media", versions=True)
    make(cloud.client("s3", region=ELSEWHERE), "shop-copies", region=ELSEWHERE, versions=True)
    s3.put_object(Bucket="shop-media", Key="a/before", Body=b"0")
    arn = role(cloud, *S3_ACTIONS)
    replicate(s3, arn)
    s3.put_object(Bucket="shop-media", Key="a/1", Body=b"1", ContentType="text/html")
    s3.put_object(Bucket="shop-media", Key="b/1", Body=b"1")
    assert copies(cloud) == ["a/1"]
    assert cloud.client("s3", region=ELSEWHERE).head_object(Bucket="shop-copies", Key="a/1")["ContentType"] == "text/html"
    s3.delete_object(Bucket="shop-media", Key="a/1")
    assert copies(cloud) == ["a/1"]
    replicate(s3, arn, markers="Enabled")
    s3.put_object(Bucket="shop-media", Key="a/1", Body=b"2")
    s3.delete_object(Bucket="shop-media", Key="a/1")
    assert copies(cloud) == []
    fails("InvalidBucketState", lambda: s3.put_bucket_versioning(Bucket="shop-media", VersioningConfiguration={"Status": "Suspended"}))


@pytest.mark.parametrize(("actions", "arrives"), [(("kms:Decrypt", "kms:Encrypt"), True), (("kms:Decrypt",), False), ((), False)])
def test_encrypted_objects_need_the_rights_on_both_keys(s3: Any, cloud: Cloud, actions: tuple[str, ...], arrives: bool) -> None:
    make(s3, "shop-media", versions=True)
    there = cloud.client("s3", region=ELSEWHERE)
    make(there, "shop-copies", region=ELSEWHERE, versions=True)
    use_key(s3, cloud, "shop-media")
    key = use_key(there, cloud, "shop-copies", ELSEWHERE)
    replicate(s3, role(cloud, *S3_ACTIONS, *actions), key=key)
    s3.put_object(Bucket="shop-media", Key="a/1", Body=b"1")
    assert copies(cloud) == (["a/1"] if arrives else [])


def test_replications_that_are_fails(s3: Any, cloud: Cloud) -> None:
    arn = role(cloud, *S3_ACTIONS)
    make(s3, "shop-media")
    fails("InvalidRequest", lambda: replicate(s3, arn))
    s3.put_bucket_versioning(Bucket="shop-media", VersioningConfiguration=VERSIONED)
    fails("InvalidRequest", lambda: replicate(s3, arn))
    there = cloud.client("s3", region=ELSEWHERE)
    make(there, "shop-copies", region=ELSEWHERE)
    fails("InvalidRequest", lambda: replicate(s3, arn))
    there.put_bucket_versioning(Bucket="shop-copies", VersioningConfiguration=VERSIONED)
    fails("InvalidArgument", lambda: replicate(s3, f"arn:aws:iam::{ACCOUNT}:role/none"))
    replicate(s3, arn)


# --- logs ---


def log(s3: Any) -> list[str]:
    """The logs that arrived after a call that is logged."""
    s3.list_objects_v2(Bucket="shop-media")
    return [one["Key"] for one in s3.list_objects_v2(Bucket="shop-logs").get("Contents", [])]


def test_logs_arrive_where_the_policy_lets_them_in_and_no_key_keeps_them_out(s3: Any, cloud: Cloud) -> None:
    make(s3, "shop-media")
    make(s3, "shop-logs")
    target = {"TargetBucket": "shop-logs", "TargetPrefix": "s3/"}
    s3.put_bucket_logging(Bucket="shop-media", BucketLoggingStatus={"LoggingEnabled": target})
    assert log(s3) == []
    source = {"StringEquals": {"aws:SourceAccount": ACCOUNT}, "ArnLike": {"aws:SourceArn": "arn:aws:s3:::shop-media"}}
    allow = {"Effect": "Allow", "Principal": {"Service": "logging.s3.amazonaws.com"}, "Action": "s3:PutObject", "Condition": source}
    let(s3, "shop-logs", allow)
    (arrived,) = log(s3)
    assert arrived.startswith("s3/")
    s3.delete_object(Bucket="shop-logs", Key=arrived)
    use_key(s3, cloud, "shop-logs")
    assert log(s3) == []


def test_logs_stay_in_their_region_and_account(s3: Any, cloud: Cloud) -> None:
    make(s3, "shop-media")
    make(cloud.client("s3", region=ELSEWHERE), "shop-logs", region=ELSEWHERE)
    target = {"TargetBucket": "shop-logs", "TargetPrefix": ""}
    fails(
        "CrossLocationLoggingProhibitted",
        lambda: s3.put_bucket_logging(Bucket="shop-media", BucketLoggingStatus={"LoggingEnabled": target}),
    )
