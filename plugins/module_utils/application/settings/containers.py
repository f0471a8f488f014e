# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What every kind of workload has: an image, what it runs, what it may use, and where its pods may run. Pure functions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ...inputs.kubernetes import key_problem, label_problem
from ...inputs.reader import Reader
from ...inputs.values import as_text
from .amounts import Amounts, read_amounts
from .facts import Facts
from .images import problem
from .sources import Known, Sources, read_sources

ARCHITECTURES = ("amd64", "arm64")
WORKLOAD = re.compile(r"[a-z](?:[a-z0-9-]*[a-z0-9])?")
LONGEST_WORKLOAD = 45
"""Characters. A CronJob's name may have 52, and a Deployment's pods add 17 to theirs, which becomes a host name of at most 63."""

ITS_NAME = (
    f"the name of a workload must be at most {LONGEST_WORKLOAD} lower-case letters, digits and '-', beginning with a letter and not ending "
    "with '-'"
)
OTHER_NAMES = {
    "paused": "a paused rollout would never begin; remove it",
    "env": "use environment",
    "env_from": "use configuration or secrets",
    "resources": "use requests and limits",
    "volumes": "use writable, configuration, or secrets, or describe the workload in plain manifests",
    "init_containers": "describe the workload in plain manifests",
    "sidecars": "describe the workload in plain manifests",
    "autoscaling": "use scale",
    "hpa": "use scale",
    "service_account": "all workloads of an application have its service account; set it beside services",
    "namespace": "all workloads of an application are in its namespace; set it beside services",
    "strategy": "it is that of the application; for the way in which pods are replaced, use max_surge, and update for workers",
}
"""What Kubernetes and charts call what is set differently here."""

OURS = ("app.kubernetes.io/", "mainstay.aws/")
TOLERATION = ("key", "operator", "value", "effect", "tolerationSeconds")


@dataclass(frozen=True)
class Container:
    """``user`` and ``group``: numbers that the container runs as; 0 means those of the image."""

    image: str
    command: tuple[str, ...] = ()
    arguments: tuple[str, ...] = ()
    amounts: Amounts = field(default_factory=Amounts)
    sources: Sources = field(default_factory=Sources)
    user: int = 0
    group: int = 0
    read_only: bool = True
    annotations: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    node_selector: Mapping[str, str] = field(default_factory=dict)
    tolerations: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True)
class Context:
    """What the reading of one workload needs to know. ``notes``: what a user should know although it is no mistake."""

    facts: Facts
    known: Known
    notes: list[str]


def named_workloads(reader: Reader, taken: dict[str, str], what: str) -> list[tuple[str, Reader]]:
    """The entries with valid names that no other workload has. ``taken``: where each name is used, which this adds to."""
    found = []
    for name in reader.given:
        if not isinstance(name, str) or not WORKLOAD.fullmatch(name) or len(name) > LONGEST_WORKLOAD:
            reader.problems.add(reader.path, name, ITS_NAME)
        elif name in taken:
            reader.problems.add(reader.path, name, f"{taken[name]} has a workload of that name; each needs its own")
        else:
            taken[name] = what
            found.append((name, reader.section(name)))
    return found


def read_container(reader: Reader, context: Context) -> Container:
    for key, remedy in OTHER_NAMES.items():
        if key in reader.given:
            reader.take(key)
            reader.problems.messages.append(f"{reader.at(key)} is not a setting: {remedy}")
    fargate = context.facts.cluster.fargate
    found = Container(
        image=read_image(reader),
        command=_words(reader, "command"),
        arguments=_words(reader, "args"),
        amounts=read_amounts(reader, fargate),
        sources=read_sources(reader, context.known, context.notes),
        user=reader.integer("user", 0, 1, 2**31 - 1),
        group=reader.integer("group", 0, 1, 2**31 - 1),
        read_only=reader.boolean("read_only", True),
        annotations=_annotations(reader),
        labels=_labels(reader, "labels"),
        node_selector=_selector(reader, context.facts),
        tolerations=_tolerations(reader),
    )
    if fargate and (found.node_selector or found.tolerations):
        key = "node_selector" if found.node_selector else "tolerations"
        reader.problems.messages.append(f"{reader.at(key)} chooses nodes, and pods on Fargate have none to choose from; remove it")
    return found


