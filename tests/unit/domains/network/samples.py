# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Networks shared by several tests."""

from __future__ import annotations

from typing import Any

from ansible_collections.mainstay.aws.plugins.module_utils.aws.place import Place
from ansible_collections.mainstay.aws.plugins.module_utils.domains.network.settings import Network
from ansible_collections.mainstay.aws.plugins.module_utils.domains.network.validate import validate

REGION = "af-south-1"
ZONES = ["af-south-1a", "af-south-1b", "af-south-1c"]
PLACE = Place("prod", "network", REGION, "123456789012", tags={"owner": "platform"})


def settings(**more: Any) -> dict[str, Any]:
    """A small valid network with some settings changed; None removes one."""
    given = {"cidr": "10.0.0.0/16", "availability_zones": ZONES, **more}
    return {key: value for key, value in given.items() if value is not None}


def network(**more: Any) -> Network:
    """The same, parsed; it must be valid."""
    networks, problems = validate({"main": settings(**more)}, "vpc_networks", REGION)
    assert problems == []
    return networks["main"]


def complaints(**more: Any) -> list[str]:
    """The mistakes in this network, without the path of the network."""
    _, problems = validate({"main": settings(**more)}, "vpc_networks", REGION)
    return [problem.removeprefix("vpc_networks.main.") for problem in problems]
