# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""From actions to the statements of a policy, for one environment in one account."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ..aws.owner import TAG_PREFIX
from ..component.lock_entries import ROOT as LOCKS
from .actions import FLOW_LOG_SERVICE, NAT_SERVICE, READS, TOGETHER, WRITES
from .grants import Grant

Statement = dict[str, Any]

EKS_SERVICES = ("ec2.amazonaws.com", "eks-fargate-pods.amazonaws.com", "eks.amazonaws.com", "pods.eks.amazonaws.com")
"""To whom the roles of a cluster, its nodes, its Fargate profiles and its pods are handed over."""
EKS_LINKED = ("eks-fargate.amazonaws.com", "eks-nodegroup.amazonaws.com", "eks.amazonaws.com")
"""Whose service-linked roles the first cluster, node group and Fargate profile of an account make (EKS User Guide)."""


@dataclass(frozen=True)
class Scope:
    """Whose resources a policy is about.

    Without a component it is about all of the environment's. With ``boundary``, the ARN of a policy, no role gets rights without it.
    ``attachable``: ARNs of the managed policies that roles may be given.
    """

    environment: str
    account_id: str
    region: str
    partition: str = "aws"
    component: str | None = None
    boundary: str | None = None
    attachable: tuple[str, ...] = ()

    @property
    def mark(self) -> dict[str, str]:
        """The owner tags that everything of theirs carries."""
        component = {f"{TAG_PREFIX}component": self.component} if self.component else {}
        return {f"{TAG_PREFIX}environment": self.environment, **component}

    @property
    def path(self) -> str:
        return f"/mainstay/{self.environment}/" + (f"{self.component}/" if self.component else "")

    def arn(self, service: str, rest: str, region: str | None = None) -> str:
        return f"arn:{self.partition}:{service}:{self.region if region is None else region}:{self.account_id}:{rest}"


def resource(scope: Scope, name: str) -> str:
    """The pattern behind a name in the tables; ``ec2:<type>`` and ``eks:<type>`` are every resource of that type in the region."""
    service, colon, kind = name.partition(":")
    if colon:
        return scope.arn(service, f"{kind}/*")
    named: Mapping[str, str] = {
        "*": "*",
        "role": scope.arn("iam", f"role{scope.path}*", region=""),
        # a role that is not there has no path: AWS is asked about the name alone
        "role_name": scope.arn("iam", f"role/{scope.environment}.{scope.component or '*'}.*", region=""),
        "nat_role": scope.arn("iam", f"role/aws-service-role/{NAT_SERVICE}/*", region=""),
        "eks_roles": scope.arn("iam", "role/aws-service-role/eks*", region=""),
        "log_group": scope.arn("logs", f"log-group:{scope.path}*"),
        "eks_log_group": scope.arn("logs", "log-group:/aws/eks/*"),
        "node_groups": scope.arn("autoscaling", "autoScalingGroup:*:autoScalingGroupName/eks-*"),
        "oidc_provider": scope.arn("iam", "oidc-provider/oidc.eks.*", region=""),
        "ec2_images": f"arn:{scope.partition}:ec2:{scope.region}::image/*",
        "key": scope.arn("kms", "key/*"),
        "alias": scope.arn("kms", f"alias{scope.path}*"),
        "lock": scope.arn("ssm", f"parameter{LOCKS}{scope.environment}/" + (f"{scope.component}/*" if scope.component else "*")),
        "lock_folder": scope.arn("ssm", f"parameter{LOCKS}{scope.environment}"),
        "lock_folders": scope.arn("ssm", f"parameter{LOCKS}{scope.environment}/*"),
        "hosted_zone": f"arn:{scope.partition}:route53:::hostedzone/*",
    }
    return named[name]


Condition = dict[str, dict[str, Any]]


def _tags(kind: str, scope: Scope) -> dict[str, Any]:
    return {f"aws:{kind}/{key}": value for key, value in scope.mark.items()}


