# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The images of releases in ECR: whether they still exist, and the tags that keep lifecycle policies from them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import batched
from typing import Any

from ..aws.connection import Aws
from ..images.protecting import Kept, protect, unprotect
from ..images.references import BadReference, Reference, Repository, parse
from ..images.resolving import IN_ONE_CALL, batch_get, image_ids
from ..reconcile.errors import CallFailed

NO_REPOSITORY = "RepositoryNotFoundException"


@dataclass(frozen=True)
class Pinned:
    """``images``: by digest, by the reference that was given. ``missing``: references that certainly lead to no image."""

    images: Mapping[str, str] = field(default_factory=dict)
    missing: Sequence[str] = ()


@dataclass(frozen=True)
class Registry:
    """No registry: nothing is known of any image, and nothing is protected."""

    def gone(self, _images: Sequence[str]) -> Sequence[str]:
        """Those of the images that certainly no longer exist."""
        return ()

    def pin(self, _images: Sequence[str]) -> Pinned:
        """The digests that references lead to now."""
        return Pinned()

    def keep(self, _images: Sequence[str]) -> Sequence[str]:
        """Protect images; returns one sentence for each problem."""
        return ()

    def release(self, _images: Sequence[str]) -> Sequence[str]:
        """Lift the protection of images; returns one sentence for each problem."""
        return ()


@dataclass(frozen=True)
class Ecr(Registry):
    """``user``: whose protection it is, see ``user_of``. Images of other registries are left out."""

    aws: Aws
    user: str

    def gone(self, images: Sequence[str]) -> Sequence[str]:
        """An image whose repository may not be read is not counted as gone."""
        return self._looked_up(_pinned(images)).missing

    def pin(self, images: Sequence[str]) -> Pinned:
        """Images of other registries, and of repositories that may not be read, are neither resolved nor missing."""
        return self._looked_up(_parsed(images))

    def _looked_up(self, references: Iterable[Reference]) -> Pinned:
        by_repository: dict[Repository, list[Reference]] = {}
        for one in references:
            if one.ecr:
                by_repository.setdefault(one.ecr, []).append(one)
        parts = [(at, part) for at, several in by_repository.items() for part in batched(several, IN_ONE_CALL)]
        digests = {text: found for some in self.aws.map(lambda one: self._digests(*one), parts) for text, found in some}
        given = {one.text: one for several in by_repository.values() for one in several}
        return Pinned(
            {text: given[text].pinned(digest) for text, digest in digests.items() if digest},
            [text for text, digest in digests.items() if not digest],
        )

    def _digests(self, at: Repository, references: Sequence[Reference]) -> list[tuple[str, str]]:
        """(reference, digest), which is empty if there is no such image."""
        try:
            found = batch_get(self.aws, at, image_ids(references))["images"]
        except CallFailed as error:
            return [(one.text, "") for one in references] if error.code == NO_REPOSITORY else []
        identifiers: list[Mapping[str, Any]] = [one["imageId"] for one in found]
        by_tag = {str(one.get("imageTag")): str(one.get("imageDigest")) for one in identifiers}
        there = {str(one.get("imageDigest")) for one in identifiers}
        return [(one.text, (one.digest if one.digest in there else "") if one.digest else by_tag.get(one.tag, "")) for one in references]

    def keep(self, images: Sequence[str]) -> Sequence[str]:
        return protect(self.aws, _kept(images), self.user).problems

    def release(self, images: Sequence[str]) -> Sequence[str]:
        return unprotect(self.aws, _kept(images), self.user).problems


def lifted(registry: Registry, images: Iterable[str]) -> list[str]:
    """Lift the protection of images; returns a warning for each whose protection stays."""
    found = sorted(set(images))
    return [f"the protection of an image could not be lifted: {one}" for one in registry.release(found)] if found else []


def _parsed(images: Iterable[str]) -> Iterator[Reference]:
    for text in images:
        with contextlib.suppress(BadReference):
            yield parse(text)


def _pinned(images: Iterable[str]) -> Iterator[Reference]:
    return (one for one in _parsed(images) if one.digest)


def _kept(images: Iterable[str]) -> list[Kept]:
    return [Kept(one.ecr, one.digest) for one in _pinned(images) if one.ecr]
