# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The run lock of a refresh: none in check mode, changes in both accounts behind its fence, and its loss is no interruption."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.component.lock import Lost
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.waiting import Stopped, SystemClock
from ansible_collections.mainstay.aws.plugins.module_utils.refresh import answer


def fence() -> None:
    """The fence of the lock."""


def stopped(monkeypatch: pytest.MonkeyPatch, lost: Lost | None, seen: list[Any], *, check_mode: bool) -> None:
    """A run that is asked to stop. ``seen`` gets the fences of (target, source) until then."""

    @contextlib.contextmanager
    def held(aws: Any, *_how: Any) -> Iterator[Any]:
        aws.fence = fence
        yield SimpleNamespace(lost=lost)

    monkeypatch.setattr(answer, "held", held)
    here, there = SimpleNamespace(fence=None), SimpleNamespace(fence=None)
    module: Any = SimpleNamespace(check_mode=check_mode, params={"lock_wait": 0.0})
    connections: list[Any] = [here, there]
    with answer.locked(module, connections[0], connections[1], "caller", SystemClock()):
        seen.append((here.fence, there.fence))
        raise Stopped


@pytest.mark.parametrize(
    ("lost", "check_mode", "raised", "fences"),
    [
        (None, False, Stopped, (fence, fence)),
        (Lost("another run took over"), False, Lost, (fence, fence)),
        (None, True, Stopped, (None, None)),
    ],
)
def test_the_lock(monkeypatch: pytest.MonkeyPatch, lost: Lost | None, check_mode: bool, raised: type[Exception], fences: Any) -> None:
    seen: list[Any] = []
    with pytest.raises(raised):
        stopped(monkeypatch, lost, seen, check_mode=check_mode)
    assert seen == [fences]
