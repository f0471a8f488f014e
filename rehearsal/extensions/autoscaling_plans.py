"""Scheduled actions and scaling policies of Auto Scaling groups, named within their group. They are stored but never executed."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from moto.utilities.utils import get_partition

from rehearsal.registry import Call, answers
from rehearsal.replies import Refusal

SIZES = ("MinSize", "MaxSize", "DesiredCapacity")
PREDEFINED = {"ASGAverageCPUUtilization", "ASGAverageNetworkIn", "ASGAverageNetworkOut", "ALBRequestCountPerTarget"}
POLICY_MEMBERS = (
    "AdjustmentType",
    "MinAdjustmentStep",
    "MinAdjustmentMagnitude",
    "ScalingAdjustment",
    "Cooldown",
    "StepAdjustments",
    "MetricAggregationType",
    "EstimatedInstanceWarmup",
    "TargetTrackingConfiguration",
    "PredictiveScalingConfiguration",
)
CRON_FIELDS = 5


@dataclass
class Plans:
    """The scheduled actions and scaling policies of one region, by group and name."""

    actions: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    policies: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)


def plans_of(backend: Any) -> Plans:
    found: Plans = backend.__dict__.setdefault("rehearsal_plans", Plans())
    return found


def forget(backend: Any, group: str) -> None:
    """Drops what belonged to a deleted group."""
    plans = plans_of(backend)
    for planned in (plans.actions, plans.policies):
        for key in [key for key in planned if key[0] == group]:
            del planned[key]


def _group(call: Call) -> Any:
    name = call.get("AutoScalingGroupName")
    if name not in call.backend.autoscaling_groups:
        raise Refusal("ValidationError", f"AutoScalingGroup name not found - AutoScalingGroup: {name} not found")
    return call.backend.autoscaling_groups[name]


def _arn(call: Call, kind: str, group: str, rest: str) -> str:
    prefix = f"arn:{get_partition(call.region)}:autoscaling:{call.region}:{call.account_id}"
    return f"{prefix}:{kind}:{uuid.uuid4()}:autoScalingGroupName/{group}:{rest}"


# --- scheduled actions ---


@answers("autoscaling", "PutScheduledUpdateGroupAction")
def put_action(call: Call) -> Any:
    group, name = _group(call).name, str(call.get("ScheduledActionName"))
    _check_action(call)
    before = plans_of(call.backend).actions.get((group, name))
    start = call.get("StartTime") or call.get("Time") or datetime.now(UTC)
    action = {
        "AutoScalingGroupName": group,
        "ScheduledActionName": name,
        "ScheduledActionARN": before["ScheduledActionARN"]
        if before
        else _arn(call, "scheduledUpdateGroupAction", group, f"scheduledActionName/{name}"),
        "Time": start,
        "StartTime": start,
    }
    given = {member: call.get(member) for member in ("EndTime", "Recurrence", *SIZES, "TimeZone")}
    plans_of(call.backend).actions[group, name] = action | {member: value for member, value in given.items() if value is not None}
    return {}


def _check_action(call: Call) -> None:
    low, high, desired = (call.get(name) for name in SIZES)
    if low is None and high is None and desired is None:
        raise Refusal("ValidationError", "At least one of MinSize, MaxSize or DesiredCapacity must be specified")
    if low is not None and high is not None and low > high:
        raise Refusal("ValidationError", "Max bound must be greater than or equal to min bound")
    if desired is not None and ((low is not None and desired < low) or (high is not None and desired > high)):
        raise Refusal("ValidationError", "Desired capacity must be between the specified min size and max size")
    recurrence, zone = call.get("Recurrence"), call.get("TimeZone")
    if recurrence is not None and len(str(recurrence).split()) != CRON_FIELDS:
        raise Refusal("ValidationError", f"Given recurrence string: {recurrence} is invalid")
    if zone is not None:
        try:
            ZoneInfo(str(zone))
        except (ZoneInfoNotFoundError, ValueError):
            raise Refusal("ValidationError", f"The time zone '{zone}' is not valid") from None


@answers("autoscaling", "DescribeScheduledActions")
def describe_actions(call: Call) -> Any:
    group, names = call.get("AutoScalingGroupName"), call.get("ScheduledActionNames") or []
    found = plans_of(call.backend).actions.items()
    return {
        "ScheduledUpdateGroupActions": [
            action for (of, name), action in found if (not group or of == group) and (not names or name in names)
        ]
    }


@answers("autoscaling", "DeleteScheduledAction")
def delete_action(call: Call) -> Any:
    key = _group(call).name, call.get("ScheduledActionName")
    if plans_of(call.backend).actions.pop(key, None) is None:
        raise Refusal("ValidationError", "Scheduled action name not found")
    return {}


# --- scaling policies ---


@answers("autoscaling", "PutScalingPolicy")
def put_policy(call: Call) -> Any:
    group, name = _group(call).name, str(call.get("PolicyName"))
    kind = call.get("PolicyType") or "SimpleScaling"
    if kind == "TargetTrackingScaling":
        _check_tracking(dict(call.get("TargetTrackingConfiguration") or {}))
    before = plans_of(call.backend).policies.get((group, name))
    policy = {
        "AutoScalingGroupName": group,
        "PolicyName": name,
        "PolicyARN": before["PolicyARN"] if before else _arn(call, "scalingPolicy", group, f"policyName/{name}"),
        "PolicyType": kind,
        "Enabled": True if call.get("Enabled") is None else call.get("Enabled"),
        "Alarms": before["Alarms"] if before else _alarms(call, group, kind),
        "StepAdjustments": [],
    }
    given = {member: call.get(member) for member in POLICY_MEMBERS}
    policy |= {member: value for member, value in given.items() if value is not None}
    tracking = policy.get("TargetTrackingConfiguration")
    if tracking:
        policy["TargetTrackingConfiguration"] = {"DisableScaleIn": False} | dict(tracking)
    plans_of(call.backend).policies[group, name] = policy
    return {"PolicyARN": policy["PolicyARN"], "Alarms": policy["Alarms"]}


def _check_tracking(tracking: dict[str, Any]) -> None:
    predefined, customized = tracking.get("PredefinedMetricSpecification"), tracking.get("CustomizedMetricSpecification")
    if bool(predefined) == bool(customized):
        text = "TargetTrackingConfiguration must have either a PredefinedMetricSpecification or a CustomizedMetricSpecification"
        raise Refusal("ValidationError", text)
    if predefined and predefined.get("PredefinedMetricType") not in PREDEFINED:
        raise Refusal("ValidationError", f"PredefinedMetricType must be one of {', '.join(sorted(PREDEFINED))}")
    if tracking.get("TargetValue") is None:
        raise Refusal("ValidationError", "TargetValue is required")


def _alarms(call: Call, group: str, kind: str) -> list[dict[str, str]]:
    """Target tracking creates two alarms; here they are names only."""
    if kind != "TargetTrackingScaling":
        return []
    names = [f"TargetTracking-{group}-Alarm{side}-{uuid.uuid4()}" for side in ("High", "Low")]
    prefix = f"arn:{get_partition(call.region)}:cloudwatch:{call.region}:{call.account_id}:alarm"
    return [{"AlarmName": name, "AlarmARN": f"{prefix}:{name}"} for name in names]


@answers("autoscaling", "DescribePolicies")
def describe_policies(call: Call) -> Any:
    group, names, kinds = call.get("AutoScalingGroupName"), call.get("PolicyNames") or [], call.get("PolicyTypes") or []
    found = plans_of(call.backend).policies.items()
    return {
        "ScalingPolicies": [
            policy
            for (of, name), policy in found
            if (not group or of == group)
            and (not names or name in names or policy["PolicyARN"] in names)
            and (not kinds or policy["PolicyType"] in kinds)
        ]
    }


@answers("autoscaling", "DeletePolicy")
def delete_policy(call: Call) -> Any:
    """Deletes a policy by its name within a group, or by its ARN."""
    group, wanted = call.get("AutoScalingGroupName"), call.get("PolicyName")
    policies = plans_of(call.backend).policies
    for key, policy in list(policies.items()):
        if policy["PolicyARN"] == wanted or key == (group, wanted):
            del policies[key]
            return {}
    raise Refusal("ValidationError", f"No scaling policy found: {wanted}")
