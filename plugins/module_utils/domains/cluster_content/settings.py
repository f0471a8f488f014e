# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The settings for the content of a cluster, read and checked: reports all problems at once, each with path, value, and remedy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ...cluster_objects.equal import quantity
from ...cluster_objects.isolation import ITS_NAMESPACE, ITS_PORT, STANDARDS, Network, read_network
from ...inputs.kubernetes import label_problem
from ...inputs.problems import Problems
from ...inputs.reader import Reader
from ...inputs.values import NAMESPACE, as_block_text, as_port, one_of
from .node_pools import NodePool, read_node_pools

ACCESS = ("view", "edit", "admin")
CLUSTERS_OWN = ("default", "kube-system", "kube-public", "kube-node-lease")
LIMITS = {"default": "default", "default_request": "defaultRequest", "max": "max", "min": "min"}


@dataclass(frozen=True)
class Namespace:
    name: str
    pod_security: str = "restricted"
    labels: Mapping[str, str] = field(default_factory=dict)
    network: Network = field(default_factory=Network)
    quota: Mapping[str, Any] = field(default_factory=dict)
    limits: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    service_accounts: Mapping[str, bool] = field(default_factory=dict)
    """By name: whether pods that do not decide for themselves get the account's token mounted."""


@dataclass(frozen=True)
class Team:
    name: str
    group: str
    namespaces: tuple[str, ...]
    access: str = "edit"


@dataclass(frozen=True)
class Storage:
    """The default storage class of volumes. An empty ``name`` means none."""

    name: str = "gp3"
    kms_key_arn: str = ""
    reclaim_policy: str = "Delete"
    iops: int = 0
    throughput: int = 0


@dataclass(frozen=True)
class Content:
    namespaces: tuple[Namespace, ...] = ()
    teams: tuple[Team, ...] = ()
    storage: Storage = Storage()
    node_pools: Mapping[str, NodePool] | None = None
    """None: not described, so that a cluster with Karpenter gets the default."""
    load_balancer_cidrs: tuple[str, ...] = ()
    objects: tuple[Mapping[str, Any], ...] = ()
    releases: Mapping[str, Any] = field(default_factory=dict)
    sensitive: tuple[str, ...] = ()


def read_content(given: Any, path: str) -> tuple[Content, list[str]]:
    """The settings of one cluster's content, and every problem with them."""
    problems = Problems()
    reader = Reader(given, path, problems)
    cidrs = reader.items("load_balancer_cidrs", (), as_block_text, "it must be an IPv4 block such as 10.0.0.0/16")
    namespaces = tuple(
        read_namespace(name, value, reader.at(f"namespaces.{name}"), bool(cidrs), problems) for name, value in _named(reader)
    )
    known = {one.name for one in namespaces}
    teams = tuple(read_team(name, value, reader, known) for name, value in reader.mapping("teams").items())
    sandboxes, their_teams = read_sandboxes(reader, known, {one.name for one in teams}, bool(cidrs))
    namespaces, teams = namespaces + sandboxes, teams + their_teams
    storage, pools = read_storage(reader), read_node_pools(reader)
    releases = reader.mapping("releases")
    objects = reader.items("objects", (), _manifest, "it must be a manifest, a mapping with apiVersion, kind and metadata")
    sensitive = reader.items("sensitive", (), _text, "it must be a path such as data.license, or an address, a colon and a path")
    reader.finish()
    return Content(namespaces, teams, storage, pools, cidrs, objects, releases, sensitive), problems.messages


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _manifest(value: Any) -> Any:
    return value if isinstance(value, Mapping) else None


def _named(reader: Reader) -> list[tuple[str, Any]]:
    found = []
    for name, value in reader.mapping("namespaces").items():
        if not NAMESPACE.fullmatch(name):
            reader.problems.add(reader.at("namespaces"), name, ITS_NAMESPACE)
        elif name in CLUSTERS_OWN:
            reader.problems.add(
                reader.at("namespaces"), name, "it belongs to the cluster and is not managed here; choose another namespace"
            )
        else:
            found.append((name, value))
    return found


def read_namespace(name: str, given: Any, path: str, has_cidrs: bool, problems: Problems) -> Namespace:
    reader = Reader(given, path, problems)
    found = Namespace(
        name=name,
        pod_security=reader.choice("pod_security", STANDARDS, "restricted"),
        labels=read_labels(reader),
        network=read_traffic(reader.section("network"), has_cidrs, bool(reader.given.get("service_accounts"))),
        quota=read_quantities(reader.section("quota")),
        limits=read_limits(reader.section("limits")),
        service_accounts=read_accounts(reader),
    )
    reader.finish()
    return found


def read_labels(reader: Reader) -> dict[str, str]:
    labels = reader.string_map("labels")
    for key, value in labels.items():
        if wrong := label_problem(key, value):
            reader.problems.add(reader.at(f"labels.{key}"), value, wrong)
    return labels


