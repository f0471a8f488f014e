"""Kubernetes versions on EKS: support periods, upgrades by one minor, and rollback within seven days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from rehearsal import transitions
from rehearsal.extensions.eks_common import (
    Update,
    at_rest,
    begin_update,
    cluster_of,
    free_addresses,
    in_progress,
    member_of,
    page,
    subnets_by_id,
    updates_of,
)
from rehearsal.extensions.eks_insights import blocking
from rehearsal.kubernetes import VERSIONS
from rehearsal.registry import Call, answers
from rehearsal.replies import Refusal

PLATFORM_VERSION = "eks.1"
WAY_BACK = timedelta(days=7)
ADDRESSES_FOR_UPDATE = 5
OLDEST_KUBELET = 3
"""How many minors a node may lag behind the control plane."""


@dataclass(frozen=True)
class Support:
    """From EKS's release calendar: release on EKS, end of standard support, end of extended support."""

    minor: str
    released: datetime
    standard: datetime
    extended: datetime

    def status(self, now: datetime) -> str:
        if now < self.standard:
            return "STANDARD_SUPPORT"
        return "EXTENDED_SUPPORT" if now < self.extended else "UNSUPPORTED"


def _support(minor: str, released: str, standard: str, extended: str) -> Support:
    return Support(minor, *(datetime.fromisoformat(date).replace(tzinfo=UTC) for date in (released, standard, extended)))


CALENDAR = (
    _support("1.36", "2026-06-02", "2027-08-02", "2028-08-02"),
    _support("1.35", "2026-01-27", "2027-03-27", "2028-03-27"),
    _support("1.34", "2025-10-02", "2026-12-02", "2027-12-02"),
    _support("1.33", "2025-05-29", "2026-07-29", "2027-07-29"),
    _support("1.32", "2025-01-23", "2026-03-23", "2027-03-23"),
    _support("1.31", "2024-09-26", "2025-11-26", "2026-11-26"),
)


@answers("eks", "DescribeClusterVersions")
def describe_versions(call: Call) -> Any:
    """Without `includeAll`, only supported versions. The statuses are those of today."""
    now = datetime.now(UTC)
    asked = call.get("versionStatus") or (call.get("status") or "").upper().replace("-", "_") or None
    names = call.get("clusterVersions")
    found = []
    for entry in CALENDAR:
        status = entry.status(now)
        hidden = status == "UNSUPPORTED" and not (call.get("includeAll") or names or asked == status)
        if hidden or (names and entry.minor not in names) or asked not in (None, status):
            continue
        if call.get("defaultOnly") and entry.minor != VERSIONS[-1]:
            continue
        found.append(
            {
                "clusterVersion": entry.minor,
                "clusterType": "eks",
                "defaultPlatformVersion": PLATFORM_VERSION,
                "defaultVersion": entry.minor == VERSIONS[-1],
                "releaseDate": entry.released,
                "endOfStandardSupportDate": entry.standard,
                "endOfExtendedSupportDate": entry.extended,
                "status": status.lower().replace("_", "-"),
                "versionStatus": status,
                "kubernetesPatchVersion": f"{entry.minor}.0",
            }
        )
    return page(call, "clusterVersions", found)


def in_standard_support(version: str) -> bool:
    """Whether a minor is in standard support today."""
    return any(entry.minor == version and entry.status(datetime.now(UTC)) == "STANDARD_SUPPORT" for entry in CALENDAR)


def check_offered(version: str) -> None:
    if version not in VERSIONS:
        raise Refusal("InvalidParameterException", f"unsupported Kubernetes version {version}; {VERSIONS[0]} to {VERSIONS[-1]} can be had")


