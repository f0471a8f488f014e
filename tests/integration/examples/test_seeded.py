# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Existing resources that an inventory refers to: required, used, and left alone from plan to destroy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rehearsal import seed
from rehearsal.testing import Cloud
from scripts.terminal import ROOT
from tests.integration.examples.running import cloud_of, mutations, play, unprotected, variables

INVENTORY = "examples/innovate/workloads"
TARGET = variables(INVENTORY)
BOUNDARY = TARGET["platform_permissions_boundary"]


def seeded(cloud: Cloud) -> Any:
    """Everything about the seed's policy and sign-on roles that could have been changed."""
    iam = cloud.client("iam")
    policy = {
        name: value for name, value in iam.get_policy(PolicyArn=BOUNDARY)["Policy"].items() if name != "PermissionsBoundaryUsageCount"
    }
    roles = iam.list_roles(PathPrefix="/aws-reserved/")["Roles"]
    attached = [iam.list_attached_role_policies(RoleName=role["RoleName"])["AttachedPolicies"] for role in roles]
    return policy, roles, attached


@pytest.mark.slow
def test_a_boundary_that_the_account_holds(tmp_path: Path) -> None:
    with cloud_of(INVENTORY) as cloud:
        before, free = seeded(cloud), unprotected(INVENTORY, tmp_path)
        planned = play(cloud, INVENTORY, tmp_path, "--check", *free, role="plan")
        assert (planned.code, mutations(cloud)) == (0, []), planned.output
        assert play(cloud, INVENTORY, tmp_path, *free).code == 0
        made = [role for role in cloud.client("iam").list_roles()["Roles"] if role["Path"].startswith("/mainstay/")]
        boundaries = [cloud.client("iam").get_role(RoleName=role["RoleName"])["Role"]["PermissionsBoundary"] for role in made]
        assert {boundary["PermissionsBoundaryArn"] for boundary in boundaries} == {BOUNDARY}
        assert seeded(cloud) == before

        destroyed = play(cloud, INVENTORY, tmp_path, *free, "--extra-vars", "destroy=prod", playbook="playbooks/destroy.yml")
        assert destroyed.code == 0, destroyed.output
        assert seeded(cloud) == before
        cloud.admin.clear_requests()
        assert "(there already)" in seed.apply(seed.load(ROOT / INVENTORY / seed.PLACE, cloud.region), cloud.description)
        assert mutations(cloud) == []


@pytest.mark.slow
def test_without_it_the_run_fails_where_it_would_in_the_account(tmp_path: Path) -> None:
    settings = {"control_planes": False, "databases": False}
    with Cloud(account_id=TARGET["platform_account_id"], region=TARGET["platform_region"], settings=settings) as cloud:
        refused = play(cloud, INVENTORY, tmp_path)
        assert refused.code != 0
        assert "NoSuchEntity" in refused.output
        assert BOUNDARY in " ".join(refused.output.split())
