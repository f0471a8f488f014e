# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Copies of snapshots: shared for as long as it takes, adopted after a kill, and verified at the destination."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.aws.connection import Aws
from ansible_collections.mainstay.aws.plugins.module_utils.aws.owner import Owner
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.errors import CallFailed
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.waiting import Stopped
from ansible_collections.mainstay.aws.plugins.module_utils.recovery.calls import CLUSTER, INSTANCE
from ansible_collections.mainstay.aws.plugins.module_utils.recovery.completing import Waits
from ansible_collections.mainstay.aws.plugins.module_utils.recovery.copies import Wanted, parameters, problems, unshareable
from ansible_collections.mainstay.aws.plugins.module_utils.recovery.copying import Copier, Place
from ansible_collections.mainstay.aws.plugins.module_utils.recovery.databases import Database, Key, Snapshot, snapshot_of
from ansible_collections.mainstay.aws.plugins.module_utils.recovery.giving_up import GaveUp
from ansible_collections.mainstay.aws.plugins.module_utils.recovery.reading import Reading
from ansible_collections.mainstay.aws.plugins.module_utils.recovery.server_time import ServerTime

from .fake_rds import FakeClock, FakeRds

HERE, THERE = "111111111111", "222222222222"
THEIR_KEY = "arn:aws:kms:eu-west-1:222222222222:key/2"
DATABASE = Database("main", "db-MAIN")


class Accounts:
    """Two accounts. The first has a database, main, and its snapshot, one, which is copied to the second."""

    def __init__(self, there: str = THERE) -> None:
        self.clock = FakeClock()
        self.here, self.there = FakeRds(self.clock, HERE), FakeRds(self.clock, there, "eu-central-1")
        self.there.others = [self.here]
        self.here.add("one")
        self.here.states["one"] = [("available", 100)]
        self.there.states["one"] = [("pending", 0), ("copying", 50), ("available", 100)]
        self.lasting: tuple[str, ...] = ()

    def copier(self) -> Copier:
        places = []
        for rds in (self.here, self.there):
            make = lambda service, rds=rds: rds  # noqa: E731
            aws = Aws(make, Owner("", ""), pause=self.clock.pause, region=rds.region)
            places.append(Place(Reading(aws, ServerTime(self.clock.now)), rds.account))
        waits = Waits(600.0, 120.0, 5.0, 30.0)
        return Copier(places[0], places[1], self.clock, waits, lambda doing, seconds: None, retry=60.0, lasting=self.lasting)

    def wanted(self) -> Wanted:
        return Wanted(snapshot_of(self.here.snapshots["one"]), "one", THEIR_KEY, {"mainstay:managed-by": "test"})

    def copy(self) -> Snapshot:
        return self.copier().copy(DATABASE, self.wanted())

    def gives_up(self) -> GaveUp:
        with pytest.raises(GaveUp) as found:
            self.copy()
        return found.value


@pytest.fixture
def accounts() -> Accounts:
    return Accounts()


def shares(accounts: Accounts) -> list[Any]:
    return [
        (name, given[name])
        for method, given in accounts.here.asked
        if method == "modify_db_snapshot_attribute"
        for name in ("ValuesToAdd", "ValuesToRemove")
        if name in given
    ]


def test_rule_31_a_copy_for_another_account(accounts: Accounts) -> None:
    found = accounts.copy()
    assert (found.status, found.kms_key, found.copied_from) == ("available", THEIR_KEY, "arn:one")
    assert found.tags == {"mainstay:managed-by": "test", "mainstay:copy-of": "arn:one"}
    assert shares(accounts) == [("ValuesToAdd", [THERE]), ("ValuesToRemove", [THERE])]


def test_rule_31_a_copy_within_an_account_shares_nothing() -> None:
    accounts = Accounts(there=HERE)
    assert accounts.copy().status == "available"
    assert shares(accounts) == []


