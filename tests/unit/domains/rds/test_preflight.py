# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Checks of the role's variables that concern more than one of them."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.domains.rds.preflight import REFERENCES

ROLE = "arn:aws:iam::123456789012:role/deploy"


@pytest.mark.parametrize(
    ("variables", "refused"),
    [
        ({}, False),
        ({"platform_role_arn": ROLE}, False),
        ({"rds_sql_host": "jump"}, False),
        ({"platform_role_arn": ROLE, "rds_sql_host": "database"}, False),
        ({"platform_role_arn": ROLE, "rds_sql_host": "jump"}, True),
        ({"platform_role_arn": ROLE, "rds_sql_host": "jump", "rds_manage_content": False}, False),
    ],
)
def test_secrets_are_not_read_as_a_role_for_another_host(variables: dict[str, Any], refused: bool) -> None:
    found = REFERENCES.host_errors({"inventory_hostname": "database", **variables})
    assert len(found) == refused
    assert all(one.startswith("rds_sql_host is 'jump', but platform_role_arn is set") for one in found)
