# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The DB instances of a region, regardless of owner. A network cannot be removed while one is in its subnets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..aws.connection import Aws


def databases_there(aws: Aws) -> list[Mapping[str, Any]]:
    """Every DB instance of the region, of any engine, as DescribeDBInstances returns it. Raises CallFailed."""
    found: list[Mapping[str, Any]] = aws.list_all("rds", "describe_db_instances", "DBInstances")
    return found
