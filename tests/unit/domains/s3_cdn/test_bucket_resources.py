# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What buckets turn into: policies, documents, keys, roles, and what a plan says beside its changes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.aws.place import Place
from ansible_collections.mainstay.aws.plugins.module_utils.component.parts import Context
from ansible_collections.mainstay.aws.plugins.module_utils.domains.s3_cdn.bucket_notes import account_note, replication_notes
from ansible_collections.mainstay.aws.plugins.module_utils.domains.s3_cdn.kinds import bucket_forms as forms
from ansible_collections.mainstay.aws.plugins.module_utils.domains.s3_cdn.lock_out import lock_outs
from ansible_collections.mainstay.aws.plugins.module_utils.domains.s3_cdn.names import names
from ansible_collections.mainstay.aws.plugins.module_utils.domains.s3_cdn.part import Granted
from ansible_collections.mainstay.aws.plugins.module_utils.domains.s3_cdn.part_buckets import Buckets
from ansible_collections.mainstay.aws.plugins.module_utils.domains.s3_cdn.parts import validate
from ansible_collections.mainstay.aws.plugins.module_utils.domains.s3_cdn.resources_buckets import build
from ansible_collections.mainstay.aws.plugins.module_utils.domains.s3_cdn.settings.buckets import Bucket
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import Observed, Resource, ref

PLACE = Place("prod", "storage", "eu-west-1", "123456789012", tags={"owner": "platform"})
CALLER = "arn:aws:sts::123456789012:assumed-role/deployer/run"
ARN = "arn:aws:s3:::prod-storage-media"


def read(**buckets: Any) -> dict[str, Bucket]:
    found, wrong = validate({"buckets": buckets}, Context("prod", "storage", PLACE.region, PLACE.account_id))
    assert not wrong, wrong
    return dict(found["buckets"])


def built(granted: Granted | None = None, **buckets: Any) -> dict[str, Resource]:
    return {one.address: one for one in build(read(**buckets), PLACE, granted or Granted())}


def statements(resource: Resource, document: str = "policy") -> dict[str, Mapping[str, Any]]:
    return {str(one["Sid"]): one for one in resource.properties[document]["Statement"]}


