# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The types of resources of which CloudWatch, or their own state, tells that nothing uses them.

Each type is listed with one call of its service, only if the environment owns some of it. Resources that cost nothing while nobody uses
them, such as roles, and those that are used by existing, such as subnets, are not judged.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ...aws.connection import Aws

Raw = Mapping[str, Any]


@dataclass(frozen=True)
class Measure:
    """``names``: metrics of which any value above zero is a use. ``dimensions``: one set for each part, such as the nodes of a cache."""

    namespace: str
    names: tuple[str, ...]
    dimensions: tuple[Mapping[str, str], ...]
    statistic: str = "Sum"


@dataclass(frozen=True)
class Candidate:
    """A resource that may be unused. ``created``: None if AWS does not say. ``measure``: None if its state alone says that it is unused.

    ``idle``: what its use would have been ("no connections").
    """

    identity: str
    idle: str
    created: datetime | None = None
    measure: Measure | None = None


@dataclass(frozen=True)
class Sort:
    """``arn``: of all resources of the type; its group is the ID under which ``candidates`` names one."""

    what: str
    arn: re.Pattern[str]
    candidates: Callable[[Aws], Iterator[Candidate]]


def databases(aws: Aws) -> Iterator[Candidate]:
    for raw in aws.list_all("rds", "describe_db_instances", "DBInstances"):
        name = str(raw["DBInstanceIdentifier"])
        used = Measure("AWS/RDS", ("DatabaseConnections",), ({"DBInstanceIdentifier": name},), "Maximum")
        yield Candidate(name, "no connections", raw.get("InstanceCreateTime"), used)


def caches(aws: Aws) -> Iterator[Candidate]:
    """Monitoring connects to each node, so commands tell more than connections."""
    for raw in aws.list_all("elasticache", "describe_replication_groups", "ReplicationGroups"):
        nodes = tuple({"CacheClusterId": str(node)} for node in raw.get("MemberClusters") or ())
        used = Measure("AWS/ElastiCache", ("GetTypeCmds", "SetTypeCmds"), nodes)
        yield Candidate(str(raw["ReplicationGroupId"]), "no commands", raw.get("ReplicationGroupCreateTime"), used)


def queues(aws: Aws) -> Iterator[Candidate]:
    """Without dead-letter queues, which are meant to be empty."""
    urls = [str(url) for url in aws.list_all("sqs", "list_queues", "QueueUrls", QueueNamePrefix=f"{aws.owner.environment}-")]
    sources = aws.map(lambda url: aws.list_all("sqs", "list_dead_letter_source_queues", "queueUrls", QueueUrl=url), urls)
    alive = [url for url, found in zip(urls, sources, strict=True) if not found]
    replies = aws.map(lambda url: aws.read("sqs", "get_queue_attributes", QueueUrl=url, AttributeNames=["CreatedTimestamp"]), alive)
    for url, reply in zip(alive, replies, strict=True):
        name = url.rpartition("/")[2]
        used = Measure("AWS/SQS", ("NumberOfMessagesSent", "NumberOfMessagesReceived"), ({"QueueName": name},))
        yield Candidate(name, "no messages", at(float(reply["Attributes"]["CreatedTimestamp"])), used)


def brokers(aws: Aws) -> Iterator[Candidate]:
    for raw in aws.list_all("mq", "list_brokers", "BrokerSummaries"):
        used = Measure("AWS/AmazonMQ", ("ConnectionCount",), ({"Broker": str(raw["BrokerName"])},), "Maximum")
        yield Candidate(str(raw["BrokerName"]), "no connections", raw.get("Created"), used)


def nat_gateways(aws: Aws) -> Iterator[Candidate]:
    for raw in aws.list_all("ec2", "describe_nat_gateways", "NatGateways"):
        if raw["State"] == "available":
            used = Measure("AWS/NATGateway", ("BytesOutToDestination",), ({"NatGatewayId": str(raw["NatGatewayId"])},))
            yield Candidate(str(raw["NatGatewayId"]), "no bytes", raw.get("CreateTime"), used)


def load_balancers(aws: Aws) -> Iterator[Candidate]:
    for raw in aws.list_all("elbv2", "describe_load_balancers", "LoadBalancers"):
        name = _after(raw["LoadBalancerArn"], ":loadbalancer/")
        http = name.startswith("app/")
        namespace, metric = ("AWS/ApplicationELB", "RequestCount") if http else ("AWS/NetworkELB", "ProcessedBytes")
        used = Measure(namespace, (metric,), ({"LoadBalancer": name},))
        yield Candidate(name, "no requests" if http else "no bytes", raw.get("CreatedTime"), used)


