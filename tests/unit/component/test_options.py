# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Names that may own resources."""

from __future__ import annotations

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.component.options import option_problems


@pytest.mark.parametrize(
    ("name", "good"),
    [
        ("prod", True),
        ("eu-prod_2", True),
        ("a" * 24, True),
        ("a" * 25, False),
        ("", False),
        ("Prod", False),
        ("2nd", False),
        ("prod.eu", False),
        ("prod/eu", False),
        ("prod eu", False),
        ("prod\n", False),
    ],
)
def test_names(name: str, good: bool) -> None:
    assert (option_problems({"environment": name, "component": "network"}) == []) is good
    assert (option_problems({"environment": "prod", "component": name}) == []) is good


def test_a_mistake_is_told_with_option_value_and_remedy() -> None:
    first, second = option_problems({"environment": "Prod", "component": "a.b"})
    assert first.startswith("environment (platform_environment) is 'Prod', but must be 1 to 24 characters")
    assert second.startswith("component (platform_component) is 'a.b'")
