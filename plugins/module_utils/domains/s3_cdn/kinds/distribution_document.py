# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A distribution's configuration as CloudFront has it, and as people read it. Pure functions.

CloudFront takes a whole configuration, and every update replaces all of it. So a change starts from the configuration that is there, and
sets what is described: members that this collection does not know stay as they are. The values of origins' headers are secrets; shown are
their digests.
"""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from typing import Any

from .cloudfront import counted, items

Document = MutableMapping[str, Any]
Headers = Mapping[str, Mapping[str, str]]
"""origin -> header -> value."""

METHODS: Mapping[str, tuple[str, ...]] = {
    "read": ("GET", "HEAD"),
    "read_options": ("GET", "HEAD", "OPTIONS"),
    "all": ("GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"),
}
"""The combinations that CloudFront accepts (AllowedMethods)."""
EMPTY: Mapping[str, Any] = {"Comment": "", "Enabled": True}
LEGACY = ("ForwardedValues", "MinTTL", "DefaultTTL", "MaxTTL")
"""What a behavior has instead of a cache policy."""
IDENTITY = "origin-access-identity/cloudfront/"
DIGITS = 16


def header_digest(value: str) -> str:
    """What is shown of a header's value."""
    return f"sha256:{hashlib.sha256(value.encode()).hexdigest()[:DIGITS]}"


def described(properties: Mapping[str, Any], live: Mapping[str, Any], headers: Headers) -> dict[str, Any]:
    """The configuration with these properties; everything else as it is in ``live``."""
    config = copy.deepcopy(dict(live))
    for name, value in properties.items():
        if name == "origins":
            _write_origins(config, value, headers)
        else:
            WRITERS[name](config, value)
    return config


def shown(config: Mapping[str, Any]) -> dict[str, Any]:
    """A configuration in the form of properties."""
    return {name: read(config) for name, read in READERS.items()}


# -- origins -------------------------------------------------------------------------------------------------------------------------


def _write_origins(config: Document, value: Mapping[str, Mapping[str, Any]], headers: Headers) -> None:
    there = {one["Id"]: one for one in items(config.get("Origins"))}
    config["Origins"] = counted(_origin(name, one, there.get(name, {}), headers.get(name, {})) for name, one in value.items())


def _origin(name: str, one: Mapping[str, Any], there: Mapping[str, Any], headers: Mapping[str, str]) -> dict[str, Any]:
    found = {**there, "Id": name, "DomainName": one["domain_name"], "OriginPath": one.get("path") or ""}
    found["OriginAccessControlId"] = one.get("access_control") or ""
    found["CustomHeaders"] = counted({"HeaderName": header, "HeaderValue": value} for header, value in sorted(headers.items()))
    if shield := one.get("shield"):
        found["OriginShield"] = {"Enabled": True, "OriginShieldRegion": shield}
    else:
        found["OriginShield"] = {"Enabled": False}
    member = "CustomOriginConfig" if one.get("custom") else "VpcOriginConfig" if one.get("vpc_origin") else "S3OriginConfig"
    for other in FORMS:
        if other != member:
            found.pop(other, None)
    if custom := one.get("custom"):
        found[member] = {**found.get(member, {}), **_custom(custom)}
    elif vpc_origin := one.get("vpc_origin"):
        found[member] = {**found.get(member, {}), **{VPC_ORIGIN[name]: value for name, value in vpc_origin.items()}}
    else:
        identity = f"{IDENTITY}{one['identity']}" if one.get("identity") else ""
        found[member] = {**found.get(member, {}), "OriginAccessIdentity": identity}
    return found


CUSTOM = {
    "http_port": "HTTPPort",
    "https_port": "HTTPSPort",
    "protocol": "OriginProtocolPolicy",
    "read_timeout": "OriginReadTimeout",
    "keepalive_timeout": "OriginKeepaliveTimeout",
}
"""property of a custom origin -> member of CustomOriginConfig."""

VPC_ORIGIN = {"id": "VpcOriginId", "read_timeout": "OriginReadTimeout", "keepalive_timeout": "OriginKeepaliveTimeout"}
"""property of a VPC origin -> member of VpcOriginConfig. The rest is a resource of its own."""

FORMS = ("CustomOriginConfig", "S3OriginConfig", "VpcOriginConfig")
"""The members of an origin of which it has one."""


