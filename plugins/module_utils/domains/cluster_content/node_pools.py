# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Pools of nodes that Karpenter launches: their settings, and the NodePools and EC2NodeClasses that follow from these. Pure functions.

karpenter.sh/docs/concepts/nodepools and nodeclasses.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ...cluster_objects.equal import quantity
from ...cluster_objects.manifest import AFTER
from ...component.described_network import DISCOVERY
from ...inputs.kubernetes import key_problem, label_problem, value_problem
from ...inputs.reader import Reader
from ...inputs.values import INSTANCE_TYPE, as_text, as_zone, matching, one_of
from ...reconcile.model import UNKNOWN
from ..eks.settings.karpenter import CLUSTER, KARPENTER, POOL

Manifest = dict[str, Any]

ARCHITECTURES = ("amd64", "arm64")
CAPACITY_TYPES = ("on-demand", "spot", "reserved")
CONSOLIDATION = ("WhenEmptyOrUnderutilized", "WhenEmpty")
EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")
OPERATORS = ("In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt", "Gte", "Lte")

IMAGE = re.compile(r"(?:al2023|bottlerocket)@(?:latest|v[0-9][0-9A-Za-z.-]*)")
CATEGORY = re.compile(r"[a-z]{1,4}")
DURATION = re.compile(r"(?:[0-9]+[smh])+")
NODES = re.compile(r"[0-9]+|100%|[0-9]{1,2}%")

SET_BY_KARPENTER = (CLUSTER, POOL, "karpenter.sh/nodeclaim", "karpenter.k8s.aws/ec2nodeclass", "kubernetes.io/cluster/")
"""Tags, or beginnings of tags, that an EC2NodeClass must not have."""


@dataclass(frozen=True)
class NodePool:
    name: str
    architectures: tuple[str, ...] = ("amd64",)
    capacity_types: tuple[str, ...] = ("on-demand",)
    instance_categories: tuple[str, ...] = ("c", "m", "r")
    instance_types: tuple[str, ...] = ()
    min_generation: int = 3
    availability_zones: tuple[str, ...] = ()
    requirements: tuple[Mapping[str, Any], ...] = ()
    image: str = "al2023@latest"
    disk_gib: int = 50
    max_pods: int = 0
    user_data: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    taints: tuple[Mapping[str, str], ...] = ()
    limits: Mapping[str, Any] = field(default_factory=lambda: {"cpu": "100"})
    weight: int = 0
    consolidation: str = CONSOLIDATION[0]
    consolidate_after: str = "1m"
    budgets: tuple[Mapping[str, Any], ...] = ({"nodes": "10%"},)
    expire_after: str = "720h"
    termination_grace_period: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)


DEFAULT = {"default": NodePool("default")}
"""What a cluster with Karpenter gets if its content describes no pools."""


@dataclass(frozen=True)
class Ground:
    """Where the nodes of a cluster are, as far as it is known. Empty IDs mean: found by the tag ``discovery``."""

    profile: str
    discovery: str
    subnet_ids: tuple[str, ...] = ()
    security_group_ids: tuple[str, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)


NOWHERE = Ground(UNKNOWN, UNKNOWN)


def read_node_pools(parent: Reader) -> dict[str, NodePool] | None:
    """The pools by name; None if the setting is absent."""
    if parent.given.get("node_pools") is None:
        parent.take("node_pools")
        return None
    entries = parent.section("node_pools").named("the name of a node pool", 63)
    return {name: read_node_pool(name, reader) for name, reader in entries}


