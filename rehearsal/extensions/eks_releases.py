"""AMI types of node groups, and the releases of EKS's images by AMI type and minor version, with AWS's names."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from rehearsal.kubernetes import VERSIONS

DEFAULT_AMI_TYPE = "AL2023_x86_64_STANDARD"
DEFAULT_ARM_AMI_TYPE = "AL2023_ARM_64_STANDARD"
CUSTOM = "CUSTOM"
# The patch versions of each minor version's images: two releases each, older first.
PATCHES = {"1.33": "1.33.8", "1.34": "1.34.5", "1.35": "1.35.2", "1.36": "1.36.0"}
DATES = ("20260930", "20261112")
BOTTLEROCKET = ("1.58.0-4f2a7c91", "1.59.1-8d3b60e5")


@dataclass(frozen=True)
class AmiType:
    """`architecture` is that of the instances; `last_version` is the last minor version with such images."""

    name: str
    architecture: str
    family: str
    last_version: str | None = None


def ami_type(name: str) -> AmiType:
    """The properties encoded in an AMI type's name. AL2 images ended with Kubernetes 1.32."""
    architecture = "arm64" if "ARM_64" in name else "amd64"
    family = name.split("_", maxsplit=1)[0]
    return AmiType(name, architecture, family, "1.32" if family == "AL2" else None)


def build_day(release: str) -> datetime:
    """When a release was built. Bottlerocket's do not say so; they get the days of Amazon Linux's."""
    day = DATES[BOTTLEROCKET.index(release)] if release in BOTTLEROCKET else release.rpartition("-")[2]
    return datetime.strptime(day, "%Y%m%d").replace(tzinfo=UTC)


def releases(ami: str, version: str) -> tuple[str, ...]:
    """The releases of an AMI type for a minor version, newest last. Bottlerocket's are the same for every version."""
    if ami == CUSTOM or version not in VERSIONS:
        return ()
    if ami_type(ami).family == "BOTTLEROCKET":
        return BOTTLEROCKET
    return tuple(f"{PATCHES[version]}-{date}" for date in DATES)
