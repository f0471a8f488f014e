"""CloudFront: a global service, whose changes take minutes to reach its edges."""

from __future__ import annotations

from rehearsal.declarations import Quota, Service, Throttled, Transition

STORE = "rehearsal.extensions.cloudfront_common"

SERVICE = Service(
    "cloudfront",
    regional=False,
    transitions=(
        Transition("cloudfront_distribution", f"{STORE}:Distribution", "status", {"Deployed": "InProgress"}),
        Transition("cloudfront_vpc_origin", f"{STORE}:VpcOrigin", "status", {"Deployed": "Deploying"}),
        Transition("cloudfront_invalidation", f"{STORE}:Invalidation", "status", {"Completed": "InProgress"}),
    ),
    quotas={
        "distributions": Quota("cloudfront", "L-24B04930", "Web distributions per AWS account", 500),
        "aliases_per_distribution": Quota("cloudfront", "L-AAD4943E", "Alternate domain names (CNAMEs) per distribution", 100),
        "cache_behaviors_per_distribution": Quota("cloudfront", "L-F432D044", "Cache behaviors per distribution", 75),
        "origins_per_distribution": Quota("cloudfront", "L-B4048FB4", "Origins per distribution", 100),
    },
    throttled=Throttled("Throttling", "Rate exceeded"),
)
