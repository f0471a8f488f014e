"""The modules as tasks of a playbook: a plan, a release, a bad one, a rollback, the history, and what is printed meanwhile."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rehearsal.testing import Cloud
from tests.integration.module_runs import ModuleRuns
from tests.integration.snapshot_gate.support import Site

from .support import QUICK, Application
from .test_transaction import shop

REGION = "af-south-1"


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    with Cloud(account_id="210987654321", region=REGION, settings={"databases": False}) as found:
        yield found


def test_a_playbook_plans_deploys_goes_back_and_shows_the_history(app: Application, cloud: Cloud, tmp_path: Path) -> None:
    runs = ModuleRuns(cloud, tmp_path)
    where = {
        "environment": "prod",
        "component": "shop",
        "region": REGION,
        "namespace": app.namespace,
        "kubeconfig": str(app.plane.kubeconfig),
    }
    common: dict[str, Any] = {**where, "verification": QUICK}

    def release(version: str, behavior: str = "normal", **more: Any) -> dict[str, Any]:
        objects = [*shop(app, f"api:{version}", behavior=behavior, secret="session"), app.secret(key="s3cret-session-value")]
        return {"mainstay.aws.app_release": {**common, "version": version, "objects": objects, "migration": app.job(), **more}}

    absent: dict[str, Any] = {"mainstay.aws.app_release": {**where, "state": "absent"}}
    tasks: list[dict[str, Any]] = [
        {**release("1"), "check_mode": True},
        release("1"),
        {**release("1"), "check_mode": True},
        {**release("2"), "check_mode": True},
        release("2", "crash-loop"),
        {"mainstay.aws.app_rollback": common},
        release("3"),
        {"mainstay.aws.app_rollback": {**common, "reason": "a test"}},
        {"mainstay.aws.app_release_info": where},
        release("4", gate={"changed": False}),
        {**absent, "check_mode": True},
        absent,
        absent,
    ]
    planned, first, again, second, bad, nothing, third, back, history, gate, leaving, removed, gone = runs.run_tasks(tasks, "apply")
    assert planned["plan"]["counts"]["create"] == 6
    address = f"kubernetes_object.Deployment/{app.namespace}/api"
    assert address in [one["address"] for one in planned["plan"]["actions"]]
    assert first["changed"], first.get("msg")
    assert first["release"]["status"] == "verified"
    assert "arn:aws" in first["release"]["by"]
    assert not again["changed"]
    assert again["plan"]["counts"]["unchanged"] == 5
    changes = {one["address"]: one["changes"] for one in second["plan"]["actions"]}
    assert [(one["before"], one["after"]) for one in changes[address] if one["property"].endswith(".image")] == [("api:1", "api:2")]
    assert any("api:2" in json.dumps(one["after"]) for one in second["diff"])
    assert bad["failed"]
    assert bad["went_back"]
    assert bad["plan"]["state_after"].startswith(f"The application went back to release 1 ({first['release']['id']}), which was verified")
    assert "crash" in bad["msg"]
    assert "no verified release before the current one" in nothing["msg"]
    assert third["changed"], third.get("msg")
    assert back["release"]["version"] == "1", back.get("msg")
    assert [(one["version"], one["status"]) for one in history["releases"]] == [
        ("1", "verified"),
        ("3", "rolled_back"),
        ("2", "failed"),
        ("1", "verified"),
    ]
    assert history["current"]["reason"] == "rolled back from 3 (" + history["releases"][1]["id"] + "): a test"
    assert "no result of rds_snapshot_gate" in gate["msg"]
    assert leaving["changed"]
    assert leaving["plan"]["counts"]["delete"] == removed["plan"]["counts"]["delete"] == 6
    assert removed["changed"], removed.get("msg")
    assert not gone["changed"]
    assert "s3cret-session-value" not in runs.printed
    assert address in runs.printed


def test_the_gate_is_asked_again_before_the_migration(app: Application, cloud: Cloud, tmp_path: Path) -> None:
    """The registered result of the gate is enough: the policy that its token covers is part of it."""
    Site(cloud).create("main")
    runs = ModuleRuns(cloud, tmp_path)
    where = {"environment": "prod", "component": "shop", "region": REGION}
    where |= {"namespace": app.namespace, "kubeconfig": str(app.plane.kubeconfig)}
    gate = {"region": REGION, "databases": ["main"], "deployment": "shop 1", "max_age": 600, "changes": ["migration"]}

    def release(version: str, **more: Any) -> dict[str, Any]:
        common = {**where, "verification": QUICK, "objects": shop(app, f"api:{version}"), "migration": app.job(), "gate_required": True}
        return {"mainstay.aws.app_release": {**common, "version": version, **more}}

    tasks: list[dict[str, Any]] = [
        {"mainstay.aws.rds_snapshot_gate": gate},
        release("2", gate="{{ result_0 }}"),
        release("1"),
        release("1", gate="{{ result_0 | combine({'tokens': {'main': '1.1.' ~ 'a' * 64}}) }}"),
        release("1", gate="{{ result_0 }}"),
    ]
    asked, other, missing, expired, good = runs.run_tasks(tasks, "apply")
    assert asked["verdict"] == "passed", asked["msg"]
    assert "is for deployment 'shop 1', and this release is 'shop 2'" in other["msg"]
    assert "run the gate first" in missing["msg"]
    assert "has expired" in expired["msg"]
    assert good["changed"], good.get("msg")
    assert good["release"]["gate"]["snapshots"] == [asked["databases"]["main"]["snapshot"]["identifier"]]
