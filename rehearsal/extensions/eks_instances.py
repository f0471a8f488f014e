"""The instances of a node group as far as they are visible without EC2 instances: network interfaces with an address, membership in the
Auto Scaling group, and what they run. Decides which to add or remove, from the wanted size and build.
"""

from __future__ import annotations

import ipaddress
import math
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from rehearsal import transitions
from rehearsal.extensions.ec2_common import network_interface, random_identity
from rehearsal.registry import backend
from rehearsal.replies import Refusal

LARGEST_BATCH = 100
# AWS reserves the first four addresses of a subnet and the last.
FIRST_ADDRESS = 4


@dataclass(frozen=True)
class Build:
    """What a group's instances run. `template_version` is the version of the user's launch template, if any."""

    version: str
    release: str
    instance_type: str
    disk_gib: int
    template_version: str | None = None
    image_id: str | None = None
    max_pods: int | None = None


@dataclass(eq=False)
class Instance:
    """One instance; times are on the monotonic clock. `leaving`: when draining began. `forced`: whether it terminates even if pods remain.
    `held_by`: those pods. `ended`: it terminates with its node and keeps its address until the node is gone.
    """

    identity: str
    zone: str
    subnet: str
    address: str
    node: str
    build: Build
    interfaces: list[str]
    began: float = field(default_factory=time.monotonic)
    joined: bool = False
    leaving: float | None = None
    forced: bool = True
    patience: str = "node_drain"
    ended: bool = False
    held_by: tuple[str, ...] = ()


@dataclass(frozen=True)
class Step:
    """The next action: how many instances to launch, and which to drain."""

    launch: int = 0
    retire: tuple[Instance, ...] = ()


def next_step(instances: Sequence[Instance], desired: int, target: Build, batch: int) -> Step:
    """`batch` is how many outdated instances are replaced at a time, 0 for none. New ones launch first; once all have joined, as many
    outdated ones are drained. The next batch begins when those are gone, as in EKS's default strategy.
    """
    staying = [each for each in instances if each.leaving is None]
    outdated = [each for each in staying if each.build != target] if batch else []
    replacing = any(each.leaving is not None and each.build != target for each in instances) if batch else False
    surge = 0 if replacing else min(batch, len(outdated))
    missing = desired + surge - len(staying)
    if missing > 0:
        return Step(launch=missing)
    surplus = len(staying) - desired
    if surplus <= 0 or replacing or (surge and not all(each.joined for each in staying)):
        return Step()
    return Step(retire=tuple(_first_to_go(staying, surplus, target if surge else None)))


def _first_to_go(staying: Sequence[Instance], count: int, target: Build | None) -> list[Instance]:
    """Outdated ones first if there is a target; else the newest in the zone with the most, because Auto Scaling balances zones."""
    left, chosen = list(staying), []
    for _ in range(count):
        per_zone = Counter(each.zone for each in left)
        position = {id(each): number for number, each in enumerate(left)}
        going = max(left, key=lambda each: (target is not None and each.build != target, per_zone[each.zone], position[id(each)]))
        left.remove(going)
        chosen.append(going)
    return chosen


def batch_of(update_config: dict[str, Any], desired: int) -> int:
    """How many of a group's nodes an update replaces at a time: a number, or a percentage rounded down, but at least one."""
    percentage = update_config.get("maxUnavailablePercentage")
    number = math.floor(desired * int(percentage) / 100) if percentage else int(update_config.get("maxUnavailable") or 1)
    return max(1, min(number, LARGEST_BATCH))


def instances_of(group: Any) -> list[Instance]:
    found: list[Instance] = group.__dict__.setdefault("rehearsal_instances", [])
    return found


