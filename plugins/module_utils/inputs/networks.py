# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The network that a component's resources get if they name none."""

from __future__ import annotations

from typing import Any

from .reader import Reader
from .values import as_zone


def read_parts(reader: Reader) -> dict[str, Any]:
    """What such a network has in every domain: {"subnet_ids", "security_group_ids", "subnet_zones": tuples, "vpc_id": text}.

    The zones are those of the subnets, in their order; known even before the subnets exist.
    """
    found = {
        "subnet_ids": reader.ids("subnet_ids", (), "subnet-"),
        "security_group_ids": reader.ids("security_group_ids", (), "sg-"),
        "subnet_zones": reader.items("subnet_zones", (), as_zone, "it must be the name of an availability zone"),
        "vpc_id": reader.one_id("vpc_id", "", "vpc-"),
    }
    if found["subnet_zones"] and len(found["subnet_zones"]) != len(found["subnet_ids"]):
        reader.problems.add(reader.at("subnet_zones"), list(found["subnet_zones"]), "it must have a zone for each of subnet_ids")
    return found
