# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The smallest bucket, for tests that create, change and delete one of each kind."""

from __future__ import annotations

from typing import Any

from ...aws.operations import Operation
from ...aws.place import Place
from ...aws.policies import key_policy
from ...aws.samples import Drift, Sample
from ...kinds import samples as shared
from ...reconcile.model import Resource
from .bucket_documents import lifecycle_document
from .settings.buckets import Bucket
from .settings.buckets_access import BLOCKS
from .settings.buckets_lifecycle import Lifecycle, Rule

NAME = "sample"


def samples(place: Place) -> tuple[Sample, ...]:
    return (key(place), shared.role(place), bucket(place))


def key(place: Place) -> Sample:
    return Sample(
        Resource("bucket_key", NAME, {"description": "one", "policy": key_policy(place)}),
        change={"description": "two"},
        drift=Drift(Operation("kms", "update_key_description"), lambda one: {"KeyId": one.id, "Description": "by hand"}, "description"),
    )


def bucket_resource(place: Place, name: str = NAME, **more: Any) -> Resource:
    described = Bucket(name, "", f"{place.environment}-{place.component}-{name}")
    properties = {
        "bucket_name": described.full_name(place.account_id, place.region),
        "ownership": "BucketOwnerEnforced",
        "public_access_block": dict.fromkeys(BLOCKS, True),
        "versioning": True,
        "encryption": {"algorithm": "AES256", "bucket_key": False, "blocked": ["NONE"]},
        "lifecycle": lifecycle_document(Lifecycle(noncurrent_days=30), True),
        "cors": None,
        "tags": shared.ONE,
    }
    return Resource("s3_bucket", name, {**properties, **more})


def bucket(place: Place) -> Sample:
    archive = Lifecycle(rules=(Rule("archive", "", "logs/", transitions={"standard_ia": 30, "glacier": 90}, expire_days=400),))
    return Sample(
        bucket_resource(place),
        change={
            "public_access_block": {**dict.fromkeys(BLOCKS, True), "block_public_policy": False},
            "versioning": False,
            "encryption": {"algorithm": "AES256", "bucket_key": False, "blocked": ["SSE-C"]},
            "lifecycle": lifecycle_document(archive, False),
            "cors": [{"AllowedOrigins": ["https://shop.example.com"], "AllowedMethods": ["GET"]}],
            "tags": shared.TWO,
        },
        drift=Drift(
            Operation("s3", "put_bucket_versioning"),
            lambda one: {"Bucket": one.id, "VersioningConfiguration": {"Status": "Suspended"}},
            "versioning",
        ),
    )
