"""The demonstration in make rollout-demo ends as it says."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


def test_the_bad_release_is_undone() -> None:
    command = [sys.executable, "-m", "scripts.rollout_demo"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)
    said = " ".join(done.stdout.split())
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Release 1.2.0 failed and release 1.1.0 runs again" in said
    assert "crashes repeatedly (exit code 1)" in said
