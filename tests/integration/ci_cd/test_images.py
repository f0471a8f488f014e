# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Images in a rehearsed registry: resolved in few calls, missing ones named, other accounts and regions, protected by tags."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.aws.connection import Aws
from ansible_collections.mainstay.aws.plugins.module_utils.images.protecting import Kept, Outcome, protect, protecting_tag, unprotect
from ansible_collections.mainstay.aws.plugins.module_utils.images.references import Repository
from ansible_collections.mainstay.aws.plugins.module_utils.images.resolving import resolve
from rehearsal.container_images import push
from rehearsal.testing import Cloud
from tests.integration.site import ACCOUNT, Requests

from .conftest import REGION

OTHER = "345678901234"
AWAY = "eu-west-1"
HOST = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com"
API = Repository(ACCOUNT, REGION, "shop/api")
USER = "prod.shop"


@dataclass
class Registry:
    """Repositories with images: shop/api with two indexes and an image for arm64, shop/web with an index, other/job in another account,
    shop/api in another region."""

    cloud: Cloud
    digests: dict[str, str]

    def tags(self, digest: str) -> list[str]:
        found = self.cloud.client("ecr").describe_images(repositoryName="shop/api", imageIds=[{"imageDigest": digest}])
        return sorted(found["imageDetails"][0].get("imageTags", []))


@pytest.fixture
def registry(cloud: Cloud, ecr: Any) -> Registry:
    for name in ("shop/api", "shop/web"):
        ecr.create_repository(repositoryName=name, imageTagMutability="IMMUTABLE")
    cloud.admin.account(OTHER)
    theirs, away = cloud.client("ecr", account_id=OTHER), cloud.client("ecr", region=AWAY)
    theirs.create_repository(repositoryName="other/job")
    away.create_repository(repositoryName="shop/api")
    pull = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "ecr:BatchGetImage"}
    theirs.set_repository_policy(repositoryName="other/job", policyText=json.dumps({"Version": "2012-10-17", "Statement": [pull]}))
    digests = {
        "api1": push(ecr, "shop/api", "v1")[""],
        "api2": push(ecr, "shop/api", "v2")[""],
        "arm": push(ecr, "shop/api", "arm", ["linux/arm64"])[""],
        "web": push(ecr, "shop/web", "v1")[""],
        "job": push(theirs, "other/job", "v1")[""],
        "away": push(away, "shop/api", "v1", content="away")[""],
    }
    return Registry(cloud, digests)


def test_images_are_resolved_with_one_call_for_each_repository(registry: Registry, connect: Callable[..., Aws], requests: Requests) -> None:
    texts = {
        "api1": f"{HOST}/shop/api:v1",
        "api2": f"{HOST}/shop/api:v2",
        "web": f"{HOST}/shop/web:v1",
        "job": f"{OTHER}.dkr.ecr.{REGION}.amazonaws.com/other/job:v1",
        "away": f"{ACCOUNT}.dkr.ecr.{AWAY}.amazonaws.com/shop/api:v1",
    }
    aws = connect("plan")
    found = resolve(aws, list(texts.values()))
    assert not found.problems
    assert {name: found.images[text].digest for name, text in texts.items()} == {name: registry.digests[name] for name in texts}
    assert found.images[texts["api1"]].pinned == f"{HOST}/shop/api@{registry.digests['api1']}"
    assert all(one.is_index and one.platforms == {"linux/amd64", "linux/arm64"} for one in found.images.values())
    assert aws.counts == {"read": 4, "write": 0}


def test_a_digest_is_taken_as_it_is_and_checked(registry: Registry, connect: Callable[..., Aws]) -> None:
    there, gone = f"{HOST}/shop/api:v2@{registry.digests['api1']}", f"{HOST}/shop/api@sha256:{'0' * 64}"
    found = resolve(connect("plan"), [there, gone])
    assert found.images[there].digest == registry.digests["api1"]
    (problem,) = found.problems
    assert f"digest sha256:{'0' * 64}" in problem
    assert "shop/api" in problem


def test_an_image_without_an_index_says_its_platform(registry: Registry, connect: Callable[..., Aws]) -> None:
    text = f"{HOST}/shop/api:arm"
    found = resolve(connect("plan"), [text]).images[text]
    assert (found.is_index, found.platforms) == (False, {"linux/arm64"})


