# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Protects images from lifecycle policies by a tag, and lifts the protection.

The tag belongs to one digest and one user of the image: ``deployed-<environment>.<component>-<digest>``. It is added, and never moved, so
it works in repositories with immutable tags, and no image loses its protection while another gains it. Lifecycle policies of the role
``ci_cd`` select these tags in their first rule, which expires nothing: an image that matches the tagging requirements of a rule cannot be
expired by a rule with a lower priority (Amazon ECR User Guide, "Automate the cleanup of images by using lifecycle policies"). The children
of an index need no tag: an image that an index references is not expired before the index (ibid.).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import batched

from ..aws.connection import Aws
from ..reconcile.errors import AlreadyThere, Ambiguous, CallFailed
from .references import Repository
from .resolving import IN_ONE_CALL, batch_get

PREFIX = "deployed-"
"""Every protecting tag begins with it."""
RETIRED = "retired-"
"""The prefix of the tag that an image gets if the protecting tag was its last: ECR deletes an image with its last tag."""

USER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}")
DIGITS = 16
"""Hexadecimal digits of a digest in a tag: two images of one repository do not share them."""


@dataclass(frozen=True, order=True)
class Kept:
    """An image that a release uses."""

    repository: Repository
    digest: str

    def __str__(self) -> str:
        return f"{self.digest} of the repository {self.repository}"


@dataclass
class Outcome:
    """What was tagged or untagged in this call, and one sentence for each image where that failed.

    Images that were in the wanted state already are in neither. A release must not be recorded as safe to return to if there are problems.
    """

    changed: list[Kept] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def add(self, other: Outcome) -> None:
        self.changed += other.changed
        self.problems += other.problems


def user_of(environment: str, component: str) -> str:
    """How a component is named in the tags that it protects images with. Neither name contains a dot, so the tag says both."""
    return f"{environment}.{component}"


def protecting_tag(user: str, digest: str) -> str:
    """The tag by which ``user`` (see ``user_of``) protects an image. Raises ValueError for a user that cannot be part of a tag."""
    if not USER.fullmatch(user):
        raise ValueError(f"{user!r} cannot be part of a tag; expected up to 63 letters, digits, and ._-, beginning with a letter or digit")
    return f"{PREFIX}{user}-{digest.partition(':')[2][:DIGITS]}"


def protect(aws: Aws, images: Iterable[Kept], user: str) -> Outcome:
    """Give each image the protecting tag. One read for 100 images of a repository if all of them have it already."""
    return _per_repository(images, lambda at, digests: _protect(aws, at, digests, user))


def unprotect(aws: Aws, images: Iterable[Kept], user: str) -> Outcome:
    """Remove this user's protecting tag from each image. No image is deleted, and tags of other users stay."""
    return _per_repository(images, lambda at, digests: _unprotect(aws, at, digests, user))


def _per_repository(images: Iterable[Kept], function: Callable[[Repository, Sequence[str]], Outcome]) -> Outcome:
    by_repository: dict[Repository, list[str]] = {}
    for one in sorted(set(images)):
        by_repository.setdefault(one.repository, []).append(one.digest)
    found = Outcome()
    for at, digests in by_repository.items():
        for part in batched(digests, IN_ONE_CALL):
            try:
                found.add(function(at, part))
            except CallFailed as error:
                found.problems.append(
                    f"the repository {at}: {error.operation} failed ({error.code}): {error.message} {error.hint}".rstrip()
                )
    return found


def _protect(aws: Aws, at: Repository, digests: Sequence[str], user: str) -> Outcome:
    tags = {digest: protecting_tag(user, digest) for digest in digests}
    there = batch_get(aws, at, [{"imageTag": tag} for tag in tags.values()])
    done = {one["imageId"]["imageDigest"] for one in there["images"]}
    return _tag(aws, at, {digest: tag for digest, tag in tags.items() if digest not in done})


def _tag(aws: Aws, at: Repository, tags: Mapping[str, str]) -> Outcome:
    """Add a tag to each image. ``tags``: digest -> tag. PutImage with the manifest of an image that exists only adds the tag."""
    found = Outcome()
    if not tags:
        return found
    reply = batch_get(aws, at, [{"imageDigest": digest} for digest in tags])
    images = {one["imageId"]["imageDigest"]: one for one in reply["images"]}
    for digest, tag in tags.items():
        image = images.get(digest)
        if image is None:
            found.problems.append(f"{Kept(at, digest)} does not exist any more")
            continue
        _put(aws, at, str(image["imageManifest"]), str(image.get("imageManifestMediaType") or ""), digest, tag)
        found.changed.append(Kept(at, digest))
    return found


def _put(aws: Aws, at: Repository, manifest: str, media_type: str, digest: str, tag: str) -> None:
    params = {"imageManifest": manifest, "imageDigest": digest, "imageTag": tag}
    if media_type:
        params["imageManifestMediaType"] = media_type
    for attempt in (1, 2):
        try:
            aws.in_region(at.region).change("ecr", "put_image", registryId=at.account_id, repositoryName=at.name, **params)
        except AlreadyThere:  # by an earlier attempt, or by another run
            return
        except Ambiguous:  # sending it again adds nothing
            if attempt == 2:
                raise
        else:
            return


def _unprotect(aws: Aws, at: Repository, digests: Sequence[str], user: str) -> Outcome:
    tagged = _tags(aws, at, digests)
    ours = {digest: protecting_tag(user, digest) for digest in digests}
    leaving = {digest: tag for digest, tag in ours.items() if tag in tagged.get(digest, ())}
    last = [digest for digest, tag in leaving.items() if set(tagged[digest]) == {tag}]
    found = _tag(aws, at, {digest: f"{RETIRED}{digest.partition(':')[2][:DIGITS]}" for digest in last})
    safe = {digest: tag for digest, tag in leaving.items() if digest not in last or Kept(at, digest) in found.changed}
    found.changed.clear()
    if safe:
        _untag(aws, at, list(safe.values()))
        found.changed += [Kept(at, digest) for digest in safe]
    return found


def _tags(aws: Aws, at: Repository, digests: Sequence[str]) -> dict[str, Collection[str]]:
    """digest -> tags, without images that are gone. DescribeImages refuses a request with any of those, so they are left out first."""
    there = {one["imageId"]["imageDigest"] for one in batch_get(aws, at, [{"imageDigest": one} for one in digests])["images"]}
    if not there:
        return {}
    found = aws.in_region(at.region).list_all(
        "ecr",
        "describe_images",
        "imageDetails",
        registryId=at.account_id,
        repositoryName=at.name,
        imageIds=[{"imageDigest": one} for one in sorted(there)],
    )
    return {one["imageDigest"]: tuple(one.get("imageTags") or ()) for one in found}


def _untag(aws: Aws, at: Repository, tags: Sequence[str]) -> None:
    """Removing a tag that is gone does nothing, so an ambiguous reply needs one more attempt and no look."""
    params = {"registryId": at.account_id, "repositoryName": at.name, "imageIds": [{"imageTag": tag} for tag in tags]}
    connection = aws.in_region(at.region)
    try:
        reply = connection.change("ecr", "batch_delete_image", **params)
    except Ambiguous:
        reply = connection.change("ecr", "batch_delete_image", **params)
    for failure in reply.get("failures") or ():
        if failure.get("failureCode") != "ImageNotFound":
            raise CallFailed(str(failure.get("failureReason")), "ecr:BatchDeleteImage", str(failure.get("failureCode")))
