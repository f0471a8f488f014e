"""API rate limits: AWS's token buckets, enforced if the setting `rate_limits` says so.

EC2 has one bucket per action; other services have the same, or one bucket for all actions. The rates are those that AWS publishes. They are
declared in the services' files in `services/`, together with each service's throttling error. An unlisted call is not limited.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from rehearsal import declarations
from rehearsal.declarations import Rate, Service, collected
from rehearsal.replies import Refusal


def _rates(service: Service) -> Iterator[tuple[str, Rate]]:
    for name, rate in service.rates.items():
        yield (service.name if name == "*" else f"{service.name}:{name}"), rate


AWS: Mapping[str, Rate] = collected("rate", _rates)
"""By `service:Operation`, else by `service:read` or `service:change` (one bucket per operation), else by `service` (one for all)."""


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
    """An operation's (bucket name, rate); None if it is not limited."""
    name = f"{service}:{operation}"
    for key in (name, f"{service}:{'change' if mutating else 'read'}"):
        if key in limits:
            return name, limits[key]
    return (service, limits[service]) if service in limits else None


class RateLimits:
    """The buckets by place: an account and a region."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._levels: dict[tuple[str, str], tuple[float, float]] = {}
        self._lock = threading.Lock()

    def clear(self) -> None:
        with self._lock:
            self._levels.clear()

    def check(self, limits: Mapping[str, Rate], place: str, service: str, operation: str | None, mutating: bool) -> None:
        """Takes a token for a call; raises Refusal in the service's wording if the bucket is empty."""
        found = bucket_of(limits, service, operation or "", mutating) if limits else None
        if found is None:
            return
        name, (burst, per_second) = found
        with self._lock:
            now = self._clock()
            tokens, at = self._levels.get((place, name), (burst, now))
            tokens = min(burst, tokens + (now - at) * per_second)
            self._levels[place, name] = (tokens - 1 if tokens >= 1 else tokens, now)
        if tokens < 1:
            raise _refusal(service, operation)


def _refusal(service: str, operation: str | None) -> Refusal:
    said = declarations.service(service).throttled
    return Refusal(said.code, said.message.format(operation=operation), said.status)
