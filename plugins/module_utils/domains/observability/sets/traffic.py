# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Alarms on what requests pass through: load balancers, distributions, NAT gateways, and Route 53's health checks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ..alarms.building import COUNT, LASTING, MILLISECONDS, PERCENT, SECONDS, SOON, Limit, Span, Subject, greatest, ratio
from ..alarms.model import BELOW, CRITICAL, WARNING, Alarm, Metric, Query
from ..platform import APPLICATION, GLOBAL_REGION, Distribution, HealthCheck, LoadBalancer, NatGateway, Platform, TargetGroup, WebAcl

ERRORS = 1.0
"""Percent of requests."""
LATENCY = 2.0
"""Seconds, p99."""
FEWEST_FAILED = 3
"""Failed requests in a minute below which a share says nothing: one stray error out of ten requests is 10 %. It counts failures, not all
requests, so that a service with little traffic that fails altogether still rings."""
FEWEST_REQUESTS = 5
"""Requests in a minute below which a percentile is only the slowest of them. CloudWatch's own rule for few samples asks for a thousand."""
ELB_ERRORS = 10
ALL_RULES = "ALL"
"""The value of the dimension Rule that stands for the web ACL itself."""
CONNECTION_ERRORS = 10
DROPPED = 0.01
"""Percent of packets (Amazon VPC User Guide, "NAT gateway metrics")."""


def numbered(letter: str, metrics: Sequence[Metric]) -> dict[str, Metric]:
    return {f"{letter}{number}": metric for number, metric in enumerate(metrics, 1)}


def filled(names: Iterable[str]) -> str:
    """The sum of metrics of which some may not exist."""
    return " + ".join(f"FILL({name}, 0)" for name in names)


def error_rate(requests: Sequence[Metric], errors: Sequence[Metric]) -> tuple[Query, ...]:
    """The share of failed requests in percent; 0 while too few fail to tell."""
    parts, failures = numbered("r", requests), numbered("e", errors)
    failed, total = filled(failures), filled(parts) if len(parts) > 1 else "r1"
    return ratio(f"IF({failed} >= {FEWEST_FAILED}, 100 * ({failed}) / ({total}), 0)", "errors (%)", **parts, **failures)


def slowest(latencies: Sequence[Metric], requests: Sequence[Metric]) -> tuple[Query, ...]:
    """The greatest percentile of latencies; 0 while there are too few requests to tell."""
    parts = {**numbered("l", latencies), **numbered("r", requests)}
    slow = [f"IF(FILL(r{n}, 0) >= {FEWEST_REQUESTS}, FILL(l{n}, 0), 0)" for n in range(1, len(latencies) + 1)]
    expression = f"MAX([{', '.join(slow)}])" if len(slow) > 1 else f"IF(r1 >= {FEWEST_REQUESTS}, l1, 0)"
    return ratio(expression, f"{latencies[0].statistic} latency", **parts)


def load_balancer_alarms(one: LoadBalancer, platform: Platform) -> Iterator[Alarm]:
    namespace = "AWS/ApplicationELB" if one.type == APPLICATION else "AWS/NetworkELB"
    subject = Subject("load_balancers", one.name, "load-balancer", platform.region, namespace, (("LoadBalancer", one.dimension),))
    yield from application_alarms(one, subject) if one.type == APPLICATION else network_alarms(one, subject)
    for group in one.target_groups:
        yield from target_alarms(one, group, subject)


def application_alarms(one: LoadBalancer, subject: Subject) -> Iterator[Alarm]:
    def total(name: str) -> Metric:
        return subject.metric(name, "Sum", SOON)

    yield subject.alarm(
        "errors",
        CRITICAL,
        error_rate([total("RequestCount")], [total("HTTPCode_Target_5XX_Count"), total("HTTPCode_ELB_5XX_Count")]),
        Limit(ERRORS, PERCENT),
        SOON,
        f"More than {ERRORS:g} % of the requests to load balancer {one.name} fail with 5xx. Look at the last deployment, the applications' "
        "logs, "
        "and the state of what they use.",
    )
    yield subject.alarm(
        "latency",
        CRITICAL,
        slowest([subject.metric("TargetResponseTime", "p99", SOON)], [total("RequestCount")]),
        Limit(LATENCY, SECONDS),
        SOON,
        f"One request in a hundred to load balancer {one.name} takes more than {LATENCY:g} s. Look at the databases' load and the pods' "
        "CPU.",
    )
    yield subject.alarm(
        "elb-5xx",
        WARNING,
        subject.metric("HTTPCode_ELB_5XX_Count", "Sum"),
        Limit(ELB_ERRORS, COUNT),
        LASTING,
        f"Load balancer {one.name} itself has answered with 5xx for 15 minutes: a target group has no healthy target (503), or targets "
        "close "
        "connections or time out (502, 504).",
    )
    yield subject.alarm(
        "target-connections",
        WARNING,
        subject.metric("TargetConnectionErrorCount", "Sum"),
        Limit(CONNECTION_ERRORS, COUNT),
        LASTING,
        f"Load balancer {one.name} cannot connect to its targets: look at security groups, at the pods' ports, and at how pods shut down.",
    )
    yield subject.alarm(
        "rejected-connections",
        WARNING,
        subject.metric("RejectedConnectionCount", "Sum"),
        Limit(0, COUNT),
        LASTING,
        f"Load balancer {one.name} refuses clients, since it has as many connections as it can take.",
    )


