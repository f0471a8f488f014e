# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Copies in other regions and accounts. Tests are named after their rules in docs/snapshot-gate.md."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.aws.connection import Aws
from ansible_collections.mainstay.aws.plugins.module_utils.aws.owner import Owner
from ansible_collections.mainstay.aws.plugins.module_utils.aws.roles import Role
from ansible_collections.mainstay.aws.plugins.module_utils.recovery.databases import Key, Quota, Snapshot
from ansible_collections.mainstay.aws.plugins.module_utils.recovery.tags import COPY_OF, HOLD
from ansible_collections.mainstay.aws.plugins.module_utils.snapshot_gate.gate import Gate
from ansible_collections.mainstay.aws.plugins.module_utils.snapshot_gate.judging.facts import CopyFacts
from ansible_collections.mainstay.aws.plugins.module_utils.snapshot_gate.judging.naming import is_managed, is_managed_copy, is_prunable
from ansible_collections.mainstay.aws.plugins.module_utils.snapshot_gate.judging.policy import CopyTo, Policy
from ansible_collections.mainstay.aws.plugins.module_utils.snapshot_gate.judging.pruning import Retention, to_delete
from ansible_collections.mainstay.aws.plugins.module_utils.snapshot_gate.judging.verdict import Verdict
from ansible_collections.mainstay.aws.plugins.module_utils.snapshot_gate.plan import Plan

from .fake_rds import LIMITS, Account, FakeRds, decision
from .samples import NOW, database, facts, results, snapshot

OTHER = "222222222222"
FAR_KEY = "arn:aws:kms:eu-central-1:111111111111:key/far"
AWAY = CopyTo("eu-central-1", FAR_KEY)
ABROAD = CopyTo("eu-west-1", "arn:aws:kms:eu-west-1:222222222222:key/theirs", Role(f"arn:aws:iam::{OTHER}:role/backup"))
ARN = "arn:aws:rds:eu-west-1:111111111111:db:main"


class Places(Account):
    """An account with a database, the same in another region, and another account."""

    def __init__(self) -> None:
        super().__init__()
        self.rds.database["DBInstanceArn"] = ARN
        self.far, self.abroad = FakeRds(self.clock, "111111111111", "eu-central-1"), FakeRds(self.clock, OTHER)
        self.far.others = self.abroad.others = [self.rds]
        self.far.prefix = "far:"

    def gate_with(self, *copies: CopyTo, policy: Policy | None = None, **plan: Any) -> Verdict:
        given = {"limits": LIMITS, "deployment": "r1", "policy": replace(policy or Policy(), copies=copies), **plan}
        wanted = Plan(("main",), **given)
        aws = Aws(lambda service: self.rds, Owner("", ""), pause=self.clock.pause, region="eu-west-1")
        others = [aws]

        def connect(to: CopyTo) -> Aws:
            there = self.abroad if to.role else self.far
            others.append(Aws(lambda service: there, Owner("", ""), pause=self.clock.pause, region=to.region))
            return others[-1]

        try:
            return Gate(aws, self.clock, wanted, lambda who, doing, seconds: self.said.append(doing), connect).run("main")
        finally:
            for one in others:
                one.close()


@pytest.fixture
def places() -> Places:
    return Places()


def test_rule_31_copies_are_made_and_judged_where_they_are(places: Places) -> None:
    verdict = places.gate_with(AWAY, ABROAD)
    assert decision(verdict) == ("passed", "snapshot"), verdict.sentence
    assert [places.far.snapshots["main-r1"]["KmsKeyId"], places.abroad.snapshots["main-r1"]["KmsKeyId"]] == [AWAY.kms_key, ABROAD.kms_key]
    assert places.rds.shared == {"main-r1": []}
    assert [(one["region"], one["account"], one["status"]) for one in verdict.as_dict()["copies"]] == [
        ("eu-central-1", "", "available"),
        ("eu-west-1", OTHER, "available"),
    ]
    assert verdict.copied