def read_node_pool(name: str, reader: Reader) -> NodePool:
    usual = NodePool(name)
    duration = "it must be a duration such as 30s, 5m or 720h, or Never"
    if reader.given.get("instance_types") and reader.given.get("instance_categories"):
        remedy = "instance_types already says which ones; remove one of the two"
        reader.problems.add(reader.at("instance_categories"), reader.given["instance_categories"], remedy)
    found = NodePool(
        name=name,
        architectures=reader.items("architectures", usual.architectures, one_of(ARCHITECTURES), _one_of(ARCHITECTURES)),
        capacity_types=reader.items("capacity_types", usual.capacity_types, one_of(CAPACITY_TYPES), _one_of(CAPACITY_TYPES)),
        instance_categories=reader.items(
            "instance_categories", usual.instance_categories, matching(CATEGORY), "it must be a category of instances such as c, m or r"
        ),
        instance_types=reader.items("instance_types", (), matching(INSTANCE_TYPE), "it must be an instance type such as m7i.large"),
        min_generation=reader.integer("min_generation", usual.min_generation, 1, 20),
        availability_zones=reader.items("availability_zones", (), as_zone, "it must be the name of a zone such as af-south-1a"),
        requirements=read_requirements(reader),
        image=_matching(reader, "image", usual.image, IMAGE, "it must be al2023 or bottlerocket with a release: al2023@latest"),
        disk_gib=reader.integer("disk_gib", usual.disk_gib, 20, 16384),
        max_pods=reader.integer("max_pods", 0, 4, 1000),
        user_data=reader.text("user_data", ""),
        labels=read_labels(reader),
        taints=read_taints(reader),
        limits=read_limits(reader, usual.limits),
        weight=reader.integer("weight", 0, 1, 100),
        consolidation=reader.choice("consolidation", CONSOLIDATION, usual.consolidation),
        consolidate_after=_duration(reader, "consolidate_after", usual.consolidate_after, duration),
        budgets=reader.items("budgets", usual.budgets, _budget, "it must have nodes, a number or a percentage: {nodes: 10%}"),
        expire_after=_duration(reader, "expire_after", usual.expire_after, duration),
        termination_grace_period=_duration(reader, "termination_grace_period", "", duration),
        tags=read_tags(reader),
    )
    reader.finish()
    return found


def _one_of(names: tuple[str, ...]) -> str:
    return f"it must be one of {', '.join(names)}"


def _matching(reader: Reader, key: str, default: str, pattern: re.Pattern[str], remedy: str) -> str:
    value = reader.text(key, default)
    if pattern.fullmatch(value):
        return value
    reader.problems.add(reader.at(key), value, remedy)
    return default


def _duration(reader: Reader, key: str, default: str, remedy: str) -> str:
    value = reader.text(key, default)
    if value in (default, "Never") or DURATION.fullmatch(value):
        return value
    reader.problems.add(reader.at(key), value, remedy)
    return default


def read_limits(reader: Reader, usual: Mapping[str, Any]) -> Mapping[str, Any]:
    """How much all nodes of a pool may have. Without a limit, a mistake in a workload launches instances without end."""
    section = reader.section("limits")
    found: dict[str, Any] = {}
    for name, value in section.given.items():
        section.take(name)
        if quantity(value) is None:
            section.problems.add(section.at(str(name)), value, "it must be a quantity such as 100 or 400Gi")
        else:
            found[str(name)] = str(value)
    return found or usual


def read_labels(reader: Reader) -> dict[str, str]:
    """Karpenter takes no label whose domain is its own or Kubernetes's, except those that describe instances, which are requirements."""
    labels = reader.string_map("labels")
    for key, value in labels.items():
        if wrong := label_problem(key, value):
            reader.problems.add(reader.at(f"labels.{key}"), value, wrong)
        elif key.partition("/")[0].endswith(("kubernetes.io", "k8s.io", "karpenter.sh")) and "/" in key:
            reader.problems.add(reader.at(f"labels.{key}"), value, "Karpenter or Kubernetes sets it; choose another prefix, or none")
    return labels


def read_taints(reader: Reader) -> tuple[Mapping[str, str], ...]:
    remedy = f"it must be a mapping of key, effect (one of {', '.join(EFFECTS)}) and, optionally, value"

    def taint(value: Any) -> dict[str, str] | None:
        if not isinstance(value, Mapping) or set(value) - {"key", "value", "effect"} or value.get("effect") not in EFFECTS:
            return None
        key, text = as_text(value.get("key")), str(value.get("value") or "")
        if key is None or key_problem(key) or value_problem(text):
            return None
        return {"key": key, **({"value": text} if text else {}), "effect": str(value["effect"])}

    found: tuple[Mapping[str, str], ...] = reader.items("taints", (), taint, remedy)
    return found


def read_requirements(reader: Reader) -> tuple[Mapping[str, Any], ...]:
    remedy = f"it must be a mapping of key, operator (one of {', '.join(OPERATORS)}) and values, a list of strings"

    def requirement(value: Any) -> dict[str, Any] | None:
        if not isinstance(value, Mapping) or set(value) - {"key", "operator", "values", "minValues"}:
            return None
        key, values = as_text(value.get("key")), value.get("values") or []
        if key is None or key_problem(key) or value.get("operator") not in OPERATORS or not isinstance(values, list | tuple):
            return None
        return {**value, **({"values": [str(one) for one in values]} if values else {})}

    found: tuple[Mapping[str, Any], ...] = reader.items("requirements", (), requirement, remedy)
    return found


