# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A plan for people names the resource that will supply an unknown value; for programs the value stays unknown."""

from __future__ import annotations

from typing import Any

from ansible_collections.mainstay.aws.plugins.module_utils.domains.network.domain import KINDS
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.engine import plan_only
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import UNKNOWN, Observed, Resource, ref
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.planner import Consent
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.report import diff_list, plan_dict
from ansible_collections.mainstay.aws.plugins.module_utils.summary.collect import Collector, Outcome, TaskInfo
from ansible_collections.mainstay.aws.plugins.module_utils.summary.report import render

VPC = Resource("vpc", "main", {"cidr_block": "10.0.0.0/16"})


def group(name: str, *peers: str) -> Resource:
    rules = [{"protocol": "tcp", "from_port": 5432, "to_port": 5432, "group_id": ref(f"security_group.main/{peer}")} for peer in peers]
    properties = {"group_name": name, "description": name, "vpc_id": ref("vpc.main"), "ingress": rules, "egress": []}
    return Resource("security_group", f"main/{name}", properties)


def planned(desired: list[Resource], *observed: Observed) -> tuple[dict[str, Any], Any]:
    result = plan_only(desired, observed, KINDS, Consent())
    return plan_dict(result, True), diff_list(result)


def printed(plan: dict[str, Any]) -> str:
    collector = Collector()
    collector.add(TaskInfo("network", "Bring", "mainstay.aws.vpc_network", check_mode=True), Outcome({"plan": plan}))
    return "\n".join(line.text for line in render(collector.report(), 200))


DESIRED = [VPC, group("nodes"), group("batch"), group("database", "nodes", "batch")]


def test_a_rule_names_its_group_although_its_id_is_not_known() -> None:
    plan, diff = planned(DESIRED)
    text = printed(plan)
    assert "tcp 5432 from security_group.main/nodes (known after apply)" in text
    assert "tcp 5432 from security_group.main/batch (known after apply)" in text
    assert "vpc_id=vpc.main" not in text, "what every resource refers to is listed as unknown, not repeated"
    database = next(one for one in plan["actions"] if one["address"] == "security_group.main/database")
    ingress = next(one for one in database["changes"] if one["property"] == "ingress")
    assert {rule["group_id"] for rule in ingress["after"]} == {UNKNOWN}
    assert "security_group.main/nodes (known after apply)" in str(diff)


def test_a_new_rule_of_an_existing_group_names_its_group_too() -> None:
    there = {"cidr_block": "10.0.0.0/16"}
    has = {"group_name": "database", "description": "database", "vpc_id": "vpc-1", "ingress": [], "egress": []}
    plan, _diff = planned(
        [VPC, group("nodes"), group("database", "nodes")],
        Observed("vpc", "vpc.main", "vpc-1", there),
        Observed("security_group", "security_group.main/database", "sg-1", has),
    )
    assert "+ tcp 5432 from security_group.main/nodes (known after apply)" in printed(plan)
