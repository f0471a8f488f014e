# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What an environment owns and has not used for a number of days: what the module platform_unused_info runs. Reads only."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from ...aws.connection import Aws
from ...aws.owner import TAG_PREFIX
from ...aws.tags import tag_dict
from ...component.connect import check_options, connect, identify
from ...reconcile.errors import CallFailed, failure
from .sorts import SORTS, Candidate, Measure, Sort

SERVICES = ("sts", "cloudwatch", "resourcegroupstaggingapi")
"""The services read in every run; their descriptions are read once, before the workers start."""

FORMAT = 1
DAYS = range(1, 456)
DAY = 86_400
MOST = 500
"""The queries that one call takes (GetMetricData)."""
PAGE = 100
GLOBAL_REGION = "us-east-1"
"""Where the tagging API lists distributions, and CloudFront publishes its metrics."""
OTHER_PARTITIONS = ("cn-", "us-gov-", "us-iso", "eu-isoe-", "eusc-")
"""Beginnings of regions whose partition has no us-east-1."""
CLUSTER = ":cluster/"
BALANCERS, VOLUMES = "elbv2.k8s.aws/cluster", "kubernetes.io/cluster/"
"""Tags by which controllers mark what they create for a cluster. Those of this collection's mark are not on it."""


@dataclass(frozen=True)
class Owned:
    arn: str
    region: str
    tags: Mapping[str, str]

    def row(self, sort: Sort, reason: str, created: datetime | None) -> dict[str, str]:
        return {
            "component": self.tags.get(f"{TAG_PREFIX}component", ""),
            "address": self.tags.get(f"{TAG_PREFIX}address", ""),
            "what": sort.what,
            "reason": reason,
            "created": created.astimezone(UTC).date().isoformat() if created else "",
            "region": self.region,
            "arn": self.arn,
        }


def run(module: Any) -> None:
    """Return what is not used. If AWS denies a call, that is not a failure: the answer gives the reason."""
    params = module.params
    check_options(module)
    if params["days"] not in DAYS:
        module.fail_json(msg=f"days is {params['days']}, but must be {DAYS[0]} to {DAYS[-1]}: CloudWatch keeps daily values for 15 months")
    aws, _endpoint, region = connect(module)
    if not region.startswith(OTHER_PARTITIONS):
        aws.also_in([GLOBAL_REGION])
    found: dict[str, Any] = {"format": FORMAT, "environment": aws.owner.environment, "region": region, "days": params["days"]}
    try:
        identify(module, aws)
        found |= {"looked": True, "reason": "", **report(aws, params["days"], datetime.now(UTC))}
    except CallFailed as error:
        found |= {"looked": False, "reason": str(failure("", error)), "judged": 0, "resources": [], "young": []}
    module.exit_json(changed=False, unused=found)


def report(aws: Aws, days: int, now: datetime) -> dict[str, Any]:
    """{judged: how many were, resources: [row] of the unused ones, young: [row] of those created less than ``days`` ago}."""
    regions = dict.fromkeys(aws.regions)
    listed = itertools.chain.from_iterable(aws.map(lambda region: _owned(aws.in_region(region), region), regions))
    owned = list({one.arn: one for one in reversed(list(listed))}.values())
    here = {(sort, one.region) for sort in SORTS for one in owned if sort.arn.fullmatch(one.arn)}
    pairs = [(sort, region) for sort in SORTS for region in regions if (sort, region) in here]
    found = aws.map(lambda pair: _of_sort(aws.in_region(pair[1]), pair[0], pair[1], owned), pairs)
    judged = list(itertools.chain.from_iterable(found))
    since = now - timedelta(days=days)
    young = [one for one in judged if one[2].created is not None and one[2].created > since]
    old = [one for one in judged if one not in young]
    used = set(itertools.chain.from_iterable(aws.map(lambda region: _used(aws.in_region(region), region, old, since, now), regions)))
    idle = [one.row(sort, _reason(candidate, days), candidate.created) for sort, one, candidate in old if one.arn not in used]
    too_young = [one.row(sort, f"younger than {days} days", candidate.created) for sort, one, candidate in young]
    return {"judged": len(judged), "resources": _sorted(idle), "young": _sorted(too_young)}


def _reason(one: Candidate, days: int) -> str:
    return f"{one.idle} in {days} days" if one.measure else one.idle


def _sorted(rows: Iterable[dict[str, str]]) -> list[dict[str, str]]:
    return sorted(rows, key=lambda one: (one["component"], one["address"], one["arn"]))


def _owned(aws: Aws, region: str) -> list[Owned]:
    """What carries the environment's mark in a region, and what controllers made for its clusters."""
    marked = _tagged(aws, region, f"{TAG_PREFIX}environment", aws.owner.environment)
    clusters = [one.arn.rpartition(CLUSTER)[2] for one in marked if ":eks:" in one.arn and CLUSTER in one.arn]
    theirs = _tagged(aws, region, BALANCERS, *clusters) if clusters else []
    for name in clusters:
        theirs += [one for one in _tagged(aws, region, f"{VOLUMES}{name}") if ":volume/" in one.arn]
    return list({one.arn: one for one in (*theirs, *marked)}.values())


def _tagged(aws: Aws, region: str, key: str, *values: str) -> list[Owned]:
    sought = [{"Key": key, "Values": list(values)}]
    found = aws.list_all("resourcegroupstaggingapi", "get_resources", "ResourceTagMappingList", TagFilters=sought, ResourcesPerPage=PAGE)
    return [Owned(str(one["ResourceARN"]), region, tag_dict(one["Tags"])) for one in found]


def _of_sort(aws: Aws, sort: Sort, region: str, owned: Sequence[Owned]) -> list[tuple[Sort, Owned, Candidate]]:
    """The candidates of one type among what is owned in a region."""
    wanted = {match[1]: one for one in owned if one.region == region and (match := sort.arn.fullmatch(one.arn))}
    return [(sort, wanted[one.identity], one) for one in sort.candidates(aws) if one.identity in wanted]


def _used(aws: Aws, region: str, judged: Iterable[tuple[Sort, Owned, Candidate]], since: datetime, now: datetime) -> Iterator[str]:
    """The ARNs of those that were used: some metric of theirs had a value above zero."""
    wanted = [(one.arn, query) for _sort, one, each in judged if one.region == region and each.measure for query in queries(each.measure)]
    for part in itertools.batched(wanted, MOST):
        asked = [{"Id": f"m{number}", "MetricStat": query} for number, (_arn, query) in enumerate(part)]
        found = aws.list_all("cloudwatch", "get_metric_data", "MetricDataResults", MetricDataQueries=asked, StartTime=since, EndTime=now)
        yield from (part[int(str(one["Id"])[1:])][0] for one in found if any(value > 0 for value in one.get("Values") or ()))


def queries(one: Measure) -> Iterator[dict[str, Any]]:
    for dimensions in one.dimensions:
        given = [{"Name": name, "Value": value} for name, value in dimensions.items()]
        for name in one.names:
            yield {"Metric": {"Namespace": one.namespace, "MetricName": name, "Dimensions": given}, "Period": DAY, "Stat": one.statistic}
