# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Promoted replicas: what a plan says, when a run is refused, and which settings accept one."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.domains.rds.domain import KINDS
from ansible_collections.mainstay.aws.plugins.module_utils.domains.rds.promotions import addresses, refusals, warnings
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.engine import plan_only
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import Observed, Resource
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.planner import Consent, Plan
from tests.unit.domains.rds.samples import instance

ADDRESS = "db_replica.main/far"


def plan(there: bool | None, wanted: bool | None, replace: bool = False, **more: Any) -> Plan:
    """``there``: whether the replica is promoted; None if it does not exist. ``wanted``: what the settings say; None if it is removed."""
    properties = {"db_instance_identifier": "prod-main-far"}
    observed = [] if there is None else [Observed("db_replica", ADDRESS, "prod-main-far", {**properties, "promoted": there})]
    desired = [] if wanted is None else [Resource("db_replica", "main/far", {**properties, "promoted": wanted, **more})]
    consent = Consent(("db_replica.*",), ("db_replica.*",), forced=(ADDRESS,) if replace else ())
    return plan_only(desired, observed, KINDS, consent).plan


@pytest.mark.parametrize(
    ("there", "wanted", "promotes", "refused"),
    [
        (None, False, False, False),
        (None, True, True, False),
        (False, False, False, False),
        (False, True, True, False),
        (True, True, False, False),
        (True, False, False, True),
        (True, None, False, False),
    ],
)
def test_what_becomes_of_a_replica(there: bool | None, wanted: bool | None, promotes: bool, refused: bool) -> None:
    found = plan(there, wanted)
    assert [text.partition(":")[0] for text in warnings(found)] == ([f"{ADDRESS} is promoted in this run"] if promotes else [])
    assert [failure.address for failure in refusals(found)] == ([ADDRESS] if refused else [])


def test_the_refusal_says_what_can_be_decided() -> None:
    (failure,) = refusals(plan(True, False))
    assert str(failure) == (
        f"{ADDRESS}: (Promoted): prod-main-far was promoted: it is a database of its own now and cannot become a replica again. Keep it "
        "with promoted: true at main.replicas.far of rds_databases, or replace it by a replica (platform_replace and "
        f"platform_allow_replace name {ADDRESS}): a final snapshot keeps what it holds."
    )


def test_another_change_of_a_promoted_one_is_none_of_both() -> None:
    found = plan(True, True, multi_az=True)
    assert [action.verb for action in found.changes] == ["update"]
    assert (warnings(found), refusals(found)) == ([], [])


def test_a_replacement_by_a_replica_is_not_refused() -> None:
    found = plan(True, False, replace=True)
    assert [action.verb for action in found.changes] == ["replace"]
    assert (warnings(found), refusals(found)) == ([], [])


def test_the_replicas_that_settings_describe_as_promoted() -> None:
    one = instance(master={"credentials": "generated"}, replicas={"near": {}, "far": {"promoted": True}})
    assert addresses({"main": one}) == {ADDRESS}
