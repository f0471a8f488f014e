# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Matches existing resources to the addresses of a described network: a proposal for the option ``adopt``, for a person to review.

A counterpart is recognized by its defining properties: a subnet by its block and zone, a NAT gateway by its subnet, a route table by the
subnets it serves. Everything else may differ; the plan of the adoption shows the differences.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ...aws.connection import Aws
from ...reconcile.claims import is_ours
from ...reconcile.errors import EngineError
from ...reconcile.model import UNKNOWN, Kind, Observed, Ref, Resource, resolve

TELLING: Mapping[str, tuple[str, ...]] = {
    "subnet": ("cidr_block", "availability_zone"),
    "internet_gateway": ("vpc_id",),
    "egress_only_internet_gateway": ("vpc_id",),
    "nat_gateway": ("subnet_id",),
    "route_table": ("subnet_ids",),
    "network_acl": ("subnet_ids",),
    "security_group": ("group_name",),
    "vpc_endpoint": ("service_name", "vpc_endpoint_type"),
    "flow_log": ("resource_id", "traffic_type", "log_destination"),
}
"""kind -> the properties that identify a counterpart, in an order in which the references among them resolve."""

FILTERS = {"internet_gateway": "attachment.vpc-id", "egress_only_internet_gateway": "", "flow_log": "resource-id"}
"""The filter by which a list call selects the VPC, where it is not vpc-id; empty if there is none."""


def propose(
    aws: Aws, kinds: Mapping[str, Kind], desired: Sequence[Resource], observed: Sequence[Observed], vpcs: Mapping[str, str]
) -> dict[str, Any]:
    """{"adopt": {address: id, or {id, from}}, "create": [address], "left": [id]} for the networks that are to take over these VPCs.

    ``create`` lists described resources that have no counterpart, ``left`` resources in the VPCs that match nothing in the description.
    Raises EngineError with every problem found in ``vpcs``.
    """
    found = _Proposal()
    wanted = [resource for resource in desired if resource.name.partition("/")[0] in vpcs]
    _check(vpcs, wanted)
    for network, identifier in vpcs.items():
        seen = kinds["vpc"].look_up(aws, identifier, f"vpc.{network}")
        if seen is None:
            raise EngineError(f"propose_for: {{{network}: {identifier}}}: there is no such VPC in this account and region")
        found.take(f"vpc.{network}", seen)
        mine = [resource for resource in wanted if resource.name.partition("/")[0] == network]
        for name in TELLING:
            found.match([resource for resource in mine if resource.kind == name], list(_inside(aws, kinds[name], identifier)))
        for gateway in [resource for resource in mine if resource.kind == "nat_gateway"]:
            found.take_address(aws, kinds["elastic_ip"], gateway)
    there = found.taken.keys() | {seen.address for seen in observed}
    return {
        "adopt": {resource.address: found.entries[resource.address] for resource in wanted if resource.address in found.entries},
        "create": [r.address for r in wanted if r.address not in there and not kinds[r.kind].ends_with_parent],
        "left": sorted(found.left),
    }


def _check(vpcs: Mapping[str, str], wanted: Sequence[Resource]) -> None:
    described = {resource.name for resource in wanted if resource.kind == "vpc"}
    if unknown := sorted(set(vpcs) - described):
        raise EngineError(f"propose_for: {', '.join(unknown)}: there is no such network in the option networks")


def _inside(aws: Aws, kind: Any, vpc: str) -> Iterator[Observed]:
    """The resources of a kind in a VPC, regardless of owner, except those that cannot be adopted."""
    by_vpc = FILTERS.get(kind.name, "vpc-id")
    wanted = {kind.calls.filter: [{"Name": by_vpc, "Values": [vpc]}]} if by_vpc else {}
    for raw in aws.list_all(kind.calls.service, kind.calls.list, kind.calls.items, **wanted):
        try:
            seen = kind.observe_any_owner(aws, [raw], f"{kind.name}.proposed")
        except EngineError:
            continue
        if seen and (by_vpc or seen.properties.get("vpc_id") == vpc):
            yield seen


class _Proposal:
    def __init__(self) -> None:
        self.taken: dict[str, Observed] = {}
        self.entries: dict[str, Any] = {}
        self.left: set[str] = set()

    def take(self, address: str, seen: Observed) -> None:
        """Assign a resource to an address. One that already carries our mark needs no entry."""
        self.taken[address] = seen
        self.left.discard(seen.id)
        owner = (seen.marked or "").partition(" ")[0]
        if not is_ours(seen):
            self.entries[address] = {"id": seen.id, "from": owner} if owner else seen.id

    def match(self, resources: Sequence[Resource], candidates: list[Observed]) -> None:
        """Match each resource to its best counterpart, highest score first. Our own resources are neither matched nor left."""
        candidates = [seen for seen in candidates if not is_ours(seen)]
        self.left |= {seen.id for seen in candidates}
        pairs = [(self._likeness(resource, seen), resource.address, seen) for resource in resources for seen in candidates]
        for score, address, seen in sorted(pairs, key=lambda pair: (-pair[0], pair[1], pair[2].id)):
            if score and address not in self.taken and seen.id in self.left:
                self.take(address, seen)

    def take_address(self, aws: Aws, kind: Kind, gateway: Resource) -> None:
        """Match the elastic IP of a NAT gateway that has been matched."""
        seen, wanted = self.taken.get(gateway.address), gateway.properties.get("allocation_id")
        identifier = seen.properties.get("allocation_id") if seen else None
        if identifier and isinstance(wanted, Ref) and (address := kind.look_up(aws, identifier, wanted.address)):
            self.take(wanted.address, address)

    def _likeness(self, resource: Resource, seen: Observed) -> int:
        """0 means no match. A higher score means that the resource covers more of what the wanted one should serve."""
        score = 1
        for name in TELLING[resource.kind]:
            wanted, there = resolve(resource.properties.get(name), self._id), seen.properties.get(name)
            if isinstance(wanted, list):
                score = 2 * len(set(wanted) & set(there or [])) - len(set(there or []) - set(wanted))
            elif wanted != there or wanted in (None, UNKNOWN):
                return 0
        return max(score, 0)

    def _id(self, reference: Ref) -> Any:
        target = self.taken.get(reference.address)
        return target.attribute(reference.attribute) if target else UNKNOWN
