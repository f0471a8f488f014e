# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""When a module runs in Ansible's worker, and what its interface passes through."""

from __future__ import annotations

import json
import os
import sys
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.basic import AnsibleModule

from ansible_collections.mainstay.aws.plugins.action import in_worker
from ansible_collections.mainstay.aws.plugins.module_utils.component.progress import Throttled

SAFE: dict[str, Any] = {
    "asynchronous": False,
    "become": False,
    "transport": "local",
    "interpreter": None,
    "name": "mainstay.aws.vpc_network",
    "switch": "",
}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({}, None),
        ({"transport": "ansible.builtin.local"}, None),
        ({"interpreter": sys.executable}, None),
        ({"interpreter": str(Path(sys.executable).parent / "python3")}, None),
        ({"interpreter": "auto_silent"}, None),
        ({"interpreter": "/usr/bin/python3"}, "the interpreter is /usr/bin/python3"),
        ({"asynchronous": True}, "asynchronous"),
        ({"become": True}, "another user"),
        ({"transport": "ssh"}, "the connection is ssh"),
        ({"name": "amazon.aws.ec2_vpc_net"}, "not a module of this collection"),
        ({"switch": "never"}, "MAINSTAY_IN_WORKER is never"),
    ],
)
def test_ordinary_reason(change: dict[str, Any], reason: str | None) -> None:
    found = in_worker.ordinary_reason(**{**SAFE, **change})
    assert found is None if reason is None else found is not None and reason in found


def test_another_environment_of_the_same_python_is_another_python(tmp_path: Path) -> None:
    other = tmp_path / "bin" / "python"
    other.parent.mkdir()
    other.symlink_to(Path(sys.executable).resolve())
    assert not in_worker.same_python(str(other), sys.executable)


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Callable[[], None]], None]]:
    name = "ansible_collections.mainstay.aws.plugins.modules.fake"

    def install(main: Callable[[], None]) -> None:
        module = types.ModuleType(name)
        module.main = main  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, name, module)

    return install


def run(**arguments: Any) -> dict[str, Any]:
    printed, _errors = in_worker.run_module("mainstay.aws.fake", arguments)
    result: dict[str, Any] = json.loads(printed.strip().splitlines()[-1])
    return result


def test_arguments_go_in_and_the_result_comes_out(fake: Callable[[Callable[[], None]], None]) -> None:
    def main() -> None:
        module = AnsibleModule(argument_spec={"name": {"type": "str"}, "many": {"type": "int"}}, supports_check_mode=True)
        module.exit_json(changed=True, seen=module.params, check=module.check_mode)

    fake(main)
    result = run(name="a", many="3", _ansible_check_mode=True)
    assert result["seen"] == {"name": "a", "many": 3}
    assert result["check"] is True


def test_secrets_are_masked_as_in_an_ordinary_module(fake: Callable[[Callable[[], None]], None]) -> None:
    def main() -> None:
        module = AnsibleModule(argument_spec={"password": {"type": "str", "no_log": True}})
        module.fail_json(msg=f"the password {module.params['password']} is wrong", also={"deep": [module.params["password"]]})

    fake(main)
    assert "hunter2-and-more" not in json.dumps(run(password="hunter2-and-more"))


def test_an_exception_is_reported_by_type_and_place_never_by_text(fake: Callable[[Callable[[], None]], None]) -> None:
    def main() -> None:
        raise RuntimeError("the token is hunter2-and-more")

    fake(main)
    result = run()
    assert result["failed"] is True
    assert "RuntimeError" in result["msg"]
    assert "test_in_worker.py, line" in result["msg"]
    assert "hunter2" not in json.dumps(result)


def test_the_task_environment_is_set_only_during_the_call() -> None:
    before = dict(os.environ)
    with in_worker._environment({"MAINSTAY_TEST": "1"}):
        assert os.environ["MAINSTAY_TEST"] == "1"
    assert dict(os.environ) == before


@pytest.mark.parametrize(("seconds", "text"), [(0, "0s"), (59.9, "59s"), (60, "1m00s"), (200, "3m20s")])
def test_durations_read_like_a_clock(seconds: float, text: str) -> None:
    assert in_worker._duration(seconds) == text


def test_progress_is_at_most_one_line_about_a_thing_in_a_while() -> None:
    said: list[str] = []
    every = Throttled(lambda address, _doing, _seconds: said.append(address), every=0)
    rarely = Throttled(lambda address, _doing, _seconds: said.append(address), every=3600)
    for _ in range(3):
        every("a", "pending", 1)
        rarely("b", "pending", 1)
    assert said == ["a", "a", "a"]
