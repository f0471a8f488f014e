# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The platforms that an image runs on, and nodes on which it cannot. Pure functions.

Platforms are written as in Kubernetes' node labels and Docker's commands: ``linux/amd64``, ``linux/arm/v7``. Sources: OCI Image Format
Specification, "Image Index" and "Image Configuration"; Docker, "Image Manifest Version 2, Schema 2".
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from typing import Any

INDEXES = ("application/vnd.oci.image.index.v1+json", "application/vnd.docker.distribution.manifest.list.v2+json")
MANIFESTS = ("application/vnd.oci.image.manifest.v1+json", "application/vnd.docker.distribution.manifest.v2+json")
ACCEPTED = (*INDEXES, *MANIFESTS)
"""Media types of images. A registry may answer a request that does not list indexes with one of an index's children."""

UNKNOWN_PLATFORM = "unknown"
"""What build tools write for children that are not images: attestations (Docker, "Image attestation storage")."""
ANY_VARIANT = {"arm64": "v8"}
"""The variant that an architecture implies, and that is left out here."""


def platform(described: Mapping[str, Any]) -> str:
    """The platform that a platform of an index, or the configuration of an image, describes; empty if it does not."""
    system, architecture = str(described.get("os") or ""), str(described.get("architecture") or "")
    if not system or not architecture or UNKNOWN_PLATFORM in (system, architecture):
        return ""
    variant = str(described.get("variant") or "")
    return f"{system}/{architecture}" + (f"/{variant}" if variant and variant != ANY_VARIANT.get(architecture) else "")


def platforms_of_index(manifest: str) -> frozenset[str] | None:
    """The platforms of an index's images; None if the manifest is a single image's, which does not say its platform.

    Children without a platform may run anywhere, so with any of those, nothing is known either.
    """
    document = json.loads(manifest)
    if "manifests" not in document:
        return None
    children = [child for child in document["manifests"] if not _is_attestation(child)]
    found = {platform(child.get("platform") or {}) for child in children}
    return frozenset(found) if found and "" not in found else None


def _is_attestation(child: Mapping[str, Any]) -> bool:
    described = child.get("platform") or {}
    return "artifactType" in child or UNKNOWN_PLATFORM in (described.get("os"), described.get("architecture"))


def config_digest(manifest: str) -> str:
    """The digest of a single image's configuration, which says its platform; empty for an index."""
    return str((json.loads(manifest).get("config") or {}).get("digest") or "")


def runs_on(offered: Collection[str], node: str) -> bool:
    """Whether an image with these platforms runs on a node's. A node's platform has no variant, so any variant counts."""
    return any(one == node or one.startswith(f"{node}/") for one in offered)


def unrunnable(offered: Mapping[str, Collection[str] | None], nodes: Collection[str]) -> Iterator[str]:
    """One sentence for each image that the nodes of a cluster could not all run.

    ``offered``: the platforms of each image, by reference; None if they are unknown. ``nodes``: the nodes' platforms, such as linux/arm64.
    """
    for text, platforms in sorted(offered.items()):
        lacking = sorted({node for node in nodes if platforms is not None and not runs_on(platforms, node)})
        if lacking:
            yield (
                f"the image {text} is built for {', '.join(sorted(platforms or ()))}, but the cluster has nodes with {', '.join(lacking)}; "
                f"build it for {', '.join(sorted({*(platforms or ()), *lacking}))} and push an index, or select nodes that it runs on"
            )
