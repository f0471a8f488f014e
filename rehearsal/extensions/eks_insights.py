"""Insights: what EKS finds that blocks an upgrade to the next minor version.

Three checks inspect the cluster: node versions, add-on versions, and health. Findings that EKS would derive from API requests, such as
deprecated APIs, come from the setting `eks_insights`, which replaces the check with the same name.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from rehearsal.extensions.eks_common import cluster_of, page
from rehearsal.extensions.eks_health import issues_of
from rehearsal.kubernetes import VERSIONS
from rehearsal.registry import Call, answers
from rehearsal.replies import Refusal

CATEGORY = "UPGRADE_READINESS"
PASSING = "PASSING"
WORST_LAST = (PASSING, "UNKNOWN", "WARNING", "ERROR")
KUBELET = "Kubelet version skew"
ADDONS = "EKS add-on version compatibility"
HEALTH = "Cluster health issues"
DEPRECATED = "Deprecated APIs removed in Kubernetes v{minor}"
DESCRIPTIONS = {
    KUBELET: "Checks for kubelet minor versions of worker nodes in the cluster to see if upgrading causes version skew",
    ADDONS: "Checks version of installed EKS add-ons to ensure they are compatible with the next version of Kubernetes.",
    HEALTH: "Checks for any cluster health issues that prevent successful upgrade to the next Kubernetes version on EKS.",
}
ABOUT_APIS = "Checks for usage of deprecated APIs that are scheduled for removal in Kubernetes v{minor}."


@dataclass(frozen=True)
class Insight:
    cluster_arn: str
    name: str
    minor: str
    status: str
    reason: str
    recommendation: str = ""
    category: str = CATEGORY
    resources: tuple[Mapping[str, Any], ...] = ()
    details: Mapping[str, Any] = field(default_factory=dict)

    @property
    def identifier(self) -> str:
        return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{self.cluster_arn}/{self.name}/{self.minor}"))

    def summary(self, cluster: Any) -> dict[str, Any]:
        return {
            "id": self.identifier,
            "name": self.name,
            "category": self.category,
            "kubernetesVersion": self.minor,
            "lastRefreshTime": _refreshed(cluster),
            "lastTransitionTime": cluster.created_at,
            "description": DESCRIPTIONS.get(self.name, ABOUT_APIS.format(minor=self.minor)),
            "insightStatus": {"status": self.status, "reason": self.reason},
        }

    def described(self, cluster: Any) -> dict[str, Any]:
        more = {"recommendation": self.recommendation, "additionalInfo": {}, "resources": [dict(one) for one in self.resources]}
        return self.summary(cluster) | more | {"categorySpecificSummary": dict(self.details)}


def _refreshed(cluster: Any) -> datetime:
    moment: datetime = cluster.__dict__.get("rehearsal_insights_refreshed") or cluster.created_at
    return moment


def insights_of(call: Call, cluster: Any) -> list[Insight]:
    """Insights about the next minor version; the newest version has none. Findings from the setting replace computed ones."""
    index = VERSIONS.index(cluster.version) + 1
    found = {} if index == len(VERSIONS) else {one.name: one for one in _found(cluster, VERSIONS[index])}
    for entry in call.settings.eks_insights:
        if entry.get("cluster") in (None, cluster.name):
            planted = _planted(cluster, entry, VERSIONS[min(index, len(VERSIONS) - 1)])
            found[planted.name] = planted
    return list(found.values())


def blocking(call: Call, cluster: Any, version: str) -> list[Insight]:
    """What blocks an upgrade to this version without force."""
    return [one for one in insights_of(call, cluster) if (one.status, one.category, one.minor) == ("ERROR", CATEGORY, version)]


def _planted(cluster: Any, entry: Mapping[str, Any], following: str) -> Insight:
    minor = str(entry.get("kubernetesVersion") or following)
    details = {name: entry[name] for name in ("deprecationDetails", "addonCompatibilityDetails") if entry.get(name)}
    return Insight(
        cluster.arn,
        entry.get("name") or DEPRECATED.format(minor=minor),
        minor,
        entry.get("status", "ERROR"),
        entry.get("reason", "Deprecated API usage detected within last 30 days."),
        entry.get("recommendation", "Update manifests and API clients to use newer Kubernetes APIs if applicable before upgrading."),
        entry.get("category", CATEGORY),
        tuple(entry.get("resources") or ()),
        details,
    )


def _found(cluster: Any, minor: str) -> Iterator[Insight]:
    arn = cluster.arn
    yield Insight(arn, DEPRECATED.format(minor=minor), minor, PASSING, "No deprecated API usage detected within the last 30 days.")
    yield _kubelets(cluster, minor)
    yield _addons(cluster, minor)
    broken = issues_of(cluster)
    reason = "Cluster health issues detected." if broken else "No cluster health issues detected."
    yield Insight(arn, HEALTH, minor, "ERROR" if broken else PASSING, reason)


def _kubelets(cluster: Any, minor: str) -> Insight:
    """A node may be at most three minors behind after the upgrade; exactly three is a warning."""
    resources, worst = [], PASSING
    for group in cluster.nodegroups.values():
        lag = int(minor.split(".")[1]) - int(group.version.split(".")[1])
        status = "ERROR" if lag > 3 else "WARNING" if lag == 3 else PASSING
        worst = max(worst, status, key=WORST_LAST.index)
        if status != PASSING:
            resources.append({"insightStatus": {"status": status, "reason": f"kubelet {group.version}"}, "arn": group.arn})
    reason = "Node(s) with kubelet version skew detected." if resources else "No kubelet version skew detected."
    return Insight(cluster.arn, KUBELET, minor, worst, reason, "Upgrade your worker nodes.", resources=tuple(resources))


def _addons(cluster: Any, minor: str) -> Insight:
    """An add-on whose version does not support the next minor must be updated first."""
    unfit = [one for one in cluster.__dict__.get("rehearsal_addons", {}).values() if one.version not in one.product.fitting(minor)]
    resources = tuple({"insightStatus": {"status": "ERROR", "reason": f"{one.name} {one.version}"}, "arn": one.arn} for one in unfit)
    details = [{"name": one.name, "compatibleVersions": one.product.fitting(minor)} for one in unfit]
    reason = (
        "Installed EKS add-on versions are not compatible with next Kubernetes version."
        if unfit
        else "All installed EKS add-on versions are compatible."
    )
    given = {"addonCompatibilityDetails": details} if details else {}
    return Insight(
        cluster.arn, ADDONS, minor, "ERROR" if unfit else PASSING, reason, "Update the add-ons.", resources=resources, details=given
    )


@answers("eks", "ListInsights")
def list_insights(call: Call) -> Any:
    cluster, wanted = cluster_of(call), dict(call.get("filter") or {})
    filters = {"categories": "category", "kubernetesVersions": "minor", "statuses": "status"}
    found = [
        one
        for one in insights_of(call, cluster)
        if all(not wanted.get(name) or getattr(one, attribute) in wanted[name] for name, attribute in filters.items())
    ]
    return page(call, "insights", [one.summary(cluster) for one in found])


@answers("eks", "DescribeInsight")
def describe_insight(call: Call) -> Any:
    cluster = cluster_of(call)
    for one in insights_of(call, cluster):
        if one.identifier == call.get("id"):
            return {"insight": one.described(cluster)}
    raise Refusal("ResourceNotFoundException", f"No insight found for ID: {call.get('id')}", 404)


@answers("eks", "StartInsightsRefresh")
def start_refresh(call: Call) -> Any:
    cluster_of(call).rehearsal_insights_refreshed = datetime.now(UTC)
    return {"message": "Insights refresh initiated", "status": "IN_PROGRESS"}


@answers("eks", "DescribeInsightsRefresh")
def describe_refresh(call: Call) -> Any:
    moment = _refreshed(cluster_of(call))
    return {"message": "Insights refresh completed", "status": "COMPLETED", "startedAt": moment, "endedAt": moment}
