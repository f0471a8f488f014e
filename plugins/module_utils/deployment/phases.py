# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Which objects of a release come when. Pure functions.

A migration runs before the release's workloads, so what its pod needs has to be there first: its namespace, service account, rights,
configuration, and secrets, and the network policy that lets it reach the database. A first release has none of them yet.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ..cluster_objects.api import BY_NAME, api_group
from ..cluster_objects.manifest import Wanted

FIRST = ("Namespace", "CustomResourceDefinition")
"""What other objects of the release cannot exist without."""

PREPARED = frozenset(
    {
        *("PriorityClass", "RuntimeClass", "StorageClass"),
        *("ServiceAccount", "Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding"),
        *("ConfigMap", "Secret", "ResourceQuota", "LimitRange", "NetworkPolicy", "PersistentVolumeClaim"),
    }
)
"""Kinds of Kubernetes itself that pods need, or are limited by, when they start."""

PREPARED_GROUPS: Mapping[str, frozenset[str]] = {
    "external-secrets.io": frozenset(),
    "generators.external-secrets.io": frozenset(),
    "secrets-store.csi.x-k8s.io": frozenset(),
    "bitnami.com": frozenset({"SealedSecret"}),
    "vpcresources.k8s.aws": frozenset({"SecurityGroupPolicy"}),
    "cilium.io": frozenset({"CiliumNetworkPolicy"}),
    "networking.k8s.aws": frozenset({"PolicyEndpoint", "ApplicationNetworkPolicy"}),
    "cert-manager.io": frozenset({"Certificate", "Issuer"}),
}
"""API groups, and the kinds in them (all of them if empty), that provide configuration, secrets, or a pod's way to the database."""

RUNNING = ("Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob", "Pod", "ReplicaSet")
ROUTING_LAST = ("Ingress", "HorizontalPodAutoscaler", "PodDisruptionBudget")


def is_prepared(one: Wanted) -> bool:
    """Whether an object has to be there before the migration runs."""
    group = api_group(one.api_version)
    if group in PREPARED_GROUPS:
        kinds = PREPARED_GROUPS[group]
        return not kinds or one.kind in kinds
    return one.kind in PREPARED and (one.api_version, one.kind) in BY_NAME


def split(objects: Iterable[Wanted]) -> tuple[list[Wanted], list[Wanted]]:
    """(what is prepared before the migration, what is applied after it)."""
    prepared: list[Wanted] = []
    rest: list[Wanted] = []
    for one in objects:
        (prepared if one.kind in FIRST or is_prepared(one) else rest).append(one)
    return prepared, rest


def waves(objects: Sequence[Wanted]) -> list[list[Wanted]]:
    """The objects in the order in which they are applied; those of one wave may be applied at the same time.

    Namespaces and definitions of custom resources, then what pods need, then Services (a pod's environment lists the Services that
    existed when it started, and an Ingress refers to them), then what runs, then what refers to what runs.
    """
    found: dict[int, list[Wanted]] = {}
    for one in objects:
        found.setdefault(_rank(one), []).append(one)
    return [found[rank] for rank in sorted(found)]


def _rank(one: Wanted) -> int:
    if one.kind in FIRST:
        return 0
    if is_prepared(one):
        return 1
    if one.kind == "Service":
        return 2
    if one.kind in ROUTING_LAST:
        return 4
    return 3
