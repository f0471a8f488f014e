# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""An inventory's policies as the playbook writes them, and the effect of a permissions boundary in an inventory."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable
from pathlib import Path

import pytest

from scripts.terminal import ROOT, isolated_environment
from tests.integration.examples.running import confined_cloud_of, denials, play, policies_of, unprotected
from tests.runs import run_playbook

INVENTORY = "inventories/prod"
BOUNDARY = "arn:aws:iam::aws:policy/PowerUserAccess"
BOUND = ("-e", f"platform_permissions_boundary={BOUNDARY}")


def write(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = ["playbooks/permissions.yml", "-i", INVENTORY, "-e", f"permissions_folder={folder}", *arguments]
    return run_playbook(command, {**isolated_environment({}), **environment}, ROOT)


def files(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*.json")}


def numbered(written: Iterable[str], folder: str = "") -> list[str]:
    """The files of a set, which must have policies to apply and to plan, numbered from 1 without a gap."""
    found = sorted(name.removeprefix(folder) for name in written if name.startswith(folder) and name.count("/") == folder.count("/"))
    uses = {use: sum(name.startswith(f"{use}-") for name in found) for use in ("apply", "plan")}
    assert all(uses.values()), f"{folder}: {found}"
    return sorted(f"{folder}{use}-{number}.json" for use, count in uses.items() for number in range(1, count + 1))


def test_the_playbook_writes_the_same_every_time(tmp_path: Path) -> None:
    """Without credentials, and regardless of Python's set order; output of an earlier run is removed.

    Each file is a call of a module, so these runs are for a few components. The lives of platforms use the policies of all.
    """
    few = ("--limit", "network:cluster:storage")
    first = write(tmp_path, *few, PYTHONHASHSEED="1")
    assert first.returncode == 0, first.stdout
    written = files(tmp_path)
    components = ("cluster", "network", "storage")
    assert sorted(written) == [name for component in components for name in numbered(written, f"{component}/")]
    (tmp_path / "network" / "apply-9.json").touch()
    (tmp_path / "notes.json").touch()
    again = write(tmp_path, *few, PYTHONHASHSEED="2")
    assert files(tmp_path) == {**written, "notes.json": ""}
    assert "changed=1" in again.stdout, "only the file that was left over"
    assert "changed=0" in write(tmp_path, *few, "-e", "permissions_component=cluster").stdout
    # one set for the environment replaces those of the components
    assert write(tmp_path, *few, "-e", "permissions_scope=environment").returncode == 0
    whole = files(tmp_path)
    assert sorted(whole) == sorted([*numbered(whole), "notes.json"])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["-e", "platform_account_id=12"], "platform_account_id is '12', but must be the twelve digits of the account"),
        (["-e", "platform_region=here"], "platform_region is 'here', but must be a region such as af-south-1"),
        (["-e", "permissions_component=netwrok"], "the inventory has no host netwrok; components are hosts"),
        (
            ["-e", "platform_permissions_boundary=company"],
            "platform_permissions_boundary is 'company', but must be the ARN of an IAM policy",
        ),
    ],
)
def test_wrong_input_writes_nothing(arguments: list[str], said: str, tmp_path: Path) -> None:
    refused = write(tmp_path / "new", *arguments)
    assert refused.returncode != 0
    assert said in " ".join(refused.stdout.replace("\\n", " ").split())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
@pytest.mark.nightly
def test_a_boundary_in_the_inventory_is_on_every_role(tmp_path: Path) -> None:
    """Its policies allow no role without the boundary, nor removing it; all roles have it, so nothing is denied.

    `make test` builds a platform with a boundary in the same way: see test_examples.py.
    """
    with confined_cloud_of(INVENTORY, *BOUND) as cloud:
        free = unprotected(INVENTORY, tmp_path)
        applied = play(cloud, INVENTORY, tmp_path, *free, *BOUND)
        assert (applied.code, denials(cloud)) == (0, []), applied.output
        roles = [
            cloud.client("iam").get_role(RoleName=one["RoleName"])["Role"]
            for one in cloud.client("iam").list_roles(PathPrefix="/mainstay/")["Roles"]
        ]
        assert {(role["Path"], role["PermissionsBoundary"]["PermissionsBoundaryArn"]) for role in roles} == {
            ("/mainstay/prod/alarms/", BOUNDARY),
            ("/mainstay/prod/cluster/", BOUNDARY),
            ("/mainstay/prod/database/", BOUNDARY),
            ("/mainstay/prod/network/", BOUNDARY),
            ("/mainstay/prod/storage/", BOUNDARY),
        }
        gone = play(cloud, INVENTORY, tmp_path, *free, "-e", "destroy=prod", *BOUND, playbook="playbooks/destroy.yml")
        assert (gone.code, denials(cloud)) == (0, []), gone.output


@pytest.mark.slow
def test_every_denial_names_the_required_permission(tmp_path: Path) -> None:
    """Only planning and the run lock are allowed: the report lists each kind of resource that could be started, with its action."""
    lock = {"Effect": "Allow", "Action": "ssm:*", "Resource": "arn:aws:ssm:*:*:parameter/mainstay/locks/prod*"}
    with confined_cloud_of(INVENTORY) as cloud:
        cloud.admin.policies(apply=[*policies_of(INVENTORY)["plan"], {"Version": "2012-10-17", "Statement": lock}])
        refused = play(cloud, INVENTORY, tmp_path)
        output = " ".join(refused.output.split())
        assert refused.code != 0
        for action in ("ec2:CreateVpc", "ec2:AllocateAddress", "iam:CreateRole", "kms:CreateKey"):
            assert f"The credentials need {action}. `make policies`" in output, refused.output