def _custom(custom: Mapping[str, Any]) -> dict[str, Any]:
    protocols = counted(custom["tls"])
    return {**{member: custom[name] for name, member in CUSTOM.items()}, "OriginSslProtocols": protocols}


def _origins(config: Mapping[str, Any]) -> dict[str, Any]:
    return {one["Id"]: _shown_origin(one) for one in items(config.get("Origins"))}


def _shown_origin(one: Mapping[str, Any]) -> dict[str, Any]:
    custom = one.get("CustomOriginConfig")
    identity = str((one.get("S3OriginConfig") or {}).get("OriginAccessIdentity") or "").removeprefix(IDENTITY)
    shield = one.get("OriginShield") or {}
    found = {
        "domain_name": one["DomainName"],
        "path": one.get("OriginPath") or "",
        "access_control": one.get("OriginAccessControlId") or "",
        "identity": identity,
        "headers": {each["HeaderName"]: header_digest(each["HeaderValue"]) for each in items(one.get("CustomHeaders"))},
        "shield": shield.get("OriginShieldRegion") or "" if shield.get("Enabled") else "",
    }
    if custom:
        tls = sorted(items(custom.get("OriginSslProtocols")))
        found["custom"] = {**{name: custom.get(member) for name, member in CUSTOM.items()}, "tls": tls}
    if vpc := one.get("VpcOriginConfig"):
        found["vpc_origin"] = {name: vpc.get(member) for name, member in VPC_ORIGIN.items()}
    return found


# -- behaviors -----------------------------------------------------------------------------------------------------------------------

BEHAVIOR = {
    "origin": "TargetOriginId",
    "viewer_protocol": "ViewerProtocolPolicy",
    "compress": "Compress",
    "cache_policy": "CachePolicyId",
    "origin_request_policy": "OriginRequestPolicyId",
    "response_headers_policy": "ResponseHeadersPolicyId",
}
"""property of a behavior -> member of CacheBehavior."""


def _behavior(one: Mapping[str, Any], there: Mapping[str, Any]) -> dict[str, Any]:
    found = {name: value for name, value in there.items() if name not in LEGACY}
    found.update({member: one[name] for name, member in BEHAVIOR.items() if one.get(name) not in (None, "")})
    for name in ("origin_request_policy", "response_headers_policy"):
        if not one.get(name):
            found.pop(BEHAVIOR[name], None)
    kept = dict(found.get("AllowedMethods") or {})
    wanted = METHODS[one["methods"]]
    if set(items(kept)) != set(wanted):
        cached = counted(METHODS["read_options" if one.get("cache_options") else "read"])
        found["AllowedMethods"] = {**counted(wanted), "CachedMethods": cached}
    associations = [{"EventType": event, "FunctionARN": arn} for event, arn in sorted(one.get("functions", {}).items())]
    found["FunctionAssociations"] = counted(associations)
    return found


def _write_default(config: Document, value: Mapping[str, Any]) -> None:
    config["DefaultCacheBehavior"] = _behavior(value, config.get("DefaultCacheBehavior") or {})


def _write_behaviors(config: Document, value: Sequence[Mapping[str, Any]]) -> None:
    there = {one["PathPattern"]: one for one in items(config.get("CacheBehaviors"))}
    config["CacheBehaviors"] = counted({**_behavior(one, there.get(one["path"], {})), "PathPattern": one["path"]} for one in value)


def _shown_behavior(one: Mapping[str, Any]) -> dict[str, Any]:
    methods = set(items(one.get("AllowedMethods"))) or set(METHODS["read"])
    functions = {each["EventType"]: each["FunctionARN"] for each in items(one.get("FunctionAssociations"))}
    return {
        **({"path": one["PathPattern"]} if one.get("PathPattern") else {}),
        **{name: one.get(member) or ("" if name != "compress" else False) for name, member in BEHAVIOR.items()},
        "methods": next((name for name, known in METHODS.items() if set(known) == methods), " ".join(sorted(methods))),
        "functions": functions,
    }


def _shown_default(config: Mapping[str, Any]) -> dict[str, Any]:
    return _shown_behavior(config["DefaultCacheBehavior"])


