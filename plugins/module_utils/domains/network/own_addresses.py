# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Elastic IPs that the user has for NAT gateways, because partners' firewalls list them. They are never tagged, changed, or released here.

``{zone: allocation ID or Name tag}``. Zones that are not listed get an address of the network's own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ...aws.connection import Aws
from ...aws.owner import whose
from ...aws.tags import tag_dict
from ...inputs.problems import Problems
from ...reconcile.model import UNKNOWN, Observed
from .address_names import ALLOCATION
from .settings import Network


@dataclass(frozen=True)
class Address:
    """An elastic IP of the region. ``user`` is what it is associated with, ``owner`` the component whose mark it has; empty if none."""

    id: str
    name: str = ""
    user: str = ""
    owner: str = ""


def wanted_addresses(networks: Iterable[Network]) -> list[str]:
    return sorted({text for network in networks for text in network.nat_addresses.values()})


def addresses_there(aws: Aws, texts: Iterable[str]) -> tuple[Address, ...]:
    """The addresses that these IDs and Name tags stand for. One call for either, and none if there are none."""
    ids = [text for text in texts if ALLOCATION.fullmatch(text)]
    names = [text for text in texts if not ALLOCATION.fullmatch(text)]
    raws = [
        raw
        for key, values in (("allocation-id", ids), ("tag:Name", names))
        if values
        for raw in aws.list_all("ec2", "describe_addresses", "Addresses", Filters=[{"Name": key, "Values": values}])
    ]
    return tuple(address_of(raw) for raw in raws)


def address_of(raw: Mapping[str, Any]) -> Address:
    tags = tag_dict(raw.get("Tags"))
    user = raw.get("InstanceId") or raw.get("NetworkInterfaceId") or raw.get("AssociationId") or ""
    return Address(str(raw["AllocationId"]), tags.get("Name", ""), str(user), whose(tags))


def unusable_addresses(networks: Mapping[str, Network], there: Iterable[Address], observed: Iterable[Observed], region: str) -> list[str]:
    """Addresses that do not exist, are in use elsewhere, or belong to a component, each as one sentence."""
    problems, known, used = Problems(), list(there), _of_our_gateways(observed)
    taken: dict[str, str] = {}
    for network in networks.values():
        for zone, text in sorted(network.nat_addresses.items()):
            path = f"{network.path}.nat_addresses.{zone}"
            fitting = _fitting(text, known)
            if remedy := _remedy(text, fitting, used, region):
                problems.add(path, text, remedy)
            elif fitting[0].id in taken:
                problems.add(path, text, f"it is the address of {taken[fitting[0].id]}, too, and a NAT gateway does not share one")
            else:
                taken[fitting[0].id] = path
    return problems.messages


def _fitting(text: str, known: Iterable[Address]) -> list[Address]:
    return [one for one in known if text in (one.id, one.name)]


def _remedy(text: str, fitting: list[Address], used: set[str], region: str) -> str:
    if not fitting:
        what = "elastic IP" if ALLOCATION.fullmatch(text) else "elastic IP with that Name tag"
        return f"this account has no such {what} in {region}, and an address belongs to one region; allocate one there, or correct it"
    if len(fitting) > 1:
        return f"several elastic IPs have that Name tag: {', '.join(sorted(one.id for one in fitting))}; name one of them by its ID"
    (one,) = fitting
    if one.owner:
        return f"{one.id} is managed by {one.owner}; name an address that nothing manages"
    if one.user and one.id not in used:
        return f"{one.id} is in use by {one.user}; disassociate it first, or name another one"
    return ""


def _of_our_gateways(observed: Iterable[Observed]) -> set[str]:
    return {identity for seen in observed if seen.kind == "nat_gateway" for identity in _held(seen)}


def _held(gateway: Observed) -> Iterator[str]:
    if gateway.properties.get("allocation_id"):
        yield str(gateway.properties["allocation_id"])
    for entry in gateway.properties.get("availability_zone_addresses") or ():
        yield from entry["allocation_ids"]


def with_addresses(networks: Mapping[str, Network], there: Iterable[Address] | None, observed: Iterable[Observed]) -> dict[str, Network]:
    """The networks, with the allocation ID of each address. ``there`` is None in a look-up, which takes what the gateways have."""
    seen, known = {one.address: one for one in observed if one.kind == "nat_gateway"}, None if there is None else list(there)
    found = {}
    for name, network in networks.items():
        allocations = {zone: _id(network, zone, text, known, seen) for zone, text in network.nat_addresses.items()}
        found[name] = replace(network, nat_allocations=allocations)
    return found


def _id(network: Network, zone: str, text: str, there: Iterable[Address] | None, seen: Mapping[str, Observed]) -> str:
    if ALLOCATION.fullmatch(text):
        return text
    if there is not None:
        return next((one.id for one in _fitting(text, there)), UNKNOWN)
    gateway = seen.get(f"nat_gateway.{network.name}/{zone}")
    regional = seen.get(f"nat_gateway.{network.name}/regional")
    if gateway and gateway.properties.get("allocation_id"):
        return str(gateway.properties["allocation_id"])
    entries = (regional.properties.get("availability_zone_addresses") if regional else None) or ()
    return next((str(identity) for entry in entries if entry["availability_zone"] == zone for identity in entry["allocation_ids"]), UNKNOWN)
