# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Tags of temporary resources, and the deletion of what runs left."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.aws.connection import Aws
from ansible_collections.mainstay.aws.plugins.module_utils.aws.owner import Owner
from ansible_collections.mainstay.aws.plugins.module_utils.aws.tags import tag_list
from ansible_collections.mainstay.aws.plugins.module_utils.recovery.reaping import CLUSTER, INSTANCE, SNAPSHOT, Reaped, Reaper
from ansible_collections.mainstay.aws.plugins.module_utils.recovery.tags import (
    DRILL,
    HOLD,
    Maker,
    is_leftover,
    measured,
    own,
    restore_minutes,
    temporary,
)

from ..snapshot_gate.fake_rds import FakeClock, FakeRds
from ..snapshot_gate.samples import NOW

MAKER = Maker("rds_drill", DRILL, "monthly")


class Region:
    """An account with RDS, and a reaper."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.rds = FakeRds(self.clock)
        self.aws = Aws(lambda service: self.rds, Owner("", ""), pause=self.clock.pause, region="eu-west-1")
        self.reaper = Reaper(self.aws, self.clock, poll=5.0, seconds=60.0)

    def instance(self, name: str, maker: Maker = MAKER, ttl: float = 3600.0, **more: Any) -> None:
        tags = temporary(maker, "db-MAIN", NOW, ttl)
        self.rds.restored[name] = {
            "DBInstanceIdentifier": name,
            "DBInstanceStatus": "available",
            "TagList": tag_list({**tags, **more.pop("tags", {})}),
            **more,
        }

    def reap(self, later: float = 0.0, **given: Any) -> Reaped:
        return self.reaper.reap(MAKER, NOW + later, **given)


@pytest.fixture
def region() -> Region:
    return Region()


def test_what_the_same_run_left_is_deleted_at_once(region: Region) -> None:
    region.instance("mine")
    region.instance("other-run", Maker("rds_drill", DRILL, "weekly"))
    region.instance("other-purpose", Maker("rds_drill", "restore", "monthly"))
    region.instance("other-module", Maker("rds_snapshot_gate", DRILL, "monthly"))
    region.instance("going", DBInstanceStatus="deleting")
    assert region.reap().gone == ("mine",)
    assert sorted(region.rds.restored) == ["going", "other-module", "other-purpose", "other-run"]


def test_what_has_expired_is_deleted_by_any_run(region: Region) -> None:
    region.instance("old", Maker("rds_drill", DRILL, "weekly"), ttl=60.0)
    assert region.reap(59.0).gone == ()
    assert region.reap(60.0).gone == ("old",)


def test_the_database_itself_and_what_is_on_hold_stay(region: Region) -> None:
    region.instance("kept", tags={HOLD: "audit"})
    found = region.reap(7200.0)
    assert found.gone == ()
    assert found.notes == (f"The DB instance kept has expired and stays, because it has the tag {HOLD}.",)


def test_snapshots_without_an_expiry_stay(region: Region) -> None:
    """Those of the gate have its tags and no expiry."""
    tags = temporary(MAKER, "db-MAIN", NOW, 60.0)
    region.rds.add("temporary", TagList=tag_list(tags))
    region.rds.add("lasting", TagList=tag_list({name: value for name, value in tags.items() if name != "mainstay:expires"}))
    assert region.reap(kinds=(SNAPSHOT,)).gone == ("temporary",)


def test_an_instance_of_a_cluster_is_deleted_before_it(region: Region) -> None:
    """RDS refuses the parameters about snapshots and backups of a cluster's instance."""
    region.instance("one-1", DBClusterIdentifier="one")
    region.rds.clusters.append(
        {"DBClusterIdentifier": "one", "Status": "available", "TagList": tag_list(temporary(MAKER, "db-MAIN", NOW, 60.0))}
    )
    assert region.reap(kinds=(INSTANCE, CLUSTER)).gone == ("one-1", "one")
    asked = [given for method, given in region.rds.asked if method.startswith("delete")]
    assert asked == [
        {"DBInstanceIdentifier": "one-1"},
        {"DBClusterIdentifier": "one", "SkipFinalSnapshot": True, "DeleteAutomatedBackups": True},
    ]


def test_what_is_still_being_created_is_tried_again(region: Region) -> None:
    region.instance("mine")
    region.rds.faults["delete_db_instance"] = ["InvalidDBInstanceState", "lost"]
    assert region.reaper.delete(INSTANCE, "mine") == Reaped(), "the second call was carried out, and its reply was lost"
    assert region.rds.restored == {}


@pytest.mark.parametrize(("faults", "said"), [(["AccessDenied"], "AccessDenied"), (["InvalidDBInstanceState"] * 99, "within 60 s")])
def test_what_refuses_is_said(region: Region, faults: list[str], said: str) -> None:
    region.instance("mine")
    region.rds.faults["delete_db_instance"] = faults
    found = region.reaper.delete(INSTANCE, "mine")
    assert found.gone == ()
    assert "mine" in found.notes[0]
    assert said in found.notes[0]


def test_waiting_until_it_is_gone(region: Region) -> None:
    region.instance("mine")
    assert not region.reaper.wait_until_gone(INSTANCE, "mine", 30.0)
    region.reaper.delete(INSTANCE, "mine")
    assert region.reaper.wait_until_gone(INSTANCE, "mine", 30.0)


def test_a_run_without_a_name_recognizes_nothing_of_its_own() -> None:
    maker = Maker("rds_drill", DRILL)
    assert not is_leftover(temporary(maker, "db-MAIN", NOW, 60.0), maker, NOW)


def test_tags_of_people_go_on() -> None:
    assert own({"team": "shop", "aws:backup:source": "1", "rds:x": "1", "mainstay:environment": "prod", "AWS:y": "1"}) == {"team": "shop"}


def test_what_a_drill_measured_is_read_back() -> None:
    tags = measured({"point_in_time": 24.04, "snapshot": 12.0}, 0.0)
    assert tags == {
        "mainstay:restore-minutes-point-in-time": "24.0",
        "mainstay:restore-minutes-snapshot": "12.0",
        "mainstay:restore-measured": "1970-01-01T00:00:00Z",
    }
    assert restore_minutes({**tags, "mainstay:restore-minutes-snapshot": "soon"}) == {"point_in_time": 24.0}
