# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Subnets of their own for pods: custom networking of the VPC CNI, by its add-on's configuration. Pure functions.

docs.aws.amazon.com/eks/latest/userguide/cni-custom-network.html. Pods keep the security groups of their nodes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ....inputs.reader import Reader
from ....inputs.values import as_zone
from ....reconcile.model import is_unknown

CNI = "vpc-cni"
SUBNET = re.compile(r"subnet-[0-9a-f]{8,32}")
CUSTOM_NETWORKING = "AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG"
SECTION = "eniConfig"
VARIABLES = {CUSTOM_NETWORKING: "true", "ENI_CONFIG_LABEL_DEF": "topology.kubernetes.io/zone"}


def read_pod_subnets(reader: Reader, default: Mapping[str, str]) -> dict[str, str]:
    """``pod_subnets``: zone -> subnet. An ID that is known only after an apply is accepted unchanged."""
    if reader.given.get("pod_subnets") is None:
        reader.take("pod_subnets")
        return dict(default)
    found = {}
    for zone, value in reader.mapping("pod_subnets").items():
        path = f"{reader.at('pod_subnets')}.{zone}"
        if as_zone(zone) is None:
            reader.problems.add(reader.at("pod_subnets"), zone, "it must be the name of an availability zone such as af-south-1a")
        elif not isinstance(value, str) or not (is_unknown(value) or SUBNET.fullmatch(value)):
            reader.problems.add(path, value, "it must be an id such as subnet-0123456789abcdef0")
        else:
            found[zone] = value
    return found


def with_pod_subnets(name: str, configuration: Mapping[str, Any], pod_subnets: Mapping[str, str]) -> dict[str, Any]:
    """An add-on's configuration, with the subnets of pods if it is the network's. EKS creates an ENIConfig for each zone from it."""
    if name != CNI or not pod_subnets:
        return dict(configuration)
    zones = {zone: {"id": subnet} for zone, subnet in sorted(pod_subnets.items())}
    section = {"create": True, "region": min(pod_subnets)[:-1], "subnets": zones}
    return {**configuration, "env": {**(configuration.get("env") or {}), **VARIABLES}, SECTION: section}


def set_twice(configuration: Mapping[str, Any]) -> Iterator[str]:
    """What a user's configuration of the network add-on sets that ``pod_subnets`` sets too."""
    if SECTION in configuration:
        yield SECTION
    variables = configuration.get("env")
    yield from (f"env.{name}" for name in VARIABLES if isinstance(variables, Mapping) and name in variables)
