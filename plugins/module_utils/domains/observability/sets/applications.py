# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Alarms on the services of an application: what its users notice, and what its pods use."""

from __future__ import annotations

from collections.abc import Iterator

from ....inputs.log_metrics import FATAL
from ..alarms.building import COUNT, LASTING, PERCENT, SECONDS, SOON, Limit, Span, Subject, greatest
from ..alarms.missing import LOGS
from ..alarms.model import CRITICAL, WARNING, Alarm, Metric, Query
from ..platform import Application, Platform, Service
from .traffic import ERRORS, error_rate, slowest

LOG_NAMESPACE = LOGS
"""Where metric filters put what they count in applications' logs."""


def metric_of(application: str, name: str, environment: str) -> str:
    """The name in CloudWatch of a metric that is counted in an application's log; the filters in queries.py write it."""
    return f"{environment}-{application}-{name}"


def application_alarms(one: Application, platform: Platform) -> Iterator[Alarm]:
    for service in one.services:
        if service.target_groups:
            yield from request_alarms(one, service, platform)
        if one.container_insights and service.deployments:
            yield from pod_alarms(one, service, platform)
    if one.log_group:
        yield fatal_alarm(one, platform)


def subject_of(one: Application, platform: Platform, namespace: str, *dimensions: tuple[str, str]) -> Subject:
    return Subject("applications", one.name, "application", platform.region, namespace, dimensions)


def request_alarms(one: Application, service: Service, platform: Platform) -> Iterator[Alarm]:
    subject = subject_of(one, platform, "AWS/ApplicationELB")

    def each(name: str, statistic: str = "Sum") -> list[Metric]:
        balancer = ("LoadBalancer", service.load_balancer)
        return [subject.metric(name, statistic, SOON, (("TargetGroup", group), balancer)) for group in service.target_groups]

    yield subject.alarm(
        f"{service.name}-errors",
        CRITICAL,
        error_rate(each("RequestCount"), each("HTTPCode_Target_5XX_Count")),
        Limit(ERRORS, PERCENT),
        SOON,
        f"More than {ERRORS:g} % of the requests to service {service.name} of {one.name} fail with 5xx. Look at its last deployment, at "
        "its "
        "log by correlation ID, and at what it uses; roll back if the deployment is the cause.",
    )
    yield subject.alarm(
        f"{service.name}-latency",
        CRITICAL,
        slowest(each("TargetResponseTime", "p99"), each("RequestCount")),
        Limit(service.latency, SECONDS),
        SOON,
        f"One request in a hundred to service {service.name} of {one.name} takes more than {service.latency:g} s. Look at the load of its "
        "databases and at the CPU of its pods.",
    )


def pod_alarms(one: Application, service: Service, platform: Platform) -> Iterator[Alarm]:
    subject = subject_of(one, platform, "ContainerInsights")
    place = (("ClusterName", one.cluster_name), ("Namespace", one.namespace))

    def pods(name: str, statistic: str = "Average", span: Span = LASTING) -> Metric | tuple[Query, ...]:
        return greatest(name, [subject.metric(name, statistic, span, (*place, ("PodName", each))) for each in service.deployments])

    for kind, metric, what in (
        ("cpu", "pod_cpu_utilization_over_pod_limit", "CPU"),
        ("memory", "pod_memory_utilization_over_pod_limit", "memory"),
    ):
        yield subject.alarm(
            f"{service.name}-{kind}",
            WARNING,
            pods(metric),
            Limit(80, PERCENT),
            LASTING,
            f"The pods of service {service.name} of {one.name} have used over 80 % of their {what} limit for 15 minutes: raise the limit "
            "or "
            "the number of replicas.",
        )
    yield subject.alarm(
        f"{service.name}-crash-loop",
        CRITICAL,
        pods("pod_container_status_waiting_reason_crash_loop_back_off", "Maximum", SOON),
        Limit(0, COUNT),
        SOON,
        f"Containers of service {service.name} of {one.name} crash again and again: read the last lines of their previous log, and look "
        "for "
        "OOMKilled in the pod's status.",
    )


def fatal_alarm(one: Application, platform: Platform) -> Alarm:
    subject = subject_of(one, platform, LOG_NAMESPACE)
    return subject.alarm(
        "fatal",
        WARNING,
        subject.metric(metric_of(one.name, FATAL, platform.environment), "Sum"),
        Limit(0, COUNT),
        Span(300, 1, 1),
        f"Application {one.name} has logged events of level FATAL: open the saved query for its errors and follow the correlation ID.",
    )
