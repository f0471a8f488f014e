# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The connection that kinds use: clients, reads, changes, and the owner of what they create."""

from __future__ import annotations

import contextlib
import copy
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, TypeVar

from ..reconcile.errors import Ambiguous, CallFailed
from ..reconcile.pool import Pool
from .calls import INTERCEPTED, call, is_gone, translate
from .outages import Outages
from .owner import Owner, whose
from .pacing import Pacing
from .replies import listed
from .replies import watch as check_replies

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True)
class AnyOwner(Owner):
    """For observing one resource, whatever its owner: assigns it to an address of ours and records the mark that it carries."""

    taken_for: str = ""
    marks: list[str] = field(default_factory=list)

    def address(self, tags: Mapping[str, str]) -> str | None:
        ours = super().address(tags)
        self.marks.append(whose(tags) if ours is None else ours)
        return self.taken_for


class Reply(dict[str, Any]):
    """A reply. If a member that the code relies on is missing, that is an error of the call, not a KeyError."""

    def __init__(self, reply: Mapping[str, Any], operation: str, mutating: bool) -> None:
        super().__init__(reply)
        self._operation = operation
        self._error = Ambiguous if mutating else CallFailed

    def __missing__(self, key: str) -> Any:
        raise self._error(f"the reply lacks {key}", self._operation, "NotFromAws", INTERCEPTED)


_sending = threading.local()
"""The fence of the change that this thread is sending."""


@contextlib.contextmanager
def _fenced(fence: Callable[[], None] | None) -> Iterator[None]:
    before = getattr(_sending, "fence", None)
    _sending.fence = fence
    try:
        yield
    finally:
        _sending.fence = before


def _check_fence(**_request: Any) -> None:
    fence = getattr(_sending, "fence", None)
    if fence is not None:
        with _fenced(None):  # the fence may make its own calls
            fence()


def _stay(context: dict[str, Any], **_request: Any) -> None:
    """botocore follows an answer of S3 to another region, by calls of its own that nothing checks, fences, or counts."""
    context.setdefault("s3_redirect", {})["redirected"] = True


def watch(client: Any) -> Any:
    """The client, set up so that its replies are checked and its changes are fenced immediately before they are sent."""
    check_replies(client)
    if client.meta.service_model.service_name == "s3":
        client.meta.events.register_last("before-parameter-build.s3", _stay, unique_id="mainstay-stay")
    client.meta.events.register_first("before-send", _check_fence, unique_id="mainstay-fence")
    return client


@dataclass(frozen=True)
class _Here:
    """What belongs to one region: its clients, and the pace of its calls, which AWS limits by region."""

    clients: dict[str, Any]
    pacing: Pacing


