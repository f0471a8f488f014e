"""How often may be called: AWS's token buckets, enforced when the setting `rate_limits` says so.

EC2 has one bucket for each action; other services too, or one for all. The figures are those that AWS publishes ("Request throttling for
the Amazon EC2 API", KMS "Request quotas", quotas of CloudWatch Logs, STS and Service Quotas). What is not listed is not limited.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from rehearsal.replies import Refusal

Rate = tuple[float, float]  # how many at once, how many more each second

AWS: dict[str, Rate] = {
    "ec2:read": (100, 20),
    "ec2:change": (50, 5),
    "ec2:AssociateNatGatewayAddress": (10, 1),
    "ec2:CreateNatGateway": (10, 1),
    "ec2:CreateTags": (100, 10),
    "ec2:CreateVpcEndpoint": (4, 0.3),
    "ec2:DeleteNatGateway": (10, 1),
    "ec2:DeleteTags": (100, 10),
    "ec2:DeleteVpcEndpoints": (4, 0.3),
    "ec2:DisassociateNatGatewayAddress": (10, 1),
    "ec2:ModifyVpcEndpoint": (4, 0.3),
    "kms:change": (5, 5),
    "kms:DescribeKey": (100, 100),
    "kms:GetKeyPolicy": (30, 30),
    "kms:GetKeyRotationStatus": (30, 30),
    "kms:ListAliases": (100, 100),
    "kms:ListResourceTags": (100, 100),
    "logs:read": (10, 10),
    "logs:change": (10, 10),
    "service-quotas:read": (10, 5),
    "service-quotas:ListServiceQuotas": (20, 10),
    "service-quotas:ListAWSDefaultServiceQuotas": (20, 10),
    "sts": (600, 600),
}
"""By `service:Operation`, else by `service:read` or `service:change` (one bucket for each operation), else by `service` (one for all)."""


def parse(value: Any) -> dict[str, Rate]:
    """The setting: "aws", or a table like `AWS` of [burst, per second]; {} enforces nothing."""
    if value == "aws":
        return dict(AWS)
    found: dict[str, Rate] = {}
    for name, rate in value.items():
        burst, per_second = (float(number) for number in rate)
        if burst < 1 or per_second <= 0:
            raise ValueError(f"{name}: at least one at once, and more than none a second")
        found[str(name)] = (burst, per_second)
    return found


def bucket_of(limits: Mapping[str, Rate], service: str, operation: str, mutating: bool) -> tuple[str, Rate] | None:
    """(name of the bucket, its rate) of an operation; None if it is not limited."""
    name = f"{service}:{operation}"
    for key in (name, f"{service}:{'change' if mutating else 'read'}"):
        if key in limits:
            return name, limits[key]
    return (service, limits[service]) if service in limits else None


class RateLimits:
    """The buckets of one account, by region."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._levels: dict[tuple[str, str], tuple[float, float]] = {}
        self._lock = threading.Lock()

    def clear(self) -> None:
        with self._lock:
            self._levels.clear()

    def check(self, limits: Mapping[str, Rate], region: str, service: str, operation: str | None, mutating: bool) -> None:
        """Takes a token for a call; raises Refusal in the words of the service if there is none."""
        found = bucket_of(limits, service, operation or "", mutating) if limits else None
        if found is None:
            return
        name, (burst, per_second) = found
        with self._lock:
            now = self._clock()
            tokens, at = self._levels.get((region, name), (burst, now))
            tokens = min(burst, tokens + (now - at) * per_second)
            self._levels[region, name] = (tokens - 1 if tokens >= 1 else tokens, now)
        if tokens < 1:
            raise _refusal(service, operation)


def _refusal(service: str, operation: str | None) -> Refusal:
    if service == "ec2":
        text = f"Request limit exceeded. Account has been throttled on ec2:{operation} because it exceeded its request rate limit."
        return Refusal("RequestLimitExceeded", text, 503)
    if service in ("sts", "iam"):
        return Refusal("Throttling", "Rate exceeded", 400)
    if service == "kms":
        return Refusal(
            "ThrottlingException", "You have exceeded the rate at which you may call KMS. Reduce the frequency of your calls.", 400
        )
    if service == "service-quotas":
        return Refusal("TooManyRequestsException", "Rate exceeded", 400)
    return Refusal("ThrottlingException", "Rate exceeded", 400)
