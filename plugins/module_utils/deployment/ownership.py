# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What an application owns in its cluster, and who else uses its namespace. Reads only."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from ..cluster_objects.api import AGGREGATED, OWN, ApiType, discovered
from ..cluster_objects.manifest import Wanted
from ..kubernetes.objects import metadata, spec, terminating, uid
from ..kubernetes.problems import Forbidden, NotFound
from ..kubernetes.values import Obj
from .cluster import Cluster, together
from .look import address_of
from .pruning import besides, recorded
from .record import Release
from .refusals import KEEPS_DATA

NAMESPACED = tuple(one for one in OWN if one.namespaced)
OF_EVERY_NAMESPACE = frozenset({("ConfigMap", "kube-root-ca.crt"), ("ServiceAccount", "default")})
"""What Kubernetes itself creates in every namespace."""
HELM_RECORD = "helm.sh/release.v1"
"""The type of the Secrets in which Helm keeps its releases. They carry the labels of the owner, but Helm deletes them."""
OF_OTHERS = frozenset({"Event", "Endpoints", "EndpointSlice", "PodMetrics", "Lease"})
"""Kinds that follow from other objects, or are locks. Nobody loses anything with them."""


@dataclass(frozen=True)
class Found:
    """One object that exists. ``path``: where the API serves it."""

    wanted: Wanted
    path: str
    live: Obj

    @property
    def address(self) -> str:
        return address_of(self.wanted)


@dataclass(frozen=True)
class Installed:
    """What another program has installed for the application, such as a Helm release.

    ``objects``: those that exist and go with it, its records included.
    """

    address: str
    name: str
    objects: tuple[Found, ...]


class Programs:
    """No other program installs anything."""

    def installed(self, _cluster: Cluster) -> list[Installed]:
        """What the application has by such programs. Raises ApiProblem."""
        return []

    def uninstall(self, _cluster: Cluster, _one: Installed) -> None:
        """Raises ApiProblem."""


def found(type_: ApiType, live: Obj) -> Found:
    namespace, name = str(metadata(live).get("namespace") or ""), str(metadata(live)["name"])
    built_in = type_ in OWN
    kind = type_.kind if built_in else f"{type_.kind}.{type_.group}"
    address = "/".join(part for part in (kind, namespace, name) if part)
    wanted = Wanted(address, type_.api_version, type_.kind, namespace, name, {}, type_, ())
    return Found(wanted, type_.path(namespace, name), {**live, "apiVersion": type_.api_version, "kind": type_.kind})


def balances(live: Obj) -> bool:
    """Whether a load balancer in AWS belongs to an object."""
    return live.get("kind") == "Ingress" or (live.get("kind") == "Service" and spec(live).get("type") == "LoadBalancer")


def is_dependent(live: Obj) -> bool:
    """Whether an object belongs to another one, with which the API deletes it."""
    return bool(metadata(live).get("ownerReferences"))


class Inventory:
    """``kept``: what the application owns but is never deleted, because it holds data; complete once ``objects`` has been called."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.kept: list[Found] = []
        self._unlisted: set[ApiType] = set()
        self._namespaces: dict[str, Obj | None] = {}

    def objects(self, history: Sequence[Release]) -> list[Found]:
        """What carries the owner labels: in the application's namespace, and wherever a record says that something was applied."""
        labeled = self._labeled()
        by_uid = {uid(one.live): one for one in [*labeled, *self._recorded(history)]}
        owned = [one for one in by_uid.values() if not is_dependent(one.live)]
        self.kept = [one for one in owned if one.wanted.kind in KEEPS_DATA and one.wanted.kind != "Namespace"]
        return [one for one in owned if one.wanted.kind not in KEEPS_DATA]

    def _labeled(self) -> list[Found]:
        return [one for several in together(self._of_type, NAMESPACED) for one in several]

    def _of_type(self, type_: ApiType) -> list[Found]:
        """The objects of one kind. Of a kind that the caller may not list, the records name what there is."""
        try:
            listed = self.cluster.api.list(self._collection(type_), labelSelector=self.cluster.marks.selector).items
        except NotFound:
            return []
        except Forbidden:
            self._unlisted.add(type_)
            return []
        return [found(type_, live) for live in listed if live.get("type") != HELM_RECORD]

    def _collection(self, type_: ApiType, namespace: str = "") -> str:
        return type_.path(namespace or self.cluster.namespace, "").rstrip("/")

    def _recorded(self, history: Sequence[Release]) -> list[Found]:
        """Objects of records that the labels of usual kinds in the application's namespace do not find."""
        listed = {one.name: one for release in history for one in (*recorded(release), *besides(release))}.values()
        found_by_labels = set(NAMESPACED) - self._unlisted
        elsewhere = [
            one
            for one in listed
            if one.kind != "Namespace" and (one.type not in found_by_labels or one.namespace != self.cluster.namespace)
        ]
        looked = together(self._now, elsewhere)
        return [one for one in looked if one is not None and self.cluster.marks.owns(metadata(one.live))]

    def _now(self, one: Wanted) -> Found | None:
        live = self.cluster.live(one)
        return Found(one, self.cluster.path_of(one), {**live, "kind": one.kind}) if live else None

    def namespaces(self, history: Sequence[Release]) -> list[Found]:
        """The namespaces that this application created: its own, and those of its manifests."""
        names = {one.called for release in history for one in recorded(release) if one.kind == "Namespace"}
        type_ = next(one for one in OWN if one.kind == "Namespace")
        looked: dict[str, Obj | None] = {name: self.cluster.namespace_now(name) for name in sorted({*names, self.cluster.namespace})}
        self._namespaces = looked
        return [found(type_, live) for live in looked.values() if live is not None and self.cluster.marks.owns(metadata(live))]

    def is_leaving(self) -> bool:
        """Whether the application's namespace is being deleted."""
        live = self._namespaces.get(self.cluster.namespace)
        return live is not None and terminating(live)

    def others(self, namespace: str, going: Iterable[Found], records: Collection[str]) -> list[str]:
        """What a namespace contains besides what is ``going``, the ``records`` (their paths), and what Kubernetes creates, as kind/name.

        A kind that the caller may not list counts as used: what it contains is not known.
        """
        gone = {uid(one.live) for one in going}
        types = [one for reply in self._discovery() for one in discovered(reply) if one.namespaced and one.kind not in OF_OTHERS]
        return sorted({name for several in together(lambda one: self._left(one, namespace, gone, records), types) for name in several})

    def _discovery(self) -> list[Obj]:
        return [self.cluster.api.get(root, accept=AGGREGATED) for root in ("/apis", "/api")]

    def _left(self, type_: ApiType, namespace: str, gone: set[str], records: Collection[str]) -> list[str]:
        try:
            listed = self.cluster.api.list(self._collection(type_, namespace)).items
        except NotFound:
            return []
        except Forbidden:
            return [f"{type_.plural} (which this run may not list)"]
        return [
            f"{type_.kind}/{metadata(live)['name']}"
            for live in listed
            if uid(live) not in gone
            and not is_dependent(live)
            and not terminating(live)
            and (type_.kind, metadata(live)["name"]) not in OF_EVERY_NAMESPACE
            and type_.path(namespace, str(metadata(live)["name"])) not in records
        ]
