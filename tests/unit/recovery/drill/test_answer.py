# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The module's result: what is written beside it, and what is said about credentials."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.recovery.drill.answer import result_of, short_lived
from ansible_collections.mainstay.aws.plugins.module_utils.recovery.drill.markers import Place
from ansible_collections.mainstay.aws.plugins.module_utils.recovery.drill.plan import Plan, Target
from ansible_collections.mainstay.aws.plugins.module_utils.recovery.drill.result import Result

COUNTS = {"read": 3, "write": 1}
FOUND = Result("passed", "restored", "orders was restored.", database="orders")


def plan(report: str = "", check_mode: bool = False) -> Plan:
    target = Target("drills", ("sg-1",), "orders", "alias/orders")
    return Plan("orders", target, Place("shop", "mainstay_drill", "markers"), ("shop",), "/ca.pem", report=report, check_mode=check_mode)


def test_the_report_is_part_of_the_result(tmp_path: Path) -> None:
    found = result_of(plan(str(tmp_path / "drill")), FOUND, COUNTS, 1.25)
    assert (found["changed"], found["seconds"], found["api_calls"]) == (True, 1.2, COUNTS)
    assert found["reports"] == [str(tmp_path / "drill.md"), str(tmp_path / "drill.json")]


def test_a_report_that_cannot_be_written_changes_no_verdict(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    found = result_of(plan(str(tmp_path / "file" / "drill")), FOUND, COUNTS, 1.0)
    assert (found["verdict"], found["reports"]) == ("passed", [])
    assert "The report could not be written to" in found["msg"]


def test_check_mode_writes_no_report(tmp_path: Path) -> None:
    assert result_of(plan(str(tmp_path / "drill"), check_mode=True), FOUND, {"read": 3, "write": 0}, 1.0)["changed"] is False
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("lasts", "profile", "said"),
    [(timedelta(hours=1), None, "AWS_CREDENTIAL_EXPIRATION"), (timedelta(hours=5), None, ""), (timedelta(), "prod", "")],
)
def test_credentials_that_may_end_before_the_drill(lasts: timedelta, profile: str | None, said: str) -> None:
    environment = {"AWS_ACCESS_KEY_ID": "AKIA", "AWS_CREDENTIAL_EXPIRATION": (datetime.now(UTC) + lasts).isoformat()}
    found = short_lived({"access_key": "AKIA", "profile": profile}, environment, plan())
    assert said in found
    assert bool(said) == bool(found)
