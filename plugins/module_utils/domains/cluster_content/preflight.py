# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The checks on the content that the eks role describes for its clusters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...inputs.problems import Problems
from ...inputs.values import AWS_NAME, NAMESPACE
from ...reconcile.model import UNKNOWN
from ..eks.settings.cluster import checked
from .content import content_of, of_shared_cluster
from .controllers import SECRETS, Cluster

WITHOUT_REGISTRY = (SECRETS,)
"""Controllers whose chart in this role names no registry."""


def input_errors(content: Any, name: str, clusters: Any, charts: Any = None, shared: Any = None) -> list[str]:
    """Every problem with the content of all clusters. ``clusters``: their settings, which are checked elsewhere. ``shared``: the clusters
    that another component builds.
    """
    described = clusters if isinstance(clusters, Mapping) else {}
    borrowed = shared if isinstance(shared, Mapping) else {}
    if not isinstance(content, Mapping) or not isinstance(charts or {}, Mapping):
        wrong, value = (name, content) if not isinstance(content, Mapping) else ("eks_charts", charts)
        return [f"{wrong} is {value!r}, but it must be a mapping"]
    problems = [
        f"{name}.{one} matches no cluster; eks_clusters has {', '.join(sorted(described)) or 'none'}{_borrowed(borrowed)}"
        for one in content
        if one not in described and one not in borrowed
    ]
    nowhere = Cluster(UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN)
    for one, settings in described.items():
        problems += content_of(content.get(one), f"{name}.{one}", checked(settings).controllers, nowhere, charts or {}, {})[1]
    for one in borrowed:
        problems += content_of(of_shared_cluster(content.get(one)), f"{name}.{one}", (), nowhere, {}, {})[1]
    return list(dict.fromkeys(problems))


def _borrowed(shared: Mapping[str, Any]) -> str:
    return f", and eks_shared_clusters has {', '.join(sorted(shared))}" if shared else ""


def role_errors(variables: Mapping[str, Any]) -> list[str]:
    """Every problem with the contents of the clusters."""
    shared = variables.get("eks_shared_clusters") or {}
    found = shared_errors(shared, variables["eks_clusters"])
    found += input_errors(variables.get("eks_content", {}), "eks_content", variables["eks_clusters"], variables.get("eks_charts"), shared)
    return found or image_errors(variables)


def shared_errors(shared: Any, clusters: Any) -> list[str]:
    """Every problem with the names of clusters that another component builds."""
    problems = Problems()
    for name, cluster in shared.items() if isinstance(shared, Mapping) else ():
        if not (isinstance(name, str) and NAMESPACE.fullmatch(name)):
            problems.add("eks_shared_clusters", name, "it must be lower-case letters, digits and '-', such as main")
        elif isinstance(clusters, Mapping) and name in clusters:
            problems.add("eks_shared_clusters", name, "eks_clusters has a cluster of that name; choose another one")
        elif not (isinstance(cluster, str) and AWS_NAME.fullmatch(cluster)):
            problems.add(f"eks_shared_clusters.{name}", cluster, "it must be the name of an EKS cluster in AWS, such as dev-main")
    return problems.messages


def image_errors(variables: Mapping[str, Any]) -> list[str]:
    """Controllers whose images have no public default: each needs a registry, unless it uses the upstream chart."""
    if variables.get("eks_image_registry") or not variables.get("eks_manage_content", True):
        return []
    charts = variables.get("eks_charts") or {}
    wanted = {name for settings in variables["eks_clusters"].values() for name in checked(settings).controllers if name in WITHOUT_REGISTRY}
    return [
        f"eks_charts.{name}.values.image.registry is missing: {name} has no public default; give the registry of its images, or "
        "eks_image_registry for those of all controllers"
        for name in sorted(wanted)
        if not _has_images(charts.get(name) or {})
    ]


def _has_images(chart: Mapping[str, Any]) -> bool:
    image = ((chart.get("values") or {}).get("image")) or {}
    return bool(chart.get("repository") or chart.get("chart") or image.get("registry"))
