"""Every command of the benchmarks starts."""

from __future__ import annotations

import subprocess
import sys

import pytest

from scripts.terminal import ROOT

COMMANDS = ("benchmarks", "benchmarks.content", "benchmarks.deployments", "benchmarks.faults", "benchmarks.gate", "benchmarks.processor")


@pytest.mark.parametrize("command", COMMANDS)
def test_help(command: str) -> None:
    """In a process of its own: tests import the collection under a path that commands must find by themselves."""
    done = subprocess.run([sys.executable, "-m", command, "--help"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("usage:")
