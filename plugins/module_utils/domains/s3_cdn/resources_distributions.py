# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The resources of distributions: access controls, policies, functions, and the distributions themselves. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from ...aws.place import Place
from ...reconcile.model import Ref, Resource, ref
from .bucket_policy import bucket_arn
from .kinds.alias_records import keys_of
from .kinds.cloudfront_function import digest
from .kinds.distribution_document import header_digest
from .part import Granted, Statement
from .resources_web_acls import address as web_acl_address
from .settings.buckets import Bucket
from .settings.buckets_access import OUR_SIDS
from .settings.cdn_behaviors import EVENTS, VIEWERS, Behavior
from .settings.cdn_origins import PROTOCOLS, Origin
from .settings.distributions import Distribution, zone_of
from .settings.managed_policies import MANAGED
from .settings.single_page import NAME as SINGLE_PAGE
from .settings.single_page import fallback

LONGEST_FUNCTION, LONGEST_CONTROL, LONGEST_POLICY, LONGEST_DELIVERY = 64, 64, 128, 60
CLOUDFRONT = "cloudfront.amazonaws.com"


def build(distributions: Mapping[str, Distribution], place: Place) -> list[Resource]:
    every = list(distributions.values())
    return [
        *(one for distribution in every for one in controls(distribution, place)),
        *(one for distribution in every for one in policies(distribution, place)),
        *(one for distribution in every for one in functions(distribution, place)),
        *(one for distribution in every for one in vpc_origins(distribution, place)),
        *(distribution_resource(distribution, place) for distribution in every),
        *(one for distribution in every for one in deliveries(distribution, place)),
    ]


def address(name: str) -> str:
    return f"cloudfront_distribution.{name}"


def aws_name(place: Place, *parts: str) -> str:
    return "-".join((place.environment, place.component, *parts))


# -- access to buckets ---------------------------------------------------------------------------------------------------------------


def controls(distribution: Distribution, place: Place) -> Iterator[Resource]:
    """One for each distribution with a bucket: what is signed is the same for all of its buckets."""
    if any(one.bucket for one in distribution.origins.values()):
        signing = {"origin_type": "s3", "signing_behavior": "always", "signing_protocol": "sigv4"}
        yield Resource("origin_access_control", distribution.name, {"resource_name": aws_name(place, distribution.name), **signing})


def grants(distributions: Mapping[str, Distribution], buckets: Mapping[str, Bucket], place: Place) -> Granted:
    """CloudFront reads for exactly these distributions (CloudFront Developer Guide, "Restrict access to an Amazon S3 origin")."""
    found: dict[str, list[Statement]] = {}
    keys: dict[str, list[Statement]] = {}
    for distribution in distributions.values():
        for origin in distribution.origins.values():
            bucket = buckets.get(origin.bucket)
            if bucket is None:
                continue
            statements = found.setdefault(bucket.name, [])
            statements += [one for one in read_statements(distribution, origin, bucket, place) if one not in statements]
            if bucket.encryption.own_key:
                decrypt = key_statement(distribution)
                keys[bucket.name] = [*(one for one in keys.get(bucket.name, []) if one != decrypt), decrypt]
    return Granted(found, keys)


def read_statements(distribution: Distribution, origin: Origin, bucket: Bucket, place: Place) -> Iterator[Statement]:
    """Listing is allowed too, without which S3 answers 403 for what does not exist."""
    arn = bucket_arn(place, bucket.full_name(place.account_id, place.region))
    sid = "".join(part.capitalize() for part in distribution.name.split("-"))
    only = {"StringEquals": {"aws:SourceArn": ref(address(distribution.name), "arn")}}
    service = {"Effect": "Allow", "Principal": {"Service": CLOUDFRONT}, "Condition": only}
    yield {"Sid": f"{OUR_SIDS}Cdn{sid}", **service, "Action": "s3:GetObject", "Resource": f"{arn}/*"}
    yield {"Sid": f"{OUR_SIDS}CdnList{sid}", **service, "Action": "s3:ListBucket", "Resource": arn}
    if origin.from_identity:
        user = f"arn:{place.partition}:iam::cloudfront:user/CloudFront Origin Access Identity {origin.from_identity}"
        old = {"Effect": "Allow", "Principal": {"AWS": user}, "Action": "s3:GetObject", "Resource": f"{arn}/*"}
        yield {"Sid": f"{OUR_SIDS}CdnIdentity{sid}", **old}


