# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Clients that fail on purpose, at one chosen mutating call."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError
from botocore.parsers import ResponseParserError

READS = ("describe_", "list_", "get_", "can_", "lookup_")


class Killed(BaseException):
    """The process is gone: this call and all later ones never return."""


def refuse(code: str, status: int, message: str = "a fault") -> Callable[[str], Exception]:
    def make(method: str) -> Exception:
        reply: Any = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}
        return ClientError(reply, method)

    return make


def dropped(_method: str) -> Exception:
    return ConnectionClosedError(endpoint_url="http://rehearsal")


def silent(_method: str) -> Exception:
    return ReadTimeoutError(endpoint_url="http://rehearsal")


def cut_off(_method: str) -> Exception:
    return ResponseParserError("truncated")


def killed(_method: str) -> BaseException:
    return Killed()


@dataclass(frozen=True)
class Fault:
    """``before``: what to raise instead of doing anything, ``times`` times. ``after``: what to raise once it is done. ``lag``: seconds for
    which lists do not show what the call made. ``same_run``: whether the run it happens in must come to a good end."""

    name: str
    before: Callable[[str], BaseException] | None = None
    after: Callable[[str], BaseException] | None = None
    times: int = 1
    lag: float = 0.0
    same_run: bool = True
    only: tuple[str, ...] = ()


FAULTS = [
    Fault("F1 killed before", before=killed, same_run=False),
    Fault("F2 reply lost", after=dropped),
    Fault("F3 killed after", after=killed, same_run=False),
    Fault("F4 ThrottlingException", before=refuse("ThrottlingException", 400), times=3),
    Fault("F4 RequestLimitExceeded", before=refuse("RequestLimitExceeded", 503), times=3),
    Fault("F5 connection reset", before=dropped, times=3),
    Fault("F6 503", before=refuse("ServiceUnavailable", 503), times=5),
    Fault("F6 500", before=refuse("InternalError", 500), times=2),
    Fault("F7 hang, not done", before=silent),
    Fault("F7 hang, done", after=silent),
    Fault("F8 lists lag", lag=0.4),
    Fault("F8 lists lag, reply lost", lag=0.4, after=dropped),
    Fault(
        "F9 new role refused",
        before=refuse("InvalidParameter", 400, "Unable to assume given IAM role"),
        times=3,
        only=("create_flow_logs",),
    ),
    Fault(
        "F10 first use of a service-linked role",
        before=refuse("InvalidParameterValue", 400, "The service-linked role is not yet propagated"),
        times=2,
        only=("create_nat_gateway", "create_vpc_endpoint"),
    ),
    Fault("F11 body cut off", after=cut_off),
]


@dataclass
class Saboteur:
    """Wraps clients: writes down every mutating call, and applies the fault to the first one of ``method``."""

    make_client: Callable[[str], Any]
    method: str = ""
    fault: Fault | None = None
    calls: list[str] = field(default_factory=list)
    left: int = 0
    dead: bool = False
    hidden: dict[str, float] = field(default_factory=dict)
    known: set[str] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.left = self.fault.times if self.fault else 0

    def __call__(self, service: str) -> Any:
        return _Client(self.make_client(service), service, self)

    def run(self, service: str, method: str, function: Callable[..., Any], params: Mapping[str, Any]) -> Any:
        if self.dead:
            raise Killed
        if method.startswith(READS):
            return self.without_hidden(function(**params))
        with self.lock:
            self.calls.append(f"{service}.{method}")
            due = self.fault if method == self.method and self.left > 0 else None
            self.left -= due is not None
        if due and due.before:
            self.fail(due.before(method))
        reply = function(**params)
        made = set(ids_in(reply)) - self.known
        self.known |= made
        if due and due.lag:
            self.hidden.update(dict.fromkeys(made, time.monotonic() + due.lag))
        if due and due.after:
            self.fail(due.after(method))
        return reply

    def fail(self, error: BaseException) -> None:
        self.dead = isinstance(error, Killed)
        raise error

    def without_hidden(self, reply: Any) -> Any:
        now = time.monotonic()
        gone = {name for name, until in self.hidden.items() if until > now}
        if not gone or not isinstance(reply, dict):
            return reply
        return {
            key: [item for item in value if not gone & {item if isinstance(item, str) else "", *ids_in(item)}]
            if isinstance(value, list)
            else value
            for key, value in reply.items()
        }


IDENTIFYING = ("Id", "Arn", "RoleName", "logGroupName", "nodegroupName", "addonName", "fargateProfileName")
"""How the members of replies end that identify something. Lists of EKS hold nothing but these names."""


def ids_in(value: Any) -> list[str]:
    """Identifiers that the direct members of a reply, or of the one thing in it, carry."""
    if not isinstance(value, Mapping):
        return []
    own = [item for key, item in value.items() if key.endswith(IDENTIFYING) and isinstance(item, str)]
    nested = [found for key, item in value.items() if isinstance(item, Mapping) and key != "ResponseMetadata" for found in ids_in(item)]
    listed = [item for key, items in value.items() if key.endswith("Ids") and isinstance(items, list) for item in items]
    return [name for name in (*own, *nested, *listed) if isinstance(name, str) and not name.startswith(("vpc-0000", "111122223333"))]


class _Client:
    """A client whose methods go through the saboteur."""

    def __init__(self, client: Any, service: str, saboteur: Saboteur) -> None:
        self._client, self._service, self._saboteur = client, service, saboteur
        self.meta = client.meta

    def can_paginate(self, method: str) -> bool:
        return bool(self._client.can_paginate(method))

    def get_paginator(self, method: str) -> Any:
        paginator = self._client.get_paginator(method)
        saboteur = self._saboteur

        class Pages:
            def paginate(self, **params: Any) -> Any:
                if saboteur.dead:
                    raise Killed
                return [saboteur.without_hidden(page) for page in paginator.paginate(**params)]

        return Pages()

    def __getattr__(self, method: str) -> Any:
        function = getattr(self._client, method)
        return lambda **params: self._saboteur.run(self._service, method, function, params)