def condition(scope: Scope, name: str, created_by: Iterable[str]) -> Condition:
    """The condition behind a name in the tables; ``created_by`` are the operations that may tag what they make."""
    named: Mapping[str, Callable[[], Condition]] = {
        "region": lambda: {"StringEquals": {"aws:RequestedRegion": scope.region}},
        "request_marked": lambda: {"StringEquals": _tags("RequestTag", scope)},
        "marked": lambda: {"StringEquals": _tags("ResourceTag", scope)},
        "keeps_mark": lambda: {"StringEqualsIfExists": _tags("RequestTag", scope)},
        "not_others": lambda: {"StringEqualsIfExists": _tags("ResourceTag", scope)},
        "unmarked": lambda: {"Null": {f"aws:ResourceTag/{TAG_PREFIX}environment": "true"}},
        "default_group": lambda: {"StringLike": {f"aws:RequestTag/{TAG_PREFIX}address": "default_security_group.*"}},
        "created": lambda: {"StringEquals": {"ec2:CreateAction": sorted(created_by)}},
        "boundary": lambda: {"StringEquals": {"iam:PermissionsBoundary": scope.boundary}} if scope.boundary else {},
        "new": lambda: {"StringNotEquals": {"ssm:Overwrite": "true"}},
        "attachable": lambda: {"ArnEquals": {"iam:PolicyARN": sorted(scope.attachable)}},
        "flow_log_service": lambda: {"StringEquals": {"iam:PassedToService": FLOW_LOG_SERVICE}},
        "nat_service": lambda: {"StringEquals": {"iam:AWSServiceName": NAT_SERVICE}},
        "eks_services": lambda: {"StringEquals": {"iam:PassedToService": list(EKS_SERVICES)}},
        "eks_linked": lambda: {"StringEquals": {"iam:AWSServiceName": list(EKS_LINKED)}},
        "from_template": lambda: {"ArnLike": {"ec2:LaunchTemplate": scope.arn("ec2", "launch-template/*")}},
        "of_controller": lambda: {"Null": {"aws:ResourceTag/elbv2.k8s.aws/cluster": "false"}},
        "of_service": lambda: {"Null": {"aws:ResourceTag/kubernetes.io/service-name": "false"}},
        "of_eks": lambda: {"Null": {"aws:ResourceTag/aws:eks:cluster-name": "false"}},
        "of_cni": lambda: {"Null": {"aws:ResourceTag/cluster.k8s.amazonaws.com/name": "false"}},
    }
    return named[name]()


def conditions(scope: Scope, names: Iterable[str], created_by: Iterable[str]) -> Condition:
    """Several conditions, all of which must hold."""
    found: Condition = {}
    for name in names:
        for operator, keys in condition(scope, name, created_by).items():
            found[operator] = {**found.get(operator, {}), **keys}
    return found


def allowed(scope: Scope, action: str) -> bool:
    """Whether an action is granted at all in this scope."""
    if action == "iam:AttachRolePolicy":
        return bool(scope.attachable)
    if action == "iam:PutRolePermissionsBoundary":
        return scope.boundary is not None
    # with a boundary that must be there, nobody may take it off
    return not (action == "iam:DeleteRolePermissionsBoundary" and scope.boundary)


def statements(scope: Scope, actions: Iterable[str], granted: Iterable[str] = ()) -> list[Statement]:
    """The statements that grant these actions and nothing else: one for each way of confining, in one order.

    ``granted``: what the same role may do by other statements.
    """
    wanted = sorted({action for action in actions if allowed(scope, action)})
    created_by = [action.partition(":")[2] for action in wanted if "ec2:CreateTags" in TOGETHER.get(action, ())]
    together = {*wanted, *granted}
    groups: dict[Grant, list[str]] = {}
    for action in wanted:
        for grant in WRITES.get(action) or READS[action]:
            if not grant.beside or together & set(grant.beside):
                groups.setdefault(grant, []).append(action)
    return [_statement(scope, grant, members, created_by) for grant, members in groups.items()]


def _statement(scope: Scope, grant: Grant, actions: list[str], created_by: list[str]) -> Statement:
    resources = [resource(scope, name) for name in grant.resources]
    statement: Statement = {"Effect": "Allow", "Action": actions, "Resource": resources[0] if len(resources) == 1 else resources}
    if under := conditions(scope, grant.conditions, created_by):
        statement["Condition"] = under
    return statement
