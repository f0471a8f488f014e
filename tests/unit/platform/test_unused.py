# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What tells that a resource is used: the metrics of each type of resource, and the states that need none."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.platform.unused.report import queries
from ansible_collections.mainstay.aws.plugins.module_utils.platform.unused.sorts import SORTS, Candidate

SINCE = datetime(2026, 1, 31, tzinfo=UTC)
HERE = "arn:aws:elasticloadbalancing:af-south-1:123456789012"
APP, NET, GROUP = "app/shop/1", "net/shop/2", "targetgroup/api/3"


class Lists:
    """Answers list calls with one reply, whatever the service."""

    def __init__(self, *entries: dict[str, Any]) -> None:
        self.entries = list(entries)
        self.owner = SimpleNamespace(environment="prod")

    def list_all(self, _service: str, _method: str, _items: str, **_params: Any) -> list[dict[str, Any]]:
        return self.entries


def candidates(what: str, *entries: dict[str, Any]) -> list[Candidate]:
    aws: Any = Lists(*entries)
    return list(next(one for one in SORTS if one.what == what).candidates(aws))


@pytest.mark.parametrize(
    ("what", "entry", "identity", "measured"),
    [
        (
            "database",
            {"DBInstanceIdentifier": "prod-main", "InstanceCreateTime": SINCE},
            "prod-main",
            [("AWS/RDS", "DatabaseConnections", "Maximum", {"DBInstanceIdentifier": "prod-main"})],
        ),
        (
            "cache",
            {"ReplicationGroupId": "prod-main", "ReplicationGroupCreateTime": SINCE, "MemberClusters": ["a-001", "a-002"]},
            "prod-main",
            [
                ("AWS/ElastiCache", name, "Sum", {"CacheClusterId": node})
                for node in ("a-001", "a-002")
                for name in ("GetTypeCmds", "SetTypeCmds")
            ],
        ),
        ("broker", {"BrokerName": "jobs", "Created": SINCE}, "jobs", [("AWS/AmazonMQ", "ConnectionCount", "Maximum", {"Broker": "jobs"})]),
        (
            "load balancer",
            {"LoadBalancerArn": f"{HERE}:loadbalancer/{APP}", "CreatedTime": SINCE},
            APP,
            [("AWS/ApplicationELB", "RequestCount", "Sum", {"LoadBalancer": APP})],
        ),
        (
            "load balancer",
            {"LoadBalancerArn": f"{HERE}:loadbalancer/{NET}", "CreatedTime": SINCE},
            NET,
            [("AWS/NetworkELB", "ProcessedBytes", "Sum", {"LoadBalancer": NET})],
        ),
        (
            "target group",
            {"TargetGroupArn": f"{HERE}:{GROUP}", "LoadBalancerArns": [f"{HERE}:loadbalancer/{APP}"]},
            GROUP,
            [("AWS/ApplicationELB", "RequestCount", "Sum", {"TargetGroup": GROUP, "LoadBalancer": APP})],
        ),
        (
            "distribution",
            {"Id": "E2EXAMPLE", "LastModifiedTime": SINCE},
            "E2EXAMPLE",
            [("AWS/CloudFront", "Requests", "Sum", {"DistributionId": "E2EXAMPLE", "Region": "Global"})],
        ),
    ],
)
def test_what_is_measured(what: str, entry: dict[str, Any], identity: str, measured: list[Any]) -> None:
    (found,) = candidates(what, entry)
    assert found.identity == identity
    assert found.created == (None if what == "target group" else SINCE)
    assert found.measure
    asked = [
        (
            one["Metric"]["Namespace"],
            one["Metric"]["MetricName"],
            one["Stat"],
            {each["Name"]: each["Value"] for each in one["Metric"]["Dimensions"]},
        )
        for one in queries(found.measure)
    ]
    assert asked == measured


@pytest.mark.parametrize(
    ("what", "entry", "idle"),
    [
        ("target group", {"TargetGroupArn": f"{HERE}:{GROUP}", "LoadBalancerArns": []}, ["no load balancer uses it"]),
        (
            "target group",
            {"TargetGroupArn": f"{HERE}:{GROUP}", "LoadBalancerArns": [f"{HERE}:loadbalancer/{NET}"]},
            [],
        ),
        ("volume", {"VolumeId": "vol-1", "State": "available", "CreateTime": SINCE}, ["attached to nothing"]),
        ("volume", {"VolumeId": "vol-1", "State": "in-use", "CreateTime": SINCE}, []),
        ("address", {"AllocationId": "eipalloc-1"}, ["associated with nothing"]),
        ("address", {"AllocationId": "eipalloc-1", "AssociationId": "eipassoc-1"}, []),
        ("NAT gateway", {"NatGatewayId": "nat-1", "State": "deleted"}, []),
    ],
)
def test_states_that_need_no_metric(what: str, entry: dict[str, Any], idle: list[str]) -> None:
    found = candidates(what, entry)
    assert [(one.idle, one.measure) for one in found] == [(text, None) for text in idle]


@pytest.mark.parametrize(
    ("arn", "expected"),
    [
        ("arn:aws:rds:af-south-1:123456789012:db:prod-main", ("database", "prod-main")),
        ("arn:aws:rds:af-south-1:123456789012:snapshot:prod-main", None),
        ("arn:aws:elasticache:af-south-1:123456789012:replicationgroup:prod-main", ("cache", "prod-main")),
        ("arn:aws:sqs:af-south-1:123456789012:prod-email", ("queue", "prod-email")),
        ("arn:aws:mq:af-south-1:123456789012:broker:jobs:b-1", ("broker", "jobs")),
        (f"{HERE}:loadbalancer/{APP}", ("load balancer", APP)),
        (f"{HERE}:listener/{APP}/4", None),
        (f"{HERE}:{GROUP}", ("target group", GROUP)),
        ("arn:aws:cloudfront::123456789012:distribution/E2EXAMPLE", ("distribution", "E2EXAMPLE")),
        ("arn:aws:s3:::prod-media", ("bucket", "prod-media")),
        ("arn:aws:logs:af-south-1:123456789012:log-group:/aws/eks/prod-main/cluster:*", ("log group", "/aws/eks/prod-main/cluster")),
        ("arn:aws:ecr:af-south-1:123456789012:repository/prod/api", ("repository", "prod/api")),
        ("arn:aws:kms:af-south-1:123456789012:key/1", None),
    ],
)
def test_the_type_of_a_resource(arn: str, expected: tuple[str, str] | None) -> None:
    found = [(one.what, match[1]) for one in SORTS if (match := one.arn.fullmatch(arn))]
    assert found == ([expected] if expected else [])