FAULTS: dict[str, tuple[Callable[[Accounts], Any], str]] = {
    "it fails": (lambda one: one.there.states.update(one=[("copying", 60), ("failed", 60)]), "copy_snapshot_failed"),
    "it stalls": (lambda one: one.there.states.update(one=[("copying", 60)]), "copy_stalled"),
    "it stays pending": (lambda one: one.there.states.update(one=[("pending", 0)]), "copy_stalled"),
    "it is deleted": (lambda one: one.there.states.update(one=[("copying", 60), ("gone", 0)]), "copy_deleted_meanwhile"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_rule_31_the_share_is_taken_back_whatever_happens(accounts: Accounts, name: str) -> None:
    prepare, reason = FAULTS[name]
    prepare(accounts)
    assert accounts.gives_up().reason == reason
    assert accounts.here.shared["one"] == []


def test_rule_31_the_share_is_taken_back_after_a_refusal_and_an_interruption(accounts: Accounts, monkeypatch: pytest.MonkeyPatch) -> None:
    accounts.there.faults["copy_db_snapshot"] = ["KMSKeyNotAccessibleFault"]
    with pytest.raises(CallFailed) as found:
        accounts.copy()
    assert found.value.code == "KMSKeyNotAccessibleFault"
    assert accounts.here.shared["one"] == []

    def stopped(_seconds: float) -> None:
        raise Stopped

    monkeypatch.setattr(accounts.clock, "pause", stopped)
    with pytest.raises(Stopped):
        accounts.copy()
    assert accounts.here.shared["one"] == []


def test_rule_31_a_share_that_cannot_be_taken_back_fails(accounts: Accounts) -> None:
    accounts.here.faults["modify_db_snapshot_attribute"] = ["", "AccessDenied"]
    found = accounts.gives_up()
    assert found.reason == "share_not_taken_back"
    assert THERE in found.sentence
    accounts.here.faults["modify_db_snapshot_attribute"] = ["AccessDenied"]
    assert accounts.gives_up().reason == "share_not_taken_back", "a run again takes back what is left of the share"
    accounts.copy()
    assert accounts.here.shared["one"] == []


def test_rule_31_lost_replies_change_nothing(accounts: Accounts) -> None:
    accounts.here.faults["modify_db_snapshot_attribute"] = ["lost", "", "lost"]
    accounts.there.faults["copy_db_snapshot"] = ["lost"]
    assert accounts.copy().status == "available"
    assert list(accounts.there.snapshots) == ["one"]
    assert accounts.here.shared["one"] == []


def test_rule_31_a_killed_run_is_continued(accounts: Accounts) -> None:
    """The copy is being made, and the source is still shared."""
    accounts.here.shared["one"] = [THERE]
    given = parameters(INSTANCE, accounts.wanted(), "one", "eu-west-1", "eu-central-1")
    accounts.there.copy_db_snapshot(**given)
    assert accounts.copy().status == "available"
    assert accounts.there.called.count("copy_db_snapshot") == 1
    assert accounts.here.shared["one"] == []


def test_rule_31_a_complete_copy_is_used_again(accounts: Accounts) -> None:
    accounts.copy()
    accounts.here.shared["one"] = [THERE]
    accounts.there.states["one"] = [("available", 100)]
    assert accounts.copy().identifier == "one"
    assert accounts.there.called.count("copy_db_snapshot") == 1
    assert accounts.here.shared["one"] == []


def test_rule_31_what_exists_there_keeps_its_name(accounts: Accounts) -> None:
    accounts.there.add("one")
    accounts.there.add("one-2", TagList=[{"Key": "mainstay:copy-of", "Value": "arn:other"}])
    assert accounts.copy().identifier == "one-3"


def test_rule_31_a_failed_copy_is_not_used_again(accounts: Accounts) -> None:
    accounts.there.states["one"] = [("failed", 0)]
    assert accounts.gives_up().reason == "copy_snapshot_failed"
    assert accounts.copy().identifier == "one-2"


def test_rule_31_the_limit_of_copies_at_a_time_is_waited_for(accounts: Accounts) -> None:
    accounts.there.faults["copy_db_snapshot"] = ["SnapshotQuotaExceeded", "SnapshotQuotaExceeded"]
    assert accounts.copy().status == "available"
    accounts.there.quota = (100, 100)
    accounts.there.faults["copy_db_snapshot"] = ["SnapshotQuotaExceeded"]
    accounts.here.add("two")
    with pytest.raises(CallFailed) as found:
        accounts.copier().copy(DATABASE, replace(accounts.wanted(), source=snapshot_of(accounts.here.snapshots["two"]), name="two"))
    assert found.value.code == "SnapshotQuotaExceeded"


def test_rule_31_a_share_that_policy_allows_stays(accounts: Accounts) -> None:
    accounts.lasting = (THERE,)
    accounts.here.shared["one"] = [THERE]
    accounts.copy()
    assert accounts.here.shared["one"] == [THERE]
    accounts.here.shared["one"] = []
    accounts.there.snapshots.clear()
    accounts.copy()
    assert accounts.here.shared["one"] == [], "what the copy itself shares is taken back"


SOURCE = Snapshot("one", "arn:one", engine_version="17.4", allocated=100, kms_key="here", created=5.0)
COPY = Snapshot(
    "one",
    "arn:copy",
    engine_version="17.4",
    allocated=100,
    kms_key="there",
    created=9.0,
    original=5.0,
    copied_from="arn:one",
    tags={"mainstay:managed-by": "test", "mainstay:copy-of": "arn:one"},
)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({}, ""),
        ({"status": "copying"}, "copying"),
        ({"percent": 99}, "99 %"),
        ({"kms_key": "here"}, "the key here, not there"),
        ({"encrypted": False}, "not encrypted"),
        ({"allocated": 50}, "50 GiB, not 100 GiB"),
        ({"copied_from": "arn:other"}, "of arn:other, not of arn:one"),
        ({"engine_version": "16.1"}, "16.1, not postgres 17.4"),
        ({"original": 6.0}, "another time"),
        ({"tags": {}}, "lacks the tags mainstay:copy-of, mainstay:managed-by"),
        ({"copied_from": ""}, ""),
    ],
)
def test_rule_31_what_is_verified_at_the_destination(change: dict[str, Any], said: str) -> None:
    wanted = Wanted(SOURCE, "one", "there", {"mainstay:managed-by": "test"})
    found = problems(replace(COPY, **change), wanted, "eu-central-1")
    assert bool(found) is bool(said)
    assert said in " ".join(found)
    assert problems(None, wanted, "eu-central-1") == ["there is no copy one in eu-central-1"]