def read_tags(reader: Reader) -> Mapping[str, str]:
    tags = reader.tags("tags")
    for key in tags:
        if key.startswith(SET_BY_KARPENTER):
            reader.problems.add(reader.at("tags"), key, "Karpenter sets it; remove it")
    return tags


def _budget(value: Any) -> dict[str, Any] | None:
    if not isinstance(value, Mapping) or set(value) - {"nodes", "schedule", "duration", "reasons"}:
        return None
    nodes = str(value.get("nodes", ""))
    return {**value, "nodes": nodes} if NODES.fullmatch(nodes) else None


def pool_manifests(pools: Mapping[str, NodePool], ground: Ground) -> list[Manifest]:
    """An EC2NodeClass and a NodePool for each pool, after Karpenter's release, which brings their definitions."""
    return [manifest for pool in pools.values() for manifest in (node_class(pool, ground), node_pool(pool))]


def node_class(pool: NodePool, ground: Ground) -> Manifest:
    by_tag = [{"tags": {DISCOVERY: ground.discovery}}]
    spec: Manifest = {
        "amiSelectorTerms": [{"alias": pool.image}],
        "instanceProfile": ground.profile,
        "subnetSelectorTerms": [{"id": one} for one in ground.subnet_ids] or by_tag,
        "securityGroupSelectorTerms": [{"id": one} for one in ground.security_group_ids] or by_tag,
        # as the launch templates of node groups: pods cannot reach the metadata, and so never use the node's role
        "metadataOptions": {"httpEndpoint": "enabled", "httpTokens": "required", "httpPutResponseHopLimit": 1},
        "blockDeviceMappings": _devices(pool),
        **({"tags": {**ground.tags, **pool.tags}} if ground.tags or pool.tags else {}),
        **({"kubelet": {"maxPods": pool.max_pods}} if pool.max_pods else {}),
        **({"userData": pool.user_data} if pool.user_data else {}),
    }
    return _manifest("karpenter.k8s.aws/v1", "EC2NodeClass", pool.name, spec)


def _devices(pool: NodePool) -> list[Manifest]:
    """Bottlerocket keeps images and containers on its second volume; the first has only the system."""
    sizes = {"/dev/xvda": 4, "/dev/xvdb": pool.disk_gib} if pool.image.startswith("bottlerocket") else {"/dev/xvda": pool.disk_gib}
    common = {"volumeType": "gp3", "encrypted": True, "deleteOnTermination": True}
    return [{"deviceName": name, "ebs": {**common, "volumeSize": f"{size}Gi"}} for name, size in sizes.items()]


def node_pool(pool: NodePool) -> Manifest:
    reference = {"group": "karpenter.k8s.aws", "kind": "EC2NodeClass", "name": pool.name}
    template: Manifest = {
        "nodeClassRef": reference,
        "requirements": requirements(pool),
        "expireAfter": pool.expire_after,
        **({"taints": [dict(one) for one in pool.taints]} if pool.taints else {}),
        **({"terminationGracePeriod": pool.termination_grace_period} if pool.termination_grace_period else {}),
    }
    spec: Manifest = {
        "template": {**({"metadata": {"labels": dict(pool.labels)}} if pool.labels else {}), "spec": template},
        "limits": dict(pool.limits),
        "disruption": {
            "consolidationPolicy": pool.consolidation,
            "consolidateAfter": pool.consolidate_after,
            "budgets": [dict(one) for one in pool.budgets],
        },
        **({"weight": pool.weight} if pool.weight else {}),
    }
    return _manifest("karpenter.sh/v1", "NodePool", pool.name, spec)


def requirements(pool: NodePool) -> list[Manifest]:
    def within(key: str, values: tuple[str, ...]) -> Manifest:
        return {"key": key, "operator": "In", "values": list(values)}

    found = [
        within("kubernetes.io/os", ("linux",)),
        within("kubernetes.io/arch", pool.architectures),
        within("karpenter.sh/capacity-type", pool.capacity_types),
    ]
    if pool.instance_types:
        found.append(within("node.kubernetes.io/instance-type", pool.instance_types))
    else:
        found.append(within("karpenter.k8s.aws/instance-category", pool.instance_categories))
        generation = {"key": "karpenter.k8s.aws/instance-generation", "operator": "Gt", "values": [str(pool.min_generation - 1)]}
        found.append(generation)
    if pool.availability_zones:
        found.append(within("topology.kubernetes.io/zone", pool.availability_zones))
    return found + [dict(one) for one in pool.requirements]


def _manifest(version: str, kind: str, name: str, spec: Manifest) -> Manifest:
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name, "annotations": {AFTER: KARPENTER}}, "spec": spec}
