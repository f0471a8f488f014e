# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The images of releases in ECR: whether they still exist, and the tags that keep lifecycle policies from them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import batched

from ..aws.connection import Aws
from ..images.protecting import Kept, protect, unprotect
from ..images.references import BadReference, Reference, Repository, parse
from ..images.resolving import IN_ONE_CALL, batch_get, image_ids
from ..reconcile.errors import CallFailed

NO_REPOSITORY = "RepositoryNotFoundException"


@dataclass(frozen=True)
class Registry:
    """No registry: nothing is known of any image, and nothing is protected."""

    def gone(self, _images: Sequence[str]) -> Sequence[str]:
        """Those of the images that certainly no longer exist."""
        return ()

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
        by_repository: dict[Repository, list[Reference]] = {}
        for one in _pinned(images):
            if one.ecr:
                by_repository.setdefault(one.ecr, []).append(one)
        parts = [(at, part) for at, several in by_repository.items() for part in batched(several, IN_ONE_CALL)]
        return [text for found in self.aws.map(lambda one: self._gone(*one), parts) for text in found]

    def _gone(self, at: Repository, references: Sequence[Reference]) -> list[str]:
        try:
            reply = batch_get(self.aws, at, image_ids(references))
        except CallFailed as error:
            return [one.text for one in references] if error.code == NO_REPOSITORY else []
        there = {one["imageId"].get("imageDigest") for one in reply["images"]}
        return [one.text for one in references if one.digest not in there]

    def keep(self, images: Sequence[str]) -> Sequence[str]:
        return protect(self.aws, _kept(images), self.user).problems

    def release(self, images: Sequence[str]) -> Sequence[str]:
        return unprotect(self.aws, _kept(images), self.user).problems


def lifted(registry: Registry, images: Iterable[str]) -> list[str]:
    """Lift the protection of images; returns a warning for each whose protection stays."""
    found = sorted(set(images))
    return [f"the protection of an image could not be lifted: {one}" for one in registry.release(found)] if found else []


def _pinned(images: Iterable[str]) -> Iterator[Reference]:
    for text in images:
        try:
            one = parse(text)
        except BadReference:
            continue
        if one.digest:
            yield one


def _kept(images: Iterable[str]) -> list[Kept]:
    return [Kept(one.ecr, one.digest) for one in _pinned(images) if one.ecr]