def test_rule_31_what_the_copy_asks_for() -> None:
    wanted = Wanted(SOURCE, "one", "there", {"a": "b"})
    tags = [{"Key": "a", "Value": "b"}, {"Key": "mainstay:copy-of", "Value": "arn:one"}]
    assert parameters(INSTANCE, wanted, "two", "eu-west-1", "eu-central-1") == {
        "SourceDBSnapshotIdentifier": "arn:one",
        "TargetDBSnapshotIdentifier": "two",
        "KmsKeyId": "there",
        "SourceRegion": "eu-west-1",
        "CopyTags": False,
        "Tags": tags,
    }
    assert parameters(CLUSTER, replace(wanted, key=""), "two", "eu-west-1", "eu-west-1") == {
        "SourceDBClusterSnapshotIdentifier": "arn:one",
        "TargetDBClusterSnapshotIdentifier": "two",
        "CopyTags": False,
        "Tags": tags,
    }


def test_rule_08_what_cannot_be_shared() -> None:
    assert unshareable(SOURCE, Key("k"), THERE) == ""
    assert "aws/rds" in unshareable(SOURCE, Key("k", manager="AWS"), THERE)
    assert unshareable(replace(SOURCE, encrypted=False), Key("k", manager="AWS"), THERE) == ""
    assert "only manual" in unshareable(replace(SOURCE, kind="automated"), Key("k"), THERE)
