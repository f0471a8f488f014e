# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Alarms on EKS clusters and their node groups.

Three sources tell about a cluster. Its control plane publishes what the scheduler and the API server know (AWS/EKS), without an add-on and
without charge. Managed node groups have the metrics of their Auto Scaling groups and instances. What only the nodes know needs Container
Insights, and the alarms on it exist only with it: without data they would be silent for ever.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..alarms.building import COUNT, LASTING, PERCENT, Limit, Span, Subject
from ..alarms.classes import credits_per_hour
from ..alarms.model import BELOW, CRITICAL, WARNING, Alarm
from ..platform import Cluster, NodeGroup, Platform
from .databases import CREDITS

STUCK = Span(60, 15, 15)
"""A new node takes a few minutes; a pod that still waits after a quarter of an hour will not start by itself."""
NODE_DOWN = Span(60, 5, 5)
API_ERRORS = 20


def cluster_alarms(one: Cluster, platform: Platform) -> Iterator[Alarm]:
    dimensions = (("ClusterName", one.cluster_name),)
    subject = Subject("clusters", one.name, "cluster", platform.region, "AWS/EKS", dimensions)
    yield subject.alarm(
        "pods-unschedulable",
        WARNING,
        subject.metric("scheduler_pending_pods_UNSCHEDULABLE", "Sum", STUCK),
        Limit(0, COUNT),
        STUCK,
        f"The scheduler of cluster {one.cluster_name} has found no node for a pod for 15 minutes. Describe the pod: it names what is "
        "missing. "
        "Raise the node group's maximum, or lower the pod's requests.",
    )
    yield subject.alarm(
        "api-errors",
        WARNING,
        subject.metric("apiserver_request_total_5XX", "Sum"),
        Limit(API_ERRORS, COUNT),
        LASTING,
        f"The API server of cluster {one.cluster_name} has answered with 5xx for 15 minutes: look at admission webhooks first.",
    )
    if one.container_insights:
        yield from insight_alarms(one, Subject("clusters", one.name, "cluster", platform.region, "ContainerInsights", dimensions))


def insight_alarms(one: Cluster, subject: Subject) -> Iterator[Alarm]:
    yield subject.alarm(
        "nodes-not-ready",
        CRITICAL,
        subject.metric("cluster_failed_node_count", "Maximum", NODE_DOWN),
        Limit(0, COUNT),
        NODE_DOWN,
        f"A node of cluster {one.cluster_name} has not been ready for 5 minutes. Describe the node; if its kubelet is silent, end the "
        "instance "
        "and let its group replace it.",
    )
    yield subject.alarm(
        "pods-pending",
        WARNING,
        subject.metric("pod_status_pending", "Sum", STUCK),
        Limit(0, COUNT),
        STUCK,
        f"Pods of cluster {one.cluster_name} have been pending for 15 minutes: they wait for a node, a volume, or an image.",
    )
    for kind, metric, what in (
        ("node-cpu", "node_cpu_utilization", "processors"),
        ("node-memory", "node_memory_utilization", "memory"),
        ("node-disk", "node_filesystem_utilization", "disks"),
    ):
        yield subject.alarm(
            kind,
            WARNING,
            subject.metric(metric, "Maximum" if kind == "node-disk" else "Average"),
            Limit(80, PERCENT),
            LASTING,
            f"The {what} of the nodes of cluster {one.cluster_name} have been used over 80 % for 15 minutes: add nodes, or look for what "
            "grew.",
        )


def node_group_alarms(one: NodeGroup, platform: Platform) -> Iterator[Alarm]:
    dimensions = (("AutoScalingGroupName", one.group),)
    scaling = Subject("node_groups", one.name, "node-group", platform.region, "AWS/AutoScaling", dimensions)
    instances = Subject("node_groups", one.name, "node-group", platform.region, "AWS/EC2", dimensions)
    if one.least:
        yield scaling.alarm(
            "too-few",
            CRITICAL,
            scaling.metric("GroupInServiceInstances", "Minimum", STUCK),
            Limit(one.least, COUNT, BELOW),
            STUCK,
            f"Node group {one.name} has had fewer than {one.least} nodes for 15 minutes, its minimum. Read the activities of its Auto "
            "Scaling group: quota, capacity, or a launch that fails.",
        )
    yield instances.alarm(
        "cpu",
        WARNING,
        instances.metric("CPUUtilization"),
        Limit(80, PERCENT),
        LASTING,
        f"The processors of node group {one.name} have been busy over 80 % for 15 minutes: raise its maximum or the requests of its pods.",
    )
    yield instances.alarm(
        "status",
        WARNING,
        instances.metric("StatusCheckFailed", "Maximum", NODE_DOWN),
        Limit(0, COUNT),
        NODE_DOWN,
        f"An instance of node group {one.name} fails EC2's status checks. Its group replaces it; if it does not, end the instance.",
    )
    if earned := min((rate for name in one.instance_types if (rate := credits_per_hour(name))), default=0):
        yield instances.alarm(
            "cpu-credits",
            WARNING,
            instances.metric("CPUCreditBalance", "Minimum", CREDITS),
            Limit(earned / 2, COUNT, BELOW),
            CREDITS,
            f"An instance of node group {one.name} has had less than half an hour's worth of CPU credits for an hour: its pods need more "
            "processor than its type earns. Choose a type that does not burst.",
        )
