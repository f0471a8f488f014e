"""Access to an EKS cluster: access entries and their access policies."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from rehearsal.extensions.eks_common import cluster_of, page
from rehearsal.extensions.sts import known_to_moto, role_arn
from rehearsal.kubernetes.login import ARN_OF_POLICIES, POLICIES, Grant, Principal, principal, username
from rehearsal.registry import Call, answers, backend
from rehearsal.replies import Refusal

MODES_WITH_ENTRIES = ("API", "API_AND_CONFIG_MAP")
ADMINISTRATOR = f"{ARN_OF_POLICIES}AmazonEKSClusterAdminPolicy"
READER = f"{ARN_OF_POLICIES}AmazonEKSAdminViewPolicy"
NODE_TYPES = {"EC2_LINUX", "EC2_WINDOWS", "FARGATE_LINUX", "HYBRID_LINUX", "HYPERPOD_LINUX", "EC2"}
TYPES = {"STANDARD"} | NODE_TYPES
_ENTITY = re.compile(r"^arn:[\w-]+:iam::(?P<account>\d{12}):(?P<kind>role|user)/(?P<path>.*/)?(?P<name>[^/]+)$")


@dataclass
class Association:
    """An access policy for a whole cluster or for some of its namespaces."""

    policy_arn: str
    scope: dict[str, Any]
    created: datetime
    modified: datetime

    def described(self) -> dict[str, Any]:
        return {"policyArn": self.policy_arn, "accessScope": self.scope, "associatedAt": self.created, "modifiedAt": self.modified}

    def grant(self) -> Grant:
        namespaces = tuple(self.scope.get("namespaces") or ()) if self.scope["type"] == "namespace" else None
        return Grant(self.policy_arn.removeprefix(ARN_OF_POLICIES), namespaces)


@dataclass
class Entry:
    principal_arn: str
    arn: str
    username: str
    kind: str = "STANDARD"
    groups: list[str] = field(default_factory=list)
    tags: dict[str, str] = field(default_factory=dict)
    created: datetime = field(default_factory=lambda: datetime.now(UTC))
    modified: datetime = field(default_factory=lambda: datetime.now(UTC))
    policies: dict[str, Association] = field(default_factory=dict)

    def described(self, cluster: Any) -> dict[str, Any]:
        return {
            "clusterName": cluster.name,
            "principalArn": self.principal_arn,
            "kubernetesGroups": self.groups,
            "accessEntryArn": self.arn,
            "createdAt": self.created,
            "modifiedAt": self.modified,
            "tags": self.tags,
            "username": self.username,
            "type": self.kind,
        }


def entries_of(cluster: Any) -> dict[str, Entry]:
    """A cluster's access entries, by the ARNs of their principals."""
    found: dict[str, Entry] = cluster.__dict__.setdefault("rehearsal_entries", {})
    return found


def configured_access(cluster: Any) -> dict[str, Any]:
    return dict(cluster.__dict__.get("rehearsal_access") or {})


# --- identities: also used by login ---


def caller(account_id: str, region: str, access_key_id: str | None, role: str) -> Principal:
    """The principal that owns one of the cloud's keys."""
    arn = known_to_moto(account_id, region, access_key_id) or role_arn(account_id, role)
    roles = backend("iam", account_id, region).roles.values()
    return principal(arn, lambda name: next((each.arn for each in roles if each.name == name), None))


def user_of(cluster: Any, who: Principal) -> dict[str, Any] | None:
    """The Kubernetes user that a principal maps to; None if the principal has no access."""
    extra = {"arn": [who.arn], "canonicalArn": [who.canonical], "sessionName": [who.session]}
    mode = configured_access(cluster)["authenticationMode"]
    entry = entries_of(cluster).get(who.canonical) if mode in MODES_WITH_ENTRIES else None
    if entry is not None:
        groups = entry.groups if entry.kind == "STANDARD" else ["system:bootstrappers", "system:nodes"]
        return {
            "username": username(entry.username, who),
            "uid": f"aws-iam-authenticator:{who.canonical}",
            "groups": groups,
            "extra": extra,
        }
    if mode not in MODES_WITH_ENTRIES and cluster.__dict__.get("rehearsal_creator") == who.canonical:
        return {"username": "kubernetes-admin", "uid": who.canonical, "groups": ["system:masters"], "extra": extra}
    return None


def grants_of(cluster: Any, canonical: str) -> list[Grant]:
    """What a principal's access policies grant."""
    entry = entries_of(cluster).get(canonical)
    return [association.grant() for association in entry.policies.values()] if entry else []


