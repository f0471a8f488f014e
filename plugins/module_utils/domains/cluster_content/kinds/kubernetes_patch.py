# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Values to set in existing objects that others own, such as those that EKS or an add-on creates."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from ....aws.connection import Aws
from ....cluster_objects.compare import MANAGER, drop, found_fields
from ....cluster_objects.link import Calls, calling
from ....cluster_objects.manifest import Wanted
from ....cluster_objects.paths import flatten
from ....reconcile.errors import CallFailed, NotYet
from ....reconcile.model import Observed
from .kubernetes_object import KubernetesObject

IDENTITY = ("apiVersion", "kind", "metadata.name", "metadata.namespace")


class KubernetesPatch(KubernetesObject):
    """Some values of an object that is not ours. The object is never created or deleted; a missing object counts as up to date."""

    name = "kubernetes_patch"
    settles = ()

    def belongs(self, _one: Wanted) -> bool:
        return True

    def desired(self, one: Wanted) -> dict[str, Any]:
        fields = drop(flatten(one.kind, one.manifest), IDENTITY)
        return {"object": one.identity, "fields": self.hiding.wanted(f"{self.name}.{one.name}", fields)}

    def find(self, aws: Aws) -> list[Observed]:
        api = self.inside.reach(aws)
        addresses = list(self.wanted)
        if api is None:
            return [self._absent(address) for address in addresses]
        return aws.map(partial(self._look, api), addresses)

    def _look(self, api: Calls, address: str) -> Observed:
        one = self.wanted[address]
        try:
            type_ = self._type(api, one)
            live = calling(partial(self._there, api, type_, one))
        except NotYet:
            live = None
        if live is None:
            return self._absent(address)
        fields = drop(found_fields(one.kind, one.manifest, live, None), IDENTITY)
        fields = self.hiding.live(address, fields, drop(flatten(one.kind, one.manifest), IDENTITY))
        return Observed(self.name, address, type_.path(one.namespace, one.called), {"object": one.identity, "fields": fields})

    def _absent(self, address: str) -> Observed:
        return Observed(self.name, address, address, self.desired(self.wanted[address]))

    def read(self, aws: Aws, seen: Observed) -> Observed | None:
        return self._look(self.inside.api(aws), seen.address)

    def create(self, aws: Aws, address: str, properties: Mapping[str, Any], token: str) -> Observed:
        raise CallFailed("a patch cannot create its object, which belongs to another owner")

    def update(self, aws: Aws, seen: Observed, properties: Mapping[str, Any]) -> None:
        """Merge the values; the rest of the object is untouched."""
        api = self.inside.api(aws)
        calling(partial(api.patch, seen.id, dict(self.wanted[seen.address].manifest), fieldManager=MANAGER))

    def delete(self, aws: Aws, seen: Observed) -> None:
        raise CallFailed("a patch cannot delete its object, which belongs to another owner")

    def holder(self, aws: Aws, properties: Mapping[str, Any]) -> Observed | None:
        return None