def test_the_policy_is_composed() -> None:
    """Of ours, those that other parts need, and those of the settings, which concern the bucket and its objects."""
    distribution = {"Sid": "Cdn", "Effect": "Allow", "Principal": {"Service": "cloudfront.amazonaws.com"}, "Action": "s3:GetObject"}
    exact = {**distribution, "Condition": {"StringEquals": {"aws:SourceArn": ref("cloudfront_distribution.shop", "arn")}}}
    partner = {"Sid": "Partner", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::210987654321:root"}, "Action": "s3:GetObject"}
    found = statements(built(Granted({"media": [exact]}), media={"policy_statements": [partner]})["s3_bucket.media"])
    assert list(found) == ["MainstayOnlyTls", "Cdn", "Partner"]
    assert found["MainstayOnlyTls"]["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert found["Cdn"]["Condition"]["StringEquals"]["aws:SourceArn"] == ref("cloudfront_distribution.shop", "arn")
    assert found["Partner"]["Resource"] == [ARN, f"{ARN}/*"]


SENDERS = {
    "load_balancers": ("MainstayLoadBalancers", "logdelivery.elasticloadbalancing.amazonaws.com", None),
    "server_access": ("MainstayServerAccessLogs", "logging.s3.amazonaws.com", None),
    "network_load_balancers": ("MainstayNetworkLoadBalancers", "delivery.logs.amazonaws.com", ["arn:aws:logs:eu-west-1:123456789012:*"]),
    "vpc_flow_logs": ("MainstayVpcFlowLogs", "delivery.logs.amazonaws.com", ["arn:aws:logs:eu-west-1:123456789012:*"]),
    "cloudfront": ("MainstayCloudFront", "delivery.logs.amazonaws.com", ["arn:aws:logs:us-east-1:123456789012:delivery-source:*"]),
    "waf": (
        "MainstayWaf",
        "delivery.logs.amazonaws.com",
        ["arn:aws:logs:eu-west-1:123456789012:*", "arn:aws:logs:us-east-1:123456789012:*"],
    ),
}


@pytest.mark.parametrize("sender", SENDERS)
def test_who_delivers_logs(sender: str) -> None:
    """On behalf of this account alone; CloudFront's deliveries are in us-east-1, whatever the bucket's region."""
    sid, service, sources = SENDERS[sender]
    found = statements(built(logs={"logs_from": [sender]})["s3_bucket.logs"])[sid]
    assert (found["Principal"], found["Action"]) == ({"Service": service}, "s3:PutObject")
    assert found["Condition"]["StringEquals"]["aws:SourceAccount"] == "123456789012"
    assert found["Condition"].get("ArnLike", {}).get("aws:SourceArn") == sources


def test_only_the_buckets_that_name_it_log_to_a_bucket() -> None:
    found = statements(built(media={"access_logs": {"bucket": "logs"}}, logs={})["s3_bucket.logs"])["MainstayServerAccessLogs"]
    assert found["Condition"]["ArnLike"] == {"aws:SourceArn": [ARN]}


def test_a_key_in_each_region_that_needs_one_names_who_reads_its_buckets() -> None:
    reads = {
        "Sid": "Cdn",
        "Effect": "Allow",
        "Principal": {"Service": "cloudfront.amazonaws.com"},
        "Action": "kms:Decrypt",
        "Resource": "*",
    }
    kms = {"encryption": {"algorithm": "kms"}}
    found = built(Granted(keys={"media": [reads]}), media=kms, copies={**kms, "region": "us-east-1"}, plain={})
    assert {one for one in found if one.startswith("bucket_key.")} == {"bucket_key.storage", "bucket_key.us-east-1"}
    assert list(statements(found["bucket_key.storage"])) == ["AccountDecidesByIam", "Cdn"]
    assert list(statements(found["bucket_key.us-east-1"])) == ["AccountDecidesByIam"]
    assert found["s3_bucket.copies"].properties["encryption"]["key"] == ref("bucket_key.us-east-1", "arn")


def test_replication_selects_what_is_encrypted_and_may_use_both_keys() -> None:
    kms = {"encryption": {"algorithm": "kms"}}
    found = built(media={**kms, "replication": {"to": "copies", "prefixes": ["a/", "b/"]}}, copies={**kms, "region": "us-east-1"})
    first, second = found["s3_bucket.media"].properties["replication"]["rules"]
    assert (first["Filter"], second["Filter"], second["Priority"]) == ({"Prefix": "a/"}, {"Prefix": "b/"}, 2)
    assert first["DeleteMarkerReplication"] == {"Status": "Disabled"}
    assert first["SourceSelectionCriteria"] == {"SseKmsEncryptedObjects": {"Status": "Enabled"}}
    assert first["Destination"]["EncryptionConfiguration"] == {"ReplicaKmsKeyID": ref("bucket_key.us-east-1", "arn")}
    assert first["Destination"]["Bucket"] == ref("s3_bucket.copies", "versioned_arn")
    may = statements(found["iam_role.replication/media"], "inline_policy")
    assert may["DecryptSource"]["Condition"] == {"StringEquals": {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}}
    assert may["EncryptReplicas"]["Condition"] == {"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}}
    assert may["EncryptReplicas"]["Resource"] == ref("bucket_key.us-east-1", "arn")


def test_time_control_and_metrics() -> None:
    found = built(media={"replication": {"to": "copies", "time_control": True, "storage_class": "standard_ia"}}, copies={})
    (rule,) = found["s3_bucket.media"].properties["replication"]["rules"]
    assert rule["Destination"]["ReplicationTime"] == {"Status": "Enabled", "Time": {"Minutes": 15}}
    assert rule["Destination"]["Metrics"] == {"Status": "Enabled", "EventThreshold": {"Minutes": 15}}
    assert (rule["Destination"]["StorageClass"], "SourceSelectionCriteria" in rule) == ("STANDARD_IA", False)


FILTERS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "everything": ({}, {"Prefix": ""}),
    "a prefix": ({"prefix": "a/"}, {"Prefix": "a/"}),
    "a tag": ({"tags": {"x": "1"}}, {"Tag": {"Key": "x", "Value": "1"}}),
    "two tags": ({"tags": {"x": "1", "y": "2"}}, {"And": {"Tags": [{"Key": "x", "Value": "1"}, {"Key": "y", "Value": "2"}]}}),
    "a prefix and a size": ({"prefix": "a/", "larger_than": 9}, {"And": {"Prefix": "a/", "ObjectSizeGreaterThan": 9}}),
    "a size": ({"smaller_than": 9}, {"ObjectSizeLessThan": 9}),
}


@pytest.mark.parametrize("case", FILTERS)
def test_what_a_rule_selects(case: str) -> None:
    settings, wanted = FILTERS[case]
    found = built(media={"lifecycle": {"rules": {"one": {**settings, "expire_days": 5}}}})["s3_bucket.media"].properties["lifecycle"]
    assert [one["Filter"] for one in found["rules"] if one["ID"] == "one"] == [wanted]


def test_no_rules_at_all() -> None:
    found = built(media={"lifecycle": {"abort_uploads_days": 0, "noncurrent_days": 0}})["s3_bucket.media"]
    assert found.properties["lifecycle"] is None


NEW, CARRIED = forms.NEW_BLOCKED, {"algorithm": "AES256", "bucket_key": False, "blocked": []}


def test_what_is_not_given_is_carried() -> None:
    """A new bucket gets the safe value, an existing one keeps its own: a put without it would flip it."""
    plain = {"algorithm": "AES256", "bucket_key": False}
    assert forms.effective_encryption(plain, None) == {**plain, "blocked": list(NEW)}
    assert forms.effective_encryption(plain, CARRIED) == CARRIED
    assert forms.effective_encryption({**plain, "blocked": ["SSE-C"]}, CARRIED) == {**plain, "blocked": ["SSE-C"]}
    rules = {"rules": [{"ID": "a"}]}
    assert forms.effective_lifecycle(rules, {"minimum_size": "varies_by_storage_class"}) == {
        **rules,
        "minimum_size": "varies_by_storage_class",
    }
    assert forms.effective_lifecycle(rules, None) == {**rules, "minimum_size": "all_storage_classes_128K"}
    assert forms.effective_lifecycle(None, {"minimum_size": "varies_by_storage_class"}) is None


def test_the_order_within_documents_does_not_count() -> None:
    one = {"rules": [{"ID": "b", "Transitions": [{"Days": 180}, {"Days": 30}]}, {"ID": "a", "Tags": []}]}
    other = {"rules": [{"ID": "a"}, {"ID": "b", "Transitions": [{"Days": 30}, {"Days": 180}]}]}
    assert forms.lifecycle(one) == forms.lifecycle(other)
    assert forms.cors([{"AllowedMethods": ["PUT", "GET"], "ExposeHeaders": []}]) == forms.cors([{"AllowedMethods": ["GET", "PUT"]}])


def deny(**more: Any) -> dict[str, Any]:
    return {"Effect": "Deny", "Principal": "*", "Action": "s3:*", **more}


LOCKS: dict[str, tuple[dict[str, Any], bool]] = {
    "everybody everything": (deny(), True),
    "everything but objects": (deny(Action=None, NotAction="s3:GetObject"), True),
    "the policy": (deny(Action=["s3:PutBucketPolicy"]), True),
    "the account": (deny(Principal={"AWS": "arn:aws:iam::123456789012:root"}), True),
    "the role itself": (deny(Principal={"AWS": "arn:aws:iam::123456789012:role/deployer"}), True),
    "outside of an endpoint": (deny(Condition={"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}), True),
    "outside of an address": (deny(Condition={"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}}), True),
    "objects only": (deny(Action="s3:*Object"), False),
    "objects as resources": (deny(Resource=f"{ARN}/*"), False),
    "another role": (deny(Principal={"AWS": "arn:aws:iam::123456789012:role/reader"}), False),
    "another account": (deny(Principal={"AWS": "arn:aws:iam::210987654321:root"}), False),
    "without TLS": (deny(Condition={"Bool": {"aws:SecureTransport": "false"}}), False),
    "old TLS": (deny(Condition={"NumericLessThan": {"s3:TlsVersion": "1.2"}}), False),
    "everybody but the role": (deny(Condition={"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::123456789012:role/*deployer"}}), False),
    "everybody but the role by name": (
        deny(Condition={"ArnNotEquals": {"aws:PrincipalArn": "arn:aws:iam::123456789012:role/deployer"}}),
        False,
    ),
    "everybody but another role": (deny(Condition={"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::123456789012:role/admin"}}), True),
    "other accounts": (deny(Condition={"StringNotEquals": {"aws:PrincipalAccount": "123456789012"}}), False),
    "an endpoint, but not for the role": (
        deny(
            Condition={
                "StringNotEquals": {"aws:SourceVpce": "vpce-1"},
                "ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::123456789012:role/deployer"},
            }
        ),
        False,
    ),
    "everybody but named ones": (
        {"Effect": "Deny", "NotPrincipal": {"AWS": "arn:aws:iam::123456789012:role/deployer"}, "Action": "s3:*"},
        False,
    ),
    "all but others": ({"Effect": "Deny", "NotPrincipal": {"AWS": "arn:aws:iam::123456789012:role/admin"}, "Action": "s3:*"}, True),
    "an allow": ({"Effect": "Allow", "Principal": "*", "Action": "s3:*"}, False),
}


@pytest.mark.parametrize("case", LOCKS)
def test_a_policy_does_not_lock_the_caller_out(case: str) -> None:
    statement, refused = LOCKS[case]
    given = {name: value for name, value in statement.items() if value is not None}
    found = list(lock_outs([given], "buckets.media.policy_statements", ARN, CALLER))
    assert bool(found) == refused
    assert all(one.startswith("buckets.media.policy_statements[0] denies s3:") and "ArnNotLike" in one for one in found)


def test_statements_of_others_stay_by_their_identifier() -> None:
    document = {"Version": "2012-10-17", "Statement": [{"Sid": "AWSLogDeliveryWrite"}, {"Sid": "ByHand"}]}
    assert [one["Sid"] for one in forms.kept(document, ["AWSLogDelivery*"])] == ["AWSLogDeliveryWrite"]
    assert forms.without_kept(document, ["AWSLogDelivery*"]) == {"Version": "2012-10-17", "Statement": [{"Sid": "ByHand"}]}
    assert forms.without_kept(document, ["*"]) is None


def test_what_a_plan_says() -> None:
    buckets = read(
        media={"replication": {"to": "copies"}, "lifecycle": {"rules": {"e": {"expire_days": 30}}}},
        copies={"region": "us-east-1"},
    )
    there = [Observed("s3_bucket", "s3_bucket.media", "prod-storage-media", {})]
    first, second = replication_notes(buckets, there)
    assert "objects that are already in prod-storage-media are not replicated" in first
    assert "objects that expire in media stay in copies" in second
    assert list(replication_notes(read(media={}), there)) == []
    assert "BlockPublicPolicy" in next(account_note({"BlockPublicAcls": True}, True))
    assert list(account_note({}, False)) == []


def test_outputs_have_their_keys_by_region() -> None:
    attributes = {
        "s3_bucket.media": {"id": "prod-storage-media", "arn": ARN, "domain_name": "d", "region": "eu-west-1"},
        "bucket_key.storage": {"arn": "one"},
        "bucket_key.us-east-1": {"arn": "two"},
    }
    found = Buckets(Context("prod", "storage", "eu-west-1")).outputs({}, attributes)
    assert found == {
        "buckets": {"media": {"name": "prod-storage-media", "arn": ARN, "domain_name": "d", "region": "eu-west-1"}},
        "key_arns": {"eu-west-1": "one", "us-east-1": "two"},
    }


def test_what_policies_are_limited_to() -> None:
    found = names({"a": {}, "b": {"name": "shop-b", "namespace": "account", "region": "us-east-1"}}, "prod", "storage")
    assert (found.buckets, found.regions) == (("prod-storage-a", "shop-b-*-an"), ("us-east-1",))


def test_a_resource_is_plain_data() -> None:
    for one in built(media={"encryption": {"algorithm": "kms"}}).values():
        json.dumps(one.properties, default=str)
