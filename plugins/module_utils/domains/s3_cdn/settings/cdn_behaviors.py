# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The behaviors of a distribution, and the policies and functions that they use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ....inputs.problems import suggestion
from ....inputs.reader import Reader
from ....inputs.values import as_text
from .cdn_origins import Origin
from .managed_policies import MANAGED

LONGEST_NAME = 30
YEAR = 31_536_000
VIEWERS = {"redirect": "redirect-to-https", "https": "https-only", "any": "allow-all"}
METHODS = ("read", "read_options", "all")
EVENTS = {"viewer_request": "viewer-request", "viewer_response": "viewer-response"}
PARTS = ("headers", "cookies", "query_strings")
MOST_CODE = 10 * 1024
"""Bytes of a function (CloudFront Developer Guide, "Quotas on CloudFront Functions")."""
FRAMES = ("DENY", "SAMEORIGIN")
REFERRERS = (
    "no-referrer",
    "no-referrer-when-downgrade",
    "origin",
    "origin-when-cross-origin",
    "same-origin",
    "strict-origin",
    "strict-origin-when-cross-origin",
    "unsafe-url",
)


@dataclass(frozen=True)
class Behavior:
    """``pattern``: empty for the default behavior. The three policies are names: of the distribution's own, or of managed ones."""

    path: str
    pattern: str
    origin: str
    viewers: str = "redirect"
    methods: str = "read"
    compress: bool = True
    cache: str = ""
    origin_request: str = ""
    response_headers: str = ""
    functions: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Policies:
    """The distribution's own policies by kind and name, each as the properties of its kind; its own functions' code by name."""

    own: Mapping[str, Mapping[str, Mapping[str, Any]]] = field(default_factory=dict)
    functions: Mapping[str, str] = field(default_factory=dict)


def read_policies(reader: Reader) -> Policies:
    readers = {
        "cache_policy": ("cache_policies", _cache_policy),
        "origin_request_policy": ("origin_request_policies", _origin_request_policy),
        "response_headers_policy": ("response_headers_policies", _response_headers_policy),
    }
    own = {}
    for kind, (key, read) in readers.items():
        named = reader.section(key).named("the name of a policy", LONGEST_NAME)
        own[kind] = {name: read(one) for name, one in named}
        for name in own[kind]:
            if name in MANAGED[kind]:
                reader.problems.add(reader.at(key), name, "a managed policy has this name; choose another one")
    functions = {name: _function(one) for name, one in reader.section("functions").named("the name of a function", LONGEST_NAME)}
    return Policies(own, functions)


def _function(reader: Reader) -> str:
    code = reader.required_text("code", "it must be JavaScript with a function named handler, such as lookup('file', 'headers.js')")
    if code and "function handler" not in code:
        reader.problems.messages.append(f"{reader.at('code')} has no function named handler, which CloudFront calls")
    if len(code.encode()) > MOST_CODE:
        reader.problems.messages.append(f"{reader.at('code')} has {len(code.encode())} bytes, and CloudFront accepts {MOST_CODE}")
    reader.finish()
    return code


def _cache_policy(reader: Reader) -> dict[str, Any]:
    least = reader.integer("min_ttl", 0, 0, YEAR)
    usual = reader.integer("default_ttl", max(86_400, least), 0, YEAR)
    most = reader.integer("max_ttl", YEAR, 0, YEAR)
    if not least <= usual <= most:
        reader.problems.messages.append(f"{reader.path}: min_ttl {least}, default_ttl {usual}, and max_ttl {most} must be in this order")
    key: dict[str, Any] = {name: _part(reader, name, ("none", "all")[: 1 if name == "headers" else 2]) for name in PARTS}
    encodings = [name for name in ("gzip", "brotli") if reader.boolean(name, most > 0)]
    if most == 0 and (encodings or any(value != "none" for value in key.values())):
        remedy = "without caching (max_ttl 0) nothing can be part of the cache key; use CachingDisabled, and an origin request policy"
        reader.problems.messages.append(f"{reader.path}: {remedy}")
    reader.finish()
    return {"min_ttl": least, "default_ttl": usual, "max_ttl": most, "key": {**key, "encodings": encodings}}