@answers("eks", "UpdateClusterVersion")
def update_version(call: Call) -> Any:
    """One minor up, or back down after an upgrade. The control plane restarts with the same address and data."""
    version = str(call.get("version"))
    cluster = at_rest(call, "VersionUpdate")
    check_offered(version)
    _check_parts(cluster)
    if version == cluster.version:
        raise Refusal("InvalidParameterException", f"Cluster is already at version {version}")
    step = VERSIONS.index(version) - VERSIONS.index(cluster.version)
    if step == -1:
        _check_way_back(cluster, version)
    elif step != 1:
        raise Refusal("InvalidParameterException", f"Unsupported Kubernetes minor version update from {cluster.version} to {version}")
    _check_nodes(cluster, version)
    if step == 1 and not call.get("force") and blocking(call, cluster, version):
        text = "Amazon EKS detected upgrade readiness issues. Call the ListInsights API to view detected upgrade blocking issues."
        raise Refusal("InvalidStateException", f"{text} Pass the force flag when updating to override upgrade readiness errors.")
    kind = "VersionUpdate" if step == 1 else "VersionRollback"
    broken = transitions.delays.errors_of(kind) or _no_room(call, cluster)
    member = member_of(cluster)
    if member and not broken:
        member.submit(lambda plane: plane.restart(version))

    def apply() -> None:
        cluster.version = version
        cluster.rehearsal_upgraded = datetime.now(UTC) if step == 1 else None

    params = {"Version": version, "PlatformVersion": PLATFORM_VERSION}
    return {"update": begin_update(cluster, kind, params, "eks_cluster", apply=apply, failure=lambda: broken).described()}


def _no_room(call: Call, cluster: Any) -> list[dict[str, Any]]:
    """A new control plane version needs free addresses in the subnets in addition to the current ones."""
    own = cluster.resources_vpc_config["subnetIds"]
    subnets = {identity: subnet for identity, subnet in subnets_by_id(call).items() if identity in own}
    if sum(free_addresses(call, subnet) for subnet in subnets.values()) >= ADDRESSES_FOR_UPDATE:
        return []
    text = f"The subnets of the cluster have fewer than {ADDRESSES_FOR_UPDATE} free IP addresses"
    return [{"errorCode": "IpNotAvailable", "errorMessage": text, "resourceIds": sorted(subnets)}]


def _check_parts(cluster: Any) -> None:
    """An add-on or a node group with an update in progress blocks a version update."""
    busy: list[Update] = [update for update in updates_of(cluster) if update.status == "InProgress"]
    if busy:
        what = f"addon {busy[0].addon}" if busy[0].addon else f"nodegroup {busy[0].nodegroup}"
        text = f"Cannot VersionUpdate because {what} of cluster {cluster.name} currently has update {busy[0].identifier} in progress"
        raise Refusal("ResourceInUseException", text, 409)


def _check_way_back(cluster: Any, version: str) -> None:
    """Allows rollback only after an upgrade of this cluster, within seven days, by one minor, and onto paid support only with consent."""
    upgraded = cluster.__dict__.get("rehearsal_upgraded")
    if upgraded is None or datetime.now(UTC) - upgraded > WAY_BACK:
        text = f"Cluster {cluster.name} cannot be rolled back to {version}: it was not upgraded to {cluster.version} within the last 7 days"
        raise Refusal("InvalidRequestException", text)
    if not in_standard_support(version) and cluster.upgrade_policy["supportType"] != "EXTENDED":
        text = (
            f"Kubernetes version {version} is not in standard support: set the upgrade policy of cluster {cluster.name} to EXTENDED first"
        )
        raise Refusal("InvalidRequestException", text)


def _check_nodes(cluster: Any, version: str) -> None:
    """No node may be newer than the control plane, or more than three minors older."""
    wanted = _number(version)
    groups = [group for group in cluster.nodegroups.values() if not 0 <= wanted - _number(group.version) <= OLDEST_KUBELET]
    if groups:
        names = ", ".join(group.nodegroup_name for group in groups)
        text = f"Nodegroups {names} must be updated to match cluster version {cluster.version} before updating cluster version"
        raise Refusal("InvalidRequestException", text)


def _number(minor: str) -> int:
    return int(minor.split(".")[1])


@answers("eks", "CancelUpdate")
def cancel(call: Call) -> Any:
    """EKS can cancel only rollbacks of clusters in Auto Mode; the rehearsal has none."""
    cluster = cluster_of(call)
    update = in_progress(cluster)
    if update is None or update.identifier != call.get("updateId"):
        raise Refusal("InvalidRequestException", f"Update {call.get('updateId')} is not in progress")
    raise Refusal("InvalidRequestException", f"Update {update.identifier} of type {update.kind} cannot be cancelled")