def _shown_behaviors(config: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [_shown_behavior(one) for one in items(config.get("CacheBehaviors"))]


# -- everything else -----------------------------------------------------------------------------------------------------------------


def _write_aliases(config: Document, value: Sequence[str]) -> None:
    config["Aliases"] = counted(sorted(value))


def _aliases(config: Mapping[str, Any]) -> list[str]:
    return sorted(str(one).lower() for one in items(config.get("Aliases")))


def _write_certificate(config: Document, value: Mapping[str, Any]) -> None:
    if not value.get("arn"):
        config["ViewerCertificate"] = {"CloudFrontDefaultCertificate": True}
        return
    sent = {"ACMCertificateArn": value["arn"], "SSLSupportMethod": "sni-only", "MinimumProtocolVersion": value["tls_policy"]}
    config["ViewerCertificate"] = {**sent, "CloudFrontDefaultCertificate": False}


def _certificate(config: Mapping[str, Any]) -> dict[str, Any]:
    found = config.get("ViewerCertificate") or {}
    arn = found.get("ACMCertificateArn") or found.get("IAMCertificateId") or ""
    return {"arn": arn, "tls_policy": found.get("MinimumProtocolVersion") or ""} if arn else {"arn": "", "tls_policy": ""}


def _write_geography(config: Document, value: Mapping[str, Any]) -> None:
    places = counted(sorted(value["countries"]))
    config["Restrictions"] = {"GeoRestriction": {"RestrictionType": KINDS_OF_LIMIT[value["mode"]], **places}}


KINDS_OF_LIMIT = {"none": "none", "allow": "whitelist", "deny": "blacklist"}


def _geography(config: Mapping[str, Any]) -> dict[str, Any]:
    found = (config.get("Restrictions") or {}).get("GeoRestriction") or {}
    modes = {member: name for name, member in KINDS_OF_LIMIT.items()}
    return {"mode": modes.get(str(found.get("RestrictionType")), "none"), "countries": sorted(items(found))}


def _write_errors(config: Document, value: Mapping[str, Mapping[str, Any]]) -> None:
    config["CustomErrorResponses"] = counted(
        {
            "ErrorCode": int(code),
            **({"ResponsePagePath": one["page"], "ResponseCode": str(one["status"])} if one.get("page") else {}),
            "ErrorCachingMinTTL": one["ttl"],
        }
        for code, one in sorted(value.items())
    )


def _errors(config: Mapping[str, Any]) -> dict[str, Any]:
    return {
        str(one["ErrorCode"]): {
            "page": one.get("ResponsePagePath") or "",
            "status": int(one.get("ResponseCode") or 0),
            "ttl": int(one.get("ErrorCachingMinTTL") or 0),
        }
        for one in items(config.get("CustomErrorResponses"))
    }


def _plain(member: str) -> Callable[[Document, Any], None]:
    def write(config: Document, value: Any) -> None:
        config[member] = value if value is not None else ""

    return write


def _member(member: str, default: Any) -> Callable[[Mapping[str, Any]], Any]:
    return lambda config: config[member] if config.get(member) is not None else default


PLAIN: Mapping[str, tuple[str, Any]] = {
    "comment": ("Comment", ""),
    "enabled": ("Enabled", False),
    "price_class": ("PriceClass", "PriceClass_All"),
    "http_version": ("HttpVersion", "http2"),
    "ipv6": ("IsIPV6Enabled", False),
    "root_object": ("DefaultRootObject", ""),
    "web_acl": ("WebACLId", ""),
}
"""property -> (member, what its absence means)."""

WRITERS: Mapping[str, Callable[[Document, Any], None]] = {
    "default_behavior": _write_default,
    "behaviors": _write_behaviors,
    "aliases": _write_aliases,
    "certificate": _write_certificate,
    "geography": _write_geography,
    "error_responses": _write_errors,
    **{name: _plain(member) for name, (member, _default) in PLAIN.items()},
}
READERS: Mapping[str, Callable[[Mapping[str, Any]], Any]] = {
    "origins": _origins,
    "default_behavior": _shown_default,
    "behaviors": _shown_behaviors,
    "aliases": _aliases,
    "certificate": _certificate,
    "geography": _geography,
    "error_responses": _errors,
    **{name: _member(member, default) for name, (member, default) in PLAIN.items()},
}
