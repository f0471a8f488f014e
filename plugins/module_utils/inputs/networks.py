# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The network that a component's resources get if they name none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .problems import Problems
from .reader import Reader
from .values import as_zone


@dataclass(frozen=True)
class Network:
    """The network of databases or caches that name none. ``subnet_zones``: the zone of each subnet, known even before the subnets exist."""

    subnet_ids: tuple[str, ...] = ()
    security_group_ids: tuple[str, ...] = ()
    subnet_zones: tuple[str, ...] = ()
    vpc_id: str = ""


def read_network(given: Any, path: str) -> tuple[Network, list[str]]:
    """The network of entries that name none, and the errors in it."""
    problems = Problems()
    reader = Reader(given, path, problems)
    network = Network(**read_parts(reader))
    reader.finish()
    return network, problems.messages


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
