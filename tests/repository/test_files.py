"""Rules for the files themselves."""

from __future__ import annotations

import configparser
import json
import os
import re
import subprocess

import pytest
import yaml

from scripts.terminal import BIN, tool_environment
from tests.repository.layout import ROOT, files, load, modules, text

# In pieces, so that this file does not contain the text it searches for.
HOSTS = [
    ".".join(parts)
    for parts in (
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("galaxy", "ansible", "com"),
        ("quay", "io"),
        ("ghcr", "io"),
        ("docker", "io"),
        ("mcr", "microsoft", "com"),
        ("registry", "npmjs", "org"),
        ("proxy", "golang", "org"),
        ("registry", "terraform", "io"),
    )
]
FORBIDDEN = {
    "the host name of a registry": re.compile("|".join(re.escape(host) for host in HOSTS)),
    "a path of a developer's machine": re.compile(r"(?<![\w.~])/(?:home|Users)/\w|(?<![\w.:~])/(?:root|work)/"),
}


@pytest.mark.parametrize("what", sorted(FORBIDDEN))
def test_no_file_contains(what: str) -> None:
    found = [
        f"{name}:{number}" for name in files() for number, line in enumerate(text(name).splitlines(), 1) if FORBIDDEN[what].search(line)
    ]
    assert not found, f"{what} in {', '.join(found)}"


@pytest.mark.parametrize("line", ["see " + "/home" + "/me/x", f"https://{HOSTS[0]}/simple", "/" + "root/.venv/bin", "'/" + "Users/me'"])
def test_what_counts_as_forbidden(line: str) -> None:
    assert any(pattern.search(line) for pattern in FORBIDDEN.values())


TOP = "benchmarks bin docs examples inventories meta molecule playbooks plugins rehearsal roles scripts tests"
NAMED = re.compile(rf"(?<![\w/.-])((?:{TOP.replace(' ', '|')})/[\w./{{}},-]+)")
"""Paths in documentation, from the root of the checkout; braces list several names."""
HYPOTHETICAL = ("sqs", "rehearsal/seed.yml", "meta/argument_specs.yml", "bin/helm")
"""Parts of paths that docs use as examples, or that are not relative to the root."""


def paths_in(page: str) -> set[str]:
    found = set()
    for path in NAMED.findall(page):
        before, brace, rest = path.rstrip(".,").partition("{")
        names, _brace, after = rest.partition("}")
        found |= {f"{before}{name}{after}" for name in names.split(",")} if brace else {before}
    return {path for path in found if not any(part in path for part in HYPOTHETICAL)}


@pytest.mark.parametrize("page", [name for name in files() if name.endswith(".md")])
def test_every_path_in_the_documentation_exists(page: str) -> None:
    assert [path for path in sorted(paths_in(text(page))) if not (ROOT / path).exists()] == []


def test_the_collections_link_makes_the_checkout_a_collections_path() -> None:
    galaxy = load("galaxy.yml")
    link = ROOT / "collections" / "ansible_collections" / galaxy["namespace"] / galaxy["name"]
    assert link.is_symlink(), f"{link} must be a symbolic link (git config core.symlinks true)"
    assert str(link.readlink()) == "../../.."


def test_the_action_group_has_every_module() -> None:
    runtime = load("meta/runtime.yml")
    group = runtime["action_groups"]["aws"]
    assert sorted(entry for entry in group if isinstance(entry, str)) == modules()
    extended = [name for entry in group if isinstance(entry, dict) for name in entry["metadata"]["extend_group"]]
    assert sorted(extended) == ["amazon.aws.aws"]


def test_required_ansible_allows_the_pinned_one() -> None:
    from ansible.release import __version__
    from packaging.specifiers import SpecifierSet

    assert __version__ in SpecifierSet(load("meta/runtime.yml")["requires_ansible"])


def configuration() -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(ROOT / "ansible.cfg")
    return parser


def hosts_of(inventory: str) -> int:
    command = [str(BIN / "ansible-inventory"), "-i", inventory, "--list"]
    output = subprocess.run(command, cwd=ROOT, env=tool_environment(), check=True, capture_output=True, text=True).stdout
    return len(json.loads(output)["_meta"]["hostvars"])


def test_there_are_as_many_forks_as_the_largest_inventory_has_hosts() -> None:
    sizes = {path.name: hosts_of(str(path)) for path in (ROOT / "inventories").glob("*") if path.is_dir()}
    assert max(sizes.values(), default=0) <= configuration().getint("defaults", "forks"), sizes


def test_the_enabled_callbacks_are_ours_and_there() -> None:
    for name in configuration().get("defaults", "callbacks_enabled").split(","):
        assert name.strip().startswith("mainstay.aws.")
        assert (ROOT / "plugins" / "callback" / f"{name.strip().rsplit('.', 1)[1]}.py").is_file()


def test_every_make_target_has_help() -> None:
    makefile = text("Makefile")
    targets = re.findall(r"^([a-z][a-z-]*):(?!=)", makefile, re.MULTILINE)
    assert targets
    output = subprocess.run(["make", "--no-print-directory", "help"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    listed = re.findall(r"^  make (\S+) +\S", output, re.MULTILINE)
    assert sorted(listed) == sorted(targets)
    phony = re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    assert phony is not None
    assert sorted(phony[1].split()) == sorted(targets)


def test_scripts_with_a_shebang_can_be_executed() -> None:
    with_shebang = [name for name in files() if name.startswith(("scripts/", ".ci/")) and text(name).startswith("#!")]
    assert {"scripts/setup", "scripts/preflight", "scripts/find-python", "scripts/clean", ".ci/run"} <= set(with_shebang)
    assert not [name for name in with_shebang if not os.access(ROOT / name, os.X_OK)]


@pytest.mark.parametrize(
    "name", [name for name in files() if name.startswith(("scripts/", ".ci/")) and text(name).startswith("#!/usr/bin/env bash")]
)
def test_shell_scripts_parse(name: str) -> None:
    subprocess.run(["bash", "-n", name], cwd=ROOT, check=True)


def test_python_files_of_the_collection_carry_the_license() -> None:
    line = "# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)"
    ours = [name for name in files() if name.startswith("plugins/") and name.endswith(".py") and text(name).strip()]
    assert not [name for name in ours if line not in text(name).splitlines()[:5]]


def test_warnings_bring_no_deprecation_with_them() -> None:
    """amazon.aws's own method makes Ansible print one with each: see ansible.module_utils.common.warnings."""
    files = (ROOT / "plugins" / "module_utils").rglob("*.py")
    assert [str(path.relative_to(ROOT)) for path in files if "module.warn(" in path.read_text(encoding="utf-8")] == []


def test_every_exception_from_sanity_has_its_reason() -> None:
    for path in sorted((ROOT / "tests" / "sanity").glob("ignore-*.txt")):
        assert not [line for line in path.read_text().splitlines() if line.strip() and not re.search(r" # \S", line)], path.name


def test_every_rule_that_lint_skips_has_its_reason() -> None:
    lines = text(".ansible-lint").splitlines()
    skipped = yaml.safe_load(text(".ansible-lint")).get("skip_list") or []
    for rule in skipped:
        index = next(number for number, line in enumerate(lines) if line.strip().startswith(f"- {rule}"))
        assert "#" in lines[index] or lines[index - 1].strip().startswith("#"), f"{rule} is skipped without a reason"
