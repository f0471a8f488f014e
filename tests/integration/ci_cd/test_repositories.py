# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The life of repositories: a plan from nothing, an apply, drift, changes, consent, and what a lifecycle policy leaves."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.aws.connection import Aws
from ansible_collections.mainstay.aws.plugins.module_utils.images.protecting import Kept, protect, unprotect, user_of
from ansible_collections.mainstay.aws.plugins.module_utils.images.references import Repository
from ansible_collections.mainstay.aws.plugins.module_utils.images.resolving import resolve
from rehearsal.container_images import push
from tests.integration.site import Requests, summary, touched

from .support import ACCOUNT, EVERYTHING, REGION, Site

DAY = 86_400
API = "prod-registry/api"
OTHER = "345678901234"
REPOSITORIES: dict[str, Any] = {
    "api": {"pull_accounts": [OTHER], "exclusions": ["dev-*"], "tags": {"team": "shop"}},
    "web": {"name": "shop/web", "encryption": "aes256", "tag_mutability": "mutable"},
}


@pytest.fixture
def site(cloud: Any) -> Site:
    return Site(cloud)


def test_the_whole_life(site: Site) -> None:
    desired = site.desired(REPOSITORIES)
    assert summary(site.plan(desired)) == dict.fromkeys(["ecr_repository.api", "ecr_repository.web", "kms_key.images"], "create")
    site.apply(desired)
    seen, ecr = site.described(API), site.cloud.client("ecr")
    assert seen["imageTagMutability"] == "IMMUTABLE_WITH_EXCLUSION"
    assert seen["imageScanningConfiguration"] == {"scanOnPush": True}
    (alias,) = site.cloud.client("kms").list_aliases(KeyId=seen["encryptionConfiguration"]["kmsKey"])["Aliases"]
    assert alias["AliasName"] == "alias/mainstay/prod/registry/images"
    policy = json.loads(ecr.get_repository_policy(repositoryName=API)["policyText"])
    assert policy["Statement"][0]["Principal"] == {"AWS": f"arn:aws:iam::{OTHER}:root"}
    assert site.described("shop/web")["imageTagMutabilityExclusionFilters"] == [{"filterType": "WILDCARD", "filter": "deployed-*"}]
    tags = {one["Key"]: one["Value"] for one in ecr.list_tags_for_resource(resourceArn=seen["repositoryArn"])["tags"]}
    assert tags.items() >= {"team": "shop", "owner": "platform", "mainstay:address": "ecr_repository.api"}.items()

    requests = Requests(site.cloud)
    assert summary(site.plan(desired)) == {}
    site.apply(desired)
    assert requests.changes() == []
    looks = Requests(site.cloud)
    site.observed()
    assert len(looks.reads()) == 8 + 3 * len(REPOSITORIES), "the key's calls, two for all repositories, and three for each"

    changed = {
        "api": {"tag_mutability": "mutable", "scan_on_push": False, "lifecycle": {"rules": [{"keep": 9}]}},
        "web": {**REPOSITORIES["web"], "pull_organization": "o-abcdefghij", "tag_mutability": "immutable"},
    }
    assert touched(site.plan(site.desired(changed))) == {
        "ecr_repository.api": {"lifecycle_policy", "policy", "scan_on_push", "tag_mutability", "tags"},
        "ecr_repository.web": {"policy", "tag_mutability"},
    }
    site.apply(site.desired(changed))
    assert summary(site.plan(site.desired(changed))) == {}

    site.domain_of(None, state="absent")
    site.apply([], purge=EVERYTHING)
    assert ecr.describe_repositories()["repositories"] == []
    assert (
        site.cloud.client("kms").describe_key(KeyId=seen["encryptionConfiguration"]["kmsKey"])["KeyMetadata"]["KeyState"]
        == "PendingDeletion"
    )


