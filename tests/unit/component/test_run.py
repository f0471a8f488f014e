# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Requested replacements that a call rejects because the address is not described, and when a plan fails on request."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.component.fail_on import reason
from ansible_collections.mainstay.aws.plugins.module_utils.component.run import not_described
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.engine import plan_only
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import Observed, Resource
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.planner import Consent
from tests.unit.reconcile.fake import kinds

KINDS: Any = kinds()
ROOM = Resource("room", "main/a", {"color": "red"})


@pytest.mark.parametrize(
    ("name", "forced", "rejected"),
    [
        ("", "room.main/a", False),
        ("", "room.main/b", True),
        ("", "unknown.main/b", False),
        ("main", "room.main/b", True),
        ("main", "room.other/b", False),
    ],
)
def test_a_requested_replacement_of_what_is_not_described(name: str, forced: str, rejected: bool) -> None:
    found = not_described({"component": "network", "name": name}, Consent(forced=(forced,)), [ROOM], KINDS)
    assert bool(found) is rejected
    if rejected:
        assert (
            found
            == f"platform_replace (option replace) names network:{forced}, which the inventory does not describe. Nothing was changed."
        )


@pytest.mark.parametrize(
    ("wanted", "check_mode", "there", "blocked", "fails"),
    [
        (None, True, False, True, False),
        ("blocked", True, False, False, False),
        ("blocked", True, False, True, True),
        ("blocked", False, False, True, False),
        ("changes", True, False, False, True),
        ("changes", True, True, False, False),
        ("changes", True, True, True, True),
        ("changes", False, False, False, False),
    ],
)
def test_when_a_plan_fails_as_asked(wanted: str | None, check_mode: bool, there: bool, blocked: bool, fails: bool) -> None:
    observed = [Observed("room", "room.main/a", "id-a", {"color": "red"})] if there else []
    result = plan_only([ROOM], observed, KINDS, Consent())
    assert bool(reason({"component": "network", "fail_on": wanted}, check_mode, result, blocked)) is fails