def target_groups(aws: Aws) -> Iterator[Candidate]:
    for raw in aws.list_all("elbv2", "describe_target_groups", "TargetGroups"):
        name, balancers = _after(raw["TargetGroupArn"], ":"), raw.get("LoadBalancerArns") or ()
        if not balancers:
            yield Candidate(name, "no load balancer uses it")
        elif ":loadbalancer/app/" in balancers[0]:
            dimensions = {"TargetGroup": name, "LoadBalancer": _after(balancers[0], ":loadbalancer/")}
            yield Candidate(name, "no requests", None, Measure("AWS/ApplicationELB", ("RequestCount",), (dimensions,)))


def distributions(aws: Aws) -> Iterator[Candidate]:
    """CloudFront says when a distribution was changed last, not when it was created."""
    for raw in aws.list_all("cloudfront", "list_distributions", "DistributionList.Items"):
        used = Measure("AWS/CloudFront", ("Requests",), ({"DistributionId": str(raw["Id"]), "Region": "Global"},))
        yield Candidate(str(raw["Id"]), "no requests", raw.get("LastModifiedTime"), used)


def volumes(aws: Aws) -> Iterator[Candidate]:
    for raw in aws.list_all("ec2", "describe_volumes", "Volumes"):
        if raw["State"] == "available":
            yield Candidate(str(raw["VolumeId"]), "attached to nothing", raw.get("CreateTime"))


def addresses(aws: Aws) -> Iterator[Candidate]:
    for raw in aws.list_all("ec2", "describe_addresses", "Addresses"):
        if not raw.get("AssociationId"):
            yield Candidate(str(raw["AllocationId"]), "associated with nothing")


def buckets(aws: Aws) -> Iterator[Candidate]:
    """Requests to a bucket are measured only for a price; the number of its objects always is."""
    for raw in aws.list_all("s3", "list_buckets", "Buckets"):
        dimensions = {"BucketName": str(raw["Name"]), "StorageType": "AllStorageTypes"}
        used = Measure("AWS/S3", ("NumberOfObjects",), (dimensions,), "Maximum")
        yield Candidate(str(raw["Name"]), "no objects", raw.get("CreationDate"), used)


def repositories(aws: Aws) -> Iterator[Candidate]:
    for raw in aws.list_all("ecr", "describe_repositories", "repositories"):
        name = str(raw["repositoryName"])
        used = Measure("AWS/ECR", ("RepositoryPullCount",), ({"RepositoryName": name},))
        yield Candidate(name, "no pulls", raw.get("createdAt"), used)


def log_groups(aws: Aws) -> Iterator[Candidate]:
    for raw in aws.list_all("logs", "describe_log_groups", "logGroups"):
        name = str(raw["logGroupName"])
        used = Measure("AWS/Logs", ("IncomingLogEvents",), ({"LogGroupName": name},))
        yield Candidate(name, "no events", at(float(raw["creationTime"]) / 1000), used)


def at(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _after(arn: str, separator: str) -> str:
    return str(arn).rpartition(separator)[2]


SORTS = (
    Sort("database", re.compile(r"arn:[^:]*:rds:[^:]*:\d+:db:(.+)"), databases),
    Sort("cache", re.compile(r"arn:[^:]*:elasticache:[^:]*:\d+:replicationgroup:(.+)"), caches),
    Sort("queue", re.compile(r"arn:[^:]*:sqs:[^:]*:\d+:(.+)"), queues),
    Sort("broker", re.compile(r"arn:[^:]*:mq:[^:]*:\d+:broker:([^:]+):.+"), brokers),
    Sort("NAT gateway", re.compile(r"arn:[^:]*:ec2:[^:]*:\d+:natgateway/(.+)"), nat_gateways),
    Sort("load balancer", re.compile(r"arn:[^:]*:elasticloadbalancing:[^:]*:\d+:loadbalancer/((?:app|net)/.+)"), load_balancers),
    Sort("target group", re.compile(r"arn:[^:]*:elasticloadbalancing:[^:]*:\d+:(targetgroup/.+)"), target_groups),
    Sort("distribution", re.compile(r"arn:[^:]*:cloudfront::\d+:distribution/(.+)"), distributions),
    Sort("volume", re.compile(r"arn:[^:]*:ec2:[^:]*:\d+:volume/(.+)"), volumes),
    Sort("address", re.compile(r"arn:[^:]*:ec2:[^:]*:\d+:elastic-ip/(.+)"), addresses),
    Sort("bucket", re.compile(r"arn:[^:]*:s3:::([^/]+)"), buckets),
    Sort("repository", re.compile(r"arn:[^:]*:ecr:[^:]*:\d+:repository/(.+)"), repositories),
    Sort("log group", re.compile(r"arn:[^:]*:logs:[^:]*:\d+:log-group:(.+?)(?::\*)?"), log_groups),
)
