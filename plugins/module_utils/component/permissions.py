# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""IAM permissions that every component needs besides those of its kinds: the run lock, quotas, the search for unclaimed resources."""

from __future__ import annotations

from ..aws.grants import GLOBAL, REGIONAL, Conditions, Grant, Permissions, Scope, arn, each, iam
from ..aws.operations import operations
from .lock_entries import ROOT

LOCK = arn("ssm", f"parameter{ROOT}{{environment}}/{{within}}*")
LOCK_FOLDERS = (arn("ssm", f"parameter{ROOT}{{environment}}"), arn("ssm", f"parameter{ROOT}{{environment}}/*"))
"""The lock folders of the whole environment: destroying it excludes every other run."""


def new(_scope: Scope) -> Conditions:
    """Only allow creating a lock entry, never overwriting one: that is what makes it a lock."""
    return {"StringNotEquals": {"ssm:Overwrite": "true"}}


COMMON = Permissions(
    reads={
        "ssm:GetParameter": (Grant((LOCK,)),),
        # IAM checks this against the path in the request, not against the parameters below it (Parameter Store, authorization of
        # retrieval).
        "ssm:GetParametersByPath": (Grant(LOCK_FOLDERS),),
        **each("servicequotas", "GetAWSDefaultServiceQuota GetServiceQuota ListServiceQuotas", REGIONAL),
        # An unclaimed resource can be of any kind, so these reads cover the whole environment.
        "tag:GetResources": (REGIONAL,),
        **each("iam", "ListOpenIDConnectProviders ListRoles", GLOBAL),
        "iam:GetOpenIDConnectProvider": (Grant((iam("oidc-provider/oidc.eks.*"),)),),
        "iam:ListRoleTags": (Grant((iam("role/mainstay/{environment}/*"),)),),
        **each("ec2", "DescribeNatGateways DescribeRegions", REGIONAL),
        "kms:DescribeKey": (Grant((arn("kms", "key/*"),)),),
        "secretsmanager:DescribeSecret": (Grant((arn("secretsmanager", "secret:/mainstay/{environment}/*"),)),),
    },
    writes={"ssm:DeleteParameter": (Grant((LOCK,)),), "ssm:PutParameter": (Grant((LOCK,), (new,)),)},
)
"""For every role of the collection."""

READS = (
    *operations("sts", "get_caller_identity"),
    *operations("service-quotas", "get_aws_default_service_quota get_service_quota list_service_quotas"),
    *operations("resourcegroupstaggingapi", "get_resources"),
    *operations("iam", "get_open_id_connect_provider list_open_id_connect_providers list_role_tags list_roles"),
    *operations("ec2", "describe_nat_gateways"),
    *operations("kms", "describe_key"),
    *operations("secretsmanager", "describe_secret"),
)
"""The operations of connect.py, quota_reads.py, unclaimed.py and remnants.py."""

FURTHER_REGIONS = operations("ec2", "describe_regions")
"""What regions.py calls if a component has further regions."""

EVERYWHERE = (
    *operations("service-quotas", "get_aws_default_service_quota get_service_quota list_service_quotas"),
    *operations("resourcegroupstaggingapi", "get_resources"),
    *operations("ec2", "describe_nat_gateways"),
    *operations("kms", "describe_key"),
    *operations("secretsmanager", "describe_secret"),
)
"""The operations of quota_reads.py, unclaimed.py and remnants.py in further regions."""

LOCKING = operations("ssm", "delete_parameter get_parameter get_parameters_by_path put_parameter")
"""The operations of lock.py, which only an apply calls."""
