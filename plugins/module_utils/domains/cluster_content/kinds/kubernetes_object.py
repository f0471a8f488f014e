# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Objects in a Kubernetes cluster, applied by the server (server-side apply) and compared without a server-side dry run."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from ....aws.connection import Aws
from ....cluster_objects.api import AGGREGATED, OWN, ApiType, api_group, discovered, in_list, is_built_in
from ....cluster_objects.compare import MANAGER, drop, found_fields, owned_fields
from ....cluster_objects.final import split
from ....cluster_objects.hiding import Hiding
from ....cluster_objects.link import Calls, ClusterLink, calling
from ....cluster_objects.manifest import ADDRESS, DOMAIN, Marks, Wanted, marked, whose, without_version
from ....cluster_objects.paths import flatten
from ....cluster_objects.ready import state_of
from ....kubernetes.problems import Forbidden, NotFound
from ....reconcile.errors import AlreadyThere, CallFailed, EngineError, NotYet
from ....reconcile.model import KindDefaults, Observed, fixed, given

MARKS = (
    "apiVersion",
    "kind",
    "metadata.name",
    "metadata.namespace",
    "metadata.labels[app.kubernetes.io/managed-by]",
    f"metadata.labels[{DOMAIN}/environment]",
    f"metadata.labels[{DOMAIN}/component]",
    f"metadata.annotations[{ADDRESS}]",
)
"""Fields that are not shown: an object's name is part of its address, and our marks are the same on every object."""

CLAIMER = f"{MANAGER}-claim"
IMMUTABLE_HINT = (
    "It cannot be changed in place, which was not known when planning. Delete the object, or rename it in the inventory and allow the "
    "deletion of the old one with purge."
)


