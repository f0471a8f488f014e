# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Values that the caller declares sensitive, and values from Vault, are hidden on both sides of a diff."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.cluster_objects.hiding import Hiding
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import SENSITIVE
from ansible_collections.mainstay.aws.plugins.module_utils.sensitive.texts import ANOTHER, Texts

ADDRESS = "kubernetes_object.main/ConfigMap/web/app"


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        ("data.license", "data.license", True),
        ("data.license", "data.license.text", True),
        ("data.license", "data.license[0]", True),
        ("data.license", "data.licenses", False),
        ("data.license", "metadata.data.license", False),
        ("data.*", "data.a", True),
        ("*.license", "spec.a.license", True),
        ("spec.containers[app].env[A].value", "spec.containers[app].env[A].value", True),
        ("spec.containers[?].x", "spec.containers[a].x", True),
        (f"{ADDRESS}:data.a", "data.a", True),
        ("kubernetes_object.*/ConfigMap/*:data.a", "data.a", True),
        ("kubernetes_object.main/ConfigMap/web/other:data.a", "data.a", False),
        ("helm_release.*:data.a", "data.a", False),
        ("data[a:b]", "data[a:b]", True),
    ],
)
def test_sensitive_paths(pattern: str, path: str, expected: bool) -> None:
    assert Hiding([pattern]).is_sensitive(ADDRESS, path) is expected


@pytest.mark.parametrize("hiding", [Hiding(["data.a"]), Hiding(texts=Texts(["canary"]))], ids=["a path", "Vault"])
@pytest.mark.parametrize(
    ("wanted", "live", "expected"),
    [
        ({"data.a": "canary"}, {"data.a": "canary"}, (SENSITIVE, SENSITIVE)),
        ({"data.a": "canary"}, {"data.a": "older"}, (ANOTHER, SENSITIVE)),
        ({"data.a": "the canary"}, {}, (None, SENSITIVE)),
        ({}, {"data.a": "canary"}, (ANOTHER, None)),
        ({"data.a": ["x", "canary"]}, {"data.a": ["x", "older"]}, (ANOTHER, SENSITIVE)),
        ({"data.a": ""}, {"data.a": ""}, ("", "")),
    ],
    ids=range(6),
)
def test_both_sides(hiding: Hiding, wanted: dict[str, Any], live: dict[str, Any], expected: Any) -> None:
    after, before = hiding.wanted(ADDRESS, wanted), hiding.live(ADDRESS, live, wanted)
    assert (before.get("data.a"), after.get("data.a")) == expected
    assert (before == after) is (wanted == live)
