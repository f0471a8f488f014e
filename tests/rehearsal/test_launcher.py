"""Clouds side by side, started once, and reliably stopped."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from rehearsal import launcher
from rehearsal.__main__ import main
from rehearsal.identities import Credentials

from .conftest import until

REPOSITORY = Path(launcher.__file__).resolve().parent.parent


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _run(directory: Path, *arguments: str) -> int:
    return main([*arguments, "--state-dir", str(directory)])


def test_life_of_a_cloud(tmp_path: Path, capsys: Any) -> None:
    assert _run(tmp_path, "start", "--name", "one", "--account-id", "111122223333", "--region", "eu-west-1") == 0
    try:
        cloud = launcher.find("one", tmp_path)
        assert cloud is not None
        assert (cloud["account_id"], cloud["region"]) == ("111122223333", "eu-west-1")
        assert stat.S_IMODE((tmp_path / "one" / "cloud.json").stat().st_mode) == 0o600
        assert stat.S_IMODE((tmp_path / "one").stat().st_mode) == 0o700
        assert _run(tmp_path, "start", "--name", "one") == 0
        assert launcher.find("one", tmp_path) == cloud, "starting a running cloud does nothing"
        assert launcher.start(launcher.Options("two"), tmp_path)["endpoint"] != cloud["endpoint"]
        capsys.readouterr()
        assert _run(tmp_path, "env", "--name", "one", "--role", "plan") == 0
        exported = dict(line.removeprefix("export ").split("=", 1) for line in capsys.readouterr().out.splitlines())
        assert exported["AWS_ACCESS_KEY_ID"] == cloud["credentials"]["plan"]["access_key_id"]
        assert exported["AWS_ENDPOINT_URL"] == exported["MAINSTAY_REHEARSAL_ENDPOINT"] == cloud["endpoint"]
        assert exported["AWS_REGION"] == "eu-west-1"
        assert exported["MAINSTAY_REHEARSAL_ADMIN"] == cloud["admin"]
        assert cloud["code"] == launcher.code()
        (tmp_path / "seed.yml").write_text("policies: {Boundary: {}}")
        for expected in ("seeded: 1 policy\n", "seeded: 1 policy (there already)\n"):
            assert _run(tmp_path, "seed", "--name", "one", str(tmp_path / "seed.yml")) == 0
            assert capsys.readouterr().out == expected
        (tmp_path / "seed.yml").write_text("polices: {}")
        assert _run(tmp_path, "seed", "--name", "one", str(tmp_path / "seed.yml")) == 1
        assert "did you mean policies?" in capsys.readouterr().err
        assert _run(tmp_path, "reset", "--name", "one") == 0
        assert _run(tmp_path, "status", "--name", "one") == 0
    finally:
        stopped = [launcher.stop(name, tmp_path) for name in ("one", "two")]
    assert stopped == [True, True]
    assert not _alive(cloud["pid"])
    assert _run(tmp_path, "status", "--name", "one") == 1
    assert _run(tmp_path, "env", "--name", "one") == 1
    assert launcher.stop("one", tmp_path) is False


def test_stop_spares_a_process_that_is_not_ours(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    record = {"id": "x", "pid": os.getpid(), "admin": "http://127.0.0.1:9"}
    (tmp_path / "other" / "cloud.json").write_text(json.dumps(record))
    assert launcher.stop("other", tmp_path) is False


@pytest.mark.parametrize("wrong", [{"account_id": "12"}, {"name": "../x"}])
def test_wrong_options(tmp_path: Path, wrong: dict[str, str]) -> None:
    with pytest.raises(launcher.LauncherError):
        launcher.start(launcher.Options(**wrong), tmp_path / "a" / "b")  # type: ignore[arg-type]


def test_real_credentials_are_no_cloud_s_own(tmp_path: Path) -> None:
    given = {"apply": Credentials("AKIAIOSFODNN7EXAMPLE", "x")}
    with pytest.raises(ValueError, match="real AWS account"):
        launcher.start(launcher.Options(credentials=given), tmp_path)


def test_a_taken_port_is_said(tmp_path: Path) -> None:
    cloud = launcher.start(launcher.Options("one"), tmp_path)
    try:
        port = int(cloud["endpoint"].rsplit(":", 1)[1])
        with pytest.raises(launcher.LauncherError, match=r"did not start.*[Aa]ddress already in use"):
            launcher.start(launcher.Options("two", port=port), tmp_path)
    finally:
        launcher.stop("one", tmp_path)


def test_ends_with_its_owner() -> None:
    program = "from rehearsal.testing import Cloud\nwith Cloud() as cloud:\n    print(cloud.description['pid'], flush=True)\n    input()\n"
    owner = subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=REPOSITORY)
    assert owner.stdout is not None
    assert owner.stdin is not None
    pid = int(owner.stdout.readline())
    assert _alive(pid)
    owner.kill()
    owner.wait()
    owner.stdin.close()
    owner.stdout.close()
    until(lambda: not _alive(pid))
