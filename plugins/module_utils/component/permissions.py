# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What every component needs of IAM beside its kinds: the run lock, quotas, and the look for what no component claims."""

from __future__ import annotations

from ..aws.grants import GLOBAL, REGIONAL, Conditions, Grant, Permissions, Scope, arn, each, iam
from ..aws.operations import operations
from .lock_entries import ROOT

LOCK = arn("ssm", f"parameter{ROOT}{{environment}}/{{within}}*")
LOCK_FOLDERS = (arn("ssm", f"parameter{ROOT}{{environment}}"), arn("ssm", f"parameter{ROOT}{{environment}}/*"))
"""Those of the whole environment: destroying it excludes every other run."""


def new(_scope: Scope) -> Conditions:
    """An entry of the lock is never written over, which is what makes it a lock."""
    return {"StringNotEquals": {"ssm:Overwrite": "true"}}


COMMON = Permissions(
    reads={
        "ssm:GetParameter": (Grant((LOCK,)),),
        # Checked against the path in the request, not against what lies below it (Parameter Store, authorization of retrieval).
        "ssm:GetParametersByPath": (Grant(LOCK_FOLDERS),),
        **each("servicequotas", "GetAWSDefaultServiceQuota GetServiceQuota ListServiceQuotas", REGIONAL),
        # What no component claims can be anything, so these ask about all of the environment.
        "tag:GetResources": (REGIONAL,),
        **each("iam", "ListOpenIDConnectProviders ListRoles", GLOBAL),
        "iam:GetOpenIDConnectProvider": (Grant((iam("oidc-provider/oidc.eks.*"),)),),
        "iam:ListRoleTags": (Grant((iam("role/mainstay/{environment}/*"),)),),
        "ec2:DescribeNatGateways": (REGIONAL,),
        "kms:DescribeKey": (Grant((arn("kms", "key/*"),)),),
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
)
"""The operations of connect.py, quota_reads.py and unclaimed.py."""

LOCKING = operations("ssm", "delete_parameter get_parameter get_parameters_by_path put_parameter")
"""Those of lock.py, which only an apply makes."""
