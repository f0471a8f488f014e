# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The tables of actions: complete for everything registered, nothing extra, and consistent with AWS (cfn-lint ships its list)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cfnlint
import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.aws.action_names import action_of
from ansible_collections.mainstay.aws.plugins.module_utils.aws.grants import Permissions, request_marked, typed
from ansible_collections.mainstay.aws.plugins.module_utils.aws.operations import operations
from ansible_collections.mainstay.aws.plugins.module_utils.component.registration import Details, Registration
from ansible_collections.mainstay.aws.plugins.module_utils.domains.network.permissions import INNER, LEAVES, LOGS, ROOTS
from ansible_collections.mainstay.aws.plugins.module_utils.domains.registry import DOMAINS, roles
from ansible_collections.mainstay.aws.plugins.module_utils.kinds.permissions import OWN_EC2
from ansible_collections.mainstay.aws.plugins.module_utils.permissions.needed import UnknownAction, declared, needed
from tests.repository.layout import ROOT

TABLE = needed(one.details for one in DOMAINS).permissions
WRITES, READS = TABLE.writes, TABLE.reads
AWS: dict[str, Any] = json.loads((Path(cfnlint.__file__).parent / "data" / "AdditionalSpecs" / "Policies.json").read_text())


def resources(action: str) -> set[str]:
    """The resource types that AWS checks an action against."""
    service, name = action.split(":")
    return set(AWS[service]["Actions"][name.lower()].get("Resources", ()))


@pytest.mark.parametrize("domain", DOMAINS, ids=lambda one: one.name)
def test_every_call_of_a_domain_has_a_known_action(domain: Registration) -> None:
    assert needed([domain.details]).apply


def test_every_role_is_registered() -> None:
    assert {path.name for path in (ROOT / "roles").iterdir() if path.is_dir()} == set(roles())


def test_an_unknown_action_is_an_error_that_names_it_and_what_needs_it() -> None:
    domain = Details({}, (), Permissions(), reads={"queues": operations("sqs", "create_queue")})
    with pytest.raises(UnknownAction, match=r"how to scope an action: sqs:CreateQueue \(of queues\)"):
        needed([domain])


@pytest.mark.parametrize("action", sorted({*WRITES, *READS}))
def test_aws_knows_the_action(action: str) -> None:
    service, name = action.split(":")
    assert name.lower() in AWS[service]["Actions"]


def test_no_action_is_in_the_tables_for_nothing() -> None:
    made = {action for one in DOMAINS for _name, action in declared(one.details, applying=True, further_regions=True)}
    assert {*WRITES, *READS} == {needed for action in made for needed in TABLE.needed_for(action)}
    assert not set(WRITES) & set(READS)


@pytest.mark.parametrize("domain", DOMAINS, ids=lambda one: one.name)
def test_what_a_role_never_does_is_something_its_kinds_could_do(domain: Registration) -> None:
    details = domain.details
    could = {action for name, action in declared(details, applying=True) if name in details.kinds}
    assert set(details.unused) <= could
    assert all(details.unused.values())


@pytest.mark.parametrize("types", [ROOTS, INNER, LEAVES, LOGS], ids=" ".join)
def test_nothing_is_made_inside_a_thing_of_its_own_group(types: tuple[str, ...]) -> None:
    """Otherwise the mark in the request would count as the mark of the containing resource."""
    made_here = {typed("ec2", one) for one in types}
    for action, grants in WRITES.items():
        if any(grant.conditions == (request_marked,) and set(grant.resources) == made_here for grant in grants):
            made = resources(action) & set(types)
            assert len(made) == 1, f"{action} is checked against {made}, of which only one is new"
            others = resources(action) & {*ROOTS, *INNER, *LEAVES, *LOGS} - made
            assert (OWN_EC2 in grants) == bool(others), f"{action} is checked against {others} too"


@pytest.mark.parametrize("action", sorted(action for action in WRITES if action.startswith("ec2:") and action != "ec2:CreateTags"))
def test_conditions_of_ec2_are_about_types_that_can_have_them(action: str) -> None:
    given = {name for grant in WRITES[action] for name in grant.resources}
    for name in (one for one in (*ROOTS, *INNER, *LEAVES, *LOGS) if typed("ec2", one) in given):
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
    assert TABLE.needed_for(action) == expected


def test_what_comes_with_a_call_is_known_too() -> None:
    assert all(TABLE.grants(action) for together in TABLE.together.values() for action in together)
    assert action_of("resourcegroupstaggingapi", "GetResources") == "tag:GetResources"
