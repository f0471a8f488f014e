# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Drills with the rights that docs/recovery.md lists, and no others: of AWS, and in the database."""

from __future__ import annotations

import json
import re
from typing import Any

from scripts.terminal import ROOT

from .support import Site, outcome

PAGE = (ROOT / "docs" / "recovery.md").read_text(encoding="utf-8")
LOGIN = {"Effect": "Allow", "Action": "rds-db:connect", "Resource": "*"}


def block(language: str, after: str) -> str:
    """The first block of code after a heading."""
    found = re.search(rf"```{language}\n(.*?)```", PAGE.split(f"\n### {after}\n")[1], re.DOTALL)
    assert found
    return found[1]


def documented() -> dict[str, Any]:
    policy: dict[str, Any] = json.loads(block("json", "Permissions of a drill"))
    return policy


def test_exactly_the_documented_permissions_suffice_and_all_are_used(site: Site) -> None:
    site.cloud.admin.policies(apply=[documented()])
    for options in ({}, {"target": site.away()}, {"method": "snapshot", "target": site.away()}, {"method": "snapshot"}):
        found = site.drill(**options)
        assert outcome(found) == ("passed", "restored", 0), found["msg"]
        assert found["notes"] == []
    requests = site.cloud.admin.requests()
    assert [one for one in requests if one["error_code"] in ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation")] == []
    used = {action for one in requests for action in one.get("checked_for") or ()}
    listed = [statement["Action"] for statement in documented()["Statement"]]
    assert {one for actions in listed for one in ([actions] if isinstance(actions, str) else actions)} - used == set()
    assert site.leaves_nothing()


def test_a_role_that_only_writes_markers_and_reads(site: Site) -> None:
    with site.connect("orders") as connection:
        connection.execute(block("sql", "A least-privilege login for markers"))
    try:
        site.cloud.admin.policies(apply=[documented() | {"Statement": [*documented()["Statement"], LOGIN]}])
        found = site.drill(login={"user": "drill"})
        assert outcome(found) == ("passed", "restored", 0), found["msg"]
        with site.connect("orders") as connection:
            assert connection.execute("SELECT count(*) FROM mainstay_drill.markers").fetchall() == [(0,)]
            connection.execute("REVOKE DELETE ON mainstay_drill.markers FROM drill")
        found = site.drill(login={"user": "drill"})
        assert outcome(found) == ("refused", "marker", 4)
        assert "drill cannot write a marker there: it lacks INSERT, SELECT and DELETE" in found["msg"]
    finally:
        with site.connect("orders") as connection:
            connection.execute("DROP SCHEMA mainstay_drill CASCADE; DROP ROLE drill")
    assert site.leaves_nothing()
