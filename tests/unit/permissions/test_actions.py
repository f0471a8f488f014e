# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The tables of actions: complete for everything that is registered, nothing beside, and as AWS has it (cfn-lint ships its list)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cfnlint
import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.aws.action_names import action_of
from ansible_collections.mainstay.aws.plugins.module_utils.permissions.actions import (
    INNER,
    LEAVES,
    LOGS,
    OWN,
    READS,
    ROOTS,
    TOGETHER,
    WRITES,
    is_known,
    needed_for,
)
from ansible_collections.mainstay.aws.plugins.module_utils.permissions.documents import Subject, UnknownAction, applying, counted
from ansible_collections.mainstay.aws.plugins.module_utils.permissions.source import operations_of, operations_of_question
from ansible_collections.mainstay.aws.plugins.module_utils.permissions.subjects import SUBJECTS
from tests.repository.layout import ROOT
from tests.unit.permissions import some_kinds

AWS: dict[str, Any] = json.loads((Path(cfnlint.__file__).parent / "data" / "AdditionalSpecs" / "Policies.json").read_text())


def resources(action: str) -> set[str]:
    """The types of resources that AWS checks an action against."""
    service, name = action.split(":")
    return set(AWS[service]["Actions"][name.lower()].get("Resources", ()))


@pytest.mark.parametrize("role", SUBJECTS)
def test_every_call_of_every_kind_has_a_known_action(role: str) -> None:
    assert applying(SUBJECTS[role])


def test_every_role_is_registered() -> None:
    assert {path.name for path in (ROOT / "roles").iterdir() if path.is_dir()} == set(SUBJECTS)


def test_an_unknown_action_is_an_error_that_names_it_and_the_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "ansible_collections.mainstay.aws.plugins.module_utils.permissions.documents.operations_of",
        lambda kind: operations_of(kind, some_kinds.__name__),
    )
    with pytest.raises(UnknownAction, match=r"how an action is confined: sqs:CreateQueue \(of queue\)"):
        applying(Subject({"queue": some_kinds.Unlisted()}))


@pytest.mark.parametrize("action", sorted({*WRITES, *READS}))
def test_aws_knows_the_action(action: str) -> None:
    service, name = action.split(":")
    assert name.lower() in AWS[service]["Actions"]


def test_no_action_is_in_the_tables_for_nothing() -> None:
    made = set()
    for subject in SUBJECTS.values():
        operations = {one for kind in subject.kinds.values() for one in operations_of(kind)}
        counting = [quota.used for kind in subject.kinds.values() for quota in counted(kind)]
        for function in (*subject.questions.values(), *subject.applying.values(), *counting):
            operations |= operations_of_question(function)
        for operation in operations:
            made |= set(needed_for(action_of(operation.service, operation.name)))
    assert {*WRITES, *READS} == made
    assert not set(WRITES) & set(READS)


@pytest.mark.parametrize("role", SUBJECTS)
def test_what_a_role_never_does_is_something_its_kinds_could_do(role: str) -> None:
    subject = SUBJECTS[role]
    could = {action_of(one.service, one.name) for kind in subject.kinds.values() for one in operations_of(kind)}
    assert set(subject.unused) <= could
    assert all(subject.unused.values())


@pytest.mark.parametrize("types", [ROOTS, INNER, LEAVES, LOGS], ids=" ".join)
def test_nothing_is_made_inside_a_thing_of_its_own_group(types: tuple[str, ...]) -> None:
    """Else the mark in the request would stand in for the mark of what a thing is made in."""
    made_here = {f"ec2:{one}" for one in types}
    for action, grants in WRITES.items():
        if any(grant.conditions == ("request_marked",) and set(grant.resources) == made_here for grant in grants):
            made = resources(action) & set(types)
            assert len(made) == 1, f"{action} is checked against {made}, of which only one is new"
            others = resources(action) & {*ROOTS, *INNER, *LEAVES, *LOGS} - made
            assert (OWN in grants) == bool(others), f"{action} is checked against {others} too"


@pytest.mark.parametrize("action", sorted(action for action in WRITES if action.startswith("ec2:") and action != "ec2:CreateTags"))
def test_conditions_of_ec2_are_about_types_that_can_have_them(action: str) -> None:
    types = {name.removeprefix("ec2:") for grant in WRITES[action] for name in grant.resources}
    for name in (types - {"*"}) & {*ROOTS, *INNER, *LEAVES, *LOGS}:
        assert "aws:ResourceTag/${TagKey}" in AWS["ec2"]["Resources"][name]["ConditionKeys"]
    assert resources(action), f"{action} is checked against no resource, so no mark can confine it"


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        ("sts:GetCallerIdentity", ()),
        ("ec2:DescribeVpcs", ("ec2:DescribeVpcs",)),
        ("ec2:CreateVpc", ("ec2:CreateVpc", "ec2:CreateTags")),
        ("ec2:CreateFlowLogs", ("ec2:CreateFlowLogs", "ec2:CreateTags", "iam:PassRole")),
        ("iam:CreateRole", ("iam:CreateRole", "iam:TagRole")),
    ],
)
def test_what_comes_with_a_call(action: str, expected: tuple[str, ...]) -> None:
    assert needed_for(action) == expected


def test_what_comes_with_a_call_is_known_too() -> None:
    assert all(is_known(action) for together in TOGETHER.values() for action in together)
    assert action_of("resourcegroupstaggingapi", "GetResources") == "tag:GetResources"