def key_statement(distribution: Distribution) -> Statement:
    sid = "".join(part.capitalize() for part in distribution.name.split("-"))
    return {
        "Sid": f"{OUR_SIDS}Cdn{sid}",
        "Effect": "Allow",
        "Principal": {"Service": CLOUDFRONT},
        "Action": ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey*"],
        "Resource": "*",
        "Condition": {"StringEquals": {"aws:SourceArn": ref(address(distribution.name), "arn")}},
    }


def vpc_origins(distribution: Distribution, place: Place) -> Iterator[Resource]:
    """One for each origin that is a load balancer by its ARN. Names tell them apart, since a changed one exists beside the old one."""
    for origin in distribution.origins.values():
        if origin.load_balancer_arn:
            endpoint = {
                "load_balancer_arn": origin.load_balancer_arn,
                "protocol": PROTOCOLS[origin.protocol],
                "http_port": origin.http_port,
                "https_port": origin.https_port,
                "tls": sorted(origin.tls),
            }
            name = aws_name(place, distribution.name, origin.name, digest_of(endpoint))
            tags = {**place.tags, **distribution.tags}
            yield Resource("vpc_origin", f"{distribution.name}/{origin.name}", {"endpoint": {"name": name, **endpoint}, "tags": tags})


def digest_of(endpoint: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(endpoint, sort_keys=True).encode()).hexdigest()[:8]


# -- policies and functions ----------------------------------------------------------------------------------------------------------


def policies(distribution: Distribution, place: Place) -> Iterator[Resource]:
    for kind, named in distribution.policies.own.items():
        for name, properties in named.items():
            yield Resource(kind, f"{distribution.name}/{name}", {"resource_name": aws_name(place, distribution.name, name), **properties})


def functions(distribution: Distribution, place: Place) -> Iterator[Resource]:
    codes = {name: (name, code) for name, code in distribution.policies.functions.items()}
    if distribution.single_page:
        codes[SINGLE_PAGE] = (SINGLE_PAGE, fallback(distribution.single_page))
    for name, code in codes.values():
        properties = {
            "resource_name": aws_name(place, distribution.name, name),
            "comment": f"{place.environment}/{place.component} {distribution.name}",
            "code": code,
            "published": digest(code),
            "tags": {**place.tags, **distribution.tags},
        }
        yield Resource("cloudfront_function", f"{distribution.name}/{name}", properties)


def policy_id(distribution: Distribution, kind: str, name: str) -> str | Ref:
    """A reference to one of the distribution's own, or the ID of a managed one."""
    if name in distribution.policies.own.get(kind, {}):
        return ref(f"{kind}.{distribution.name}/{name}")
    return MANAGED[kind][name] if name else ""


# -- distributions -------------------------------------------------------------------------------------------------------------------


def distribution_resource(one: Distribution, place: Place) -> Resource:
    certificate = {"arn": one.certificate_arn, "tls_policy": one.tls_policy if one.certificate_arn else ""}
    acl = ref(web_acl_address(one.web_acl, "cloudfront"), "arn") if one.web_acl else one.web_acl_arn
    properties = {
        "origins": {name: origin_property(one, origin) for name, origin in one.origins.items()},
        "default_behavior": behavior_property(one, one.default),
        "behaviors": [behavior_property(one, each) for each in one.behaviors],
        "aliases": sorted(one.aliases),
        **({"moved_aliases": sorted(one.moved)} if one.moved else {}),
        "certificate": certificate,
        "geography": dict(one.geography),
        "error_responses": {code: dict(each) for code, each in one.errors.items()},
        "comment": one.comment,
        "enabled": one.enabled,
        "price_class": one.price_class,
        "http_version": one.http_version,
        "ipv6": one.ipv6,
        "root_object": one.root_object,
        **({"web_acl": acl} if acl else {}),
        **({"records": records_property(one)} if one.zones else {}),
        "tags": {**place.tags, "Name": aws_name(place, one.name), **one.tags},
    }
    used = tuple(
        f"cloudfront_function.{one.name}/{name}" for name in (*one.policies.functions, *([SINGLE_PAGE] if one.single_page else []))
    )
    return Resource("cloudfront_distribution", one.name, properties, after=used)


def records_property(one: Distribution) -> dict[str, str]:
    """An A and, with IPv6, an AAAA record for each alias, with the domain of its zone."""
    return {key: zone_of(alias, one.zones) for alias in one.all_aliases for key in keys_of(alias, ipv6=one.ipv6)}


