# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Clusters shared by several tests."""

from __future__ import annotations

from typing import Any

from ansible_collections.mainstay.aws.plugins.module_utils.aws.place import Place
from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.judge import AwsFacts, Subnet
from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.resources import build
from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.settings.addons import Offer, Offers
from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.settings.cluster import Cluster, Network
from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.settings.pod_capacity import InstanceType
from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.settings.versions import EXTENDED, STANDARD, Support
from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.validate import validate
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import Observed, Resource

ACCOUNT = "123456789012"
REGION = "af-south-1"
PLACE = Place("prod", "eks", REGION, ACCOUNT, tags={"owner": "platform"})
SUBNETS = ("subnet-0a000000", "subnet-0b000000")
NETWORK = Network(SUBNETS, ("sg-0c000000",), ("sg-0d000000",))
ADMINS = f"arn:aws:iam::{ACCOUNT}:role/admins"

VERSIONS = {
    "1.33": Support("1.33", EXTENDED, "2026-07-29", "2027-07-29"),
    "1.34": Support("1.34", STANDARD, "2026-12-02", "2027-12-02"),
    "1.35": Support("1.35", STANDARD, "2027-03-27", "2028-03-27"),
    "1.36": Support("1.36", STANDARD, "2027-08-02", "2028-08-02"),
}
NAMES = ("vpc-cni", "kube-proxy", "eks-pod-identity-agent", "coredns", "aws-ebs-csi-driver", "metrics-server")
OFFERS: Offers = {
    (name, minor): Offer(("v1.1.0-eksbuild.1", "v1.2.0-eksbuild.1", "v1.3.0-eksbuild.2"), "v1.2.0-eksbuild.1")
    for name in NAMES
    for minor in VERSIONS
}
KNOWN = {
    "versions": VERSIONS,
    "addons": OFFERS,
    "instance_types": {
        "t3.medium": InstanceType(("x86_64",), vcpus=2, interfaces=3, addresses=6),
        "t4g.medium": InstanceType(("arm64",), vcpus=2, interfaces=3, addresses=6),
        "t2.medium": InstanceType(("x86_64",), vcpus=2, interfaces=3, addresses=6, nitro=False),
        "m5.8xlarge": InstanceType(("x86_64",), vcpus=32, interfaces=8, addresses=30),
        "m5.large": InstanceType(("x86_64",), vcpus=2, interfaces=3, addresses=10),
    },
    "subnets": {name: Subnet(name, "vpc-1", f"{REGION}{zone}", 250) for name, zone in zip(SUBNETS, "ab", strict=True)},
}


def settings(**more: Any) -> dict[str, Any]:
    """A small valid cluster with some settings changed; None removes one."""
    given = {"version": "1.36", "node_groups": {"system": {"min_size": 2}}, **more}
    return {key: value for key, value in given.items() if value is not None}


def cluster(**more: Any) -> Cluster:
    """The same, parsed; it must be valid."""
    clusters, problems = validate({"main": settings(**more)}, "eks_clusters", "prod", "eks", NETWORK)
    assert problems == []
    return clusters["main"]


def complaints(environment: str = "prod", network: Network = NETWORK, **more: Any) -> list[str]:
    """The mistakes in this cluster, without the path of the cluster."""
    _, problems = validate({"main": settings(**more)}, "eks_clusters", environment, "eks", network)
    return [problem.removeprefix("eks_clusters.main.") for problem in problems]


def known(*observed: Observed, **more: Any) -> AwsFacts:
    """AWS's data about a healthy account, with some of it changed."""
    return AwsFacts(**{**KNOWN, **more}, observed=observed, caller=f"arn:aws:iam::{ACCOUNT}:user/anna")


def resources(place: Place = PLACE, **more: Any) -> dict[str, Resource]:
    """The resources of this cluster by address."""
    return {resource.address: resource for resource in build({"main": cluster(**more)}, place, OFFERS, {})}
