"""What CloudFront decides about one request, from the configuration of a distribution alone. Pure functions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl

from rehearsal.extensions.cloudfront_common import Document, items
from rehearsal.traffic.matching import fits
from rehearsal.traffic.messages import Request, Response

HOP_BY_HOP = ("connection", "keep-alive", "proxy-authorization", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade")
NOT_PASSED_ON = (*HOP_BY_HOP, "host", "content-length", "expect")
SERVER = "CloudFront"


def behavior_of(config: Mapping[str, Any], path: str) -> Document:
    """The first whose pattern matches; patterns may lack the leading slash."""
    for one in items(config.get("CacheBehaviors")):
        if fits(f"/{str(one['PathPattern']).lstrip('/')}", path, with_case=True):
            return dict(one)
    return dict(config["DefaultCacheBehavior"])


def turned_away(config: Mapping[str, Any], behavior: Mapping[str, Any], request: Request, host: str, *, tls: bool) -> Response | None:
    """The response of the edge itself to what it does not pass on: plain HTTP, and methods that are not allowed."""
    policy = behavior["ViewerProtocolPolicy"]
    if not config["Enabled"]:
        return generated(403, "The distribution is disabled.")
    if not tls and policy == "redirect-to-https":
        query = f"?{request.query}" if request.query else ""
        location = ("Location", f"https://{host}{request.path}{query}")
        return Response(301, b"", "text/html", (("Server", SERVER), location))
    if not tls and policy == "https-only":
        return generated(403, "This distribution accepts HTTPS only.")
    if request.method not in items(behavior.get("AllowedMethods")):
        return generated(403, "This distribution is not configured to allow the HTTP request method that was used for this request.")
    return None


def generated(status: int, text: str) -> Response:
    """A response of the edge itself."""
    page = f"<html><head><title>ERROR: The request could not be satisfied</title></head><body>{status} ERROR {text}</body></html>\n"
    return Response(status, page.encode(), "text/html", (("Server", SERVER), ("X-Cache", "Error from cloudfront")))


def cache_key(policy: Mapping[str, Any], path: str, request: Request) -> tuple[Any, ...]:
    """What distinguishes responses: the path, and what the cache policy names."""
    wanted = policy["ParametersInCacheKeyAndForwardedToOrigin"]
    headers = {name.lower(): request.headers.get(name.lower(), "") for name in items((wanted["HeadersConfig"]).get("Headers"))}
    cookies = dict(_chosen(wanted["CookiesConfig"], "Cookie", list(request.cookies.items())))
    query = list(_chosen(wanted["QueryStringsConfig"], "QueryString", parse_qsl(request.query, keep_blank_values=True)))
    return (
        "GET" if request.method in ("GET", "HEAD") else request.method,
        path,
        str(sorted(headers.items())),
        str(sorted(cookies.items())),
        str(query),
    )


def _chosen(part: Mapping[str, Any], singular: str, given: Sequence[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """The values that a part of a policy names."""
    behavior, names = part[f"{singular}Behavior"], set(items(part.get(f"{singular}s")))
    for name, value in given:
        if behavior == "all" or (behavior == "whitelist" and name in names) or (behavior == "allExcept" and name not in names):
            yield name, value


def to_origin(
    origin: Mapping[str, Any], cache: Mapping[str, Any], passed: Mapping[str, Any] | None, path: str, request: Request
) -> Request:
    """The request that the origin gets: what the policies name, the origin's own headers, and the origin's Host unless it is passed on."""
    found = {"host": str(origin["DomainName"]), "user-agent": "Amazon CloudFront", "via": "1.1 rehearsal.cloudfront.net (CloudFront)"}
    found["x-forwarded-for"] = request.client
    wanted = {name.lower() for name in items(cache["ParametersInCacheKeyAndForwardedToOrigin"]["HeadersConfig"].get("Headers"))}
    viewers = {name: value for name, value in request.headers.items() if name not in NOT_PASSED_ON and _passes(passed, name, wanted)}
    found.update(viewers)
    if passed and _passes(passed, "host", wanted):
        found["host"] = request.host
    found.update({str(one["HeaderName"]).lower(): str(one["HeaderValue"]) for one in items(origin.get("CustomHeaders"))})
    full = f"{origin.get('OriginPath') or ''}{path}"
    query = request.query if passed is None or passed["QueryStringsConfig"]["QueryStringBehavior"] == "all" else ""
    return Request(request.method, full, full, query, found, keeps_open=True, client=request.client)


def _passes(policy: Mapping[str, Any] | None, name: str, wanted: set[str]) -> bool:
    """Whether a header of the viewer reaches the origin."""
    if name in wanted:
        return True
    if policy is None:
        return False
    part = policy["HeadersConfig"]
    names = {one.lower() for one in items(part.get("Headers"))}
    return {
        "none": False,
        "allViewer": True,
        "allViewerAndWhitelistCloudFront": True,
        "whitelist": name in names,
        "allExcept": name not in names,
    }[str(part["HeaderBehavior"])]


def with_error_page(config: Mapping[str, Any], status: int) -> tuple[str, int] | None:
    """(path, status) of the page that replaces an error of any origin; None if there is none."""
    for one in items(config.get("CustomErrorResponses")):
        if int(one["ErrorCode"]) == status and one.get("ResponsePagePath"):
            return str(one["ResponsePagePath"]), int(one["ResponseCode"])
    return None


def with_headers(policy: Mapping[str, Any] | None, response: Response, request: Request) -> Response:
    """The response with the headers that a response headers policy adds, and without those that it removes."""
    if policy is None:
        return response
    gone = {str(one["Header"]).lower() for one in items(policy.get("RemoveHeadersConfig"))}
    found = {name: value for name, value in response.headers if name.lower() not in gone}
    there = {name.lower() for name in found}
    for name, value, overrides in _added(policy, request):
        if overrides or name.lower() not in there:
            found = {key: one for key, one in found.items() if key.lower() != name.lower()} | {name: value}
    return Response(response.status, response.body, response.content_type, tuple(found.items()))


def _added(policy: Mapping[str, Any], request: Request) -> Iterator[tuple[str, str, bool]]:
    yield from _security(policy.get("SecurityHeadersConfig") or {})
    yield from ((one["Header"], one["Value"], bool(one["Override"])) for one in items(policy.get("CustomHeadersConfig")))
    cors, origin = policy.get("CorsConfig"), request.headers.get("origin")
    if cors and origin:
        allowed = items(cors["AccessControlAllowOrigins"])
        if "*" in allowed or any(fits(one, origin) for one in allowed):
            value = "*" if "*" in allowed else origin
            yield "Access-Control-Allow-Origin", value, bool(cors["OriginOverride"])


def _security(config: Mapping[str, Any]) -> Iterator[tuple[str, str, bool]]:
    if one := config.get("ContentTypeOptions"):
        yield "X-Content-Type-Options", "nosniff", bool(one["Override"])
    if one := config.get("FrameOptions"):
        yield "X-Frame-Options", str(one["FrameOption"]), bool(one["Override"])
    if one := config.get("ReferrerPolicy"):
        yield "Referrer-Policy", str(one["ReferrerPolicy"]), bool(one["Override"])
    if one := config.get("ContentSecurityPolicy"):
        yield "Content-Security-Policy", str(one["ContentSecurityPolicy"]), bool(one["Override"])
    if one := config.get("XSSProtection"):
        yield "X-XSS-Protection", ("1; mode=block" if one.get("ModeBlock") else "1") if one["Protection"] else "0", bool(one["Override"])
    if one := config.get("StrictTransportSecurity"):
        parts = (f"max-age={one['AccessControlMaxAgeSec']}", *(["includeSubDomains"] if one.get("IncludeSubdomains") else []))
        yield "Strict-Transport-Security", "; ".join(parts), bool(one["Override"])


def seconds_kept(policy: Mapping[str, Any], response: Response) -> float:
    """How long a response may be reused: what its headers say, within the policy's limits; errors for ten seconds."""
    if response.status >= 400:
        return 10.0 if int(policy["MaxTTL"]) else 0.0
    control = next((value for name, value in response.headers if name.lower() == "cache-control"), "")
    words = {word.strip().partition("=")[0]: word.strip().partition("=")[2] for word in control.lower().split(",") if word.strip()}
    if {"no-store", "no-cache", "private"} & set(words):
        return float(policy["MinTTL"])
    given = words.get("s-maxage") or words.get("max-age")
    wanted = float(given) if given and given.isdigit() else float(policy["DefaultTTL"])
    return min(max(wanted, float(policy["MinTTL"])), float(policy["MaxTTL"]))
