# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The security groups of a network: group membership decides which traffic is allowed.

The chain is load balancer -> application port -> nodes -> database port and cache port -> database and cache, and ports of message brokers
where there are some. The only other rules are
those EKS needs to run: the control plane reaches kubelets and webhooks, nodes reach the control plane, DNS works between nodes,
metrics-server reads kubelets, and nodes reach AWS APIs and image registries over 443. Nothing else is open in either direction; egress
is listed too.

A rule names its peer by exactly one of ``cidr_ipv4``, ``cidr_ipv6``, ``prefix_list_id``, or ``group`` (a group of the same network).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ...inputs.problems import Problems
from ...inputs.values import is_worldwide
from ...kinds.limits import rules_of_group
from .settings import AWS_LISTS, NEVER_OPEN_TO_THE_WORLD, Network, Security

Rule = dict[str, Any]
Group = dict[str, Any]
"""{"description": str, "ingress": [Rule], "egress": [Rule]}"""

RULES_PER_DIRECTION = 60
"""AWS's default quota of rules per security group and direction. A prefix list counts with its size, which this check does not include."""

KUBELET = 10250
HTTPS = 443
DNS = 53
NTP = 123
TIME_SYNC = "169.254.169.123/32"
"""Amazon Time Sync Service, link-local. Security groups do not filter it; it is listed so that the table is complete."""


def security_groups(network: Network) -> dict[str, Group]:
    """The security groups of a network, by short name."""
    groups = {
        "load_balancer": load_balancer(network),
        "control_plane": control_plane(network),
        "nodes": nodes(network),
        "database": leaf("Databases", "PostgreSQL from the nodes", network.security.database_port),
        "cache": leaf("Caches", "Redis from the nodes", network.security.cache_port),
    }
    if network.security.broker_ports:
        groups["broker"] = leaf("Message brokers", "Messages from the nodes", *network.security.broker_ports)
    if network.endpoints.interface:
        groups["endpoints"] = endpoints(network)
    return groups


def load_balancer(network: Network) -> Group:
    """Admits its clients and reaches the application on the nodes. Health checks use the application port."""
    security = network.security
    sources = [peer(block) for block in security.load_balancer_ingress_cidrs]
    sources += [{"prefix_list_id": name} for name in security.load_balancer_ingress_prefix_lists]
    return {
        "description": "Load balancers: clients in, the application on the nodes out",
        "ingress": [tcp(port, "Clients", source) for port in security.load_balancer_ports for source in sources],
        "egress": [tcp(security.application_port, "Application on the nodes", {"group": "nodes"})],
    }


def control_plane(network: Network) -> Group:
    """Additional security group of the EKS control plane's network interfaces: kubelets (logs, exec, metrics) and admission webhooks."""
    return {
        "description": "EKS control plane: the API for nodes, kubelets and webhooks on them",
        "ingress": [tcp(HTTPS, "Kubernetes API for the nodes", {"group": "nodes"})],
        "egress": [tcp(port, purpose, {"group": "nodes"}) for port, purpose in control_plane_ports(network)],
    }


def nodes(network: Network) -> Group:
    security = network.security
    itself, resolver = {"group": "nodes"}, {"cidr_ipv4": str(network.cidr)}
    between = [
        rule("udp", DNS, DNS, "Cluster DNS between nodes", itself),
        tcp(DNS, "Cluster DNS between nodes", itself),
        tcp(KUBELET, "Kubelets, for metrics-server", itself),
        *(rule("tcp", first, last, "Between nodes, as asked", itself) for first, last in security.node_to_node_ports),
    ]
    to_endpoints = [tcp(HTTPS, "Interface endpoints", {"group": "endpoints"})] if network.endpoints.interface else []
    from_control_plane = [tcp(port, purpose, {"group": "control_plane"}) for port, purpose in control_plane_ports(network)]
    return {
        "description": "EKS nodes and their pods",
        "ingress": unique(
            [tcp(security.application_port, "Application for load balancers", {"group": "load_balancer"}), *from_control_plane, *between]
        ),
        "egress": unique(
            [
                *(tcp(HTTPS, "AWS APIs and image registries", peer(block)) for block in security.node_egress_cidrs),
                tcp(HTTPS, "Kubernetes API", {"group": "control_plane"}),
                *to_endpoints,
                tcp(security.database_port, "Databases", {"group": "database"}),
                tcp(security.cache_port, "Caches", {"group": "cache"}),
                *(tcp(port, "Message brokers", {"group": "broker"}) for port in security.broker_ports),
                rule("udp", DNS, DNS, "Resolver of the VPC", resolver),
                tcp(DNS, "Resolver of the VPC", resolver),
                rule("udp", NTP, NTP, "Amazon Time Sync", {"cidr_ipv4": TIME_SYNC}),
                *between,
            ]
        ),
    }


