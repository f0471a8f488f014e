"""Fargate over time: nodes for the pods that profiles select, each with an interface in a subnet of its profile."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rehearsal.extensions.ec2_common import network_interface
from rehearsal.extensions.eks_common import member_of, plays
from rehearsal.extensions.eks_releases import PATCHES
from rehearsal.kubernetes.fleet import Member
from rehearsal.registry import backend, one_at_a_time
from rehearsal.replies import Refusal

PLAYER = "fargate"
# Poll intervals while pods wait for nodes, and while all have one.
LOOK_AGAIN, LOOK_SELDOM = 0.5, 1.0
ENDING = ("DELETING", "DELETED")


@dataclass(frozen=True)
class Place:
    """Where the pod with this path and UID runs: behind an interface in a subnet."""

    pod: str
    uid: str
    profile: str
    interface: str
    subnet: str
    address: str
    zone: str
    node: str
    version: str


@dataclass(frozen=True)
class Site:
    """A cluster, with its account and region."""

    cluster: Any
    account: str
    region: str

    @property
    def places(self) -> dict[str, Place]:
        return places_of(self.cluster)


def places_of(cluster: Any) -> dict[str, Place]:
    """By pod UID."""
    found: dict[str, Place] = cluster.__dict__.setdefault("rehearsal_fargate_places", {})
    return found


def follow(cluster: Any, account: str, region: str) -> None:
    """Applies the current profiles to the control plane, if there is one."""
    member = member_of(cluster)
    if member is None:
        return
    site = Site(cluster, account, region)
    cluster.rehearsal_fargate_ending = {name for name, each in cluster.fargate_profiles.items() if each.status in ENDING}
    member.rounds.add(PLAYER, lambda plane: play(site, member, plane))


def is_vacant(cluster: Any, profile: str) -> bool:
    """Whether a profile in deletion has no pods left, or has no control plane to remove them."""
    return not plays(cluster) or profile not in cluster.__dict__.get("rehearsal_fargate_ending", ())


def active_profiles(cluster: Any) -> list[Any]:
    """The profiles that accept pods."""
    from rehearsal.kubernetes.fargate import Profile

    if cluster is None:
        return []
    present = list(cluster.fargate_profiles.values())
    return [Profile(each.fargate_profile_name, tuple(each.selectors)) for each in present if each.status == "ACTIVE"]


def play(site: Site, member: Member, plane: Any) -> float | None:
    """Runs one round: removes pods of deleted profiles, gives new pods an interface and a node, and removes nodes whose pods are gone."""
    from rehearsal.kubernetes import fargate

    with one_at_a_time:
        profiles = {name: each.status for name, each in site.cluster.fargate_profiles.items()}
    if not profiles and not site.places:
        fargate.unregister(plane)
        site.cluster.rehearsal_fargate_webhook = False
        return None
    if "ACTIVE" in profiles.values() and not site.cluster.__dict__.get("rehearsal_fargate_webhook"):
        fargate.register(plane, *member.admission)
        site.cluster.rehearsal_fargate_webhook = True
    pods = {str(pod["metadata"]["uid"]): pod for pod in fargate.pods(plane)}
    ending = {uid: pod for uid, pod in pods.items() if profiles.get(_profile_of(pod), "DELETING") in ENDING}
    fargate.delete_pods(plane, [fargate.path_of(pod) for pod in ending.values() if not pod["metadata"].get("deletionTimestamp")])
    with one_at_a_time:
        new = [pod for uid, pod in pods.items() if uid not in site.places and uid not in ending and not pod["spec"].get("nodeName")]
        for pod in new:
            _find_place(site, pod, fargate.path_of(pod))
        gone = [place for uid, place in site.places.items() if uid not in pods]
        staying = [place for uid, place in site.places.items() if uid in pods]
    unbound = frozenset(fargate.path_of(pod) for pod in pods.values() if not pod["spec"].get("nodeName"))
    fargate.keep(plane, [_node(place) for place in staying], unbound)
    with one_at_a_time:
        for place in gone:
            _leave(site, place)
        occupied = {place.profile for place in site.places.values()}
        site.cluster.rehearsal_fargate_ending = {name for name, status in profiles.items() if status in ENDING and name in occupied}
    return LOOK_AGAIN if unbound or gone or site.cluster.rehearsal_fargate_ending else LOOK_SELDOM


def _profile_of(pod: dict[str, Any]) -> str:
    from rehearsal.kubernetes.fargate import PROFILE_LABEL

    return str(pod["metadata"]["labels"][PROFILE_LABEL])


def _node(place: Place) -> Any:
    from rehearsal.kubernetes.fargate import Node

    return Node(place.node, place.address, place.zone, place.version, place.pod)


def _find_place(site: Site, pod: dict[str, Any], path: str) -> None:
    """An interface for a pod, in the profile's subnet with the fewest interfaces; without a free address the pod waits."""
    ec2 = backend("ec2", site.account, site.region)
    profile = site.cluster.fargate_profiles[_profile_of(pod)]
    group = site.cluster.resources_vpc_config.get("clusterSecurityGroupId")
    interface = _interface(ec2, _emptiest(site, profile.subnets), [group] if group else None)
    if interface is None:
        return
    address, uid = str(interface.private_ip_address), str(pod["metadata"]["uid"])
    domain = "ec2.internal" if site.region == "us-east-1" else f"{site.region}.compute.internal"
    site.places[uid] = Place(
        path,
        uid,
        profile.fargate_profile_name,
        interface.id,
        interface.subnet.id,
        address,
        interface.subnet.availability_zone,
        f"fargate-ip-{address.replace('.', '-')}.{domain}",
        f"{PATCHES[site.cluster.version]}-eks-rehearsal",
    )


def _emptiest(site: Site, subnets: Sequence[str]) -> list[str]:
    used = Counter(place.subnet for place in site.places.values())
    return sorted(subnets, key=lambda subnet: used[subnet])


def _interface(ec2: Any, subnets: Sequence[str], groups: list[str] | None) -> Any:
    for subnet in subnets:
        try:
            interface = network_interface(ec2, subnet, "", groups=groups)
        except Refusal:
            continue
        interface.status = "in-use"
        return interface
    return None


def _leave(site: Site, place: Place) -> None:
    ec2 = backend("ec2", site.account, site.region)
    if place.interface in ec2.enis:
        ec2.delete_network_interface(place.interface)
    site.places.pop(place.uid, None)
