# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The scaling of a node group without an autoscaler: one policy and scheduled actions on its Auto Scaling group.

Names with our prefix are ours; other policies and actions on the same group are left alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ....aws.connection import Aws

PREFIX = "mainstay-"
POLICY = f"{PREFIX}cpu"

MEMBERS = {
    "recurrence": "Recurrence",
    "time_zone": "TimeZone",
    "min_size": "MinSize",
    "max_size": "MaxSize",
    "desired_size": "DesiredCapacity",
}
"""Fields of a schedule: name in the settings -> name in EC2 Auto Scaling."""

Raws = Iterable[Mapping[str, Any]]


def canonical_schedules(schedules: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Schedules by name, without unset values. The default time zone is UTC."""
    return {
        name: {"time_zone": "UTC", **{member: one[member] for member in MEMBERS if one.get(member) is not None}}
        for name, one in sorted(schedules.items())
    }


def target_of(policies: Raws, group: str | None) -> float | None:
    """The target load of our policy on a group."""
    ours = [one for one in policies if one["AutoScalingGroupName"] == group and one["PolicyName"] == POLICY]
    return next((float(one["TargetTrackingConfiguration"]["TargetValue"]) for one in ours if one.get("TargetTrackingConfiguration")), None)


def schedules_of(actions: Raws, group: str | None) -> dict[str, dict[str, Any]]:
    """Our scheduled actions of a group."""
    ours = [one for one in actions if one["AutoScalingGroupName"] == group and one["ScheduledActionName"].startswith(PREFIX)]
    return {
        one["ScheduledActionName"].removeprefix(PREFIX): {name: one[api] for name, api in MEMBERS.items() if one.get(api) is not None}
        for one in ours
    }


def all_policies(aws: Aws) -> list[Any]:
    return aws.list_all("autoscaling", "describe_policies", "ScalingPolicies", PolicyTypes=["TargetTrackingScaling"])


def all_actions(aws: Aws) -> list[Any]:
    return aws.list_all("autoscaling", "describe_scheduled_actions", "ScheduledUpdateGroupActions")


def policies_of(aws: Aws, group: str) -> list[Any]:
    return aws.list_all("autoscaling", "describe_policies", "ScalingPolicies", AutoScalingGroupName=group, PolicyNames=[POLICY])


def actions_of(aws: Aws, group: str) -> list[Any]:
    return aws.list_all("autoscaling", "describe_scheduled_actions", "ScheduledUpdateGroupActions", AutoScalingGroupName=group)


def set_target(aws: Aws, group: str, percent: float | None) -> None:
    """Make the group follow its average load, or stop it from doing so."""
    if percent is None:
        aws.remove("autoscaling", "delete_policy", AutoScalingGroupName=group, PolicyName=POLICY)
        return
    metric = {"PredefinedMetricSpecification": {"PredefinedMetricType": "ASGAverageCPUUtilization"}, "TargetValue": float(percent)}
    aws.change(
        "autoscaling",
        "put_scaling_policy",
        AutoScalingGroupName=group,
        PolicyName=POLICY,
        PolicyType="TargetTrackingScaling",
        TargetTrackingConfiguration=metric,
    )


def set_schedules(aws: Aws, group: str, have: Mapping[str, Any], wanted: Mapping[str, Any]) -> None:
    """Bring our scheduled actions on a group to the wanted state."""
    old, new = canonical_schedules(have), canonical_schedules(wanted)
    for name in sorted(new):
        if new[name] != old.get(name):
            members = {MEMBERS[member]: value for member, value in new[name].items()}
            aws.change(
                "autoscaling", "put_scheduled_update_group_action", AutoScalingGroupName=group, ScheduledActionName=PREFIX + name, **members
            )
    for name in sorted(set(old) - set(new)):
        aws.remove("autoscaling", "delete_scheduled_action", AutoScalingGroupName=group, ScheduledActionName=PREFIX + name)
