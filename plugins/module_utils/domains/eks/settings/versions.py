# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The minor versions of Kubernetes: how long EKS supports each, and what that costs. Pure functions over DescribeClusterVersions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

STANDARD = "STANDARD_SUPPORT"
EXTENDED = "EXTENDED_SUPPORT"

STANDARD_PRICE = 0.10
EXTENDED_PRICE = 0.60
"""USD per cluster and hour (aws.amazon.com/eks/pricing)."""

HOURS_A_MONTH = 730


@dataclass(frozen=True)
class Support:
    """AWS's data on one minor version; dates have the form 2027-07-29 and are empty if AWS gives none."""

    minor: str
    status: str
    standard_until: str = ""
    extended_until: str = ""

    @property
    def extended(self) -> bool:
        return self.status == EXTENDED


def support_of(entries: Iterable[Mapping[str, Any]]) -> dict[str, Support]:
    """The entries below ``clusterVersions`` by minor version."""
    return {
        str(entry["clusterVersion"]): Support(
            str(entry["clusterVersion"]),
            str(entry.get("versionStatus") or entry.get("status", "")).upper().replace("-", "_"),
            day(entry.get("endOfStandardSupportDate")),
            day(entry.get("endOfExtendedSupportDate")),
        )
        for entry in entries
    }


def day(moment: Any) -> str:
    """The date of a point in time."""
    return moment.strftime("%Y-%m-%d") if hasattr(moment, "strftime") else str(moment or "")[:10]


def number(minor: str) -> int:
    """36 for ``1.36``."""
    return int(minor.partition(".")[2])


def supported(support: Mapping[str, Support]) -> list[str]:
    """The minor versions that a cluster can have, in ascending order."""
    return sorted((minor for minor, one in support.items() if one.status in (STANDARD, EXTENDED)), key=number)


def refused(path: str, version: str, policy: str, support: Mapping[str, Support]) -> Iterator[str]:
    """Reasons to reject a version: EKS does not offer it, or it is in extended support and the policy does not allow that.

    AWS would upgrade such a cluster by itself.
    """
    offered = supported(support)
    if version not in offered:
        yield f"{path}.version is '{version}', but EKS offers {', '.join(offered) or 'no version'} here; choose one of these"
    elif support[version].extended and policy != "EXTENDED":
        yield (
            f"{path}.upgrade_policy is '{policy}', but standard support of Kubernetes {version} ended on "
            f"{support[version].standard_until}; choose a newer version, or EXTENDED, at {price(EXTENDED_PRICE)} instead of "
            f"{price(STANDARD_PRICE)} USD per cluster-hour"
        )


def note(name: str, version: str, policy: str, support: Support) -> str:
    """The plan's note on the support of a cluster's version."""
    if support.extended:
        more = round((EXTENDED_PRICE - STANDARD_PRICE) * HOURS_A_MONTH)
        return (
            f"{name}: Kubernetes {version} is in extended support until {support.extended_until}, at {price(EXTENDED_PRICE)} instead of "
            f"{price(STANDARD_PRICE)} USD per cluster-hour, about {more} USD more a month"
        )
    if policy == "EXTENDED":
        then = f"extended support at {price(EXTENDED_PRICE)} instead of {price(STANDARD_PRICE)} USD per cluster-hour"
    else:
        then = "AWS upgrades the cluster automatically"
    return f"{name}: standard support of Kubernetes {version} ends on {support.standard_until}, then {then}"


def price(amount: float) -> str:
    return f"{amount:.2f}"
