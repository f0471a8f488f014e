"""Logs that AWS delivers to buckets: server access logs of S3, and those of other services.

A bucket whose policy does not let the sender in gets nothing, and neither does one with a KMS key where the sender supports none (Amazon S3
User Guide, "Enabling Amazon S3 server access logging"; Elastic Load Balancing User Guide, "Enable access logs"). No call fails.
"""

from __future__ import annotations

from typing import Any

from rehearsal.extensions.s3_access import service_may
from rehearsal.extensions.s3_common import owned, stored
from rehearsal.registry import adjusts, backend

SERVER_ACCESS = "logging.s3.amazonaws.com"
LOAD_BALANCERS = "logdelivery.elasticloadbalancing.amazonaws.com"
WITHOUT_KMS = (SERVER_ACCESS, LOAD_BALANCERS)


@adjusts("s3")
def deliver_where_the_policy_allows_it() -> None:
    from moto.s3.models import S3Backend

    def log_incoming_request(_self: Any, request: Any, bucket_name: str) -> None:
        bucket = owned(bucket_name)
        target = stored(bucket).get("LoggingEnabled") if bucket is not None else None
        if target:
            key = f"{target.get('TargetPrefix') or ''}{bucket.creation_date:%Y-%m-%d-%H-%M-%S}-{len(stored(bucket)):016X}"
            line = f"- {bucket_name} REST.{request.method}.BUCKET"
            deliver(str(target["TargetBucket"]), SERVER_ACCESS, key, line.encode(), source_arn=bucket.arn, source_account=bucket.account_id)

    S3Backend.log_incoming_request = log_incoming_request


def deliver(name: str, service: str, key: str, content: bytes, *, source_arn: str, source_account: str) -> bool:
    """Write a log to a bucket on behalf of a service; returns whether it arrived."""
    bucket = owned(name)
    if bucket is None or not service_may(name, service, "s3:PutObject", key, source_arn=source_arn, source_account=source_account):
        return False
    rules = stored(bucket).get("ServerSideEncryptionConfiguration", {}).get("Rules") or [{}]
    default = (rules[0].get("ApplyServerSideEncryptionByDefault") or {}).get("SSEAlgorithm")
    if default != "AES256" and service in WITHOUT_KMS:
        return False
    backend("s3", bucket.account_id, "us-east-1").put_object(name, key, content)
    return True