def test_everything_that_is_missing_is_reported_at_once(registry: Registry, connect: Callable[..., Aws]) -> None:
    texts = [
        f"{HOST}/shop/api:v9",
        f"{HOST}/shop/none:v1",
        f"{HOST}/shop/web",
        "nginx:1.27",
        f"{OTHER}.dkr.ecr.{REGION}.amazonaws.com/other/none:v1",
        f"{HOST}/shop/web:v1",
    ]
    found = resolve(connect("plan"), texts)
    assert list(found.images) == [texts[-1]]
    said = "\n".join(found.problems)
    assert len(found.problems) == 5
    assert f"shop/api in the registry of account {ACCOUNT} in {REGION} has no image with the tag v9" in said
    assert f"shop/none in the registry of account {ACCOUNT} in {REGION} does not exist" in said
    assert "has neither a tag nor a digest" in said
    assert "Docker Hub, whose tags are not resolved" in said


def test_a_repository_of_another_account_that_does_not_admit_us_is_named(registry: Registry, connect: Callable[..., Aws]) -> None:
    registry.cloud.client("ecr", account_id=OTHER).delete_repository_policy(repositoryName="other/job")
    (problem,) = resolve(connect("plan"), [f"{OTHER}.dkr.ecr.{REGION}.amazonaws.com/other/job:v1"]).problems
    assert f"other/job in the registry of account {OTHER}" in problem
    assert "pull_accounts" in problem


def test_images_of_other_registries(connect: Callable[..., Aws]) -> None:
    pinned = f"registry.example/org/app@sha256:{'a' * 64}"
    aws = connect("plan")
    assert resolve(aws, [pinned]).images[pinned].pinned == pinned
    assert aws.counts["read"] == 0


# -- protection ----------------------------------------------------------------------------------------------------------------------


def test_protection_is_a_tag_that_is_added_once_and_removed(registry: Registry, connect: Callable[..., Aws]) -> None:
    digest = registry.digests["api1"]
    image, tag = Kept(API, digest), protecting_tag(USER, digest)
    assert protect(connect(), [image], USER).changed == [image]
    assert registry.tags(digest) == [tag, "v1"]
    again = connect("plan")
    assert protect(again, [image], USER) == Outcome()
    assert again.counts == {"read": 1, "write": 0}
    protect(connect(), [image], "dev.shop")
    assert unprotect(connect(), [image], USER).changed == [image]
    assert registry.tags(digest) == [protecting_tag("dev.shop", digest), "v1"]
    assert unprotect(connect("plan"), [image], USER) == Outcome()


def test_an_image_is_not_deleted_with_its_protection(registry: Registry, connect: Callable[..., Aws], ecr: Any) -> None:
    digest = registry.digests["api1"]
    protect(connect(), [Kept(API, digest)], USER)
    ecr.batch_delete_image(repositoryName="shop/api", imageIds=[{"imageTag": "v1"}])
    assert unprotect(connect(), [Kept(API, digest)], USER).changed == [Kept(API, digest)]
    assert [tag[:8] for tag in registry.tags(digest)] == ["retired-"]


def test_what_is_gone_cannot_be_protected(registry: Registry, connect: Callable[..., Aws]) -> None:
    gone, there = Kept(API, f"sha256:{'0' * 64}"), Kept(API, registry.digests["api1"])
    found = protect(connect(), [gone, there], USER)
    assert found.changed == [there]
    assert len(found.problems) == 1
    assert gone.digest in found.problems[0]
    assert unprotect(connect(), [gone, there], USER) == Outcome([there])
    none = Kept(Repository(ACCOUNT, REGION, "shop/none"), gone.digest)
    assert "shop/none" in protect(connect(), [none], USER).problems[0]


def test_without_rights_every_image_is_reported(registry: Registry, connect: Callable[..., Aws]) -> None:
    found = protect(connect("plan"), [Kept(API, registry.digests["api1"]), Kept(Repository(OTHER, REGION, "other/job"), "x")], USER)
    assert not found.changed
    assert len(found.problems) == 2
    assert any("ecr:PutImage" in one for one in found.problems)


@pytest.fixture
def lost(registry: Registry) -> Callable[[str], None]:
    return lambda operation: registry.cloud.admin.fault("ecr", operation, fault="reset_after")


@pytest.mark.parametrize("operation", ["PutImage", "BatchDeleteImage"])
def test_a_lost_reply_changes_nothing(registry: Registry, connect: Callable[..., Aws], lost: Callable[[str], None], operation: str) -> None:
    image = Kept(API, registry.digests["api1"])
    if operation == "PutImage":
        lost(operation)
    assert protect(connect(), [image], USER) == Outcome([image])
    if operation == "BatchDeleteImage":
        lost(operation)
    assert unprotect(connect(), [image], USER) == Outcome([image])
    assert registry.tags(image.digest) == ["v1"]
