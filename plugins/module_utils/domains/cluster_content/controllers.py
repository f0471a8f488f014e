# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Releases of a cluster's well-known controllers, with the values that follow from the cluster. Pure functions."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...cluster_objects.isolation import Network
from ...reconcile.model import UNKNOWN
from .node_pools import NOWHERE, Ground
from .settings import Namespace

LOAD_BALANCERS = "aws-load-balancer-controller"
AUTOSCALER = "cluster-autoscaler"
LOGS = "fluent-bit"
SECRETS = "external-secrets"
KARPENTER = "karpenter"

ANYWHERE = "0.0.0.0/0"
SOURCES = ("repository", "chart", "version", "values")


@dataclass(frozen=True)
class Cluster:
    """The properties of a cluster that chart values use. Any of them may still be unknown."""

    name: str
    version: str
    region: str
    vpc_id: str
    log_group: str
    registry: str
    queue: str = UNKNOWN
    """The name of Karpenter's queue."""
    ground: Ground = NOWHERE
    """Where Karpenter launches nodes."""


@dataclass(frozen=True)
class Controller:
    """A controller: its namespace, the pods allowed to run there, and the values its chart needs."""

    namespace: str
    values: Callable[[Cluster], dict[str, Any]]
    own_namespace: Namespace | None = None


def load_balancers(cluster: Cluster) -> dict[str, Any]:
    return {"clusterName": cluster.name, "region": cluster.region, "vpcId": cluster.vpc_id}


def autoscaler(cluster: Cluster) -> dict[str, Any]:
    """Its version matches the cluster's, because it simulates that version's scheduler."""
    return {"autoDiscovery": {"clusterName": cluster.name}, "awsRegion": cluster.region, "image": {"tag": f"v{cluster.version}.0"}}


def logs(cluster: Cluster) -> dict[str, Any]:
    return {"region": cluster.region, "clusterName": cluster.name, "cloudWatchLogs": {"logGroupName": cluster.log_group}}


def secrets(cluster: Cluster) -> dict[str, Any]:
    return {"region": cluster.region}


def karpenter(cluster: Cluster) -> dict[str, Any]:
    return {"settings": {"clusterName": cluster.name, "interruptionQueue": cluster.queue}, "region": cluster.region}


TO_AWS = {ANYWHERE: (443,)}
CONTROLLERS: Mapping[str, Controller] = {
    LOAD_BALANCERS: Controller("kube-system", load_balancers),
    AUTOSCALER: Controller("kube-system", autoscaler),
    KARPENTER: Controller("kube-system", karpenter),
    # It reads its node's logs, which only privileged pods can do.
    LOGS: Controller(
        "amazon-cloudwatch",
        logs,
        Namespace("amazon-cloudwatch", "privileged", network=Network(pod_identity=True, to_cidrs=TO_AWS)),
    ),
    # The control plane calls its webhook, and network policies cannot select the control plane.
    SECRETS: Controller(
        "external-secrets",
        secrets,
        Namespace("external-secrets", "restricted", network=Network(pod_identity=True, to_cidrs=TO_AWS, from_cidrs={ANYWHERE: (10250,)})),
    ),
}
"""Their namespaces and service accounts are those that receive AWS permissions (eks/controllers.py)."""


def releases(
    names: Sequence[str], cluster: Cluster, charts: Mapping[str, Any], vendored: Mapping[str, Mapping[str, str]]
) -> tuple[dict[str, Any], list[str]]:
    """A release for each controller, and every problem with ``charts``: by controller name, chart sources that replace ``vendored``."""
    problems = [*_strangers(charts)]
    found: dict[str, Any] = {}
    for name in names:
        controller, given = CONTROLLERS[name], charts.get(name) or {}
        values = controller.values(cluster)
        if cluster.registry:
            values["image"] = {**values.get("image", {}), "registry": cluster.registry}
        release: dict[str, Any] = {"namespace": controller.namespace, "values": merged(values, given.get("values") or {})}
        if given.get("repository") or given.get("chart"):
            source = str(given.get("chart") or name)
            release |= {"chart": source, "version": given.get("version")}
            release |= {"repository": given["repository"]} if given.get("repository") else {}
        else:
            release["chart_files"] = dict(vendored.get(name) or {})
        if name != LOAD_BALANCERS and LOAD_BALANCERS in names:
            release["after"] = [LOAD_BALANCERS]
        found[name] = release
    return found, problems


def _strangers(charts: Mapping[str, Any]) -> list[str]:
    problems = []
    for name, given in charts.items():
        if name not in CONTROLLERS:
            near = difflib.get_close_matches(name, CONTROLLERS, 1)
            hint = f"did you mean {near[0]}?" if near else f"valid names are {', '.join(CONTROLLERS)}. Put other charts in releases"
            problems.append(f"eks_charts.{name} is not a chart of this role; {hint}")
        elif not isinstance(given, Mapping | None):
            problems.append(f"eks_charts.{name} is {given!r}, but it must be a mapping with {', '.join(SOURCES)}")
        else:
            problems += [
                f"eks_charts.{name}.{key} is not a setting; valid names are {', '.join(SOURCES)}"
                for key in given or ()
                if key not in SOURCES
            ]
    return problems


def merged(values: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Values merged recursively; those in ``over`` win."""
    found = dict(values)
    for key, value in over.items():
        before = found.get(key)
        found[key] = merged(before, value) if isinstance(before, Mapping) and isinstance(value, Mapping) else value
    return found


def namespaces(names: Sequence[str]) -> list[Namespace]:
    """The namespaces that these controllers bring with them."""
    return [one.own_namespace for name, one in CONTROLLERS.items() if name in names and one.own_namespace]
