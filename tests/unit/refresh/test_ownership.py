# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Marks of production become those of the environment, for what its inventory describes; all others disappear."""

from __future__ import annotations

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.domains.database_content.server.marks import Mark
from ansible_collections.mainstay.aws.plugins.module_utils.domains.database_content.wanted.settings import read_contents
from ansible_collections.mainstay.aws.plugins.module_utils.refresh.ownership import addresses, new_comment

PROD = "[mainstay environment=prod component=database address=postgres_role.main/shop password=v1]"
OURS = Mark("staging", "database", "postgres_role.main/shop")


@pytest.mark.parametrize(
    ("comment", "mark", "expected"),
    [
        ("", None, None),
        ("of the shop", None, None),
        (PROD, OURS, "[mainstay environment=staging component=database address=postgres_role.main/shop]"),
        (f"of the shop {PROD}", OURS, "of the shop [mainstay environment=staging component=database address=postgres_role.main/shop]"),
        (PROD, None, ""),
        (f"of the shop {PROD}", None, "of the shop"),
        (str(OURS), OURS, None),
    ],
)
def test_comments(comment: str, mark: Mark | None, expected: str | None) -> None:
    assert new_comment(comment, mark) == expected


def test_addresses_of_what_an_inventory_describes() -> None:
    contents, problems = read_contents(
        {"shop": {"owner": "team", "schemas": {"app": {}}, "extensions": ["vector"]}}, {"team": {"login": "none"}}, "dbadmin"
    )
    assert problems == []
    assert addresses(contents, "main") == {
        "postgres_role.main/team",
        "postgres_database.main/shop",
        "postgres_schema.main/shop/app",
        "postgres_schema.main/shop/public",
        "postgres_extension.main/shop/vector",
    }
