# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Lockout protection: what a plan must not do to the access entry that lets the caller administer a cluster."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping

from ....reconcile.model import Observed
from .cluster import Cluster
from .identities import ADMINISTRATOR, CLUSTER, AccessEntry

ASSUMED = re.compile(r"arn:(?P<partition>[\w-]+):sts::(?P<account>\d{12}):assumed-role/(?P<role>[^/]+)/.+")


def is_same(principal_arn: str, caller: str) -> bool:
    """Whether an access entry is for the caller (an ARN from GetCallerIdentity).

    The session ARN of a role omits the role's path. The name makes up for it: names are unique in an account, whatever the path.
    """
    session = ASSUMED.fullmatch(caller)
    if session is None:
        return principal_arn == caller
    start = f"arn:{session['partition']}:iam::{session['account']}:role/"
    return principal_arn.startswith(start) and principal_arn.rpartition("/")[2] == session["role"]


def entries_of(cluster: Cluster, caller: str) -> list[AccessEntry]:
    """The entries of a cluster's settings that are for the caller."""
    return [entry for entry in cluster.access.values() if is_same(entry.principal_arn, caller)]


def unadministered(cluster: Cluster, caller: str) -> str:
    """Why a new cluster created by this caller would have no administrator; empty if it would have one.

    A caller with its own entry has the permissions of that entry instead of the creator's.
    """
    own = entries_of(cluster, caller)
    if not own or not cluster.creator_is_admin or any(entry.administers for entry in cluster.access.values()):
        return ""
    return (
        f"{own[0].path} is for {caller}, which creates the cluster, and gives it no administrator's rights; then the cluster would have no "
        f"administrator. Give {ADMINISTRATOR}: cluster to this entry or another one, or take the entry out."
    )


def lockouts(clusters: Mapping[str, Cluster], observed: Iterable[Observed], caller: str, may_go: Callable[[str], bool]) -> list[str]:
    """What would remove the caller's own administrator access to a cluster. ``may_go``: whether an address may be deleted or replaced.

    A principal has one entry in a cluster, so our entry is the caller's only access. Deleting the entry with its cluster is no lockout.
    """
    found = []
    for seen in observed:
        if seen.kind != "eks_access_entry" or not is_same(str(seen.properties.get("principal_arn")), caller):
            continue
        if (seen.properties.get("policies") or {}).get(ADMINISTRATOR) != CLUSTER:
            continue
        name, _slash, entry = seen.address.partition(".")[2].partition("/")
        cluster = clusters.get(name)
        if cluster is None or not (reason := _loss(cluster, entry, caller, may_go(seen.address))):
            continue
        found.append(
            f"{cluster.path}.access.{entry} {reason}, but {caller} administers the cluster through this entry. Give another principal "
            f"{ADMINISTRATOR}: cluster, and make this change as that principal."
        )
    return found


def _loss(cluster: Cluster, entry: str, caller: str, may_go: bool) -> str:
    """How the caller would lose the entry; empty if it stays, under whatever name."""
    same = entries_of(cluster, caller)
    if any(one.administers for one in same):
        return ""
    if same:
        return f"would no longer have {ADMINISTRATOR} for the whole cluster"
    if entry in cluster.access:
        return f"would be for {cluster.access[entry].principal_arn}" if may_go else ""
    return "would be removed" if may_go else ""
