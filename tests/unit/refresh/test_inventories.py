# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What the inventories of staging say about refreshes is valid, and names the production of the same platform."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.mainstay.aws.plugins.module_utils.refresh.options import argument_spec, plan_of

ROOT = Path(__file__).resolve().parents[3]


def variables(inventory: Path, group: str = "all") -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((inventory / "group_vars" / f"{group}.yml").read_text())
    return found


STAGING = sorted(
    path.parent.parent
    for pattern in ("inventories/*", "examples/*/*")
    for path in ROOT.glob(f"{pattern}/group_vars/rds.yml")
    if "rds_refresh" in yaml.safe_load(path.read_text())
)


def test_there_are_some() -> None:
    assert len(STAGING) > 1


@pytest.mark.parametrize("inventory", STAGING, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_options_are_valid_and_name_production(inventory: Path) -> None:
    here, described = variables(inventory), variables(inventory, "rds")
    prod = inventory.parent / "prod"
    there, sources = variables(prod), variables(prod, "rds")["rds_databases"]
    for name, refresh in described["rds_refresh"].items():
        database, source = described["rds_databases"][name], refresh["source"]
        treated = {
            one: {**how, "files": [path.replace("{{ inventory_dir }}", str(inventory)) for path in how["files"]]} if "files" in how else how
            for one, how in refresh["anonymize"].items()
        }
        given = {
            **refresh,
            "anonymize": treated,
            "environment": here["platform_environment"],
            "component": "database",
            "identifier": f"staging-{name}",
            "databases": database["databases"],
            "users": database["users"],
        }
        checked = ArgumentSpecValidator(argument_spec()).validate(given)
        assert not checked.error_messages
        plan, problems = plan_of(checked.validated_parameters, check_mode=False)
        assert (problems, plan is None) == ([], False)
        assert (source["account_id"], source["region"]) == (there["platform_account_id"], there["platform_region"])
        assert source["account_id"] != here["platform_account_id"]
        assert source["identifier"] in {one.get("identifier", f"prod-{key}") for key, one in sources.items()}
        assert set(refresh["anonymize"]) >= {one for other in sources.values() for one in other.get("databases", {})}
        assert database["storage"]["size"] >= max(one["storage"]["size"] for one in sources.values())