def _origin_request_policy(reader: Reader) -> dict[str, Any]:
    choices = {"headers": ("none", "allViewer"), "cookies": ("none", "all"), "query_strings": ("none", "all")}
    found = {name: _part(reader, name, allowed, ("except",)) for name, allowed in choices.items()}
    reader.finish()
    return found


def _part(reader: Reader, name: str, words: Sequence[str], mappings: Sequence[str] = ()) -> Any:
    """none, all, a list of names, or {except: names}; in the form of kinds/cloudfront_policies.py."""
    value = reader.take(name)
    if value is None or value in words:
        return value or "none"
    if isinstance(value, list | tuple) and value and all(as_text(one) for one in value):
        return {"whitelist": sorted(value)}
    if isinstance(value, Mapping) and set(value) == {"except"} and mappings and isinstance(value["except"], list | tuple):
        return {"allExcept": sorted(map(str, value["except"]))}
    also = ", or {except: [names]}" if mappings else ""
    reader.problems.add(reader.at(name), value, f"it must be {', '.join(words)}, a list of names{also}")
    return "none"


def _response_headers_policy(reader: Reader) -> dict[str, Any]:
    found = {
        "security": _security(reader),
        "cors": _cors(reader.section("cors")) if reader.given.get("cors") is not None else None,
        "custom": {name: {"value": value, "override": True} for name, value in reader.string_map("headers").items()} or None,
        "removed_headers": sorted(reader.items("remove", (), as_text, "it must be the name of a header")) or None,
    }
    reader.finish()
    return {name: value for name, value in found.items() if value is not None}


def _security(reader: Reader) -> dict[str, Any]:
    """Safe defaults (OWASP Secure Headers Project); each may be turned off by an empty value."""
    seconds = reader.integer("hsts_seconds", YEAR, 0, 2 * YEAR)
    frame, referrer = reader.choice("frame", (*FRAMES, "none"), "DENY"), reader.choice("referrer", REFERRERS, REFERRERS[6])
    content = reader.text("content_security_policy", "")
    hsts = {"Override": True, "IncludeSubdomains": reader.boolean("hsts_subdomains", False), "Preload": False}
    return {
        "ContentTypeOptions": {"Override": True},
        "ReferrerPolicy": {"Override": True, "ReferrerPolicy": referrer},
        **({"FrameOptions": {"Override": True, "FrameOption": frame}} if frame != "none" else {}),
        **({"StrictTransportSecurity": {**hsts, "AccessControlMaxAgeSec": seconds}} if seconds else {}),
        **({"ContentSecurityPolicy": {"Override": True, "ContentSecurityPolicy": content}} if content else {}),
    }


def _cors(reader: Reader) -> dict[str, Any]:
    origins = sorted(reader.items("origins", (), as_text, "it must be an origin such as https://shop.example.com"))
    headers = sorted(reader.items("headers", ("*",), as_text, "it must be the name of a header"))
    credentials = reader.boolean("credentials", False)
    found = {
        "AccessControlAllowOrigins": origins,
        "AccessControlAllowHeaders": headers,
        "AccessControlAllowMethods": sorted(reader.items("methods", ("GET", "HEAD", "OPTIONS"), as_text, "it must be a method")),
        "AccessControlAllowCredentials": credentials,
        "AccessControlMaxAgeSec": reader.integer("max_age", 600, 0, 86_400),
        "OriginOverride": reader.boolean("override", True),
    }
    if not origins:
        reader.problems.missing(reader.at("origins"), "name the origins whose pages may read responses, such as https://shop.example.com")
    if credentials and "*" in (*origins, *headers):
        reader.problems.messages.append(f"{reader.path}: with credentials, browsers accept no * in origins and headers; name each")
    reader.finish()
    return found


