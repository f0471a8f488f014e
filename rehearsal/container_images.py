"""Images for the rehearsed registry: what `docker buildx build --push` leaves there, without layers.

An image with several platforms is an index with one child for each; one with a single platform is a plain manifest, unless an index is
asked for. Each has a configuration that says its platform. Digests depend only on the repository's name, the tag, and `content`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

PLATFORMS = ("linux/amd64", "linux/arm64")
CONFIG = "application/vnd.oci.image.config.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"


@dataclass(frozen=True)
class Built:
    """An image to push: the text of its manifest, or of its index and the index's children by platform, and their configurations."""

    tag: str
    text: str
    media_type: str
    children: dict[str, str]
    configs: tuple[bytes, ...]

    def digests(self) -> dict[str, str]:
        """`""` -> the digest of the image with the tag; for an index, also platform -> that of its child."""
        return {"": digest(self.text), **{platform: digest(text) for platform, text in self.children.items()}}


def build(repository: str, tag: str, platforms: Sequence[str] = PLATFORMS, content: str = "", index: bool | None = None) -> Built:
    """`content` tells images with the same tag apart. `index`: whether to build an index, by default for several platforms."""
    configs = {one: _config(one, f"{repository}:{tag}:{content}") for one in platforms}
    manifests = {one: _manifest(config) for one, config in configs.items()}
    if not (len(platforms) > 1 if index is None else index):
        (text,) = manifests.values()
        return Built(tag, text, MANIFEST, {}, tuple(configs.values()))
    entries = [
        {"mediaType": MANIFEST, "size": len(text), "digest": digest(text), "platform": described(one)} for one, text in manifests.items()
    ]
    whole = json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": entries})
    return Built(tag, whole, INDEX, manifests, tuple(configs.values()))


def push(
    ecr: Any, repository: str, tag: str, platforms: Sequence[str] = PLATFORMS, content: str = "", index: bool | None = None
) -> dict[str, str]:
    """Builds an image and pushes it with a boto3 client. Returns its digests, as `Built.digests` does."""
    built = build(repository, tag, platforms, content, index)
    for config in built.configs:
        upload = ecr.initiate_layer_upload(repositoryName=repository)["uploadId"]
        ecr.upload_layer_part(
            repositoryName=repository, uploadId=upload, partFirstByte=0, partLastByte=len(config) - 1, layerPartBlob=config
        )
        ecr.complete_layer_upload(repositoryName=repository, uploadId=upload, layerDigests=[digest(config)])
    for text in built.children.values():
        _put(ecr, repository, text, MANIFEST)
    _put(ecr, repository, built.text, built.media_type, imageTag=tag)
    return built.digests()


def _put(ecr: Any, repository: str, text: str, media_type: str, **tag: str) -> None:
    """Pushes a manifest; one that is there already is left alone."""
    try:
        ecr.put_image(repositoryName=repository, imageManifest=text, imageManifestMediaType=media_type, **tag)
    except ecr.exceptions.ImageAlreadyExistsException:
        return


def digest(content: str | bytes) -> str:
    return f"sha256:{hashlib.sha256(content.encode() if isinstance(content, str) else content).hexdigest()}"


def described(platform: str) -> dict[str, str]:
    """A platform as indexes and configurations describe it: `linux/arm/v7`."""
    return dict(zip(("os", "architecture", "variant"), platform.split("/"), strict=False))


def _config(platform: str, label: str) -> bytes:
    document = {**described(platform), "config": {"Labels": {"rehearsal": label}}, "rootfs": {"type": "layers", "diff_ids": []}}
    return json.dumps(document).encode()


def _manifest(config: bytes) -> str:
    entry = {"mediaType": CONFIG, "size": len(config), "digest": digest(config)}
    return json.dumps({"schemaVersion": 2, "mediaType": MANIFEST, "config": entry, "layers": []})
