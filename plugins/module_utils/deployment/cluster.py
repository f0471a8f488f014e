# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""One application's calls to the API of its cluster. Each method is one call or two; other files decide."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from ..cluster_objects.api import ApiType, Types
from ..cluster_objects.compare import MANAGER
from ..cluster_objects.hiding import Hiding
from ..cluster_objects.manifest import Marks, Wanted
from ..kubernetes.client import Api
from ..kubernetes.problems import NotFound
from ..kubernetes.values import Obj
from ..reconcile.pool import Pool
from ..sensitive.texts import Texts
from .generated import MANAGER as GENERATOR
from .generated import values
from .identity import owned
from .managers import Takeover
from .origin_secret import Veil

AT_ONCE = 8
T = TypeVar("T")
R = TypeVar("R")


def together(function: Callable[[T], R], things: Iterable[T]) -> list[R]:
    """The results of a function for all things, a few at a time. Raises the first error, after all have ended."""
    listed = list(things)
    if len(listed) < 2:
        return [function(one) for one in listed]
    with Pool(min(AT_ONCE, len(listed)), thread_name_prefix="objects") as pool:
        futures = [pool.submit(function, one) for one in listed]
    return [future.result() for future in futures]


@dataclass
class Cluster:
    """``marks``: the owner. ``fence``: called before every change; raises if this run no longer holds the application's lease.

    ``namespace``: that of the application, which holds its records and its lease.

    ``veil``: exchanges the names of secrets for their values on the way to the API.

    ``texts``: secrets that no message may contain. ``take_over``: further managers whose fields are taken over. ``poll``: seconds between
    two looks at what is waited for.
    """

    api: Api
    marks: Marks
    namespace: str
    hiding: Hiding = field(default_factory=Hiding)
    texts: Texts = field(default_factory=Texts)
    take_over: Sequence[str] = ()
    poll: float = 1.0
    fence: Callable[[], None] = lambda: None
    veil: Veil | None = None
    types: Types = field(init=False)

    def __post_init__(self) -> None:
        self.types = Types(self.api)

    def pause(self, most: float | None = None) -> None:
        """Wait before the next look; at most so many seconds. Raises Stopped."""
        self.api.clock.pause(self.poll if most is None else min(self.poll, most))

    def again(self) -> None:
        """Ask the API again which kinds it serves."""
        self.types = Types(self.api)

    def type_of(self, one: Wanted) -> ApiType | None:
        return one.type or self.types.of(one.api_version, one.kind)

    def path_of(self, one: Wanted) -> str:
        """Where the API serves an object; empty while it does not serve its kind."""
        type_ = self.type_of(one)
        return type_.path(one.namespace, one.called) if type_ else ""

    def live(self, one: Wanted) -> dict[str, Any] | None:
        """A wanted object as it is; None if it does not exist."""
        path = self.path_of(one)
        return self.get(path) if path else None

    def get(self, path: str) -> dict[str, Any] | None:
        """An object as it is; None if it does not exist."""
        try:
            return self._seen(self.api.get(path))
        except NotFound:
            return None

    def namespace_now(self, name: str) -> dict[str, Any] | None:
        return self.get(f"/api/v1/namespaces/{name}")

    def dry_run(self, path: str, manifest: Mapping[str, Any], *, force: bool) -> dict[str, Any]:
        """The object as an apply would make it. Unknown and duplicate fields are errors."""
        return self._apply(path, manifest, force, dryRun="All")

    def apply(self, path: str, manifest: Mapping[str, Any], *, force: bool) -> dict[str, Any]:
        self.fence()
        return self._apply(path, manifest, force)

    def _apply(self, path: str, manifest: Mapping[str, Any], force: bool, **more: str) -> dict[str, Any]:
        query = {"fieldManager": MANAGER, "fieldValidation": "Strict", "force": str(force).lower(), **more}
        sent = self.veil.outgoing(manifest) if self.veil else manifest
        return self._seen(self.api.patch(path, sent, kind="apply", **query))

    def _seen(self, live: dict[str, Any]) -> dict[str, Any]:
        """An object as everything but the cluster sees it."""
        return (self.veil.incoming(live) or {}) if self.veil else live

    def manifest(self, one: Wanted) -> dict[str, Any]:
        """The manifest as it is sent: with our owner labels."""
        return owned(one.manifest, self.marks)

    def take(self, path: str, takeover: Takeover) -> dict[str, Any]:
        """Make the entries of other appliers ours. Raises Conflict if the object has changed since it was read."""
        self.fence()
        return self._seen(self.api.patch(path, takeover.patch, kind="json", fieldManager=MANAGER))

    def generate(self, path: str, live: Obj, wanted: Mapping[str, int]) -> dict[str, Any]:
        """Set the generated values that a Secret lacks. Raises Conflict if it has changed since it was read."""
        self.fence()
        body = {"metadata": {"resourceVersion": live["metadata"]["resourceVersion"]}, "data": values(wanted)}
        return self.api.patch(path, body, fieldManager=GENERATOR)

    def create_job(self, job: Mapping[str, Any], *, dry_run: bool = False) -> dict[str, Any]:
        """Create a Job. Raises Conflict if there is one of its name."""
        if not dry_run:
            self.fence()
        query = {"dryRun": "All"} if dry_run else {}
        path = f"/apis/batch/v1/namespaces/{job['metadata']['namespace']}/jobs"
        return self.api.create(path, job, fieldManager=MANAGER, fieldValidation="Strict", **query)

    def delete(self, path: str, uid: str, propagation: str = "Background") -> None:
        """Delete exactly this object, not one of the same name that has replaced it."""
        self.fence()
        self.api.delete(path, {"propagationPolicy": propagation, "preconditions": {"uid": uid}})
