# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Converts settings into the input of k8s_objects: manifests, values to set in objects that are not ours, and releases. Pure functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from .controllers import KARPENTER, LOAD_BALANCERS, Cluster, namespaces, releases
from .namespaces import manifests, patches
from .node_pools import DEFAULT, pool_manifests
from .settings import Content, read_content


def content_of(
    given: Any, path: str, controllers: Sequence[str], cluster: Cluster, charts: Mapping[str, Any], vendored: Mapping[str, Any]
) -> tuple[dict[str, Any], list[str]]:
    """The input of k8s_objects for one cluster with these ``controllers``, and every problem with it."""
    content, problems = read_content(given, path)
    of_controllers, wrong = releases(controllers, cluster, charts, vendored)
    problems += wrong
    problems += [
        f"{path}.releases.{name} is the name of a controller's release; choose another name, or set its values in eks_charts.{name}"
        for name in content.releases
        if name in of_controllers
    ]
    whole = _with(content, controllers, path, problems)
    if content.node_pools and KARPENTER not in controllers:
        remedy = "set node_scaling of the cluster to karpenter, or remove them"
        problems.append(f"{path}.node_pools has {', '.join(content.node_pools)}, but Karpenter does not run in the cluster; {remedy}")
    pools = (DEFAULT if content.node_pools is None else content.node_pools) if KARPENTER in controllers else {}
    after = {"after": [LOAD_BALANCERS]} if LOAD_BALANCERS in controllers else {}
    own = {name: {**after, **one} if isinstance(one, Mapping) else one for name, one in content.releases.items()}
    found = {
        "objects": [*manifests(whole), *pool_manifests(pools, cluster.ground), *content.objects],
        "patches": patches(content.storage),
        "releases": {**of_controllers, **own},
        "sensitive": list(content.sensitive),
    }
    return found, problems


def of_shared_cluster(given: Any) -> Any:
    """The content of a cluster that another component builds: that one installs the controllers and the default storage class."""
    without = {"storage_class": {"enabled": False}}
    return {**without, **given} if isinstance(given, Mapping) else given or without


def _with(content: Content, controllers: Sequence[str], path: str, problems: list[str]) -> Content:
    own = namespaces(controllers)
    taken = {one.name for one in content.namespaces}
    problems += [
        f"{path}.namespaces has {one.name}, which is already created for a controller; choose another name"
        for one in own
        if one.name in taken
    ]
    return replace(content, namespaces=(*own, *content.namespaces))
