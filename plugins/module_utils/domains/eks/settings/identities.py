# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Who may log in to a cluster, and which AWS rights pods have: access entries, pod identities and roles for service accounts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from ....inputs.reader import Reader
from ....inputs.values import NAMESPACE, SERVICE_ACCOUNT, as_arn, as_namespace, as_text

CLUSTER = "cluster"
"""The scope of an access policy that applies to the whole cluster."""

ADMINISTRATOR = "AmazonEKSClusterAdminPolicy"
ACCESS_POLICIES = (
    ADMINISTRATOR,
    "AmazonEKSAdminPolicy",
    "AmazonEKSAdminViewPolicy",
    "AmazonEKSEditPolicy",
    "AmazonEKSViewPolicy",
    "AmazonEKSSecretReaderPolicy",
)
"""The access policies for people and their tools. AWS has others, for its own services."""

TYPES = ("STANDARD", "EC2_LINUX", "FARGATE_LINUX", "HYBRID_LINUX")
RESERVED = ("system:", "eks:", "aws:", "amazon:", "iam:")
"""Prefixes that names of groups and users must not have (CreateAccessEntry)."""

SERVICE_ACCOUNTS = re.compile(r"(?=.{1,253}$)[a-z0-9*?](?:[a-z0-9.*?-]*[a-z0-9*?])?")
ONE_ACCOUNT = (
    "it must be the name of the pods' service account, such as api: lower-case letters, digits, - and .; EKS Pod Identity takes no "
    "wildcards, which only irsa_roles do"
)
SOME_ACCOUNTS = "it must be the name of the pods' service account, such as api, or a pattern with * and ?, such as api-*"

PRINCIPAL = re.compile(r"arn:[a-z-]+:iam::\d{12}:(?:role|user)/\S+")

Scope: TypeAlias = "str | tuple[str, ...]"
"""``cluster``, or a list of namespaces."""


@dataclass(frozen=True)
class AccessEntry:
    """An IAM role or user that may log in, with EKS access policies, with groups for RBAC, or with both."""

    name: str
    path: str
    principal_arn: str
    policies: Mapping[str, Scope] = field(default_factory=dict)
    kubernetes_groups: tuple[str, ...] = ()
    username: str | None = None
    type: str = "STANDARD"
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def administers(self) -> bool:
        return self.policies.get(ADMINISTRATOR) == CLUSTER


@dataclass(frozen=True)
class PodRole:
    """The AWS rights of the pods of one service account."""

    name: str
    path: str
    namespace: str
    service_account: str
    policy: Mapping[str, Any] | None = None
    managed_policy_arns: tuple[str, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)


def read_access(reader: Reader) -> dict[str, AccessEntry]:
    return {name: read_access_entry(name, entry) for name, entry in reader.section("access").named("the name", 32)}


def read_access_entry(name: str, reader: Reader) -> AccessEntry:
    remedy = "it must be the ARN of an IAM role or user, such as arn:aws:iam::123456789012:role/deploy (no session, no group)"

    def group(value: Any) -> str | None:
        return str(value) if isinstance(value, str) and value and not value.startswith(RESERVED) else None

    reserved = f"it must be a name that does not begin with {', '.join(RESERVED)}"
    username = reader.take("username")
    if username is not None and group(username) is None:
        reader.problems.add(reader.at("username"), username, reserved)
        username = None
    entry = AccessEntry(
        name=name,
        path=reader.path,
        principal_arn=reader.required_text("principal_arn", remedy, PRINCIPAL),
        policies=read_policies(reader),
        kubernetes_groups=reader.items("kubernetes_groups", (), group, reserved),
        username=as_text(username),
        type=reader.choice("type", TYPES, "STANDARD"),
        tags=reader.tags("tags"),
    )
    if entry.type != "STANDARD" and (entry.policies or entry.kubernetes_groups or entry.username):
        reader.problems.add(reader.at("type"), entry.type, "such an entry takes neither policies nor kubernetes_groups nor username")
    elif entry.type == "STANDARD" and not entry.policies and not entry.kubernetes_groups:
        reader.problems.messages.append(f"{reader.path} grants no permissions: add policies, or kubernetes_groups bound in RBAC")
    reader.finish()
    return entry


def read_policies(reader: Reader) -> dict[str, Scope]:
    """Access policies by name, each for the whole cluster or for some namespaces."""
    path = reader.at("policies")
    found: dict[str, Scope] = {}
    for name, scope in reader.mapping("policies").items():
        if name not in ACCESS_POLICIES:
            reader.problems.add(path, name, f"it must be one of {', '.join(ACCESS_POLICIES)}")
        elif scope == CLUSTER:
            found[name] = CLUSTER
        elif isinstance(scope, list | tuple) and scope and all(as_namespace(str(one).replace("*", "x")) for one in scope):
            found[name] = tuple(sorted({str(one) for one in scope}))
        else:
            reader.problems.add(f"{path}.{name}", scope, "it must be cluster, or a list of namespaces, which may contain *")
    return found


def read_pod_identities(reader: Reader) -> dict[str, PodRole]:
    """An association names one service account: EKS Pod Identity knows no wildcards."""
    return _read_pod_roles(reader, "pod_identities", SERVICE_ACCOUNT, ONE_ACCOUNT)


def read_irsa_roles(reader: Reader) -> dict[str, PodRole]:
    """The trust of a role may match several service accounts of one namespace."""
    return _read_pod_roles(reader, "irsa_roles", SERVICE_ACCOUNTS, SOME_ACCOUNTS)


def _read_pod_roles(reader: Reader, key: str, accounts: re.Pattern[str], remedy: str) -> dict[str, PodRole]:
    return {name: read_pod_role(name, entry, accounts, remedy) for name, entry in reader.section(key).named("the name", 32)}


def read_pod_role(name: str, reader: Reader, accounts: re.Pattern[str], remedy: str) -> PodRole:
    found = PodRole(
        name=name,
        path=reader.path,
        namespace=reader.required_text("namespace", "it must be the namespace of the pods, such as web", NAMESPACE),
        service_account=reader.required_text("service_account", remedy, accounts),
        policy=reader.policy_document("policy"),
        managed_policy_arns=reader.items(
            "managed_policy_arns", (), as_arn, "it must be the ARN of a policy, such as arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
        ),
        tags=reader.tags("tags"),
    )
    if found.policy is None and not found.managed_policy_arns and "policy" not in reader.given:
        reader.problems.messages.append(f"{reader.path} grants no permissions: add policy or managed_policy_arns")
    reader.finish()
    return found
