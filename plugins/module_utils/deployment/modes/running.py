# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The workloads that Helm or Argo CD run for a release: found in the cluster, for the verifier and for the record."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ...cluster_objects.manifest import Wanted, read
from ...kubernetes.values import Obj
from ..cluster import Cluster, together
from ..look import address_of
from ..record import WORKLOADS

VERIFIED = (*WORKLOADS, "Service")
"""The kinds that a verification looks at."""
API_VERSIONS = {**dict.fromkeys(WORKLOADS, "apps/v1"), "Service": "v1"}


def verified_in(manifests: Iterable[Mapping[str, Any]], namespace: str) -> list[dict[str, str]]:
    """Those of the manifests that a verification looks at, as {kind, namespace, name}. ``namespace``: of those that name none."""
    return [
        {"kind": one["kind"], "namespace": str(one["metadata"].get("namespace") or namespace), "name": str(one["metadata"]["name"])}
        for one in manifests
        if one.get("kind") in VERIFIED
    ]


def live_of(cluster: Cluster, references: Iterable[Mapping[str, str]]) -> dict[str, Obj]:
    """The objects that exist, by address."""
    manifests = [
        {
            "apiVersion": API_VERSIONS[one["kind"]],
            "kind": one["kind"],
            "metadata": {"name": one["name"], "namespace": one["namespace"]},
        }
        for one in references
    ]
    wanted, _problems = read(manifests, "")

    def find(one: Wanted) -> Obj | None:
        live = cluster.live(one)
        return None if live is None else {**live, "apiVersion": one.api_version, "kind": one.kind}

    return {address_of(one): live for one, live in zip(wanted, together(find, wanted)) if live is not None}


def workloads_in(references: Iterable[Mapping[str, str]]) -> list[dict[str, str]]:
    """What the record keeps of them, for later verifications."""
    return [dict(one) for one in references if one["kind"] in WORKLOADS]
