"""The images that EKS publishes for nodes: one per release, named and described as AWS does."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

from rehearsal.extensions.eks_nodegroup_life import image_of
from rehearsal.extensions.eks_releases import ami_type, build_day, releases
from rehearsal.kubernetes import VERSIONS
from rehearsal.registry import MOTO, Call, answers

AMI_TYPES = (
    "AL2023_x86_64_STANDARD",
    "AL2023_ARM_64_STANDARD",
    "AL2023_x86_64_NVIDIA",
    "AL2023_ARM_64_NVIDIA",
    "AL2023_x86_64_NEURON",
    "BOTTLEROCKET_x86_64",
    "BOTTLEROCKET_ARM_64",
    "BOTTLEROCKET_x86_64_FIPS",
    "BOTTLEROCKET_ARM_64_FIPS",
    "BOTTLEROCKET_x86_64_NVIDIA",
    "BOTTLEROCKET_ARM_64_NVIDIA",
)
NAMES = ("amazon-eks-node", "bottlerocket-aws-k8s")
OWNER = "602401143452"


@answers("ec2", "DescribeImages")
def describe(call: Call) -> Any:
    """Adds the images to moto's once somebody asks for them by name; moto filters."""
    names = [value for one in call.get("Filters") or [] if one["Name"] == "name" for value in one["Values"]]
    if any(str(name).startswith(NAMES) for name in names):
        for name, description, kind, release in _images():
            if (identity := _identity(name, kind, release)) not in call.backend.amis:
                call.backend.amis[identity] = _image(call.backend, identity, name, description, kind, release)
    return MOTO


def _images() -> Iterator[tuple[str, str, str, str]]:
    """(name, description, AMI type, release) of every image."""
    for kind, version in itertools.product(AMI_TYPES, VERSIONS):
        arm = "ARM_64" in kind
        architecture, flavor = "arm64" if arm else "x86_64", kind.partition("ARM_64" if arm else "x86_64")[2].strip("_").lower()
        for release in releases(kind, version):
            patch, _dash, day = release.partition("-")
            if ami_type(kind).family == "BOTTLEROCKET":
                yield f"bottlerocket-aws-k8s-{version}{f'-{flavor}' if flavor else ''}-{architecture}-v{release}", "", kind, release
            else:
                text = f"EKS-optimized Kubernetes node based on Amazon Linux 2023, (k8s: {patch}, containerd: 2.1.*)"
                yield f"amazon-eks-node-al2023-{architecture}-{flavor}-{version}-v{day}", text, kind, release


def _identity(name: str, kind: str, release: str) -> str:
    """Bottlerocket has an image of the same release for each version; nodes show only that of the release."""
    return image_of(kind, release) if name.startswith(NAMES[0]) else image_of(name, release)


def _image(backend: Any, identity: str, name: str, description: str, kind: str, release: str) -> Any:
    from moto.ec2.models.amis import Ami

    return Ami(
        backend,
        identity,
        name=name,
        description=description,
        owner_id=OWNER,
        owner_alias="amazon",
        public=True,
        architecture="arm64" if "ARM_64" in kind else "x86_64",
        creation_date=build_day(release),
    )