def read_traffic(reader: Reader, has_cidrs: bool, has_accounts: bool) -> Network:
    """``has_accounts``: the namespace has service accounts, whose pods may request AWS credentials from their node's pod identity agent."""
    found = replace(
        read_network(reader, Network(pod_identity=has_accounts)),
        from_load_balancer=reader.items("from_load_balancer", (), as_port, ITS_PORT),
    )
    if found.from_load_balancer and not has_cidrs:
        reader.problems.add(
            reader.at("from_load_balancer"),
            list(found.from_load_balancer),
            "the subnets of the load balancers are not known: set load_balancer_cidrs to their blocks",
        )
    reader.finish()
    return found


def read_quantities(reader: Reader) -> dict[str, Any]:
    """Quantities by resource name, such as requests.cpu."""
    found = {}
    for name, value in reader.given.items():
        reader.take(name)
        if quantity(value) is None:
            reader.problems.add(reader.at(str(name)), value, "it must be a quantity such as 4, 500m or 2Gi")
        else:
            found[str(name)] = str(value)
    return found


def read_limits(reader: Reader) -> dict[str, dict[str, Any]]:
    """The defaults, maximums, and minimums for containers, in the terms of a LimitRange."""
    found = {api: read_quantities(reader.section(name)) for name, api in LIMITS.items()}
    reader.finish()
    return {name: amounts for name, amounts in found.items() if amounts}


def read_accounts(reader: Reader) -> dict[str, bool]:
    found = {}
    for name, value in reader.mapping("service_accounts").items():
        section = Reader(value, reader.at(f"service_accounts.{name}"), reader.problems)
        if not NAMESPACE.fullmatch(name):
            reader.problems.add(reader.at("service_accounts"), name, ITS_NAMESPACE)
        else:
            found[name] = section.boolean("token", False)
        section.finish()
    return found


def read_team(name: str, given: Any, parent: Reader, known: set[str]) -> Team:
    reader = Reader(given, parent.at(f"teams.{name}"), parent.problems)

    if not NAMESPACE.fullmatch(name):
        parent.problems.add(parent.at("teams"), name, ITS_NAMESPACE)
    listed = ", ".join(sorted(known)) or "none"
    found = Team(
        name=name,
        group=reader.text("group", name),
        namespaces=reader.items("namespaces", (), one_of(known), f"it must be one of the namespaces described here: {listed}"),
        access=reader.choice("access", ACCESS, "edit"),
    )
    check_group(found.group, reader)
    reader.finish()
    return found


SAME_FOR_ALL = ("pod_security", "labels", "network", "quota", "limits")
"""The settings of a namespace that all sandboxes share."""


def read_sandboxes(
    parent: Reader, namespaces: set[str], teams: set[str], has_cidrs: bool
) -> tuple[tuple[Namespace, ...], tuple[Team, ...]]:
    """A namespace and a team for each developer: ``developers`` by name, each with its group; all else is the same for all of them."""
    reader = parent.section("sandboxes")
    shared = {key: value for key in SAME_FOR_ALL if (value := reader.take(key)) is not None}
    prefix, access = reader.text("prefix", "sandbox-"), reader.choice("access", ACCESS, "edit")
    found: list[Namespace] = []
    members: list[Team] = []
    developers = reader.mapping("developers")
    for developer, settings in developers.items():
        name = f"{prefix}{developer}"
        if not NAMESPACE.fullmatch(developer) or not NAMESPACE.fullmatch(name):
            reader.problems.add(reader.at("developers"), developer, f"{ITS_NAMESPACE}, and so must be the namespace, {name}")
        elif name in namespaces or developer in teams:
            reader.problems.add(reader.at("developers"), developer, f"namespaces has {name} or teams has {developer} already; rename one")
        else:
            found.append(read_namespace(name, shared, reader.path, has_cidrs, reader.problems))
            members.append(read_member(developer, Reader(settings, reader.at(f"developers.{developer}"), reader.problems), name, access))
    if developers and not shared.get("quota"):
        example = "{requests.cpu: 2, requests.memory: 4Gi, pods: 20}"
        reader.problems.missing(reader.at("quota"), f"say what one developer may use, such as {example}")
    reader.finish()
    return tuple(found), tuple(members)


def read_member(developer: str, reader: Reader, namespace: str, access: str) -> Team:
    found = Team(developer, reader.text("group", developer), (namespace,), access)
    check_group(found.group, reader)
    reader.finish()
    return found


def check_group(group: str, reader: Reader) -> None:
    if group.startswith("system:"):
        reader.problems.add(reader.at("group"), group, "groups that begin with system: are Kubernetes' own; choose another name")


def read_storage(parent: Reader) -> Storage:
    reader = parent.section("storage_class")
    if not reader.boolean("enabled", True):
        reader.finish()
        return Storage(name="")
    found = Storage(
        name=reader.text("name", "gp3"),
        kms_key_arn=reader.text("kms_key_arn", ""),
        reclaim_policy=reader.choice("reclaim_policy", ("Delete", "Retain"), "Delete"),
        iops=reader.integer("iops", 0, 3000, 80000),
        throughput=reader.integer("throughput", 0, 125, 2000),
    )
    reader.finish()
    return found
