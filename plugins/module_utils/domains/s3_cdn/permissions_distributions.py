# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""How narrowly the IAM permissions for distributions can be scoped (Service Authorization Reference, Amazon CloudFront).

Access controls and policies have no tags, and their IDs are not known beforehand. Functions are named.
"""

from __future__ import annotations

from ...aws.grants import (
    GLOBAL,
    REGIONAL,
    Conditions,
    Grant,
    Permissions,
    Scope,
    arn,
    each,
    keeps_mark,
    marked,
    not_others,
    request_marked,
)

ANY_DISTRIBUTION = arn("cloudfront", "distribution/*", region="")
FUNCTION = arn("cloudfront", "function/{environment}-{component}-*", region="")
UNTAGGED = Grant(
    tuple(
        arn("cloudfront", f"{kind}/*", region="")
        for kind in ("origin-access-control", "cache-policy", "origin-request-policy", "response-headers-policy")
    )
)
OWN = Grant((ANY_DISTRIBUTION,), (marked,))
FUNCTIONS = Grant((FUNCTION,))
VPC_ORIGIN = arn("cloudfront", "vpcorigin/*", region="")
CERTIFICATES = Grant((arn("acm", "certificate/*", region="us-east-1"),))
ZONES = arn("route53", "hostedzone/*", region="", account_id="")
RECORD_TYPES = "route53:ChangeResourceRecordSetsRecordTypes"


def addresses_and_register(_scope: Scope) -> Conditions:
    """Only records that lead to addresses, and the register of ours. Without the second condition, a call without the key would meet the
    first one.
    """
    return {"ForAllValues:StringEquals": {RECORD_TYPES: ["A", "AAAA", "TXT"]}, "Null": {RECORD_TYPES: "false"}}


DELIVERIES = tuple(arn("logs", f"{kind}:*", region="us-east-1") for kind in ("delivery", "delivery-destination", "delivery-source"))

DISTRIBUTIONS = Permissions(
    reads={
        **each(
            "cloudfront",
            "ListCachePolicies ListDistributions ListFunctions ListOriginAccessControls ListOriginRequestPolicies "
            "ListResponseHeadersPolicies ListVpcOrigins",
            GLOBAL,
        ),
        # The holder of an alias is read to find its owner.
        **each("cloudfront", "GetDistribution GetDistributionConfig", Grant((ANY_DISTRIBUTION,))),
        **each("cloudfront", "DescribeFunction GetFunction", FUNCTIONS),
        "cloudfront:GetVpcOrigin": (Grant((VPC_ORIGIN,)),),
        "cloudfront:ListTagsForResource": (Grant((ANY_DISTRIBUTION, FUNCTION, VPC_ORIGIN)),),
        **each(
            "cloudfront",
            "GetCachePolicyConfig GetOriginAccessControlConfig GetOriginRequestPolicyConfig GetResponseHeadersPolicyConfig",
            UNTAGGED,
        ),
        **each("logs", "GetDelivery GetDeliveryDestination GetDeliverySource ListTagsForResource", Grant(DELIVERIES)),
        "route53:ListHostedZones": (GLOBAL,),
        "route53:ListResourceRecordSets": (Grant((ZONES,)),),
        "acm:DescribeCertificate": (CERTIFICATES,),
        "pricingplanmanager:ListSubscriptions": (GLOBAL,),
        "tag:GetResources": (REGIONAL,),
    },
    writes={
        "cloudfront:CreateDistribution": (Grant((ANY_DISTRIBUTION,), (request_marked,)),),
        **each("cloudfront", "AssociateAlias DeleteDistribution UpdateDistribution", OWN),
        **each("cloudfront", "CreateFunction DeleteFunction PublishFunction UpdateFunction", FUNCTIONS),
        "cloudfront:CreateVpcOrigin": (Grant((VPC_ORIGIN,), (request_marked,)),),
        "cloudfront:DeleteVpcOrigin": (Grant((VPC_ORIGIN,), (marked,)),),
        "cloudfront:TagResource": (
            Grant((ANY_DISTRIBUTION, VPC_ORIGIN), (marked, keeps_mark)),
            Grant((ANY_DISTRIBUTION, FUNCTION, VPC_ORIGIN), (request_marked, not_others)),
            Grant((FUNCTION,), (keeps_mark,)),
        ),
        "cloudfront:UntagResource": (Grant((ANY_DISTRIBUTION, VPC_ORIGIN), (marked,)), FUNCTIONS),
        "route53:ChangeResourceRecordSets": (Grant((ZONES,), (addresses_and_register,)),),
        **each("logs", "CreateDelivery PutDeliveryDestination PutDeliverySource", Grant(DELIVERIES, (request_marked,))),
        **each(
            "logs",
            "DeleteDelivery DeleteDeliveryDestination DeleteDeliverySource UpdateDeliveryConfiguration",
            Grant(DELIVERIES, (marked,)),
        ),
        "logs:TagResource": (Grant(DELIVERIES, (marked, keeps_mark)), Grant(DELIVERIES, (request_marked, not_others))),
        "logs:UntagResource": (Grant(DELIVERIES, (marked,)),),
        "cloudfront:AllowVendedLogDeliveryForResource": (OWN,),
        **each(
            "cloudfront",
            "CreateCachePolicy CreateOriginAccessControl CreateOriginRequestPolicy CreateResponseHeadersPolicy DeleteCachePolicy "
            "DeleteOriginAccessControl DeleteOriginRequestPolicy DeleteResponseHeadersPolicy UpdateCachePolicy UpdateOriginAccessControl "
            "UpdateOriginRequestPolicy UpdateResponseHeadersPolicy",
            UNTAGGED,
        ),
    },
    together={
        # Tags in a create call are checked as an action of their own.
        "cloudfront:CreateDistribution": ("cloudfront:TagResource",),
        "cloudfront:CreateFunction": ("cloudfront:TagResource",),
        "cloudfront:CreateVpcOrigin": ("cloudfront:TagResource",),
        "cloudfront:AssociateAlias": ("cloudfront:UpdateDistribution",),
        # The delivery of logs is checked against the distribution too.
        "logs:PutDeliverySource": ("logs:TagResource", "cloudfront:AllowVendedLogDeliveryForResource"),
        "logs:PutDeliveryDestination": ("logs:TagResource",),
        "logs:CreateDelivery": ("logs:TagResource",),
    },
)
