"""Authorization checks for CloudWatch calls, after "Actions, resources, and condition keys for Amazon CloudWatch"."""

from __future__ import annotations

from collections.abc import Iterator

from rehearsal.asking import arn, ask, pairs
from rehearsal.extensions.cloudwatch_store import store
from rehearsal.policies_in_force import Ask
from rehearsal.registry import Call, authorizes

OF_ALARMS = ("DeleteAlarms", "DisableAlarmActions", "EnableAlarmActions")
OF_AN_ALARM = ("PutMetricAlarm", "PutCompositeAlarm", "SetAlarmState")
OF_DASHBOARDS = ("PutDashboard", "GetDashboard", "DeleteDashboards")
OF_MUTE_RULES = ("PutAlarmMuteRule", "GetAlarmMuteRule", "DeleteAlarmMuteRule")
TAGGING = ("TagResource", "UntagResource", "ListTagsForResource")
CREATING = ("PutMetricAlarm", "PutCompositeAlarm", "PutDashboard", "PutAlarmMuteRule")
"""Calls that may set tags, which is tagging too."""


@authorizes("cloudwatch")
def asked(call: Call) -> Iterator[Ask]:
    request = pairs(call.get("Tags") or ())
    for resource in _resources(call):
        there = _tags(call, resource)
        yield ask(call, resource, request=request, there=there)
        if call.operation in CREATING and request:
            yield ask(call, resource, "cloudwatch:TagResource", request=request, there=there)
    for target in (call.get("MuteTargets") or {}).get("AlarmNames") or []:
        resource = arn(call, "cloudwatch", f"alarm:{target}")
        yield ask(call, resource, there=_tags(call, resource))


def _resources(call: Call) -> list[str]:
    operation = call.operation
    if operation in TAGGING:
        return [str(call.get("ResourceARN"))]
    if operation in OF_ALARMS or (operation == "DescribeAlarms" and call.get("AlarmNames")):
        return [arn(call, "cloudwatch", f"alarm:{name}") for name in call.get("AlarmNames") or []]
    if operation in OF_AN_ALARM or (operation == "DescribeAlarmHistory" and call.get("AlarmName")):
        return [arn(call, "cloudwatch", f"alarm:{call.get('AlarmName')}")]
    if operation == "DescribeAlarms":
        return [arn(call, "cloudwatch", "alarm:*")]
    if operation in OF_DASHBOARDS:
        names = call.get("DashboardNames") or [call.get("DashboardName")]
        return [arn(call, "cloudwatch", f"dashboard/{name}", "") for name in names]
    if operation in OF_MUTE_RULES:
        return [arn(call, "cloudwatch", f"alarm-mute-rule:{call.get('Name') or call.get('AlarmMuteRuleName')}")]
    return ["*"]


def _tags(call: Call, resource: str) -> dict[str, str]:
    if ":dashboard/" in resource:
        found = store(call).dashboards.get(resource.partition(":dashboard/")[2])
        return dict(found.tags) if found else {}
    return dict(call.backend.tagger.get_tag_dict_for_resource(resource))
