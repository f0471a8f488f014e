"""What is done about the state of a Helm release before an application is deployed, and which revision to go back to."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.cluster_objects.manifest import Marks
from ansible_collections.mainstay.aws.plugins.module_utils.deployment.modes import helm
from ansible_collections.mainstay.aws.plugins.module_utils.domains.cluster_content.releases.record import Release

MARKS = Marks("prod", "shop")
NOW = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
OURS, NOBODYS, OTHERS = MARKS.scope(), {}, Marks("prod", "billing").scope()
LIMIT = 300.0


def revision(number: int, status: str, ago: float | None = 1000, chart: str = "shop") -> Release:
    changed = None if ago is None else NOW - timedelta(seconds=ago)
    return Release("shop", "shop", number, status, chart, "1.0", {}, (), changed=changed)


STATES: dict[str, tuple[list[tuple[Release, Mapping[str, str]]], str, str]] = {
    "no release": ([], "go_on", ""),
    "deployed": ([(revision(1, "superseded"), OURS), (revision(2, "deployed"), OURS)], "go_on", ""),
    "failed": ([(revision(1, "deployed"), OURS), (revision(2, "failed"), OURS)], "go_on", ""),
    "uninstalled, with its history kept": ([(revision(1, "uninstalled"), OURS)], "go_on", ""),
    "of a team, deployed": ([(revision(1, "deployed"), NOBODYS)], "go_on", ""),
    "killed while upgrading": (
        [(revision(1, "deployed"), OURS), (revision(2, "pending-upgrade"), OURS)],
        "take_over",
        "left pending-upgrade",
    ),
    "killed while installing": ([(revision(1, "pending-install"), OURS)], "take_over", "revision 1"),
    "killed while going back": ([(revision(3, "pending-rollback"), OURS)], "take_over", "revision 3"),
    "without a time": ([(revision(1, "pending-install", None), OURS)], "take_over", "revision 1"),
    "killed a moment ago": ([(revision(2, "pending-upgrade", 60), OURS)], "wait", "another 240 s"),
    "pending, of somebody": ([(revision(2, "pending-upgrade"), NOBODYS)], "refuse", "another owner began it"),
    "an older pending one": ([(revision(1, "pending-upgrade"), OURS), (revision(2, "deployed"), OURS)], "go_on", ""),
    "of another component": ([(revision(1, "deployed"), OTHERS)], "refuse", "belongs to prod/billing"),
    "of another chart": ([(revision(1, "deployed", chart="redis"), OURS)], "refuse", "of the chart redis"),
    "being uninstalled": ([(revision(1, "uninstalling"), OURS)], "refuse", "helm uninstall shop -n shop"),
}


@pytest.mark.parametrize("name", STATES)
def test_before_an_upgrade(name: str) -> None:
    records, action, sentence = STATES[name]
    found = helm.before_upgrade(records, MARKS, "shop", NOW, LIMIT)
    assert found.action == action, found
    assert sentence in found.sentence


def test_how_long_to_wait_for_a_helm_that_may_be_alive() -> None:
    found = helm.before_upgrade([(revision(2, "pending-upgrade", 60), OURS)], MARKS, "shop", NOW, LIMIT)
    assert (found.revision, found.seconds) == (2, 240)


HISTORY = [
    (revision(1, "superseded"), OURS),
    (revision(2, "failed"), OURS),
    (revision(4, "deployed"), OURS),
    (revision(5, "pending-upgrade"), OURS),
]
BACK: dict[str, tuple[int, str, str]] = {
    "the verified one, not the one before": (1, "go_on", ""),
    "one that Helm calls failed, but was verified": (2, "go_on", ""),
    "nothing was verified": (0, "refuse", "nothing to go back to"),
    "forgotten by Helm": (3, "refuse", "it has 1, 2, 4, 5"),
    "not finished": (5, "refuse", "pending-upgrade"),
}


@pytest.mark.parametrize("name", BACK)
def test_what_to_go_back_to(name: str) -> None:
    verified, action, sentence = BACK[name]
    found = helm.to_go_back_to(HISTORY, verified)
    assert found.action == action
    assert sentence in found.sentence


@pytest.mark.parametrize(("verified", "expected"), [(4, False), (5, False)])
def test_a_pending_revision_is_not_deployed(verified: int, expected: bool) -> None:
    assert helm.is_deployed(HISTORY, verified) is expected
    assert helm.is_deployed(HISTORY[:3], 4)
