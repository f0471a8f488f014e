# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Resources that are not ours and use VPCs, subnets, and security groups that a plan removes. AWS would refuse to delete those, but only
after everything else is gone.

``refusals`` reads from AWS, only if a plan removes one of them; ``occupants`` decides.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...aws.connection import Aws
from ...kinds.clusters import clusters_there
from ...reconcile.errors import CallFailed, Failure
from ...reconcile.model import Observed, mentions
from ...reconcile.planner import Action, Plan

CODE = "NetworkInUse"
HINT = (
    "Nothing of the network is changed while this is so. Remove it first, or move it to other subnets (a cluster: "
    "playbooks/destroy.yml with --limit), then run again. Or keep what is to go: take the change back, or its consent."
)
OURS = ("nat_gateway", "vpc_endpoint")
"""Our kinds whose network interfaces AWS creates and removes with them."""
OF_CLUSTER = "Amazon EKS "
"""How EKS describes the interfaces of a control plane, before the name of the cluster."""
AT_ONCE = 200
"""Values that one EC2 filter accepts."""
NAMED = 8


@dataclass(frozen=True)
class Removed:
    """The ids of the VPCs, subnets and security groups that a plan deletes or replaces, with their addresses."""

    vpcs: Mapping[str, str]
    subnets: Mapping[str, str]
    groups: Mapping[str, str]

    def filters(self) -> list[dict[str, Any]]:
        """The EC2 filters that find the network interfaces in them."""
        named = {"vpc-id": self.vpcs, "subnet-id": self.subnets, "group-id": self.groups}
        values = {name: sorted(ids) for name, ids in named.items()}
        return [
            {"Name": name, "Values": ids[start : start + AT_ONCE]} for name, ids in values.items() for start in range(0, len(ids), AT_ONCE)
        ]


@dataclass(frozen=True)
class Inside:
    """AWS's descriptions of what exists: the region's clusters, network interfaces, and the VPCs' subnets."""

    clusters: Sequence[Mapping[str, Any]] = ()
    interfaces: Sequence[Mapping[str, Any]] = ()
    subnets: Sequence[Mapping[str, Any]] = ()


def removed(plan: Plan) -> Removed:
    """A deletion counts if it has consent. A replacement counts even without, because a plan must not request consent for what it will
    refuse."""
    gone = [action for action in plan.changes if action.remove and (action.consent or action.verb == "replace") and _is_here(action)]

    def ids(kind: str) -> dict[str, str]:
        return {action.remove.id: action.address for action in gone if action.kind == kind and action.remove}

    return Removed(ids("vpc"), ids("subnet"), ids("security_group"))


def _is_here(action: Action) -> bool:
    return action.verb in ("replace", "delete") and action.remove is not None and action.remove.state != "deleting"


def refusals(plan: Plan, aws: Aws, everything: bool = False) -> list[Failure]:
    """Why an apply of this plan must change nothing. Makes no call if the plan removes no VPC, subnet or security group.

    ``everything``: the component is being destroyed. Only clusters count then, because other resources may still be in the process of
    deletion.
    """
    going = removed(plan)
    if not going.filters():
        return []
    try:
        inside = look(going, aws, everything)
    except CallFailed as error:
        return [_not_checked("", "whether the network is in use", error)]
    found = occupants(going, inside, plan.observed)
    return [Failure(address, "", CODE, f"it is in use: {_listed(names)}", HINT) for address, names in sorted(found.items())]


def refused_blocks(plan: Plan, aws: Aws) -> list[Failure]:
    """Blocks that a VPC cannot lose, because subnets of others are in them. Makes no call if the plan removes no block."""
    found = []
    for action in plan.permitted:
        change = next((one for one in action.changes if one.property == "secondary_cidr_blocks"), None)
        gone = set(change.before or ()) - set(change.after or ()) if change and action.verb == "update" and action.observed else set()
        if not gone or action.observed is None:
            continue
        inside = [{"Name": "vpc-id", "Values": [action.observed.id]}]
        try:
            names = in_blocks(aws.list_all("ec2", "describe_subnets", "Subnets", Filters=inside), gone, plan.observed)
        except CallFailed as error:
            found.append(_not_checked(action.address, "whether its blocks are in use", error))
            continue
        if names:
            found.append(Failure(action.address, "", CODE, f"it would lose a block that is in use: {_listed(names)}", HINT))
    return found


