# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The one policy of each bucket, composed of all that needs the bucket. Pure.

Statements without a resource of their own concern the bucket and all of its objects.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ...aws.place import Place
from ...aws.policies import policy
from .part import Statement
from .settings.buckets import Bucket, Buckets, senders
from .settings.buckets_access import OUR_SIDS

DELIVERY = "delivery.logs.amazonaws.com"
CLOUDFRONT_LOGS = "us-east-1"
"""The only region of CloudFront's log deliveries (CloudFront Developer Guide, "Configure standard logging (v2)")."""


def bucket_arn(place: Place, name: str) -> str:
    return f"arn:{place.partition}:s3:::{name}"


def bucket_policy(one: Bucket, buckets: Buckets, granted: Sequence[Statement], place: Place) -> dict[str, Any]:
    """``place``: the component's own. ``granted``: what other parts let in."""
    arn = bucket_arn(place, one.full_name(place.account_id, place.region))
    statements = [only_tls(), *_log_delivery(one, buckets, place, arn), *granted, *one.access.statements]
    return policy(*(_placed(statement, arn) for statement in statements))


def _placed(statement: Statement, arn: str) -> dict[str, Any]:
    has_resource = "Resource" in statement or "NotResource" in statement
    return {**statement, **({} if has_resource else {"Resource": [arn, f"{arn}/*"]})}


def only_tls() -> dict[str, Any]:
    """Refuse requests without TLS (AWS Foundational Security Best Practices, S3.5)."""
    return {
        "Sid": f"{OUR_SIDS}OnlyTls",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


def _log_delivery(one: Bucket, buckets: Buckets, place: Place, arn: str) -> Iterable[dict[str, Any]]:
    """What each sender of logs needs, for this account alone."""
    here = place.in_region(one.region or place.region)
    for sender in senders(one, buckets):
        if sender == "server_access":
            yield _server_access(one, buckets, place, arn)
        elif sender == "load_balancers":
            # Elastic Load Balancing User Guide, "Enable access logs for your Application Load Balancer"
            yield _delivery("LoadBalancers", "logdelivery.elasticloadbalancing.amazonaws.com", arn, here)
        else:
            yield from _vended(sender, arn, here)


def _server_access(one: Bucket, buckets: Buckets, place: Place, arn: str) -> dict[str, Any]:
    """Amazon S3 User Guide, "Permissions for log delivery": the sources are the buckets that name this one, or any of the account."""
    sources = [
        bucket_arn(place, other.full_name(place.account_id, place.region))
        for other in buckets.values()
        if other.access.access_logs and other.access.access_logs.bucket == one.name
    ]
    found = _delivery("ServerAccessLogs", "logging.s3.amazonaws.com", arn, place)
    declared = "server_access" in one.access.logs_from
    return found if declared else _within(found, "ArnLike", {"aws:SourceArn": sources})


def _vended(sender: str, arn: str, place: Place) -> Iterable[dict[str, Any]]:
    """Logs that CloudWatch Logs delivers (its User Guide, "Enable logging from AWS services")."""
    title = {"network_load_balancers": "NetworkLoadBalancers", "vpc_flow_logs": "VpcFlowLogs", "cloudfront": "CloudFront", "waf": "Waf"}[
        sender
    ]
    regions = [CLOUDFRONT_LOGS] if sender == "cloudfront" else [place.region, CLOUDFRONT_LOGS] if sender == "waf" else [place.region]
    what = "delivery-source:*" if sender == "cloudfront" else "*"
    sources = {"aws:SourceArn": [place.in_region(region).arn("logs", what) for region in dict.fromkeys(regions)]}
    put = _within(_delivery(title, DELIVERY, arn, place), "ArnLike", sources)
    yield _within(put, "StringEquals", {"s3:x-amz-acl": "bucket-owner-full-control"})
    looked = {**_delivery(f"{title}Check", DELIVERY, arn, place), "Action": ["s3:GetBucketAcl", "s3:ListBucket"], "Resource": arn}
    yield _within(looked, "ArnLike", sources)


def _delivery(title: str, service: str, arn: str, place: Place) -> dict[str, Any]:
    return {
        "Sid": f"{OUR_SIDS}{title}",
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": "s3:PutObject",
        "Resource": f"{arn}/*",
        "Condition": {"StringEquals": {"aws:SourceAccount": place.account_id}},
    }


def _within(statement: Mapping[str, Any], operator: str, keys: Mapping[str, Any]) -> dict[str, Any]:
    """The statement with one more condition."""
    condition = dict(statement["Condition"])
    return {**statement, "Condition": {**condition, operator: {**condition.get(operator, {}), **keys}}}
