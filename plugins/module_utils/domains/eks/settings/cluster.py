# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What a cluster is: the settings a user may give, their limits and their defaults.

``read`` turns the user's mapping into ``Cluster`` values and collects all errors in it. The defaults describe a production cluster: a
private endpoint, all control plane logs, secrets under a key of its own, and the add-ons that every cluster needs. Node groups are read in
node_groups.py; who may log in and what pods may do, in identities.py.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ....component.names import PRODUCTION
from ....inputs.kubernetes import label_problem
from ....inputs.networks import read_parts
from ....inputs.problems import Problems
from ....inputs.reader import Reader
from ....inputs.tags import as_tag_text
from ....inputs.values import AWS_NAME, KMS_KEY_ARN, PRIVATE_RANGES, as_block, as_namespace, as_public_block, matching, one_of
from .addons import AFTER_NODES, BEFORE_NODES
from .controllers import AUTOSCALER, CONTROLLERS, LOAD_BALANCERS
from .identities import AccessEntry, PodRole, read_access, read_irsa_roles, read_pod_identities
from .karpenter import KARPENTER
from .node_groups import NodeGroup, read_node_groups
from .pod_networking import read_pod_subnets

MINOR = re.compile(r"1\.\d\d")
UPGRADE_POLICIES = ("STANDARD", "EXTENDED")
LOG_TYPES = ("api", "audit", "authenticator", "controllerManager", "scheduler")
NODE_SCALINGS = ("none", "cluster_autoscaler", KARPENTER)
SCALERS = {"cluster_autoscaler": AUTOSCALER, KARPENTER: KARPENTER}
"""node_scaling -> the controller that decides about nodes."""

ROLE_ARN = re.compile(r"arn:[a-z-]+:iam::\d{12}:role/[\w+=,.@/-]+")
KEY_ARN = re.compile(rf"{KMS_KEY_ARN.pattern}|none")
POLICY_ARN = re.compile(r"arn:[a-z-]+:iam::(?:\d{12}|aws):policy/[\w+=,.@/-]+")
NO_KEY = "none"
IPV6 = "ipv6"
IP_FAMILIES = ("ipv4", IPV6)
MOST_NODE_POLICIES = 8
FARGATE_SELECTORS = 5


@dataclass(frozen=True)
class Network:
    """The network of clusters that do not specify one. ``vpc_id`` is empty if only the subnets are given."""

    subnet_ids: tuple[str, ...] = ()
    security_group_ids: tuple[str, ...] = ()
    node_security_group_ids: tuple[str, ...] = ()
    subnet_zones: tuple[str, ...] = ()
    """The availability zone of each subnet, in the same order, if known. They are known even before the subnets exist."""
    vpc_id: str = ""
    pod_subnets: Mapping[str, str] = field(default_factory=dict)
    """zone -> subnet of pods; if empty, pods are in the subnets of their nodes."""
    ipv6: bool | None = None
    """Whether the network has IPv6 addresses; None if that is not known."""


@dataclass(frozen=True)
class Endpoint:
    """How the Kubernetes API is reached: from inside the network, and from which CIDR blocks outside it."""

    private: bool = True
    public_cidrs: tuple[str, ...] = ()

    @property
    def public(self) -> bool:
        return bool(self.public_cidrs)


@dataclass(frozen=True)
class Addon:
    """An add-on of EKS. Without a version, it gets AWS's default for the cluster's minor version, or keeps a newer installed one."""

    name: str
    version: str | None = None
    configuration: Mapping[str, Any] = field(default_factory=dict)
    role_arn: str | None = None


