# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The settings of buckets: what is accepted, and what is refused with one sentence before the first call."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.component.parts import Context
from ansible_collections.mainstay.aws.plugins.module_utils.domains.s3_cdn.domain import S3CdnDomain
from ansible_collections.mainstay.aws.plugins.module_utils.domains.s3_cdn.parts import validate
from ansible_collections.mainstay.aws.plugins.module_utils.domains.s3_cdn.preflight import role_errors
from ansible_collections.mainstay.aws.plugins.module_utils.domains.s3_cdn.settings.buckets import Bucket

REGION, ELSEWHERE, ACCOUNT = "eu-west-1", "us-east-1", "123456789012"
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/12345678-1234-1234-1234-123456789012"
CONTEXT = Context("prod", "storage", REGION, ACCOUNT)


def problems(buckets: Any) -> list[str]:
    return validate({"buckets": buckets}, CONTEXT)[1]


def read(**buckets: Any) -> dict[str, Bucket]:
    found, wrong = validate({"buckets": buckets}, CONTEXT)
    assert not wrong, wrong
    return dict(found["buckets"])


def test_the_defaults_are_safe() -> None:
    (one,) = read(media=None).values()
    assert one.full_name(ACCOUNT, REGION) == "prod-storage-media"
    assert (one.versioning, one.ownership, one.encryption.algorithm, one.encryption.blocked) == (True, "enforced", "aes256", None)
    assert set(one.access.public_access.values()) == {True}
    assert (one.lifecycle.abort_uploads_days, one.lifecycle.noncurrent_days) == (7, 90)


def test_a_bucket_for_logs_has_no_versions() -> None:
    (one,) = read(logs={"logs_from": ["load_balancers"]}).values()
    assert (one.versioning, one.lifecycle.noncurrent_days) == (False, 0)


