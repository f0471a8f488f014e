"""One version of each dependency: in the pins, in the ansible package, and in the Galaxy requirements."""

from __future__ import annotations

import json
import re

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from scripts.lock import MARK, names, normalized
from tests.repository.layout import bundled_collections, files, load, text

REQUIREMENTS = ("requirements.txt", "requirements-dev.txt")


def wanted() -> dict[str, str]:
    return {entry["name"]: entry["version"] for entry in load("requirements.yml")["collections"]}


def pins(name: str) -> list[Requirement]:
    return [Requirement(line) for line in text(name).splitlines() if line and not line.startswith("#")]


def test_galaxy_and_requirements_ask_for_the_same_ranges() -> None:
    assert load("galaxy.yml")["dependencies"] == wanted()


def test_dependencies_are_the_collections_that_something_uses() -> None:
    """A module in a role or playbook, a documentation fragment, or an import."""
    used = re.compile(r"(?:ansible_collections\.|^\s*(?:- )?)(amazon|ansible|community|kubernetes)\.(\w+)\.(?!builtin)\w+", re.MULTILINE)
    shipped = [name for name in files() if name.startswith(("plugins/", "roles/", "playbooks/")) and name.endswith((".py", ".yml"))]
    examples = re.compile(r'EXAMPLES = r""".*?"""', re.DOTALL)
    found = {".".join(match) for name in shipped for match in used.findall(examples.sub("", text(name)))}
    assert found - {"ansible.builtin", "ansible.module_utils", "ansible.plugins", "ansible.utils"} == set(wanted())


def test_requirements_do_not_name_this_collection() -> None:
    galaxy = load("galaxy.yml")
    assert f"{galaxy['namespace']}.{galaxy['name']}" not in wanted()


@pytest.mark.parametrize("collection", sorted(wanted()))
def test_the_ansible_package_bundles_a_version_within_the_range(collection: str) -> None:
    manifest = bundled_collections() / collection.replace(".", "/") / "MANIFEST.json"
    version = json.loads(manifest.read_text())["collection_info"]["version"]
    assert version in SpecifierSet(wanted()[collection]), (
        f"requirements.yml asks for {collection} {wanted()[collection]}, bundled is {version}"
    )


@pytest.mark.parametrize("name", REQUIREMENTS)
def test_every_pin_is_exact_and_there_once(name: str) -> None:
    found = pins(name)
    loose = [str(pin) for pin in found if not re.fullmatch(r"==[^*,]+", str(pin.specifier))]
    assert not loose, f"not exact in {name}: {loose}"
    seen = [normalized(pin.name) for other in REQUIREMENTS for pin in pins(other)]
    assert len(seen) == len(set(seen)), f"pinned twice: {sorted({pin for pin in seen if seen.count(pin) > 1})}"


def test_what_is_installed_is_what_is_pinned() -> None:
    from importlib.metadata import distributions

    installed = {normalized(entry.metadata["Name"]): entry.version for entry in distributions()}
    pinned = {normalized(pin.name): str(pin.specifier).removeprefix("==") for name in REQUIREMENTS for pin in pins(name)}
    different = {name: (version, installed.get(name)) for name, version in pinned.items() if installed.get(name) != version}
    assert not different, f"pinned and installed differ, run make setup: {different}"


@pytest.mark.parametrize("name", REQUIREMENTS)
def test_the_lock_script_finds_both_blocks(name: str) -> None:
    first, _, second = text(name).partition(MARK)
    assert names(first)
    assert names(second)
    assert not names(first) & names(second)


def test_the_execution_environment_has_the_pinned_versions() -> None:
    environment = load("execution-environment.yml")
    assert environment["version"] == 3
    assert environment["dependencies"]["galaxy"] == "requirements.yml"
    pinned = {str(pin) for pin in pins("requirements.txt")}
    assert {*environment["dependencies"]["python"], environment["dependencies"]["ansible_core"]["package_pip"]} <= pinned
