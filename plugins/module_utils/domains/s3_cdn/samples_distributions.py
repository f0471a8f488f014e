# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The smallest resource of each kind of CloudFront, for tests that create, change and delete one of each kind."""

from __future__ import annotations

from typing import Any

from ...aws.operations import Operation
from ...aws.place import Place
from ...aws.samples import Drift, Edit, Sample
from ...aws.tags import tag_list
from ...kinds import samples as shared
from ...reconcile.model import Resource, ref
from .kinds.cloudfront import HOME
from .kinds.cloudfront_function import digest
from .resources_distributions import aws_name
from .samples_buckets import bucket_resource
from .settings.managed_policies import CACHE
from .settings.single_page import fallback

NAME = "sample"
CUSTOM = {"protocol": "https-only", "http_port": 80, "https_port": 443, "tls": ["TLSv1.2"], "read_timeout": 30, "keepalive_timeout": 5}


def samples(place: Place) -> tuple[Sample, ...]:
    return (
        control(place),
        cache_policy(place),
        origin_request_policy(place),
        response_headers_policy(place),
        function(place),
        vpc_origin(place),
        distribution(place),
        *deliveries(place),
    )


def control_resource(place: Place) -> Resource:
    signing = {"origin_type": "s3", "signing_behavior": "always", "signing_protocol": "sigv4"}
    return Resource("origin_access_control", NAME, {"resource_name": aws_name(place, NAME), **signing})


def control(place: Place) -> Sample:
    return Sample(
        control_resource(place),
        change={"signing_behavior": "no-override"},
        drift=_drift("origin_access_control", "signing_behavior", SigningBehavior="never"),
    )


def _drift(sort: str, name: str, **changed: Any) -> Drift:
    """``sort``: the kind as boto3 names it, which all its calls begin or end with."""
    member = "".join(part.capitalize() for part in sort.split("_")) + "Config"
    return Drift(Operation("cloudfront", f"update_{sort}"), lambda _one: changed, name, Edit(f"get_{sort}_config", member))


def cache_policy(place: Place) -> Sample:
    key = {"headers": "none", "cookies": "none", "query_strings": "none", "encodings": ["gzip"]}
    resource = Resource(
        "cache_policy", NAME, {"resource_name": aws_name(place, NAME), "min_ttl": 0, "default_ttl": 60, "max_ttl": 600, "key": key}
    )
    return Sample(
        resource,
        change={"default_ttl": 120, "key": {**key, "query_strings": {"whitelist": ["page"]}, "headers": {"whitelist": ["x-shop"]}}},
        drift=_drift("cache_policy", "default_ttl", DefaultTTL=99),
    )


def origin_request_policy(place: Place) -> Sample:
    properties = {"headers": "allViewer", "cookies": "all", "query_strings": "all"}
    return Sample(
        Resource("origin_request_policy", NAME, {"resource_name": aws_name(place, NAME), **properties}),
        change={"headers": {"allExcept": ["Host"]}, "cookies": {"whitelist": ["session"]}},
        drift=_drift("origin_request_policy", "cookies", CookiesConfig={"CookieBehavior": "none"}),
    )


def response_headers_policy(place: Place) -> Sample:
    nosniff = {"ContentTypeOptions": {"Override": True}}
    framed = {"FrameOptions": {"Override": True, "FrameOption": "DENY"}}
    cors = {
        "AccessControlAllowOrigins": ["https://shop.example.com"],
        "AccessControlAllowHeaders": ["*"],
        "AccessControlAllowMethods": ["GET"],
        "AccessControlAllowCredentials": False,
        "AccessControlMaxAgeSec": 600,
        "OriginOverride": True,
    }
    resource = Resource("response_headers_policy", NAME, {"resource_name": aws_name(place, NAME), "security": nosniff})
    return Sample(
        resource,
        change={
            "security": {**nosniff, **framed},
            "cors": cors,
            "custom": {"x-shop": {"value": "1", "override": True}},
            "removed_headers": ["server"],
        },
        drift=_drift("response_headers_policy", "security", SecurityHeadersConfig=framed),
    )


def function_resource(place: Place, page: str = "/index.html") -> Resource:
    code = fallback(page)
    named = {"resource_name": aws_name(place, NAME), "comment": "one"}
    return Resource("cloudfront_function", NAME, {**named, "code": code, "published": digest(code), "tags": shared.ONE})