def test_a_name_in_the_namespace_of_the_account() -> None:
    here, there = read(a={"namespace": "account"}, b={"namespace": "account", "region": ELSEWHERE}).values()
    assert here.full_name(ACCOUNT, REGION) == f"prod-storage-a-{ACCOUNT}-eu-west-1-an"
    assert there.full_name(ACCOUNT, REGION) == f"prod-storage-b-{ACCOUNT}-us-east-1-an"


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "upper case": ({"name": "Shop-media"}, "name is 'Shop-media', but names of buckets have no upper case; shop-media would be valid"),
    "an underscore": ({"name": "shop_media"}, "shop-media would be valid"),
    "a dot": ({"name": "media.example.com"}, "does not work with TLS"),
    "too short": ({"name": "ab"}, "it has 2 characters, and S3 accepts 3 to 63"),
    "too long": ({"name": "a" * 64}, "it has 64 characters"),
    "too long with the suffix": ({"name": "a" * 40, "namespace": "account"}, "it has 66 characters"),
    "a hyphen at the end": ({"name": "media-"}, "beginning and ending with a letter or a digit"),
    "a reserved beginning": ({"name": "xn--media"}, "S3 reserves names that begin with xn--"),
    "a reserved end": ({"name": "media-s3alias"}, "S3 reserves names that end with -s3alias"),
    "an unknown setting": ({"versionning": True}, "versionning is not a setting; did you mean versioning?"),
    "no region": ({"region": "Ireland"}, "it must be the name of a region"),
    "an object lock": ({"object_lock": True}, "this role does not lock objects"),
    "a key without kms": ({"encryption": {"kms_key_arn": KEY}}, "algorithm is aes256; set algorithm: kms, or remove the key"),
    "an alias as a key": ({"encryption": {"algorithm": "kms", "kms_key_arn": "alias/media"}}, "it must be the ARN of a KMS key"),
    "a key elsewhere": (
        {"region": ELSEWHERE, "encryption": {"algorithm": "kms", "kms_key_arn": KEY}},
        "the bucket is in us-east-1, and S3 uses keys of its own region only",
    ),
    "a bucket key for two layers": ({"encryption": {"algorithm": "kms_dsse", "bucket_key": True}}, "S3 has no bucket keys for kms_dsse"),
    "nothing and something is blocked": ({"encryption": {"blocked_types": ["NONE", "SSE-C"]}}, "NONE means that nothing is blocked"),
    "logs with a key": (
        {"logs_from": ["load_balancers"], "encryption": {"algorithm": "kms"}},
        "encryption.algorithm is 'kms', but the bucket gets logs (load_balancers), which do not arrive in a bucket with a KMS key",
    ),
    "an unknown sender": ({"logs_from": ["nginx"]}, "it must be one of server_access, load_balancers"),
    "logs to nowhere": (
        {"access_logs": {"bucket": "logz"}},
        "access_logs.bucket is 'logz', but it is not one of the buckets; did you mean logs?",
    ),
    "logs of its own": ({"access_logs": {"bucket": "media"}}, "a bucket that logs to itself logs its own logs"),
    "logs in another region": ({"access_logs": {"bucket": "copies"}}, "S3 delivers logs only within one"),
    "copies to nowhere": ({"replication": {"to": "backup"}}, "it is not one of the buckets"),
    "copies to itself": ({"replication": {"to": "media"}}, "a bucket cannot replicate to itself"),
    "copies without versions": (
        {"versioning": False, "replication": {"to": "copies"}},
        "buckets.media.versioning is False, but replication (buckets.media.replication) needs versioning on both buckets",
    ),
    "copies to a bucket without versions": ({"replication": {"to": "logs"}}, "buckets.logs.versioning is False, but replication"),
    "copies to a bucket without a key": (
        {"encryption": {"algorithm": "kms"}, "replication": {"to": "copies"}},
        "buckets.copies.encryption.algorithm is 'aes256', but objects that are encrypted with KMS are replicated only to a bucket with",
    ),
    "copies of what exists": (
        {"replication": {"to": "copies", "existing_objects": True}},
        "a rule replicates only what is written after it exists",
    ),
    "two prefixes for the same objects": ({"replication": {"to": "copies", "prefixes": ["a/", "a/b/"]}}, "'a/' already covers it"),
    "time control without metrics": (
        {"replication": {"to": "copies", "time_control": True, "metrics": False}},
        "time_control comes with metrics",
    ),
    "no principal": ({"policy_statements": [{"Effect": "Allow", "Action": "s3:GetObject"}]}, "the statement has no Principal"),
    "no effect": ({"policy_statements": [{"Principal": "*", "Action": "s3:GetObject"}]}, "it must be Allow or Deny"),
    "our own identifier": (
        {"policy_statements": [{"Sid": "MainstayOnlyTls", "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject"}]},
        "identifiers that begin with Mainstay are the role's own",
    ),
    "no origin": ({"cors": [{"methods": ["GET"]}]}, "cors[0].origins is missing: name the origins"),
    "two stars": ({"cors": [{"origins": ["https://*.*.com"]}]}, "S3 accepts one * in an origin"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused(case: str) -> None:
    settings, sentence = REFUSED[case]
    others = {"logs": {"logs_from": ["server_access"]}, "copies": {"region": ELSEWHERE}}
    found = problems({"media": settings, **others})
    assert any(sentence in one for one in found), found


RULES: dict[str, tuple[dict[str, Any], str]] = {
    "nothing to do": ({}, "set transitions, expire_days, noncurrent_transitions, or noncurrent_days"),
    "expires before it is archived": (
        {"transitions": {"glacier": 90}, "expire_days": 60},
        "expire_days is 60, but objects move to glacier after 90 days: they would be deleted before they are archived",
    ),
    "expires on the day": ({"transitions": {"glacier": 90}, "expire_days": 90}, "would be deleted before they are archived"),
    "too early for infrequent access": ({"transitions": {"standard_ia": 29}}, "objects move to standard_ia 30 days after their creation"),
    "too early after infrequent access": (
        {"transitions": {"standard_ia": 30, "glacier": 59}},
        "objects move to standard_ia after 30 days, so it must be 60",
    ),
    "backwards": (
        {"transitions": {"glacier": 200, "deep_archive": 100}},
        "objects move to glacier after 200 days, so it must be 201 or more",
    ),
    "an unknown class": ({"transitions": {"cold": 1}}, "cold is not a setting"),
    "old versions expire first": (
        {"noncurrent_transitions": {"glacier": 30}, "noncurrent_days": 30},
        "noncurrent_days is 30, but objects move to glacier after 30 days",
    ),
    "no size matches": ({"expire_days": 1, "larger_than": 10, "smaller_than": 10}, "larger_than is 10, so no object would match"),
}


@pytest.mark.parametrize("case", RULES)
def test_what_is_refused_in_a_lifecycle(case: str) -> None:
    rule, sentence = RULES[case]
    found = problems({"media": {"lifecycle": {"rules": {"one": rule}}}})
    assert any(sentence in one for one in found), found


OVERLAPS: dict[str, tuple[dict[str, Any], bool]] = {
    "everything": ({}, True),
    "a prefix above": ({"prefix": "courses/"}, True),
    "the prefix": ({"prefix": "courses/video/"}, True),
    "another prefix": ({"prefix": "logs/"}, False),
    "a prefix below": ({"prefix": "courses/video/raw/"}, False),
    "a tag that the other does not ask for": ({"tags": {"class": "raw"}}, False),
    "large objects": ({"larger_than": 1000}, False),
}


@pytest.mark.parametrize("case", OVERLAPS)
def test_another_rule_must_not_expire_what_is_to_be_archived(case: str) -> None:
    """Only where it matches every object of the rule that archives."""
    selection, refused = OVERLAPS[case]
    archive = {"prefix": "courses/video/", "transitions": {"glacier": 90}}
    found = problems({"media": {"lifecycle": {"rules": {"archive": archive, "expiry": {**selection, "expire_days": 30}}}}})
    assert bool(found) == refused
    assert all("(rule archive)" in one for one in found)


def test_old_versions_need_versioning() -> None:
    found = problems({"media": {"versioning": False, "lifecycle": {"rules": {"one": {"noncurrent_days": 3}}}}})
    assert any("old versions, which only exist with versioning" in one for one in found)


def test_two_buckets_do_not_replicate_to_each_other() -> None:
    found = problems({"a": {"replication": {"to": "b"}}, "b": {"replication": {"to": "a"}}})
    assert any("buckets.b is replicated back to buckets.a; replicate in one direction" in one for one in found)


def test_two_buckets_have_two_names() -> None:
    assert any("buckets.a has the same name" in one for one in problems({"a": {"name": "shop-one"}, "b": {"name": "shop-one"}}))


def test_the_role_names_its_variable() -> None:
    found = role_errors({"s3_cdn_buckets": {"media": {"name": "X"}}, "s3_cdn_state": "present", "inventory_hostname": "storage"})
    assert [one for one in found if not one.startswith("s3_cdn_buckets.media.name")] == []
    assert found


def test_a_removal_does_not_need_valid_settings() -> None:
    domain = S3CdnDomain({"environment": "prod", "component": "storage", "state": "absent", "buckets": {"media": {"name": "X"}}})
    assert set(domain.kinds) >= {"s3_bucket", "bucket_key", "iam_role"}


def test_the_regions_are_those_of_the_buckets() -> None:
    given = {"environment": "prod", "component": "storage", "state": "present", "region": REGION}
    assert S3CdnDomain({**given, "buckets": {"a": {}, "b": {"region": ELSEWHERE}, "c": {"region": REGION}}}).regions() == (ELSEWHERE,)
