# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Sections on EKS clusters and their node groups."""

from __future__ import annotations

from collections.abc import Sequence

from ..alarms.model import AnyAlarm
from ..platform import Cluster, NodeGroup
from .building import LineOf, by_item, marks, metric_line, usual
from .model import Section


def clusters(items: Sequence[Cluster], groups: Sequence[NodeGroup], alarms: Sequence[AnyAlarm], region: str) -> Section:
    seen = [one for one in items if one.container_insights]

    def insight(name: str, statistic: str) -> LineOf:
        return lambda one: metric_line(one.name, "ContainerInsights", name, statistic, 60, ClusterName=one.cluster_name)

    def control(name: str, statistic: str) -> LineOf:
        return lambda one: metric_line(one.name, "AWS/EKS", name, statistic, 60, ClusterName=one.cluster_name)

    def group(namespace: str, name: str, statistic: str) -> LineOf:
        return lambda one: metric_line(one.name, namespace, name, statistic, 60, AutoScalingGroupName=one.group)

    graphs = (
        *by_item(usual("Nodes in service", "nodes", region), groups, group("AWS/AutoScaling", "GroupInServiceInstances", "Minimum")),
        *by_item(
            usual("CPU of node groups", "%", region, highest=100, marks=marks(alarms, "node_groups", "cpu")),
            groups,
            group("AWS/EC2", "CPUUtilization", "Average"),
        ),
        *by_item(usual("Pods without a node", "pods", region), items, control("scheduler_pending_pods_UNSCHEDULABLE", "Sum")),
        *by_item(usual("Nodes that are not ready", "nodes", region), seen, insight("cluster_failed_node_count", "Maximum")),
        *by_item(
            usual("Memory of nodes", "%", region, highest=100, marks=marks(alarms, "clusters", "node-memory")),
            seen,
            insight("node_memory_utilization", "Average"),
        ),
        *by_item(
            usual("Disks of nodes", "%", region, highest=100, marks=marks(alarms, "clusters", "node-disk")),
            seen,
            insight("node_filesystem_utilization", "Maximum"),
        ),
    )
    return Section("Clusters", graphs)
