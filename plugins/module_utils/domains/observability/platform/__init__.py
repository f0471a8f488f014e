# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What there is to watch: every database, cache, queue, load balancer ... of an environment, as plain values.

Each item has a name that is unique among the items of its type in its environment, the names by which CloudWatch's dimensions know it, and
the facts from which thresholds are computed. A dimension's value may be unknown until the apply (see reconcile/model.py): names of alarms
are made from the items' own names only, so a plan from an empty account lists the same alarms as a later one.

Sizes of memory are in bytes, sizes of storage in GiB, times in seconds, unless the field's name says otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import TypeAlias

from ....inputs.log_metrics import LogMetric

GLOBAL_REGION = "us-east-1"
"""Where CloudFront, global web ACLs, and Route 53's health checks publish their metrics, whatever the environment's region."""

APPLICATION, NETWORK = "application", "network"
"""Types of load balancers."""


@dataclass(frozen=True)
class Database:
    """One DB instance of RDS. ``memory_bytes``: of its class, as EC2 describes the instance type; None if EC2 does not know it.

    ``replica_of``: the name of the database that it replicates. ``replicas``: how many replicate it. ``max_connections``: set by its
    parameter group; None if RDS computes it from the memory. ``storage_gib``: what it has now; ``storage_limit_gib``: up to where RDS grows
    it by itself, 0 if it does not.
    """

    name: str
    identifier: str
    instance_class: str
    memory_bytes: int | None = None
    storage_gib: int = 0
    storage_limit_gib: int = 0
    storage_type: str = "gp3"
    max_connections: int | None = None
    replica_of: str = ""
    replicas: int = 0
    region: str = ""


@dataclass(frozen=True)
class Cache:
    """One replication group of ElastiCache. ``nodes``: the IDs of its member clusters, such as ``prod-sessions-001``.

    ``replicas``: of each shard. ``evicts``: whether its policy removes keys when the memory is full, instead of refusing writes.
    """

    name: str
    identifier: str
    node_type: str
    nodes: tuple[str, ...] = ()
    replicas: int = 0
    evicts: bool = True
    max_connections: int = 65_000


@dataclass(frozen=True)
class Queue:
    """One queue of SQS. ``dead_letter``: whether it receives what others failed to process. ``depth`` and ``age``: from how many waiting
    messages and how old a message it counts as stuck; ``retention``: after how long SQS deletes a message.
    """

    name: str
    queue_name: str
    dead_letter: bool = False
    retention: int = 345_600
    depth: int = 1_000
    age: int = 900


@dataclass(frozen=True)
class BrokerQueue:
    """A queue inside a broker. RabbitMQ 3 only: Amazon MQ publishes no metrics of single queues for RabbitMQ 4."""

    name: str
    virtual_host: str = "/"
    depth: int = 1_000


@dataclass(frozen=True)
class Broker:
    """One broker of Amazon MQ for RabbitMQ. ``version``: such as "3.13" or "4.2"; ``depth``: from how many ready messages it is stuck.

    ``node_connections``: how many connections each of its ``nodes`` accepts, if its configuration says so; 0 for the limit of its type.
    """

    name: str
    broker_name: str
    version: str
    instance_type: str = ""
    nodes: int = 1
    node_connections: int = 0
    depth: int = 10_000
    queues: tuple[BrokerQueue, ...] = ()


@dataclass(frozen=True)
class Stream:
    """One cluster of MSK. ``brokers``: their IDs. ``topics``: (name, number of partitions). ``consumers``: (consumer group, topic)."""

    name: str
    cluster_name: str
    serverless: bool = False
    brokers: tuple[int, ...] = ()
    instance_type: str = ""
    topics: tuple[tuple[str, int], ...] = ()
    consumers: tuple[tuple[str, str], ...] = ()
    lag: int = 900


@dataclass(frozen=True)
class TargetGroup:
    """``dimensions``: ``targetgroup/<name>/<id>``, the last part of its ARN; several for what has colors. ``found_by``: see Service."""

    name: str
    dimensions: tuple[str, ...]
    found_by: tuple[str, ...] = ()


@dataclass(frozen=True)
class LoadBalancer:
    """``dimension``: ``app/<name>/<id>`` or ``net/<name>/<id>``, the last part of its ARN."""

    name: str
    dimension: str
    type: str = APPLICATION
    target_groups: tuple[TargetGroup, ...] = ()


@dataclass(frozen=True)
class Cluster:
    """One cluster of EKS. ``container_insights``: whether the add-on that publishes metrics of nodes and pods is installed.

    EKS itself publishes what its control plane knows (the namespace AWS/EKS) without any add-on.
    """

    name: str
    cluster_name: str
    container_insights: bool = False


