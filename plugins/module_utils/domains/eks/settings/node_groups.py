# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Managed node groups: their settings, and what controls the number of nodes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sized
from dataclasses import dataclass, field
from typing import Any

from ....inputs.kubernetes import node_label_problem, taint_problem
from ....inputs.reader import Reader
from ....inputs.tags import as_tag_text
from ....inputs.values import INSTANCE_TYPE, as_integer, as_text, matching
from .releases import EKS_CHOOSES, Release, is_bottlerocket, read_release
from .user_data import NONE, UserData, read_max_pods, read_user_data, rendered

AUTOSCALED = "cluster_autoscaler"
"""The value of node_scaling with which the cluster autoscaler sets the number of nodes of groups."""

LONGEST_NAME = 63
"""The maximum length of a node group's name in EKS, in characters."""

CAPACITY_TYPES = ("ON_DEMAND", "SPOT")
EFFECTS = ("NO_SCHEDULE", "NO_EXECUTE", "PREFER_NO_SCHEDULE")
AMI_TYPES = (
    "AL2023_x86_64_STANDARD",
    "AL2023_ARM_64_STANDARD",
    "AL2023_x86_64_NEURON",
    "AL2023_x86_64_NVIDIA",
    "AL2023_ARM_64_NVIDIA",
    "BOTTLEROCKET_x86_64",
    "BOTTLEROCKET_ARM_64",
    "BOTTLEROCKET_x86_64_FIPS",
    "BOTTLEROCKET_ARM_64_FIPS",
    "BOTTLEROCKET_x86_64_NVIDIA",
    "BOTTLEROCKET_ARM_64_NVIDIA",
)
"""The values of CreateNodegroup for Linux that are still maintained: images of Amazon Linux 2 ended in November 2025."""

MOST_MARKS = 50
"""Labels, and taints, that EKS accepts of a group (CreateNodegroup)."""

MOST_NODES = 450
"""EKS's default quota of nodes in a managed group."""

SMALLEST_DISK, LARGEST_DISK = 20, 16384
"""GiB: the minimum that the images need, and the maximum that gp3 offers."""

CRON = re.compile(r"\S+ \S+ \S+ \S+ \S+")
TIME_ZONE = re.compile(r"[A-Za-z_]+(?:/[A-Za-z0-9_+-]+)*")


@dataclass(frozen=True)
class Scaling:
    """How a group is scaled without an autoscaler: by a target CPU load, and by schedule."""

    target_cpu_percent: int | None = None
    schedules: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class NodeGroup:
    """Nodes of one type. An empty ``subnet_ids`` means the cluster's subnets.

    ``desired_size`` counts only when the group is created, unless ``sized``: then nothing else decides the number of nodes.
    """

    name: str
    path: str
    instance_types: tuple[str, ...] = ("t3.medium",)
    min_size: int = 1
    max_size: int = 3
    desired_size: int = 1
    capacity_type: str = "ON_DEMAND"
    ami_type: str = "AL2023_x86_64_STANDARD"
    release: Release = EKS_CHOOSES
    release_version: str | None = None
    """The release to run, once it is known which is the newest: see releases.py."""
    disk_gib: int = 50
    max_pods: int | None = None
    user_data: UserData = NONE
    labels: Mapping[str, str] = field(default_factory=dict)
    taints: tuple[Mapping[str, str], ...] = ()
    update: Mapping[str, int] = field(default_factory=dict)
    subnet_ids: tuple[str, ...] = ()
    autoscaled: bool = True
    sized: bool = False
    scaling: Scaling = Scaling()
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def architecture(self) -> str:
        """EC2's name for the processor architecture of the image."""
        return "arm64" if "ARM_64" in self.ami_type else "x86_64"

    @property
    def is_bottlerocket(self) -> bool:
        return is_bottlerocket(self.ami_type)

    @property
    def rendered_user_data(self) -> str:
        """The user data of the launch template, with ``max_pods``; empty if there is none."""
        return rendered(self.user_data, self.max_pods, self.is_bottlerocket)

    @property
    def starts_nodes(self) -> bool:
        """Whether the group has nodes without anything asking for one."""
        return self.desired_size > 0


def read_node_groups(reader: Reader, node_scaling: str) -> dict[str, NodeGroup]:
    """The groups by name. ``node_scaling``: a cluster autoscaler scales every group that does not say otherwise, and Karpenter none."""
    entries = reader.section("node_groups").named("the name of a node group", LONGEST_NAME)
    return {name: read_node_group(name, group, node_scaling) for name, group in entries}


