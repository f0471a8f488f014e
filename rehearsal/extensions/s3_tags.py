"""Tags of buckets: by S3's calls, which replace all of them, and by S3 Control's, which are the only ones where ABAC is on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rehearsal.extensions.s3_common import bucket_of, stored
from rehearsal.registry import Call, answers, lists_tags, refuses
from rehearsal.replies import Refusal


@answers("s3", "PutBucketAbac")
def put_abac(call: Call) -> dict[str, Any]:
    stored(bucket_of(call))["AbacStatus"] = call.get("AbacStatus")
    return {}


@answers("s3", "GetBucketAbac")
def get_abac(call: Call) -> dict[str, Any]:
    return {"AbacStatus": stored(bucket_of(call)).get("AbacStatus") or {"Status": "Disabled"}}


@refuses("s3", "PutBucketTagging", "DeleteBucketTagging")
def only_s3_control(call: Call) -> None:
    if (stored(bucket_of(call)).get("AbacStatus") or {}).get("Status") == "Enabled":
        text = "Attribute-based access control is enabled on this bucket. Use TagResource and UntagResource of S3 Control."
        raise Refusal("InvalidRequest", text, 400)


@lists_tags("s3")
def tags(backend: Any) -> Iterator[tuple[str, dict[str, str]]]:
    for bucket in list(backend.buckets.values()):
        found = backend.tagger.tags.get(bucket.arn)
        if found:
            yield bucket.arn, found
