# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A platform with one item of every type, for the tables of these tests."""

from __future__ import annotations

from typing import Any

from ansible_collections.mainstay.aws.plugins.module_utils.domains.observability.platform import (
    NETWORK,
    Application,
    Backup,
    Broker,
    BrokerQueue,
    Bucket,
    Cache,
    Certificate,
    Cluster,
    Database,
    Distribution,
    HealthCheck,
    LoadBalancer,
    NatGateway,
    NodeGroup,
    Platform,
    Queue,
    Service,
    Stream,
    TargetGroup,
    WebAcl,
)

GIB = 2**30
LB, TG = "app/prod-public/50dc6c495c0c9188", "targetgroup/shop-web/73e2d6bc24d8a067"
BLUE, GREEN = "targetgroup/site-blue/1", "targetgroup/site-green/1"

MAIN = Database("main", "prod-main", "db.t4g.medium", 4 * GIB, storage_gib=100, replicas=1)
REPLICA = Database("main-reader", "prod-main-reader", "db.m7g.large", 8 * GIB, storage_gib=100, replica_of="main")
SESSIONS = Cache("sessions", "prod-sessions", "cache.t4g.small", ("prod-sessions-001", "prod-sessions-002"), replicas=1)
ORDERS = Queue("orders", "prod-orders")
FAILED = Queue("orders-failed", "prod-orders-failed", dead_letter=True, retention=1_209_600)
RABBIT_3 = Broker("events", "prod-events", "3.13", "mq.m5.large", queues=(BrokerQueue("mail"), BrokerQueue("mail", "shop")))
RABBIT_4 = Broker("jobs", "prod-jobs", "4.2", "mq.m7g.2xlarge", 3, queues=(BrokerQueue("mail"),))
KAFKA = Stream("clicks", "prod-clicks", brokers=(1, 2), consumers=(("billing", "clicks"),))
SERVERLESS = Stream("audit", "prod-audit", serverless=True, topics=(("audit", 4),))
PUBLIC = LoadBalancer("public", LB, target_groups=(TargetGroup("web", (TG,)), TargetGroup("site", (BLUE, GREEN))))
INTERNAL = LoadBalancer("internal", "net/prod-internal/1", NETWORK, (TargetGroup("tcp", ("targetgroup/tcp/1",)),))
CLUSTER = Cluster("main", "prod-main", container_insights=True)
NODES = NodeGroup("main-general", "eks-general-1", "main", least=2, instance_types=("t3.large",))
NAT = NatGateway("main-a", "nat-0123456789abcdef0")
SITE = Distribution("site", "E2EXAMPLE", additional_metrics=True)
EDGE_ACL = WebAcl("edge", "prod-edge", protects_cloudfront=True)
REGIONAL_ACL = WebAcl("api", "prod-api")
CERTIFICATE = Certificate("shop", "arn:aws:acm:eu-west-1:123456789012:certificate/1")
MEDIA = Bucket("media", "prod-media", replicas=(("prod-media-copy", "all"),), request_metrics="all")
BACKUP = Backup("main", "prod-main", "prod-watch-backup-main")
HEALTH = HealthCheck("shop", "abcdef11-2222-3333-4444-555555fedcba")
SHOP = Application(
    "shop",
    "shop",
    "main",
    "prod-main",
    container_insights=True,
    log_group="/prod/shop",
    services=(Service("web", LB, (TG,), ("web",)), Service("worker", deployments=("worker",))),
    databases=("main",),
    caches=("sessions",),
    queues=("orders",),
)

SITE_APP = Application(
    "site",
    "site",
    "main",
    "prod-main",
    container_insights=True,
    services=(Service("page", LB, (BLUE, GREEN), ("page", "page-green")),),
)

FULL = Platform(
    "prod",
    "eu-west-1",
    "123456789012",
    databases=(MAIN, REPLICA),
    caches=(SESSIONS,),
    queues=(ORDERS, FAILED),
    brokers=(RABBIT_3, RABBIT_4),
    streams=(KAFKA, SERVERLESS),
    load_balancers=(PUBLIC, INTERNAL),
    clusters=(CLUSTER,),
    node_groups=(NODES,),
    nat_gateways=(NAT,),
    distributions=(SITE,),
    web_acls=(EDGE_ACL, REGIONAL_ACL),
    certificates=(CERTIFICATE,),
    buckets=(MEDIA,),
    backups=(BACKUP,),
    health_checks=(HEALTH,),
    applications=(SHOP, SITE_APP),
)


def having(**items: Any) -> Platform:
    """A platform that has nothing but these."""
    return Platform("prod", "eu-west-1", "123456789012", **items)