def deliveries(one: Distribution, place: Place) -> Iterator[Resource]:
    """Of access logs, to a bucket of the component in any region. Their names have an underscore, so that no other name is the same: what
    mentions a name is deleted before its bearer.
    """
    if one.logs is None:
        return
    name, tags = aws_name(place, one.name), {**place.tags, **one.tags}
    source, destination = f"delivery_source.{one.name}", f"delivery_destination.{one.name}"
    logs = {"resource_arn": ref(address(one.name), "arn"), "log_type": "ACCESS_LOGS"}
    yield Resource("delivery_source", one.name, {"source_name": f"{name}_source", **logs, "tags": tags})
    bucket = ref(f"s3_bucket.{one.logs.bucket}", "arn")
    goal = {"destination_name": f"{name}_destination", "output_format": one.logs.format, "bucket_arn": bucket}
    yield Resource("delivery_destination", one.name, {**goal, "tags": tags}, after=(f"s3_bucket.{one.logs.bucket}",))
    between = {"source": ref(source), "destination_arn": ref(destination, "arn"), "path": one.logs.directory}
    yield Resource("delivery", one.name, {**between, "tags": tags})


def origin_property(one: Distribution, origin: Origin) -> dict[str, Any]:
    """As distribution_document.py shows it."""
    shared = {"path": origin.directory, "identity": "", "shield": origin.shield}
    digests: dict[str, str | Ref] = {name: header_digest(value) for name, value in sorted(origin.headers.items())}
    if origin.secret:
        digests[origin.secret_header] = ref(f"origin_secret.{origin.secret}", "digest")
    headers = {"headers": digests}
    if origin.bucket:
        domain = ref(f"s3_bucket.{origin.bucket}", "domain_name")
        return {"domain_name": domain, **shared, "access_control": ref(f"origin_access_control.{one.name}"), **headers}
    if origin.load_balancer_arn:
        timeouts = {"read_timeout": origin.read_timeout, "keepalive_timeout": origin.keepalive_timeout}
        inside = {"vpc_origin": {"id": ref(f"vpc_origin.{one.name}/{origin.name}"), **timeouts}}
        return {"domain_name": origin.domain_name, **shared, "access_control": "", **headers, **inside}
    custom = {
        "protocol": PROTOCOLS[origin.protocol],
        "http_port": origin.http_port,
        "https_port": origin.https_port,
        "tls": sorted(origin.tls),
        "read_timeout": origin.read_timeout,
        "keepalive_timeout": origin.keepalive_timeout,
    }
    return {"domain_name": origin.domain_name, **shared, "access_control": "", **headers, "custom": custom}


def behavior_property(one: Distribution, behavior: Behavior) -> dict[str, Any]:
    named = {event: f"cloudfront_function.{one.name}/{name}" for event, name in behavior.functions.items()}
    if one.single_page and not behavior.pattern:
        named["viewer_request"] = f"cloudfront_function.{one.name}/{SINGLE_PAGE}"
    return {
        **({"path": behavior.pattern} if behavior.pattern else {}),
        "origin": behavior.origin,
        "viewer_protocol": VIEWERS[behavior.viewers],
        "compress": behavior.compress,
        "cache_policy": policy_id(one, "cache_policy", behavior.cache),
        "origin_request_policy": policy_id(one, "origin_request_policy", behavior.origin_request),
        "response_headers_policy": policy_id(one, "response_headers_policy", behavior.response_headers),
        "methods": behavior.methods,
        "functions": {EVENTS[event]: ref(where, "arn") for event, where in sorted(named.items())},
    }


def name_problems(distribution: Distribution, environment: str, component: str) -> Iterator[str]:
    """Names in CloudFront that would be too long."""
    place = Place(environment, component, "", "")
    checked = [("origin access control", LONGEST_CONTROL, one) for one in controls(distribution, place)]
    checked += [("policy", LONGEST_POLICY, one) for one in policies(distribution, place)]
    checked += [("function", LONGEST_FUNCTION, one) for one in functions(distribution, place)]
    checked += [("delivery", LONGEST_DELIVERY, one) for one in deliveries(distribution, place)]
    for what, longest, one in checked:
        named = (one.properties.get(key) for key in ("resource_name", "source_name", "destination_name"))
        name = str(next((name for name in named if name), ""))
        if len(name) > longest:
            yield f"{distribution.path}: the {what} {name} would have {len(name)} characters, not at most {longest}; shorten the names"
