# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Refusals of eks_upgrade_check before its first call."""

from __future__ import annotations

from typing import Any, NoReturn

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.operations.upgrade.check import run


class Refused(Exception):
    """The module's failure message."""


class Module:
    """A module that has options and can fail, and cannot make calls."""

    def __init__(self, clusters: Any) -> None:
        self.params = {"clusters": clusters, "environment": "prod"}

    def fail_json(self, msg: str) -> NoReturn:
        raise Refused(msg)


@pytest.mark.parametrize(
    ("clusters", "expected"),
    [
        ({"main": {"version": 1.36}}, 'clusters.main.version is 1.36, but it must be quoted, because YAML reads it as a number: "1.36"'),
        ({"main": {}}, 'clusters.main.version is missing: give the minor version of Kubernetes in quotes, for example "1.36"'),
        (
            {"main": {"version": "1.36", "addons": {"vpc-cni": {"verison": "v1"}}}},
            "clusters.main.addons.vpc-cni.verison is not a setting; did you mean version?",
        ),
    ],
)
def test_wrong_settings(clusters: Any, expected: str) -> None:
    with pytest.raises(Refused) as caught:
        run(Module(clusters))
    assert str(caught.value) == expected
