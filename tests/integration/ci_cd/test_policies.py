# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The policies generated for repositories suffice for their whole life, contain no unused action, and exclude those of other owners."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ansible_collections.mainstay.aws.plugins.module_utils.aws.grants import Scope
from ansible_collections.mainstay.aws.plugins.module_utils.aws.owner import Owner
from ansible_collections.mainstay.aws.plugins.module_utils.aws.place import Place
from ansible_collections.mainstay.aws.plugins.module_utils.aws.tags import tag_list
from ansible_collections.mainstay.aws.plugins.module_utils.component.lock import held
from ansible_collections.mainstay.aws.plugins.module_utils.component.quota_reads import check
from ansible_collections.mainstay.aws.plugins.module_utils.component.unclaimed import look
from ansible_collections.mainstay.aws.plugins.module_utils.domains.repositories.domain import scanning
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.waiting import SystemClock, silent
from rehearsal.testing import Cloud
from tests.integration.permissions.scenarios import called, checked, declared_by, denials, documents, granted, without

from .support import ACCOUNT, EVERYTHING, REGION, Site

SCOPE = Scope(Place("prod", "registry", REGION, ACCOUNT))
API: dict[str, Any] = {"pull_accounts": ["345678901234"], "tags": {"a": "1", "b": "1"}}
LIFE: dict[str, dict[str, Any]] = {
    "create": {"api": API, "web": {"encryption": "aes256"}},
    "change": {
        "api": {"tags": {"a": "2"}, "tag_mutability": "mutable", "scan_on_push": False, "lifecycle": {"untagged_days": 1}},
        "web": {},
    },
    "destroy": {},
}
SELDOM = {
    **dict.fromkeys(
        ("ec2:DescribeNatGateways", "iam:GetOpenIDConnectProvider", "iam:ListRoleTags", "secretsmanager:DescribeSecret"),
        "asked about what no host of the inventory claims",
    ),
    "kms:UpdateAlias": "called where the alias leads to another key",
    "servicequotas:GetAWSDefaultServiceQuota": "asked where an account has no value of its own; in the rehearsal each has",
    **dict.fromkeys(("servicequotas:GetServiceQuota", "servicequotas:ListServiceQuotas"), "asked where a kind has quotas"),
    "ssm:GetParameter": "asked when the reply to taking the run lock was lost",
}
"""Actions that no scenario needs."""


def meddle(cloud: Cloud) -> None:
    """Manual changes that no change of the inventory would make in this way."""
    kms = cloud.client("kms")
    (alias,) = [one for one in kms.list_aliases()["Aliases"] if one["AliasName"].startswith("alias/mainstay/")]
    key = alias["TargetKeyId"]
    policy = json.loads(kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"])
    more = {"Sid": "more", "Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "kms:Sign", "Resource": "*"}
    kms.put_key_policy(KeyId=key, PolicyName="default", Policy=json.dumps({**policy, "Statement": [*policy["Statement"], more]}))
    kms.update_key_description(KeyId=key, Description="by hand")
    kms.disable_key_rotation(KeyId=key)
    kms.tag_resource(KeyId=key, Tags=[{"TagKey": name, "TagValue": "by hand"} for name in ("Name", "more")])


def live(site: Site, name: str) -> None:
    """One run, as the module makes it: questions, quotas, checks, the search for unclaimed resources, the lock, and the apply."""
    desired = site.desired(LIFE[name]) if LIFE[name] else []
    if not desired:
        site.domain_of(None, state="absent")
    plan = site.plan(desired, EVERYTHING, EVERYTHING)
    aws = site.aws()
    try:
        scanning(aws)
        site.checked(plan, "apply")
        check(plan, site.kinds(), aws, REGION)
        look(aws, [site.component])
        with held(aws, "shared", "a test", SystemClock(), 0.0, silent):
            site.apply(desired, EVERYTHING, EVERYTHING)
    finally:
        aws.close()


def test_nothing_is_denied_and_no_action_is_too_much(cloud: Cloud) -> None:
    site = Site(cloud)
    cloud.admin.policies(**documents(SCOPE, "ci_cd"))
    by_hand: list[dict[str, Any]] = []
    for name in LIFE:
        if name == "change":
            cloud.admin.policies(apply=None)
            before = max(one["n"] for one in cloud.admin.requests())
            meddle(cloud)
            by_hand = cloud.admin.requests(since=before)
            cloud.admin.policies(**documents(SCOPE, "ci_cd"))
        live(site, name)
        assert denials(cloud) == [], name
    used, calls = checked(cloud), called(cloud, lambda request: request["n"] not in {one["n"] for one in by_hand})
    unneeded = sorted(granted(documents(SCOPE, "ci_cd")["apply"]) - used - set(SELDOM))
    assert unneeded == [], ", ".join(unneeded)
    assert sorted(calls - declared_by("ci_cd")) == [], "called and not declared"
    uncalled = sorted(declared_by("ci_cd") - calls - set(SELDOM))
    assert uncalled == [], f"declared, and called by no scenario: {', '.join(uncalled)}"


def test_what_another_environment_owns_cannot_be_changed(cloud: Cloud) -> None:
    theirs = Site(cloud, environment="other")
    theirs.apply(theirs.desired({"api": API}))
    cloud.admin.policies(**documents(SCOPE, "ci_cd"))
    ecr, name = cloud.client("ecr"), {"repositoryName": "other-registry/api"}
    arn = f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/other-registry/api"
    calls: list[tuple[str, dict[str, Any]]] = [
        ("delete_repository", {**name, "force": True}),
        ("put_image_tag_mutability", {**name, "imageTagMutability": "MUTABLE"}),
        ("put_image_scanning_configuration", {**name, "imageScanningConfiguration": {"scanOnPush": False}}),
        ("set_repository_policy", {**name, "policyText": "{}"}),
        ("delete_repository_policy", name),
        ("delete_lifecycle_policy", name),
        ("list_images", name),
        ("tag_resource", {"resourceArn": arn, "tags": tag_list(Owner("prod", "registry").tags("ecr_repository.api"))}),
        ("untag_resource", {"resourceArn": arn, "tagKeys": ["a"]}),
        ("create_repository", {"repositoryName": "without-our-tags"}),
    ]
    for method, parameters in calls:
        with pytest.raises(ClientError, match="AccessDenied"):
            getattr(ecr, method)(**parameters)


TAKEN_AWAY = (
    "ecr:CreateRepository",
    "ecr:TagResource",
    "ecr:PutLifecyclePolicy",
    "ecr:SetRepositoryPolicy",
    "kms:CreateGrant",
    "kms:CreateKey",
)
"""Actions without which a repository cannot be created."""


@pytest.mark.nightly
@pytest.mark.parametrize("action", TAKEN_AWAY)
def test_without_any_one_action_something_fails(cloud: Cloud, action: str) -> None:
    """The denial names the action, and so does the hint."""
    site = Site(cloud)
    desired = site.desired(LIFE["create"])
    cloud.admin.policies(apply=without(documents(SCOPE, "ci_cd")["apply"], action))
    failures = [one for one in site.try_apply(desired).failures if f"perform: {action} " in one.message]
    assert failures
    assert all(f"need {action}." in one.hint and "make policies" in one.hint for one in failures)