def leaf(what: str, purpose: str, *ports: int) -> Group:
    """A group at the end of the chain: it accepts connections from the nodes and opens none itself."""
    return {
        "description": f"{what}: reached from the nodes only",
        "ingress": [tcp(port, purpose, {"group": "nodes"}) for port in ports],
        "egress": [],
    }


def endpoints(network: Network) -> Group:
    """Interface endpoints accept connections from the whole network; IAM and endpoint policies decide which requests are allowed."""
    return {
        "description": "Interface endpoints: HTTPS from inside the network",
        "ingress": [tcp(HTTPS, "AWS APIs for the network", {"cidr_ipv4": str(block)}) for block in network.cidrs],
        "egress": [],
    }


def control_plane_ports(network: Network) -> list[tuple[int, str]]:
    ports = [(KUBELET, "Kubelets")]
    return ports + [(port, "Webhooks and aggregated APIs") for port in network.security.webhook_ports if port != KUBELET]


def peer(block: str) -> dict[str, str]:
    return {"cidr_ipv6" if ":" in block else "cidr_ipv4": block}


def tcp(port: int, description: str, peer: dict[str, str]) -> Rule:
    return rule("tcp", port, port, description, peer)


def rule(protocol: str, first: int, last: int, description: str, peer: dict[str, str]) -> Rule:
    return {"protocol": protocol, "from_port": first, "to_port": last, "description": description, **peer}


def unique(rules: Iterable[Rule]) -> list[Rule]:
    """Rules without duplicates: AWS rejects a rule that differs from another one only in its description."""
    found: dict[tuple[tuple[str, Any], ...], Rule] = {}
    for item in rules:
        found.setdefault(tuple(sorted((key, value) for key, value in item.items() if key != "description")), item)
    return list(found.values())


def check_worldwide(security: Security, path: str, problems: Problems) -> None:
    """Load balancers that everybody reaches: no port that must not be, and no list of clients that then means nothing."""
    for port in security.load_balancer_ports:
        if port in NEVER_OPEN_TO_THE_WORLD:
            whom = ", ".join(security.load_balancer_ingress_cidrs)
            problems.add(f"{path}.load_balancer_ports", port, f"a port for administration or data must not be open to {whom}")
    if any(one in AWS_LISTS for one in security.load_balancer_ingress_prefix_lists):
        remedy = "it admits everybody, so that clients can go round CloudFront, which load_balancer_ingress_prefix_lists names"
        problems.add(f"{path}.load_balancer_ingress_cidrs", list(security.load_balancer_ingress_cidrs), remedy)


def check_groups(network: Network, problems: Problems) -> None:
    """Reject rules that open an administrative or data port to the world, and groups that exceed AWS's quota."""
    security, path = network.security, f"{network.path}.security"
    if is_worldwide(security.load_balancer_ingress_cidrs):
        check_worldwide(security, path, problems)
    data_ports = {"database_port": security.database_port, "cache_port": security.cache_port}
    for name, port in data_ports.items():
        if port == security.application_port:
            problems.add(f"{path}.{name}", port, "it must differ from application_port, or the load balancer's rule would lose its meaning")
        if port in security.load_balancer_ports:
            problems.add(f"{path}.{name}", port, "it must differ from load_balancer_ports, which clients reach")
    if security.database_port == security.cache_port:
        problems.add(f"{path}.cache_port", security.cache_port, "it must differ from database_port")
    if network.cidr is None:
        return
    for name, group in security_groups(network).items():
        for direction in ("ingress", "egress"):
            count = rules_of_group((), group[direction])
            if count > RULES_PER_DIRECTION:
                remedy = f"group {name} would have {count} {direction} rules and AWS allows {RULES_PER_DIRECTION}"
                problems.messages.append(f"{path} needs too many rules: {remedy}; use fewer blocks or a prefix list")
