"""Shared code of the EKS files: lookups of clusters, roles, and keys, asynchronous updates, and calls of moto's backend."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from rehearsal import transitions
from rehearsal.extensions.policies import allows_service, usable_roles
from rehearsal.kubernetes.fleet import Member, fleet
from rehearsal.registry import Call, backend
from rehearsal.replies import Refusal

PAGE = 100
ADDRESSES_OF_AWS = 5
"""The first four of a subnet, and the last."""


@dataclass
class Update:
    """An asynchronous change of a cluster, node group, or add-on. It ends once its time has passed, the control plane has followed, and it
    is no longer `pending`. It has failed if `failure` is set by then: errors in the shape of `DescribeUpdate`.
    """

    kind: str
    params: list[dict[str, str]]
    ready_at: float
    nodegroup: str | None = None
    addon: str | None = None
    apply: Callable[[], None] = lambda: None
    pending: Callable[[], bool] = lambda: False
    failure: Callable[[], list[dict[str, Any]]] = list
    identifier: str = field(default_factory=lambda: str(uuid.uuid4()))
    created: datetime = field(default_factory=lambda: datetime.now(UTC))
    status: str = "InProgress"
    errors: list[dict[str, Any]] = field(default_factory=list)

    def described(self) -> dict[str, Any]:
        return {
            "id": self.identifier,
            "status": self.status,
            "type": self.kind,
            "params": self.params,
            "createdAt": self.created,
            "errors": self.errors,
        }


def cluster_of(call: Call, name: str | None = None) -> Any:
    """The cluster that a call names."""
    wanted = name or call.get("clusterName") or call.get("name")
    cluster = call.backend.clusters.get(wanted)
    if cluster is None:
        raise Refusal("ResourceNotFoundException", f"No cluster found for name: {wanted}.", 404)
    return cluster


def nodegroup_of(call: Call) -> Any:
    cluster, name = cluster_of(call), call.get("nodegroupName")
    if name not in cluster.nodegroups:
        raise Refusal("ResourceNotFoundException", f"No node group found for name: {name}.", 404)
    return cluster.nodegroups[name]


def subnets_by_id(call: Call) -> dict[str, Any]:
    zones = backend("ec2", call.account_id, call.region).subnets.values()
    return {identity: subnet for zone in zones for identity, subnet in zone.items()}


def free_addresses(call: Call, subnet: Any) -> int:
    """The number of free addresses in a subnet."""
    interfaces = backend("ec2", call.account_id, call.region).enis.values()
    taken = sum(len(interface.private_ip_addresses) for interface in interfaces if interface.subnet.id == subnet.id)
    return int(subnet.cidr.num_addresses) - ADDRESSES_OF_AWS - taken


def member_of(cluster: Any) -> Member | None:
    """A cluster's control plane; None if the cluster exists in the EKS API only."""
    return fleet.member(cluster.arn)


def plays(cluster: Any) -> bool:
    """Whether a control plane simulates the cluster's nodes; a failed one no longer does."""
    member = member_of(cluster)
    return member is not None and member.phase not in ("failed", "stopped")


def updates_of(cluster: Any) -> list[Update]:
    found: list[Update] = cluster.__dict__.setdefault("rehearsal_updates", [])
    return found


def begin_update(cluster: Any, kind: str, params: dict[str, Any], seconds_of: str, **options: Any) -> Update:
    """Starts an update that takes as long as transitions of this kind of resource. It fails if the settings say so."""
    listed = [{"type": name, "value": value if isinstance(value, str) else json.dumps(value)} for name, value in params.items()]
    update = Update(kind, listed, time.monotonic() + transitions.delays.seconds_for(seconds_of), **options)
    if errors := transitions.delays.errors_of(kind):
        update.failure = lambda: errors
    updates_of(cluster).append(update)
    return update


def finish_updates(cluster: Any) -> None:
    """Completes the updates whose time has passed and which the control plane has carried out."""
    member = member_of(cluster)
    for update in updates_of(cluster):
        if update.status != "InProgress" or time.monotonic() < update.ready_at or (member and member.busy) or update.pending():
            continue
        if member and member.phase == "failed":
            update.status = "Failed"
            update.errors = [{"errorCode": "Unknown", "errorMessage": member.error, "resourceIds": [cluster.name]}]
        elif errors := update.failure():
            update.status, update.errors = "Failed", errors
        else:
            update.apply()
            update.status = "Successful"


def in_progress(cluster: Any, nodegroup: str | None = None, addon: str | None = None) -> Update | None:
    """The update in progress, of the cluster itself, of a node group, or of an add-on."""
    wanted = ("InProgress", nodegroup, addon)
    return next((each for each in updates_of(cluster) if (each.status, each.nodegroup, each.addon) == wanted), None)


def at_rest(call: Call, change: str) -> Any:
    """The cluster, for a call that requires that the cluster itself has no update in progress."""
    cluster = cluster_of(call)
    if update := in_progress(cluster):
        text = f"Cannot {change} because cluster {cluster.name} currently has update {update.identifier} in progress"
        raise Refusal("ResourceInUseException", text, 409)
    if cluster.status not in ("ACTIVE", "UPDATING"):
        text = f"Cannot {change} because cluster {cluster.name} is in status {cluster.status}, which must be ACTIVE"
        raise Refusal("ResourceInUseException", text, 409)
    return cluster


def role_that_trusts(call: Call, arn: Any, service: str) -> Any:
    """The role with this ARN, if it has propagated to EKS and its trust policy names the service; None otherwise."""
    role = next((role for role in usable_roles(call) if role.arn == arn), None)
    return role if role is not None and allows_service(role.assume_role_policy_document, service) else None


def page(call: Call, member: str, items: list[Any]) -> dict[str, Any]:
    """One page of a list, of the requested size but at most 100, with the token of the next page."""
    begin, size = int(call.get("nextToken") or 0), int(call.get("maxResults") or PAGE)
    end = begin + size
    return {member: items[begin:end]} | ({"nextToken": str(end)} if end < len(items) else {})


def carried_out[T](function: Callable[[], T]) -> T:
    """The result of one of moto's functions; its errors carry a status in place of a code."""
    from moto.eks.exceptions import EKSError

    try:
        return function()
    except EKSError as error:
        text = json.loads(error.description).get("message") or str(error)
        raise Refusal(error.TYPE, text, error.STATUS) from error
