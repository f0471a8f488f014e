# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Sections on what users notice and what their requests pass through: services, load balancers, distributions, NAT gateways, buckets."""

from __future__ import annotations

from collections.abc import Sequence

from ....inputs.log_metrics import LogMetric
from ..alarms.building import GIB
from ..alarms.model import AnyAlarm, Metric
from ..platform import (
    APPLICATION,
    GLOBAL_REGION,
    Application,
    Bucket,
    Certificate,
    Distribution,
    LoadBalancer,
    NatGateway,
    Platform,
    Service,
    TargetGroup,
)
from ..sets.applications import LOG_NAMESPACE, metric_of
from ..sets.traffic import filled, numbered
from .building import LineOf, by_item, marks, metric_line, usual
from .model import Graph, Line, Section

ALB = "AWS/ApplicationELB"
PAST_FORTNIGHT = "-P14D"
"""Buckets and certificates publish once or twice a day."""
DAY = 86_400
FIVE_MINUTES = 300


def services(one: Application, alarms: Sequence[AnyAlarm], platform: Platform) -> Section:
    """Throughput, errors, and latency of each service that has requests; CPU and memory of pods if they are measured; what it counts."""
    region = platform.region
    own = [alarm for alarm in alarms if alarm.subject == ("applications", one.name)]
    serving = [service for service in one.services if service.target_groups]
    errors = [f"{service.name}-errors" for service in serving]
    latency = [f"{service.name}-latency" for service in serving]

    def each(service: Service, name: str, statistic: str) -> list[Metric]:
        balancer = ("LoadBalancer", service.load_balancer)
        return [Metric(ALB, name, (("TargetGroup", group), balancer), statistic, 60) for group in service.target_groups]

    def requests(service: Service) -> Line:
        return combined(service.name, each(service, "RequestCount", "Sum"), "SUM")

    def failed(service: Service) -> Line:
        failures = numbered("e", each(service, "HTTPCode_Target_5XX_Count", "Sum"))
        total = numbered("r", each(service, "RequestCount", "Sum"))
        return Line(service.name, None, f"100 * ({filled(failures)}) / ({filled(total)})", (*failures.items(), *total.items()))

    slow = [
        combined(f"{service.name} {statistic}", each(service, "TargetResponseTime", statistic), "MAX")
        for service in serving
        for statistic in ("p50", "p99")
    ]
    graphs: list[Graph] = [
        *by_item(
            usual("Throughput", "requests/min", region),
            serving,
            requests,
        ),
        *by_item(usual("Errors", "% of requests", region, marks=marks(own, "applications", *errors)), serving, failed),
        *by_item(usual("Latency", "s", region, marks=marks(own, "applications", *latency)), slow, lambda line: line),
    ]
    return Section(f"Application {one.name}", (*graphs, *pods(one, own, region), *counted(one, platform)))


def counted(one: Application, platform: Platform) -> list[Graph]:
    """What the application counts in its log: a graph for each unit."""

    def line(metric: LogMetric) -> Line:
        return metric_line(metric.name, LOG_NAMESPACE, metric_of(one.name, metric.name, platform.environment), "Sum", FIVE_MINUTES)

    found: list[Graph] = []
    for unit in dict.fromkeys(metric.unit for metric in one.metrics if one.log_group):
        what = "events" if unit in ("Count", "None") else unit.lower()
        graph = usual("Counted in the log", f"{what}/5 min", platform.region, period=FIVE_MINUTES)
        found += by_item(graph, [metric for metric in one.metrics if metric.unit == unit], line)
    return found


def pods(one: Application, alarms: Sequence[AnyAlarm], region: str) -> list[Graph]:
    running = [service for service in one.services if one.container_insights and service.deployments]
    found: list[Graph] = []
    for title, kind, name in (
        ("CPU of pods", "cpu", "pod_cpu_utilization_over_pod_limit"),
        ("Memory of pods", "memory", "pod_memory_utilization_over_pod_limit"),
    ):

        def line(service: Service, name: str = name) -> Line:
            place = (("ClusterName", one.cluster_name), ("Namespace", one.namespace))
            found = [Metric("ContainerInsights", name, (*place, ("PodName", each)), "Average", 60) for each in service.deployments]
            return combined(service.name, found, "MAX")

        limits = marks(alarms, "applications", *(f"{service.name}-{kind}" for service in running))
        found += by_item(usual(title, "% of limit", region, highest=100, marks=limits), running, line)
    return found


