"""Which images of a release are gone from ECR, and which are protected."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from ansible_collections.mainstay.aws.plugins.module_utils.deployment.registry import Ecr
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.errors import CallFailed

HOST = "123456789012.dkr.ecr.af-south-1.amazonaws.com"
THERE, GONE = (f"sha256:{letter * 64}" for letter in "ab")


class Aws:
    """ECR with one image in ``api``, no repository ``old``, and one that may not be read."""

    def in_region(self, _region: str) -> Aws:
        return self

    def map(self, function: Callable[[Any], Any], items: Iterable[Any]) -> list[Any]:
        return [function(one) for one in items]

    def read(self, _service: str, _operation: str, **given: Any) -> dict[str, Any]:
        if given["repositoryName"] == "old":
            raise CallFailed("no such repository", code="RepositoryNotFoundException")
        if given["repositoryName"] == "secret":
            raise CallFailed("not permitted", code="AccessDeniedException")
        asked = [one.get("imageDigest") for one in given["imageIds"]]
        return {"images": [{"imageId": {"imageDigest": one}} for one in asked if one == THERE], "failures": []}


def test_only_what_certainly_does_not_exist_is_gone() -> None:
    images = {
        f"{HOST}/api@{THERE}": False,
        f"{HOST}/api@{GONE}": True,
        f"{HOST}/old@{THERE}": True,
        f"{HOST}/secret@{GONE}": False,
        f"registry.example.com/api@{GONE}": False,
        f"{HOST}/api:1.0": False,
        "no reference at all!": False,
    }
    registry = Ecr(Aws(), "prod-shop")  # type: ignore[arg-type]
    assert list(registry.gone(list(images))) == [image for image, gone in images.items() if gone]
