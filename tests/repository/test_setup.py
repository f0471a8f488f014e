"""scripts/find-python and scripts/setup on various machines, simulated offline in a separate folder."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from tests.repository.layout import ROOT

TOOLS = ("bash", "env", "sort", "printf")
SHIM = "#!/bin/sh\necho 'pyenv: python3.14: command not found' >&2\necho >&2\necho 'The command exists in these versions:' >&2\nexit 127\n"


def answering(version: str) -> str:
    """A command that runs the real Python, which then reports another version."""
    return f"""#!/bin/sh
for last; do :; done
exec {sys.executable} -I -c "import sys; sys.version_info = ({version.replace(".", ", ")}, 0, 'final', 0); exec(sys.argv[1])" "$last"
"""


def find_python(folder: Path, commands: dict[str, str], **variables: str) -> subprocess.CompletedProcess[str]:
    """Runs scripts/find-python on a machine that has only these commands."""
    bin_folder = folder / "bin"
    bin_folder.mkdir()
    for tool in TOOLS:
        found = shutil.which(tool)
        assert found
        (bin_folder / tool).symlink_to(found)
    for name, script in commands.items():
        (bin_folder / name).write_text(script)
        (bin_folder / name).chmod(0o755)
    environment = {"PATH": str(bin_folder), "HOME": str(folder), **variables}
    return subprocess.run([str(ROOT / "scripts" / "find-python")], env=environment, capture_output=True, text=True, check=False)


def base_python() -> str:
    return str(getattr(sys, "_base_executable", sys.executable))


def real() -> str:
    return f'#!/bin/sh\nexec {base_python()} "$@"\n'


@pytest.mark.parametrize(
    ("commands", "complaints"),
    [
        ({"python3.13": real()}, []),
        ({"python3.14": SHIM, "python3.13": real()}, []),
        ({"python3.14": SHIM, "python3.13": SHIM, "python3.12": SHIM, "python3": real()}, []),
        ({}, ["No Python 3.12, 3.13 or 3.14 that runs was found."]),
        ({"python3": answering("3.11")}, ["tried python3: is Python 3.11"]),
        ({"python3": answering("3.15")}, ["tried python3: is Python 3.15"]),
        ({"python3.14": SHIM}, ["tried python3.14: "]),
    ],
)
def test_finding_a_python(tmp_path: Path, commands: dict[str, str], complaints: list[str]) -> None:
    result = find_python(tmp_path, commands)
    assert all(complaint in result.stderr for complaint in complaints), result.stderr
    assert result.returncode == (1 if complaints else 0)
    assert bool(result.stdout) is not bool(complaints)


def test_the_newest_of_a_version_manager_is_found(tmp_path: Path) -> None:
    for version in ("3.9.1", "3.12.3", "3.12.11"):
        folder = tmp_path / ".pyenv" / "versions" / version / "bin"
        folder.mkdir(parents=True)
        (folder / "python3").write_text(real() if version == "3.12.11" else SHIM)
        (folder / "python3").chmod(0o755)
    assert find_python(tmp_path, {"python3": SHIM}).returncode == 0


def test_a_named_python_is_the_only_one_tried(tmp_path: Path) -> None:
    result = find_python(tmp_path, {"python3.13": real()}, MAINSTAY_PYTHON="/nowhere/python")
    assert result.returncode == 1
    assert "MAINSTAY_PYTHON=/nowhere/python cannot be used" in result.stderr


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout whose only requirement is a wheel next to it."""
    folder = tmp_path / "checkout"
    (folder / "scripts").mkdir(parents=True)
    for name in ("setup", "preflight", "find-python"):
        shutil.copy2(ROOT / "scripts" / name, folder / "scripts" / name)
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    for version in ("1.0", "1.1"):
        with zipfile.ZipFile(wheels / f"demo-{version}-py3-none-any.whl", "w") as wheel:
            wheel.writestr("demo.py", f"VERSION = {version!r}\n")
            wheel.writestr(f"demo-{version}.dist-info/METADATA", f"Metadata-Version: 2.1\nName: demo\nVersion: {version}\n")
            wheel.writestr(
                f"demo-{version}.dist-info/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
            )
            wheel.writestr(f"demo-{version}.dist-info/RECORD", "")
    (folder / "requirements.txt").write_text("demo==1.0\n")
    return folder


def setup(checkout: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    variables = {
        **{name: value for name, value in os.environ.items() if not name.startswith("PIP_")},
        "MAINSTAY_PYTHON": base_python(),
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(checkout.parent / "wheels"),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    return subprocess.run([str(checkout / "scripts" / "setup"), *arguments], env=variables, capture_output=True, text=True, check=False)


def installed(checkout: Path) -> str:
    command = [str(checkout / ".venv" / "bin" / "python"), "-c", "import demo; print(demo.VERSION)"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


@pytest.mark.slow
def test_the_life_of_an_environment(checkout: Path) -> None:
    first = setup(checkout)
    assert first.returncode == 0, first.stdout + first.stderr
    assert installed(checkout) == "1.0"
    assert list(checkout.glob(".venv/lib/python3.*/site-packages/__pycache__/demo.*.pyc")), "nothing was compiled"

    started = time.monotonic()
    again = setup(checkout)
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")
    assert time.monotonic() - started < 1

    (checkout / "requirements.txt").write_text("demo==1.1\n")
    changed = setup(checkout)
    assert changed.returncode == 0, changed.stdout
    assert "Making .venv" not in changed.stdout
    assert installed(checkout) == "1.1"

    moved = checkout.parent / "moved"
    checkout.rename(moved)
    elsewhere = setup(moved)
    assert "Removing .venv: it was made for another folder" in elsewhere.stdout
    assert installed(moved) == "1.1"

    for link in (moved / ".venv" / "bin").glob("python*"):
        link.unlink()
    broken = setup(moved)
    assert "Removing .venv: its Python no longer runs" in broken.stdout
    assert installed(moved) == "1.1"


@pytest.mark.slow
def test_a_failed_installation_is_reported_and_not_taken_for_complete(checkout: Path) -> None:
    (checkout / "requirements.txt").write_text("demo==9.9\n")
    for _attempt in range(2):
        result = setup(checkout)
        assert result.returncode == 1
        assert "Installing failed" in result.stderr
        assert "demo==9.9" in result.stderr
    (checkout / "requirements.txt").write_text("demo==1.0\n")
    assert setup(checkout).returncode == 0
    assert installed(checkout) == "1.0"


def test_an_unknown_argument_is_refused(checkout: Path) -> None:
    result = setup(checkout, "--devel")
    assert result.returncode == 2
    assert "usage" in result.stderr
