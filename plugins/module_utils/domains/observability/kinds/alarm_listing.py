# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""All alarms of an environment in a region, a hundred at a time, with the tags that say whose they are.

DescribeAlarms returns no tags, and metric alarms alone unless it is asked for every type. The tagging API returns the tags of a hundred
alarms with one call; only alarms that it does not show yet are asked for theirs one by one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ....aws.connection import Aws
from ....aws.owner import TAG_PREFIX
from ....aws.tags import tag_dict, tag_list

TYPES: Mapping[str, str] = {"MetricAlarm": "MetricAlarms", "CompositeAlarm": "CompositeAlarms", "LogAlarm": "LogAlarms"}
"""The types that DescribeAlarms is asked for -> the members of its reply."""
PAGE = 100
"""The most that one call returns (DescribeAlarms, MaxRecords)."""


@dataclass(frozen=True)
class Alarms:
    """``ours``: the alarms with the component's mark by type, with their Tags. ``names``: every alarm that the prefix selects, by name."""

    ours: Mapping[str, list[dict[str, Any]]] = field(default_factory=dict)
    names: Mapping[str, dict[str, Any]] = field(default_factory=dict)


def prefix_of(aws: Aws) -> str:
    """What the names of all alarms of an environment begin with."""
    return f"{aws.owner.environment}-"


def described(aws: Aws, **selection: Any) -> dict[str, list[dict[str, Any]]]:
    """Every alarm that a selection names, by type."""
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in TYPES}
    more: dict[str, Any] = {}
    while True:
        reply = aws.read("cloudwatch", "describe_alarms", AlarmTypes=list(TYPES), **selection, **more)
        for name, member in TYPES.items():
            found[name] += [dict(one) for one in reply.get(member) or ()]
        if not reply.get("NextToken"):
            return found
        more = {"NextToken": reply["NextToken"]}


def alarms(aws: Aws) -> Alarms:
    """The alarms of the environment. Asked once per observation and region, for all kinds of alarms."""
    return aws.once("alarms", lambda: _ask(aws))


def _ask(aws: Aws) -> Alarms:
    by_type = described(aws, AlarmNamePrefix=prefix_of(aws), MaxRecords=PAGE)
    every = [one for entries in by_type.values() for one in entries]
    tags = _indexed(aws) if every else {}
    unknown = [one["AlarmArn"] for one in every if one["AlarmArn"] not in tags]
    own = aws.map(lambda arn: tags_of(aws, arn), unknown)
    tags = {**tags, **dict(zip(unknown, own, strict=True))}
    ours = {
        name: [{**one, "Tags": tag_list(tags[one["AlarmArn"]])} for one in entries if aws.owner.address(tags[one["AlarmArn"]]) is not None]
        for name, entries in by_type.items()
    }
    return Alarms(ours, {one["AlarmName"]: one for one in every})


def _indexed(aws: Aws) -> dict[str, dict[str, str]]:
    """ARN -> tags of every alarm of the environment that the tagging API shows, whichever component made it."""
    found = aws.list_all(
        "resourcegroupstaggingapi",
        "get_resources",
        "ResourceTagMappingList",
        TagFilters=[{"Key": f"{TAG_PREFIX}environment", "Values": [aws.owner.environment]}],
        ResourceTypeFilters=["cloudwatch:alarm"],
        ResourcesPerPage=PAGE,
    )
    return {str(one["ResourceARN"]): tag_dict(one.get("Tags")) for one in found}


def tags_of(aws: Aws, arn: str) -> dict[str, str]:
    """The tags of one alarm; none if it is gone."""
    reply = aws.find("cloudwatch", "list_tags_for_resource", ResourceARN=arn)
    return tag_dict((reply or {}).get("Tags"))
