# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What an inventory has that should be watched: the option ``platform`` of the module observability. Pure functions.

Names and sizes come from what the hosts describe, read as their own domains read it. What only AWS knows (the ID of a NAT gateway, the ARN
of a certificate) comes from the outputs of the hosts' roles, and is unknown until they exist. Whatever is wrong with a description is left
to its own role, which refuses it with a sentence of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..application.settings.facts import kubernetes_name
from ..component.parts import Context
from ..domains.app_deploy.logs import log_of, metrics_of
from ..domains.app_deploy.surroundings import Surroundings
from ..domains.dns.settings.zones import read_zones
from ..domains.eks.settings.cluster import Network as ClusterNetwork
from ..domains.eks.settings.cluster import read as read_clusters
from ..domains.messaging.settings.broker import CLUSTER, SINGLE, read_brokers
from ..domains.messaging.settings.queue import dead_letter_name, read_queues
from ..domains.messaging.settings.stream import read_streams
from ..domains.network.settings import read as read_networks
from ..domains.rds.settings.instance import read as read_instances
from ..domains.redis.settings.cache import read as read_caches
from ..domains.s3_cdn.edge_mode import OPTION as EDGE_MODE
from ..domains.s3_cdn.edge_mode import usual_scopes
from ..domains.s3_cdn.settings.buckets import read_buckets
from ..domains.s3_cdn.settings.distributions import read_distributions
from ..domains.s3_cdn.settings.web_acls import read_web_acls
from ..inputs.networks import Network
from ..inputs.problems import Problems
from ..reconcile.model import UNKNOWN, is_unknown

Item = dict[str, Any]
Found = dict[str, list[Item]]

INSIGHTS = "amazon-cloudwatch-observability"
"""The add-on that publishes metrics of nodes and pods."""
MAX_CONNECTIONS, MAX_BROKER_CONNECTIONS = "max_connections", "connection_max"
NODES: Mapping[str, int] = {CLUSTER: 3, SINGLE: 1}
"""Deployment of a broker -> its nodes (Amazon MQ Developer Guide, "Deployment options for Amazon MQ for RabbitMQ brokers")."""
EVICTING = "noeviction"
EDGE = "cloudfront"
"""The scope of a web ACL whose metrics are in us-east-1."""
COLORS = ("blue", "green")
"""Suffixes of the Services that each have a target group in an application with two colors (deployment/strategies/colors.py)."""


@dataclass(frozen=True)
class Host:
    """A host of the inventory. ``variables``: its own. ``outputs``: of its role, from this run or looked up; empty if there are none."""

    name: str
    variables: Mapping[str, Any]
    outputs: Mapping[str, Any] = field(default_factory=dict)

    def given(self, name: str) -> Any:
        return self.variables.get(name)

    @property
    def environment(self) -> str:
        return str(self.given("platform_environment") or "")

    @property
    def component(self) -> str:
        return str(self.given("platform_component") or self.name)

    @property
    def region(self) -> str:
        return str(self.given("platform_region") or "")

    @property
    def account_id(self) -> str:
        return str(self.given("platform_account_id") or "")

    def output(self, *path: str) -> Any:
        """A part of the outputs; UNKNOWN if there is none."""
        found: Any = self.outputs
        for name in path:
            found = found.get(name) if isinstance(found, Mapping) else None
        return UNKNOWN if found is None else found


def watched(hosts: Mapping[str, Sequence[Host]], applying: bool = False) -> Found:
    """Field of the option ``platform`` -> its items. ``hosts``: by the role that builds them.

    ``applying``: what an application's deployment would have made does not exist if the module does not find it.
    """
    found: Found = {}
    for role, gather in GATHERERS.items():
        for host in hosts.get(role, ()):
            for section, item in gather(host):
                found.setdefault(section, []).append(item)
    clusters = {str(one["name"]): one for one in found.get("clusters", ())}
    for host in hosts.get(APPLICATIONS, ()):
        for section, item in applications(host, clusters, logs(host, hosts.get("eks", ()), applying), "" if applying else UNKNOWN):
            listed = found.setdefault(section, [])
            same = next((one for one in listed if section == "load_balancers" and one["name"] == item["name"]), None)
            if same is None:
                listed.append(item)
            else:  # several applications share it
                same["target_groups"] += item["target_groups"]
    return found


