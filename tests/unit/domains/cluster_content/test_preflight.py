# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Images that do not exist are reported before the first call."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.domains.cluster_content.preflight import role_errors

SECRETS = {"main": {"version": "1.36", "controllers": ["external-secrets"], "node_groups": {"a": {}}}}
PUBLIC = {"main": {"version": "1.36", "controllers": ["aws-load-balancer-controller", "fluent-bit"], "node_groups": {"a": {}}}}


@pytest.mark.parametrize(
    ("variables", "complains"),
    [
        ({"eks_clusters": PUBLIC}, False),
        ({"eks_clusters": SECRETS}, True),
        ({"eks_clusters": SECRETS, "eks_image_registry": "registry.example"}, False),
        ({"eks_clusters": SECRETS, "eks_manage_content": False}, False),
        ({"eks_clusters": SECRETS, "eks_charts": {"external-secrets": {"values": {"image": {"registry": "registry.example"}}}}}, False),
        ({"eks_clusters": SECRETS, "eks_charts": {"external-secrets": {"values": {"image": {"tag": "v1"}}}}}, True),
        ({"eks_clusters": SECRETS, "eks_charts": {"external-secrets": {"chart": "oci://registry.example/eso", "version": "1.0.0"}}}, False),
    ],
)
def test_a_controller_without_a_public_image_needs_a_registry(variables: dict[str, Any], complains: bool) -> None:
    expected = [
        "eks_charts.external-secrets.values.image.registry is missing: external-secrets has no public default; give the registry of its "
    ]
    assert [problem[: len(expected[0])] for problem in role_errors(variables)] == (expected if complains else [])


@pytest.mark.parametrize(
    ("shared", "content", "expected"),
    [
        ({"main": "dev-main"}, {"main": {}}, ""),
        ({"main": "dev-main"}, {"man": {}}, "eks_content.man matches no cluster; eks_clusters has none, and eks_shared_clusters has main"),
        (
            {"main": "dev main"},
            {},
            "eks_shared_clusters.main is 'dev main', but it must be the name of an EKS cluster in AWS, such as dev-main",
        ),
        ({"main": None}, {}, "eks_shared_clusters.main is None, but it must be the name of an EKS cluster in AWS, such as dev-main"),
        ({"Main": "dev-main"}, {}, "eks_shared_clusters is 'Main', but it must be lower-case letters, digits and '-', such as main"),
        ({"main": "dev-main"}, {"main": {"namespaces": {"a b": {}}}}, "eks_content.main.namespaces is 'a b', but it must be a name"),
    ],
)
def test_clusters_of_other_components(shared: dict[str, Any], content: dict[str, Any], expected: str) -> None:
    found = role_errors({"eks_clusters": {}, "eks_shared_clusters": shared, "eks_content": content})
    assert [text[: len(expected)] for text in found] == ([expected] if expected else [])


def test_a_name_is_a_cluster_of_ones_own_or_of_another_component() -> None:
    found = role_errors({"eks_clusters": PUBLIC, "eks_shared_clusters": {"main": "dev-main"}})
    assert "eks_shared_clusters is 'main', but eks_clusters has a cluster of that name; choose another one" in found