def read_node_group(name: str, reader: Reader, node_scaling: str) -> NodeGroup:
    defaults = NodeGroup(name, reader.path)
    low = reader.integer("min_size", defaults.min_size, 0, MOST_NODES)
    high = reader.integer("max_size", max(defaults.max_size, low), 1, MOST_NODES)
    desired = reader.integer("desired_size", max(low, 1) if low <= high else low, 0, MOST_NODES)
    autoscaled = reader.boolean("autoscaled", node_scaling == AUTOSCALED)
    scaling = read_scaling(reader.section("scaling"))
    release = read_release(reader)
    ami_type = reader.choice("ami_type", AMI_TYPES, defaults.ami_type)
    group = NodeGroup(
        name=name,
        path=reader.path,
        instance_types=read_instance_types(reader, defaults.instance_types),
        min_size=low,
        max_size=high,
        desired_size=desired,
        capacity_type=reader.choice("capacity_type", CAPACITY_TYPES, defaults.capacity_type),
        ami_type=ami_type,
        release=release,
        release_version=release.pinned or None,
        disk_gib=reader.integer("disk_gib", defaults.disk_gib, SMALLEST_DISK, LARGEST_DISK),
        max_pods=read_max_pods(reader),
        user_data=read_user_data(reader, is_bottlerocket(ami_type)),
        labels=read_labels(reader),
        taints=read_taints(reader),
        update=read_update(reader.section("update")),
        subnet_ids=reader.ids("subnet_ids", (), "subnet-"),
        autoscaled=autoscaled,
        sized=reader.given.get("desired_size") is not None and not autoscaled and scaling == Scaling(),
        scaling=scaling,
        tags=reader.tags("tags"),
    )
    check_sizes(group, reader)
    check_owner(group, reader, node_scaling)
    reader.finish()
    return group


def check_sizes(group: NodeGroup, reader: Reader) -> None:
    if group.min_size > group.max_size:
        reader.problems.add(reader.at("min_size"), group.min_size, f"it must not be more than max_size, which is {group.max_size}")
    elif not group.min_size <= group.desired_size <= group.max_size:
        remedy = f"it must be from min_size ({group.min_size}) to max_size ({group.max_size})"
        reader.problems.add(reader.at("desired_size"), group.desired_size, remedy)
    for name, schedule in group.scaling.schedules.items():
        check_schedule(f"{reader.at('scaling')}.schedules.{name}", schedule, group, reader)


def check_schedule(path: str, schedule: Mapping[str, Any], group: NodeGroup, reader: Reader) -> None:
    """A size outside the limits that hold at that time makes EC2 Auto Scaling skip the whole action, every time."""
    sizes = [schedule[key] for key in ("min_size", "desired_size", "max_size") if key in schedule]
    if sizes != sorted(sizes):
        remedy = "min_size must not be more than desired_size, nor desired_size more than max_size"
        reader.problems.add(path, dict(schedule), remedy)
        return
    others = [group.min_size, *(one["min_size"] for one in group.scaling.schedules.values() if "min_size" in one)]
    limits = [group.max_size, *(one["max_size"] for one in group.scaling.schedules.values() if "max_size" in one)]
    for key in ("min_size", "desired_size"):
        if "max_size" not in schedule and schedule.get(key, 0) > max(limits):
            reader.problems.add(f"{path}.{key}", schedule[key], f"max_size is never more than {max(limits)}; raise it, too")
    if "min_size" not in schedule and schedule.get("desired_size", max(others)) < min(others):
        reader.problems.add(f"{path}.desired_size", schedule["desired_size"], f"min_size is never less than {min(others)}; lower it, too")


def check_owner(group: NodeGroup, reader: Reader, node_scaling: str) -> None:
    """The number of nodes has one owner: the cluster's autoscaler, or the group's own settings under scaling."""
    scales = group.scaling.target_cpu_percent is not None or bool(group.scaling.schedules)
    if group.autoscaled and node_scaling != AUTOSCALED:
        remedy = f"node_scaling is {node_scaling}, so nothing would scale the group; set it to false, or node_scaling to {AUTOSCALED}"
        reader.problems.add(reader.at("autoscaled"), True, remedy)
    elif group.autoscaled and scales:
        remedy = "the cluster autoscaler owns the number of nodes of this group; set autoscaled: false, or remove scaling"
        reader.problems.add(reader.at("scaling"), dict(reader.given["scaling"]), remedy)
    elif group.scaling.target_cpu_percent is not None and group.min_size == group.max_size and not group.scaling.schedules:
        remedy = f"min_size and max_size are both {group.min_size}, so it changes nothing; widen them, or remove it"
        reader.problems.add(f"{reader.at('scaling')}.target_cpu_percent", group.scaling.target_cpu_percent, remedy)


