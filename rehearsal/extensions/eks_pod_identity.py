"""Pod identity associations: the role of a service account's pods."""

from __future__ import annotations

import json
import secrets
import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from rehearsal.extensions.eks_common import cluster_of, page
from rehearsal.extensions.policies import statements, usable_roles
from rehearsal.registry import Call, answers
from rehearsal.replies import Refusal

SERVICE = "pods.eks.amazonaws.com"
NEEDED = {"sts:AssumeRole", "sts:TagSession"}
_ALPHABET = string.ascii_lowercase + string.digits


@dataclass
class Association:
    cluster_name: str
    namespace: str
    service_account: str
    role_arn: str
    identifier: str
    arn: str
    owner_arn: str | None = None
    more: dict[str, Any] = field(default_factory=dict)  # targetRoleArn, disableSessionTags, policy
    tags: dict[str, str] = field(default_factory=dict)
    created: datetime = field(default_factory=lambda: datetime.now(UTC))
    modified: datetime = field(default_factory=lambda: datetime.now(UTC))

    def summary(self) -> dict[str, Any]:
        shown = {
            "clusterName": self.cluster_name,
            "namespace": self.namespace,
            "serviceAccount": self.service_account,
            "associationArn": self.arn,
            "associationId": self.identifier,
        }
        return shown | ({"ownerArn": self.owner_arn} if self.owner_arn else {})

    def described(self) -> dict[str, Any]:
        dates = {"createdAt": self.created, "modifiedAt": self.modified}
        return self.summary() | dates | {"roleArn": self.role_arn, "tags": self.tags, "disableSessionTags": False} | self.more


def associations_of(cluster: Any) -> dict[str, Association]:
    """A cluster's associations, by ID."""
    found: dict[str, Association] = cluster.__dict__.setdefault("rehearsal_pod_identities", {})
    return found


def check_role(call: Call, arn: Any) -> None:
    """Rejects a role that does not exist or has not propagated, or that pods.eks.amazonaws.com may not assume with its session tags."""
    role = next((role for role in usable_roles(call) if role.arn == arn), None)
    if role is None:
        raise Refusal("InvalidParameterException", f"Role provided in the request does not exist: {arn}")
    if not trusts_pods(role.assume_role_policy_document):
        raise Refusal("InvalidParameterException", "Trust policy of the role provided is invalid")


def trusts_pods(document: Any) -> bool:
    """Whether a trust policy allows the service both of the actions it needs."""
    policy = json.loads(document) if isinstance(document, str) else document or {}
    allowed: set[str] = set()
    for statement in statements(policy):
        named = statement.get("Principal")
        services = _listed(named.get("Service")) if isinstance(named, Mapping) else []
        if statement.get("Effect") == "Allow" and SERVICE in services:
            allowed |= {action.lower() for action in _listed(statement.get("Action"))}
    return bool({"*", "sts:*"} & allowed) or {action.lower() for action in NEEDED} <= allowed


def _listed(value: Any) -> Sequence[str]:
    return [value] if isinstance(value, str) else list(value or [])


def associate(
    call: Call, cluster: Any, namespace: str, account: str, role_arn: str, *, owner: str | None = None, **more: Any
) -> Association:
    """Creates an association; a service account can have only one."""
    for other in associations_of(cluster).values():
        if (other.namespace, other.service_account) == (namespace, account):
            raise Refusal("ResourceInUseException", f"Association already exists: {other.identifier}", 409)
    check_role(call, role_arn)
    identifier = "a-" + "".join(secrets.choice(_ALPHABET) for _ in range(17))
    arn = f"arn:aws:eks:{call.region}:{call.account_id}:podidentityassociation/{cluster.name}/{identifier}"
    made = Association(cluster.name, namespace, account, role_arn, identifier, arn, owner, **more)
    associations_of(cluster)[identifier] = made
    return made


def _options(call: Call) -> dict[str, Any]:
    names = ("targetRoleArn", "disableSessionTags", "policy")
    return {name: call.get(name) for name in names if call.get(name) is not None}


def _cluster(call: Call) -> Any:
    cluster = cluster_of(call)
    if cluster.status in ("CREATING", "FAILED", "DELETING"):
        text = f"Cluster '{cluster.name}' is in status {cluster.status}; pod identity associations need one that is ACTIVE"
        raise Refusal("InvalidRequestException", text)
    return cluster


def _association(call: Call) -> Association:
    found = associations_of(cluster_of(call)).get(str(call.get("associationId")))
    if found is None:
        raise Refusal("ResourceNotFoundException", f"Association not found: {call.get('associationId')}", 404)
    return found


@answers("eks", "CreatePodIdentityAssociation")
def create(call: Call) -> Any:
    more, tags = _options(call), dict(call.get("tags") or {})
    made = associate(call, _cluster(call), call.get("namespace"), call.get("serviceAccount"), call.get("roleArn"), more=more, tags=tags)
    return {"association": made.described()}


@answers("eks", "DescribePodIdentityAssociation")
def describe(call: Call) -> Any:
    return {"association": _association(call).described()}


@answers("eks", "ListPodIdentityAssociations")
def list_associations(call: Call) -> Any:
    wanted = {"namespace": call.get("namespace"), "serviceAccount": call.get("serviceAccount")}
    shown = [association.summary() for association in associations_of(cluster_of(call)).values()]
    return page(call, "associations", [one for one in shown if all(value in (None, one[name]) for name, value in wanted.items())])


@answers("eks", "UpdatePodIdentityAssociation")
def update(call: Call) -> Any:
    association = _not_owned(call)
    if role := call.get("roleArn"):
        check_role(call, role)
        association.role_arn = role
    association.more |= _options(call)
    association.modified = datetime.now(UTC)
    return {"association": association.described()}


@answers("eks", "DeletePodIdentityAssociation")
def delete(call: Call) -> Any:
    association = _not_owned(call)
    del associations_of(cluster_of(call))[association.identifier]
    return {"association": association.described()}


def _not_owned(call: Call) -> Association:
    """Associations that belong to an add-on can be changed only through the add-on."""
    association = _association(call)
    if association.owner_arn:
        raise Refusal(
            "InvalidRequestException", f"Association {association.identifier} is owned by {association.owner_arn}; change it there"
        )
    return association