def known(platform: Found) -> Found:
    """Without the items of which something is not known yet: an alarm on an unknown name would be silent for ever."""
    return {section: [item for item in items if not is_unknown(item)] for section, items in platform.items()}


def networks(host: Host) -> Iterator[tuple[str, Item]]:
    """A NAT gateway is named like its place in the outputs: a zone, or "regional"."""
    described = read_networks(host.given("vpc_networks"), "vpc_networks", Problems())
    for name in described:
        gateways = host.output("networks", name, "nat_gateway_ids")
        for place, identity in gateways.items() if isinstance(gateways, Mapping) else ():
            yield "nat_gateways", {"name": f"{name}-{place}", "gateway_id": identity}


def clusters(host: Host) -> Iterator[tuple[str, Item]]:
    for name, one in read_clusters(host.given("eks_clusters"), "eks_clusters", host.environment, ClusterNetwork(), Problems()).items():
        yield "clusters", {"name": name, "cluster_name": one.aws_name, "container_insights": INSIGHTS in one.addons}
        for group, settings in one.node_groups.items():
            yield (
                "node_groups",
                {
                    "name": f"{name}-{group}",
                    "group": host.output("clusters", name, "node_groups", group, "autoscaling_group_name"),
                    "cluster": name,
                    "least": settings.min_size,
                    "instance_types": list(settings.instance_types),
                },
            )


def databases(host: Host) -> Iterator[tuple[str, Item]]:
    found = read_instances(host.given("rds_databases"), "rds_databases", host.environment, Network(), Problems(), host.region)
    for name, one in found.items():
        storage = {"storage_gib": one.storage.size, "storage_type": one.storage.type}
        replicas = [replica for replica in one.replicas.values() if not replica.promoted]
        yield (
            "databases",
            {
                "name": name,
                "identifier": one.identifier,
                "instance_class": one.instance_class,
                **storage,
                "storage_limit_gib": one.storage.autoscale_to or 0,
                **_connections(one.parameters),
                "replicas": len(replicas),
            },
        )
        if one.backups.retention_days:
            yield "backups", {"name": name, "identifier": one.identifier}
        for replica in replicas:
            yield (
                "databases",
                {
                    "name": f"{name}-{replica.name}",
                    "identifier": replica.identifier,
                    "instance_class": replica.instance_class,
                    **storage,
                    "storage_limit_gib": replica.autoscale_to or 0,
                    **_connections({**one.parameters, **replica.parameters}),
                    "replica_of": name,
                    "region": replica.region,
                },
            )


def _connections(parameters: Mapping[str, Any]) -> Item:
    """A parameter may be a formula of RDS, which the default is."""
    given = str(parameters.get(MAX_CONNECTIONS) or "")
    return {MAX_CONNECTIONS: int(given)} if given.isdecimal() else {}


def caches(host: Host) -> Iterator[tuple[str, Item]]:
    for name, one in read_caches(host.given("redis_caches"), "redis_caches", host.environment, Network(), Problems()).items():
        yield (
            "caches",
            {
                "name": name,
                "identifier": one.identifier,
                "node_type": one.node_type,
                "nodes": members(one.identifier, one.topology.wanted(), one.topology.clustered),
                "replicas": one.topology.fewest,
                "evicts": one.parameters.get("maxmemory-policy") != EVICTING,
            },
        )


def members(identifier: str, shards: Mapping[str, int], clustered: bool) -> list[str]:
    """The IDs of a group's nodes: ``prod-main-001``, or ``prod-main-0001-001`` where it has shards (ElastiCache User Guide)."""
    return [
        f"{identifier}-{f'{shard}-' if clustered else ''}{node:03}" for shard, replicas in shards.items() for node in range(1, replicas + 2)
    ]