class Aws:
    """Calls to AWS on behalf of one owner. Safe for use from many threads; counts its reads and its changes.

    ``make_client`` is called with a service and, for a client of another region than ``region``, also with ``region=``.
    """

    def __init__(
        self,
        make_client: Callable[..., Any],
        owner: Owner,
        threads: int = 16,
        pause: Callable[[float], None] = time.sleep,
        pacing: Pacing | None = None,
        outages: Outages | None = None,
        region: str = "",
    ) -> None:
        self.owner = owner
        self.region = region
        """The region that this connection calls."""
        self.home = region
        """The component's own region."""
        self.regions: tuple[str, ...] = (region,)
        """The regions in which resources are looked for, the component's own first."""
        self.at_home: set[str] = set()
        """The addresses whose resources say their region even in the component's own: see elsewhere.py."""
        self._here = _Here({}, pacing or Pacing())
        self._places = {region: self._here}
        self.outages = outages or Outages()
        self.pause = pause
        """Waits for a number of seconds before a call is retried. May raise to end the call."""
        self.counts = {"read": 0, "write": 0}
        self.fence: Callable[[], None] | None = None
        """Called immediately before every attempt of a change is sent; raises if changes are no longer allowed."""
        self.begun: dict[str, str] = {}
        """What kinds have started in this run and must check on, by resource id: see domains/eks/kinds/base.py."""
        self._answers: dict[str, Future[Any]] | None = None
        self._make_client = make_client
        self._lock = threading.Lock()
        self._counting = threading.Lock()
        self._pool = Pool(max_workers=threads, thread_name_prefix="aws")

    def observing_as(self, address: str) -> tuple[Aws, list[str]]:
        """The same connection for observing any owner's resources as ``address``; the list collects the marks that are found."""
        other = copy.copy(self)
        any_owner = AnyOwner(self.owner.environment, self.owner.component, address)
        other.owner = any_owner
        return other, any_owner.marks

    def also_in(self, regions: Iterable[str]) -> None:
        """Look for resources in these regions too."""
        self.regions = tuple(dict.fromkeys((self.home, *regions)))

    def in_region(self, region: str) -> Aws:
        """The same connection (owner, fence, threads, counts) with clients of this region; it looks for resources there alone."""
        if self.regions == (region,):
            return self
        other = copy.copy(self)
        with self._lock:
            other._here = self._places.setdefault(region, _Here({}, Pacing()))
        other.region, other.regions = region, (region,)
        return other

    def one_look(self) -> Aws:
        """The same connection for one observation, in which ``once`` keeps answers. The engine requests it whenever it observes.

        Within an observation it is the connection itself, so that other readers share the engine's answers.
        """
        if self._answers is not None:
            return self
        other = copy.copy(self)
        other._answers = {}
        return other

    def once(self, question: str, ask: Callable[[], T]) -> T:
        """The answer to a question that several kinds ask: asked once per observation, by the first caller; outside one, on every call.

        Never call it within ``map`` with an ``ask`` that uses ``map`` itself: all threads could wait for an answer that needs one of them.
        """
        if self._answers is None:
            return ask()
        question = question if self.region == self.home else f"{self.region} {question}"
        with self._lock:
            first = question not in self._answers
            answer = self._answers.setdefault(question, Future())
        if first:
            try:
                answer.set_result(ask())
            except BaseException as error:  # noqa: BLE001 - all callers that wait for the answer get the error too
                answer.set_exception(error)
        found: T = answer.result()
        return found

    def client(self, service: str) -> Any:
        """The client of a service, created on first use: creating a client is not thread-safe, using it is."""
        with self._lock:
            clients = self._here.clients
            if service not in clients:
                away = {} if self.region == self.home else {"region": self.region}
                clients[service] = self._make_client(service, **away)
            return clients[service]

    def read(self, service: str, method: str, **params: Any) -> dict[str, Any]:
        """Make one describe, get or list call that is not paginated."""
        reply: Reply = self._call(
            service, method, False, lambda client: Reply(getattr(client, method)(**params), _name(client, service, method), mutating=False)
        )
        return reply

    def list_all(self, service: str, method: str, items: str, **params: Any) -> list[Any]:
        """All pages of a list call: the entries under ``items``."""

        def pages(client: Any) -> list[Any]:
            name = _name(client, service, method)
            if not client.can_paginate(method):
                return listed(name, getattr(client, method)(**params), items)
            return [item for page in client.get_paginator(method).paginate(**params) for item in listed(name, page, items)]

        return self._call(service, method, False, pages)

    def find(self, service: str, method: str, **params: Any) -> dict[str, Any] | None:
        """Read something that may not exist; None if it does not."""
        try:
            return self.read(service, method, **params)
        except CallFailed as error:
            if is_gone(error):
                return None
            raise

    def change(self, service: str, method: str, **params: Any) -> dict[str, Any]:
        """Make one mutating call. A reply that lists items as unsuccessful is an error, whatever its status."""

        def send(client: Any) -> Reply:
            if self.fence:  # here too, because a request takes a while to be put together and signed
                self.fence()
            with _fenced(self.fence):
                return Reply(getattr(client, method)(**params), _name(client, service, method), mutating=True)

        try:
            reply: Reply = self._call(service, method, True, send)
        except Ambiguous:
            self._changed()
            raise
        self._changed()
        for item in reply.get("Unsuccessful") or []:
            error = item.get("Error", {})
            raise self._unsuccessful(service, method, error)
        return reply

    def _changed(self) -> None:
        """The run's own changes are fenced. The lock's changes are not, and do not count as changes of the run."""
        if self.fence:
            self.outages.changed()

    def unfenced(self, pause: Callable[[float], None] | None = None, outages: Outages | None = None) -> Aws:
        """The same connection for the calls of the fence itself, with a separate retry policy."""
        other = copy.copy(self)
        other.fence = None
        other.pause = pause or self.pause
        other.outages = outages or self.outages
        return other

    def remove(self, service: str, method: str, **params: Any) -> None:
        """Make a mutating call that removes something; no error if it does not exist."""
        try:
            self.change(service, method, **params)
        except CallFailed as error:
            if not is_gone(error):
                raise

    def map(self, function: Callable[[T], R], items: Iterable[T]) -> list[R]:
        """Apply a function to several items in parallel. Never nest: a function that calls ``map`` again could wait for itself."""
        return list(self._pool.map(function, items))

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    def count(self, *, mutating: bool) -> None:
        """Record one call, including calls to another API on behalf of the same owner."""
        with self._counting:
            self.counts["write" if mutating else "read"] += 1

    def _call(self, service: str, method: str, mutating: bool, function: Callable[[Any], T]) -> T:
        client = self.client(service)
        self.count(mutating=mutating)
        operation = client.meta.method_to_api_mapping.get(method, method)
        try:
            return call(service, operation, mutating, lambda: function(client), self.pause, self._here.pacing, self.outages)
        except CallFailed as error:
            if self.region != self.home:
                error.where = self.region
            raise

    @staticmethod
    def _unsuccessful(service: str, method: str, error: Mapping[str, Any]) -> CallFailed:
        return translate(str(error.get("Code", "")), str(error.get("Message", "")), f"{service}:{method}", mutating=True)


def _name(client: Any, service: str, method: str) -> str:
    return f"{service}:{client.meta.method_to_api_mapping.get(method, method)}"
