# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Calls that do not wait for slow kinds of resources, and the calls that follow them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rehearsal.testing import Cloud

from .play import environment, play, task
from .support import REGION, network

NETWORKS = {"main": network(nat="single", flow_logs={"enabled": False})}
NAT = f"nat_gateway.main/{REGION}a"
SLOW = ["nat_gateway", "vpc_endpoint"]
TABLES = [f"route_table.main/private-{REGION}{zone}" for zone in "ab"]
NO_ADDRESSES = {"FailureCode": "InsufficientFreeAddressesInSubnet", "FailureMessage": "Subnet has insufficient free addresses"}


def hold_back(cloud: Cloud, *states: dict[str, Any]) -> None:
    cloud.admin.clear_scripts()
    cloud.admin.script("nat_gateway", {"tag": {"mainstay:address": NAT}}, states)


def outcomes(result: dict[str, Any]) -> dict[str, str]:
    return {action["address"]: action["outcome"] for action in result["plan"]["actions"] if action["outcome"] != "done"}


def test_a_call_that_does_not_wait_reports_deferred_resources(cloud: Cloud, tmp_path: Path) -> None:
    hold_back(cloud, {"state": "pending"})
    first, found = play(tmp_path, environment(cloud), [task({"networks": NETWORKS, "defer": SLOW}), task({}, module="vpc_network_info")])
    assert not first.get("failed"), first.get("msg")
    assert first["changed"]
    assert outcomes(first) == {NAT: "begun", **dict.fromkeys(TABLES, "deferred")}
    assert sorted(first["outputs"]["deferred"]) == sorted([NAT, *TABLES])
    assert first["outputs"]["networks"]["main"]["nat_gateway_ids"][f"{REGION}a"].startswith("nat-")
    assert found["outputs"]["deferred"] == [NAT], "what is not ready, as far as AWS alone can tell"
    assert {**found["outputs"], "deferred": None} == {**first["outputs"], "deferred": None}

    cloud.admin.clear_scripts()
    call = {"networks": NETWORKS, "deferred": first["outputs"]["deferred"]}
    second, third = play(tmp_path, environment(cloud), [task(call), task({"networks": NETWORKS, "defer": SLOW})])
    assert (second.get("failed", False), second["changed"], outcomes(second), second["outputs"]["deferred"]) == (False, True, {}, [])
    assert [action["address"] for action in second["plan"]["actions"]] == TABLES
    assert (third["changed"], third["outputs"]["deferred"]) == (False, [])


def test_one_that_failed_in_between_fails_the_run_that_began_it_and_is_replaced_by_the_next(cloud: Cloud, tmp_path: Path) -> None:
    hold_back(cloud, {"state": "pending"})
    (first,) = play(tmp_path, environment(cloud), [task({"networks": NETWORKS, "defer": SLOW})])
    hold_back(cloud, {"state": "failed", "fields": NO_ADDRESSES})
    (second,) = play(tmp_path, environment(cloud), [task({"networks": NETWORKS, "deferred": first["outputs"]["deferred"]})])
    assert second["failed"]
    assert [(error["address"], error["message"]) for error in second["plan"]["errors"]] == [(NAT, ": ".join(NO_ADDRESSES.values()))]

    cloud.admin.clear_scripts()
    broken = first["outputs"]["networks"]["main"]["nat_gateway_ids"][f"{REGION}a"]
    cloud.admin.script("nat_gateway", {"id": broken}, [{"state": "failed", "fields": NO_ADDRESSES}])
    (next_run,) = play(tmp_path, environment(cloud), [task({"networks": NETWORKS})])
    assert not next_run.get("failed"), next_run.get("msg")
    assert {action["address"]: action["action"] for action in next_run["plan"]["actions"]}[NAT] == "replace"


def test_a_kind_that_is_not_there(cloud: Cloud, tmp_path: Path) -> None:
    (result,) = play(tmp_path, environment(cloud), [task({"networks": NETWORKS, "defer": ["nat_gatway"]})])
    known = "Known kinds: default_network_acl, default_security_group, "
    assert f"defer names 'nat_gatway', which is not a kind of resource here. {known}" in result["msg"]
    assert [record for record in cloud.admin.requests() if record["mutating"]] == []