def network_alarms(one: LoadBalancer, subject: Subject) -> Iterator[Alarm]:
    yield subject.alarm(
        "ports",
        CRITICAL,
        subject.metric("PortAllocationErrorCount", "Sum"),
        Limit(0, COUNT),
        LASTING,
        f"Load balancer {one.name} runs out of ports towards its targets, so connections fail: add targets.",
    )


def target_alarms(one: LoadBalancer, group: TargetGroup, subject: Subject) -> Iterator[Alarm]:
    def hosts(name: str) -> list[Metric]:
        balancer = ("LoadBalancer", one.dimension)
        return [subject.metric(name, "Maximum", SOON, (("TargetGroup", each), balancer)) for each in group.dimensions]

    yield subject.alarm(
        f"unhealthy-{group.name}",
        WARNING,
        greatest("unhealthy targets", hosts("UnHealthyHostCount")),
        Limit(0, COUNT),
        Span(60, 10, 10),
        f"Target group {group.name} of load balancer {one.name} has had an unhealthy target for 10 minutes. Read the reason in the target "
        "group, then the pod's events and log.",
    )
    yield subject.alarm(
        f"no-target-{group.name}",
        CRITICAL,
        greatest("healthy targets", hosts("HealthyHostCount")),
        Limit(1, COUNT, BELOW),
        SOON,
        f"Target group {group.name} of load balancer {one.name} has no healthy target: every request to it fails.",
    )


def distribution_alarms(one: Distribution, dummy: Platform) -> Iterator[Alarm]:
    dimensions = (("DistributionId", one.distribution_id), ("Region", "Global"))
    subject = Subject("distributions", one.name, "distribution", GLOBAL_REGION, "AWS/CloudFront", dimensions)
    rate, requests = subject.metric("5xxErrorRate", "Average", SOON), subject.metric("Requests", "Sum", SOON)
    yield subject.alarm(
        "errors",
        CRITICAL,
        ratio(f"IF(rate * requests / 100 >= {FEWEST_FAILED}, rate, 0)", "5xx (%)", rate=rate, requests=requests),
        Limit(ERRORS, PERCENT),
        SOON,
        f"More than {ERRORS:g} % of the requests to distribution {one.name} fail with 5xx: its origin fails or cannot be reached.",
    )
    if one.additional_metrics:
        yield subject.alarm(
            "latency",
            WARNING,
            subject.metric("OriginLatency", "p99", SOON),
            Limit(LATENCY * 1_000, MILLISECONDS),
            SOON,
            f"One request in a hundred that distribution {one.name} sends to its origin takes more than {LATENCY:g} s.",
        )


def web_acl_alarms(one: WebAcl, platform: Platform) -> Iterator[Alarm]:
    """Metrics of a web ACL for CloudFront have no dimension Region (AWS WAF Developer Guide, "AWS WAF metrics and dimensions")."""
    region = GLOBAL_REGION if one.protects_cloudfront else platform.region
    where = () if one.protects_cloudfront else (("Region", region),)
    dimensions = (("WebACL", one.acl_name), *where, ("Rule", ALL_RULES))
    subject = Subject("web_acls", one.name, "web-acl", region, "AWS/WAFV2", dimensions)
    yield subject.alarm(
        "blocked",
        WARNING,
        subject.metric("BlockedRequests", "Sum"),
        Limit(one.blocked, COUNT),
        LASTING,
        f"Web ACL {one.name} has blocked more than {one.blocked} requests in each 5 minutes for 15 minutes: an attack, or a rule that "
        "matches what users do. Look at the sampled requests of the rules that block most.",
    )


def nat_gateway_alarms(one: NatGateway, platform: Platform) -> Iterator[Alarm]:
    subject = Subject("nat_gateways", one.name, "nat-gateway", platform.region, "AWS/NATGateway", (("NatGatewayId", one.gateway_id),))
    yield subject.alarm(
        "ports",
        CRITICAL,
        subject.metric("ErrorPortAllocation", "Sum", SOON),
        Limit(0, COUNT),
        SOON,
        f"NAT gateway {one.name} has no port left for connections to some destination, so they fail. Keep connections open instead of "
        "making many, use VPC endpoints, or add addresses to the gateway.",
    )
    dropped = subject.metric("PacketsDropCount", "Sum")
    sent = {name: subject.metric(metric, "Sum") for name, metric in (("out", "PacketsOutToDestination"), ("back", "PacketsOutToSource"))}
    yield subject.alarm(
        "drops",
        WARNING,
        ratio("100 * dropped / (FILL(out, 0) + FILL(back, 0) + dropped)", "dropped packets (%)", dropped=dropped, **sent),
        Limit(DROPPED, PERCENT),
        LASTING,
        f"NAT gateway {one.name} has dropped more than {DROPPED:g} % of its packets for 15 minutes, which AWS calls a sign of trouble in "
        "the gateway itself: look at the AWS Health Dashboard.",
    )


def health_check_alarms(one: HealthCheck, dummy: Platform) -> Iterator[Alarm]:
    subject = Subject("health_checks", one.name, "health-check", GLOBAL_REGION, "AWS/Route53", (("HealthCheckId", one.health_check_id),))
    yield subject.alarm(
        "failing",
        CRITICAL,
        subject.metric("HealthCheckStatus", "Minimum", SOON),
        Limit(1, COUNT, BELOW),
        SOON,
        f"Health check {one.name} fails: Route 53 cannot reach the endpoint from the internet, and fails over if records use the check.",
        warm_up=30,
    )
