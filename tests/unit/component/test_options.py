# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Names that are valid for owners of resources."""

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


def test_a_mistake_is_reported_with_option_value_and_remedy() -> None:
    first, second = option_problems({"environment": "Prod", "component": "a.b"})
    assert first.startswith("environment (platform_environment) is 'Prod', but must be 1 to 24 characters")
    assert second.startswith("component (platform_component) is 'a.b'")


@pytest.mark.parametrize(
    ("role", "expected"),
    [
        ("arn:aws:iam::123456789012:role/path/deploy", ""),
        ("", ""),
        (None, ""),
        ("arn:aws:iam::210987654321:role/deploy", "but must be a role of account 123456789012, which expected_account_id"),
        (
            "arn:aws:iam::123456789012:user/deploy",
            "role_arn (platform_role_arn) is 'arn:aws:iam::123456789012:user/deploy', but must be the ARN",
        ),
        ("deploy", "but must be the ARN of an IAM role"),
    ],
)
def test_a_role_is_one_of_the_account(role: str | None, expected: str) -> None:
    params = {"environment": "prod", "component": "a", "role_arn": role, "expected_account_id": "123456789012"}
    found = option_problems(params)
    assert len(found) == bool(expected)
    assert all(expected in problem for problem in found)


@pytest.mark.parametrize(
    ("boundary", "good"),
    [
        ("arn:aws:iam::123456789012:policy/limits", True),
        ("arn:aws:iam::aws:policy/PowerUserAccess", True),
        ("arn:aws:iam::210987654321:policy/limits", False),
        (None, True),
    ],
)
def test_a_boundary_is_of_the_account(boundary: str | None, good: bool) -> None:
    params = {"environment": "prod", "component": "a", "permissions_boundary": boundary, "expected_account_id": "123456789012"}
    found = option_problems(params)
    assert (found == []) is good
    assert all("but must be a policy of account 123456789012, or of AWS" in problem for problem in found)