@dataclass(frozen=True)
class FargateProfile:
    """Which pods run without nodes of ours. An empty ``subnet_ids`` means the cluster's subnets."""

    name: str
    selectors: tuple[Mapping[str, Any], ...]
    subnet_ids: tuple[str, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class OwnParts:
    """ARNs of the user's own roles and key, used instead of those that would be created here. Empty: created here."""

    role_arn: str = ""
    node_role_arn: str = ""
    fargate_role_arn: str = ""
    secrets_key_arn: str = ""
    """Or ``none``: secrets are encrypted only with EKS's own key."""
    node_managed_policy_arns: tuple[str, ...] = ()
    """Additional managed policies of the node role, if it is created here."""


@dataclass(frozen=True)
class Cluster:
    """One cluster and all its parts. ``version`` is empty if the user's value was unusable, ``vpc_id`` if it names its own subnets."""

    name: str
    path: str
    aws_name: str
    version: str
    named: bool = True
    """Whether the user specified the name in AWS."""
    subnet_ids: tuple[str, ...] = ()
    subnet_zones: tuple[str, ...] = ()
    """As in ``Network``; empty if the user lists the subnets."""
    security_group_ids: tuple[str, ...] = ()
    node_security_group_ids: tuple[str, ...] = ()
    own: OwnParts = OwnParts()
    upgrade_policy: str = "STANDARD"
    endpoint: Endpoint = Endpoint()
    deletion_protection: bool = False
    service_ipv4_cidr: str | None = None
    ip_family: str = "ipv4"
    """Of pods and Services."""
    network_ipv6: bool | None = None
    """As in ``Network``; None if the user lists the subnets."""
    log_types: tuple[str, ...] = LOG_TYPES
    log_retention_in_days: int = 365
    creator_is_admin: bool = True
    access: Mapping[str, AccessEntry] = field(default_factory=dict)
    addons: Mapping[str, Addon] = field(default_factory=dict)
    node_groups: Mapping[str, NodeGroup] = field(default_factory=dict)
    fargate_profiles: Mapping[str, FargateProfile] = field(default_factory=dict)
    pod_identities: Mapping[str, PodRole] = field(default_factory=dict)
    irsa_roles: Mapping[str, PodRole] = field(default_factory=dict)
    node_scaling: str = "cluster_autoscaler"
    karpenter_discovery: str = ""
    """The value of the tag by which Karpenter finds subnets and the nodes' group; empty: the name of the cluster in AWS."""
    controllers: tuple[str, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    vpc_id: str = ""
    pod_subnets: Mapping[str, str] = field(default_factory=dict)
    """As in ``Network``."""
    given_subnets: bool = False
    """Whether the user lists the subnets, instead of naming a network."""

    @property
    def has_karpenter(self) -> bool:
        return self.node_scaling == KARPENTER

    @property
    def discovery(self) -> str:
        return self.karpenter_discovery or self.aws_name


def read_network(given: Any, path: str) -> tuple[Network, list[str]]:
    """The network of clusters that name none, and the errors in it."""
    problems = Problems()
    reader = Reader(given, path, problems)
    network = Network(
        **read_parts(reader),
        node_security_group_ids=reader.ids("node_security_group_ids", (), "sg-"),
        pod_subnets=read_pod_subnets(reader, {}),
        ipv6=reader.boolean("ipv6", False) if reader.given.get("ipv6") is not None else reader.take("ipv6"),
    )
    reader.finish()
    return network, problems.messages


def with_public_cidrs(clusters: Any, blocks: Sequence[str]) -> Any:
    """A user's mapping of clusters with these blocks added to the public endpoint of each. ``read`` reports values of the wrong type."""
    if not blocks or not isinstance(clusters, Mapping):
        return clusters
    return {name: _opened(settings, blocks) for name, settings in clusters.items()}


def _opened(settings: Any, blocks: Sequence[str]) -> Any:
    endpoint = (settings.get("endpoint") or {}) if isinstance(settings, Mapping) else None
    given = (endpoint.get("public_cidrs") or []) if isinstance(endpoint, Mapping) else None
    if not isinstance(given, list | tuple):
        return settings
    return {**settings, "endpoint": {**endpoint, "public_cidrs": [*given, *(one for one in blocks if one not in given)]}}  # type: ignore[dict-item]


def read(clusters: Any, path: str, environment: str, network: Network, problems: Problems) -> dict[str, Cluster]:
    """The clusters of a user's mapping (name -> settings). Errors are added to ``problems``."""
    entries = Reader(clusters, path, problems).named("the name of a cluster", 32)
    return {name: read_cluster(name, reader, environment, network) for name, reader in entries}


def checked(settings: Any) -> Cluster:
    """One cluster whose settings have been checked elsewhere, for uses that do not depend on name, environment or network."""
    return read_cluster("", Reader(settings, "", Problems()), "", Network())


def read_cluster(name: str, reader: Reader, environment: str, network: Network) -> Cluster:
    """One cluster. Missing or invalid settings take their defaults, so that reading always returns a value."""
    node_scaling = reader.choice("node_scaling", NODE_SCALINGS, "cluster_autoscaler")
    node_groups = read_node_groups(reader, node_scaling)
    cluster = Cluster(
        name=name,
        path=reader.path,
        aws_name=read_aws_name(reader, f"{environment}-{name}"),
        version=read_version(reader),
        named=reader.given.get("name") is not None,
        vpc_id="" if reader.given.get("subnet_ids") is not None else network.vpc_id,
        given_subnets=reader.given.get("subnet_ids") is not None,
        subnet_ids=reader.ids("subnet_ids", network.subnet_ids, "subnet-"),
        subnet_zones=() if reader.given.get("subnet_ids") is not None else network.subnet_zones,
        pod_subnets=read_pod_subnets(reader, {} if reader.given.get("subnet_ids") is not None else network.pod_subnets),
        security_group_ids=reader.ids("security_group_ids", network.security_group_ids, "sg-"),
        node_security_group_ids=reader.ids("node_security_group_ids", network.node_security_group_ids, "sg-"),
        own=read_own_parts(reader),
        upgrade_policy=reader.choice("upgrade_policy", UPGRADE_POLICIES, "STANDARD"),
        endpoint=read_endpoint(reader.section("endpoint")),
        deletion_protection=reader.boolean("deletion_protection", environment in PRODUCTION),
        service_ipv4_cidr=read_service_block(reader),
        ip_family=reader.choice("ip_family", IP_FAMILIES, "ipv4"),
        network_ipv6=None if reader.given.get("subnet_ids") is not None else network.ipv6,
        log_types=reader.items("log_types", LOG_TYPES, one_of(LOG_TYPES), f"it must be one of {', '.join(LOG_TYPES)}"),
        log_retention_in_days=reader.retention_days("log_retention_in_days", 365),
        creator_is_admin=reader.boolean("creator_is_admin", True),
        access=read_access(reader),
        addons=read_addons(reader, bool(node_groups)),
        node_groups=node_groups,
        fargate_profiles=read_fargate_profiles(reader),
        pod_identities=read_pod_identities(reader),
        irsa_roles=read_irsa_roles(reader),
        node_scaling=node_scaling,
        karpenter_discovery=read_discovery(reader, node_scaling),
        controllers=read_controllers(reader, node_scaling, bool(node_groups)),
        tags=reader.tags("tags"),
    )
    reader.finish()
    return cluster


def read_aws_name(reader: Reader, default: str) -> str:
    value = reader.text("name", default)
    if AWS_NAME.fullmatch(value):
        return value
    reader.problems.add(
        reader.at("name"), value, "EKS accepts 1 to 100 letters, digits, hyphens and underscores, starting with a letter or digit"
    )
    return default


def read_own_parts(reader: Reader) -> OwnParts:
    """The user's own roles and key, and the additional policies of the node role."""

    def own(key: str, pattern: re.Pattern[str], remedy: str) -> str:
        return reader.required_text(key, remedy, pattern) if reader.given.get(key) is not None else str(reader.take(key) or "")

    role = "it must be the ARN of an IAM role, such as arn:aws:iam::123456789012:role/nodes"
    parts = OwnParts(
        role_arn=own("role_arn", ROLE_ARN, role),
        node_role_arn=own("node_role_arn", ROLE_ARN, role),
        fargate_role_arn=own("fargate_role_arn", ROLE_ARN, role),
        secrets_key_arn=own("secrets_key_arn", KEY_ARN, f"it must be the ARN of a KMS key, or {NO_KEY}"),
        node_managed_policy_arns=reader.items("node_managed_policy_arns", (), matching(POLICY_ARN), "it must be the ARN of an IAM policy"),
    )
    if parts.node_role_arn and parts.node_managed_policy_arns:
        remedy = "node_role_arn is a role of your own; attach them to it yourself"
        reader.problems.add(reader.at("node_managed_policy_arns"), list(parts.node_managed_policy_arns), remedy)
    if len(parts.node_managed_policy_arns) > MOST_NODE_POLICIES:
        remedy = f"AWS allows 10 for a role, and EKS needs two; list at most {MOST_NODE_POLICIES}"
        reader.problems.add(reader.at("node_managed_policy_arns"), list(parts.node_managed_policy_arns), remedy)
    return parts


def read_version(reader: Reader) -> str:
    """The minor version. A number is rejected although it looks right: YAML reads 1.30 as 1.3."""
    value = reader.take("version")
    if value is None:
        reader.problems.missing(reader.at("version"), 'give the minor version of Kubernetes in quotes, for example "1.36"')
    elif not isinstance(value, str):
        reader.problems.add(reader.at("version"), value, f'it must be quoted, because YAML reads it as a number: "{value}"')
    elif not MINOR.fullmatch(value):
        reader.problems.add(reader.at("version"), value, 'it must be a minor version of Kubernetes such as "1.36"; EKS chooses the patch')
    else:
        return value
    return ""


def read_endpoint(reader: Reader) -> Endpoint:
    remedy = "it must be a public IPv4 block without host bits; EKS refuses private and reserved ones"
    endpoint = Endpoint(private=reader.boolean("private", True), public_cidrs=reader.items("public_cidrs", (), as_public_block, remedy))
    reader.finish()
    return endpoint


def read_service_block(reader: Reader) -> str | None:
    """The CIDR block of the Services: CreateCluster accepts /24 to /12 within the private ranges."""
    value = reader.take("service_ipv4_cidr")
    if value is None:
        return None
    block = as_block(value)
    if block is None:
        reader.problems.add(reader.at("service_ipv4_cidr"), value, "it must be an IPv4 block without host bits, such as 172.20.0.0/16")
        return None
    if not 12 <= block.prefixlen <= 24 or not any(block.subnet_of(ipaddress.IPv4Network(one)) for one in PRIVATE_RANGES):
        remedy = f"EKS accepts /12 to /24 within {', '.join(PRIVATE_RANGES)}"
        reader.problems.add(reader.at("service_ipv4_cidr"), value, remedy)
        return None
    return str(block)


def read_addons(reader: Reader, has_nodes: bool) -> dict[str, Addon]:
    """The add-ons by name: the defaults and those that the user names, except those that the user sets to null.

    An add-on that needs a node is no default of a cluster without nodes.
    """
    path = reader.at("addons")
    usual: dict[str, Any] = {name: {} for name in BEFORE_NODES + (AFTER_NODES if has_nodes else ())}
    given = {**usual, **reader.mapping("addons")}
    found = {}
    for name, settings in given.items():
        if not AWS_NAME.fullmatch(name):
            reader.problems.add(path, name, "it must be the name of an EKS add-on such as vpc-cni")
        elif settings is not None:
            found[name] = read_addon(name, Reader(settings, f"{path}.{name}", reader.problems))
    return found


def read_addon(name: str, reader: Reader) -> Addon:
    addon = Addon(
        name,
        version=reader.text("version", "") or None,
        configuration=reader.mapping("configuration"),
        role_arn=reader.text("role_arn", "") or None,
    )
    reader.finish()
    return addon


def read_fargate_profiles(reader: Reader) -> dict[str, FargateProfile]:
    entries = reader.section("fargate_profiles").named("the name of a Fargate profile", 63)
    return {name: read_fargate_profile(name, profile) for name, profile in entries}


def read_fargate_profile(name: str, reader: Reader) -> FargateProfile:
    selectors = reader.items(
        "selectors",
        (),
        as_selector,
        "it must have a namespace, and may have labels (strings): {namespace: jobs, labels: {size: big}}",
    )
    if not 1 <= len(selectors) <= FARGATE_SELECTORS:
        reader.problems.add(reader.at("selectors"), list(selectors), f"EKS accepts 1 to {FARGATE_SELECTORS} selectors per profile")
    for selector in selectors:
        check_selector(selector, reader)
    default = reader.given.get("subnet_ids") == "default"
    if default:
        reader.take("subnet_ids")
    profile = FargateProfile(
        name, selectors, subnet_ids=() if default else reader.ids("subnet_ids", (), "subnet-"), tags=reader.tags("tags")
    )
    reader.finish()
    return profile


def as_selector(value: Any) -> dict[str, Any] | None:
    """A selector in AWS's form; labels are strings."""
    if not isinstance(value, Mapping) or set(value) - {"namespace", "labels"} or not isinstance(value.get("namespace"), str):
        return None
    labels = value.get("labels") or {}
    if not isinstance(labels, Mapping):
        return None
    found: dict[str, Any] = {"namespace": value["namespace"]}
    texts = {str(key): as_tag_text(text) for key, text in labels.items()}
    if None in texts.values():
        return None
    return {**found, "labels": texts} if texts else found


def check_selector(selector: Mapping[str, Any], reader: Reader) -> None:
    """Namespace and labels are those of Kubernetes, or patterns with * and ?. EKS takes others, and they select nothing."""
    path, namespace = reader.at("selectors"), selector["namespace"]
    if as_namespace(_example(namespace)) is None:
        reader.problems.add(
            path, namespace, "a namespace has at most 63 lower-case letters, digits and hyphens, or it is a pattern with * and ?"
        )
    for key, text in selector.get("labels", {}).items():
        if wrong := label_problem(_example(key), _example(text)):
            reader.problems.add(f"{path}.labels.{key}", text, wrong)


def _example(pattern: str) -> str:
    """Something that a pattern with * and ? matches."""
    return pattern.replace("*", "x").replace("?", "x")


def read_discovery(reader: Reader, node_scaling: str) -> str:
    value = reader.text("karpenter_discovery", "")
    if value and node_scaling != KARPENTER:
        remedy = f"node_scaling is {node_scaling}, so nothing looks for it; set node_scaling to {KARPENTER}, or remove this"
        reader.problems.add(reader.at("karpenter_discovery"), value, remedy)
    return value


def read_controllers(reader: Reader, node_scaling: str, has_nodes: bool) -> tuple[str, ...]:
    """The well-known controllers whose pods get a role: the named ones, and the one that ``node_scaling`` chooses."""
    named = reader.items("controllers", (LOAD_BALANCERS,), one_of(CONTROLLERS), f"it must be one of {', '.join(CONTROLLERS)}")
    for scaling, name in SCALERS.items():
        if name in named and scaling != node_scaling and KARPENTER in (name, node_scaling):
            remedy = f"node_scaling is {node_scaling}, which decides what adds nodes; set node_scaling to {scaling}, or remove it here"
            reader.problems.add(reader.at("controllers"), name, remedy)
    owned = (SCALERS[node_scaling],) if node_scaling in SCALERS and (has_nodes or node_scaling == KARPENTER) else ()
    return tuple(dict.fromkeys((*named, *owned)))
