"""The plugin itself, in cases that a real run cannot produce."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.callback.plan_summary import CallbackModule


class Display:
    """Records the messages it is given."""

    verbosity = 0
    columns = 79

    def __init__(self) -> None:
        self.warnings: list[str] = []

    def warning(self, text: str) -> None:
        self.warnings.append(text)

    def display(self, text: str, **_options: Any) -> None:
        """Swallows it."""


def test_an_error_of_its_own_is_one_warning_and_no_more() -> None:
    display = Display()
    callback = CallbackModule()
    callback._display = display
    for event in (callback.v2_runner_on_ok, callback.v2_runner_on_failed, callback.v2_runner_on_skipped, callback.v2_runner_on_unreachable):
        event(SimpleNamespace())
    callback.v2_playbook_on_stats(SimpleNamespace())
    assert len(display.warnings) == 1
    assert "the summary is incomplete" in display.warnings[0]


@pytest.mark.parametrize(
    ("name", "expected"),
    [("CALLBACK_NEEDS_ENABLED", True), ("CALLBACK_TYPE", "aggregate"), ("CALLBACK_NAME", "mainstay.aws.plan_summary")],
)
def test_declares_what_ansible_wants_to_know(name: str, expected: object) -> None:
    assert getattr(CallbackModule, name) == expected