def read_image(reader: Reader) -> str:
    image = reader.required_text("image", "name an image with a tag or a digest, such as api:1.4.2 or api@sha256:...")
    if image and (wrong := problem(image)):
        reader.problems.messages.append(f"{reader.at('image')}: {wrong}")
    return image


def _words(reader: Reader, key: str) -> tuple[str, ...]:
    """A list of strings in which each may appear more than once. A single string is refused: nothing here splits it as a shell would."""
    given = reader.take(key)
    if given is None:
        return ()
    if isinstance(given, str) or not isinstance(given, list | tuple):
        example = str(given).split() if isinstance(given, str) else ["python", "-m", "app"]
        reader.problems.add(reader.at(key), given, f"it must be a list of strings, such as {example}")
        return ()
    for position, word in enumerate(given):
        if as_text(word) is None:
            reader.problems.add(f"{reader.at(key)}[{position}]", word, "it must be a non-empty string; put numbers in quotes")
    return tuple(str(word) for word in given)


def _annotations(reader: Reader) -> dict[str, str]:
    found = reader.string_map("annotations")
    for key, value in found.items():
        if wrong := key_problem(key):
            reader.problems.add(reader.at("annotations"), key, wrong)
        elif key.startswith("mainstay.aws/"):
            reader.problems.add(
                reader.at(f"annotations.{key}"), value, "annotations of mainstay.aws/ are set by this collection; remove it"
            )
    return found


def _labels(reader: Reader, key: str) -> dict[str, str]:
    found = reader.string_map(key)
    for name, value in found.items():
        if wrong := label_problem(name, value):
            reader.problems.add(reader.at(f"{key}.{name}"), value, wrong)
        elif key == "labels" and name.startswith(OURS):
            reader.problems.add(reader.at(f"{key}.{name}"), value, f"labels of {' and '.join(OURS)} are set by this collection; remove it")
    return found


def _selector(reader: Reader, facts: Facts) -> dict[str, str]:
    found = _labels(reader, "node_selector")
    given = reader.take("architecture")
    if given is None:
        return found
    architecture = reader.choice("architecture", ARCHITECTURES, "")
    if architecture == "arm64" and facts.cluster.fargate:
        reader.problems.add(reader.at("architecture"), architecture, "EKS runs pods on Fargate with amd64 only; use that, or a node group")
    nodes = () if facts.cluster.fargate else facts.cluster.node_architectures
    if architecture and nodes and architecture not in nodes:
        reader.problems.add(reader.at("architecture"), architecture, f"the nodes of {facts.cluster.name} are {', '.join(nodes)}")
    return {**found, "kubernetes.io/arch": architecture} if architecture and not facts.cluster.fargate else found


def _tolerations(reader: Reader) -> tuple[Mapping[str, Any], ...]:
    given = reader.take("tolerations")
    if given is None:
        return ()
    if not isinstance(given, list | tuple):
        reader.problems.add(reader.at("tolerations"), given, "it must be a list, such as [{key: dedicated, operator: Exists}]")
        return ()
    found = []
    for position, one in enumerate(given):
        section = Reader(one, f"{reader.at('tolerations')}[{position}]", reader.problems)
        for key in TOLERATION:
            section.take(key)
        section.finish()
        section.choice("operator", ("Exists", "Equal"), "Equal")
        section.choice("effect", ("NoSchedule", "PreferNoSchedule", "NoExecute"), "")
        found.append(dict(section.given))
    return tuple(found)
