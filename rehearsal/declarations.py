"""What a service says about itself in `services/<service>.py`: facts that the cloud needs before anybody calls the service.

A file in `services/` is named after its service and holds one `SERVICE = Service(...)`. It must import nothing but this module, because
all of them are read when the cloud starts, and also by whoever only checks a seed. What is code stands in `extensions/` and `refusals/`,
see `registry.py`; it is imported when the service is first called.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache


@dataclass(frozen=True)
class Transition:
    """A kind of resource whose states take time, by the name that settings and scripts know; `transitions.py` plays them.

    `through` says which state is shown before a settled one; `owner` is moto's class, `attribute` where it keeps the state.
    What AWS itself made with the account (`given` is the attribute that tells) is settled from the beginning.
    """

    name: str
    owner: str
    attribute: str
    through: Mapping[str, str]
    given: str | None = None


@dataclass(frozen=True)
class Listing:
    """A kind of resource whose lists can lag (`visibility.py`), and where its calls carry its identity.

    created: path of the identity in the reply of the create call, or `input:Name` when the caller chose it.
    listed: the list in the reply of the read call, and the member of its items that is the identity; "" if the items are identities.
    asked: the parameter that names resources one by one, and the error for one that is not there.
    """

    create: str
    created: str
    read: str
    listed: tuple[str, str]
    asked: tuple[str, str] | None = None


@dataclass(frozen=True)
class Quota:
    """What Service Quotas calls a quota. `service` is its code there: the quotas of a VPC have one of their own."""

    service: str
    code: str
    title: str
    default: int  # AWS's


Rate = tuple[float, float]  # how many at once, how many more each second


@dataclass(frozen=True)
class Throttled:
    """How a service refuses a call beyond its rate; `{operation}` in the message is the call's."""

    code: str = "ThrottlingException"
    message: str = "Rate exceeded"
    status: int = 400


@dataclass(frozen=True)
class Service:
    """One service, by botocore's name. Everything else has AWS's most usual answer as its default.

    transitions, listings: kinds of resources whose states take time, and whose lists lag.
    quotas: by the names that the setting `quotas` knows; a function in `refusals/` enforces each.
    rates: by operation, else by "read" or "change" (one bucket for each operation), else by "*" (one for all).
    throttled: the refusal of a call beyond its rate.
    idempotency_mismatch: the code of the refusal when a client token comes again with other parameters.
    action_prefix: what the service's actions begin with in policies and its ARNs after `arn:aws:`, where that is not its name.
    condition_keys: keys of its own that its authorizations fill in, in lower case. IAM takes keys in any case.
    regional: false where there is one service for all regions; its calls are said to be made to us-east-1.
    reads, changes: operations whose names mislead about whether they change anything that lasts.
    """

    name: str
    transitions: tuple[Transition, ...] = ()
    listings: tuple[Listing, ...] = ()
    quotas: Mapping[str, Quota] = field(default_factory=dict)
    rates: Mapping[str, Rate] = field(default_factory=dict)
    throttled: Throttled = Throttled()
    idempotency_mismatch: str = "IdempotentParameterMismatch"
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
    """What a service says about itself; of one that has no file, the usual."""
    return services().get(name) or Service(name)


def collected[K: Hashable, V](
    what: str, of: Callable[[Service], Iterable[tuple[K, V]]], among: Iterable[Service] | None = None
) -> dict[K, V]:
    """What the services declare of one sort, by name; `of` gives the (name, value) pairs of one service.

    Raises ValueError for a name that is there twice: one of the two would silently not count.
    """
    found: dict[K, V] = {}
    owners: dict[K, str] = {}
    for one in services().values() if among is None else among:
        for name, value in of(one):
            if name in found:
                raise ValueError(f"the {what} {name!r} is declared twice: by {owners[name]} and by {one.name}")
            found[name], owners[name] = value, one.name
    return found
