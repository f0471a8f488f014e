# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What AWS shows of a cluster before its upgrade. Reads only, in three rounds; the calls of a round run in parallel."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from .....aws.connection import Aws
from ...settings.addons import Offer, offer_of
from .facts import Addon, Client, Deprecation, Facts, Group, Insight, Subnet, Support, minor_of

CATEGORY = "UPGRADE_READINESS"


def look_at_cluster(aws: Aws, name: str, target: str, pinned: Mapping[str, str]) -> Facts | None:
    """All facts except those that only the cluster's own API has; None if it does not exist. ``pinned``: required versions of add-ons."""
    described = aws.find("eks", "describe_cluster", name=name)
    if described is None:
        return None
    cluster = described["cluster"]
    questions: list[Callable[[], Any]] = [
        lambda: aws.list_all("eks", "list_nodegroups", "nodegroups", clusterName=name),
        lambda: aws.list_all("eks", "list_addons", "addons", clusterName=name),
        lambda: aws.list_all("eks", "list_insights", "insights", clusterName=name, filter={"categories": [CATEGORY]}),
        lambda: aws.list_all("eks", "describe_cluster_versions", "clusterVersions"),
        lambda: aws.list_all("ec2", "describe_subnets", "Subnets", SubnetIds=cluster["resourcesVpcConfig"]["subnetIds"]),
    ]
    groups, addons, insights, versions, subnets = aws.map(lambda question: question(), questions)
    supported = {str(one["clusterVersion"]): _support(one) for one in versions}
    offered = target in supported
    doubtful = [one["id"] for one in insights if (one.get("insightStatus") or {}).get("status") != "PASSING"]
    details: list[Callable[[], Any]] = [
        *(lambda group=group: _group(aws, name, group) for group in groups),
        *(lambda addon=addon: _addon(aws, name, addon, pinned.get(addon, "")) for addon in addons),
        *(lambda one=one: _insight(aws, name, one) for one in doubtful),
        *(lambda addon=addon: (addon, _offers(aws, addon, target)) for addon in addons if offered),
    ]
    found = aws.map(lambda detail: detail(), details)
    return Facts(
        name,
        str(cluster["version"]),
        target,
        datetime.now(UTC),
        status=str(cluster["status"]),
        upgrade_policy=str((cluster.get("upgradePolicy") or {}).get("supportType") or "EXTENDED"),
        groups=tuple(one for one in found if isinstance(one, Group)),
        addons=tuple(one for one in found if isinstance(one, Addon)),
        offers=dict(one for one in found if isinstance(one, tuple)),
        insights=tuple(one for one in found if isinstance(one, Insight)),
        subnets=tuple(Subnet(str(one["SubnetId"]), str(one["AvailabilityZone"]), int(one["AvailableIpAddressCount"])) for one in subnets),
        support=supported,
    )


def _support(one: Mapping[str, Any]) -> Support:
    return Support(one.get("endOfStandardSupportDate"), one.get("endOfExtendedSupportDate"))


def _group(aws: Aws, cluster: str, name: str) -> Group:
    group = aws.read("eks", "describe_nodegroup", clusterName=cluster, nodegroupName=name)["nodegroup"]
    return Group(
        name,
        str(group.get("version") or ""),
        str(group.get("releaseVersion") or ""),
        str(group.get("status") or ""),
        _issues(group),
        str((group.get("launchTemplate") or {}).get("version") or ""),
    )


def _addon(aws: Aws, cluster: str, name: str, pinned: str) -> Addon:
    addon = aws.read("eks", "describe_addon", clusterName=cluster, addonName=name)["addon"]
    return Addon(name, str(addon.get("addonVersion") or ""), str(addon.get("status") or ""), _issues(addon), pinned)


def _issues(thing: Mapping[str, Any]) -> tuple[str, ...]:
    found = (thing.get("health") or {}).get("issues") or ()
    return tuple(
        ": ".join(part for part in (str(one.get("code") or ""), str(one.get("message") or "").rstrip(".")) if part) for one in found
    )


def _offers(aws: Aws, addon: str, target: str) -> Offer:
    return offer_of(aws.list_all("eks", "describe_addon_versions", "addons", addonName=addon, kubernetesVersion=target), target)


def _insight(aws: Aws, cluster: str, identity: str) -> Insight:
    insight = aws.read("eks", "describe_insight", clusterName=cluster, id=identity)["insight"]
    status = insight.get("insightStatus") or {}
    details = (insight.get("categorySpecificSummary") or {}).get("deprecationDetails") or ()
    return Insight(
        str(insight.get("name") or identity),
        str(status.get("status") or "UNKNOWN"),
        str(insight.get("kubernetesVersion") or ""),
        str(status.get("reason") or ""),
        str(insight.get("recommendation") or ""),
        tuple(_deprecation(one) for one in details),
    )


def _deprecation(one: Mapping[str, Any]) -> Deprecation:
    clients = tuple(
        Client(str(each.get("userAgent") or "unknown"), int(each.get("numberOfRequestsLast30Days") or 0), each.get("lastRequestTime"))
        for each in one.get("clientStats") or ()
    )
    return Deprecation(str(one.get("usage") or ""), str(one.get("replacedWith") or ""), str(one.get("stopServingVersion") or ""), clients)


def is_through(facts: Facts) -> bool:
    """Whether the upgrade is complete: control plane and node groups are at the target version."""
    target = minor_of(facts.target)
    return facts.version == facts.target and all(minor_of(group.version) == target for group in facts.groups)
