"""ECR: repositories, images and indexes, immutable tags, policies of repositories and lifecycles, other accounts."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from rehearsal.container_images import INDEX, MANIFEST, build, push
from rehearsal.extensions.ecr_lifecycle_rules import Candidate, expired, problem
from rehearsal.testing import Cloud

from .conftest import ACCOUNT, REGION, refused

OTHER = "345678901234"
DAY = 86_400
IMMUTABLE = {"imageTagMutability": "IMMUTABLE"}
EXCLUDED = {
    "imageTagMutability": "IMMUTABLE_WITH_EXCLUSION",
    "imageTagMutabilityExclusionFilters": [{"filterType": "WILDCARD", "filter": "dev-*"}],
}


@pytest.fixture
def ecr(cloud: Cloud) -> Any:
    return cloud.client("ecr")


def tags(ecr: Any, **identity: str) -> list[str]:
    (found,) = ecr.describe_images(repositoryName="shop/api", imageIds=[identity])["imageDetails"]
    return sorted(found.get("imageTags", []))


# --- repositories ---


def test_the_life_of_a_repository(ecr: Any, cloud: Cloud) -> None:
    key = cloud.client("kms").create_key()["KeyMetadata"]["Arn"]
    made = ecr.create_repository(
        repositoryName="shop/api",
        tags=[{"Key": "a", "Value": "1"}],
        imageScanningConfiguration={"scanOnPush": True},
        encryptionConfiguration={"encryptionType": "KMS", "kmsKey": key},
        **EXCLUDED,
    )["repository"]
    assert made["repositoryUri"] == f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/shop/api"
    assert made["encryptionConfiguration"] == {"encryptionType": "KMS", "kmsKey": key}
    assert refused(ecr.create_repository, repositoryName="shop/api") == "RepositoryAlreadyExistsException"
    ecr.put_image_tag_mutability(repositoryName="shop/api", **IMMUTABLE)
    (seen,) = ecr.describe_repositories(repositoryNames=["shop/api"])["repositories"]
    assert seen["imageTagMutability"] == "IMMUTABLE"
    assert "imageTagMutabilityExclusionFilters" not in seen
    tagging = cloud.client("resourcegroupstaggingapi").get_resources(ResourceTypeFilters=["ecr:repository"])["ResourceTagMappingList"]
    assert [one["ResourceARN"] for one in tagging] == [made["repositoryArn"]]
    push(ecr, "shop/api", "v1")
    assert refused(ecr.delete_repository, repositoryName="shop/api") == "RepositoryNotEmptyException"
    ecr.delete_repository(repositoryName="shop/api", force=True)
    assert refused(ecr.describe_repositories, repositoryNames=["shop/api"]) == "RepositoryNotFoundException"


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ({"repositoryName": "Shop"}, "InvalidParameterException"),
        ({"imageTagMutability": "IMMUTABLE_WITH_EXCLUSION"}, "InvalidParameterException"),
        ({**EXCLUDED, "imageTagMutability": "IMMUTABLE"}, "InvalidParameterException"),
        (
            {**EXCLUDED, "imageTagMutabilityExclusionFilters": [{"filterType": "WILDCARD", "filter": "*a*b*"}]},
            "InvalidParameterException",
        ),
        ({"encryptionConfiguration": {"encryptionType": "AES256", "kmsKey": "x"}}, "InvalidParameterException"),
        ({"encryptionConfiguration": {"encryptionType": "KMS", "kmsKey": "alias/none"}}, "KmsException"),
        ({"tags": [{"Key": "aws:x", "Value": ""}]}, "InvalidTagParameterException"),
    ],
)
def test_repositories_that_are_refused(ecr: Any, settings: dict[str, Any], code: str) -> None:
    assert refused(ecr.create_repository, **{"repositoryName": "shop/api", **settings}) == code


# --- images ---


def test_an_index_and_its_children(ecr: Any) -> None:
    ecr.create_repository(repositoryName="shop/api", **IMMUTABLE)
    digests = push(ecr, "shop/api", "v1")
    reply = ecr.batch_get_image(
        repositoryName="shop/api",
        imageIds=[{"imageTag": "v1"}, {"imageDigest": digests["linux/arm64"]}, {"imageTag": "v2"}],
        acceptedMediaTypes=[INDEX, MANIFEST],
    )
    index, child = reply["images"]
    assert index["imageId"] == {"imageTag": "v1", "imageDigest": digests[""]}
    assert index["imageManifestMediaType"] == INDEX
    assert {one["digest"] for one in json.loads(index["imageManifest"])["manifests"]} == set(digests.values()) - {digests[""]}
    assert child["imageManifestMediaType"] == MANIFEST
    assert [(one["imageId"], one["failureCode"]) for one in reply["failures"]] == [({"imageTag": "v2"}, "ImageNotFound")]
    untagged = ecr.list_images(repositoryName="shop/api", filter={"tagStatus": "UNTAGGED"})["imageIds"]
    assert {one["imageDigest"] for one in untagged} == {digests["linux/amd64"], digests["linux/arm64"]}


def test_a_client_that_does_not_accept_indexes_gets_a_child(ecr: Any) -> None:
    ecr.create_repository(repositoryName="shop/api")
    digests = push(ecr, "shop/api", "v1")
    (got,) = ecr.batch_get_image(repositoryName="shop/api", imageIds=[{"imageTag": "v1"}], acceptedMediaTypes=[MANIFEST])["images"]
    assert got["imageId"]["imageDigest"] == digests["linux/amd64"]


def test_an_image_says_its_platform_in_its_configuration(ecr: Any) -> None:
    ecr.create_repository(repositoryName="shop/api")
    push(ecr, "shop/api", "v1", ["linux/arm64"])
    (image,) = ecr.batch_get_image(repositoryName="shop/api", imageIds=[{"imageTag": "v1"}])["images"]
    digest = json.loads(image["imageManifest"])["config"]["digest"]
    assert ecr.get_download_url_for_layer(repositoryName="shop/api", layerDigest=digest)["downloadUrl"].startswith("data:")
    assert refused(ecr.get_download_url_for_layer, repositoryName="shop/api", layerDigest=f"sha256:{'0' * 64}") == "LayersNotFoundException"


def test_tags_of_immutable_repositories_are_added_and_removed_but_never_moved(ecr: Any) -> None:
    ecr.create_repository(repositoryName="shop/api", **EXCLUDED)
    first, second = build("shop/api", "v1", ["linux/amd64"]), build("shop/api", "v2", ["linux/amd64"])
    for one in (first, second):
        ecr.put_image(repositoryName="shop/api", imageManifest=one.text, imageTag=one.tag)
    assert refused(ecr.put_image, repositoryName="shop/api", imageManifest=second.text, imageTag="v1") == "ImageTagAlreadyExistsException"
    assert refused(ecr.put_image, repositoryName="shop/api", imageManifest=first.text, imageTag="v1") == "ImageAlreadyExistsException"
    ecr.put_image(repositoryName="shop/api", imageManifest=first.text, imageTag="dev-a")
    ecr.put_image(repositoryName="shop/api", imageManifest=second.text, imageTag="dev-a")
    assert (tags(ecr, imageTag="v1"), tags(ecr, imageTag="v2")) == (["v1"], ["dev-a", "v2"])
    ecr.put_image(repositoryName="shop/api", imageManifest=first.text, imageTag="deployed")
    ecr.batch_delete_image(repositoryName="shop/api", imageIds=[{"imageTag": "v1"}])
    assert tags(ecr, imageDigest=first.digests()[""]) == ["deployed"]
    ecr.batch_delete_image(repositoryName="shop/api", imageIds=[{"imageTag": "deployed"}])
    assert (
        refused(ecr.describe_images, repositoryName="shop/api", imageIds=[{"imageDigest": first.digests()[""]}]) == "ImageNotFoundException"
    )


def test_a_tag_moves_where_it_may_and_the_old_image_stays(ecr: Any) -> None:
    ecr.create_repository(repositoryName="shop/api")
    before, after = (push(ecr, "shop/api", "latest", ["linux/amd64"], content=one)[""] for one in "ab")
    assert (tags(ecr, imageDigest=before), tags(ecr, imageDigest=after)) == ([], ["latest"])


def test_what_an_index_references_must_exist_and_stays_with_it(ecr: Any) -> None:
    ecr.create_repository(repositoryName="shop/api")
    text = build("shop/api", "v1").text
    assert refused(ecr.put_image, repositoryName="shop/api", imageManifest=text, imageTag="v1") == "ReferencedImagesNotFoundException"
    digests = push(ecr, "shop/api", "v1")
    child = {"imageDigest": digests["linux/arm64"]}
    reply = ecr.batch_delete_image(repositoryName="shop/api", imageIds=[child])
    assert [one["failureCode"] for one in reply["failures"]] == ["ImageReferencedByManifestList"]
    assert not ecr.batch_delete_image(repositoryName="shop/api", imageIds=[{"imageTag": "v1"}, child])["failures"]


def test_lists_have_pages(ecr: Any) -> None:
    ecr.create_repository(repositoryName="shop/api")
    for number in range(5):
        push(ecr, "shop/api", f"v{number}", ["linux/amd64"])
    paginator = ecr.get_paginator("list_images").paginate(repositoryName="shop/api", PaginationConfig={"PageSize": 2})
    assert [len(page["imageIds"]) for page in paginator] == [2, 2, 1]


def test_images_appear_in_a_repository_that_is_created_later(ecr: Any, cloud: Cloud) -> None:
    cloud.admin.settings(pushed_images={"shop/api": ["v1", {"tag": "v2", "platforms": ["linux/arm64"]}]})
    ecr.create_repository(repositoryName="shop/api", **IMMUTABLE)
    found = ecr.batch_get_image(repositoryName="shop/api", imageIds=[{"imageTag": "v1"}, {"imageTag": "v2"}])["images"]
    assert [one["imageManifestMediaType"] for one in found] == [INDEX, MANIFEST]


# --- policies of repositories ---


def allowing(principal: str, *actions: str) -> str:
    statement = {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": [f"ecr:{one}" for one in actions]}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def test_a_policy_admits_another_account(ecr: Any, cloud: Cloud) -> None:
    ecr.create_repository(repositoryName="shop/api")
    push(ecr, "shop/api", "v1")
    cloud.admin.account(OTHER)
    theirs = cloud.client("ecr", account_id=OTHER)
    asking = {"registryId": ACCOUNT, "repositoryName": "shop/api", "imageIds": [{"imageTag": "v1"}]}
    assert refused(theirs.batch_get_image, **asking) == "AccessDeniedException"
    ecr.set_repository_policy(repositoryName="shop/api", policyText=allowing(f"arn:aws:iam::{OTHER}:root", "BatchGetImage"))
    assert len(theirs.batch_get_image(**asking)["images"]) == 1
    assert refused(theirs.describe_images, **asking) == "AccessDeniedException"
    assert refused(theirs.batch_get_image, **{**asking, "repositoryName": "none"}) == "RepositoryNotFoundException"
    ecr.delete_repository_policy(repositoryName="shop/api")
    assert refused(ecr.get_repository_policy, repositoryName="shop/api") == "RepositoryPolicyNotFoundException"


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "{}",
        allowing(f"arn:aws:iam::{ACCOUNT}:role/none", "BatchGetImage"),
        allowing("*", "GetAuthorizationToken"),
        allowing("*", "BatchGetImage").replace('"Effect"', '"Resource": "*", "Effect"'),
        allowing("*"),
    ],
)
def test_policies_that_are_refused(ecr: Any, text: str) -> None:
    ecr.create_repository(repositoryName="shop/api")
    assert refused(ecr.set_repository_policy, repositoryName="shop/api", policyText=text) == "InvalidParameterException"


# --- lifecycles ---


def rule(priority: int, status: str, number: int, count: str = "imageCountMoreThan", **lists: list[str]) -> dict[str, Any]:
    unit = {} if count == "imageCountMoreThan" else {"countUnit": "days"}
    selection = {"tagStatus": status, "countType": count, "countNumber": number, **unit, **lists}
    return {"rulePriority": priority, "selection": selection, "action": {"type": "expire"}}


def policy(*rules: dict[str, Any]) -> str:
    return json.dumps({"rules": list(rules)})


NOW = datetime(2030, 1, 31, tzinfo=UTC)


def image(name: str, *tagged: str, age: int = 0, pulled: int | None = None, referenced: bool = False) -> Candidate:
    pushed = NOW - timedelta(days=age)
    return Candidate(name, tagged, pushed, pushed if pulled is None else NOW - timedelta(days=pulled), referenced)


KEEPING = rule(1, "tagged", 9999, tagPrefixList=["deployed-"])
EXPIRED: dict[str, tuple[str, list[Candidate], dict[str, int]]] = {
    "the youngest stay": (policy(rule(1, "any", 1)), [image("a", "1", age=2), image("b", "2", age=1)], {"a": 1}),
    "by age": (policy(rule(1, "any", 7, "sinceImagePushed")), [image("a", "1", age=8), image("b", "2", age=6)], {"a": 1}),
    "by the last pull": (policy(rule(1, "any", 7, "sinceImagePulled")), [image("a", "1", age=30, pulled=6), image("b", age=8)], {"b": 1}),
    "a protected image survives": (policy(KEEPING, rule(2, "any", 1)), [image("a", "1", "deployed-x", age=9), image("b", "2")], {}),
    "it counts for later rules": (
        policy(KEEPING, rule(2, "any", 1)),
        [image("a", "1", age=9), image("b", "deployed-x"), image("c", "3", age=1)],
        {"a": 2, "c": 2},
    ),
    "without the first rule it does not survive": (policy(rule(2, "any", 1)), [image("a", "deployed-x", age=9), image("b")], {"a": 2}),
    "all prefixes are needed": (policy(rule(1, "tagged", 1, "sinceImagePushed", tagPrefixList=["a", "b"])), [image("x", "a1", age=9)], {}),
    "patterns": (policy(rule(1, "tagged", 1, "sinceImagePushed", tagPatternList=["*-dev"])), [image("x", "a-dev", age=9)], {"x": 1}),
    "untagged ones": (policy(rule(1, "untagged", 1, "sinceImagePushed")), [image("x", age=9), image("y", "1", age=9)], {"x": 1}),
    "not the child of an index": (policy(rule(1, "untagged", 1, "sinceImagePushed")), [image("x", age=9, referenced=True)], {}),
}


@pytest.mark.parametrize("name", EXPIRED)
def test_what_a_lifecycle_expires(name: str) -> None:
    text, images, gone = EXPIRED[name]
    assert expired(text, images, NOW) == gone


REFUSED = {
    "one priority twice": policy(KEEPING, rule(1, "any", 1)),
    "any before others": policy(rule(1, "any", 1), rule(2, "untagged", 1)),
    "untagged twice": policy(rule(1, "untagged", 1), rule(2, "untagged", 2)),
    "the same prefixes twice": policy(KEEPING, {**KEEPING, "rulePriority": 2}),
    "tagged without tags": policy(rule(1, "tagged", 1)),
    "tags of any": policy(rule(1, "any", 1, tagPrefixList=["a"])),
    "zero": policy(rule(1, "any", 0)),
    "too many wildcards": policy(rule(1, "tagged", 1, tagPatternList=["*a*b*c*d*"])),
    "no rules": json.dumps({"rules": []}) + " " * 100,
    "too short": "{}",
}


@pytest.mark.parametrize("name", REFUSED)
def test_lifecycles_that_are_refused(name: str) -> None:
    assert problem(REFUSED[name])


def test_a_lifecycle_is_carried_out(ecr: Any, cloud: Cloud) -> None:
    ecr.create_repository(repositoryName="shop/api", **IMMUTABLE)
    assert refused(ecr.get_lifecycle_policy, repositoryName="shop/api") == "LifecyclePolicyNotFoundException"
    kept, gone = push(ecr, "shop/api", "v1"), push(ecr, "shop/api", "v2")
    ecr.put_image(repositoryName="shop/api", imageManifest=build("shop/api", "v1").text, imageTag="deployed-x")
    text = policy(KEEPING, rule(2, "any", 7, "sinceImagePushed"))
    ecr.put_lifecycle_policy(repositoryName="shop/api", lifecyclePolicyText=text)
    cloud.admin.settings(clock_ahead_seconds=8 * DAY)
    ecr.start_lifecycle_policy_preview(repositoryName="shop/api")
    preview = ecr.get_lifecycle_policy_preview(repositoryName="shop/api")["previewResults"]
    assert [(one["imageDigest"], one["appliedRulePriority"]) for one in preview] == [(gone[""], 2)]
    assert set(cloud.admin.happen("ecr", "lifecycle_policies")["expired"]["shop/api"]) == set(gone.values())
    left = {one["imageDigest"] for one in ecr.list_images(repositoryName="shop/api")["imageIds"]}
    assert left == set(kept.values())


def test_a_lifecycle_policy_that_is_wrong_is_refused(ecr: Any) -> None:
    ecr.create_repository(repositoryName="shop/api")
    with pytest.raises(ClientError, match="Lifecycle policy validation failure: rulePriority must be unique"):
        ecr.put_lifecycle_policy(repositoryName="shop/api", lifecyclePolicyText=REFUSED["one priority twice"])
