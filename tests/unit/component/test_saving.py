# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Valid saved plan options for a call, and the errors before its first AWS call."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.component.interruption import FOLDER_VARIABLE
from ansible_collections.mainstay.aws.plugins.module_utils.component.saving import Refused, Saving, saving_of
from ansible_collections.mainstay.aws.plugins.module_utils.saved_plans.plan_file import as_text, make_book
from tests.unit.saved.samples import saved


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The callback's announcement, and a plan in its folder."""
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    (tmp_path / "good").write_text(as_text(make_book([saved()], "2026-01-31T12:00:00Z")))
    return tmp_path


def ask(folder: Path, check_mode: bool = True, **options: Any) -> Saving:
    usual = {"environment": "prod", "component": "network", "inventory_host": None, "inventory_hosts": []}
    given = {name: value.replace("FOLDER", str(folder)) if isinstance(value, str) else value for name, value in options.items()}
    return saving_of({**usual, "save_plan": None, "apply_plan": None, **given}, "vpc_network", check_mode, set())


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"save_plan": "FOLDER/x", "apply_plan": "FOLDER/good"}, "a run either makes a plan or applies one. Give one of them."),
        (
            {"save_plan": "FOLDER/x", "check_mode": False},
            "save_plan (platform_plan_out) is FOLDER/x, but this run does not make a plan. Add --check",
        ),
        ({"save_plan": "FOLDER"}, "which is a folder. Name a file in an existing folder."),
        ({"save_plan": "FOLDER/none/x"}, "which cannot be written: FOLDER/none is missing or not writable. Name a file"),
        ({"apply_plan": "FOLDER/none"}, "FOLDER/none cannot be read: No such file or directory. Nothing was changed."),
        ({"apply_plan": "FOLDER/good", "component": "x"}, "FOLDER/good has no plan for the component x of prod (module vpc_network)"),
        ({"apply_plan": "FOLDER/good", "environment": "dev"}, "has no plan for the component network of dev"),
        ({"apply_plan": "FOLDER/good", "inventory_hosts": ["eks"]}, "is also for network, which this inventory does not have"),
    ],
)
def test_bad_input(folder: Path, options: dict[str, Any], expected: str) -> None:
    with pytest.raises(Refused) as caught:
        ask(folder, **options)
    assert expected.replace("FOLDER", str(folder)) in str(caught.value)


def test_nothing_can_be_saved_without_the_callback(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(FOLDER_VARIABLE)
    with pytest.raises(Refused, match="the callback that writes the file is not enabled"):
        ask(folder, save_plan="FOLDER/x")


def test_a_plan_that_is_to_come_is_announced(folder: Path) -> None:
    ask(folder, save_plan="FOLDER/x", inventory_host="net")
    ask(folder, save_plan="FOLDER/x", inventory_host="net")
    (entry,) = (json.loads(path.read_text()) for path in folder.glob("*.plan"))
    assert entry == {"path": f"{folder}/x", "host": "net", "part": None}


def test_the_part_to_apply_is_read(folder: Path) -> None:
    assert ask(folder, check_mode=False, apply_plan="FOLDER/good", inventory_hosts=["network", "eks"]).part == saved()
