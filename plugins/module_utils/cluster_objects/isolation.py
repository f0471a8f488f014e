# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""How a namespace is closed: which pods it admits, and which traffic they may receive and send. Pure functions.

Everything that the settings do not allow is denied. Policies add up: traffic is allowed if any of them allows it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..inputs.reader import Reader
from ..inputs.values import as_block_text, as_namespace, as_port

Manifest = dict[str, Any]

DNS_PORTS = [{"port": 53, "protocol": "UDP"}, {"port": 53, "protocol": "TCP"}]
NAMESPACE_LABEL = "kubernetes.io/metadata.name"
"""Kubernetes puts this label on every namespace; its value is the namespace's name."""

POD_IDENTITY = "169.254.170.23/32"
"""The address of a node's pod identity agent, on port 80 (EKS User Guide, "Learn how EKS Pod Identity works")."""

ITS_PORT = "it must be a port from 1 to 65535"
ITS_NAMESPACE = "it must be a name of lower-case letters, digits and '-'"


@dataclass(frozen=True)
class Network:
    """The traffic that pods may receive and send; everything else is denied.

    ``within``: between the pods that the policies select. Ports by CIDR block; none means every port.
    """

    isolated: bool = True
    dns: bool = True
    within: bool = False
    pod_identity: bool = False
    from_load_balancer: tuple[int, ...] = ()
    from_namespaces: tuple[str, ...] = ()
    to_namespaces: tuple[str, ...] = ()
    from_cidrs: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    to_cidrs: Mapping[str, tuple[int, ...]] = field(default_factory=dict)


def read_network(reader: Reader, default: Network) -> Network:
    """Everything except ``from_load_balancer``, which depends on what is known of load balancers."""
    return Network(
        isolated=reader.boolean("isolated", default.isolated),
        dns=reader.boolean("dns", default.dns),
        within=reader.boolean("within", default.within),
        pod_identity=reader.boolean("pod_identity", default.pod_identity),
        from_namespaces=reader.items("from_namespaces", (), as_namespace, ITS_NAMESPACE),
        to_namespaces=reader.items("to_namespaces", (), as_namespace, ITS_NAMESPACE),
        from_cidrs=read_cidrs(reader, "from_cidrs"),
        to_cidrs=read_cidrs(reader, "to_cidrs"),
    )


def read_cidrs(reader: Reader, key: str) -> dict[str, tuple[int, ...]]:
    """Ports by CIDR block. An empty list of ports means every port."""
    found: dict[str, tuple[int, ...]] = {}
    for block in reader.mapping(key):
        if as_block_text(block) is None:
            reader.problems.add(reader.at(key), block, "it must be an IPv4 block such as 10.0.0.0/16, with a list of ports")
            continue
        section = Reader(reader.given[key], reader.at(key), reader.problems)
        found[block] = section.items(block, (), as_port, ITS_PORT)
    return found


@dataclass(frozen=True)
class Pods:
    """The pods that policies are for: those of a namespace with these labels, or all. ``prefix`` begins the names of the policies."""

    namespace: str
    labels: Mapping[str, str] = field(default_factory=dict)
    prefix: str = ""

    @property
    def selector(self) -> Manifest:
        return {"matchLabels": dict(self.labels)} if self.labels else {}


def policies(pods: Pods, network: Network, load_balancers: Iterable[str]) -> Iterator[Manifest]:
    """Deny all traffic of these pods except what the settings allow. ``load_balancers``: the blocks of their subnets."""
    yield _policy(pods, "default-deny", ["Ingress", "Egress"])
    if network.dns:
        dns = {"namespaceSelector": _called("kube-system"), "podSelector": {"matchLabels": {"k8s-app": "kube-dns"}}}
        yield _policy(pods, "allow-dns", ["Egress"], egress=[{"to": [dns], "ports": DNS_PORTS}])
    if network.pod_identity:
        agent = {"to": [{"ipBlock": {"cidr": POD_IDENTITY}}], "ports": _ports((80,))}
        yield _policy(pods, "allow-pod-identity", ["Egress"], egress=[agent])
    if network.within:
        own: list[Manifest] = [{"podSelector": pods.selector}]
        yield _policy(pods, "allow-within", ["Ingress", "Egress"], ingress=[{"from": own}], egress=[{"to": own}])
    if network.from_load_balancer:
        blocks = [{"ipBlock": {"cidr": cidr}} for cidr in load_balancers]
        rule = {"from": blocks, "ports": _ports(network.from_load_balancer)}
        yield _policy(pods, "allow-from-load-balancer", ["Ingress"], ingress=[rule])
    if network.from_namespaces:
        others = [{"namespaceSelector": _called(name)} for name in network.from_namespaces]
        yield _policy(pods, "allow-from-namespaces", ["Ingress"], ingress=[{"from": others}])
    if network.to_namespaces:
        others = [{"namespaceSelector": _called(name)} for name in network.to_namespaces]
        yield _policy(pods, "allow-to-namespaces", ["Egress"], egress=[{"to": others}])
    if network.from_cidrs:
        yield _policy(pods, "allow-from-cidrs", ["Ingress"], ingress=_by_block("from", network.from_cidrs))
    if network.to_cidrs:
        yield _policy(pods, "allow-to-cidrs", ["Egress"], egress=_by_block("to", network.to_cidrs))


def _by_block(side: str, blocks: Mapping[str, tuple[int, ...]]) -> list[Manifest]:
    return [{side: [{"ipBlock": {"cidr": cidr}}], **({"ports": _ports(ports)} if ports else {})} for cidr, ports in sorted(blocks.items())]


def _ports(numbers: Iterable[int]) -> list[Manifest]:
    return [{"port": number, "protocol": "TCP"} for number in numbers]


def _called(namespace: str) -> Manifest:
    return {"matchLabels": {NAMESPACE_LABEL: namespace}}


def _policy(pods: Pods, name: str, types: list[str], **rules: list[Manifest]) -> Manifest:
    called = f"{pods.prefix}-{name}" if pods.prefix else name
    spec = {"podSelector": pods.selector, "policyTypes": types, **rules}
    return in_namespace(pods.namespace, "networking.k8s.io/v1", "NetworkPolicy", called, spec)


def in_namespace(namespace: str, api_version: str, kind: str, name: str, spec: Manifest) -> Manifest:
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": name, "namespace": namespace}, "spec": spec}


STANDARDS = ("restricted", "baseline", "privileged")
"""Pod Security Standards, strictest first."""


def namespace_manifest(name: str, pod_security: str, labels: Mapping[str, str]) -> Manifest:
    """A namespace that refuses pods below a Pod Security Standard."""
    standards = {f"pod-security.kubernetes.io/{mode}": pod_security for mode in ("enforce", "audit", "warn")}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": {**labels, **standards}}}
