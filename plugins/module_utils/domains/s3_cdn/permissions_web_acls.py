# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""How narrowly the IAM permissions for web ACLs can be scoped (Service Authorization Reference, AWS WAF V2).

What is for CloudFront is in us-east-1, whatever the component's region.
"""

from __future__ import annotations

from ...aws.grants import Conditions, Grant, Permissions, Scope, arn, each, keeps_mark, marked, not_others, request_marked
from .kinds.waf_kind import GLOBAL_REGION
from .settings.web_acls import LOG_PREFIX


def _both(*parts: str) -> tuple[str, ...]:
    """In the component's region, and for CloudFront."""
    regional = tuple(arn("wafv2", f"regional/{part}/*") for part in parts)
    return (*regional, *(arn("wafv2", f"global/{part}/*", region=GLOBAL_REGION) for part in parts))


def near(scope: Scope) -> Conditions:
    """In the component's regions, or in that of CloudFront."""
    return {"StringEquals": {"aws:RequestedRegion": list(dict.fromkeys((*scope.regions, GLOBAL_REGION)))}}


NEAR = Grant(("*",), (near,))
EVERY = Grant(_both("ipset", "webacl"))
OWN = Grant(EVERY.resources, (marked,))
NEW = Grant(EVERY.resources, (request_marked,))
MANAGED = Grant(_both("managedruleset"))
GROUP = f"log-group:{LOG_PREFIX}{{environment}}-{{component}}-*"
LOGS = Grant((arn("logs", GROUP), arn("logs", GROUP, region=GLOBAL_REGION)))
GROUP_ACTIONS = "AssociateKmsKey DeleteLogGroup DeleteRetentionPolicy DisassociateKmsKey PutRetentionPolicy TagResource UntagResource"

WEB_ACLS = Permissions(
    reads={
        **each("wafv2", "ListIPSets ListWebACLs", NEAR),
        # The holder of a wanted name is read to find its owner.
        **each("wafv2", "GetIPSet GetLoggingConfiguration GetWebACL ListTagsForResource", EVERY),
        "wafv2:DescribeManagedRuleGroup": (MANAGED,),
        "logs:DescribeLogGroups": (NEAR,),
        "logs:ListTagsForResource": (LOGS,),
    },
    writes={
        "wafv2:CreateIPSet": (NEW,),
        # Also checked on the managed rule groups and the IP sets that the rules refer to.
        "wafv2:CreateWebACL": (NEW, OWN, MANAGED),
        "wafv2:UpdateWebACL": (OWN, MANAGED),
        **each("wafv2", "DeleteIPSet DeleteLoggingConfiguration DeleteWebACL PutLoggingConfiguration UntagResource UpdateIPSet", OWN),
        "wafv2:TagResource": (Grant(EVERY.resources, (marked, keeps_mark)), Grant(EVERY.resources, (request_marked, not_others))),
        "logs:CreateLogGroup": (Grant(LOGS.resources, (request_marked,)),),
        **each("logs", GROUP_ACTIONS, LOGS),
        **each("logs", "CreateLogDelivery DescribeResourcePolicies PutResourcePolicy", NEAR),
    },
    together={
        "logs:CreateLogGroup": ("logs:TagResource",),
        "wafv2:CreateIPSet": ("wafv2:TagResource",),
        "wafv2:CreateWebACL": ("wafv2:TagResource",),
        # WAF sets up the delivery, and admits itself to the log group. "Sending web ACL traffic logs to a CloudWatch Logs log group",
        # AWS WAF Developer Guide.
        "wafv2:PutLoggingConfiguration": ("logs:CreateLogDelivery", "logs:PutResourcePolicy", "logs:DescribeResourcePolicies"),
    },
)
