"""The rehearsal cloud's additions to moto, registered by service and operation.

Modules in `extensions/` and `refusals/` register functions with the decorators below. A service's modules are found by name and imported
when the service is first called, which keeps startup fast.

    @refuses("ec2", "DeleteVpc")            raises Refusal, or lets the call through
    @answers("ec2", "DescribeNatGateways")  answers instead of moto; may return MOTO to let moto answer after all
    @settles("ec2")                         runs before each call of the service: applies what has completed since the last one
    @adjusts("ec2")                         runs once, before the service is first used: patches moto's classes
    @authorizes("ec2")                      declares what a call is checked for, if its role has policies
    @belongs("kms", "Decrypt")              the account in which a call is carried out, if it names another account's resource
    @happens("rds", "maintenance_window")   does what AWS does on its own, when a test asks for it: see `happenings.py`
    @lists_tags("eks")                      gives the tagging API (ARN, tags) of all resources in a backend, where moto does not

Facts that are needed before a service is called, such as the names of its quotas, are not functions: see `declarations.py`.
"""

from __future__ import annotations

import importlib
import pkgutil
import threading
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from rehearsal.policies_in_force import Ask
from rehearsal.settings import Settings

MOTO = object()

# Calls are serialized: moto checks, then acts, and reads across services without locks of its own. Background work, such as a cluster's
# simulators, holds this lock while it reads moto's objects, and never while it waits for something else.
one_at_a_time = threading.RLock()


@dataclass(frozen=True)
class Call:
    """One call, as seen by the functions registered here. `parameters` are named as in botocore's model."""

    service: str
    operation: str
    region: str
    account_id: str
    role: str
    issued_key: bool  # signed with a key that the cloud issued, such as an assumed role's
    parameters: Mapping[str, Any]
    settings: Settings
    access_key_id: str | None = None
    caller_account_id: str = ""  # the caller's; `account_id` is that of the resource, which `@belongs` may find elsewhere

    @property
    def is_foreign(self) -> bool:
        """Whether the call concerns a resource of another account than the caller's."""
        return bool(self.caller_account_id) and self.caller_account_id != self.account_id

    def get(self, name: str, default: Any = None) -> Any:
        return self.parameters.get(name, default)

    @property
    def backend(self) -> Any:
        """moto's backend of the called service in the called region."""
        return backend(self.service, self.account_id, self.region)


def backend(service: str, account_id: str, region: str) -> Any:
    """moto's backend of a service; for a service without regions, the partition's backend."""
    from moto.backends import get_backend
    from moto.utilities.utils import get_partition

    of_account = get_backend(service)[account_id]
    return of_account[region] if region in of_account else of_account[get_partition(region)]


type Authorizer = Callable[[Call], Iterator[Ask]]
type Tagger = Callable[[Any], Iterable[tuple[str, dict[str, str]]]]

_refusals: dict[tuple[str, str], list[Callable[[Call], None]]] = defaultdict(list)
_answers: dict[tuple[str, str], Callable[[Call], Any]] = {}
_happenings: dict[tuple[str, str], Callable[[Call], Any]] = {}
_settlers: dict[str, list[Callable[[Call], None]]] = defaultdict(list)
_adjustments: dict[str, list[Callable[[], None]]] = defaultdict(list)
_authorizers: dict[str, Authorizer] = {}
_taggers: dict[str, Tagger] = {}
_owners: dict[tuple[str, str], Callable[[Call], str]] = {}
_ready: set[str] = set()
_lock = threading.RLock()


def refuses[F: Callable[[Call], None]](service: str, *operations: str) -> Callable[[F], F]:
    def register(function: F) -> F:
        for operation in operations:
            _refusals[service, operation].append(function)
        return function

    return register


def answers[F: Callable[[Call], Any]](service: str, *operations: str) -> Callable[[F], F]:
    def register(function: F) -> F:
        for operation in operations:
            _only(_answers, (service, operation), function)
        return function

    return register


def happens[F: Callable[[Call], Any]](service: str, name: str) -> Callable[[F], F]:
    return lambda function: _only(_happenings, (service, name), function)


def settles[F: Callable[[Call], None]](service: str) -> Callable[[F], F]:
    def register(function: F) -> F:
        _settlers[service].append(function)
        return function

    return register


def adjusts[F: Callable[[], None]](service: str) -> Callable[[F], F]:
    def register(function: F) -> F:
        _adjustments[service].append(function)
        return function

    return register


def authorizes[F: Authorizer](service: str) -> Callable[[F], F]:
    return lambda function: _only(_authorizers, service, function)


def lists_tags[F: Tagger](service: str) -> Callable[[F], F]:
    """The tags must be the resource's own object, not a copy, because the tagging API changes them."""
    return lambda function: _only(_taggers, service, function)


def belongs[F: Callable[[Call], str]](service: str, *operations: str) -> Callable[[F], F]:
    """The function returns the ID of the account that owns what the call names; the call is then carried out there.

    A service's refusals decide whether the owner admits the caller: `Call.is_foreign` and `Call.caller_account_id`.
    """

    def register(function: F) -> F:
        for operation in operations:
            _only(_owners, (service, operation), function)
        return function

    return register


def _only[F: Callable[..., Any]](known: dict[Any, Any], key: Hashable, function: F) -> F:
    """Registers a function that must be unique. With two, the order in which files are imported would decide which one counts.

    The same function may be registered again: a file whose import failed is imported again at the next call.
    """
    before = known.get(key, function)
    if (before.__module__, before.__qualname__) != (function.__module__, function.__qualname__):
        raise ValueError(f"{key!r} is registered twice: in {before.__module__} and in {function.__module__}")
    known[key] = function
    return function


def refusals(service: str, operation: str) -> list[Callable[[Call], None]]:
    return _refusals.get((service, operation), [])


def answer(service: str, operation: str) -> Callable[[Call], Any] | None:
    return _answers.get((service, operation))


def owner(service: str, operation: str) -> Callable[[Call], str] | None:
    return _owners.get((service, operation))


def happening(service: str, name: str) -> Callable[[Call], Any] | None:
    return _happenings.get((service, name))


def happenings(service: str) -> list[str]:
    """The names of what can happen in a service."""
    return sorted(name for of, name in _happenings if of == service)


def settlers(service: str) -> list[Callable[[Call], None]]:
    return _settlers.get(service, [])


def authorizer(service: str) -> Authorizer | None:
    return _authorizers.get(service)


def taggers() -> dict[str, Tagger]:
    """By service, for services that have been called."""
    return dict(_taggers)


def prepare(service: str) -> None:
    """Imports everything registered for a service and patches its moto classes. Later calls do nothing."""
    if service in _ready:
        return
    with _lock:
        if service in _ready:
            return
        for package in ("rehearsal.extensions", "rehearsal.refusals"):
            for name in modules_of(package, service):
                importlib.import_module(name)
        for adjust in _adjustments.get(service, []):
            adjust()
        _ready.add(service)


def modules_of(package: str, service: str) -> list[str]:
    """Modules are named after their service: ec2.py, ec2_vpc.py, kms.py, service_quotas.py."""
    service = service.replace("-", "_")
    parent = importlib.import_module(package)
    names = [module.name for module in pkgutil.iter_modules(parent.__path__)]
    return [f"{package}.{name}" for name in sorted(names) if name == service or name.startswith(f"{service}_")]
