"""Token authentication and access policy decisions for a cloud's API servers, from the state of the emulated AWS."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rehearsal.accounts import account_of, backend_at
from rehearsal.cloud_state import CloudState
from rehearsal.kubernetes.fleet import fleet
from rehearsal.kubernetes.webhooks import Door
from rehearsal.traffic import cloud as load_balancers


def opener(state: CloudState, hosts: Collection[str]) -> Callable[[Path], Door]:
    """Returns the function that creates this cloud's webhook server. `hosts` are the addresses of its STS."""

    def authenticate(arn: str, spec: dict[str, Any]) -> dict[str, Any]:
        with state.lock:
            return _authenticate(state, {*hosts, *state.settings.sts_hosts}, arn, spec.get("token", ""))

    def authorize(arn: str, spec: dict[str, Any]) -> dict[str, Any]:
        with state.lock:
            return _authorize(arn, spec)

    def admit(arn: str, request: dict[str, Any]) -> dict[str, Any]:
        """Does not take the call lock: a call may be waiting for this very pod."""
        from rehearsal.extensions.ecr import is_there
        from rehearsal.extensions.eks_fargate_life import active_profiles
        from rehearsal.kubernetes import fargate, images

        response = fargate.admitted(request, active_profiles(_cluster(arn)))
        return images.admitted(request, response, account_of(arn), is_there)

    def gate(arn: str, request: dict[str, Any]) -> dict[str, Any]:
        from rehearsal.kubernetes import gates

        labels = ((request.get("object") or {}).get("metadata") or {}).get("labels") or {}
        return gates.injected(request, load_balancers.gates(arn, str(request.get("namespace")), labels))

    return lambda directory: Door(directory, authenticate, authorize, admit, gate)


def _authenticate(state: CloudState, hosts: Collection[str], arn: str, token: str) -> dict[str, Any]:
    from rehearsal.extensions.eks_access import caller, user_of
    from rehearsal.kubernetes.login import LoginError, key_of
    from rehearsal.signatures import BadSignature

    cluster = _cluster(arn)
    if cluster is None:
        return _refused(arn, "there is no such cluster")
    try:
        key = key_of(token, cluster.name, hosts, state.identities.credentials, datetime.now(UTC))
    except (LoginError, BadSignature) as error:
        return _refused(arn, str(error))
    holder = state.identities.holder(key.access_key_id)
    account_id = (holder.account_id if holder else "") or state.account_id
    who = caller(account_id, _region(arn), key.access_key_id, str(holder.role if holder else None))
    user = user_of(cluster, who)
    if user is None:
        return _refused(arn, f"no access entry of the cluster lets in {who.canonical}")
    return {"authenticated": True, "user": user}


def _authorize(arn: str, spec: dict[str, Any]) -> dict[str, Any]:
    """Called only for what RBAC does not allow. The request includes the caller's role or user, from authentication."""
    from rehearsal.extensions.eks_access import grants_of
    from rehearsal.kubernetes.login import allows

    cluster, member = _cluster(arn), fleet.member(arn)
    canonical = next((values for name, values in (spec.get("extra") or {}).items() if name.lower() == "canonicalarn"), None)
    if cluster is None or member is None or not canonical:
        return {"allowed": False}
    policy = allows(grants_of(cluster, canonical[0]), member.rules, spec)
    return {"allowed": policy is not None, "reason": f"EKS access policy {policy}" if policy else "no EKS access policy allows it"}


def _cluster(arn: str) -> Any:
    return backend_at("eks", arn).clusters.get(arn.rsplit("/", 1)[1])


def _region(arn: str) -> str:
    return arn.split(":")[3]


def _refused(arn: str, reason: str) -> dict[str, Any]:
    """The client sees only 401; the reason is in the cloud's log."""
    print(f"login to {arn} refused: {reason}", file=sys.stderr, flush=True)
    return {"authenticated": False, "error": reason}
