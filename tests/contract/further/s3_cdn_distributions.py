# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What distributions add to an account: how they are counted."""

from __future__ import annotations

from collections import Counter

from rehearsal.testing import Cloud
from tests.contract.account import Count


def custom(method: str, member: str, **params: str) -> Count:
    """The entries of one of CloudFront's lists, without AWS's managed ones."""
    return lambda cloud: Counter({member: getattr(cloud.client("cloudfront"), method)(**params)[member].get("Quantity", 0)})


def distributions(cloud: Cloud) -> Counter[str]:
    found = cloud.client("cloudfront").list_distributions()["DistributionList"]
    return Counter({"distributions": found["Quantity"]})


def delivered(method: str, member: str) -> Count:
    """The entries of a list of log deliveries, which are in us-east-1."""
    return lambda cloud: Counter({member: len(getattr(cloud.client("logs", region="us-east-1"), method)()[member])})


COUNTS = {
    "delivery_source": delivered("describe_delivery_sources", "deliverySources"),
    "delivery_destination": delivered("describe_delivery_destinations", "deliveryDestinations"),
    "delivery": delivered("describe_deliveries", "deliveries"),
    "origin_access_control": custom("list_origin_access_controls", "OriginAccessControlList"),
    "cache_policy": custom("list_cache_policies", "CachePolicyList", Type="custom"),
    "origin_request_policy": custom("list_origin_request_policies", "OriginRequestPolicyList", Type="custom"),
    "response_headers_policy": custom("list_response_headers_policies", "ResponseHeadersPolicyList", Type="custom"),
    "cloudfront_function": custom("list_functions", "FunctionList", Stage="DEVELOPMENT"),
    "cloudfront_distribution": distributions,
}
