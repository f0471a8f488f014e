# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Repositories: what is accepted, the policies and resources that follow from it, and who may delete what."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.aws.place import Place
from ansible_collections.mainstay.aws.plugins.module_utils.domains.repositories.access import repository_policy
from ansible_collections.mainstay.aws.plugins.module_utils.domains.repositories.domain import refusals
from ansible_collections.mainstay.aws.plugins.module_utils.domains.repositories.kinds.deployed import users
from ansible_collections.mainstay.aws.plugins.module_utils.domains.repositories.kinds.ecr_repository import lifecycle
from ansible_collections.mainstay.aws.plugins.module_utils.domains.repositories.lifecycle import lifecycle_policy
from ansible_collections.mainstay.aws.plugins.module_utils.domains.repositories.outputs import outputs
from ansible_collections.mainstay.aws.plugins.module_utils.domains.repositories.preflight import role_errors
from ansible_collections.mainstay.aws.plugins.module_utils.domains.repositories.resources import build
from ansible_collections.mainstay.aws.plugins.module_utils.domains.repositories.scanning import scanning_notes
from ansible_collections.mainstay.aws.plugins.module_utils.domains.repositories.settings.repositories import Repository
from ansible_collections.mainstay.aws.plugins.module_utils.domains.repositories.validate import validate
from ansible_collections.mainstay.aws.plugins.module_utils.images.protecting import protecting_tag, user_of
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import Observed, ref
from rehearsal.extensions.ecr_lifecycle_rules import Candidate, expired, problem

PLACE = Place("prod", "registry", "af-south-1", "123456789012", tags={"owner": "platform"})
DIGEST = f"sha256:{'ab' * 32}"


def read(**repositories: Any) -> dict[str, Repository]:
    found, problems = validate(repositories, "ci_cd_repositories", "prod", "registry")
    assert not problems, problems
    return found


