# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What workers already have imported and read when they are forked."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

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
UNCHANGED = """
import sys
from ansible_collections.mainstay.aws.plugins.module_utils.controller import warm
warm.warm(["vpc_network", "eks_cluster", "k8s_objects"])
late = ("asyncio.", "saved_plans.", "upgrade.check.", "upgrade.look_inside.")
print([name for name in sys.modules if any(part in f"{name}." for part in late)])
"""


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


def test_what_only_some_runs_need_is_imported_when_they_do() -> None:
    done = subprocess.run(
        [sys.executable, "-c", UNCHANGED],
        env={"PYTHONPATH": str(ROOT / "collections")},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.stdout == "[]\n", done.stderr


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
