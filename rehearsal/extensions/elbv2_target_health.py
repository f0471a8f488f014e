"""The targets of rehearsed load balancers and their health, as the data plane knows them."""

from __future__ import annotations

from typing import Any

from rehearsal.registry import MOTO, Call, answers
from rehearsal.traffic import cloud

UNREGISTERED = {
    "State": "unused",
    "Reason": "Target.NotRegistered",
    "Description": "Target is not registered to the target group",
}


@answers("elbv2", "DescribeTargetHealth")
def describe(call: Call) -> Any:
    found = cloud.health(str(call.get("TargetGroupArn")))
    if found is None:
        return MOTO
    if asked := call.get("Targets"):
        by_id = {each["Target"]["Id"]: each for each in found}
        found = [by_id.get(target["Id"]) or {"Target": dict(target), "TargetHealth": UNREGISTERED} for target in asked]
    return {"TargetHealthDescriptions": found}