def function(place: Place) -> Sample:
    changed = function_resource(place, "/app.html").properties
    return Sample(
        function_resource(place),
        change={"code": changed["code"], "published": changed["published"], "comment": "two", "tags": shared.TWO},
        drift=Drift(
            Operation("cloudfront", "tag_resource"),
            lambda one: {"Resource": one.attributes["arn"], "Tags": {"Items": tag_list(dict.fromkeys(shared.ONE, "by hand"))}},
            "tags",
        ),
    )


def vpc_origin_resource(place: Place, port: int = 443) -> Resource:
    arn = place.arn("elasticloadbalancing", "loadbalancer/app/inside/0123456789abcdef")
    endpoint = {"load_balancer_arn": arn, "protocol": "https-only", "http_port": 80, "https_port": port, "tls": ["TLSv1.2"]}
    return Resource("vpc_origin", NAME, {"endpoint": {"name": f"{aws_name(place, NAME)}-{port}", **endpoint}, "tags": shared.ONE})


def vpc_origin(place: Place) -> Sample:
    return Sample(
        vpc_origin_resource(place),
        change={"tags": shared.TWO},
        drift=Drift(
            Operation("cloudfront", "tag_resource"),
            lambda one: {"Resource": one.attributes["arn"], "Tags": {"Items": tag_list(dict.fromkeys(shared.ONE, "by hand"))}},
            "tags",
        ),
    )


def behavior(**more: Any) -> dict[str, Any]:
    """One that serves the sample's bucket."""
    return {
        "origin": "app",
        "viewer_protocol": "redirect-to-https",
        "compress": True,
        "cache_policy": CACHE["CachingOptimized"],
        "origin_request_policy": "",
        "response_headers_policy": "",
        "methods": "read",
        "functions": {},
        **more,
    }


def distribution(place: Place) -> Sample:
    shown = {"path": "", "identity": "", "shield": "", "headers": {}}
    domain, own = ref(f"s3_bucket.{NAME}", "domain_name"), ref(f"origin_access_control.{NAME}")
    app = {"domain_name": domain, **shown, "access_control": own}
    api = {"domain_name": "origin.example.com", **shown, "access_control": "", "custom": CUSTOM}
    resource = Resource(
        "cloudfront_distribution",
        NAME,
        {"origins": {"app": app}, "default_behavior": behavior(), "behaviors": [], "comment": "one", "enabled": True, "tags": shared.ONE},
    )
    away = behavior(path="/api/*", origin="api", methods="all", cache_policy=CACHE["CachingDisabled"])
    return Sample(
        resource,
        change={"origins": {"app": app, "api": api}, "behaviors": [away], "comment": "two", "tags": shared.TWO},
        drift=Drift(
            Operation("cloudfront", "update_distribution"),
            lambda _one: {"Comment": "by hand"},
            "comment",
            Edit("get_distribution_config", "DistributionConfig"),
        ),
        needs=(bucket_resource(place), control_resource(place)),
    )


def deliveries(place: Place) -> tuple[Sample, ...]:
    """A source, a destination, and the delivery between them."""
    one = distribution(place)
    name = aws_name(place, NAME)
    logs = {"resource_arn": ref(one.resource.address, "arn"), "log_type": "ACCESS_LOGS"}
    source = Resource("delivery_source", NAME, {"source_name": f"{name}_source", **logs, "tags": shared.ONE})
    goal = {"destination_name": f"{name}_destination", "output_format": "json", "bucket_arn": ref(f"s3_bucket.{NAME}", "arn")}
    destination = Resource("delivery_destination", NAME, {**goal, "tags": shared.ONE})
    between = {"source": ref(source.address), "destination_arn": ref(destination.address, "arn"), "path": "{yyyy}"}
    delivery = Resource("delivery", NAME, {**between, "tags": shared.ONE})
    by_hand = Drift(
        Operation("logs", "tag_resource"),
        lambda one: {"resourceArn": one.attributes["arn"], "tags": dict.fromkeys(shared.ONE, "by hand")},
        "tags",
        region=HOME,
    )
    return (
        Sample(source, change={"tags": shared.TWO}, drift=by_hand, needs=(one.resource, *one.needs)),
        Sample(destination, change={"tags": shared.TWO}, drift=by_hand, needs=(bucket_resource(place),)),
        Sample(
            delivery,
            change={"path": "{yyyy}/{MM}", "tags": shared.TWO},
            drift=by_hand,
            needs=(source, destination, one.resource, *one.needs),
        ),
    )
