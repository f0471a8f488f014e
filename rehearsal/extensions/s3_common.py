"""What S3's extensions share: the bucket of a call, its stored configurations, and AWS's errors."""

from __future__ import annotations

from functools import cache
from typing import Any

from rehearsal.registry import Call, backend
from rehearsal.replies import Refusal

STORED = "rehearsed"
"""The attribute of moto's buckets that holds the configurations kept here, by the name of their member in calls."""


@cache
def on_buckets() -> tuple[str, ...]:
    """The operations that name a bucket, except the one that makes it."""
    from moto.core.utils import get_service_model

    model = get_service_model("s3")
    named = (name for name in model.operation_names if name != "CreateBucket")
    return tuple(name for name in named if "Bucket" in getattr(model.operation_model(name).input_shape, "members", {}))


def bucket_of(call: Call) -> Any:
    """moto's bucket, whichever account owns it. Raises NoSuchBucket."""
    found = owned(str(call.get("Bucket") or ""))
    if found is None:
        raise Refusal("NoSuchBucket", "The specified bucket does not exist", 404)
    return found


def owned(name: str) -> Any:
    """moto's bucket with this name, in any account; None if there is none."""
    from moto.s3.models import s3_backends

    place = s3_backends.bucket_accounts.get(name)
    return backend("s3", place[1], "us-east-1").buckets.get(name) if place else None


def stored(bucket: Any) -> dict[str, Any]:
    """The configurations of a bucket that are kept here: a mapping to change."""
    if not hasattr(bucket, STORED):
        setattr(bucket, STORED, {})
    found: dict[str, Any] = getattr(bucket, STORED)
    return found


def denied(message: str = "Access Denied") -> Refusal:
    return Refusal("AccessDenied", message, 403)


def invalid(message: str, code: str = "InvalidRequest") -> Refusal:
    return Refusal(code, message, 400)