def admit_creator(call: Call, cluster: Any) -> None:
    """A cluster's creator becomes its administrator, unless the call says otherwise."""
    given = dict(call.get("accessConfig") or {})
    mode, bootstrap = given.get("authenticationMode", "CONFIG_MAP"), given.get("bootstrapClusterCreatorAdminPermissions", True)
    cluster.rehearsal_access = {"authenticationMode": mode, "bootstrapClusterCreatorAdminPermissions": bootstrap}
    if not bootstrap:
        return
    creator = caller(call.account_id, call.region, call.access_key_id, call.role)
    if mode in MODES_WITH_ENTRIES:
        entry = _new_entry(call, cluster, creator.canonical)
        _associate(entry, ADMINISTRATOR, {"type": "cluster", "namespaces": []})
    else:
        cluster.rehearsal_creator = creator.canonical


def admit_planner(call: Call, cluster: Any) -> None:
    """The rehearsal's plan role may read every cluster: the planning roles that an inventory names belong to the account."""
    if configured_access(cluster)["authenticationMode"] in MODES_WITH_ENTRIES:
        reader = role_arn(call.account_id, "plan")
        if reader not in entries_of(cluster):
            _associate(_new_entry(call, cluster, reader), READER, {"type": "cluster", "namespaces": []})


def admit_nodes(call: Call, cluster: Any, node_role: str, kind: str = "EC2_LINUX") -> None:
    """A managed node group creates an access entry for its nodes' role; a Fargate profile creates one for its pods' role (type
    FARGATE_LINUX).
    """
    if configured_access(cluster)["authenticationMode"] in MODES_WITH_ENTRIES and node_role not in entries_of(cluster):
        entry = _new_entry(call, cluster, node_role)
        name = "{{SessionName}}" if kind == "FARGATE_LINUX" else "{{EC2PrivateDNSName}}"
        entry.kind, entry.groups, entry.username = kind, ["system:nodes"], f"system:node:{name}"


# --- the operations ---


def _cluster_with_entries(call: Call) -> Any:
    cluster = cluster_of(call)
    if configured_access(cluster)["authenticationMode"] not in MODES_WITH_ENTRIES:
        raise Refusal(
            "InvalidRequestException",
            "The cluster's authentication mode must be set to one of [API, API_AND_CONFIG_MAP] to perform this operation.",
        )
    return cluster


def _entry(call: Call) -> Entry:
    cluster, arn = _cluster_with_entries(call), str(call.get("principalArn"))
    if arn not in entries_of(cluster):
        text = "The specified principalArn could not be found. You can view your available access entries with 'list-access-entries'."
        raise Refusal("ResourceNotFoundException", text, 404)
    return entries_of(cluster)[arn]


def _new_entry(call: Call, cluster: Any, principal_arn: str) -> Entry:
    match = _ENTITY.match(principal_arn)
    kind, name, account = (match["kind"], match["name"], match["account"]) if match else ("role", "unknown", call.account_id)
    arn = f"arn:aws:eks:{call.region}:{call.account_id}:access-entry/{cluster.name}/{kind}/{account}/{name}/{uuid.uuid4()}"
    default = principal_arn if kind == "user" else f"arn:aws:sts::{account}:assumed-role/{name}/{{{{SessionName}}}}"
    entry = entries_of(cluster)[principal_arn] = Entry(principal_arn, arn, default)
    return entry


@answers("eks", "CreateAccessEntry")
def create(call: Call) -> Any:
    cluster, arn, kind = _cluster_with_entries(call), str(call.get("principalArn")), call.get("type") or "STANDARD"
    if kind not in TYPES:
        raise Refusal("InvalidParameterException", f"The specified type {kind!r} is invalid")
    if not _exists(call, arn):
        raise Refusal("InvalidParameterException", "The specified principalArn is invalid: invalid principal")
    if arn in entries_of(cluster):
        raise Refusal("ResourceInUseException", "The specified access entry resource is already in use on this cluster.", 409)
    if kind != "STANDARD" and (call.get("kubernetesGroups") or call.get("username")):
        raise Refusal("InvalidParameterException", f"An access entry of type {kind} takes neither kubernetesGroups nor username")
    _check_names(call)
    entry = _new_entry(call, cluster, arn)
    entry.kind, entry.tags, entry.groups = kind, dict(call.get("tags") or {}), list(call.get("kubernetesGroups") or [])
    entry.username = call.get("username") or entry.username
    if kind in NODE_TYPES:
        entry.groups, entry.username = ["system:nodes"], "system:node:{{EC2PrivateDNSName}}"
    return {"accessEntry": entry.described(cluster)}


