# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Resolves references to digests: the index's for images with several platforms, so that every node pulls its own.

One BatchGetImage call for up to 100 images of a repository. Images that are missing, and repositories that cannot be read, are collected
as sentences, so that one pass finds all of them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import batched
from typing import Any

from ..aws.connection import Aws
from ..reconcile.errors import CallFailed
from .configs import platform_of_config
from .platforms import ACCEPTED, INDEXES, config_digest, platforms_of_index
from .references import Reference, Repository, read_references

IN_ONE_CALL = 100
"""BatchGetImage's limit (Amazon ECR API Reference)."""


@dataclass(frozen=True)
class Image:
    """A resolved image.

    ``digest``: of the index, or of the single manifest. ``pinned``: what pods should name.
    ``platforms``: such as linux/amd64; None if they are unknown. ``manifest`` and ``media_type`` are ECR's, for tagging it again.
    """

    reference: Reference
    digest: str
    pinned: str
    platforms: frozenset[str] | None = None
    is_index: bool = False
    manifest: str = field(default="", repr=False)
    media_type: str = ""


@dataclass(frozen=True)
class Resolution:
    """The resolved images by reference, and one sentence for each problem. A caller must change nothing if there is any."""

    images: Mapping[str, Image]
    problems: Sequence[str] = ()


def resolve(aws: Aws, texts: Collection[object]) -> Resolution:
    """Resolve references. Raises CallFailed only if calls fail for reasons that concern no image, such as missing credentials."""
    references, problems = read_references(texts)
    found: dict[str, Image] = {}
    wanted: dict[Repository, list[Reference]] = {}
    for one in references.values():
        if repository := one.ecr:
            wanted.setdefault(repository, []).append(one)
        elif one.digest:
            found[one.text] = Image(one, one.digest, one.pinned(one.digest))
        else:
            problems.append(
                f"the image {one.text} is in {one.registry or 'Docker Hub'}, whose tags are not resolved; name it by digest, "
                f"{one.base}@sha256:<digest>, or mirror it in ECR"
            )
    batches = [(at, part) for at, several in sorted(wanted.items()) for part in batched(several, IN_ONE_CALL)]
    for images, sentences in aws.map(lambda one: _resolve_batch(aws, *one), batches):
        found.update({image.reference.text: image for image in images})
        problems.extend(sentences)
    return Resolution(_with_platforms(aws, found), problems)


def image_ids(references: Collection[Reference]) -> list[dict[str, str]]:
    """ECR's identifiers for these images. A digest decides; the tag beside it is only for people."""
    return [{"imageDigest": one.digest} if one.digest else {"imageTag": one.tag} for one in references]


def _resolve_batch(aws: Aws, at: Repository, references: Sequence[Reference]) -> tuple[list[Image], list[str]]:
    try:
        reply = batch_get(aws, at, image_ids(references))
    except CallFailed as error:
        if not _concerns_repository(error):
            raise
        return [], [_repository_problem(at, references, error)]
    by_tag = {one["imageId"].get("imageTag"): one for one in reply["images"]}
    by_digest = {one["imageId"].get("imageDigest"): one for one in reply["images"]}
    reasons = {key: str(one.get("failureCode")) for one in reply.get("failures") or () for key in one["imageId"].values()}
    images, problems = [], []
    for one in references:
        raw = by_digest.get(one.digest) if one.digest else by_tag.get(one.tag)
        if raw is None:
            problems.append(missing(one, at, reasons.get(one.digest or one.tag, "")))
        else:
            images.append(_image(one, raw))
    return images, problems


def batch_get(aws: Aws, at: Repository, identifiers: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    """BatchGetImage for at most 100 images, with ``images`` and ``failures``."""
    return aws.in_region(at.region).read(
        "ecr",
        "batch_get_image",
        registryId=at.account_id,
        repositoryName=at.name,
        imageIds=list(identifiers),
        acceptedMediaTypes=list(ACCEPTED),
    )


def _image(reference: Reference, raw: Mapping[str, Any]) -> Image:
    digest, manifest = str(raw["imageId"]["imageDigest"]), str(raw["imageManifest"])
    media_type = str(raw.get("imageManifestMediaType") or "")
    platforms = platforms_of_index(manifest)
    return Image(reference, digest, reference.pinned(digest), platforms, media_type in INDEXES, manifest, media_type)


def _with_platforms(aws: Aws, images: Mapping[str, Image]) -> dict[str, Image]:
    """The same images, single ones with the platform that their configuration says, if it can be read."""
    digests = {text: config_digest(one.manifest) for text, one in images.items() if one.manifest and not one.is_index}
    asked = [(text, images[text].reference.ecr, digest) for text, digest in digests.items() if digest]
    found = aws.map(lambda one: platform_of_config(aws, one[1], one[2]) if one[1] else "", asked)
    known = {text: platform for (text, _at, _digest), platform in zip(asked, found, strict=True) if platform}
    return {text: replace(one, platforms=frozenset({known[text]})) if text in known else one for text, one in images.items()}


# -- sentences -----------------------------------------------------------------------------------------------------------------------

DENIED = ("AccessDenied", "AccessDeniedException")
ABSENT = "RepositoryNotFoundException"

ELSEWHERE = {
    "KmsError": "ECR cannot decrypt it: its KMS key is disabled, deleted, or not allowed",
    "ImageInaccessible": "it is archived: restore it first",
    "UpstreamAccessDenied": "the registry that the repository caches denied access",
    "UpstreamTooManyRequests": "the registry that the repository caches received too many requests; try again later",
    "UpstreamUnavailable": "the registry that the repository caches does not answer; try again later",
}
"""BatchGetImage's failure codes for images that may exist."""


def missing(reference: Reference, at: Repository, code: str) -> str:
    """The sentence for an image that the repository did not return."""
    if code in ELSEWHERE:
        return f"the image {reference.text} cannot be used: {ELSEWHERE[code]} ({code})"
    return f"the repository {at} has no image with the {reference.label} ({reference.text}); push it first, or correct the reference"


def _concerns_repository(error: CallFailed) -> bool:
    return error.code == ABSENT or error.code in DENIED


def _repository_problem(at: Repository, references: Sequence[Reference], error: CallFailed) -> str:
    images = ", ".join(one.text for one in references)
    if error.code == ABSENT:
        return f"the repository {at} does not exist (needed for {images}); create it with the role ci_cd, or correct the reference"
    return (
        f"the repository {at} cannot be read (needed for {images}): {error.message}. The caller needs ecr:BatchGetImage on it, and a "
        "repository of another account must allow the caller's account in its policy (pull_accounts of the role ci_cd)"
    )