# -- behaviors -----------------------------------------------------------------------------------------------------------------------


def read_behaviors(reader: Reader, origins: Mapping[str, Origin], policies: Policies) -> tuple[Behavior, tuple[Behavior, ...]]:
    """(the default behavior, the others in the order in which their paths are matched)."""
    default = _behavior(reader.section("default"), "", origins, policies)
    value = reader.take("behaviors")
    if value is not None and not isinstance(value, list | tuple):
        reader.problems.add(reader.at("behaviors"), value, "it must be a list: the first behavior whose path matches counts")
        value = ()
    readers = [Reader(one, f"{reader.at('behaviors')}[{position}]", reader.problems) for position, one in enumerate(value or ())]
    others = tuple(_behavior(one, _pattern(one), origins, policies) for one in readers)
    patterns = [one.pattern for one in others]
    for one in others:
        if one.pattern and patterns.count(one.pattern) > 1:
            reader.problems.add(f"{one.path}.path", one.pattern, "another behavior has this path")
            break
    return default, others


def _pattern(reader: Reader) -> str:
    pattern = reader.required_text("path", "it must be a pattern of paths, such as /api/*")
    if pattern in ("*", "/*"):
        reader.problems.add(reader.at("path"), pattern, "this is every path: describe it under default")
    return pattern


def _behavior(reader: Reader, pattern: str, origins: Mapping[str, Origin], policies: Policies) -> Behavior:
    only = next(iter(origins)) if len(origins) == 1 else ""
    name = reader.text("origin", only)
    if not name:
        reader.problems.missing(reader.at("origin"), f"name one of the origins: {', '.join(origins)}")
    elif name not in origins:
        reader.problems.add(reader.at("origin"), name, f"there is no such origin; {suggestion(name, list(origins))}")
    origin = origins.get(name)
    custom = bool(origin and not origin.bucket)
    passed_on = ("AllViewer" if origin and origin.keep_host else "AllViewerExceptHostHeader") if custom else ""
    found = Behavior(
        path=reader.path,
        pattern=pattern,
        origin=name,
        viewers=reader.choice("viewers", VIEWERS, "redirect"),
        methods=reader.choice("methods", METHODS, "all" if custom else "read"),
        compress=reader.boolean("compress", True),
        cache=_policy(reader, "cache", "cache_policy", policies, "CachingDisabled" if custom else "CachingOptimized"),
        origin_request=_policy(reader, "origin_request", "origin_request_policy", policies, passed_on),
        response_headers=_policy(reader, "response_headers", "response_headers_policy", policies, "SecurityHeadersPolicy"),
        functions=_functions(reader, policies),
    )
    if not custom and found.origin_request.startswith("AllViewer") and origin:
        remedy = "a bucket refuses requests with the Host header of the viewer, or breaks their signature; use CORS-S3Origin"
        reader.problems.add(reader.at("origin_request"), found.origin_request, remedy)
    reader.finish()
    return found


def _policy(reader: Reader, key: str, kind: str, policies: Policies, default: str) -> str:
    name = reader.text(key, default)
    known = [*policies.own.get(kind, {}), *MANAGED[kind]]
    if name in ("", "none") and kind != "cache_policy":
        return ""
    if name not in known:
        reader.problems.add(reader.at(key), name, f"there is no such policy; {suggestion(name, known)}")
    return name


def _functions(reader: Reader, policies: Policies) -> dict[str, str]:
    section = reader.section("functions")
    found = {}
    for event in EVENTS:
        name = section.text(event, "")
        if name and name not in policies.functions:
            remedy = f"there is no such function; {suggestion(name, list(policies.functions))}"
            reader.problems.add(section.at(event), name, remedy)
        elif name:
            found[event] = name
    section.finish()
    return found
