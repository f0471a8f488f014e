# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Add-ons of EKS: in which order they come, which AWS rights they need, and which of their versions fits."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

BEFORE_NODES = ("vpc-cni", "kube-proxy", "eks-pod-identity-agent")
"""A node becomes Ready with the first two; pods get AWS rights by the third."""

AFTER_NODES = ("coredns", "aws-ebs-csi-driver", "metrics-server")
"""They have pods of their own, and stay DEGRADED until there is a node that is Ready."""

AGENT = "eks-pod-identity-agent"

STEPWISE = ("vpc-cni",)
"""Add-ons that are taken up one minor version at a time (docs.aws.amazon.com/eks/latest/userguide/vpc-add-on-update.html)."""


@dataclass(frozen=True)
class Rights:
    """What an add-on may do in AWS, and the service account whose pods do it (namespace and name)."""

    namespace: str
    service_account: str
    managed_policies: tuple[str, ...]


RIGHTS: Mapping[str, Rights] = {
    "vpc-cni": Rights("kube-system", "aws-node", ("AmazonEKS_CNI_Policy",)),
    "aws-ebs-csi-driver": Rights("kube-system", "ebs-csi-controller-sa", ("service-role/AmazonEBSCSIDriverPolicy",)),
    "aws-efs-csi-driver": Rights("kube-system", "efs-csi-controller-sa", ("service-role/AmazonEFSCSIDriverPolicy",)),
    "amazon-cloudwatch-observability": Rights(
        "amazon-cloudwatch", "cloudwatch-agent", ("CloudWatchAgentServerPolicy", "AWSXrayWriteOnlyAccess")
    ),
}
"""What DescribeAddonConfiguration recommends (podIdentityConfiguration). Add-ons that are not here need no rights in AWS."""

CONFIGURATION: Mapping[str, Mapping[str, Any]] = {"vpc-cni": {"enableNetworkPolicy": "true"}}
"""What we set unless the user sets it otherwise: without it network policies do nothing."""


@dataclass(frozen=True)
class Offer:
    """What AWS offers of one add-on for one minor version of Kubernetes: its versions, and which one is the default."""

    versions: tuple[str, ...] = ()
    default: str | None = None


Offers = Mapping[tuple[str, str], Offer]
"""(add-on, minor version of Kubernetes) -> what is offered."""


def offer_of(reply: Iterable[Mapping[str, Any]], minor: str) -> Offer:
    """The entries below ``addons`` of DescribeAddonVersions, asked for one add-on."""
    versions: list[str] = []
    default = None
    for addon in reply:
        for entry in addon.get("addonVersions", []):
            fitting = [one for one in entry.get("compatibilities", []) if one.get("clusterVersion") == minor]
            if fitting:
                versions.append(entry["addonVersion"])
            if any(one.get("defaultVersion") for one in fitting):
                default = entry["addonVersion"]
    ordered = tuple(sorted(versions, key=rank))
    return Offer(ordered, default or (ordered[-1] if ordered else None))


def rank(version: str) -> tuple[int, ...]:
    """The order of versions such as v1.19.2-eksbuild.5."""
    return tuple(int(number) for number in re.findall(r"\d+", version.replace("eksbuild", "")))


def goal(given: str | None, installed: str | None, offer: Offer) -> str | None:
    """The version that an add-on should have: as told, else AWS's default, else the newer one that is there and still fits."""
    kept = installed in offer.versions and offer.default and rank(installed or "") > rank(offer.default)
    return given or (installed if kept else offer.default)


def chosen(name: str, given: str | None, installed: str | None, offer: Offer) -> str | None:
    """The version that a run takes an add-on to: its goal or, for one that goes one minor version at a time, the next on the way there."""
    wanted = goal(given, installed, offer)
    if name not in STEPWISE or not installed or not wanted:
        return wanted
    return next_step(installed, wanted, offer.versions)


def next_step(installed: str, wanted: str, offered: Iterable[str]) -> str:
    """The wanted version, or the newest of the minor version after the installed one where that is more than one away."""
    minor = rank(installed)[:2]
    if rank(wanted)[:2] <= (minor[0], minor[1] + 1):
        return wanted
    steps = [one for one in offered if minor < rank(one)[:2] <= (minor[0], minor[1] + 1)]
    return max(steps, key=rank, default=wanted)


def configuration_of(name: str, given: Mapping[str, Any]) -> dict[str, Any]:
    return {**CONFIGURATION.get(name, {}), **given}


def after(name: str, cluster: str, addons: Iterable[str], node_groups: Iterable[str]) -> tuple[str, ...]:
    """The addresses that an add-on waits for beyond the cluster: others on which its pods stand, and the nodes.

    Every other add-on follows the node groups: also one that is not known here, since most have pods of their own.
    """
    if name in BEFORE_NODES:
        return ()
    present = set(addons)
    earlier = tuple(f"eks_addon.{cluster}/{one}" for one in BEFORE_NODES if one in present)
    return earlier + tuple(f"eks_nodegroup.{cluster}/{group}" for group in sorted(node_groups))
