# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Helm releases of an application that is removed: Helm uninstalls them, because it knows their objects and their hooks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ...cluster_objects.api import BY_NAME
from ...cluster_objects.ready import key_of
from ...domains.cluster_content.kinds.helm_release import HelmRelease
from ...domains.cluster_content.releases.helm import Helm
from ...domains.cluster_content.releases.observe import get, read, secrets
from ...domains.cluster_content.releases.ownership import marked_for
from ...domains.cluster_content.releases.record import Release as Revision
from ...domains.cluster_content.releases.record import newest
from ...kubernetes.problems import ApiProblem
from ...reconcile.errors import CallFailed
from ..cluster import Cluster
from ..ownership import Found, Installed, Programs, found

SECRET = BY_NAME["v1", "Secret"]


class NotUninstalled(ApiProblem):
    """Helm could not uninstall a release, or its record cannot be read. The text is suitable for users."""


@dataclass(frozen=True)
class Charts(Programs):
    """``program``: Helm."""

    program: str = "helm"

    def installed(self, cluster: Cluster) -> list[Installed]:
        """The Helm releases in the application's namespace whose records carry its labels."""
        path = f"/api/v1/namespaces/{cluster.namespace}/secrets"
        try:
            records = secrets(cluster.api, path, cluster.marks.selector, superseded=True)
            revisions = [read(one)[0] for one in records]
        except CallFailed as problem:
            raise NotUninstalled(f"{problem}") from None
        return [
            Installed(
                f"{HelmRelease.name}.{one.namespace}/{one.name}",
                one.name,
                (*_objects(cluster, one), *(found(SECRET, record) for record, each in zip(records, revisions) if each.name == one.name)),
            )
            for one in newest(revisions).values()
        ]

    def uninstall(self, cluster: Cluster, one: Installed) -> None:
        cluster.fence()
        try:
            Helm(self.program, cluster.api.access).uninstall(one.name, cluster.namespace)
        except CallFailed as problem:
            raise NotUninstalled(f"Helm could not uninstall it: {cluster.texts.mask(str(problem))}") from None


def _objects(cluster: Cluster, revision: Revision) -> Iterable[Found]:
    """The objects of a chart that exist, and carry Helm's marks."""
    for manifest in revision.objects:
        type_ = cluster.types.of(manifest["apiVersion"], manifest["kind"])
        live = get(cluster.api, cluster.types, key_of(manifest, revision.namespace, type_))
        if type_ is not None and live is not None and live.get("metadata") and marked_for(live, revision):
            yield found(type_, dict(live))
