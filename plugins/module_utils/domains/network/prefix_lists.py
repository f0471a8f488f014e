# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Prefix lists of AWS by a name that is the same in all regions: only CloudFront may reach the load balancers. Decisions are pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from ...aws.connection import Aws
from .settings import AWS_LISTS, Network, Security


def named(networks: Iterable[Network]) -> list[str]:
    """The names that the networks use."""
    return sorted({one for network in networks for one in network.security.load_balancer_ingress_prefix_lists if one in AWS_LISTS})


def ids_of(aws: Aws, names: Iterable[str]) -> dict[str, str]:
    """name -> ID, of those that the region has. Raises CallFailed."""
    wanted = {AWS_LISTS[name]: name for name in names}
    filters = [{"Name": "prefix-list-name", "Values": sorted(wanted)}]
    found = aws.list_all("ec2", "describe_managed_prefix_lists", "PrefixLists", Filters=filters)
    return {wanted[one["PrefixListName"]]: one["PrefixListId"] for one in found if one["PrefixListName"] in wanted}


def missing(networks: Mapping[str, Network], ids: Mapping[str, str], region: str) -> Iterator[str]:
    for network in networks.values():
        for name in network.security.load_balancer_ingress_prefix_lists:
            if name in AWS_LISTS and name not in ids:
                path = f"{network.path}.security.load_balancer_ingress_prefix_lists"
                yield f"{path} has {name}, but region {region} has no prefix list {AWS_LISTS[name]}; give the ID of another"


def with_ids(networks: Mapping[str, Network], ids: Mapping[str, str]) -> dict[str, Network]:
    """The networks with the IDs in place of the names."""
    return {name: replace(network, security=_with_ids(network, ids)) for name, network in networks.items()}


def _with_ids(network: Network, ids: Mapping[str, str]) -> Security:
    lists = network.security.load_balancer_ingress_prefix_lists
    return replace(network.security, load_balancer_ingress_prefix_lists=tuple(ids.get(one, one) for one in lists))
