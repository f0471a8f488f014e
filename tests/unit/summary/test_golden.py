"""Complete outputs compared with stored ones. After an intended change: UPDATE_GOLDEN=1 pytest tests/unit/summary, then review the diff."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.domains.registry import order_of_kinds
from ansible_collections.mainstay.aws.plugins.module_utils.summary.collect import Collector, Outcome, TaskInfo
from ansible_collections.mainstay.aws.plugins.module_utils.summary.export import as_json
from ansible_collections.mainstay.aws.plugins.module_utils.summary.markdown import as_markdown
from ansible_collections.mainstay.aws.plugins.module_utils.summary.model import Report
from ansible_collections.mainstay.aws.plugins.module_utils.summary.report import render
from ansible_collections.mainstay.aws.plugins.module_utils.summary.started import Started
from ansible_collections.mainstay.aws.plugins.module_utils.summary.totals import verdict
from tests.unit.summary.fixtures import networks

GOLDEN = Path(__file__).parent / "fixtures" / "golden"
Data = dict[str, Any]
STARTED = Started("ansible-playbook", ("site.yml", "-i", "inventories/prod", "--check", "--diff", "--limit", "network,rds"))


def report(*plans: Data) -> Report:
    collector = Collector(order_of_kinds())
    for plan in plans:
        info = TaskInfo(f"prod-{plan['component']}", "Reconcile", "mainstay.aws.any", plan["check_mode"], "role any")
        collector.add(info, Outcome({"plan": plan}, changed=True))
        collector.spend(info, 2.5)
    return collector.report(12.3, started=STARTED)


def terminal(width: int, detail: str = "auto") -> Callable[[Report], str]:
    return lambda one: "\n".join(line.text for line in render(one, width, detail)) + "\n"


def with_others() -> Report:
    collector = Collector(order_of_kinds())
    rehearsed = {**networks.several_changes(), "target": networks.REHEARSAL}
    for host, name, module, outcome in (
        (
            "prod-network",
            "Reconcile",
            "mainstay.aws.vpc_network",
            Outcome({"plan": rehearsed}),
        ),
        ("prod-rds", "Create the database", "community.postgresql.postgresql_db", Outcome({}, changed=True)),
        ("prod-rds", "Read a URL", "ansible.builtin.uri", Outcome({"msg": "does not support check mode"}, skipped=True)),
        ("prod-rds", "Set the password", "community.postgresql.postgresql_user", Outcome({"censored": "x"}, changed=True)),
        ("prod-eks", "Check the input", "ansible.builtin.assert", Outcome({"msg": "eks_version is 1.12\nmore"}, failed=True)),
    ):
        collector.add(TaskInfo(host, name, module, True), outcome)
    return collector.report(12.3)


CASES: dict[str, tuple[Report, Callable[[Report], str]]] = {
    "empty-account-80.txt": (report(networks.empty_account()), terminal(80)),
    "empty-account-120.txt": (report(networks.empty_account()), terminal(120)),
    "empty-account-200.txt": (report(networks.empty_account()), terminal(200)),
    "changes-80.txt": (report(networks.several_changes()), terminal(80)),
    "changes-120.txt": (report(networks.several_changes()), terminal(120)),
    "changes-done.txt": (report(networks.done(networks.several_changes())), terminal(120)),
    "changes-done-full.txt": (report(networks.done(networks.several_changes())), terminal(120, "full")),
    "failed.txt": (report(networks.failed()), terminal(100)),
    "text-and-secrets.txt": (report(networks.secrets_and_text()), terminal(100)),
    "two-regions-80.txt": (report(networks.several_changes(), networks.secrets_and_text()), terminal(80, "brief")),
    "two-regions.txt": (
        report(networks.several_changes(), networks.secrets_and_text(), networks.plan([], "dns", unchanged=4)),
        terminal(100, "brief"),
    ),
    "mixed.txt": (report(networks.several_changes(), networks.done(networks.secrets_and_text())), terminal(100, "brief")),
    "no-changes-plan.txt": (report(networks.plan([], unchanged=72)), terminal(120)),
    "no-changes-run.txt": (report(networks.plan([], unchanged=72, check_mode=False)), terminal(120)),
    "others.txt": (with_others(), terminal(100, "brief")),
    "changes.md": (report(networks.several_changes(), networks.secrets_and_text()), as_markdown),
    "failed.md": (report(networks.failed()), as_markdown),
    "changes.json": (report(networks.several_changes()), as_json),
    "others.json": (with_others(), as_json),
}


@pytest.mark.parametrize("name", CASES)
def test_output_is_the_stored_one(name: str) -> None:
    source, convert = CASES[name]
    text, stored = convert(source), GOLDEN / name
    if os.environ.get("UPDATE_GOLDEN"):
        stored.parent.mkdir(exist_ok=True)
        stored.write_text(text, encoding="utf-8")
    assert text == stored.read_text(encoding="utf-8")


@pytest.mark.parametrize("width", [60, 80, 120, 200])
@pytest.mark.parametrize("detail", ["full", "brief"])
@pytest.mark.parametrize(
    "plan",
    [networks.empty_account(), networks.several_changes(), networks.secrets_and_text(), networks.failed()],
    ids=["empty", "changes", "text", "failed"],
)
def test_no_line_is_wider_than_the_terminal_and_all_is_ascii(plan: Data, detail: str, width: int) -> None:
    """Except the last lines, which stay unbroken so that a search finds them, and a command, which stays unbroken for copying."""
    lines = [line.text for line in render(report(plan), width, detail)][: -len(verdict(report(plan)))]
    lines = [line for line in lines if not line.startswith("ansible-playbook ")]
    assert not [line for line in lines if len(line) > width]
    assert all(line.isascii() for line in lines)


@pytest.mark.parametrize("convert", [terminal(100), terminal(100, "brief"), as_markdown, as_json])
def test_no_output_has_a_sensitive_value(convert: Callable[[Report], str]) -> None:
    text = convert(report(networks.secrets_and_text()))
    assert "hunter2" not in text
    assert "master_user_password" in text


@pytest.mark.parametrize("address", [one["address"] for one in networks.empty_account()["actions"]])
def test_every_resource_is_named_once_at_the_start_of_a_line(address: str) -> None:
    lines = render(report(networks.empty_account()), 120)
    assert sum(line.text.split()[:2] == ["+", address] for line in lines) == 1


def test_markdown_that_is_too_long_for_a_comment_is_cut_at_a_line_and_closed() -> None:
    source = report(networks.empty_account())
    whole = as_markdown(source)
    brief = as_markdown(source, limit=len(whole) - 1)
    assert "properties are left out" in brief
    assert len(brief) < len(whole)
    cut = as_markdown(source, limit=1500)
    assert len(cut) <= 1500
    assert cut.count("```") % 2 == 0
    assert cut.count("<details>") == cut.count("</details>")


def test_json_is_stable_in_shape() -> None:
    data = json.loads(as_json(report(networks.done(networks.several_changes()))))
    assert data["schema_version"] == 1
    assert (data["check_mode"], data["result"]) == (False, "held_back")
    assert data["totals"]["run"] == {
        "create": 1, "update": 5, "replace": 1, "delete": 1, "unchanged": 49, "failed": 0, "not_started": 0, "unfinished": 0,
        "held_back": 3,
        "deferred": 0, "blocked": 1,
    }  # fmt: skip
    action = next(one for one in data["components"][0]["actions"] if one["address"] == "route_table.main/public")
    assert action["changes"][0]["after"] == {"0.0.0.0/0": "igw-0123", "10.30.0.0/16": networks.UNKNOWN}
