"""The changelog's fragments are valid for antsibull-changelog."""

from __future__ import annotations

import subprocess

from scripts.terminal import BIN, tool_environment
from tests.repository.layout import ROOT


def test_fragments_are_valid() -> None:
    result = subprocess.run(
        [str(BIN / "antsibull-changelog"), "lint"], cwd=ROOT, env=tool_environment(), capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr


def test_there_is_a_fragment_or_a_release() -> None:
    fragments = list((ROOT / "changelogs" / "fragments").glob("*.yml"))
    assert fragments or "releases: {}" not in (ROOT / "changelogs" / "changelog.yaml").read_text()
