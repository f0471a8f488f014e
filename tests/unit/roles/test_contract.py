# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Every role's contract is consistent: defaults, argument specification, and README agree."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.mainstay.aws.plugins.module_utils.component.options import OPTIONS

ROLES = sorted(path.parent.parent for path in (Path(__file__).resolve().parents[3] / "roles").glob("*/meta/argument_specs.yml"))
each_role = pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)


def load(path: Path) -> Any:
    return yaml.safe_load(path.read_text()) or {}


def options(role: Path) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = load(role / "meta/argument_specs.yml")["argument_specs"]["main"]["options"]
    return found


def test_there_are_roles() -> None:
    assert ROLES


def is_template(value: object) -> bool:
    return isinstance(value, str) and "{{" in value


@each_role
def test_defaults_agree_with_the_specification(role: Path) -> None:
    """A template in place of a mapping or a list cannot be a default in a specification: there the prose documents it."""
    optional = {name: option for name, option in options(role).items() if not option.get("required")}
    defaults = load(role / "defaults/main.yml")
    assert set(defaults) == set(optional)
    said = {name: value for name, value in defaults.items() if "default" not in optional[name]}
    assert {name: value for name, value in defaults.items() if name not in said} == {
        name: option["default"] for name, option in optional.items() if "default" in option
    }
    assert [name for name, value in said.items() if not is_template(value) or optional[name]["type"] == "str"] == []


@each_role
def test_every_variable_has_the_prefix_of_the_role(role: Path) -> None:
    assert [name for name in options(role) if not name.startswith(f"{role.name}_")] == []


@each_role
def test_no_role_repeats_what_all_share(role: Path) -> None:
    """Variables about one component have their role's prefix; all others come from the platform's variables."""
    shared = {name for option in OPTIONS.values() for name in (option.name, option.variable.removeprefix("platform_")) if name}
    own = {name.removeprefix(f"{role.name}_") for name in options(role)}
    assert own & shared <= {"state", "adopt", "moved"}


@each_role
def test_every_default_has_a_line_of_prose(role: Path) -> None:
    lines = (role / "defaults/main.yml").read_text().splitlines()
    bare = [line for above, line in zip(["", *lines], lines, strict=False) if re.match(r"[a-z_]+:", line) and not above.startswith("#")]
    assert bare == []


@each_role
def test_required_variables_are_named_in_the_defaults(role: Path) -> None:
    text = (role / "defaults/main.yml").read_text()
    required = [name for name, option in options(role).items() if option.get("required")]
    assert [name for name in required if f"#   {name}:" not in text] == []


@each_role
def test_the_readme_shows_every_variable(role: Path) -> None:
    text = (role / "README.md").read_text()
    assert [name for name in options(role) if f"`{name}`" not in text] == []


@each_role
def test_the_table_of_contents_is_short(role: Path) -> None:
    assert len(load(role / "tasks/main.yml")) <= 5
