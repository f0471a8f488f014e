# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Drills of a database with data, in the same region and in another one."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.recovery.drill import drill
from ansible_collections.mainstay.aws.plugins.module_utils.recovery.drill.drill import Drill

from .support import AWAY, HOME, Site, outcome, until

OWNER = ("mainstay:environment", "mainstay:component", "mainstay:address")


def contents(connection: psycopg.Connection[Any]) -> tuple[int, str]:
    rows = connection.execute("SELECT id, note FROM app.orders ORDER BY id").fetchall()
    return len(rows), hashlib.sha256(repr(rows).encode()).hexdigest()


def before_the_checks(monkeypatch: pytest.MonkeyPatch, look: Callable[[str], None]) -> None:
    """Call ``look`` with the name of the restored instance, before a drill checks it."""
    verify = Drill._verify

    def first(self: Drill, ready: Any, *rest: Any) -> None:
        look(ready.name)
        verify(self, ready, *rest)

    monkeypatch.setattr(Drill, "_verify", first)


@pytest.mark.parametrize("region", [HOME, AWAY])
def test_a_drill_brings_everything_back_and_leaves_nothing(
    site: Site, region: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    seen: dict[str, Any] = {}

    def look(name: str) -> None:
        with site.connect("orders") as source, site.connect(name, region) as copy:
            seen.update(equal=contents(source) == contents(copy), rows=contents(copy)[0])
        seen.update(tags=site.tags(name, region), retention=site.instance(name, region)["BackupRetentionPeriod"])

    before_the_checks(monkeypatch, look)
    target = site.here.target() if region == HOME else site.away()
    found = site.drill(target=target, report=str(tmp_path / "drill"))
    assert outcome(found) == ("passed", "restored", 0), found["msg"]
    assert (seen["equal"], seen["rows"], seen["retention"]) == (True, 500, 0)
    assert not set(OWNER) & set(seen["tags"])
    assert (found["region"], found["target_region"], found["method"]) == (HOME, region, "point_in_time")
    assert found["torn_down"] == [found["target"]]
    assert all(one["passed"] for one in found["checks"])
    assert [one["name"] for one in found["checks"]] == ["login", "settings", "markers", "contents", "contents"]
    assert 0 < found["rto"]["seconds"] < 60
    assert 0 < found["rpo"]["seconds"] < 60
    assert found["markers"]["restored"] >= 1
    assert json.loads((tmp_path / "drill.json").read_text())["verdict"] == "passed"
    assert "| RTO |" in (tmp_path / "drill.md").read_text()
    recorded = site.tags()
    assert recorded["mainstay:restore-measured"].startswith("20")
    if region == HOME:  # where the snapshot gate reads it; minutes in another region are no way back
        assert recorded["mainstay:restore-minutes-point-in-time"] == f"{found['rto']['seconds'] / 60:.1f}"
    assert set(OWNER) <= set(recorded)
    assert site.leaves_nothing()


def test_a_drill_from_a_snapshot_that_is_copied(site: Site) -> None:
    found = site.drill(method="snapshot", target=site.away())
    assert outcome(found) == ("passed", "restored", 0), found["msg"]
    assert len(found["torn_down"]) == 3
    assert found["origin"] == "a snapshot of orders, copied to eu-central-1"
    assert site.leaves_nothing()


def test_goals_that_are_missed_and_a_teardown_that_is_refused_for_a_while(site: Site, tmp_path: Path) -> None:
    busy = {"code": "InvalidDBInstanceState", "message": "busy", "status": 400, "times": 3}
    site.cloud.admin.fault("rds", "DeleteDBInstance", fault="error", **busy)
    found = site.drill(rto=0.01, method="snapshot", rpo=0.01, report=str(tmp_path / "drill.md"))
    assert found["origin"] == "a snapshot of orders"
    assert "mainstay:restore-minutes-snapshot" in site.tags()
    assert outcome(found) == ("missed", "goals_missed", 5), found["msg"]
    assert (found["rto"]["met"], found["rpo"]["met"]) == (False, False)
    assert json.loads((tmp_path / "drill.json").read_text())["reason"] == "goals_missed"
    assert site.leaves_nothing()


def test_a_copy_that_lacks_a_row(site: Site, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def damage(name: str) -> None:
        with site.connect(name) as copy:
            copy.execute("DELETE FROM app.orders WHERE id = 7")
            copy.execute("DELETE FROM mainstay_drill.markers WHERE number = 1")

    before_the_checks(monkeypatch, damage)
    found = site.drill(report=str(tmp_path / "drill"))
    assert outcome(found) == ("failed", "markers", 3), found["msg"]
    assert "Table app.orders has 499 rows; expected 500." in found["msg"]
    assert found["rto"]["seconds"] is None
    assert "| contents | failed |" in (tmp_path / "drill.md").read_text()
    assert site.leaves_nothing()


def test_a_restore_that_fails(site: Site) -> None:
    site.cloud.admin.script(
        "rds_instance", {"id": "drill-copy"}, [{"state": "creating", "seconds": 0.5}, {"state": "incompatible-restore"}]
    )
    found = site.drill(target=site.here.target(identifier="drill-copy"))
    assert outcome(found) == ("failed", "restore_failed", 3), found["msg"]
    assert site.leaves_nothing()


def test_a_teardown_that_is_refused_for_good_is_made_up_for_by_the_next_drill(site: Site) -> None:
    denied = {"code": "AccessDenied", "message": "no", "status": 403, "times": None}
    site.cloud.admin.fault("rds", "DeleteDBInstance", fault="error", **denied)
    first = site.drill()
    assert outcome(first) == ("passed", "restored", 0), first["msg"]
    assert [first["target"] in one for one in first["left"]] == [True]
    site.cloud.admin.clear_faults()
    second = site.drill()
    assert set(second["torn_down"]) == {first["target"], second["target"]}
    assert site.leaves_nothing()


def test_instances_of_others_with_similar_names_and_tags_stay(site: Site) -> None:
    given = {"Engine": "postgres", "DBInstanceClass": "db.t4g.medium", "AllocatedStorage": 20, "MasterUsername": "root_user"}
    others = {
        "drill-orders-12345678": {},
        "drill-of-mine": {"mainstay:managed-by": "rds_snapshot_gate", "mainstay:expires": "1"},
    }
    for name, tags in others.items():
        listed = [{"Key": key, "Value": value} for key, value in tags.items()]
        site.here.rds.create_db_instance(DBInstanceIdentifier=name, MasterUserPassword="not-secret-at-all", Tags=listed, **given)
    try:
        assert site.drill()["verdict"] == "passed"
        assert site.names() == {"orders", *others}
    finally:
        for name in others:
            site.here.rds.delete_db_instance(DBInstanceIdentifier=name, SkipFinalSnapshot=True)
    until(site.leaves_nothing)


def test_backups_that_stay_behind(site: Site) -> None:
    site.cloud.admin.settings(restorable_lag_seconds=3600)
    try:
        found = site.drill(backups_timeout=2)
    finally:
        site.cloud.admin.settings(restorable_lag_seconds=0)
    assert outcome(found) == ("failed", "backups_behind", 3), found["msg"]
    assert "RestoreDBInstanceToPointInTime" not in site.changes()
    assert site.leaves_nothing()


def test_a_second_drill_at_the_same_time_is_refused(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    second: dict[str, Any] = {}
    monkeypatch.setattr(drill, "LOCK_SECONDS", 1.0)
    before_the_checks(monkeypatch, lambda name: second.update(site.drill() if not second else {}))
    first = site.drill()
    assert outcome(second) == ("refused", "another_drill", 4), second["msg"]
    assert outcome(first) == ("passed", "restored", 0), first["msg"]
    assert site.leaves_nothing()


def test_check_mode_changes_nothing(site: Site, tmp_path: Path) -> None:
    found = site.drill(check_mode=True, report=str(tmp_path / "drill"))
    assert outcome(found) == ("passed", "would_drill", 0), found["msg"]
    assert "would be restored in eu-west-1 from the automated backups of orders, into drills" in found["msg"]
    assert site.changes() == set()
    assert site.schemas() == {"public", "app"}
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"subnet_group": "absent"}, "target.subnet_group is absent; there is no such DB subnet group in eu-west-1"),
        ({"security_groups": ["sg-00000000000000000"]}, "target.security_groups has sg-00000000000000000; there is no such group"),
        ({"parameter_group": "absent"}, "target.parameter_group is absent"),
        ({"parameter_group": "default.postgres16"}, "of family postgres16; version 17.4 needs one of postgres17"),
        ({"kms_key": "alias/absent"}, "target.kms_key is alias/absent; there is no such key"),
        ({"region": AWAY}, "target.subnet_group"),
    ],
)
def test_a_target_that_is_refused(site: Site, change: dict[str, Any], said: str) -> None:
    found = site.drill(target=site.here.target(**change))
    assert (found["verdict"], found["exit_code"]) == ("refused", 4)
    if "region" not in change:
        assert said in found["msg"]
    assert site.changes() == set()
