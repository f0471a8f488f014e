# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The steps of a cut-over, what stops it, and which tags move. Tables over pure functions."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.restore import cutover_steps as logic
from ansible_collections.mainstay.aws.plugins.module_utils.restore.cutover_steps import Attached

OWNER = {"mainstay:environment": "prod", "mainstay:component": "database", "mainstay:address": "db_instance.main"}


def instance(name: str, resource: str, tags: dict[str, str] | None = None, **more: Any) -> dict[str, Any]:
    return {
        "DBInstanceIdentifier": name,
        "DbiResourceId": resource,
        "DBInstanceStatus": "available",
        "TagList": [{"Key": key, "Value": value} for key, value in (tags or {}).items()],
        **more,
    }


def marks(old: str = "before") -> tuple[dict[str, str], dict[str, str]]:
    return {logic.CUT_OVER: f"orders old db-B {old} restored"}, {logic.CUT_OVER: f"orders new db-A {old} restored"}


OLD_MARK, NEW_MARK = marks()
MARK, AWAY, HERE, GIVE, TAKE = logic.MARK_STEP, logic.RENAME_OLD, logic.RENAME_NEW, logic.GIVE_TAGS, logic.TAKE_TAGS
STATES: dict[str, tuple[list[dict[str, Any]], list[str]]] = {
    "at first": ([instance("orders", "db-A", OWNER), instance("restored", "db-B")], [MARK, AWAY, HERE, GIVE, TAKE]),
    "one mark": ([instance("orders", "db-A", {**OWNER, **OLD_MARK}), instance("restored", "db-B")], [MARK, AWAY, HERE, GIVE, TAKE]),
    "marked": (
        [instance("orders", "db-A", {**OWNER, **OLD_MARK}), instance("restored", "db-B", NEW_MARK)],
        [AWAY, HERE, GIVE, TAKE],
    ),
    "renamed away": ([instance("before", "db-A", {**OWNER, **OLD_MARK}), instance("restored", "db-B", NEW_MARK)], [HERE, GIVE, TAKE]),
    "renamed": ([instance("before", "db-A", {**OWNER, **OLD_MARK}), instance("orders", "db-B", NEW_MARK)], [GIVE, TAKE]),
    "both owned": ([instance("before", "db-A", {**OWNER, **OLD_MARK}), instance("orders", "db-B", {**OWNER, **NEW_MARK})], [TAKE]),
    "done": ([instance("before", "db-A", OLD_MARK), instance("orders", "db-B", {**OWNER, **NEW_MARK})], []),
    "without an owner": ([instance("orders", "db-A"), instance("restored", "db-B")], [MARK, AWAY, HERE]),
}


@pytest.mark.parametrize("name", STATES)
def test_every_state_is_continued(name: str) -> None:
    instances, expected = STATES[name]
    found, missing = logic.pair("orders", "restored", "before", [*instances, instance("other", "db-C")])
    assert missing == ""
    assert found is not None
    assert (found.old.resource_id, found.new.resource_id, found.old_name) == ("db-A", "db-B", "before")
    assert [step.what for step in logic.steps(found)] == expected


def test_a_cut_over_that_began_keeps_its_name_for_the_old_instance() -> None:
    for state in ("one mark", "marked", "renamed away", "renamed"):
        found, _missing = logic.pair("orders", "restored", "another-date", STATES[state][0])
        assert found is not None
        assert found.old_name == "before", state


def test_a_finished_cut_over_is_not_taken_for_another() -> None:
    done = STATES["done"][0]
    assert logic.pair("orders", "mistyped", "x", done) == (None, "mistyped")
    again, _missing = logic.pair("orders", "second", "x", [*done, instance("second", "db-C")])
    assert again is not None
    assert (again.old.resource_id, again.new.resource_id) == ("db-B", "db-C")
    back, _missing = logic.pair("orders", "before", "restored", done)
    assert back is not None
    assert (back.old.resource_id, back.new.resource_id) == ("db-B", "db-A")


MOVING: dict[str, tuple[dict[str, str], dict[str, str]]] = {
    "the owner": ({**OWNER, "team": "shop"}, OWNER),
    "not what belongs to the instance": ({"mainstay:managed-by": "rds_restore", "mainstay:restored-from": "x", **OLD_MARK}, {}),
    "a login by IAM": ({"mainstay:master-credentials": "iam"}, {"mainstay:master-credentials": "iam"}),
    "not a password that was set in the other instance": ({"mainstay:master-credentials": "name-abc version"}, {}),
    "nor one without a version": ({"mainstay:master-credentials": "name-abc"}, {}),
}


@pytest.mark.parametrize("name", MOVING)
def test_which_tags_move(name: str) -> None:
    tags, expected = MOVING[name]
    assert logic.owner_tags(tags) == expected


ATTACHED: dict[str, tuple[Attached, str, str]] = {
    "nothing": (Attached(), "", ""),
    "connections": (Attached(connections=3.0), logic.CONNECTIONS, "up to 3 connections to orders"),
    "no connections": (Attached(connections=0.0), "", ""),
    "replicas": (Attached(replicas=("reader",)), logic.REPLICAS, "reader"),
    "proxies": (Attached(proxies=("pool",)), logic.PROXIES, "Register the new one"),
    "replicated backups": (Attached(backups=("arn",)), logic.BACKUPS, "replicated (arn)"),
}


@pytest.mark.parametrize("name", ATTACHED)
def test_what_does_not_follow_has_to_be_accepted(name: str) -> None:
    attached, word, sentence = ATTACHED[name]
    found, _missing = logic.pair("orders", "restored", "before", STATES["at first"][0])
    assert found is not None
    said = " ".join(logic.objections(found, attached, []))
    assert sentence in said
    assert bool(sentence) == bool(said)
    assert logic.objections(found, attached, [word]) == []


REFUSED: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "restored from it": ({}, {"tags": {"mainstay:database": "db-A"}}, ""),
    "not restored from it": ({}, {}, "any_target"),
    "a replica": ({}, {"tags": {"mainstay:database": "db-A"}, "ReadReplicaSourceDBInstanceIdentifier": "x"}, "promote it first"),
    "a member of a cluster": ({"DBClusterIdentifier": "c"}, {"tags": {"mainstay:database": "db-A"}}, "member of the cluster c"),
    "of another component": (
        {"tags": OWNER},
        {"tags": {**OWNER, "mainstay:component": "other", "mainstay:database": "db-A"}},
        "belongs to another component",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_which_instances_are_refused(name: str) -> None:
    old, new, words = REFUSED[name]
    found, _missing = logic.pair("orders", "restored", "before", [instance("orders", "db-A", **old), instance("restored", "db-B", **new)])
    assert found is not None
    said = " ".join(logic.refusals(found, any_target=False))
    assert words in said
    assert bool(words) == bool(said)
