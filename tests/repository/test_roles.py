"""Each role has one contract: defaults/main.yml and meta/argument_specs.yml say the same."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.repository.layout import ROOT, roles


def read(path: Path) -> dict[str, Any]:
    return (yaml.safe_load(path.read_text()) or {}) if path.exists() else {}


def problems(name: str, defaults: dict[str, Any], specs: dict[str, Any]) -> list[str]:
    """Mismatches between a role's defaults and the argument specifications of all its entry points together."""
    options: dict[str, Any] = {}
    found = []
    for entry_point, spec in specs.get("argument_specs", {}).items():
        options.update(spec.get("options") or {})
        found += [f"{entry_point} has no {key}" for key in ("short_description", "description") if not spec.get(key)]
    if "main" not in specs.get("argument_specs", {}):
        found.append("there is no specification of the entry point main")
    for variable in defaults:
        if not variable.startswith((f"{name}_", f"__{name}_")):
            found.append(f"{variable} lacks the prefix {name}_")
        elif variable not in options and not variable.startswith("__"):
            found.append(f"{variable} has a default but no specification")
    for variable, option in options.items():
        if not variable.startswith(f"{name}_"):
            found.append(f"{variable} lacks the prefix {name}_")
        if not option.get("description"):
            found.append(f"{variable} has no description")
        if option.get("required") and variable in defaults:
            found.append(f"{variable} is required and has a default")
        if "default" in option and option["default"] != defaults.get(variable):
            found.append(f"{variable} is {option['default']!r} in the specification and {defaults.get(variable)!r} in the defaults")
    return found


def test_every_role_keeps_its_contract() -> None:
    found = []
    for role in roles():
        defaults, specs = read(role / "defaults" / "main.yml"), read(role / "meta" / "argument_specs.yml")
        found += [f"{role.name}: {problem}" for problem in problems(role.name, defaults, specs)]
        found += [f"{role.name}: {name} is missing" for name in ("README.md", "tasks/main.yml") if not (role / name).is_file()]
    assert not found, "\n".join(found)


def test_no_role_pulls_in_another_by_its_metadata() -> None:
    assert not [role.name for role in roles() if read(role / "meta" / "main.yml").get("dependencies")]


def test_every_role_is_a_molecule_scenario() -> None:
    assert not [role.name for role in roles() if not (ROOT / "molecule" / role.name / "molecule.yml").is_file()]


def charts() -> list[Path]:
    return sorted(path.parent for path in (ROOT / "roles").glob("*/files/charts/*/Chart.yaml"))


@pytest.mark.parametrize("chart", charts(), ids=lambda path: str(path.name))
def test_a_chart_of_ours_carries_a_version_of_ours(chart: Path) -> None:
    """No chart of its project has that version; a label cannot contain the plus sign."""
    assert re.fullmatch(r"\d+\.\d+\.\d+\+mainstay\.\d+", read(chart / "Chart.yaml")["version"])
    for template in (chart / "templates").iterdir():
        for line in template.read_text().splitlines():
            assert ".Chart.Version" not in line or 'replace "+" "_"' in line, f"{template}: {line}"


SPEC = {"argument_specs": {"main": {"short_description": "s", "description": ["d"], "options": {}}}}


def spec(**options: Any) -> dict[str, Any]:
    return {"argument_specs": {"main": {**SPEC["argument_specs"]["main"], "options": options}}}


@pytest.mark.parametrize(
    ("defaults", "specs", "expected"),
    [
        ({}, SPEC, ""),
        ({"vpc_a": 1}, spec(vpc_a={"description": "d", "default": 1}), ""),
        ({"vpc_a": 1}, spec(vpc_a={"description": "d"}), ""),
        ({"vpc_a": 2}, spec(vpc_a={"description": "d", "default": 1}), "vpc_a is 1 in the specification and 2 in the defaults"),
        ({}, spec(vpc_a={"description": "d", "default": 1}), "vpc_a is 1 in the specification and None in the defaults"),
        ({"vpc_a": 1}, spec(vpc_a={"description": "d", "required": True}), "vpc_a is required and has a default"),
        ({"vpc_b": 1}, SPEC, "vpc_b has a default but no specification"),
        ({"other": 1}, SPEC, "other lacks the prefix vpc_"),
        ({}, spec(vpc_a={}), "vpc_a has no description"),
        ({}, {}, "there is no specification of the entry point main"),
    ],
)
def test_what_counts_as_a_broken_contract(defaults: dict[str, Any], specs: dict[str, Any], expected: str) -> None:
    assert problems("vpc", defaults, specs) == ([expected] if expected else [])
