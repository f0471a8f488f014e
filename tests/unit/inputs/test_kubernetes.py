# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Labels and taints that Kubernetes, its kubelets, and EKS refuse."""

from __future__ import annotations

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.inputs.kubernetes import label_problem, node_label_problem, taint_problem

LONG = "a" * 64


@pytest.mark.parametrize(
    ("key", "value", "part"),
    [
        ("purpose", "system", ""),
        ("example.com/purpose", "system", ""),
        ("node.kubernetes.io/exclude-from-external-load-balancers", "true", ""),
        ("team.node.kubernetes.io/a", "b", ""),
        ("kubelet.kubernetes.io/a", "b", ""),
        ("k8s.amazonaws.com/eniConfig", "eu-west-1a", ""),
        ("a b/c", "d", "the prefix before the slash"),
        ("/c", "d", "the prefix before the slash"),
        ("A.com/c", "d", "the prefix before the slash"),
        ("a/b/c", "d", "the prefix before the slash"),
        (f"{'a' * 250}.com/c", "d", "the prefix before the slash"),
        ("example.com/", "d", "the name after the slash"),
        ("-a", "d", "it must be at most 63"),
        ("a b", "d", "it must be at most 63"),
        (LONG, "d", "it must be at most 63"),
        ("a", "b c", "the value must be at most 63"),
        ("a", "-b", "the value must be at most 63"),
        ("a", LONG, "the value must be at most 63"),
        ("a", "", "EKS needs at least one character"),
        (f"{'a' * 60}.com/c", "d", "EKS accepts 63 with its prefix"),
        ("node-role.kubernetes.io/worker", "true", "the kubelet refuses labels"),
        ("kubernetes.io/role", "worker", "the kubelet refuses labels"),
        ("k8s.io/x", "y", "the kubelet refuses labels"),
        ("topology.kubernetes.io/zone", "a", "the kubelet refuses labels"),
        ("scheduling.k8s.io/x", "y", "the kubelet refuses labels"),
        ("node.kubernetes.io/instance-type", "big", "Kubernetes sets this label itself"),
        ("eks.amazonaws.com/nodegroup", "x", "is reserved for EKS"),
        ("a.eks.amazonaws.com/x", "y", "is reserved for EKS"),
    ],
)
def test_labels_of_nodes(key: str, value: str, part: str) -> None:
    found = node_label_problem(key, value)
    assert part in found
    assert bool(found) == bool(part)


def test_labels_of_other_objects_may_be_of_kubernetes() -> None:
    assert label_problem("app.kubernetes.io/name", "") == ""
    assert label_problem("app kubernetes/name", "x") != ""


@pytest.mark.parametrize(
    ("key", "value", "part"),
    [
        ("dedicated", "db", ""),
        ("CriticalAddonsOnly", "", ""),
        ("node-role.kubernetes.io/infra", "", ""),
        ("node.cilium.io/agent-not-ready", "true", ""),
        ("a b/c", "d", "the prefix before the slash"),
        ("a", "b c", "the value must be at most 63"),
        (f"{'a' * 60}.com/c", "d", "EKS accepts 63 with its prefix"),
        ("eks.amazonaws.com/compute-type", "x", "is reserved for EKS"),
        ("node.kubernetes.io/not-ready", "", "Kubernetes sets and removes this taint itself"),
        ("node.cloudprovider.kubernetes.io/uninitialized", "true", "Kubernetes sets and removes this taint itself"),
    ],
)
def test_taints(key: str, value: str, part: str) -> None:
    found = taint_problem({"key": key, "value": value, "effect": "NO_SCHEDULE"})
    assert part in found
    assert bool(found) == bool(part)
