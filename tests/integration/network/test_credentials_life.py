# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Credentials exported with their expiry time: a plan warns, and an apply does not start work that would outlast them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from rehearsal.testing import Cloud

from .describe import described
from .play import environment, play, task
from .support import Requests, network

PRESENT = {"networks": {"main": network()}, "timeout": None}


def ends_in(minutes: float) -> dict[str, str | None]:
    """What `aws configure export-credentials --format env` adds."""
    return {"AWS_CREDENTIAL_EXPIRATION": (datetime.now(UTC) + timedelta(minutes=minutes)).isoformat(timespec="seconds")}


@pytest.mark.parametrize("minutes", [10.5, -60])
def test_too_short(cloud: Cloud, tmp_path: Path, minutes: float) -> None:
    requests = Requests(cloud)
    variables = environment(cloud, changes=ends_in(minutes))
    planned, refused = play(tmp_path, variables, [task(PRESENT, check=True), task(PRESENT)])
    said = "in 10 minutes (AWS_CREDENTIAL_EXPIRATION)" if minutes > 0 else "The credentials expired at"
    assert planned["changed"]
    assert [text for text in planned["warnings"] if said in text]
    assert refused["failed"]
    assert said in refused["msg"]
    assert "this run may need 20 minutes, the longest that nat_gateway.main/" in refused["msg"]
    assert refused["msg"].endswith("Nothing was changed.")
    assert requests.changes() == []
    assert described(cloud) == {}


def test_long_enough(cloud: Cloud, tmp_path: Path) -> None:
    """A plan with no changes needs no time at all."""
    (made,) = play(tmp_path, environment(cloud, changes=ends_in(40)), [task(PRESENT)])
    (again,) = play(tmp_path, environment(cloud, changes=ends_in(-1)), [task(PRESENT)])
    assert (made["changed"], again["changed"]) == (True, False)
    assert not made.get("warnings")


def test_an_end_that_is_no_time(cloud: Cloud, tmp_path: Path) -> None:
    (refused,) = play(tmp_path, environment(cloud, changes={"AWS_CREDENTIAL_EXPIRATION": "soon"}), [task(PRESENT)])
    assert refused["msg"].startswith("AWS_CREDENTIAL_EXPIRATION is 'soon', which is not a time")