DRIFT: dict[str, Callable[[Any], object]] = {
    "tag_mutability": lambda ecr: ecr.put_image_tag_mutability(repositoryName=API, imageTagMutability="MUTABLE"),
    "scan_on_push": lambda ecr: ecr.put_image_scanning_configuration(repositoryName=API, imageScanningConfiguration={"scanOnPush": False}),
    "policy": lambda ecr: ecr.delete_repository_policy(repositoryName=API),
    "lifecycle_policy": lambda ecr: ecr.delete_lifecycle_policy(repositoryName=API),
    "tags": lambda ecr: ecr.untag_resource(resourceArn=f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/{API}", tagKeys=["team"]),
}


def test_drift_is_shown_and_corrected(site: Site) -> None:
    desired, ecr = site.desired(REPOSITORIES), site.cloud.client("ecr")
    site.apply(desired)
    before: set[str] = set()
    for name, by_hand in DRIFT.items():
        by_hand(ecr)
        assert touched(site.plan(desired)) == {"ecr_repository.api": {*before, name}}
        before.add(name)
    site.apply(desired)
    assert summary(site.plan(desired)) == {}


def test_what_would_lose_images_requires_consent_that_names_the_kind(site: Site) -> None:
    site.apply(site.desired(REPOSITORIES))
    push(site.cloud.client("ecr"), "shop/web", "v1")
    other = site.desired({**REPOSITORIES, "web": {"name": "shop/web"}})
    assert summary(site.plan(other)) == {"ecr_repository.web": "replace (no consent)"}
    assert summary(site.plan(other, allow_replace=["*"])) == {"ecr_repository.web": "replace (no consent)"}
    assert summary(site.plan(other, allow_replace=["ecr_repository.*"])) == {"ecr_repository.web": "replace"}
    fewer = site.desired({"api": REPOSITORIES["api"]})
    assert summary(site.plan(fewer, purge=["*"])) == {"ecr_repository.web": "delete (no consent)"}
    site.apply(fewer, purge=["ecr_repository.web"])
    assert [one["repositoryName"] for one in site.cloud.client("ecr").describe_repositories()["repositories"]] == [API]


def test_a_repository_of_another_owner_is_left_alone(site: Site) -> None:
    ecr = site.cloud.client("ecr")
    ecr.create_repository(repositoryName=API)
    result = site.try_apply(site.desired({"api": {}}))
    assert [one.address for one in result.failures] == ["ecr_repository.api"]
    assert site.described(API)["imageTagMutability"] == "MUTABLE"
    assert ecr.list_tags_for_resource(resourceArn=f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/{API}")["tags"] == []


def test_what_is_deployed_survives_every_lifecycle_and_its_repository_stays(site: Site, connect: Callable[..., Aws]) -> None:
    """Two releases are deployed by two environments; then a hundred days pass, and the policy keeps one image."""
    ecr = site.cloud.client("ecr")
    site.apply(site.desired({"api": {"lifecycle": {"untagged_days": 1, "rules": [{"keep": 1}]}}}))
    digests = [push(ecr, API, f"v{number}") for number in range(4)]
    at = Repository(ACCOUNT, REGION, API)
    prod, dev = user_of("prod", "shop"), user_of("dev", "shop")
    assert not protect(connect(), [Kept(at, digests[0][""])], prod).problems
    assert not protect(connect(), [Kept(at, digests[1][""])], dev).problems
    site.cloud.admin.settings(clock_ahead_seconds=100 * DAY)
    site.cloud.admin.happen("ecr", "lifecycle_policies")
    left = {one["imageDigest"] for one in ecr.list_images(repositoryName=API)["imageIds"]}
    assert left == {*digests[0].values(), *digests[1].values(), *digests[3].values()}
    host = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/{API}"
    assert not resolve(connect("plan"), [f"{host}@{digests[0]['']}", f"{host}@{digests[0]['linux/arm64']}"]).problems

    (refusal,) = site.checked(site.plan(site.desired({}), purge=EVERYTHING)).refusals
    assert f"dev.shop, {prod} deployed images of the repository {API}" in str(refusal)
    site.domain_of(None, state="absent")
    (refusal,) = site.checked(site.plan([], purge=EVERYTHING)).refusals
    assert "dev.shop deployed images" in str(refusal)
    site.domain_of(None, deployed=True)
    assert "dev.shop" in site.domain.findings(site.observed())["protected"][0]  # type: ignore[union-attr]

    unprotect(connect(), [Kept(at, digests[1][""])], dev)
    site.domain_of(None, state="absent")
    assert not site.checked(site.plan([], purge=EVERYTHING)).refusals
    site.cloud.admin.happen("ecr", "lifecycle_policies")
    left = {one["imageDigest"] for one in ecr.list_images(repositoryName=API)["imageIds"]}
    assert left == {*digests[0].values(), *digests[3].values()}


def test_the_accounts_scanning_is_read(site: Site) -> None:
    assert site.notes(REPOSITORIES) == []
    rule = {"scanFrequency": "SCAN_ON_PUSH", "repositoryFilters": [{"filter": "prod-*", "filterType": "WILDCARD"}]}
    site.cloud.client("ecr").put_registry_scanning_configuration(scanType="ENHANCED", rules=[rule])
    (note,) = site.notes(REPOSITORIES)
    assert "no rule of it selects shop/web" in note