def test_rule_31_a_second_run_makes_no_second_copy(places: Places) -> None:
    places.gate_with(AWAY, ABROAD)
    verdict = places.gate_with(AWAY, ABROAD)
    assert decision(verdict) == ("passed", "snapshot"), verdict.sentence
    assert (places.far.called.count("copy_db_snapshot"), places.abroad.called.count("copy_db_snapshot")) == (1, 1)
    assert not verdict.copied


@pytest.mark.parametrize(
    ("states", "reason"),
    [
        ([("copying", 60), ("failed", 60)], "copy_snapshot_failed"),
        ([("copying", 60), ("gone", 0)], "copy_deleted_meanwhile"),
        ([("copying", 60)], "copy_stalled"),
    ],
)
def test_rule_31_a_copy_that_is_not_complete_fails_the_gate(places: Places, states: list[tuple[str, int]], reason: str) -> None:
    places.far.states["main-r1"] = states
    verdict = places.gate_with(AWAY)
    assert decision(verdict) == ("failed", reason), verdict.sentence
    assert "eu-central-1" in verdict.sentence


def test_rule_31_a_copy_that_differs_fails_the_gate(places: Places) -> None:
    """The reply of the call looks right; what the destination says later does not."""
    places.gate_with(AWAY)
    places.far.snapshots["main-r1"]["AllocatedStorage"] = 50
    assert decision(places.gate_with(AWAY)) == ("failed", "copy_differs")


def test_rule_31_a_token_covers_the_copies(places: Places) -> None:
    token = places.gate_with(AWAY).token
    again = {"action": "verify", "tokens": {"main": token}}
    assert decision(places.gate_with(AWAY, **again)) == ("passed", "snapshot")
    assert decision(places.gate_with(**again)) == ("refused", "token")
    del places.far.snapshots["main-r1"]
    assert decision(places.gate_with(AWAY, **again)) == ("failed", "copies")


def test_rule_31_requiring_makes_no_copy(places: Places) -> None:
    places.gate_with()
    verdict = places.gate_with(AWAY, action="require")
    assert decision(verdict) == ("failed", "copies"), verdict.sentence
    assert "there is no copy" in verdict.sentence.lower()
    assert places.far.snapshots == {}


def test_rule_31_check_mode_makes_none(places: Places) -> None:
    verdict = places.gate_with(AWAY, check_mode=True)
    assert decision(verdict) == ("passed", "would_take")
    assert "copied to eu-central-1" in verdict.sentence
    places.gate_with()
    assert decision(places.gate_with(AWAY, check_mode=True)) == ("passed", "snapshot")
    assert places.far.snapshots == {}


@pytest.mark.parametrize("copies", [(AWAY,), (ABROAD,)])
def test_rule_08_a_key_that_cannot_be_used_there_is_refused_before(places: Places, copies: tuple[CopyTo, ...]) -> None:
    place = places.abroad if copies[0].role else places.far
    place.faults["describe_key"] = ["NotFoundException"]
    assert decision(places.gate_with(*copies)) == ("refused", "copy_keys")
    assert decision(places.gate_with(*(replace(one, kms_key="") for one in copies))) == ("refused", "copy_keys")
    assert places.rds.snapshots == {}


def test_rule_08_the_default_key_cannot_leave_the_account(places: Places) -> None:
    places.rds.key_manager = "AWS"
    verdict = places.gate_with(ABROAD)
    assert decision(verdict) == ("refused", "default_key")
    assert OTHER in verdict.sentence
    assert places.rds.snapshots == {}
    assert decision(places.gate_with(AWAY)) == ("passed", "snapshot")


def test_rule_09_a_quota_that_is_reached_there_is_refused_before(places: Places) -> None:
    places.far.quota = (100, 100)
    verdict = places.gate_with(AWAY)
    assert decision(verdict) == ("refused", "copy_quota")
    assert "100 of 100" in verdict.sentence
    assert places.rds.snapshots == {}


def test_rule_08_a_role_that_cannot_be_assumed_is_refused_before(places: Places) -> None:
    places.abroad.faults["describe_account_attributes"] = ["AccessDenied"]
    assert decision(places.gate_with(ABROAD)) == ("refused", "access_denied")
    assert places.rds.snapshots == {}