def launch(group: Any, count: int, target: Build) -> list[Instance]:
    """Launches instances in the zones that have the fewest. Raises Refusal if no subnet has a free address; earlier launches remain."""
    ec2 = backend("ec2", group.rehearsal_account, group.region)
    made = []
    for _ in range(count):
        per_zone = Counter(each.zone for each in instances_of(group) if each.leaving is None)
        subnets = [ec2.get_subnet(identity) for identity in group.subnets]
        made.append(
            _launched(group, ec2, sorted(subnets, key=lambda each: (per_zone[each.availability_zone], each.availability_zone)), target)
        )
        instances_of(group).append(made[-1])
    return made


def _launched(group: Any, ec2: Any, subnets: Sequence[Any], target: Build) -> Instance:
    identity, problem = random_identity("i"), None
    for subnet in subnets:
        try:
            interface = _interface(group, ec2, subnet.id, identity, 0)
        except Refusal as refusal:
            problem = refusal
            continue
        address = str(interface.private_ip_address)
        node = f"ip-{address.replace('.', '-')}.{_domain(group.region)}"
        return Instance(identity, subnet.availability_zone, subnet.id, address, node, target, [interface.id])
    assert problem is not None
    raise problem


def _domain(region: str) -> str:
    return "ec2.internal" if region == "us-east-1" else f"{region}.compute.internal"


def _interface(group: Any, ec2: Any, subnet: str, instance: str, index: int, description: str = "") -> Any:
    """An instance's interface: attached, so it cannot be deleted, and deleted with the instance."""
    groups = list(group.rehearsal_security_groups) or None
    interface = network_interface(ec2, subnet, description, private_ip=_next_address(ec2, subnet), groups=groups)
    interface.requester_managed = False
    interface.instance = SimpleNamespace(id=instance, owner_id=group.rehearsal_account, security_groups=[], nics={})
    interface.attachment_id, interface.device_index = random_identity("eni-attach"), index
    interface.attach_time, interface.delete_on_termination, interface.status = group.created_at, True, "in-use"
    return interface


def _next_address(ec2: Any, subnet_id: str) -> str | None:
    """The free address after the last one assigned, so that a node seldom reuses the name of one just removed. None: any."""
    subnet = ec2.get_subnet(subnet_id)
    taken = {interface.private_ip_address for interface in ec2.enis.values() if interface.subnet.id == subnet_id}
    block = ipaddress.ip_network(subnet.cidr_block)
    last = subnet.__dict__.get("rehearsal_last_address", FIRST_ADDRESS - 1)
    usable = range(FIRST_ADDRESS, block.num_addresses - 1)
    for index in sorted(usable, key=lambda number: (number <= last, number)):
        if str(block[index]) not in taken:
            subnet.rehearsal_last_address = index
            return str(block[index])
    return None


def attach_pod_interface(group: Any, instance: Instance) -> None:
    """The secondary interface that the VPC CNI creates for pods, if the subnet has a free address."""
    ec2 = backend("ec2", group.rehearsal_account, group.region)
    try:
        interface = _interface(group, ec2, instance.subnet, instance.identity, 1, f"aws-K8S-{instance.identity}")
    except Refusal:
        return
    interface.add_tags(
        {"cluster.k8s.amazonaws.com/name": group.cluster_name, "node.k8s.amazonaws.com/instance_id": instance.identity}
        | {"node.k8s.amazonaws.com/createdAt": f"{interface.attach_time:%Y-%m-%dT%H:%M:%SZ}"}
    )
    instance.interfaces.append(interface.id)


def terminate(group: Any, instance: Instance) -> None:
    """Terminates the instance and its interfaces. If so configured, pods' interfaces stay in use for a while and then remain unattached."""
    ec2 = backend("ec2", group.rehearsal_account, group.region)
    leaks = transitions.delays.leaked_interface_seconds
    for identity in instance.interfaces:
        interface = ec2.enis.get(identity)
        if interface is None:
            continue
        if leaks and str(interface.description).startswith("aws-K8S-"):
            interface.rehearsal_detached_at = time.monotonic() + leaks
        else:
            ec2.delete_network_interface(identity)
    instances_of(group).remove(instance)
