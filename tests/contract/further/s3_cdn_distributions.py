# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What distributions add to an account: how they are counted, and cases that the smallest one does not cover."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

from ansible_collections.mainstay.aws.plugins.module_utils.aws.operations import Operation
from ansible_collections.mainstay.aws.plugins.module_utils.aws.place import Place
from ansible_collections.mainstay.aws.plugins.module_utils.aws.samples import Drift, Edit, Sample
from ansible_collections.mainstay.aws.plugins.module_utils.domains.dns.samples import DOMAIN, certificate_resource, zone_resource
from ansible_collections.mainstay.aws.plugins.module_utils.domains.s3_cdn.kinds.cloudfront_distribution import CloudFrontDistribution
from ansible_collections.mainstay.aws.plugins.module_utils.domains.s3_cdn.samples_distributions import (
    deliveries,
    distribution,
    vpc_origin,
    vpc_origin_resource,
)
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import Observed, Resource, ref
from rehearsal.testing import Cloud
from tests.contract.account import Count
from tests.contract.further.shared import FEW, MANY


def custom(method: str, member: str, **params: str) -> Count:
    """The entries of one of CloudFront's lists, without AWS's managed ones."""
    return lambda cloud: Counter({member: getattr(cloud.client("cloudfront"), method)(**params)[member].get("Quantity", 0)})


def distributions(cloud: Cloud) -> Counter[str]:
    found = cloud.client("cloudfront").list_distributions()["DistributionList"]
    return Counter({"distributions": found["Quantity"]})


def delivered(method: str, member: str) -> Count:
    """The entries of a list of log deliveries, which are in us-east-1."""
    return lambda cloud: Counter({member: len(getattr(cloud.client("logs", region="us-east-1"), method)()[member])})


def aliased(place: Place) -> Sample:
    """With records in a zone of another component, one of which is changed by hand; then without them."""
    one, zone = distribution(place), zone_resource()
    domain = str(zone.properties["zone_name"])
    records = {f"www.{domain} A": domain, f"www.{domain} AAAA": domain}
    resource = Resource(
        "cloudfront_distribution", "aliased", {**one.resource.properties, "records": records, "tags": MANY}, after=(zone.address,)
    )
    return Sample(
        resource,
        needs=(zone, *one.needs),
        change={"records": {f"www.{domain} A": domain}, "tags": FEW},
        drift=Drift(Operation("route53", "change_resource_record_sets"), lambda seen: by_hand(seen, domain), "records"),
    )


def by_hand(seen: Observed, domain: str) -> dict[str, Any]:
    """The IPv4 record leads somewhere else."""
    record = {"Name": f"www.{domain}", "Type": "A", "TTL": 60, "ResourceRecords": [{"Value": "192.0.2.1"}]}
    return {
        "HostedZoneId": ref(f"hosted_zone.{zone_resource().name}"),
        "ChangeBatch": {"Changes": [{"Action": "UPSERT", "ResourceRecordSet": record}]},
    }


MOVED = (f"www.{DOMAIN}", f"old.{DOMAIN}")


def moving(place: Place) -> Sample:
    """With aliases that may be taken from other distributions, by calls of their own."""
    one, zone = distribution(place), zone_resource()
    certificate = certificate_resource()
    shown = {"arn": ref(certificate.address, "arn"), "tls_policy": "TLSv1.2_2025"}
    resource = Resource(
        "cloudfront_distribution",
        "moving",
        {**one.resource.properties, "certificate": shown, "aliases": [], "moved_aliases": [MOVED[0]]},
        after=(certificate.address,),
    )
    comment = Drift(
        Operation("cloudfront", "update_distribution"),
        lambda _one: {"Comment": "by hand"},
        "comment",
        Edit("get_distribution_config", "DistributionConfig"),
    )
    return Sample(resource, needs=(zone, certificate, *one.needs), change={"moved_aliases": list(MOVED)}, drift=comment)


def replaced(place: Place) -> Sample:
    """Another load balancer: the new one exists before the old one is deleted. Tags are removed."""
    resource = vpc_origin_resource(place)
    other = vpc_origin_resource(place, 8443).properties["endpoint"]
    return replace(
        vpc_origin(place),
        resource=replace(resource, name="replaced", properties={**resource.properties, "tags": MANY}),
        change={"endpoint": other, "tags": FEW},
    )


def logged(place: Place) -> Sample:
    """The tags of a delivery are removed."""
    one = next(sample for sample in deliveries(place) if sample.resource.kind == "delivery_source")
    resource = replace(one.resource, properties={**one.resource.properties, "tags": MANY})
    return replace(one, resource=resource, change={"tags": FEW})


FURTHER = {"s3_cdn": {"aliased": aliased, "moving": moving, "logged": logged, "replaced": replaced}}
ONE_WAY = ("moving",)
KINDS = {"cloudfront_distribution": CloudFrontDistribution(moving={"moving": MOVED}, domains=(DOMAIN,))}
COUNTS = {
    "delivery_source": delivered("describe_delivery_sources", "deliverySources"),
    "delivery_destination": delivered("describe_delivery_destinations", "deliveryDestinations"),
    "delivery": delivered("describe_deliveries", "deliveries"),
    "origin_access_control": custom("list_origin_access_controls", "OriginAccessControlList"),
    "cache_policy": custom("list_cache_policies", "CachePolicyList", Type="custom"),
    "origin_request_policy": custom("list_origin_request_policies", "OriginRequestPolicyList", Type="custom"),
    "response_headers_policy": custom("list_response_headers_policies", "ResponseHeadersPolicyList", Type="custom"),
    "vpc_origin": custom("list_vpc_origins", "VpcOriginList"),
    "cloudfront_function": custom("list_functions", "FunctionList", Stage="DEVELOPMENT"),
    "cloudfront_distribution": distributions,
}
