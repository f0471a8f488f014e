# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The checks on the content that the eks role describes for its clusters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...reconcile.model import UNKNOWN
from ..eks.settings.cluster import checked
from .content import content_of
from .controllers import SECRETS, Cluster

WITHOUT_REGISTRY = (SECRETS,)
"""Controllers whose chart in this role names no registry."""


def input_errors(content: Any, name: str, clusters: Any, charts: Any = None) -> list[str]:
    """Every problem with the content of all clusters. ``clusters``: their settings, which are checked elsewhere."""
    described = clusters if isinstance(clusters, Mapping) else {}
    if not isinstance(content, Mapping) or not isinstance(charts or {}, Mapping):
        wrong, value = (name, content) if not isinstance(content, Mapping) else ("eks_charts", charts)
        return [f"{wrong} is {value!r}, but it must be a mapping"]
    problems = [
        f"{name}.{one} matches no cluster; eks_clusters has {', '.join(sorted(described)) or 'none'}"
        for one in content
        if one not in described
    ]
    nowhere = Cluster(*[UNKNOWN] * 6)
    for one, settings in described.items():
        problems += content_of(content.get(one), f"{name}.{one}", checked(settings).controllers, nowhere, charts or {}, {})[1]
    return list(dict.fromkeys(problems))


def role_errors(variables: Mapping[str, Any]) -> list[str]:
    """Every problem with the contents of the clusters."""
    found = input_errors(variables.get("eks_content", {}), "eks_content", variables["eks_clusters"], variables.get("eks_charts"))
    return found or image_errors(variables)


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
