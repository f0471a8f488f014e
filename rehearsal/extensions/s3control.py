"""S3 Control: tags of buckets. Each bucket is tagged in its own region (S3 Control API reference, TagResource)."""

from __future__ import annotations

from typing import Any

from rehearsal.extensions.s3_common import denied, owned
from rehearsal.registry import Call, answers, backend
from rehearsal.replies import Refusal


def _bucket(call: Call) -> Any:
    """The bucket of the call's own account in the call's region."""
    found = owned(str(call.get("ResourceArn")).rpartition(":")[2])
    if found is None or found.region_name != call.region:
        raise Refusal("NoSuchResource", "The specified resource does not exist.", 404)
    if found.account_id != call.account_id or call.get("AccountId") != call.account_id:
        raise denied()
    return found


def _tagger(call: Call) -> Any:
    return backend("s3", call.account_id, call.region).tagger


@answers("s3control", "TagResource")
def tag(call: Call) -> dict[str, Any]:
    _tagger(call).tag_resource(_bucket(call).arn, [dict(one) for one in call.get("Tags") or ()])
    return {}


@answers("s3control", "UntagResource")
def untag(call: Call) -> dict[str, Any]:
    _tagger(call).untag_resource_using_names(_bucket(call).arn, list(call.get("TagKeys") or ()))
    return {}


@answers("s3control", "ListTagsForResource")
def list_tags(call: Call) -> dict[str, Any]:
    found = _tagger(call).get_tag_dict_for_resource(_bucket(call).arn)
    return {"Tags": [{"Key": key, "Value": value} for key, value in found.items()]}