def load_balancers(items: Sequence[LoadBalancer], alarms: Sequence[AnyAlarm], region: str) -> Section:
    own = [one for one in items if one.type == APPLICATION]
    groups = [(one, group) for one in items for group in one.target_groups]

    def metric(one: LoadBalancer, name: str, statistic: str) -> Metric:
        return Metric(ALB, name, (("LoadBalancer", one.dimension),), statistic, 60)

    def failed(one: LoadBalancer) -> Line:
        names = (("targets", "HTTPCode_Target_5XX_Count"), ("itself", "HTTPCode_ELB_5XX_Count"), ("requests", "RequestCount"))
        parts = tuple((key, metric(one, name, "Sum")) for key, name in names)
        return Line(one.name, None, "100 * (FILL(targets, 0) + FILL(itself, 0)) / requests", parts)

    slow = [Line(f"{one.name} {statistic}", metric(one, "TargetResponseTime", statistic)) for one in own for statistic in ("p50", "p99")]
    graphs = (
        *by_item(usual("Requests", "requests/min", region), own, lambda one: Line(one.name, metric(one, "RequestCount", "Sum"))),
        *by_item(usual("Errors", "% of requests", region, marks=marks(alarms, "load_balancers", "errors")), own, failed),
        *by_item(usual("Latency", "s", region, marks=marks(alarms, "load_balancers", "latency")), slow, lambda line: line),
        *by_item(usual("Unhealthy targets", "targets", region), groups, unhealthy),
    )
    return Section("Load balancers", graphs)


def unhealthy(pair: tuple[LoadBalancer, TargetGroup]) -> Line:
    balancer, group = pair
    namespace = ALB if balancer.type == APPLICATION else "AWS/NetworkELB"
    where = ("LoadBalancer", balancer.dimension)
    found = [Metric(namespace, "UnHealthyHostCount", (("TargetGroup", each), where), "Maximum", 60) for each in group.dimensions]
    return combined(f"{balancer.name} {group.name}", found, "MAX")


def combined(label: str, metrics: Sequence[Metric], function: str) -> Line:
    """One line of several metrics, of which some may not exist."""
    if len(metrics) == 1:
        return Line(label, metrics[0])
    parts = numbered("m", metrics)
    return Line(label, None, f"{function}([{', '.join(f'FILL({name}, 0)' for name in parts)}])", tuple(parts.items()))


def edge(items: Sequence[Distribution], alarms: Sequence[AnyAlarm]) -> Section:
    """CloudFront's metrics are in us-east-1."""

    def line(name: str, statistic: str) -> LineOf:
        return lambda one: metric_line(one.name, "AWS/CloudFront", name, statistic, 60, DistributionId=one.distribution_id, Region="Global")

    graphs = (
        *by_item(usual("Requests", "requests/min", GLOBAL_REGION), items, line("Requests", "Sum")),
        *by_item(
            usual("5xx errors", "% of requests", GLOBAL_REGION, marks=marks(alarms, "distributions", "errors")),
            items,
            line("5xxErrorRate", "Average"),
        ),
        *by_item(usual("Downloaded", "bytes/min", GLOBAL_REGION), items, line("BytesDownloaded", "Sum")),
    )
    return Section("Distributions", graphs)


def nat_gateways(items: Sequence[NatGateway], region: str) -> Section:
    def line(name: str, statistic: str) -> LineOf:
        return lambda one: metric_line(one.name, "AWS/NATGateway", name, statistic, 60, NatGatewayId=one.gateway_id)

    graphs = (
        *by_item(usual("Sent to the internet", "bytes/min", region), items, line("BytesOutToDestination", "Sum")),
        *by_item(usual("Active connections", "connections", region), items, line("ActiveConnectionCount", "Maximum")),
        *by_item(usual("Failed port allocations", "errors/min", region), items, line("ErrorPortAllocation", "Sum")),
    )
    return Section("NAT gateways", graphs)


def buckets(items: Sequence[Bucket], region: str) -> Section:
    def size(one: Bucket) -> Line:
        dimensions = (("BucketName", one.bucket_name), ("StorageType", "StandardStorage"))
        return Line(one.name, None, f"held / {GIB}", (("held", Metric("AWS/S3", "BucketSizeBytes", dimensions, "Average", DAY)),))

    def objects(one: Bucket) -> Line:
        return metric_line(one.name, "AWS/S3", "NumberOfObjects", "Average", DAY, BucketName=one.bucket_name, StorageType="AllStorageTypes")

    graphs = (
        *by_item(usual("Size in standard storage", "GiB", region, period=DAY, history=PAST_FORTNIGHT), items, size),
        *by_item(usual("Objects", "objects", region, period=DAY, history=PAST_FORTNIGHT), items, objects),
    )
    return Section("Buckets, past 14 days", graphs)


def certificates(items: Sequence[Certificate], region: str) -> Section:
    graphs: list[Graph] = []
    for place in dict.fromkeys(one.region or region for one in items):
        here = [one for one in items if (one.region or region) == place]
        graphs += by_item(
            usual(f"Days until certificates expire, {place}", "days", place, period=DAY, history=PAST_FORTNIGHT, view="singleValue"),
            here,
            lambda one: metric_line(one.name, "AWS/CertificateManager", "DaysToExpiry", "Minimum", DAY, CertificateArn=one.arn),
        )
    return Section("Certificates", tuple(graphs))
