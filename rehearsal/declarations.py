"""Per-service declarations in `services/<service>.py`: facts that the cloud needs before the service is first called.

A file in `services/` is named after its service and holds one `SERVICE = Service(...)`. It must import only this module, because all of
these files are read when the cloud starts, and also when only a seed is validated. Code belongs in `extensions/` and `refusals/` (see
`registry.py`), which are imported when the service is first called.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache


@dataclass(frozen=True)
class Transition:
    """A kind of resource whose state changes take time, by the name used in settings and scripts; `transitions.py` simulates them.

    `through` names the state shown before a settled one. `owner` is moto's class, and `attribute` is where it keeps the state. A resource
    that AWS created with the account (flagged by the attribute `given`) is settled from the start.
    """

    name: str
    owner: str
    attribute: str
    through: Mapping[str, str]
    given: str | None = None


@dataclass(frozen=True)
class Listing:
    """A kind of resource whose lists can lag (`visibility.py`), and where its calls carry its identity.

    created: path of the identity in the create call's response, or `input:Name` if the caller chose it.
    listed: the list in the read call's response, and the member of its items that holds the identity; "" if the items are identities.
    asked: the parameter that names individual resources, and the error for one that does not exist.
    """

    create: str
    created: str
    read: str
    listed: tuple[str, str]
    asked: tuple[str, str] | None = None


@dataclass(frozen=True)
class Quota:
    """A quota by its Service Quotas name. `service` is its code there: VPC quotas have a code of their own."""

    service: str
    code: str
    title: str
    default: int  # AWS's default


Rate = tuple[float, float]  # burst, refill per second


@dataclass(frozen=True)
class Throttled:
    """How a service rejects a call above its rate limit. `{operation}` in the message is replaced by the call's operation."""

    code: str = "ThrottlingException"
    message: str = "Rate exceeded"
    status: int = 400


@dataclass(frozen=True)
class Service:
    """One service, by its botocore name. Every other field defaults to AWS's most common behavior.

    transitions, listings: kinds of resources whose states take time, and whose lists lag.
    quotas: by the names used in the setting `quotas`; a function in `refusals/` enforces each.
    rates: by operation, else by "read" or "change" (one bucket per operation), else by "*" (one bucket for all).
    throttled: the error for a call above its rate limit.
    idempotency_mismatch: the error code when a client token is reused with different parameters.
    tokens_replayed: whether a repeated client token gets the first response again. False: the service's own functions decide.
    action_prefix: the prefix of the service's actions in policies, and of its ARNs after `arn:aws:`, if it is not the service's name.
    condition_keys: service-specific keys that its authorizations fill in, in lowercase. IAM ignores the case of keys.
    regional: false for a global service; its calls count as made in us-east-1.
    reads, changes: operations whose names misrepresent whether they make lasting changes.
    """

    name: str
    transitions: tuple[Transition, ...] = ()
    listings: tuple[Listing, ...] = ()
    quotas: Mapping[str, Quota] = field(default_factory=dict)
    rates: Mapping[str, Rate] = field(default_factory=dict)
    throttled: Throttled = Throttled()
    idempotency_mismatch: str = "IdempotentParameterMismatch"
    tokens_replayed: bool = True
    action_prefix: str = ""
    condition_keys: frozenset[str] = frozenset()
    regional: bool = True
    reads: frozenset[str] = frozenset()
    changes: frozenset[str] = frozenset()

    @property
    def prefix(self) -> str:
        return self.action_prefix or self.name


@cache
def services() -> Mapping[str, Service]:
    """All services that have a file, by name. Raises ValueError for a file that is not named after its service."""
    package = importlib.import_module("rehearsal.services")
    found: dict[str, Service] = {}
    for file in sorted(module.name for module in pkgutil.iter_modules(package.__path__)):
        service: Service = importlib.import_module(f"{package.__name__}.{file}").SERVICE
        if service.name.replace("-", "_") != file:
            raise ValueError(f"services/{file}.py declares {service.name!r}; it must be named after its service")
        found[service.name] = service
    return found


def service(name: str) -> Service:
    """A service's declarations; the defaults if it has no file."""
    return services().get(name) or Service(name)


def collected[K: Hashable, V](
    what: str, of: Callable[[Service], Iterable[tuple[K, V]]], among: Iterable[Service] | None = None
) -> dict[K, V]:
    """All declarations of one type across services, by name; `of` returns the (name, value) pairs of one service.

    Raises ValueError for a duplicate name, because one of the two would be silently ignored.
    """
    found: dict[K, V] = {}
    owners: dict[K, str] = {}
    for one in services().values() if among is None else among:
        for name, value in of(one):
            if name in found:
                raise ValueError(f"the {what} {name!r} is declared twice: by {owners[name]} and by {one.name}")
            found[name], owners[name] = value, one.name
    return found
