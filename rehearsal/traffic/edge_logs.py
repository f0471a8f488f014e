"""Access logs of distributions: each request is an object in the bucket that a delivery names, if the bucket's policy admits it.

AWS collects requests for some minutes. What no policy admits is lost, without an error, as on AWS.
"""

from __future__ import annotations

import gzip
import json
import uuid
from datetime import UTC, datetime
from typing import Any

from rehearsal.extensions.cloudfront_common import Distribution
from rehearsal.registry import backend, one_at_a_time
from rehearsal.traffic.messages import Request, Response

HOME, SERVICE = "us-east-1", "delivery.logs.amazonaws.com"


def deliver(distribution: Distribution, account: str, request: Request, response: Response) -> None:
    """Write the log of one request to wherever the distribution's deliveries lead."""
    with one_at_a_time:
        logs = backend("logs", account, HOME)
        for one in list(logs.deliveries.values()):
            source = logs.delivery_sources.get(one.delivery_source_name)
            goal = next((each for each in logs.delivery_destinations.values() if each.arn == one.delivery_destination_arn), None)
            if source and goal and distribution.arn in source.resource_arns:
                bucket = str(goal.delivery_destination_configuration["destinationResourceArn"]).rpartition(":")[2]
                _write(bucket.partition("/")[0], str(source.arn), account, _key(distribution, one), _entry(distribution, request, response))


def _key(distribution: Distribution, delivery: Any) -> str:
    now = datetime.now(UTC)
    path = str((delivery.s3_delivery_configuration or {}).get("suffixPath") or "")
    parts = {"{DistributionId}": distribution.id, "{yyyy}": f"{now:%Y}", "{MM}": f"{now:%m}", "{dd}": f"{now:%d}", "{HH}": f"{now:%H}"}
    for part, text in parts.items():
        path = path.replace(part, text)
    path = path.strip("/")
    return f"{path}/{distribution.id}.{now:%Y-%m-%d-%H}.{uuid.uuid4().hex[:8]}.gz".lstrip("/")


def _entry(distribution: Distribution, request: Request, response: Response) -> bytes:
    shown = {"DistributionId": distribution.id, "cs-method": request.method, "cs-uri-stem": request.path, "sc-status": str(response.status)}
    return gzip.compress(f"{json.dumps({**shown, 'x-host-header': request.host})}\n".encode())


def _write(bucket: str, source_arn: str, account: str, key: str, body: bytes) -> None:
    from rehearsal.extensions.s3_access import service_may
    from rehearsal.extensions.s3_common import owned

    if owned(bucket) is not None and service_may(bucket, SERVICE, "s3:PutObject", key, source_arn=source_arn, source_account=account):
        backend("s3", account, HOME).put_object(bucket, key, body)
