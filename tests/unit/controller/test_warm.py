# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What workers find imported and read when they are forked."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.callback.plan_summary import OWN_MODULES, _actions
from ansible_collections.mainstay.aws.plugins.module_utils.aws import service_models
from ansible_collections.mainstay.aws.plugins.module_utils.controller import warm
from ansible_collections.mainstay.aws.plugins.modules import vpc_network

ROOT = Path(__file__).resolve().parents[3]
FRESH = """
import sys
from ansible_collections.mainstay.aws.plugins.module_utils.controller import warm
assert not any(name.endswith("modules.vpc_network") for name in sys.modules)
warm.warm(["vpc_network", "nothing_of_this_name"])
assert any(name.endswith("modules.vpc_network") for name in sys.modules)
import threading
assert threading.active_count() == 1, "a thread would not survive the fork, and what it holds would stay locked"
"""


def task(name: str) -> Any:
    return SimpleNamespace(action=name)


def block(*tasks: Any, rescue: tuple[Any, ...] = ()) -> Any:
    return SimpleNamespace(block=list(tasks), rescue=list(rescue), always=[])


def test_the_actions_of_a_play_are_those_of_its_tasks_and_roles_at_any_depth() -> None:
    role = SimpleNamespace(get_task_blocks=lambda: [block(block(task("b")), rescue=(task("c"),))])
    play = SimpleNamespace(pre_tasks=[block(task("a"))], tasks=[], post_tasks=[block()], get_roles=lambda: [role])
    assert sorted(_actions(play)) == ["a", "b", "c"]


def test_the_modules_of_a_role_of_ours_that_is_included_later_are_read_from_its_tasks() -> None:
    included = SimpleNamespace(action="ansible.builtin.include_role", args={"name": f"{OWN_MODULES}vpc", "tasks_from": "finish"})
    other = SimpleNamespace(action="ansible.builtin.include_role", args={"name": "somebody.elses.role"})
    play = SimpleNamespace(pre_tasks=[], tasks=[block(included, other)], post_tasks=[], get_roles=list)
    found = set(_actions(play))
    assert "mainstay.aws.vpc_network" in found
    assert all(name.startswith(OWN_MODULES) for name in found)


def test_modules_are_imported_in_a_fresh_process_and_no_thread_is_left() -> None:
    done = subprocess.run(
        [sys.executable, "-c", FRESH],
        env={"PYTHONPATH": str(ROOT / "collections")},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr


def test_a_description_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    warm.warm(["vpc_network"])
    reader = service_models.loader(None)
    load_file = reader.file_loader.load_file
    found: list[str] = []

    def note(path: str) -> Any:
        if (data := load_file(path)) is not None:
            found.append(path)
        return data

    monkeypatch.setattr(reader.file_loader, "load_file", note)
    session = service_models.session(None)
    keys = {"aws_access_key_id": "a" * 20, "aws_secret_access_key": "b" * 40}
    for service in vpc_network.SERVICES:
        session.client(service, region_name="eu-west-1", **keys)
    assert found == []
