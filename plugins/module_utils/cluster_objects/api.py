# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Where a cluster's API serves the objects of a kind: a table for built-in Kubernetes kinds, and API discovery for all others."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..kubernetes.client import Api
from ..kubernetes.values import Obj

AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
"""The media type of aggregated discovery."""


@dataclass(frozen=True, order=True)
class ApiType:
    """One kind in one version, such as Deployment in apps/v1."""

    group: str
    version: str
    kind: str
    plural: str
    namespaced: bool

    @property
    def api_version(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def root(self) -> str:
        return f"/apis/{self.group}/{self.version}" if self.group else f"/api/{self.version}"

    @property
    def everywhere(self) -> str:
        """The path that lists the objects of all namespaces."""
        return f"{self.root}/{self.plural}"

    def path(self, namespace: str, name: str) -> str:
        within = f"namespaces/{namespace}/" if self.namespaced else ""
        return f"{self.root}/{within}{self.plural}/{name}"


def _types(api_version: str, cluster: Mapping[str, str] | None = None, **namespaced: str) -> Iterable[ApiType]:
    group, _dummy, version = api_version.rpartition("/")
    yield from (ApiType(group, version, kind, plural, True) for kind, plural in namespaced.items())
    yield from (ApiType(group, version, kind, plural, False) for kind, plural in (cluster or {}).items())


WEBHOOKS = {
    "MutatingWebhookConfiguration": "mutatingwebhookconfigurations",
    "ValidatingWebhookConfiguration": "validatingwebhookconfigurations",
}
OWN = (
    *_types(
        "v1",
        {"Namespace": "namespaces", "PersistentVolume": "persistentvolumes"},
        ConfigMap="configmaps",
        Secret="secrets",  # noqa: S106  a plural, no password
        Service="services",
        ServiceAccount="serviceaccounts",
        PersistentVolumeClaim="persistentvolumeclaims",
        ResourceQuota="resourcequotas",
        LimitRange="limitranges",
        Pod="pods",
    ),
    *_types("apps/v1", Deployment="deployments", StatefulSet="statefulsets", DaemonSet="daemonsets"),
    *_types("batch/v1", Job="jobs", CronJob="cronjobs"),
    *_types("autoscaling/v2", HorizontalPodAutoscaler="horizontalpodautoscalers"),
    *_types("policy/v1", PodDisruptionBudget="poddisruptionbudgets"),
    *_types("networking.k8s.io/v1", {"IngressClass": "ingressclasses"}, Ingress="ingresses", NetworkPolicy="networkpolicies"),
    *_types(
        "rbac.authorization.k8s.io/v1",
        {"ClusterRole": "clusterroles", "ClusterRoleBinding": "clusterrolebindings"},
        Role="roles",
        RoleBinding="rolebindings",
    ),
    *_types("storage.k8s.io/v1", {"StorageClass": "storageclasses", "CSIDriver": "csidrivers"}),
    *_types("node.k8s.io/v1", {"RuntimeClass": "runtimeclasses"}),
    *_types("apiregistration.k8s.io/v1", {"APIService": "apiservices"}),
    *_types("scheduling.k8s.io/v1", {"PriorityClass": "priorityclasses"}),
    *_types("admissionregistration.k8s.io/v1", WEBHOOKS),
    *_types("apiextensions.k8s.io/v1", {"CustomResourceDefinition": "customresourcedefinitions"}),
)
"""Built-in Kubernetes kinds. Every run lists all of them, wanted or not, to find objects that are no longer wanted."""

BY_NAME: Mapping[tuple[str, str], ApiType] = {(one.api_version, one.kind): one for one in OWN}
BUILT_IN = frozenset(
    {
        *(one.group for one in OWN),
        *(
            "authentication.k8s.io",
            "authorization.k8s.io",
            "certificates.k8s.io",
            "coordination.k8s.io",
            "discovery.k8s.io",
            "events.k8s.io",
        ),
        *("extensions", "flowcontrol.apiserver.k8s.io", "internal.apiserver.k8s.io", "resource.k8s.io", "storagemigration.k8s.io"),
        *("metrics.k8s.io", "custom.metrics.k8s.io", "external.metrics.k8s.io"),
    }
)
"""API groups of Kubernetes itself, which contain no custom resources."""


def is_built_in(group: str) -> bool:
    return group in BUILT_IN


def discovered(reply: Obj) -> list[ApiType]:
    """The listable kinds in an aggregated discovery reply (APIGroupDiscoveryList), in the version that the group prefers.

    A group whose server does not respond is marked stale and left out: its objects cannot be read.
    """
    found: dict[tuple[str, str], ApiType] = {}
    for one in _served(reply, "list"):
        found.setdefault((one.group, one.plural), one)
    return list(found.values())


def _served(reply: Obj, verb: str) -> Iterator[ApiType]:
    """The kinds in an aggregated discovery reply that have a verb, in every version, preferred versions first."""
    for group in reply.get("items") or ():
        name = str((group.get("metadata") or {}).get("name", ""))
        for version in group.get("versions") or ():
            if version.get("freshness") == "Stale":
                continue
            for one in version.get("resources") or ():
                if verb in (one.get("verbs") or ()):
                    kind, namespaced = one["responseKind"]["kind"], one.get("scope") == "Namespaced"
                    yield ApiType(name, version["version"], kind, one["resource"], namespaced)


class Types:
    """Where the cluster serves objects of any kind. Queries the cluster once, if a kind is not one of the usual Kubernetes kinds."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._lock = threading.Lock()
        self._known: Mapping[tuple[str, str], ApiType] | None = None

    def of(self, api_version: str, kind: str) -> ApiType | None:
        """The type; None if the cluster does not serve it. Raises ApiProblem."""
        if (api_version, kind) in BY_NAME:
            return BY_NAME[api_version, kind]
        with self._lock:
            if self._known is None:
                replies = [self._api.get(root, accept=AGGREGATED) for root in ("/apis", "/api")]
                self._known = {(one.api_version, one.kind): one for reply in replies for one in _served(reply, "delete")}
        return self._known.get((api_version, kind))


def in_list(reply: Obj, api_version: str, kind: str) -> ApiType | None:
    """One kind from an APIResourceList (the discovery of one group and version); None if the list does not have that kind."""
    group, _dummy, version = api_version.rpartition("/")
    for one in reply.get("resources") or ():
        if one["kind"] == kind and "/" not in one["name"]:
            return ApiType(group, version, kind, one["name"], bool(one["namespaced"]))
    return None


def api_group(api_version: Any) -> str:
    return str(api_version).rpartition("/")[0]
