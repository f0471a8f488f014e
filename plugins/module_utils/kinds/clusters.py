# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The EKS clusters of a region, regardless of owner. Both the network and the cluster domains need them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..aws.connection import Aws


def clusters_there(aws: Aws) -> list[Mapping[str, Any]]:
    """Every cluster of the region, as DescribeCluster returns it. Raises CallFailed."""
    names = aws.list_all("eks", "list_clusters", "clusters")
    found = aws.map(lambda name: aws.find("eks", "describe_cluster", name=name), names)
    return [reply["cluster"] for reply in found if reply]
