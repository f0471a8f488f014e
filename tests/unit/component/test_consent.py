# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Consent patterns: which component each belongs to, and which are invalid."""

from __future__ import annotations

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.component.consent import consent_of, mistake, not_exact, split
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.planner import Consent


@pytest.mark.parametrize(
    ("pattern", "component", "address"),
    [
        ("vpc.main", "", "vpc.main"),
        ("network:vpc.main", "network", "vpc.main"),
        ("network:*", "network", "*"),
        ("*", "", "*"),
        ("kubernetes_object.main/ClusterRole/system:node", "", "kubernetes_object.main/ClusterRole/system:node"),
        ("*/ClusterRole/system:node", "", "*/ClusterRole/system:node"),
        ("eks:kubernetes_object.main/ClusterRole/system:node", "eks", "kubernetes_object.main/ClusterRole/system:node"),
    ],
)
def test_split(pattern: str, component: str, address: str) -> None:
    assert split(pattern) == (component, address)
    assert mistake(pattern) == ""


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("vpc", "'vpc' is not an address, which consists of a kind, a dot and a name"),
        ("network:vpc", "'vpc' is not an address"),
        ("network:", "'' is not an address"),
        ("", "'' is not an address"),
        ("*:vpc.main", "'*' is not a component; a pattern without component and colon applies to all components"),
        (":vpc.main", "'' is not a component"),
        ("Network:vpc.main", "'Network' is not a component"),
    ],
)
def test_what_is_no_pattern(pattern: str, said: str) -> None:
    assert mistake(pattern).startswith(said)


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({}, Consent()),
        ({"purge": ["a.b", "network:c.d", "other:e.f"]}, Consent(purge=("a.b", "c.d"))),
        ({"allow_replace": ["other:*", "network:*"], "state": "present"}, Consent(replace=("*",))),
        ({"state": "absent"}, Consent(everything=True)),
    ],
)
def test_a_component_takes_what_is_about_it(params: dict[str, object], expected: Consent) -> None:
    assert consent_of({"component": "network", **params}) == expected


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("network:nat_gateway.main/a", ""),
        ("nat_gateway.main/a", "it names no component; write component:kind.name"),
        ("network:nat_gateway.*", "a replacement is requested for one resource at a time, without wildcards"),
        ("network:nat_gateway", "'nat_gateway' is not an address, which consists of a kind, a dot and a name"),
    ],
)
def test_a_requested_replacement_names_one_resource(address: str, said: str) -> None:
    assert not_exact(address) == said


def test_a_request_is_for_its_component_alone() -> None:
    params = {"component": "network", "replace": ["network:vpc.main", "second:vpc.main"]}
    assert consent_of(params).forced == ("vpc.main",)