def test_the_defaults_are_safe() -> None:
    (one,) = read(api=None).values()
    assert (one.aws_name, one.mutable, one.exclusions, one.scan_on_push, one.encryption) == ("prod-registry/api", False, (), True, "kms")
    assert not one.access
    assert (one.untagged_days, one.rules) == (14, ())


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "an unknown setting": ({"scan_on_pull": True}, "ci_cd_repositories.api.scan_on_pull is not a setting; did you mean scan_on_push?"),
    "an unknown lifecycle setting": ({"lifecycle": {"untagged": 1}}, "ci_cd_repositories.api.lifecycle.untagged is not a setting"),
    "an upper-case name": ({"name": "Shop/api"}, "ci_cd_repositories.api.name is 'Shop/api', but ECR accepts"),
    "a name that is too short": ({"name": "a"}, "ECR accepts 2 to 256"),
    "a slash at the end": ({"name": "shop/"}, "ECR accepts 2 to 256"),
    "an account as a number": ({"pull_accounts": [123456789012]}, "it must be the ID of an account: 12 digits, in quotes"),
    "an account with hyphens": ({"deploy_accounts": ["1234-5678-9012"]}, "ci_cd_repositories.api.deploy_accounts[0]"),
    "an organization's name": ({"pull_organization": "acme"}, "it must be the ID of an organization, such as o-abcdefghij"),
    "another mode": ({"tag_mutability": "fixed"}, "it must be one of immutable, mutable"),
    "a key for AES": ({"encryption": "aes256", "kms_key_arn": "arn:aws:kms:eu-west-1:123456789012:key/x"}, "encryption is aes256"),
    "a key's alias": ({"kms_key_arn": "alias/images"}, "it must be the ARN of a KMS key"),
    "three wildcards": ({"exclusions": ["*a*b*"]}, "at most 2 wildcards"),
    "too many exclusions": ({"exclusions": list("abcdef")}, "has 6 patterns, but there is room for 5"),
    "too many with our own": ({"tag_mutability": "mutable", "exclusions": list("abcde")}, "there is room for 4"),
    "every tag may move": ({"exclusions": ["*"]}, "protect deployed images and must not move"),
    "deployed tags may move": ({"exclusions": ["deployed-dev.*"]}, "protect deployed images and must not move"),
    "tags that may begin like them": ({"exclusions": ["dep*"]}, "protect deployed images and must not move"),
    "rules as a mapping": ({"lifecycle": {"rules": {"keep": 1}}}, "it must be a list"),
    "no criterion": ({"lifecycle": {"rules": [{"tags": ["a"]}]}}, "must have exactly one of keep, days, unpulled_days, but has none"),
    "two criteria": ({"lifecycle": {"rules": [{"keep": 1, "days": 1}]}}, "but has keep, days"),
    "zero images": ({"lifecycle": {"rules": [{"keep": 0}]}}, "it must be a whole number from 1"),
    "a rule for all before others": ({"lifecycle": {"rules": [{"keep": 9}, {"tags": ["a"], "days": 1}]}}, "so it must be the last one"),
    "two rules for all": ({"lifecycle": {"rules": [{"keep": 9}, {"days": 9}]}}, "so it must be the last one, and the only one"),
    "the same tags twice": (
        {"lifecycle": {"rules": [{"tags": ["a", "b"], "days": 1}, {"tags": ["b", "a"], "keep": 1}]}},
        "two rules have the tags a, b",
    ),
    "a rule for deployed images": ({"lifecycle": {"rules": [{"tags": ["deployed-*"], "days": 1}]}}, "no rule may expire them"),
    "five wildcards": ({"lifecycle": {"rules": [{"tags": ["*a*b*c*d*"], "days": 1}]}}, "at most 4 wildcards"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_refused_before_the_first_call(name: str) -> None:
    settings, sentence = WRONG[name]
    found = role_errors({"ci_cd_repositories": {"api": settings}, "inventory_hostname": "registry", "platform_environment": "prod"})
    assert any(sentence in one for one in found), found


def test_names_are_the_repositories_own() -> None:
    twice = validate({"a": {"name": "shop/api"}, "b": {"name": "shop/api"}}, "r", "prod", "registry")[1]
    assert twice == ["r.b.name is 'shop/api', but r.a has the same name; give each repository its own"]
    assert "the name of a repository must be" in validate({"A B": {}}, "r", "prod", "registry")[1][0]
    assert "ECR accepts" in validate({"a": {}}, "r", "prod", "x_-y")[1][0]


# -- policies ------------------------------------------------------------------------------------------------------------------------

NOW = datetime(2030, 1, 31, tzinfo=UTC)
DEPLOYED = protecting_tag(user_of("prod", "shop"), DIGEST)
LIFECYCLES: dict[str, dict[str, Any]] = {
    "the default": {},
    "one image of all stays": {"rules": [{"keep": 1}]},
    "a day after the push": {"rules": [{"days": 1}]},
    "a day after the last pull": {"rules": [{"unpulled_days": 1}]},
    "by tag": {"rules": [{"tags": ["v*"], "days": 1}]},
    "by any tag": {"rules": [{"tags": ["*"], "keep": 1}]},
    "several": {"untagged_days": 1, "rules": [{"tags": ["v*"], "keep": 1}, {"tags": ["*ed*"], "days": 1}, {"days": 1}]},
}


@pytest.mark.parametrize("name", LIFECYCLES)
def test_no_lifecycle_reaches_what_is_deployed(name: str) -> None:
    """By the rehearsal's evaluation, which follows AWS's documentation."""
    text = json.dumps(lifecycle_policy(read(api={"lifecycle": LIFECYCLES[name]})["api"]))
    assert problem(text) == ""
    old = NOW - timedelta(days=900)
    deployed = [Candidate("run", ("v1", DEPLOYED), old, old), Candidate("child", (), old, old, referenced=True)]
    others = [Candidate(f"{number}", (f"v{number}",), old + timedelta(days=number), old) for number in range(2, 5)]
    gone = expired(text, [*deployed, *others], NOW)
    assert not {"run", "child"} & set(gone)
    without = {"rules": json.loads(text)["rules"][1:]}
    if LIFECYCLES[name]:
        assert gone
        assert "run" in expired(json.dumps(without), [*deployed, *others], NOW)


def test_rules_in_their_order() -> None:
    settings = {"untagged_days": 0, "rules": [{"tags": ["b", "a"], "unpulled_days": 3}, {"keep": 5}]}
    rules = lifecycle_policy(read(api={"lifecycle": settings})["api"])["rules"]
    assert [one["rulePriority"] for one in rules] == [1, 2, 3]
    assert rules[1]["selection"] == {
        "tagStatus": "tagged",
        "tagPatternList": ["a", "b"],
        "countType": "sinceImagePulled",
        "countUnit": "days",
        "countNumber": 3,
    }
    assert rules[2]["selection"] == {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 5}


def test_lifecycle_policies_are_compared_by_meaning() -> None:
    document = lifecycle_policy(read(api={"lifecycle": {"rules": [{"tags": ["b", "a"], "days": 1}]}})["api"])
    other = {"rules": [{**one, "selection": {**one["selection"]}} for one in reversed(document["rules"])]}
    assert lifecycle(json.dumps(other)) == lifecycle(document)


def test_who_may_pull_and_deploy() -> None:
    settings = {"pull_accounts": ["222222222222", "111111111111"], "pull_organization": "o-abcdefghij", "deploy_accounts": ["333333333333"]}
    document = repository_policy(read(api=settings)["api"].access, PLACE)
    assert document
    pull, organization, deploy = document["Statement"]
    assert pull["Principal"] == {"AWS": ["arn:aws:iam::111111111111:root", "arn:aws:iam::222222222222:root"]}
    assert organization["Principal"] == "*"
    assert organization["Condition"] == {"StringEquals": {"aws:PrincipalOrgID": "o-abcdefghij"}}
    assert "ecr:PutImage" not in pull["Action"]
    assert {"ecr:PutImage", "ecr:BatchDeleteImage", "ecr:BatchGetImage"} <= set(deploy["Action"])
    assert all("Resource" not in one and "ecr:GetAuthorizationToken" not in one["Action"] for one in document["Statement"])
    assert repository_policy(read(api={})["api"].access, PLACE) is None


# -- resources -----------------------------------------------------------------------------------------------------------------------


def properties(**settings: Any) -> dict[str, Any]:
    return dict(next(one for one in build(read(api=settings), PLACE) if one.kind == "ecr_repository").properties)


@pytest.mark.parametrize(
    ("settings", "mutability"),
    [
        ({}, {"mode": "IMMUTABLE", "exclusions": []}),
        ({"exclusions": ["dev-*"]}, {"mode": "IMMUTABLE", "exclusions": ["dev-*"]}),
        ({"tag_mutability": "mutable"}, {"mode": "MUTABLE", "exclusions": ["deployed-*"]}),
        ({"tag_mutability": "mutable", "exclusions": ["v*"]}, {"mode": "MUTABLE", "exclusions": ["v*", "deployed-*"]}),
    ],
)
def test_deployed_tags_never_move(settings: dict[str, Any], mutability: dict[str, Any]) -> None:
    assert properties(**settings)["tag_mutability"] == mutability


def test_keys() -> None:
    arn = "arn:aws:kms:af-south-1:123456789012:key/12345678-1234-1234-1234-123456789012"
    assert properties()["encryption"] == {"type": "KMS", "kms_key": ref("kms_key.images", "arn")}
    assert properties(kms_key_arn=arn)["encryption"] == {"type": "KMS", "kms_key": arn}
    assert properties(encryption="aes256")["encryption"] == {"type": "AES256"}
    kinds = {
        name: [one.kind for one in build(read(api=given), PLACE)] for name, given in {"own": {}, "aes": {"encryption": "aes256"}}.items()
    }
    assert kinds == {"own": ["kms_key", "ecr_repository"], "aes": ["ecr_repository"]}


def test_tags_and_policies_of_a_repository() -> None:
    found = properties(tags={"team": "shop"})
    assert found["tags"] == {"owner": "platform", "Name": "prod-registry/api", "team": "shop"}
    assert found["policy"] is None


def test_outputs_have_the_same_form_without_values() -> None:
    attributes = {"ecr_repository.api": {"id": "x", "arn": "a", "uri": "u", "registry_id": "1"}, "kms_key.images": {"arn": "k"}}
    assert outputs(attributes) == {"repositories": {"api": {"name": "x", "arn": "a", "uri": "u", "registry_id": "1"}}, "key_arn": "k"}
    assert outputs({"ecr_repository.api": {}})["repositories"]["api"] == dict.fromkeys(("name", "arn", "uri", "registry_id"))


# -- what is deployed ----------------------------------------------------------------------------------------------------------------


def test_who_deployed_an_image() -> None:
    tags = [protecting_tag(user_of(*names), DIGEST) for names in (("prod", "shop"), ("prod-eu", "web-app"), ("dev", "shop"))]
    assert users(tags) == ["dev.shop", "prod-eu.web-app", "prod.shop"]
    assert users(tags, "prod") == ["dev.shop", "prod-eu.web-app"]


def test_a_repository_whose_images_are_deployed_is_not_deleted() -> None:
    seen = Observed("ecr_repository", "ecr_repository.api", "prod-registry/api")
    assert not list(refusals(seen, []))
    (text,) = map(str, refusals(seen, ["dev.shop"]))
    for part in ("dev.shop", "prod-registry/api", "ImagesDeployed", "Remove these applications first"):
        assert part in text


ENHANCED = {"scanType": "ENHANCED", "rules": [{"scanFrequency": "SCAN_ON_PUSH", "repositoryFilters": [{"filter": "prod-*"}]}]}


@pytest.mark.parametrize(
    ("configuration", "names", "missed"),
    [
        ({"scanType": "BASIC", "rules": []}, ["dev-x/api"], ""),
        (ENHANCED, ["prod-x/api"], ""),
        (ENHANCED, ["prod-x/api", "dev-x/api"], "selects dev-x/api:"),
        ({**ENHANCED, "rules": []}, ["prod-x/api"], "selects prod-x/api:"),
        ({**ENHANCED, "rules": [{**ENHANCED["rules"][0], "scanFrequency": "MANUAL"}]}, ["prod-x/api"], "selects prod-x/api:"),  # type: ignore[dict-item]
        ({**ENHANCED, "rules": [{"scanFrequency": "CONTINUOUS_SCAN", "repositoryFilters": [{"filter": "api"}]}]}, ["prod-x/api"], ""),
    ],
)
def test_repositories_that_enhanced_scanning_leaves_out(configuration: dict[str, Any], names: list[str], missed: str) -> None:
    found = list(scanning_notes(configuration, names))
    assert [missed in one for one in found] == ([True] if missed else [])
