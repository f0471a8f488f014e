"""AWS's managed policies, with the IDs and settings that the Amazon CloudFront Developer Guide lists."""

from __future__ import annotations

from typing import Any

from rehearsal.extensions.cloudfront_common import Document, Entity, counted

DAY, YEAR = 86_400, 31_536_000


def _part(name: str, behavior: str, *names: str) -> Document:
    listed = {f"{name}s": counted(names)} if names else {}
    return {f"{name}Behavior": behavior, **listed}


def _cache(name: str, ttls: tuple[int, int, int], headers: tuple[str, ...], query: str, cookies: str, encodings: str) -> Document:
    least, usual, most = ttls
    return {
        "Name": f"Managed-{name}",
        "Comment": "",
        "MinTTL": least,
        "DefaultTTL": usual,
        "MaxTTL": most,
        "ParametersInCacheKeyAndForwardedToOrigin": {
            "EnableAcceptEncodingGzip": "gzip" in encodings,
            "EnableAcceptEncodingBrotli": "br" in encodings,
            "HeadersConfig": _part("Header", "whitelist" if headers else "none", *headers),
            "CookiesConfig": _part("Cookie", cookies),
            "QueryStringsConfig": _part("QueryString", query),
        },
    }


def _request(name: str, headers: Document, cookies: str = "none", query: str = "none") -> Document:
    return {
        "Name": f"Managed-{name}",
        "Comment": "",
        "HeadersConfig": headers,
        "CookiesConfig": _part("Cookie", cookies),
        "QueryStringsConfig": _part("QueryString", query),
    }


def _headers(name: str, cors: str = "", security: bool = False) -> Document:
    methods = {"simple": ("GET",), "preflight": ("GET", "HEAD", "PUT", "POST", "PATCH", "DELETE", "OPTIONS")}
    origins: Document = {
        "AccessControlAllowOrigins": counted(["*"]),
        "AccessControlAllowHeaders": counted(["*"]),
        "AccessControlAllowMethods": counted(methods.get(cors, ())),
        "AccessControlAllowCredentials": False,
        **({"AccessControlExposeHeaders": counted(["*"])} if cors == "preflight" else {}),
        "OriginOverride": False,
    }
    secure: dict[str, Any] = {
        "XSSProtection": {"Override": False, "Protection": True, "ModeBlock": True},
        "FrameOptions": {"Override": False, "FrameOption": "SAMEORIGIN"},
        "ReferrerPolicy": {"Override": False, "ReferrerPolicy": "strict-origin-when-cross-origin"},
        "ContentTypeOptions": {"Override": True},
        "StrictTransportSecurity": {"Override": False, "AccessControlMaxAgeSec": YEAR},
    }
    return {
        "Name": f"Managed-{name}",
        "Comment": "",
        **({"CorsConfig": origins} if cors else {}),
        **({"SecurityHeadersConfig": secure} if security else {}),
    }


ORIGIN_HEADERS = ("Origin", "Access-Control-Request-Method", "Access-Control-Request-Headers")
CLOUDFRONT_HEADERS = (
    "CloudFront-Forwarded-Proto",
    "CloudFront-Is-Android-Viewer",
    "CloudFront-Is-Desktop-Viewer",
    "CloudFront-Is-IOS-Viewer",
    "CloudFront-Is-Mobile-Viewer",
    "CloudFront-Is-SmartTV-Viewer",
    "CloudFront-Is-Tablet-Viewer",
    "CloudFront-Viewer-Address",
    "CloudFront-Viewer-Country",
    "CloudFront-Viewer-TLS",
)
BY_ORIGIN = ("host", "origin", "x-http-method-override", "x-http-method", "x-method-override")

CACHE = {
    "658327ea-f89d-4fab-a63d-7e88639e58f6": _cache("CachingOptimized", (1, DAY, YEAR), (), "none", "none", "gzip br"),
    "4135ea2d-6df8-44a3-9df3-4b5a84be39ad": _cache("CachingDisabled", (0, 0, 0), (), "none", "none", ""),
    "b2884449-e4de-46a7-ac36-70bc7f1ddd6d": _cache("CachingOptimizedForUncompressedObjects", (1, DAY, YEAR), (), "none", "none", ""),
    "83da9c7e-98b4-4e11-a168-04f0df8e2c65": _cache("UseOriginCacheControlHeaders", (0, 0, YEAR), BY_ORIGIN, "none", "all", "gzip br"),
    "4cc15a8a-d715-48a4-82b8-cc0b614638fe": _cache(
        "UseOriginCacheControlHeaders-QueryStrings", (0, 0, YEAR), BY_ORIGIN, "all", "all", "gzip br"
    ),
}
REQUEST = {
    "216adef6-5c7f-47e4-b989-5492eafa07d3": _request("AllViewer", _part("Header", "allViewer"), "all", "all"),
    "b689b0a8-53d0-40ab-baf2-68738e2966ac": _request("AllViewerExceptHostHeader", _part("Header", "allExcept", "Host"), "all", "all"),
    "33f36d7e-f396-46d9-90e0-52428a34d9dc": _request(
        "AllViewerAndCloudFrontHeaders-2022-06", _part("Header", "allViewerAndWhitelistCloudFront", *CLOUDFRONT_HEADERS), "all", "all"
    ),
    "59781a5b-3903-41f3-afcb-af62929ccde1": _request("CORS-CustomOrigin", _part("Header", "whitelist", "Origin")),
    "88a5eaf4-2fd4-4709-b370-b4c650ea3fcf": _request("CORS-S3Origin", _part("Header", "whitelist", *ORIGIN_HEADERS)),
    "acba4595-bd28-49b8-b9fe-13317c0390fa": _request("UserAgentRefererHeaders", _part("Header", "whitelist", "User-Agent", "Referer")),
    "bf0718e1-ba1e-49d1-88b1-f726733018ae": _request("HostHeaderOnly", _part("Header", "whitelist", "Host")),
}
RESPONSE = {
    "60669652-455b-4ae9-85a4-c4c02393f86c": _headers("SimpleCORS", "simple"),
    "5cc3b908-e619-4b99-88e5-2cf7f45965bd": _headers("CORS-With-Preflight", "preflight"),
    "67f7725c-6f97-4210-82d7-5512b31e9d03": _headers("SecurityHeadersPolicy", security=True),
    "e61eb60c-9c35-4d20-a928-2b84e02af89c": _headers("CORS-and-SecurityHeadersPolicy", "simple", security=True),
    "eaab4381-ed33-4a86-88ca-d9558dc6cd63": _headers("CORS-with-preflight-and-SecurityHeadersPolicy", "preflight", security=True),
}

MANAGED: dict[str, dict[str, Entity]] = {
    name: {identity: Entity(identity, config) for identity, config in found.items()}
    for name, found in (("CachePolicy", CACHE), ("OriginRequestPolicy", REQUEST), ("ResponseHeadersPolicy", RESPONSE))
}
"""kind of policy -> ID -> policy."""