class KubernetesObject(KindDefaults):
    """One object of any kind except Namespace.

    The engine sees an object as its values by path, with secrets hidden; only this class holds the manifests. So the code that shows,
    saves, or compares a plan never handles a secret.
    """

    name = "kubernetes_object"

    object = fixed(canonical=without_version)
    immutable_fields = fixed()
    fields = given()

    settles: tuple[str, ...] = ("delete",)

    def __init__(self, inside: ClusterLink, marks: Marks, wanted: Iterable[Wanted], hiding: Hiding) -> None:
        super().__init__()
        self.hiding = hiding
        self.inside = inside
        self.marks = marks
        self.wanted = {f"{self.name}.{one.name}": one for one in wanted if self.belongs(one)}

    @property
    def of_namespaces(self) -> bool:
        return False

    def belongs(self, one: Wanted) -> bool:
        return (one.kind == "Namespace") is self.of_namespaces

    def desired(self, one: Wanted) -> dict[str, Any]:
        """The properties of a wanted object, as passed to the engine."""
        fields = self.hiding.wanted(f"{self.name}.{one.name}", drop(flatten(one.kind, one.manifest), MARKS))
        final, fields = split(one.kind, one.manifest, fields)
        return {"object": one.identity, **({"immutable_fields": final} if final else {}), "fields": fields}

    def sent(self, address: str) -> dict[str, Any]:
        return marked(self.wanted[address].manifest, self.marks, address)

    # --- reading -----------------------------------------------------------------------------------------------------

    def find(self, aws: Aws) -> list[Observed]:
        api = self.inside.reach(aws)
        if api is None:
            return []
        types = [one for one in OWN if (one.kind == "Namespace") is self.of_namespaces]
        looks: list[Callable[[], Any]] = [partial(self._list, api, one) for one in types]
        if self.of_namespaces:
            return self._together(aws, looks)
        looks.insert(0, partial(api.get, "/apis", accept=AGGREGATED))
        first: list[Any] = aws.map(calling, looks)
        custom = [partial(self._list, api, one) for one in self._custom(discovered(first[0]))]
        return [seen for found in first[1:] for seen in found] + self._together(aws, custom)

    @staticmethod
    def _together(aws: Aws, looks: Sequence[Callable[[], list[Observed]]]) -> list[Observed]:
        return [seen for found in aws.map(calling, looks) for seen in found]

    def _custom(self, types: Sequence[ApiType]) -> list[ApiType]:
        """The cluster's custom resources, wanted or not; wanted ones in the wanted version."""
        versions = {(api_group(one.api_version), one.kind): one.api_version for one in self.wanted.values() if one.type is None}
        found = []
        for one in types:
            version = versions.get((one.group, one.kind), "").rpartition("/")[2]
            if version or not is_built_in(one.group):
                found.append(replace(one, version=version or one.version))
        return found

    def _list(self, api: Calls, type_: ApiType) -> list[Observed]:
        try:
            items = api.list(type_.everywhere, labelSelector=self.marks.selector).items
        except NotFound:  # a custom resource whose definition has been deleted since, or a version that an older cluster lacks
            return []
        except Forbidden:
            if self._wants(type_):
                raise
            return []
        return [seen for item in items if (seen := self.observe(type_, item)) is not None]

    def _wants(self, type_: ApiType) -> bool:
        return any(one.kind == type_.kind for one in self.wanted.values())

    def observe(self, type_: ApiType, live: Mapping[str, Any], address: str | None = None) -> Observed | None:
        """A live object as an Observed; None if it is not ours."""
        metadata = live["metadata"]
        address = address or self._address(type_, metadata)
        if address is None:
            return None
        called = f"{metadata['namespace']}/{metadata['name']}" if metadata.get("namespace") else metadata["name"]
        state, reason = state_of(type_.kind, live)
        properties: dict[str, Any] = {"object": f"{type_.api_version} {type_.kind} {called}"}
        one = self.wanted.get(address)
        if one is not None:
            wanted = marked(one.manifest, self.marks, address)
            fields = drop(found_fields(one.kind, wanted, live, owned_fields(live, one.api_version)), MARKS)
            fields = self.hiding.live(address, fields, drop(flatten(one.kind, one.manifest), MARKS))
            final, changeable = split(one.kind, one.manifest, fields)
            properties |= {**({"immutable_fields": final} if final else {}), "fields": changeable}
        path = type_.path(metadata.get("namespace", ""), metadata["name"])
        return Observed(self.name, address, path, properties, {"uid": metadata["uid"]}, state, reason)

    def _address(self, type_: ApiType, metadata: Mapping[str, Any]) -> str | None:
        """The address in the marks of an object, if they are ours and the address matches the object; None otherwise.

        A mark with a different address is on a renamed copy, or was written by someone with write access to one namespace.
        """
        address = self.marks.address(metadata)
        kind = type_.kind if is_built_in(type_.group) else f"{type_.kind}.{type_.group}"
        what = "/".join(part for part in (kind, metadata.get("namespace"), metadata["name"]) if part)
        within = (address or "").removeprefix(f"{self.name}.").removesuffix(f"/{what}")
        return address if within and "/" not in within and address == f"{self.name}.{within}/{what}" else None

    def read(self, aws: Aws, seen: Observed) -> Observed | None:
        api = self.inside.api(aws)
        try:
            live = api.get(seen.id)
        except NotFound:
            return None
        uid = seen.attributes.get("uid")
        if uid and live["metadata"]["uid"] != uid:
            return None  # a different object with the same name
        return self.observe(self.type_in(seen, live), live, seen.address)

    @staticmethod
    def type_in(seen: Observed, live: Mapping[str, Any]) -> ApiType:
        """The type of the object at the path of ``seen``."""
        parts = seen.id.strip("/").split("/")
        group, _dummy, version = str(live["apiVersion"]).rpartition("/")
        return ApiType(group, version, str(live["kind"]), parts[-2], bool(live["metadata"].get("namespace")))

    # --- changing ----------------------------------------------------------------------------------------------------

    def create(self, aws: Aws, address: str, properties: Mapping[str, Any], token: str) -> Observed:
        """Apply once; safe to repeat. First checks for an object of the same name that is not ours, because apply would take it over."""
        api = self.inside.api(aws)
        type_ = self._type(api, self.wanted[address])
        there = self._there(api, type_, self.wanted[address])
        if there is not None and self.marks.address(there["metadata"]) != address:
            raise AlreadyThere(f"a {type_.kind} {self.wanted[address].called} already exists", self._operation(type_), "AlreadyExists")
        live = self._apply(api, type_, address)
        made = self.observe(type_, live, address)
        if made is None:
            raise CallFailed(f"the reply does not describe {self.wanted[address].identity}")
        return made

    def update(self, aws: Aws, seen: Observed, properties: Mapping[str, Any]) -> None:
        """Apply the whole manifest, whatever differs: the server removes the fields that we applied earlier and now omit."""
        api = self.inside.api(aws)
        self._apply(api, self._type(api, self.wanted[seen.address]), seen.address)

    def _apply(self, api: Calls, type_: ApiType, address: str) -> dict[str, Any]:
        one = self.wanted[address]
        path = type_.path(one.namespace, one.called)
        try:
            return dict(calling(lambda: api.patch(path, self.sent(address), kind="apply", fieldManager=MANAGER, force="true")))
        except NotYet as error:
            error.operation = self._operation(type_)
            raise
        except CallFailed as error:
            immutable = "immutable" in error.message or "Forbidden: updates to" in error.message
            raise CallFailed(error.message, self._operation(type_), error.code, IMMUTABLE_HINT if immutable else "") from error

    @staticmethod
    def _operation(type_: ApiType) -> str:
        return f"apply {type_.plural}{f'.{type_.group}' if type_.group else ''}"

    def _type(self, api: Calls, one: Wanted) -> ApiType:
        """Where the API serves the object. A kind that it does not know yet may still come with a chart or a definition."""
        if one.type is not None:
            return one.type
        found = None
        with contextlib.suppress(NotFound):
            found = in_list(api.get(f"/apis/{one.api_version}"), one.api_version, one.kind)
        if found is None:
            raise NotYet(
                f"the cluster does not know the kind {one.kind} of {one.api_version}",
                code="UnknownKind",
                hint="Its CustomResourceDefinition has to be among the objects, or come with a release.",
            )
        if found.namespaced and not one.namespace:
            raise CallFailed(f"{one.identity} has no metadata.namespace; name the namespace")
        return found

    def _there(self, api: Calls, type_: ApiType, one: Wanted) -> dict[str, Any] | None:
        try:
            return api.get(type_.path(one.namespace, one.called))
        except NotFound:
            return None

    def delete(self, aws: Aws, seen: Observed) -> None:
        body: dict[str, Any] = {"propagationPolicy": "Background"}
        if uid := seen.attributes.get("uid"):
            body["preconditions"] = {"uid": uid}
        api = self.inside.api(aws)
        try:
            calling(lambda: api.delete(seen.id, body))
        except NotYet as error:
            if error.code not in ("NotFound", "Conflict"):  # deleted, or replaced by another object
                raise

    # --- adoption ----------------------------------------------------------------------------------------------------

    def claim(self, aws: Aws, seen: Observed, address: str) -> None:
        """Apply only our marks; the first real apply then takes over the wanted fields."""
        api = self.inside.api(aws)
        marks = {"metadata": {"labels": self.marks.labels(), "annotations": {ADDRESS: address}}}
        calling(lambda: api.patch(seen.id, marks, fieldManager=CLAIMER))

    def look_up(self, aws: Aws, identifier: str, address: str) -> Observed | None:
        """Look up by API path, which follows from kind and name: only an object with that kind and name can match."""
        one = self.wanted.get(address)
        api = self.inside.reach(aws)
        if one is None or api is None:
            return None
        path = self._type(api, one).path(one.namespace, one.called)
        if identifier != path:
            raise EngineError(f"an object keeps its name and is known by its path in the API, so it can only be {path}")
        return self._observe_any_owner(aws, one, address)

    def holder(self, aws: Aws, properties: Mapping[str, Any]) -> Observed | None:
        wanted = without_version(properties.get("object", ""))
        one = next((one for one in self.wanted.values() if without_version(one.identity) == wanted), None)
        return self._observe_any_owner(aws, one, f"{self.name}.{one.name}") if one else None

    def _observe_any_owner(self, aws: Aws, one: Wanted, address: str) -> Observed | None:
        api = self.inside.reach(aws)
        if api is None:
            return None
        try:
            type_ = self._type(api, one)
            live = calling(lambda: self._there(api, type_, one))
        except NotYet:
            return None
        if live is None:
            return None
        seen = self.observe(type_, live, address)
        metadata = live["metadata"]
        whose_mark = whose(metadata) if self.marks.address(metadata) is None else self._address(type_, metadata) or ""
        return replace(seen, marked=whose_mark) if seen else None


class KubernetesNamespace(KubernetesObject):
    """A namespace. Deleting it deletes its contents, so all other objects of ours are deleted first."""

    name = "kubernetes_namespace"
    deleted_after = ("kubernetes_object", "helm_release")

    @property
    def of_namespaces(self) -> bool:
        return True
