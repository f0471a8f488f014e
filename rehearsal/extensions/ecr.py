"""What the emulated ECR holds, for its own files and for kubelets that pull from it.

moto keeps the repositories and images; here they get what AWS keeps about them in addition: the digest is that of the manifest's bytes, and
blobs keep their content. Messages follow those that AWS returns.
"""

from __future__ import annotations

import fnmatch
import json
import re
from collections.abc import Mapping
from typing import Any

from rehearsal.container_images import MANIFEST, Built, digest
from rehearsal.registry import Call, backend, lists_tags
from rehearsal.replies import Refusal
from rehearsal.transitions import moment

PAGE = 100
LARGEST_PAGE = 1000


@lists_tags("ecr")
def tags_of(ecr: Any) -> list[tuple[str, dict[str, str]]]:
    return [(one.arn, ecr.tagger.tags.setdefault(one.arn, {})) for one in ecr.repositories.values()]


def is_there(account: str, region: str, repository: str, tag: str | None, wanted: str | None) -> bool:
    """Whether a repository has an image with this tag and this digest; None matches any."""
    found = backend("ecr", account, region).repositories.get(repository)
    return found is not None and any(
        (tag is None or tag in image.image_tags) and (wanted is None or image.image_digest == wanted) for image in found.images
    )


def repository_of(call: Call) -> Any:
    """The repository that a call names. Raises Refusal if it does not exist."""
    name = str(call.get("repositoryName") or "")
    found = call.backend.repositories.get(name)
    if found is None:
        raise no_repository(name, call.account_id)
    return found


def no_repository(name: str, account_id: str) -> Refusal:
    text = f"The repository with name '{name}' does not exist in the registry with id '{account_id}'"
    return Refusal("RepositoryNotFoundException", text)


def invalid(parameter: str, why: str) -> Refusal:
    return Refusal("InvalidParameterException", f"Invalid parameter at '{parameter}' failed to satisfy constraint: '{why}'")


def push(repository: Any, built: Built) -> None:
    """Puts an image into a repository, as a pipeline would."""
    blobs(repository).update({digest(config): config for config in built.configs})
    for text in built.children.values():
        add_image(repository, text, MANIFEST)
    add_image(repository, built.text, built.media_type).update_tag(built.tag)


def blobs(repository: Any) -> dict[str, bytes]:
    """The content of the layers that were uploaded to a repository, by digest."""
    found: dict[str, bytes] = repository.__dict__.setdefault("rehearsal_blobs", {})
    return found


def add_image(repository: Any, text: str, media_type: str) -> Any:
    """The image with this manifest, which is added if it is not there yet."""
    from moto.ecr.models import Image

    image = find_image(repository, {"imageDigest": digest(text)})
    if image is None:
        image = Image(repository.account_id, None, text, repository.name, media_type, digest(text))
        image.image_pushed_at = moment()
        repository.images.append(image)
    return image


def children(image: Any) -> frozenset[str]:
    """The digests of the images that an index references."""
    return frozenset(str(child["digest"]) for child in json.loads(image.image_manifest).get("manifests", ()))


def referenced(repository: Any) -> frozenset[str]:
    """The digests of all images that some index of the repository references."""
    return frozenset(digest for image in repository.images for digest in children(image))


def find_image(repository: Any, identity: Mapping[str, str]) -> Any:
    """The image with this digest and this tag, of which one may be missing; None if there is none."""
    wanted, tag = identity.get("imageDigest"), identity.get("imageTag")
    matching = (
        image
        for image in repository.images
        if (wanted is None or image.image_digest == wanted) and (tag is None or tag in image.image_tags)
    )
    return next(matching, None)


def matches(pattern: str, tag: str) -> bool:
    """Whether a tag matches a pattern, in which only ``*`` is special."""
    return re.fullmatch(fnmatch.translate(re.sub(r"([?\[\]])", r"[\1]", pattern)), tag) is not None


def page(call: Call, member: str, items: list[Any]) -> dict[str, Any]:
    """One page of a list, with the token of the next one."""
    token = call.get("nextToken")
    if token is not None and not str(token).isdigit():
        raise invalid("nextToken", "Invalid token")
    begin, size = int(token or 0), int(call.get("maxResults") or PAGE)
    if not 1 <= size <= LARGEST_PAGE:
        raise invalid("maxResults", f"must be between 1 and {LARGEST_PAGE}")
    end = begin + size
    return {member: items[begin:end]} | ({"nextToken": str(end)} if end < len(items) else {})