def read_instance_types(reader: Reader, default: tuple[str, ...]) -> tuple[str, ...]:
    """One type or, for Spot, several in order of preference."""
    types = reader.items("instance_types", default, matching(INSTANCE_TYPE), "it must be an instance type such as t3.medium")
    if not types:
        reader.problems.add(reader.at("instance_types"), [], "at least one instance type is needed")
    return types


def read_labels(reader: Reader) -> dict[str, str]:
    labels = reader.string_map("labels")
    for key, value in labels.items():
        if wrong := node_label_problem(key, value):
            reader.problems.add(f"{reader.at('labels')}.{key}", value, wrong)
    check_number(labels, reader, "labels")
    return labels


def check_number(marks: Sized, reader: Reader, key: str) -> None:
    if len(marks) > MOST_MARKS:
        reader.problems.messages.append(f"{reader.at(key)} has {len(marks)} entries, but EKS accepts {MOST_MARKS}; remove some")


def read_taints(reader: Reader) -> tuple[Mapping[str, str], ...]:
    """The taints. Kubernetes identifies a taint by its key and effect, so a second one of both would replace the first."""
    remedy = f"it must be a mapping of key, effect (one of {', '.join(EFFECTS)}) and, optionally, value, a string"

    def taint(value: Any) -> dict[str, str] | None:
        if not isinstance(value, Mapping) or set(value) - {"key", "value", "effect"}:
            return None
        key, effect = as_text(value.get("key")), value.get("effect")
        if key is None or effect not in EFFECTS:
            return None
        text = as_tag_text("" if value.get("value") is None else value["value"])
        if text is None:
            return None
        return {"key": key, **({"value": text} if text else {}), "effect": str(effect)}

    taints: tuple[dict[str, str], ...] = reader.items("taints", (), taint, remedy)
    check_number(taints, reader, "taints")
    taken: set[tuple[str, str]] = set()
    for one in taints:
        identity = (one["key"], one["effect"])
        if wrong := taint_problem(one):
            reader.problems.add(reader.at("taints"), one, wrong)
        elif identity in taken:
            reader.problems.add(reader.at("taints"), one, f"the list has another taint {one['key']} with {one['effect']}; keep one")
        taken.add(identity)
    return taints


def read_update(reader: Reader) -> dict[str, int]:
    """How many nodes may be unavailable while a group is updated: a third of them, unless set otherwise."""
    keys = ("max_unavailable", "max_unavailable_percentage")
    given = [key for key in keys if reader.given.get(key) is not None]
    if len(given) == len(keys):
        reader.problems.add(reader.path, dict(reader.given), "give either max_unavailable or max_unavailable_percentage")
    found = {key: reader.integer(key, 33, 1, 100) for key in keys if key in given} or {"max_unavailable_percentage": 33}
    reader.known += keys
    reader.finish()
    return dict([next(iter(found.items()))])


def read_scaling(reader: Reader) -> Scaling:
    percent = reader.integer("target_cpu_percent", 0, 10, 90) or None
    entries = reader.section("schedules").named("the name of a schedule", LONGEST_NAME)
    schedules = {name: read_schedule(schedule) for name, schedule in entries}
    reader.finish()
    return Scaling(percent, schedules)


def read_schedule(reader: Reader) -> dict[str, Any]:
    """A scheduled action in the terms of PutScheduledUpdateGroupAction; sizes that are not given stay at their current values."""
    found: dict[str, Any] = {}
    for key, pattern, remedy in (
        ("recurrence", CRON, 'it must be a cron expression with five fields, such as "0 8 * * 1-5"'),
        ("time_zone", TIME_ZONE, "it must be a time zone such as Europe/Berlin"),
    ):
        value = reader.take(key)
        if value is None and key == "recurrence":
            reader.problems.missing(reader.at(key), 'give the time as a cron expression with five fields, such as "0 8 * * 1-5"')
        elif value is not None and not (isinstance(value, str) and pattern.fullmatch(value)):
            reader.problems.add(reader.at(key), value, remedy)
        elif value is not None:
            found[key] = str(value)
    sizes = ("min_size", "max_size", "desired_size")
    for key in sizes:
        number = reader.integer(key, -1, 0, MOST_NODES)
        if number >= 0:
            found[key] = number
    if not any(as_integer(reader.given.get(key)) is not None for key in sizes):
        reader.problems.add(reader.path, dict(reader.given), f"it changes nothing; give one of {', '.join(sizes)}")
    reader.finish()
    return found
