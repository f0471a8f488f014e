# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Merged statements allow what the separate ones do, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.aws.grants import Names, Scope
from ansible_collections.mainstay.aws.plugins.module_utils.aws.place import Place
from ansible_collections.mainstay.aws.plugins.module_utils.domains.registry import DOMAINS
from ansible_collections.mainstay.aws.plugins.module_utils.permissions.compaction import compact, owner_of, service_of
from ansible_collections.mainstay.aws.plugins.module_utils.permissions.documents import LARGEST, MOST, documents, pack, policies, size
from ansible_collections.mainstay.aws.plugins.module_utils.permissions.needed import needed
from ansible_collections.mainstay.aws.plugins.module_utils.permissions.statements import statements

ALL = [one.details for one in DOMAINS]
NAMES = Names(("prod-main",), ("main",), domains=("example.com",), buckets=("prod-storage-*",), regions=("eu-west-1", "us-east-1"))
SCOPE = Scope(Place("prod", "", "af-south-1", "123456789012"), names=NAMES)
EC2, KMS, LOGS = (f"arn:aws:{one}:af-south-1:1:*" for one in ("ec2", "kms", "logs"))
OURS = {"StringEquals": {"aws:ResourceTag/mainstay:environment": "prod"}}


def one(action: str | list[str], resource: str | list[str], condition: Mapping[str, Any] | None = None) -> dict[str, Any]:
    found: dict[str, Any] = {"Effect": "Allow", "Action": [action] if isinstance(action, str) else action, "Resource": resource}
    return {**found, "Condition": condition} if condition else found


def listed(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param([one("ec2:A", EC2), one("ec2:B", EC2)], [one(["ec2:A", "ec2:B"], EC2)], id="the same resources"),
        pytest.param([one("ec2:A", EC2), one("ec2:A", f"{EC2}2")], [one("ec2:A", EC2)], id="the same action, and a pattern that covers"),
        pytest.param([one("ec2:A", "*"), one("kms:B", "*")], [one(["ec2:A", "kms:B"], "*")], id="any resource"),
        pytest.param([one("ec2:A", "*"), one("kms:B", KMS)], [one("ec2:A", "*"), one("kms:B", KMS)], id="any and some"),
        pytest.param([one("ec2:A", EC2), one("kms:B", KMS)], [one(["ec2:A", "kms:B"], [EC2, KMS])], id="services apart"),
        pytest.param(
            [one("ec2:A", EC2), one("kms:B", KMS), one("ec2:C", KMS, OURS)],
            [one("ec2:A", EC2), one("kms:B", KMS), one("ec2:C", KMS, OURS)],
            id="an action of the one is checked against resources of the other somewhere",
        ),
        pytest.param(
            [one("ec2:A", f"{EC2}a"), one("ec2:B", f"{EC2}b")], [one("ec2:A", f"{EC2}a"), one("ec2:B", f"{EC2}b")], id="one service"
        ),
        pytest.param([one("ec2:A", EC2), one("ec2:B", EC2, OURS)], [one("ec2:A", EC2), one("ec2:B", EC2, OURS)], id="other conditions"),
        pytest.param(
            [one("ec2:A", EC2), one("kms:B", KMS), one("logs:C", LOGS), one("ec2:D", EC2)],
            [one(["ec2:A", "ec2:D", "kms:B", "logs:C"], [EC2, KMS, LOGS])],
            id="until nothing fits any more",
        ),
    ],
)
def test_statements_are_merged_where_this_allows_nothing_new(given: list[Any], expected: list[Any]) -> None:
    assert compact(given) == expected


def allowed(given: Iterable[Mapping[str, Any]]) -> set[tuple[str, str, str]]:
    """(action, resource, condition) of each way to be allowed."""
    return {
        (action, resource, json.dumps(each.get("Condition"), sort_keys=True))
        for each in given
        for action in each["Action"]
        for resource in listed(each["Resource"])
    }


def content() -> list[dict[str, Any]]:
    actions = needed(ALL, further_regions=True)
    return statements(SCOPE, actions.permissions, actions.apply, actions.elsewhere)


def test_the_policies_of_all_roles_allow_the_same_when_they_are_merged() -> None:
    before = allowed(content())
    after = allowed(compact(content()))
    checked = {(service_of(action), owner_of(resource)) for action, resource, _condition in before}
    wider: dict[tuple[str, str], list[str]] = {}
    for action, resource, condition in after:
        wider.setdefault((action, condition), []).append(resource)
    lost = {
        (action, resource, condition)
        for action, resource, condition in before
        if not any(fnmatchcase(resource, each) for each in wider.get((action, condition), ()))
    }
    new = {each for each in after - before if (service_of(each[0]), owner_of(each[1])) in checked}
    assert (lost, new) == (set(), set())


def test_one_set_for_all_roles_is_what_a_role_takes() -> None:
    given = policies(ALL, replace(SCOPE, attachable=("arn:aws:iam::aws:policy/AmazonEKSWorkerNodeMinimalPolicy",)))
    assert all(size(each) <= LARGEST for found in given.values() for each in found)
    assert len(given["apply"]) <= MOST


def test_a_set_that_fits_keeps_a_statement_for_each_restriction() -> None:
    few = [one("ec2:A", EC2), one("ec2:B", EC2)]
    assert documents(few) == pack(few)
    many = [one(f"ec2:Describe{number:04}", EC2) for number in range(800)]
    assert len(pack(many)) > MOST >= len(documents(many))
