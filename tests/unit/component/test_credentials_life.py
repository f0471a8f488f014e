# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""When credentials expire, how long a run may need, and the warning if they expire too early."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.component.credentials_life import End, duration_text, end_of, longest, shortage
from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.domain import KINDS as CLUSTERS
from ansible_collections.mainstay.aws.plugins.module_utils.domains.network.domain import KINDS as NETWORK
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.planner import Action

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
KEY = {"AWS_ACCESS_KEY_ID": "REHEARSE1"}
KINDS = {**NETWORK, **CLUSTERS}


@pytest.mark.parametrize(
    ("access_key", "profile", "environment", "expected"),
    [
        ("REHEARSE1", None, KEY, None),
        ("REHEARSE1", None, {**KEY, "AWS_CREDENTIAL_EXPIRATION": "2026-01-31T12:00:00Z"}, NOON),
        ("REHEARSE1", None, {**KEY, "AWS_CREDENTIAL_EXPIRATION": "2026-01-31T12:00:00+00:00"}, NOON),
        ("REHEARSE1", None, {**KEY, "AWS_CREDENTIAL_EXPIRATION": "2026-01-31T14:00:00+02:00"}, NOON),
        ("REHEARSE1", None, {**KEY, "AWS_CREDENTIAL_EXPIRATION": " 2026-01-31T12:00:00 "}, NOON),
        ("REHEARSE1", None, {**KEY, "AWS_SESSION_EXPIRATION": "2026-01-31T12:00:00Z"}, NOON),
        (
            "REHEARSE1",
            None,
            {**KEY, "AWS_CREDENTIAL_EXPIRATION": "2026-01-31T12:00:00Z", "AWS_SESSION_EXPIRATION": "2020-01-01T00:00:00Z"},
            NOON,
        ),
        ("REHEARSE1", None, {**KEY, "AWS_CREDENTIAL_EXPIRATION": ""}, None),
        ("REHEARSE1", None, {"AWS_ACCESS_KEY": "REHEARSE1", "AWS_SESSION_EXPIRATION": "2026-01-31T12:00:00Z"}, NOON),
        # given as a module option: the variable applies to other credentials
        ("REHEARSE2", None, {**KEY, "AWS_CREDENTIAL_EXPIRATION": "2026-01-31T12:00:00Z"}, None),
        # a profile's credentials are renewed, and so are those of an instance
        ("REHEARSE1", "prod", {**KEY, "AWS_CREDENTIAL_EXPIRATION": "2026-01-31T12:00:00Z"}, None),
        (None, None, {"AWS_CREDENTIAL_EXPIRATION": "2026-01-31T12:00:00Z"}, None),
    ],
)
def test_when_credentials_expire(
    access_key: str | None, profile: str | None, environment: dict[str, str], expected: datetime | None
) -> None:
    end = end_of(access_key, profile, environment)
    assert (end.at if end else None) == expected


def test_a_variable_that_is_no_time_is_named() -> None:
    with pytest.raises(ValueError, match="AWS_CREDENTIAL_EXPIRATION is 'soon', which is not a time such as 2026-01-31T12:00:00Z"):
        end_of("REHEARSE1", None, {**KEY, "AWS_CREDENTIAL_EXPIRATION": "soon"})


def action(kind: str, verb: Any = "create") -> Action:
    return Action(verb, f"{kind}.main", kind)


@pytest.mark.parametrize(
    ("actions", "timeout", "expected"),
    [
        ([], None, (0.0, "")),
        ([action("vpc")], None, (600.0, "vpc.main")),
        ([action("vpc"), action("nat_gateway"), action("subnet")], None, (1200.0, "nat_gateway.main")),
        ([action("vpc"), action("vpc_endpoint", "delete")], None, (900.0, "vpc_endpoint.main")),
        ([action("vpc"), action("nat_gateway")], 60.0, (60.0, "vpc.main")),
        ([action("eks_nodegroup")], None, (1800.0, "eks_nodegroup.main")),
        ([action("eks_nodegroup", "update")], None, (7200.0, "eks_nodegroup.main")),
        ([action("eks_nodegroup", "replace"), action("eks_cluster", "update")], None, (3600.0, "eks_cluster.main")),
    ],
)
def test_how_long_a_run_may_need(actions: list[Action], timeout: float | None, expected: tuple[float, str]) -> None:
    assert longest(actions, KINDS, timeout) == expected


@pytest.mark.parametrize(
    ("seconds", "needed", "said"),
    [
        (1200, 1200.0, None),
        (3600, 1200.0, None),
        (1199, 1200.0, "The credentials expire at 2026-01-31 12:19:59 UTC, in 19 minutes (AWS_X), and this run may need 20 minutes"),
        (90, 1200.0, "expire at 2026-01-31 12:01:30 UTC, in 1 minute "),
        (20, 60.0, "in 20 seconds (AWS_X), and this run may need 1 minute, the longest that vpc.main may take."),
        (0, 60.0, "The credentials expired at 2026-01-31 12:00:00 UTC (AWS_X)"),
        (-7200, 60.0, "The credentials expired at 2026-01-31 10:00:00 UTC"),
    ],
)
def test_shortage(seconds: int, needed: float, said: str | None) -> None:
    found = shortage(End(NOON + timedelta(seconds=seconds), "AWS_X"), NOON, needed, "vpc.main")
    if said is None:
        assert found is None
    else:
        assert found is not None
        assert said in found
        assert "use a profile" in found
        assert "unset it" in found


def test_nothing_to_do_needs_no_time() -> None:
    assert shortage(End(NOON, "AWS_X"), NOON, *longest([], KINDS)) is None


@pytest.mark.parametrize(
    ("seconds", "expected"), [(0.2, "0 seconds"), (1, "1 second"), (59.6, "59 seconds"), (60, "1 minute"), (1200, "20 minutes")]
)
def test_duration_text(seconds: float, expected: str) -> None:
    assert duration_text(seconds) == expected
