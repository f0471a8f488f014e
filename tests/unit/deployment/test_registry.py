"""Which images of a release are gone from ECR, and which are protected."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from ansible_collections.mainstay.aws.plugins.module_utils.deployment.modes.images import by_tag
from ansible_collections.mainstay.aws.plugins.module_utils.deployment.record import Release
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
        held = ({"imageDigest": THERE}, {"imageDigest": THERE, "imageTag": "1.0"})
        return {"images": [{"imageId": one} for one in held if {"imageDigest": THERE} in given["imageIds"] or "imageTag" in one]}


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
    registry = Ecr(Aws(), "prod.shop")  # type: ignore[arg-type]
    assert list(registry.gone(list(images))) == [image for image, gone in images.items() if gone]


def test_tags_are_resolved_where_ecr_can_be_read() -> None:
    given = {
        f"{HOST}/api:1.0": THERE,
        f"{HOST}/api@{THERE}": THERE,
        f"{HOST}/api:2.0": "",
        f"{HOST}/old:1.0": "",
        f"{HOST}/secret:1.0": None,
        "registry.example.com/api:1.0": None,
        "api:1.0": None,
        "no reference at all!": None,
    }
    found = Ecr(Aws(), "prod.shop").pin(list(given))  # type: ignore[arg-type]
    assert found.images == {image: f"{HOST}/api@{digest}" for image, digest in given.items() if digest}
    assert sorted(found.missing) == sorted(image for image, digest in given.items() if digest == "")


def test_what_a_chart_runs_by_tag_is_said_once_with_what_to_do() -> None:
    images = [f"{HOST}/api:1.0", f"{HOST}/web@{THERE}", "nginx:1"]
    said = by_tag(images, {images[0]: f"{HOST}/api@{THERE}"}, "the chart's values")
    assert said.startswith(f"images are named by tag: {HOST}/api:1.0, nginx:1. If a tag is moved")
    assert said.endswith(f"name them by digest in the chart's values, such as {HOST}/api@{THERE}")
    assert by_tag(["nginx:1"], {}, "Git").endswith("in Git, such as nginx:1@sha256:<digest>")
    assert by_tag(images[1:2], {}, "Git") == ""


def test_a_release_runs_the_images_of_its_objects_and_of_its_chart() -> None:
    pod = {"kind": "Pod", "spec": {"containers": [{"image": "b"}]}}
    assert Release("1", objects=(pod,), progress={"images": ["a", "b"]}).runs == ["a", "b"]
