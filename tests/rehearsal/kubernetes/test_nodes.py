"""The capacity of simulated nodes and their logs: tables over pure functions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from rehearsal.kubernetes.kubelet import LINES, LogError, lines, rendered
from rehearsal.kubernetes.nodes import NodeShape, UnknownInstanceType, node, shape_of


@pytest.mark.parametrize(
    ("instance_type", "cpus", "memory_mib", "pods", "architecture"),
    [
        # As in EKS's table: interfaces x (addresses - 1) + 2.
        ("t3.nano", 2, 512, 4, "amd64"),
        ("t3.medium", 2, 4096, 17, "amd64"),
        ("m6i.large", 2, 8192, 29, "amd64"),
        ("m7g.xlarge", 4, 16384, 58, "arm64"),
        # 234 and 737 addresses, and EKS's limits.
        ("m6i.4xlarge", 16, 65536, 110, "amd64"),
        ("m6i.24xlarge", 96, 393216, 250, "amd64"),
    ],
)
def test_shapes(instance_type: str, cpus: int, memory_mib: int, pods: int, architecture: str) -> None:
    assert shape_of(instance_type) == NodeShape(instance_type, cpus, memory_mib, pods, 20, architecture)


def test_an_instance_type_that_does_not_exist() -> None:
    with pytest.raises(UnknownInstanceType, match=r"no instance type 't9\.huge'"):
        shape_of("t9.huge")


@pytest.mark.parametrize(
    ("instance_type", "cpu", "memory"),
    [
        ("t3.medium", "1930m", f"{4096 - 255 - 11 * 17 - 100}Mi"),
        ("m6i.xlarge", "3920m", f"{16384 - 255 - 11 * 58 - 100}Mi"),
        ("m6i.4xlarge", "15890m", f"{65536 - 255 - 11 * 110 - 100}Mi"),
    ],
)
def test_what_is_left_for_pods(instance_type: str, cpu: str, memory: str) -> None:
    left = shape_of(instance_type).allocatable()
    assert (left["cpu"], left["memory"]) == (cpu, memory)


def test_a_node() -> None:
    made = node(
        "ip-10-0-1-20.ec2.internal", NodeShape(), zone="eu-central-1b", labels={"a": "b"}, address="10.0.1.20", kubelet=("127.0.0.1", 1)
    )
    labels = made["metadata"]["labels"]
    assert (labels["topology.kubernetes.io/region"], labels["topology.kubernetes.io/zone"], labels["a"]) == (
        "eu-central-1",
        "eu-central-1b",
        "b",
    )
    assert {"type": "InternalIP", "address": "10.0.1.20"} in made["status"]["addresses"]
    assert made["spec"]["providerID"].startswith("aws:///eu-central-1b/i-")


BEGAN = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
RUNS, ENDED = {"running": {"startedAt": "2026-01-01T12:00:00Z"}}, {"terminated": {"startedAt": "2026-01-01T12:00:00Z", "exitCode": 1}}


def pod(state: dict[str, Any], last: dict[str, Any] | None = None, **annotations: str) -> dict[str, Any]:
    status = {"name": "app", "state": state, "lastState": last or {}}
    metadata = {"name": "one", "annotations": {f"rehearsal.mainstay/{name}": value for name, value in annotations.items()}}
    return {
        "metadata": metadata,
        "spec": {"containers": [{"name": "app", "image": "x/rehearsal-oom:1"}]},
        "status": {"containerStatuses": [status]},
    }


@pytest.mark.parametrize(
    ("described", "previous", "expected"),
    [
        (pod(RUNS), False, LINES["oom"]),
        (pod(RUNS, behavior="crash-loop"), False, LINES["crash-loop"]),
        (pod(RUNS, logs="a\nb"), False, ("a", "b")),
        (pod({"waiting": {"reason": "CrashLoopBackOff"}}, ENDED), False, LINES["oom"]),
        (pod(RUNS, ENDED), True, LINES["oom"]),
    ],
)
def test_lines_of_a_log(described: dict[str, Any], previous: bool, expected: tuple[str, ...]) -> None:
    assert lines(described, "app", previous=previous) == [(BEGAN, text) for text in expected]


@pytest.mark.parametrize(
    ("described", "container", "previous", "words"),
    [
        (pod(RUNS), "other", False, "container other is not valid for pod one"),
        (pod(RUNS), "app", True, 'previous terminated container "app" in pod "one" not found'),
        (pod({"waiting": {"reason": "ContainerCreating"}}), "app", False, "is waiting to start: ContainerCreating"),
        (pod({"waiting": {"reason": "ImagePullBackOff"}}), "app", False, "is waiting to start: trying and failing to pull image"),
    ],
)
def test_a_log_that_is_not_there(described: dict[str, Any], container: str, previous: bool, words: str) -> None:
    with pytest.raises(LogError, match=words):
        lines(described, container, previous=previous)


FOUND = [(BEGAN, "one"), (BEGAN + timedelta(seconds=10), "two")]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, "one\ntwo\n"),
        ({"tailLines": "1"}, "two\n"),
        ({"tailLines": "0"}, ""),
        ({"sinceSeconds": "15"}, "two\n"),
        ({"sinceTime": "2026-01-01T12:00:05Z"}, "two\n"),
        ({"limitBytes": "5"}, "one\nt"),
        ({"timestamps": "true", "tailLines": "1"}, "2026-01-01T12:00:10.000000Z two\n"),
    ],
)
def test_the_options_of_a_log_call(query: dict[str, str], expected: str) -> None:
    assert rendered(FOUND, query, BEGAN + timedelta(seconds=20)) == expected
