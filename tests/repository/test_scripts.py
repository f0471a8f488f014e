"""The decisions of the scripts behind the Makefile."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from scripts import change, plan, rehearse, sanity, terminal


def inventory(**hosts: dict[str, Any]) -> dict[str, Any]:
    return {"_meta": {"hostvars": hosts}}


GOOD = {"platform_account_id": "111122223333", "platform_region": "af-south-1"}


def test_account_and_region_come_from_the_inventory() -> None:
    assert rehearse.target_of(inventory(vpc=GOOD, eks=GOOD), "prod") == ("111122223333", "af-south-1")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "has no hosts"),
        (inventory(vpc={"platform_region": "x"}), "platform_account_id must have one value in the inventory prod, but has 0"),
        (inventory(vpc=GOOD, eks={**GOOD, "platform_region": "x"}), "platform_region must have one value in the inventory prod, but has 2"),
        (inventory(vpc={**GOOD, "platform_region": "{{ a }}"}), "must be plain text"),
    ],
)
def test_an_inventory_that_names_no_single_target_is_refused(given: dict[str, Any], message: str) -> None:
    with pytest.raises(terminal.Problem, match=message):
        rehearse.target_of(given, "prod")


def test_an_unknown_environment_is_refused() -> None:
    with pytest.raises(terminal.Problem, match="there is no inventory inventories/nope"):
        rehearse.inventory_path("nope")


@pytest.mark.parametrize(
    ("groups", "arguments", "expected"),
    [
        ({"eks": {"hosts": ["cluster"]}}, [], True),
        ({"eks": {"hosts": ["cluster"]}}, ["--limit", "network"], False),
        ({"eks": {"hosts": ["cluster"]}}, ["-lnetwork"], False),
        ({"vpc": {"hosts": ["network"]}}, [], False),
    ],
)
def test_a_control_plane_is_built_first_where_it_is_needed(groups: dict[str, Any], arguments: list[str], expected: bool) -> None:
    assert rehearse.has_clusters(groups, arguments) is expected


def test_a_plan_is_the_same_command_on_the_account_and_on_its_rehearsal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the variables differ: the caller's own, or those of the rehearsal's plan role."""
    credentials = {role: {"access_key_id": f"key-{role}", "secret_access_key": "secret"} for role in ("plan", "apply")}
    cloud = {
        "endpoint": "http://127.0.0.1:1",
        "admin": "http://127.0.0.1:2",
        "region": "af-south-1",
        "credentials": credentials,
        "log": "x",
    }
    monkeypatch.setattr(plan.launcher, "find", lambda name: cloud)
    monkeypatch.setenv("AWS_PROFILE", "mine")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    ran: list[tuple[Any, ...]] = []
    monkeypatch.setattr(plan, "play", lambda inventory, variables, arguments, **more: ran.append((inventory, arguments, variables)) or 0)
    assert plan.main(["make", "prod", "--", "--limit", "network"]) == 0
    assert plan.main(["make", "--rehearsal", "prod", "--", "--limit", "network"]) == 0
    (*real, theirs), (*rehearsed, ours) = ran
    assert real == rehearsed == ["inventories/prod", ["--check", "--diff", "--limit", "network"]]
    assert (theirs["AWS_PROFILE"], "AWS_ENDPOINT_URL" in theirs) == ("mine", False)
    assert (ours["AWS_ENDPOINT_URL"], ours["AWS_ACCESS_KEY_ID"], "AWS_PROFILE" in ours) == ("http://127.0.0.1:1", "key-plan", False)


def test_a_plan_that_was_not_saved_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "the.plan"
    monkeypatch.setattr(plan, "play", lambda inventory, variables, arguments, **more: 2)
    assert plan.main(["make", "--out", str(out), "prod"]) == 1
    assert f"no plan was saved in {out}" in capsys.readouterr().err
    monkeypatch.setattr(plan, "play", lambda inventory, variables, arguments, **more: out.write_text("{}"))
    assert plan.main(["make", "--out", str(out), "prod"]) == 2
    assert plan.main(["apply", "--plan", str(tmp_path / "none"), "prod"]) == 1
    assert f"there is no file {tmp_path}/none" in capsys.readouterr().err


REPORT = {
    "check_mode": True,
    "totals": {"plan": {"create": 1, "update": 0, "held_back": 9}, "run": {"create": 7}},
    "components": [
        {"actions": [{"address": f"subnet.{number}", "action": "delete", "held_back": True} for number in range(8)]},
        {"actions": [{"address": "vpc.main", "action": "replace", "held_back": True}, {"address": "key.a", "action": "create"}]},
    ],
}


def test_a_change_is_counted_in_the_words_of_the_summary() -> None:
    assert change.counted(REPORT, change.PLANNED) == "1 to add, 9 held back"
    assert change.counted({**REPORT, "check_mode": False}, change.DONE) == "7 added"
    assert change.counted({"check_mode": True, "totals": {"plan": {"unchanged": 4}}}, change.PLANNED) == "nothing"


def test_held_back_resources_are_listed_by_action() -> None:
    assert list(change.held(REPORT, "replace")) == ["vpc.main"]
    assert "subnet.0, subnet.1, subnet.2, subnet.3, subnet.4, subnet.5 and 2 more" in change.stays(REPORT)[0]
    assert change.stays({"components": []}) == []


def test_mutating_calls_are_counted_by_operation() -> None:
    calls = [
        {"service": "ec2", "operation": "CreateVpc", "mutating": True},
        {"service": "ec2", "operation": "CreateVpc", "mutating": True},
        {"service": "ec2", "operation": "DescribeVpcs", "mutating": False},
    ]
    assert rehearse.mutations(calls) == Counter({"ec2:CreateVpc": 2})
    assert rehearse.listed(rehearse.mutations(calls)) == "ec2:CreateVpc 2 times"


def test_nothing_of_the_callers_that_leads_to_an_account_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "EC2_URL", "KUBECONFIG", "K8S_AUTH_HOST", "PGHOST", "MAINSTAY_REHEARSAL_ENDPOINT"):
        monkeypatch.setenv(name, "real")
    monkeypatch.setenv("NO_PROXY", "internal.example")
    environment = terminal.isolated_environment({"AWS_REGION": "af-south-1"})
    assert "real" not in environment.values()
    assert environment["AWS_REGION"] == "af-south-1"
    assert environment["AWS_CONFIG_FILE"] == "/dev/null"
    assert environment["NO_PROXY"] == "internal.example,127.0.0.1,localhost"
    assert environment["PATH"].startswith(str(terminal.BIN))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("plugins/modules/a.py", True),
        ("plugins/.env", False),
        ("plugins/.hidden.py", False),
        ("scripts/verify.py", False),
        ("tests/unit/x/y.py", False),
        (".ansible-lint", False),
        ("docs/scripts.md", True),
        ("docs/drafts/scripts.md", False),
        ("inventories/prod/group_vars/all.yml", False),
        ("roles/vpc/tasks/new.yml", True),
        ("roles/vpc/files/kubeconfig.yml", False),
        ("x.plan", False),
    ],
)
def test_what_a_build_contains(name: str, expected: bool) -> None:
    assert sanity.packed([name]) == ([name] if expected else [])


def test_tools_of_the_checkout_come_first_and_what_a_rehearsal_brings_comes_last(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/usr/bin")
    assert terminal.isolated_environment({"PATH": "/usr/bin:/rehearsal/bin"})["PATH"] == f"{terminal.BIN}:/usr/bin:/rehearsal/bin"
    assert terminal.isolated_environment({})["PATH"] == f"{terminal.BIN}:/usr/bin"
