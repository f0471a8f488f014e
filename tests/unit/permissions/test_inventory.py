# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""From an inventory's hosts to the scope of policies, through the filter as Ansible calls it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.mainstay.aws.plugins.filter.iam_policies import FilterModule
from ansible_collections.mainstay.aws.plugins.module_utils.permissions.inventory import scope_of
from ansible_collections.mainstay.aws.plugins.module_utils.permissions.statements import Scope

iam_policies = FilterModule().filters()["iam_policies"]
BOUNDARY = "arn:aws:iam::123456789012:policy/company"


def host(name: str = "network", **changes: Any) -> dict[str, Any]:
    return {
        "inventory_hostname": name,
        "group_names": ["vpc"],
        "platform_environment": "prod",
        "platform_region": "af-south-1",
        "platform_account_id": "123456789012",
        **changes,
    }


def partition(_region: str) -> str:
    return "aws"


@pytest.mark.parametrize(
    ("hosts", "component", "expected"),
    [
        ([host()], "", Scope("prod", "123456789012", "af-south-1")),
        ([host(), host("second")], "", Scope("prod", "123456789012", "af-south-1")),
        ([host()], "network", Scope("prod", "123456789012", "af-south-1", component="network")),
        ([host(platform_permissions_boundary=BOUNDARY)], "", Scope("prod", "123456789012", "af-south-1", boundary=BOUNDARY)),
        (
            [host(), host("web", group_names=["web"], platform_permissions_boundary=BOUNDARY)],
            "",
            Scope("prod", "123456789012", "af-south-1"),
        ),
        ([host(platform_component="core")], "network", Scope("prod", "123456789012", "af-south-1", component="core")),
    ],
)
def test_scope(hosts: list[dict[str, Any]], component: str, expected: Scope) -> None:
    assert scope_of(hosts, component, partition) == expected


@pytest.mark.parametrize(
    ("hosts", "component", "said"),
    [
        ([], "", "there are no hosts"),
        ([host()], "netwrok", "the inventory has no host netwrok; components are hosts"),
        ([host(group_names=["web"])], "", r"no host is in a group that is named after a role \(vpc, eks\)"),
        ([host(platform_region=None)], "", "platform_region is not set, but must be a region such as af-south-1"),
        ([host(platform_account_id=123)], "", "platform_account_id is '123', but must be the twelve digits"),
        ([host(platform_environment="pr*d")], "", r"platform_environment is 'pr\*d', but must be 1 to 24 characters"),
        (
            [host(), host("b", platform_region="eu-west-1")],
            "",
            "platform_region must be the same for all hosts, but is af-south-1, eu-west-1",
        ),
        (
            [host(), host("b", platform_permissions_boundary=BOUNDARY)],
            "",
            rf"the permissions boundary must be the same for all hosts, but is \(none\), {BOUNDARY}",
        ),
        ([host(platform_permissions_boundary="company")], "", "platform_permissions_boundary is 'company', but must be the ARN"),
    ],
)
def test_what_is_wrong_is_said(hosts: list[dict[str, Any]], component: str, said: str) -> None:
    with pytest.raises(AnsibleFilterError, match=said):
        iam_policies(hosts, component)


def test_everything_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(AnsibleFilterError, match=r"platform_region is 'here'.*; platform_account_id is '1'"):
        iam_policies([host(platform_region="here", platform_account_id="1")])


def test_policies_of_an_inventory() -> None:
    found = iam_policies([host()])
    assert [one["name"] for one in found] == ["plan-1.json", "apply-1.json", "apply-2.json"]
    for one in found:
        assert one["characters"] == len("".join(one["content"].split())) <= 6144
        assert json.loads(one["content"])["Version"] == "2012-10-17"
    assert "cn-north-1" in iam_policies([host(platform_region="cn-north-1")])[1]["content"]
    assert "arn:aws-cn:" in iam_policies([host(platform_region="cn-north-1")])[1]["content"]


def test_a_component_is_confined_to_what_it_owns() -> None:
    of_environment, of_component = (iam_policies([host(), host("second")], name)[1]["content"] for name in ("", "network"))
    assert "mainstay:component" not in of_environment
    assert '"aws:ResourceTag/mainstay:component": "network"' in of_component
