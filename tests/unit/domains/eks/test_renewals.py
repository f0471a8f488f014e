# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Changes that replace the nodes of a group: each is named in the plan with its reason, and no other change is."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.domain import KINDS
from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.plan_checks import renewal_notes
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import Observed, Resource, refs_in, resolve
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.planner import Consent, Plan, make_plan
from tests.unit.domains.eks.samples import resources

SYSTEM: dict[str, Any] = {"min_size": 2, "max_size": 3}
JOBS = {"fargate_profiles": {"jobs": {"selectors": [{"namespace": "jobs"}]}}}


def built(found: dict[str, Resource]) -> list[Observed]:
    """These resources, as they are once they exist."""
    attributes: dict[str, dict[str, str]] = defaultdict(dict)
    for resource in found.values():
        for one in refs_in(dict(resource.properties)):
            attributes[one.address][one.attribute] = f"{one.attribute} of {one.address}"
    return [
        Observed(
            resource.kind,
            address,
            f"id of {address}",
            resolve(dict(resource.properties), lambda one: attributes[one.address][one.attribute]),
            attributes[address],
        )
        for address, resource in found.items()
    ]


def plan_of_change(more: dict[str, Any]) -> Plan:
    before = resources(node_groups={"system": SYSTEM})
    return make_plan(list(resources(**{"node_groups": {"system": SYSTEM}, **more}).values()), built(before), KINDS, Consent())


def group(**more: Any) -> dict[str, Any]:
    return {"node_groups": {"system": {**SYSTEM, **more}}}


TEMPLATE = "launch_template_version: "


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({}, ""),
        (group(disk_gib=80), f"{TEMPLATE}BlockDeviceMappings"),
        (group(max_pods=17), f"{TEMPLATE}UserData"),
        (group(user_data="#!/bin/sh\n"), f"{TEMPLATE}UserData"),
        ({"node_security_group_ids": ["sg-0e000000"]}, f"{TEMPLATE}SecurityGroupIds"),
        ({"version": "1.37"}, "version"),
        (group(release_version="1.36.0-20261112"), "release_version"),
        (group(release_version="1.36.0-20261112", disk_gib=80), f"{TEMPLATE}BlockDeviceMappings, release_version"),
        (group(max_size=5), ""),
        (group(labels={"a": "b"}, taints=[{"key": "a", "effect": "PREFER_NO_SCHEDULE"}]), ""),
        (group(update={"max_unavailable": 1}), ""),
        (group(tags={"a": "b"}), ""),
        ({"tags": {"a": "b"}}, ""),
        (JOBS, ""),
        ({"controllers": ["external-secrets"]}, ""),
        ({"node_managed_policy_arns": ["arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"]}, ""),
    ],
)
def test_a_plan_names_what_renews_nodes(more: dict[str, Any], reason: str) -> None:
    found = renewal_notes(plan_of_change(more))
    assert found == ([f"main/system: this renews its nodes, batch by batch ({reason})"] if reason else [])