def refused_ipv6(plan: Plan, aws: Aws) -> list[Failure]:
    """Subnets that cannot lose their IPv6 block, or get another one, because something has addresses of it. Makes no call if none does."""
    losing = {}
    for action in plan.permitted:
        change = next((one for one in action.changes if one.property == "ipv6_cidr_block"), None)
        if action.kind == "subnet" and action.verb == "update" and action.observed and change and change.before:
            losing[action.observed.id] = action.address
    found: dict[str, list[str]] = {}
    ids = sorted(losing)
    try:
        for start in range(0, len(ids), AT_ONCE):
            some = [{"Name": "subnet-id", "Values": ids[start : start + AT_ONCE]}]
            for raw in aws.list_all("ec2", "describe_network_interfaces", "NetworkInterfaces", Filters=some):
                if raw.get("Ipv6Addresses") or raw.get("Ipv6Prefixes"):
                    found.setdefault(losing[raw["SubnetId"]], []).append(_user_of(raw, str(raw.get("Description") or "")))
    except CallFailed as error:
        return [_not_checked("", "whether IPv6 addresses are in use", error)]
    return [
        Failure(address, "", CODE, f"it would lose IPv6 addresses that are in use: {_listed(names)}", HINT)
        for address, names in sorted(found.items())
    ]


def _not_checked(address: str, what: str, error: CallFailed) -> Failure:
    hint = error.hint or "Allow the call, then run again."
    return Failure(address, error.operation, "NetworkNotChecked", f"{what} could not be checked: {error.message}", hint)


def in_blocks(subnets: Sequence[Mapping[str, Any]], blocks: Collection[str], observed: Sequence[Observed]) -> list[str]:
    """The subnets in these blocks that are not ours, as text. ``subnets``: AWS's descriptions of a VPC's subnets."""
    ours, areas = {seen.id for seen in observed}, [ipaddress.IPv4Network(block) for block in blocks]
    return [
        f"subnet {raw['SubnetId']} ({raw['CidrBlock']}), which is not of this component"
        for raw in subnets
        if raw["SubnetId"] not in ours and any(ipaddress.IPv4Network(raw["CidrBlock"]).subnet_of(area) for area in areas)
    ]


def look(going: Removed, aws: Aws, everything: bool) -> Inside:
    """Read what is in the VPCs, subnets and groups. Raises CallFailed."""
    clusters = clusters_there(aws) if going.vpcs or going.subnets else []
    if everything:
        return Inside(clusters)
    found = [
        one for some in going.filters() for one in aws.list_all("ec2", "describe_network_interfaces", "NetworkInterfaces", Filters=[some])
    ]
    interfaces = {str(one["NetworkInterfaceId"]): one for one in found}
    inside = [{"Name": "vpc-id", "Values": sorted(going.vpcs)}]
    return Inside(
        clusters, tuple(interfaces.values()), aws.list_all("ec2", "describe_subnets", "Subnets", Filters=inside) if going.vpcs else ()
    )


def _listed(names: Sequence[str]) -> str:
    more = len(names) - NAMED
    return "; ".join(names[:NAMED]) + (f"; and {more} more" if more > 0 else "")


def occupants(going: Removed, inside: Inside, observed: Sequence[Observed]) -> dict[str, list[str]]:
    """address of a VPC, subnet, or group to be removed -> what is in it or uses it, as text.

    Our own resources do not count, nor do the interfaces of our NAT gateways and endpoints. Interfaces of a cluster that is already listed
    are not listed again.
    """
    found: dict[str, list[str]] = {}
    for cluster in inside.clusters:
        network = cluster.get("resourcesVpcConfig") or {}
        for place in (network.get("vpcId"), *(network.get("subnetIds") or ())):
            if address := going.vpcs.get(str(place)) or going.subnets.get(str(place)):
                found.setdefault(address, []).append(_named(str(cluster["name"])))
    ours = {seen.id for seen in observed}
    for subnet in inside.subnets:
        if subnet["SubnetId"] not in ours and (address := going.vpcs.get(str(subnet["VpcId"]))):
            found.setdefault(address, []).append(f"subnet {subnet['SubnetId']}, which is not of this component")
    own = frozenset(name for seen in observed if seen.kind in OURS for name in seen.identifiers())
    for interface in inside.interfaces:
        text = str(interface.get("Description") or "")
        for address in () if mentions(text, own) else _places_of(interface, going):
            if _named(text.removeprefix(OF_CLUSTER)) not in found.get(address, ()):
                found.setdefault(address, []).append(_user_of(interface, text))
    return {address: list(dict.fromkeys(names)) for address, names in found.items()}


def _named(cluster: str) -> str:
    return f"EKS cluster {cluster}"


def _places_of(interface: Mapping[str, Any], going: Removed) -> list[str]:
    """What an interface prevents from being deleted: its subnet, or else its VPC; and its groups."""
    where = going.subnets.get(str(interface.get("SubnetId"))) or going.vpcs.get(str(interface.get("VpcId")))
    groups = [going.groups.get(str(group.get("GroupId"))) for group in interface.get("Groups") or ()]
    return [address for address in (where, *groups) if address]


def _user_of(interface: Mapping[str, Any], text: str) -> str:
    """The owner of an interface, as text."""
    instance = (interface.get("Attachment") or {}).get("InstanceId")
    if instance:
        return f"EC2 instance {instance}"
    return f"network interface {interface['NetworkInterfaceId']}" + (f" ({text})" if text else "")
