# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Pod Identity associations: which service accounts of a cluster get the rights of which IAM role."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ....aws.connection import Aws
from ....reconcile.errors import EngineError
from ....reconcile.model import Observed, fixed, given
from .base import EksKind, Step, eks
from .reads import in_cluster


def associations(aws: Aws, clusters: Sequence[str]) -> list[dict[str, Any]]:
    """The associations in these clusters as the list calls return them: without the role. Those of add-ons have an ``ownerArn``."""
    return aws.once(f"eks associations {' '.join(clusters)}", lambda: _listed(aws, clusters))


def _listed(aws: Aws, clusters: Sequence[str]) -> list[dict[str, Any]]:
    lists = aws.map(lambda cluster: _of_cluster(aws, cluster), clusters)
    return [entry for found in lists for entry in found]


def _of_cluster(aws: Aws, cluster: str) -> list[dict[str, Any]]:
    return in_cluster(lambda: aws.list_all("eks", "list_pod_identity_associations", "associations", clusterName=cluster))


def described_association(aws: Aws, cluster: str, identifier: str) -> dict[str, Any] | None:
    reply = aws.find("eks", "describe_pod_identity_association", clusterName=cluster, associationId=identifier)
    return dict(reply["association"]) if reply else None


class EksPodIdentityAssociation(EksKind):
    """One role for one service account. Associations that belong to an add-on are a property of the add-on."""

    name = "eks_pod_identity_association"
    calls = eks(
        "pod_identity_association", items="associations", item="association", id="associationId", name="associationId", arn="associationArn"
    )
    named = False
    operations = ("update_pod_identity_association",)
    settles = ()
    exclusive = True

    cluster_name = fixed()
    namespace = fixed()
    service_account = fixed()
    role_arn = given()

    def in_clusters(self, aws: Aws, clusters: Sequence[str]) -> list[dict[str, Any]]:
        own = [entry for entry in associations(aws, clusters) if not entry.get("ownerArn")] if clusters else []
        return self.described(aws, [{"clusterName": entry["clusterName"], "associationId": entry["associationId"]} for entry in own])

    def where(self, seen: Observed) -> dict[str, str]:
        return {"clusterName": seen.properties["cluster_name"], "associationId": seen.id}

    def steps(self, aws: Aws, now: Observed, left: Mapping[str, Any]) -> list[Step]:
        if not left.get("role_arn"):
            return []
        return [lambda: aws.change("eks", "update_pod_identity_association", **self.where(now), roleArn=left["role_arn"])]

    def look_up(self, aws: Aws, identifier: str, address: str) -> Observed | None:
        """Look up by cluster name and association ID, separated by a slash."""
        cluster, slash, name = identifier.partition("/")
        if not slash or not name.startswith("a-"):
            raise EngineError(f"{identifier}: write a {self.name} as <name of the cluster>/<id of the association, which begins with a->")
        return self.observe_any_owner(aws, self.described(aws, [{"clusterName": cluster, "associationId": name}]), address)

    def holder(self, aws: Aws, properties: Mapping[str, Any]) -> Observed | None:
        """A service account can have only one association."""
        cluster, *account = (properties.get(name) for name in ("cluster_name", "namespace", "service_account"))
        if not cluster or not all(account):
            return None
        held = [entry for entry in _of_cluster(aws, cluster) if [entry["namespace"], entry["serviceAccount"]] == account]
        return self.observe_any_owner(
            aws, self.described(aws, [{"clusterName": cluster, "associationId": one["associationId"]} for one in held])
        )
