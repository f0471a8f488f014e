# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Who may use a network's endpoints: by default, the principals of the account or the organization, plus requests without a principal.

Without a policy, anyone who gets into the network can send data through an endpoint to their own account, with that account's keys. A
policy cannot require one of our principals where AWS documents that requests have none:

- S3: ECR serves image layers through URLs that it signs itself (ECR User Guide, interface VPC endpoints); Kubernetes' own registry
  sends clients in AWS to public buckets for them (registry.k8s.io, buckets.go); packages of Amazon Linux are fetched without a signature
  (Amazon Linux User Guide, updating without internet access); Systems Manager's agent fetches from AWS's buckets (Systems Manager User
  Guide, SSM Agent communications with AWS managed S3 buckets).
- STS: a token of a service account or a user is exchanged for credentials without a signature (AssumeRoleWithWebIdentity, -WithSAML). The
  role must then be ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...aws.place import Place
from ...aws.policies import policy

Document = Mapping[str, Any]

LIMITED = frozenset(
    {
        *("s3", "dynamodb"),
        *("autoscaling", "ec2", "ecr.api", "ecr.dkr", "eks", "elasticloadbalancing", "events", "kms", "logs", "monitoring"),
        *("secretsmanager", "sns", "sqs", "ssm", "sts"),
    }
)
"""The services with a default policy: those that support endpoint policies and whose requests are signed, apart from the exceptions. Others
keep AWS's default, under which everyone may use the endpoint."""

LAYERS = ("prod-{region}-starport-layer-bucket", "prod-registry-k8s-io-{region}")
PACKAGES = ("al2023-repos-{region}-de612dc2", "amazonlinux-2-repos-{region}", "amazonlinux.{region}.amazonaws.com")
AGENT = (
    *("amazon-ssm-{region}", "amazon-ssm-packages-{region}", "aws-ssm-{region}", "aws-ssm-distributor-file-{region}"),
    *("aws-ssm-document-attachments-{region}", "aws-windows-downloads-{region}", "patch-baseline-snapshot-{region}"),
    "{region}-birdwatcher-prod",
)
EVERYTHING = policy({"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"})
"""AWS's own default policy."""
TOKENS = ("sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity")


def endpoint_policy(service: str, place: Place, organization_id: str = "", policies: Mapping[str, Document | None] | None = None) -> Any:
    """The policy of an endpoint; None if AWS's default applies. ``policies``: the user's policies by service, None for no limit."""
    if policies and service in policies:
        return policies[service] or EVERYTHING
    if service not in LIMITED:
        return None
    ours = {"aws:PrincipalOrgID": organization_id} if organization_id else {"aws:PrincipalAccount": place.account_id}
    return policy(allow("OwnPrincipals", "*", "*", ours), *exceptions(service, place, organization_id))


def exceptions(service: str, place: Place, organization_id: str) -> list[Document]:
    """What every caller is allowed to do."""
    if service == "s3":
        buckets = [name.format(region=place.region) for name in (*LAYERS, *PACKAGES, *AGENT)]
        return [allow("BucketsOfAws", "s3:GetObject", [f"arn:{place.partition}:s3:::{name}/*" for name in buckets])]
    if service == "sts":
        ours = {"aws:ResourceOrgID": organization_id} if organization_id else {"aws:ResourceAccount": place.account_id}
        return [allow("TokensForOwnRoles", list(TOKENS), "*", ours)]
    return []


def allow(sid: str, action: Any, resource: Any, condition: Mapping[str, str] | None = None) -> Document:
    statement = {"Sid": sid, "Effect": "Allow", "Principal": "*", "Action": action, "Resource": resource}
    return {**statement, "Condition": {"StringEquals": dict(condition)}} if condition else statement