def _exists(call: Call, arn: str) -> bool:
    match = _ENTITY.match(arn)
    if match is None:
        return False
    iam = backend("iam", call.account_id, call.region)
    known = {each.arn for each in (*iam.roles.values(), *iam.users.values())} | {
        role_arn(call.account_id, role) for role in ("apply", "plan")
    }
    return match["account"] != call.account_id or arn in known


def _check_names(call: Call) -> None:
    reserved = ("system:", "eks:", "aws:", "amazon:", "iam:")
    for name in [*(call.get("kubernetesGroups") or []), *([call.get("username")] if call.get("username") else [])]:
        if name.startswith(reserved):
            raise Refusal("InvalidParameterException", f"The name {name} begins with one of {', '.join(reserved)}, which are reserved")


@answers("eks", "DescribeAccessEntry")
def describe(call: Call) -> Any:
    return {"accessEntry": _entry(call).described(cluster_of(call))}


@answers("eks", "ListAccessEntries")
def list_entries(call: Call) -> Any:
    cluster, policy = _cluster_with_entries(call), call.get("associatedPolicyArn")
    return page(call, "accessEntries", [arn for arn, entry in entries_of(cluster).items() if policy is None or policy in entry.policies])


@answers("eks", "UpdateAccessEntry")
def update(call: Call) -> Any:
    entry = _entry(call)
    _check_names(call)
    if call.get("kubernetesGroups") is not None:
        entry.groups = list(call.get("kubernetesGroups"))
    if call.get("username"):
        entry.username = call.get("username")
    entry.modified = datetime.now(UTC)
    return {"accessEntry": entry.described(cluster_of(call))}


@answers("eks", "DeleteAccessEntry")
def delete(call: Call) -> Any:
    entry = _entry(call)
    del entries_of(cluster_of(call))[entry.principal_arn]
    return {}


@answers("eks", "AssociateAccessPolicy")
def associate(call: Call) -> Any:
    entry, policy, scope = _entry(call), str(call.get("policyArn")), dict(call.get("accessScope") or {})
    if policy.removeprefix(ARN_OF_POLICIES) not in POLICIES:
        raise Refusal(
            "ResourceNotFoundException", f"The policyArn {policy} does not exist. 'list-access-policies' shows those that do.", 404
        )
    if entry.kind != "STANDARD":
        raise Refusal("InvalidRequestException", f"An access entry of type {entry.kind} takes no access policies")
    if scope.get("type") not in ("cluster", "namespace"):
        raise Refusal("InvalidParameterException", "The access scope must be of type cluster or namespace")
    if (scope["type"] == "namespace") != bool(scope.get("namespaces")):
        raise Refusal("InvalidParameterException", "The access scope needs namespaces if its type is namespace, and only then")
    found = _associate(entry, policy, {"type": scope["type"], "namespaces": list(scope.get("namespaces") or [])})
    return {"clusterName": call.get("clusterName"), "principalArn": entry.principal_arn, "associatedAccessPolicy": found.described()}


def _associate(entry: Entry, policy: str, scope: dict[str, Any]) -> Association:
    now = datetime.now(UTC)
    created = entry.policies[policy].created if policy in entry.policies else now
    association = entry.policies[policy] = Association(policy, scope, created, now)
    return association


@answers("eks", "DisassociateAccessPolicy")
def disassociate(call: Call) -> Any:
    entry, policy = _entry(call), str(call.get("policyArn"))
    if policy not in entry.policies:
        raise Refusal("ResourceNotFoundException", f"The access entry has no associated policy {policy}", 404)
    del entry.policies[policy]
    return {}


@answers("eks", "ListAssociatedAccessPolicies")
def list_associated(call: Call) -> Any:
    entry = _entry(call)
    policies = [association.described() for association in entry.policies.values()]
    whose = {"clusterName": call.get("clusterName"), "principalArn": entry.principal_arn}
    return whose | page(call, "associatedAccessPolicies", policies)


@answers("eks", "ListAccessPolicies")
def list_policies(call: Call) -> Any:
    return page(call, "accessPolicies", [{"name": name, "arn": f"{ARN_OF_POLICIES}{name}"} for name in sorted(POLICIES)])
