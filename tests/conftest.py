"""Shared by all tests. pyproject.toml puts the checkout and collections/ on the import path."""

from __future__ import annotations

import gc
import os
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from rehearsal.headers import read_quickly

ROOT = Path(__file__).resolve().parent.parent
# Set by make check and make test: there, a test that cannot run counts as failed.
NO_SKIP = bool(os.environ.get("MAINSTAY_NO_SKIP"))

# There, generated examples are the same on every run; plain pytest searches for new ones, and make nightly for many.
os.environ.setdefault("HYPOTHESIS_STORAGE_DIRECTORY", str(ROOT / ".cache" / "hypothesis"))
settings.register_profile("project", deadline=None, derandomize=NO_SKIP, max_examples=50)
settings.register_profile("many", deadline=None, max_examples=1000)
settings.load_profile("project")


# Clients in the test process itself. Playbooks and modules run in processes of their own, with what the standard library does.
read_quickly()


def pytest_collection_finish() -> None:
    """Tests make little garbage that refers to itself, and the collector would read a million imported objects again and again: it took a
    quarter of the processor time of unit tests.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
    """Turns skips into failures where skipping is not allowed; expected failures are unchanged."""
    report = yield
    if NO_SKIP and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped, which MAINSTAY_NO_SKIP forbids. {reason}"
    return report


@pytest.fixture(autouse=True, scope="session")
def no_account() -> None:
    """No test may reach a real account: removes every setting that leads to one before the first test runs."""
    for name in [name for name in os.environ if name.startswith(("AWS_", "BOTO_", "EC2_"))]:
        del os.environ[name]
    os.environ["AWS_EC2_METADATA_DISABLED"] = "true"
    os.environ["AWS_CONFIG_FILE"] = os.environ["AWS_SHARED_CREDENTIALS_FILE"] = os.devnull
