# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Instances shared by several tests."""

from __future__ import annotations

from typing import Any

from ansible_collections.mainstay.aws.plugins.module_utils.aws.place import Place
from ansible_collections.mainstay.aws.plugins.module_utils.domains.rds.settings.instance import Instance, Network
from ansible_collections.mainstay.aws.plugins.module_utils.domains.rds.validate import validate

ACCOUNT = "123456789012"
REGION = "af-south-1"
PLACE = Place("prod", "database", REGION, ACCOUNT, tags={"owner": "platform"})
SUBNETS = ("subnet-0a000000", "subnet-0b000000")
ZONES = ("af-south-1a", "af-south-1b")
NETWORK = Network(SUBNETS, ("sg-0c000000",), ZONES, "vpc-0d000000")


def settings(**more: Any) -> dict[str, Any]:
    """The smallest instance, with other settings; None leaves one out."""
    given = {"version": "17", "class": "db.t4g.medium", "storage": {"size": 100}, **more}
    return {name: value for name, value in given.items() if value is not None}


def complaints(environment: str = "prod", network: Network = NETWORK, name: str = "main", **more: Any) -> list[str]:
    """Everything that is wrong with one instance."""
    return validate({name: settings(**more)}, "n", environment, "database", network, REGION)[1]


def instance(environment: str = "prod", **more: Any) -> Instance:
    found, problems = validate({"main": settings(**more)}, "n", environment, "database", NETWORK, REGION)
    assert problems == []
    return found["main"]
