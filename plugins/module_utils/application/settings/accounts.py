# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The service account of an application, and the AWS permissions of its pods. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ...inputs.kubernetes import SUBDOMAIN
from ...inputs.reader import Reader
from ...inputs.values import SERVICE_ACCOUNT, as_arn, matching
from .configuration import Secret
from .facts import Facts

IRSA, POD_IDENTITY, NONE = "irsa", "pod_identity", "none"


@dataclass(frozen=True)
class ServiceAccount:
    """``identity``: how pods get AWS credentials: from the role in the account's annotation, from an association of EKS, or not at all.
    ``given``: the settings describe it. ``pull_secrets``: the Secrets with which images are pulled from registries other than ECR.
    """

    name: str = ""
    identity: str = NONE
    role: str = ""
    create: bool = True
    given: bool = False
    pull_secrets: tuple[str, ...] = ()

    @property
    def uses_agent(self) -> bool:
        return self.identity == POD_IDENTITY


def read_account(parent: Reader, facts: Facts, secrets: Iterable[Secret]) -> ServiceAccount:
    given = parent.take("service_account")
    reader = Reader({"name": given} if isinstance(given, str) else given, parent.at("service_account"), parent.problems)
    fargate = facts.cluster.fargate
    name, role = reader.text("name", facts.kubernetes_name), reader.take("role")
    if not SERVICE_ACCOUNT.fullmatch(name):
        reader.problems.add(reader.at("name"), name, "it must be at most 253 lower-case letters, digits, '-' and '.'")
    if role is not None and as_arn(role) is None:
        reader.problems.add(reader.at("role"), role, "it must be the ARN of an IAM role")
    usual = NONE if given is None or (fargate and role is None) else IRSA if fargate else POD_IDENTITY
    identity = reader.choice("identity", (POD_IDENTITY, IRSA, NONE), usual)
    found = ServiceAccount(
        name=name,
        identity=identity,
        role=str(role or "") if identity == IRSA else "",
        create=reader.boolean("create", True),
        given=given is not None,
        pull_secrets=reader.items("pull_secrets", (), matching(SUBDOMAIN), "it must be the name of a Secret in the namespace"),
    )
    if identity == IRSA and role is None:
        reader.problems.missing(
            reader.at("role"), "give the ARN of the role that its pods assume, which must trust the cluster's OIDC provider"
        )
    if identity == POD_IDENTITY and fargate:
        reader.problems.add(
            reader.at("identity"), identity, "its agent is a DaemonSet, and Fargate runs none; use irsa with the ARN of a role"
        )
    elif identity != IRSA and role is not None:
        said = "say how pods assume it" if reader.given.get("identity") is None else "identity says that pods do not assume it themselves"
        reader.problems.add(
            reader.at("role"),
            role,
            f"{said}: identity must be irsa for the role of an annotation; with pod_identity, remove it here, because the association in "
            "eks_clusters names the role",
        )
    if identity == NONE and any(secret.is_mounted for secret in secrets):
        reader.problems.add(
            reader.at("identity"), identity, "secrets of the CSI driver are read with the pods' own permissions; use pod_identity or irsa"
        )
    reader.finish()
    return found
