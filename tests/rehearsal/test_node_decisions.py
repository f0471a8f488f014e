"""Decisions about a node group's instances and nodes: tables over pure functions."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from rehearsal.extensions.eks_instances import Build, Instance, batch_of, next_step
from rehearsal.extensions.eks_nodegroup_life import image_of, kubelet_version
from rehearsal.extensions.eks_releases import ami_type, releases
from rehearsal.kubernetes import VERSIONS
from rehearsal.kubernetes.drain import has_to_leave
from rehearsal.kubernetes.node_groups import Wanted, is_ready, repaired
from rehearsal.kubernetes.nodes import NodeShape
from rehearsal.kubernetes.stages import NETWORK_ANNOTATION

OLD = Build("1.35", "1.35.2-20260930", "t3.medium", 20)
NEW = replace(OLD, version="1.36", release="1.36.0-20260930")


def instances(said: str) -> list[Instance]:
    """One per word: zone, o(ld) or n(ew), and - for one that has not joined, ! for one that is draining."""
    made = []
    for word in said.split():
        build = OLD if word[1] == "o" else NEW
        one = Instance(word, word[0], f"subnet-{word[0]}", "10.0.0.9", f"node-{word}", build, [], joined="-" not in word)
        one.leaving = 0.0 if "!" in word else None
        made.append(one)
    return made


@pytest.mark.parametrize(
    ("present", "desired", "batch", "launch", "retire"),
    [
        ("", 2, 0, 2, []),
        ("ao bo", 2, 0, 0, []),
        ("ao bo", 3, 0, 1, []),
        # the newest in the zone with the most
        ("ao bo ao", 2, 0, 0, [2]),
        ("ao bo ao bo", 2, 0, 0, [3, 2]),
        ("ao- bo", 1, 0, 0, [1]),
        ("ao bo!", 1, 0, 0, []),
        ("ao bo", 0, 0, 0, [1, 0]),
        # an update: new ones first; old ones are drained only once the new ones have joined
        ("ao bo", 2, 1, 1, []),
        ("ao bo an-", 2, 1, 0, []),
        ("ao bo an", 2, 1, 0, [0]),
        ("ao! bo an", 2, 1, 0, []),
        ("bo an", 2, 1, 1, []),
        ("bo an bn", 2, 1, 0, [0]),
        ("an bn", 2, 1, 0, []),
        ("ao bo ao", 3, 2, 2, []),
        ("ao bo ao an bn", 3, 2, 0, [2, 1]),
        # the last batch contains the rest
        ("ao an bn", 3, 2, 1, []),
        # the group shrinks and grows during an update
        ("ao bo an", 1, 1, 0, [0, 1]),
        ("ao! bo an", 3, 1, 1, []),
        ("", 0, 1, 0, []),
    ],
)
def test_the_next_step(present: str, desired: int, batch: int, launch: int, retire: list[int]) -> None:
    found = instances(present)
    step = next_step(found, desired, NEW if batch else OLD, batch)
    assert (step.launch, [found.index(each) for each in step.retire]) == (launch, retire)


@pytest.mark.parametrize(
    ("config", "desired", "expected"),
    [
        ({"maxUnavailable": 3}, 10, 3),
        ({"maxUnavailablePercentage": 33}, 10, 3),
        ({"maxUnavailablePercentage": 33}, 2, 1),
        ({"maxUnavailablePercentage": 100}, 5, 5),
        ({"maxUnavailablePercentage": 100}, 500, 100),
        ({}, 7, 1),
    ],
)
def test_how_many_an_update_replaces_at_once(config: dict[str, int], desired: int, expected: int) -> None:
    assert batch_of(config, desired) == expected


@pytest.mark.parametrize("version", VERSIONS)
def test_releases(version: str) -> None:
    linux, bottlerocket = releases("AL2023_ARM_64_STANDARD", version), releases("BOTTLEROCKET_x86_64", version)
    assert all(each.startswith(f"{version}.") for each in linux)
    assert (len(linux), len(bottlerocket), releases("CUSTOM", version)) == (2, 2, ())
    assert kubelet_version(Build(version, linux[-1], "t4g.medium", 20)).startswith(f"{version}.")
    assert kubelet_version(Build(version, bottlerocket[-1], "t3.medium", 20)) == f"{version}.0-eks-rehearsal"
    assert image_of("a", linux[0]) != image_of("a", linux[1])


@pytest.mark.parametrize(
    ("name", "architecture", "last"),
    [
        ("AL2023_x86_64_STANDARD", "amd64", None),
        ("AL2023_ARM_64_NVIDIA", "arm64", None),
        ("BOTTLEROCKET_ARM_64_FIPS", "arm64", None),
        ("WINDOWS_CORE_2022_x86_64", "amd64", None),
        ("AL2_x86_64_GPU", "amd64", "1.32"),
    ],
)
def test_ami_types(name: str, architecture: str, last: str | None) -> None:
    assert (ami_type(name).architecture, ami_type(name).last_version) == (architecture, last)


OWN = {"key": "batch", "value": "only", "effect": "NoSchedule"}
CORDON = {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}
WISH = Wanted("n", "workers", NodeShape(), "a", "10.0.0.9", "aws:///a/i-1", {"team": "web"}, (OWN,))
GROUP = {"eks.amazonaws.com/nodegroup": "workers"}


def node(labels: dict[str, str] | None = None, taints: Any = (OWN,), *, network: bool = True, **spec: Any) -> dict[str, Any]:
    metadata: dict[str, Any] = {"labels": GROUP | {"team": "web"} if labels is None else labels, "resourceVersion": "7"}
    metadata["annotations"] = {} if network else {NETWORK_ANNOTATION: "missing"}
    return {"metadata": metadata, "spec": {"taints": list(taints), **spec}, "status": {}}


@pytest.mark.parametrize(
    ("present", "wish", "patch"),
    [
        (node(), WISH, {}),
        (node(taints=[CORDON, OWN | {"timeAdded": "then"}]), WISH, {}),
        (node(GROUP | {"team": "data", "by": "somebody"}), WISH, {"metadata": {"labels": {"team": "web"}}}),
        (node(GROUP | {"team": "web", "x": "y"}), replace(WISH, dropped_labels=frozenset({"x"})), {"metadata": {"labels": {"x": None}}}),
        (node(taints=[CORDON]), WISH, {"metadata": {"resourceVersion": "7"}, "spec": {"taints": [CORDON, OWN]}}),
        (
            node(taints=[OWN, CORDON]),
            replace(WISH, taints=(), dropped_taints=frozenset({("batch", "NoSchedule")})),
            {"metadata": {"resourceVersion": "7"}, "spec": {"taints": [CORDON]}},
        ),
        (node(), replace(WISH, drained=True), {"metadata": {"resourceVersion": "7"}, "spec": {"unschedulable": True}}),
        (node(unschedulable=True), WISH, {"metadata": {"resourceVersion": "7"}, "spec": {"unschedulable": None}}),
        (node(network=False), WISH, {"metadata": {"annotations": {NETWORK_ANNOTATION: None}}}),
        (node(network=False), replace(WISH, network=False), {}),
    ],
)
def test_how_a_node_is_repaired(present: dict[str, Any], wish: Wanted, patch: dict[str, Any]) -> None:
    assert repaired(wish, present) == patch


READY = {"conditions": [{"type": "Ready", "status": "True"}]}


@pytest.mark.parametrize(
    ("taints", "status", "expected"),
    [
        ([], READY, True),
        ([OWN], READY, True),
        ([{"key": "node.kubernetes.io/not-ready", "effect": "NoSchedule"}], READY, False),
        ([], {"conditions": [{"type": "Ready", "status": "False"}]}, False),
        ([], {}, False),
    ],
)
def test_when_a_node_takes_pods(taints: list[Any], status: dict[str, Any], expected: bool) -> None:
    assert is_ready(node(taints=taints) | {"status": status}) is expected


@pytest.mark.parametrize(
    ("owner", "phase", "expected"),
    [
        ("ReplicaSet", "Running", True),
        (None, "Pending", True),
        ("DaemonSet", "Running", False),
        ("Node", "Running", False),
        ("Job", "Failed", False),
    ],
)
def test_which_pods_have_to_leave(owner: str | None, phase: str, expected: bool) -> None:
    owners = [{"kind": owner}] if owner else []
    assert has_to_leave({"metadata": {"ownerReferences": owners}, "status": {"phase": phase}}) is expected
