"""The possible outcomes of one mutating call, as the engine distinguishes them, and clients that produce them for a selected call.

aws/calls.py maps responses on the wire to these outcomes; tests/unit/aws/test_calls.py tests it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.errors import AlreadyThere, Ambiguous, CallFailed, NotYet

READS = ("describe_", "list_", "get_", "head_", "can_", "lookup_", "download_")
REFUSED = "RefusedOnPurpose"
"""The code of every injected error: no kind recognizes it, so none can handle it specially."""


TO_SET = ("create", "change", "restore", "drift")
ALL = (*TO_SET, "delete")


class Killed(BaseException):
    """The process was killed: this call and all later ones never return."""


@dataclass(frozen=True)
class Outcome:
    """``before``: raised instead of executing the call, ``times`` times. ``after``: raised once the call has been executed.

    ``lag``: seconds for which lists omit what the call created. ``ends_well``: whether the run in which it happens must succeed, must fail,
    or may do either (None). ``steps``: the steps of a life in which it can happen. ``creates``: it can happen to create calls only.
    ``alike``: the steps in which another outcome takes the same path through the engine; these are tested nightly.
    """

    name: str
    before: Callable[[], BaseException] | None = None
    after: Callable[[], BaseException] | None = None
    times: int = 1
    lag: float = 0.0
    ends_well: bool | None = True
    steps: tuple[str, ...] = ALL
    creates: bool = False
    alike: tuple[str, ...] = ()


def ambiguous() -> BaseException:
    return Ambiguous("no usable answer", code=REFUSED)


def not_yet() -> BaseException:
    return NotYet("it has not spread yet", code=REFUSED)


def in_use() -> BaseException:
    return NotYet("another resource still blocks it", code=REFUSED, dependency=True)


def taken() -> BaseException:
    return AlreadyThere("there is one already", code=REFUSED)


def refused() -> BaseException:
    return CallFailed("refused on purpose", code=REFUSED)


TAKEN = Outcome("taken", before=taken, ends_well=False, steps=("create",), creates=True)

OUTCOMES = (
    # A delete call is repeated after no reply as it is after "not yet".
    Outcome("no_reply_not_done", before=ambiguous, times=2, alike=("delete",)),
    Outcome("no_reply_done", after=ambiguous),
    Outcome("not_yet", before=not_yet, times=2),
    # Differs from "not yet" only when it lasts: tests/unit/reconcile/test_changing.py.
    Outcome("in_use", before=in_use, times=2, alike=ALL),
    TAKEN,
    # What is only set is read and set again, as after no reply. Differs only when it lasts: tests/unit/reconcile/test_changing.py.
    Outcome("there_already", after=taken, steps=TO_SET, alike=("change", "restore", "drift")),
    Outcome("refused", before=refused, ends_well=False),
    # Leaves the account as "refused" does, and a run knows nothing of the previous one.
    Outcome("killed_before", before=Killed, ends_well=None, alike=ALL),
    Outcome("killed_after", after=Killed, ends_well=None),
    Outcome("lists_lag", lag=20.0, steps=("create",), creates=True),
    Outcome("lists_lag_no_reply", lag=20.0, after=ambiguous, steps=("create",), creates=True),
)


@dataclass
class Saboteur:
    """Creates clients that record every mutating call and apply ``outcome`` to the first call of ``call`` ("ec2.create_vpc").

    ``now``: the clock by which lists lag. ``known``: identifiers that a lag does not hide. ``left``: how many more times it happens.
    """

    make_client: Callable[..., Any]
    now: Callable[[], float]
    call: str = ""
    outcome: Outcome | None = None
    known: frozenset[str] = frozenset()
    calls: list[str] = field(default_factory=list)
    left: int = 0
    dead: bool = False
    hidden: dict[str, float] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.left = self.outcome.times if self.outcome else 0

    def __call__(self, service: str, **away: str) -> Any:
        return _Client(self.make_client(service, **away), service, self)

    def run(self, service: str, method: str, function: Callable[..., Any], params: Mapping[str, Any]) -> Any:
        if self.dead:
            raise Killed
        if method.startswith(READS):
            return self.without_hidden(function(**params))
        name = f"{service}.{method}"
        with self.lock:
            self.calls.append(name)
            due = self.outcome if name == self.call and self.left > 0 else None
            self.left -= due is not None
        if due and due.before:
            self.fail(due.before())
        reply = function(**params)
        if due and due.lag:
            made = {*ids_in(reply), *ids_in(params), *([params["name"]] if "name" in params else [])} - self.known
            self.hidden.update(dict.fromkeys(made, self.now() + due.lag))
        if due and due.after:
            self.fail(due.after())
        return reply

    def fail(self, error: BaseException) -> None:
        self.dead = isinstance(error, Killed)
        raise error

    def without_hidden(self, reply: Any) -> Any:
        now = self.now()
        gone = {name for name, until in self.hidden.items() if until > now}
        if not gone or not isinstance(reply, dict):
            return reply
        return {
            key: [item for item in value if not gone & {item if isinstance(item, str) else "", *ids_in(item)}]
            if isinstance(value, list)
            else value
            for key, value in reply.items()
        }


IDENTIFYING = ("Id", "Arn", "ARN", "RoleName", "logGroupName", "nodegroupName", "addonName", "fargateProfileName")
"""Suffixes of response members that hold identifiers. EKS lists contain only such names."""


def ids_in(value: Any) -> list[str]:
    """Identifiers in the direct members of a response, or of the single resource in it."""
    if not isinstance(value, Mapping):
        return []
    own = [item for key, item in value.items() if key.endswith(IDENTIFYING) and key != "OwnerId" and isinstance(item, str)]
    nested = [found for key, item in value.items() if isinstance(item, Mapping) and key != "ResponseMetadata" for found in ids_in(item)]
    listed = [item for key, items in value.items() if key.endswith("Ids") and isinstance(items, list) for item in items]
    return [*own, *nested, *(name for name in listed if isinstance(name, str))]


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