def messaging(host: Host) -> Iterator[tuple[str, Item]]:
    yield from queues(host)
    yield from brokers(host)
    yield from streams(host)


def queues(host: Host) -> Iterator[tuple[str, Item]]:
    context = Context(host.environment, host.component)
    found = read_queues(host.given("messaging_queues"), "messaging_queues", context, Problems())
    targets = {one.dead_letter.queue for one in found.values() if one.dead_letter}
    for name, one in found.items():
        yield "queues", {"name": name, "queue_name": one.aws_name, "dead_letter": name in targets, "retention": one.retention}
        if one.own_dead_letter and one.dead_letter:
            dead = {"name": f"{name}-dead-letter", "queue_name": dead_letter_name(one.aws_name), "dead_letter": True}
            yield "queues", {**dead, "retention": one.dead_letter.retention_seconds}


def brokers(host: Host) -> Iterator[tuple[str, Item]]:
    for name, one in read_brokers(host.given("messaging_brokers"), "messaging_brokers", host.environment, Network(), Problems()).items():
        limit = str(one.options.get(MAX_BROKER_CONNECTIONS) or "")
        yield (
            "brokers",
            {
                "name": name,
                "broker_name": one.aws_name,
                "version": one.version,
                "instance_type": one.instance_type,
                "nodes": NODES[one.deployment],
                "node_connections": int(limit) if limit.isdecimal() else 0,
                "queues": [
                    {"name": queue, "virtual_host": vhost} for vhost, inside in one.content.vhosts.items() for queue in inside.queues
                ],
            },
        )


def streams(host: Host) -> Iterator[tuple[str, Item]]:
    """The module asks which brokers exist; until then, as many as are described."""
    for name, one in read_streams(host.given("messaging_streams"), "messaging_streams", host.environment, Network(), Problems()).items():
        described = {"serverless": one.serverless, "brokers": list(range(1, one.brokers + 1)), "instance_type": one.instance_type}
        yield "streams", {"name": name, "cluster_name": one.aws_name, **described}


def zones(host: Host) -> Iterator[tuple[str, Item]]:
    for name, one in read_zones(host.given("dns_zones"), "dns_zones", Problems(), region=host.region).items():
        for certificate, settings in one.certificates.items():
            for region in settings.regions:
                arn = host.output("zones", name, "certificates", certificate, "arns", region or host.region)
                away = f"-{region}" if region else ""
                yield "certificates", {"name": f"{name}-{certificate}{away}", "arn": arn, "region": region}
        for check in one.health_checks:
            yield (
                "health_checks",
                {"name": f"{name}-{check}", "health_check_id": host.output("zones", name, "health_checks", check, "id")},
            )


def storage(host: Host) -> Iterator[tuple[str, Item]]:
    context = Context(host.environment, host.component, host.region, host.account_id)
    buckets = read_buckets(host.given("s3_cdn_buckets"), "s3_cdn_buckets", context, Problems())
    for name, one in buckets.items():
        yield "buckets", {"name": name, "bucket_name": one.aws_name}
    for name in read_distributions(host.given("s3_cdn_distributions"), "s3_cdn_distributions", context, Problems()):
        yield "distributions", {"name": name, "distribution_id": host.output("distributions", name, "id")}
    usual, prefix = usual_scopes(host.given(f"s3_cdn_{EDGE_MODE}")), f"{host.environment}-{host.component}-"
    for name, acl in read_web_acls(host.given("s3_cdn_web_acls"), "s3_cdn_web_acls", prefix, Problems(), usual).items():
        for scope in acl.scopes:
            away = f"-{scope}" if len(acl.scopes) > 1 else ""
            item = {"name": f"{name}{away}", "acl_name": acl.in_waf(scope), "protects_cloudfront": scope == EDGE}
            yield "web_acls", item


