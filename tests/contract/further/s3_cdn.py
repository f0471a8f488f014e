# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What buckets add to an account: how they are counted, and cases that the smallest one does not cover."""

from __future__ import annotations

from typing import Any

from ansible_collections.mainstay.aws.plugins.module_utils.aws.operations import Operation
from ansible_collections.mainstay.aws.plugins.module_utils.aws.place import Place
from ansible_collections.mainstay.aws.plugins.module_utils.aws.policies import key_policy, policy
from ansible_collections.mainstay.aws.plugins.module_utils.aws.samples import Drift, Sample
from ansible_collections.mainstay.aws.plugins.module_utils.domains.s3_cdn.bucket_policy import only_tls
from ansible_collections.mainstay.aws.plugins.module_utils.domains.s3_cdn.samples_buckets import bucket_resource
from ansible_collections.mainstay.aws.plugins.module_utils.kinds.samples import role_resource
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import Resource, ref
from tests.contract.account import listed
from tests.contract.further.shared import ELSEWHERE, FEW, MANY, keys


def replicated(place: Place) -> Sample:
    """From a bucket in another region to one with a key; the change ends replication, logging, and the policy. Tags are removed."""
    key = Resource("bucket_key", "copies", {"description": "copies", "policy": key_policy(place)})
    copies = bucket_resource(place, "copies", encryption=_kms(ref(key.address, "arn")))
    logs = bucket_resource(place, "logs", region=ELSEWHERE)
    role = role_resource(place, "s3.amazonaws.com", name="replication")
    statement = {**only_tls(), "Resource": f"arn:aws:s3:::{place.environment}-{place.component}-uploads/*"}
    return Sample(
        bucket_resource(
            place,
            "uploads",
            region=ELSEWHERE,
            ownership="ObjectWriter",
            policy=policy(statement),
            cors=[{"AllowedOrigins": ["https://shop.example.com"], "AllowedMethods": ["GET"]}],
            access_logs={"bucket": ref(logs.address), "prefix": "s3/"},
            replication={"role": ref(role.address, "arn"), "rules": [_rule()]},
            tags=MANY,
        ),
        needs=(key, copies, logs, role),
        change={
            "ownership": "BucketOwnerEnforced",
            "policy": None,
            "lifecycle": None,
            "cors": None,
            "access_logs": None,
            "replication": None,
            "tags": FEW,
        },
        drift=Drift(
            Operation("s3control", "untag_resource"),
            lambda one: {"AccountId": place.account_id, "ResourceArn": one.attributes["arn"], "TagKeys": ["team"]},
            "tags",
        ),
    )


def _kms(key: Any) -> dict[str, Any]:
    return {"algorithm": "aws:kms", "key": key, "bucket_key": True}


def _rule() -> dict[str, Any]:
    return {
        "ID": "copies",
        "Priority": 1,
        "Status": "Enabled",
        "Filter": {"Prefix": ""},
        "DeleteMarkerReplication": {"Status": "Disabled"},
        "Destination": {"Bucket": ref("s3_bucket.copies", "versioned_arn"), "Metrics": {"Status": "Enabled"}},
    }


COUNTS = {"bucket_key": keys, "s3_bucket": listed("s3", "list_buckets", "Buckets")}
FURTHER = {"s3_cdn": {"replicated": replicated}}
