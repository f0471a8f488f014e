# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What is in the VPCs and subnets that a plan removes, and is not ours: AWS would refuse to delete them, after all else around is gone.

``refusals`` reads AWS, and only if a plan removes a VPC or a subnet; ``occupants`` decides.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
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
"""Kinds of ours whose network interfaces AWS makes and removes with them."""
AT_ONCE = 200
"""Values that one EC2 filter accepts."""
NAMED = 8


@dataclass(frozen=True)
class Removed:
    """The ids of the VPCs and subnets that a plan deletes or replaces, with their addresses."""

    vpcs: Mapping[str, str]
    subnets: Mapping[str, str]


def removed(plan: Plan) -> Removed:
    """A deletion counts if it is allowed, a replacement also before it is: consent must not be asked for what is refused then."""
    gone = [action for action in plan.changes if action.remove and (action.consent or action.verb == "replace") and _is_here(action)]

    def ids(kind: str) -> dict[str, str]:
        return {action.remove.id: action.address for action in gone if action.kind == kind and action.remove}

    return Removed(ids("vpc"), ids("subnet"))


def _is_here(action: Action) -> bool:
    return action.verb in ("replace", "delete") and action.remove is not None and action.remove.state != "deleting"


def refusals(plan: Plan, aws: Aws, everything: bool = False) -> list[Failure]:
    """Why an apply of this plan must change nothing. Makes no call if the plan removes no VPC and no subnet.

    ``everything``: the component is being destroyed. Only clusters count then: what else AWS still has in a network may be on its way out.
    """
    try:
        return _refusals(plan, aws, everything)
    except CallFailed as error:
        message = f"whether the network is in use could not be checked: {error.message}"
        return [Failure("", error.operation, "NetworkNotChecked", message, error.hint or "Allow the call, then run again.")]


def _refusals(plan: Plan, aws: Aws, everything: bool) -> list[Failure]:
    going = removed(plan)
    if not going.vpcs and not going.subnets:
        return []
    clusters = clusters_there(aws)
    subnets = sorted(going.subnets)
    batches = [subnets[start : start + AT_ONCE] for start in range(0, len(subnets), AT_ONCE)]
    filters = [] if everything else [[{"Name": "subnet-id", "Values": batch}] for batch in batches]
    interfaces = [one for some in filters for one in aws.list_all("ec2", "describe_network_interfaces", "NetworkInterfaces", Filters=some)]
    found = occupants(going, clusters, interfaces, plan.observed)
    return [Failure(address, "", CODE, f"it is in use: {_listed(names)}", HINT) for address, names in sorted(found.items())]


def _listed(names: Sequence[str]) -> str:
    more = len(names) - NAMED
    return "; ".join(names[:NAMED]) + (f"; and {more} more" if more > 0 else "")


def occupants(
    going: Removed, clusters: Iterable[Mapping[str, Any]], interfaces: Iterable[Mapping[str, Any]], observed: Iterable[Observed]
) -> dict[str, list[str]]:
    """address of a VPC or subnet that is to go -> what is in it, in words.

    ``clusters`` and ``interfaces`` as AWS describes them. Interfaces of our own NAT gateways and endpoints do not count, and those of a
    cluster are counted once, as the cluster.
    """
    found: dict[str, list[str]] = {}
    own = frozenset(name for seen in observed if seen.kind in OURS for name in seen.identifiers())
    for cluster in clusters:
        network = cluster.get("resourcesVpcConfig") or {}
        inside = [network.get("vpcId"), *(network.get("subnetIds") or ())]
        for place in inside:
            address = going.vpcs.get(str(place)) or going.subnets.get(str(place))
            if address:
                found.setdefault(address, []).append(f"EKS cluster {cluster['name']}")
    for interface in interfaces:
        address = going.subnets.get(str(interface.get("SubnetId")), "")
        text = str(interface.get("Description") or "")
        told = any(text == f"Amazon EKS {name.removeprefix('EKS cluster ')}" for name in found.get(address, ()))
        if address and not told and not mentions(text, own):
            found.setdefault(address, []).append(_user_of(interface, text))
    return {address: list(dict.fromkeys(names)) for address, names in found.items()}


def _user_of(interface: Mapping[str, Any], text: str) -> str:
    """Whose an interface is, in words."""
    instance = (interface.get("Attachment") or {}).get("InstanceId")
    if instance:
        return f"EC2 instance {instance}"
    return f"network interface {interface['NetworkInterfaceId']}" + (f" ({text})" if text else "")