def test_rule_31_old_copies_are_deleted_by_the_same_rules(places: Places) -> None:
    for release in ("r0", "r1", "r2"):
        places.gate_with(AWAY, deployment=release, retention=Retention(2))
        places.clock.seconds += 60.0
    assert sorted(places.far.snapshots) == ["main-r1", "main-r2"]
    assert sorted(places.rds.snapshots) == ["main-r1", "main-r2"]


def test_rule_13_what_is_being_copied_elsewhere_stays(places: Places) -> None:
    places.gate_with(AWAY, deployment="r0")
    places.far.snapshots["main-r0"]["Status"] = "copying"
    places.clock.seconds += 60.0
    places.gate_with(AWAY, deployment="r1", retention=Retention(1))
    assert sorted(places.rds.snapshots) == ["main-r0", "main-r1"]


def a_copy(name: str = "main-r1", age: float = 60.0, **changes: Any) -> Snapshot:
    one = snapshot(name, age)
    there = f"arn:aws:rds:eu-central-1:111122223333:snapshot:{name}"
    return replace(one, arn=there, copied_from=one.arn, tags={**one.tags, COPY_OF: one.arn}, **changes)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, ["main-r0"]),
        ({"copied_from": "arn:other"}, []),
        ({"tags": snapshot("main-r0").tags}, []),
        ({"tags": {}}, []),
        ({"status": "copying"}, []),
        ({"kind": "awsbackup"}, []),
    ],
)
def test_rule_13_only_our_own_copies_are_deleted(change: dict[str, Any], expected: list[str]) -> None:
    """A person's copy of ours has our tags if they were copied along, and another source."""
    old = replace(a_copy("main-r0", 7200.0), **change)
    found = to_delete(database(), [a_copy(), old], Retention(1), NOW, is_ours=is_managed_copy)
    assert [one.identifier for one in found] == expected
    held = replace(old, tags={**old.tags, HOLD: "x"})
    assert to_delete(database(), [a_copy(), held], Retention(1), NOW, is_ours=is_managed_copy) == []


def test_rule_13_a_copy_is_not_the_snapshot_itself() -> None:
    assert is_managed(snapshot(), database())
    assert not is_managed(a_copy(), database())
    assert is_prunable(snapshot(), database())
    assert is_prunable(snapshot("main-r1-2"), database())
    assert not is_prunable(snapshot("before-the-audit"), database()), "RDS does not name the source of a copy in the same place"


POLICY = Policy(copies=(AWAY,))


@pytest.mark.parametrize(
    ("found", "name", "result"),
    [
        (CopyFacts(AWAY, "x", Key(FAR_KEY), Quota(3, 100), a_copy(kms_key=FAR_KEY)), "copies", "passed"),
        (CopyFacts(AWAY, "x", Key(FAR_KEY), Quota(3, 100), a_copy()), "copies", "failed"),
        (CopyFacts(AWAY, "x", Key(FAR_KEY), Quota(3, 100), None), "copies", "failed"),
        (CopyFacts(AWAY, "x", Key(FAR_KEY), Quota(100, 100)), "copy_quota", "failed"),
        (CopyFacts(AWAY, "x", Key(FAR_KEY), Quota(99, 100)), "copy_quota", "passed"),
    ],
)
def test_rule_31_what_is_required_of_copies(found: CopyFacts, name: str, result: str) -> None:
    assert results(facts(copies=(found,)), POLICY)[name] == result


@pytest.mark.parametrize(
    ("key", "result"),
    [
        (Key(FAR_KEY), "passed"),
        (Key(FAR_KEY, "PendingDeletion"), "failed"),
        (Key(FAR_KEY, "Disabled"), "failed"),
        (Key(FAR_KEY, problem="AccessDenied"), "failed"),
        (None, "failed"),
    ],
)
def test_rule_08_a_copy_has_a_key_that_can_be_used(key: Key | None, result: str) -> None:
    assert results(facts(copies=(CopyFacts(AWAY, "x", key),)), POLICY)["copy_keys"] == result


def test_rule_31_without_copies_nothing_is_asked() -> None:
    assert not {"copies", "copy_keys", "copy_quota"} & set(results(facts()))
