# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The further regions of a component: those that its domain names, and those that the inventory names for all components."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from ..aws.connection import Aws
from ..reconcile.errors import CallFailed


def look_in(aws: Aws, regions: Iterable[str]) -> str:
    """Let the connection look in these regions too. Returns why that is not possible, or an empty string.

    A component without further regions makes no call for this.
    """
    aws.also_in([*aws.regions, *regions])
    return unusable(aws) if len(aws.regions) > 1 else ""


def unusable(aws: Aws) -> str:
    """Which of the regions do not exist or are not enabled for the account, one sentence each; empty if all can be used.

    If AWS does not say, the first call in the region will.
    """
    try:
        reply = aws.read("ec2", "describe_regions", AllRegions=True)
    except CallFailed:
        return ""
    status = {entry["RegionName"]: entry.get("OptInStatus", "") for entry in reply["Regions"]}
    return "\n".join(text for region in aws.regions[1:] if (text := _problem(region, status)))


def _problem(region: str, status: dict[str, str]) -> str:
    if region not in status:
        close = difflib.get_close_matches(region, status, 1)
        return f"There is no region {region}{f'; did you mean {close[0]}?' if close else f'. There are: {_listed(status)}.'} {NAMED}"
    if status[region] == "not-opted-in":
        enable = f"Enable it (`aws account enable-region --region-name {region}`; it takes minutes), or name another one."
        return f"The region {region} is not enabled for this account. {enable} {NAMED}"
    return ""


def _listed(status: dict[str, str]) -> str:
    return ", ".join(sorted(status))


NAMED = "The settings of this component name it, or platform_further_regions does. Nothing was changed."
