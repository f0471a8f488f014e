# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Add-ons of EKS: their order, the AWS rights they need, and which of their versions fits."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

BEFORE_NODES = ("vpc-cni", "kube-proxy", "eks-pod-identity-agent")
"""A node becomes Ready with the first two; the third gives pods their AWS rights."""

AFTER_NODES = ("coredns", "aws-ebs-csi-driver", "metrics-server")
"""These have pods of their own and stay DEGRADED until a node is Ready."""

AGENT = "eks-pod-identity-agent"
DNS = "coredns"
FARGATE = "Fargate"

STEPWISE = ("vpc-cni",)
"""Add-ons that are upgraded one minor version at a time (docs.aws.amazon.com/eks/latest/userguide/vpc-add-on-update.html)."""


@dataclass(frozen=True)
class Rights:
    """What an add-on may do in AWS, and the service account (namespace and name) of the pods that do it."""

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
"""The recommendations of DescribeAddonConfiguration (podIdentityConfiguration). Add-ons missing here need no rights in AWS."""

CONFIGURATION: Mapping[str, Mapping[str, Any]] = {"vpc-cni": {"enableNetworkPolicy": "true"}}
"""Our defaults unless the user sets a value: without this one, network policies have no effect."""


@dataclass(frozen=True)
class Offer:
    """What AWS offers of one add-on for one minor version of Kubernetes: the versions, and which one is the default.

    ``architectures`` and ``compute_types`` by version, in EKS's names: amd64, arm64; ec2, fargate. Empty: AWS does not say.
    """

    versions: tuple[str, ...] = ()
    default: str | None = None
    architectures: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    compute_types: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


Offers = Mapping[tuple[str, str], Offer]
"""(add-on, minor version of Kubernetes) -> offer."""


def offer_of(reply: Iterable[Mapping[str, Any]], minor: str) -> Offer:
    """Parse the entries below ``addons`` of DescribeAddonVersions, called for one add-on."""
    versions: list[str] = []
    default = None
    architectures: dict[str, tuple[str, ...]] = {}
    compute_types: dict[str, tuple[str, ...]] = {}
    for addon in reply:
        for entry in addon.get("addonVersions", []):
            fitting = [one for one in entry.get("compatibilities", []) if one.get("clusterVersion") == minor]
            if fitting:
                versions.append(entry["addonVersion"])
                for found, key in ((architectures, "architecture"), (compute_types, "computeTypes")):
                    if entry.get(key):
                        found[entry["addonVersion"]] = tuple(entry[key])
            if any(one.get("defaultVersion") for one in fitting):
                default = entry["addonVersion"]
    ordered = tuple(sorted(versions, key=rank))
    return Offer(ordered, default or (ordered[-1] if ordered else None), architectures, compute_types)


def rank(version: str) -> tuple[int, ...]:
    """A sort key for versions such as v1.19.2-eksbuild.5."""
    return tuple(int(number) for number in re.findall(r"\d+", version.replace("eksbuild", "")))


def goal(given: str | None, installed: str | None, offer: Offer) -> str | None:
    """The target version of an add-on: the given one, else AWS's default, else a newer installed one that still fits."""
    kept = installed in offer.versions and offer.default and rank(installed or "") > rank(offer.default)
    return given or (installed if kept else offer.default)


def chosen(name: str, given: str | None, installed: str | None, offer: Offer) -> str | None:
    """The version that a run upgrades an add-on to: its target or, for add-ons that go one minor version at a time, the next step."""
    wanted = goal(given, installed, offer)
    if name not in STEPWISE or not installed or not wanted:
        return wanted
    return next_step(installed, wanted, offer.versions)


def next_step(installed: str, wanted: str, offered: Iterable[str]) -> str:
    """The wanted version, or the newest of the next minor version if the wanted one is more than one minor version away."""
    minor = rank(installed)[:2]
    if rank(wanted)[:2] <= (minor[0], minor[1] + 1):
        return wanted
    steps = [one for one in offered if minor < rank(one)[:2] <= (minor[0], minor[1] + 1)]
    return max(steps, key=rank, default=wanted)


def configuration_of(name: str, given: Mapping[str, Any], has_nodes: bool = True) -> dict[str, Any]:
    """The user's configuration and our defaults. Without nodes, DNS runs on Fargate, from which its pods are kept off otherwise."""
    usual = {"computeType": FARGATE} if name == DNS and not has_nodes else CONFIGURATION.get(name, {})
    return {**usual, **given}


def after(
    name: str, cluster: str, addons: Iterable[str], node_groups: Iterable[str], fargate_profiles: Iterable[str] = ()
) -> tuple[str, ...]:
    """The addresses that an add-on waits for besides the cluster: other add-ons that its pods depend on, the nodes, and the profiles.

    Every other add-on follows the node groups, including unknown ones, since most have pods of their own.
    """
    if name in BEFORE_NODES:
        return ()
    present = set(addons)
    earlier = tuple(f"eks_addon.{cluster}/{one}" for one in BEFORE_NODES if one in present)
    profiles = tuple(f"eks_fargate_profile.{cluster}/{profile}" for profile in sorted(fargate_profiles))
    return earlier + tuple(f"eks_nodegroup.{cluster}/{group}" for group in sorted(node_groups)) + profiles
