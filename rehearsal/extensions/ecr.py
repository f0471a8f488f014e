"""The contents of the emulated ECR, for kubelets that pull from it."""

from __future__ import annotations

from rehearsal.registry import backend


def is_there(account: str, region: str, repository: str, tag: str | None, digest: str | None) -> bool:
    """Whether a repository has an image with this tag and this digest; None matches any."""
    found = backend("ecr", account, region).repositories.get(repository)
    return found is not None and any(
        (tag is None or tag in image.image_tags) and (digest is None or image.get_image_digest() == digest) for image in found.images
    )