@dataclass(frozen=True)
class NodeGroup:
    """One managed node group. ``group``: its Auto Scaling group. ``least``: its smallest size."""

    name: str
    group: str
    cluster: str = ""
    least: int = 1
    instance_types: tuple[str, ...] = ()


@dataclass(frozen=True)
class NatGateway:
    name: str
    gateway_id: str


@dataclass(frozen=True)
class Distribution:
    """One distribution of CloudFront. ``additional_metrics``: whether CloudFront publishes the paid ones, such as the origin's latency."""

    name: str
    distribution_id: str
    additional_metrics: bool = False


@dataclass(frozen=True)
class WebAcl:
    """One web ACL of WAF. ``acl_name``: its name there. ``blocked``: from how many blocked requests in 5 minutes somebody should look."""

    name: str
    acl_name: str
    protects_cloudfront: bool = False
    blocked: int = 1_000


@dataclass(frozen=True)
class Certificate:
    """One certificate of ACM. ``life_days``: from issue to expiry. ``renewed``: whether ACM renews it by itself."""

    name: str
    arn: str
    life_days: int = 198
    renewed: bool = True
    region: str = ""


@dataclass(frozen=True)
class Bucket:
    """One bucket. ``replicas``: (name of the destination bucket, ID of the replication rule) of the rules that publish metrics.

    ``request_metrics``: the ID of a request metrics configuration of the entire bucket, or "" if it has none.
    """

    name: str
    bucket_name: str
    expected_gib: int = 1_024
    replicas: tuple[tuple[str, str], ...] = ()
    request_metrics: str = ""


@dataclass(frozen=True)
class Backup:
    """Proof that a DB instance was backed up: an EventBridge rule that matches RDS's events of its completed backups.

    ``rule_name``: that rule; empty for one that the component makes. ``hours``: the greatest age of the last backup.
    """

    name: str
    identifier: str = ""
    rule_name: str = ""
    hours: int = 30


@dataclass(frozen=True)
class HealthCheck:
    """One health check of Route 53."""

    name: str
    health_check_id: str


@dataclass(frozen=True)
class Service:
    """One service of an application. Without a load balancer it has no requests: only its containers are watched.

    ``deployments``: the names of its Deployments, for the metrics of its pods: two if it has colors, of which one may not exist.
    ``target_groups``: likewise. ``latency``: p99 in seconds that is still good. ``found_by``:
    ``<cluster>/<namespace>/<ingress>-<service>``, by which the load balancer controller tags a target group; it is then looked up.
    """

    name: str
    load_balancer: str = ""
    target_groups: tuple[str, ...] = ()
    deployments: tuple[str, ...] = ()
    latency: float = 2.0
    found_by: tuple[str, ...] = ()


@dataclass(frozen=True)
class Application:
    """One application. ``log_group``: where its containers' JSON logs are, "" if nowhere. ``log_shared``: whether those of other
    namespaces are there, too. ``metrics``: what it counts in its log. The lists of names say what it uses.
    """

    name: str
    namespace: str = ""
    cluster: str = ""
    cluster_name: str = ""
    container_insights: bool = False
    log_group: str = ""
    log_shared: bool = False
    metrics: tuple[LogMetric, ...] = ()
    services: tuple[Service, ...] = ()
    databases: tuple[str, ...] = ()
    caches: tuple[str, ...] = ()
    queues: tuple[str, ...] = ()


Item: TypeAlias = (
    "Database | Cache | Queue | Broker | Stream | LoadBalancer | Cluster | "
    "NodeGroup | NatGateway | Distribution | WebAcl | Certificate | Bucket | Backup | HealthCheck | Application"
)


@dataclass(frozen=True)
class Platform:
    """Everything to watch in one environment."""

    environment: str
    region: str
    account_id: str = ""
    partition: str = "aws"
    databases: tuple[Database, ...] = ()
    caches: tuple[Cache, ...] = ()
    queues: tuple[Queue, ...] = ()
    brokers: tuple[Broker, ...] = ()
    streams: tuple[Stream, ...] = ()
    load_balancers: tuple[LoadBalancer, ...] = ()
    clusters: tuple[Cluster, ...] = ()
    node_groups: tuple[NodeGroup, ...] = ()
    nat_gateways: tuple[NatGateway, ...] = ()
    distributions: tuple[Distribution, ...] = ()
    web_acls: tuple[WebAcl, ...] = ()
    certificates: tuple[Certificate, ...] = ()
    buckets: tuple[Bucket, ...] = ()
    backups: tuple[Backup, ...] = ()
    health_checks: tuple[HealthCheck, ...] = ()
    applications: tuple[Application, ...] = ()

    def items(self) -> Iterator[tuple[str, Item]]:
        """(field, item) of everything to watch."""
        for one in fields(self):
            value = getattr(self, one.name)
            if isinstance(value, tuple):
                yield from ((one.name, item) for item in value)
