# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Patching of nodes: which release each group gets in this run, and what a plan says about the running ones. Pure functions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime

from .judge import AwsFacts
from .settings.cluster import Cluster
from .settings.node_groups import NodeGroup
from .settings.releases import age, minor_of, order


def due(clusters: Mapping[str, Cluster], now: datetime) -> list[tuple[str, str]]:
    """(AMI type, minor version) of every group that gets the newest release in a run at this moment."""
    groups = [(group, cluster.version) for cluster in clusters.values() for group in cluster.node_groups.values()]
    return sorted({(group.ami_type, version) for group, version in groups if version and group.release.due(now)})


def with_releases(clusters: Mapping[str, Cluster], known: AwsFacts, now: datetime) -> dict[str, Cluster]:
    """The clusters, with the newest release where one is due. Elsewhere, nodes keep theirs, and new ones get EKS's newest anyway."""
    return {
        name: replace(cluster, node_groups={key: _released(cluster, group, known, now) for key, group in cluster.node_groups.items()})
        for name, cluster in clusters.items()
    }


def _released(cluster: Cluster, group: NodeGroup, known: AwsFacts, now: datetime) -> NodeGroup:
    newest = (known.releases or {}).get((group.ami_type, cluster.version)) if group.release.due(now) else None
    running = running_release(cluster, group, known)
    if newest and running and minor_of(newest) == minor_of(running) and order(newest) <= order(running):
        newest = running  # the parameter may lag behind a release that EKS has used already
    return replace(group, release_version=newest) if newest else group


def running_release(cluster: Cluster, group: NodeGroup, known: AwsFacts) -> str:
    """The release that a group's nodes run; empty if the group does not exist yet."""
    present = known.of(f"eks_nodegroup.{cluster.name}/{group.name}")
    return str(present.properties.get("release_version") or "") if present else ""


def release_notes(clusters: Mapping[str, Cluster], known: AwsFacts, now: datetime) -> list[str]:
    """One note for each cluster with nodes: the release that each group runs, how old it is, and when it gets a newer one."""
    found = []
    for key in sorted(clusters):
        cluster = clusters[key]
        if groups := list(_of_groups(cluster, known, now)):
            found.append(f"{cluster.name}: nodes of {', '.join(groups)}")
    return found


def _of_groups(cluster: Cluster, known: AwsFacts, now: datetime) -> Iterator[str]:
    for name, group in sorted(cluster.node_groups.items()):
        if running := running_release(cluster, group, known):
            yield f"{name} run {age(running, now.date())}{_prospect(group, running, known, cluster.version, now)}"


def _prospect(group: NodeGroup, running: str, known: AwsFacts, version: str, now: datetime) -> str:
    release = group.release
    if release.pinned:
        return " (pinned)"
    if not release.newest:
        return ""
    if not release.due(now):
        return f" (the newest release is applied in {release.window.text} UTC)" if release.window else ""
    newest = (known.releases or {}).get((group.ami_type, version), running)
    return " (the newest)" if newest == running else f" (this run applies {newest})"