def logs(host: Host, clusters: Sequence[Host], applying: bool) -> Item:
    """Where an application's logs are, and what it counts in them. A cluster makes its log groups before anything runs in it."""
    described = {str(name): one for each in clusters for name, one in _mapping(each.given("eks_clusters")).items()}
    around = Surroundings(host.environment, host.region, clusters=described, zones={}, databases={})
    log = log_of(host.variables, host.component, around)
    made = any(log.group == one for each in clusters for one in _groups(each))
    missing = log.shared and applying and not made
    counted = [vars(one) for one in metrics_of(host.variables, Problems()).values()]
    return {"log_group": "" if missing else log.group, "log_shared": log.shared, "metrics": counted}


def _groups(host: Host) -> list[Any]:
    return [one.get("container_log_group_name") for one in _mapping(host.outputs.get("clusters")).values() if isinstance(one, Mapping)]


def _mapping(given: Any) -> Mapping[Any, Any]:
    return given if isinstance(given, Mapping) else {}


def applications(host: Host, clusters: Mapping[str, Item], log: Item, unseen: str) -> Iterator[tuple[str, Item]]:
    """An application with its services, and the load balancer of its Ingress, which its deployment makes.

    ``clusters``: items by name. ``log``: where its logs are. ``unseen``: what names have that the module has yet to look up.
    """
    if host.given("app_deploy_state") == "absent":
        return
    described = str(host.given("app_deploy_cluster") or "main")
    cluster = clusters.get(described, {})
    cluster_name = str(host.given("app_deploy_eks_cluster") or cluster.get("cluster_name") or "")
    namespace, ingress = str(host.given("app_deploy_namespace") or ""), host.given("app_deploy_ingress")
    known_by = {"name": host.component, "namespace": namespace, "cluster": described, "cluster_name": cluster_name, **log}
    if host.given("app_deploy_manage") is False:
        if log["log_group"] or log["metrics"]:  # its logs count whoever deploys it
            yield "applications", known_by
        return
    colored = host.given("app_deploy_strategy") == "blue_green"
    places = ingress.get("hosts") if isinstance(ingress, Mapping) else None
    paths = [one for one in places.values() if isinstance(one, Mapping)] if isinstance(places, Mapping) else []
    behind = list(dict.fromkeys(str(service) for one in paths for service in one.values()))
    services = host.given("app_deploy_services")
    place = f"{cluster_name}/{namespace}/{kubernetes_name(host.component)}"
    found_by = {name: [f"{place}-{one}" for one in backends(name, colored=colored)] for name in behind}
    unknown = [unseen] if unseen else []
    looked_up = {name: {"target_groups": unknown, "load_balancer": unseen, "found_by": names} for name, names in found_by.items()}
    yield (
        "applications",
        {
            **known_by,
            "container_insights": bool(cluster.get("container_insights")),
            "services": [
                {"name": name, "deployments": deployments(name, colored=colored), **looked_up.get(name, {})} for name in _names(services)
            ],
        },
    )
    if behind and isinstance(ingress, Mapping):
        shared = str(ingress.get("group") or "")
        prefix = f"{host.component}-" if shared else ""
        groups = [{"name": f"{prefix}{name}", "dimensions": unknown, "found_by": names} for name, names in found_by.items()]
        yield "load_balancers", {"name": shared or host.component, "dimension": unseen, "target_groups": groups}


def backends(service: str, *, colored: bool) -> list[str]:
    """The Services whose target groups may take a service's requests. Before its first switch, an application has the plain one."""
    return [*(f"{service}-{color}" for color in COLORS), service] if colored else [service]


def deployments(service: str, *, colored: bool) -> list[str]:
    """Blue Deployments are named as in the settings."""
    return [service, f"{service}-{COLORS[1]}"] if colored else [service]


def _names(given: Any) -> list[str]:
    return [str(name) for name in _mapping(given)]


APPLICATIONS = "app_deploy"
"""The role whose hosts are applications."""
GATHERERS: Mapping[str, Callable[[Host], Iterator[tuple[str, Item]]]] = {
    "vpc": networks,
    "eks": clusters,
    "rds": databases,
    "redis": caches,
    "messaging": messaging,
    "dns": zones,
    "s3_cdn": storage,
}
"""Role -> what its hosts have to watch."""
