"""The configuration of a distribution with everything that CloudFront adds to what was sent."""

from __future__ import annotations

from typing import Any

from rehearsal.extensions.cloudfront_common import Document, counted, filled, items

NONE: Document = {"Quantity": 0}
READ_METHODS = ["HEAD", "GET"]

TOP: Document = {
    "Aliases": NONE,
    "DefaultRootObject": "",
    "OriginGroups": NONE,
    "CacheBehaviors": NONE,
    "CustomErrorResponses": NONE,
    "Comment": "",
    "Logging": {"Enabled": False, "IncludeCookies": False, "Bucket": "", "Prefix": ""},
    "PriceClass": "PriceClass_All",
    "ViewerCertificate": {"CloudFrontDefaultCertificate": True},
    "Restrictions": {"GeoRestriction": {"RestrictionType": "none", "Quantity": 0}},
    "WebACLId": "",
    "HttpVersion": "http2",
    "IsIPV6Enabled": True,
    "ContinuousDeploymentPolicyId": "",
    "Staging": False,
    "ConnectionMode": "direct",
}
ORIGIN: Document = {
    "OriginPath": "",
    "CustomHeaders": NONE,
    "ConnectionAttempts": 3,
    "ConnectionTimeout": 10,
    "OriginShield": {"Enabled": False},
    "OriginAccessControlId": "",
}
CUSTOM: Document = {
    "OriginSslProtocols": counted(["TLSv1", "TLSv1.1", "SSLv3"]),
    "OriginReadTimeout": 30,
    "OriginKeepaliveTimeout": 5,
    "IpAddressType": "ipv4",
}
BEHAVIOR: Document = {
    "TrustedSigners": {"Enabled": False, "Quantity": 0},
    "TrustedKeyGroups": {"Enabled": False, "Quantity": 0},
    "AllowedMethods": {"Quantity": 2, "Items": READ_METHODS, "CachedMethods": {"Quantity": 2, "Items": READ_METHODS}},
    "SmoothStreaming": False,
    "Compress": False,
    "LambdaFunctionAssociations": NONE,
    "FunctionAssociations": NONE,
    "FieldLevelEncryptionId": "",
    "GrpcConfig": {"Enabled": False},
}

NEEDED_TO_UPDATE = {
    "": (
        "Aliases",
        "CacheBehaviors",
        "CallerReference",
        "Comment",
        "CustomErrorResponses",
        "DefaultRootObject",
        "HttpVersion",
        "Logging",
        "PriceClass",
        "Restrictions",
        "ViewerCertificate",
        "WebACLId",
    ),
    "DefaultCacheBehavior": (
        "AllowedMethods",
        "Compress",
        "FieldLevelEncryptionId",
        "LambdaFunctionAssociations",
        "SmoothStreaming",
    ),
}
"""What UpdateDistribution requires although CreateDistribution does not (UpdateDistribution, "Fields required")."""


def completed(given: Document) -> Document:
    """A configuration in the form of replies."""
    found = filled(given, TOP)
    found["Origins"] = counted(_origin(one) for one in items(given.get("Origins")))
    found["DefaultCacheBehavior"] = _behavior(given["DefaultCacheBehavior"])
    found["CacheBehaviors"] = counted(_behavior(one) for one in items(given.get("CacheBehaviors")))
    found["ViewerCertificate"] = _certificate(found["ViewerCertificate"])
    return found


def _origin(given: Document) -> Document:
    found = filled(given, ORIGIN)
    if "CustomOriginConfig" in found:
        found["CustomOriginConfig"] = filled(found["CustomOriginConfig"], CUSTOM)
    if "VpcOriginConfig" in found:
        found["VpcOriginConfig"] = filled(found["VpcOriginConfig"], {"OriginReadTimeout": 30, "OriginKeepaliveTimeout": 5})
    if "S3OriginConfig" in found:
        found["S3OriginConfig"] = filled(found["S3OriginConfig"], {"OriginReadTimeout": 30})
    return found


def _behavior(given: Document) -> Document:
    found = filled(given, BEHAVIOR)
    methods = found["AllowedMethods"]
    found["AllowedMethods"] = {"CachedMethods": {"Quantity": 2, "Items": READ_METHODS}, **methods}
    return found


def _certificate(given: Document) -> Document:
    """With the members that CloudFront derives: the older names of the same certificate."""
    if arn := given.get("ACMCertificateArn"):
        source = {"Certificate": arn, "CertificateSource": "acm", "CloudFrontDefaultCertificate": False}
        return {**given, **source, "MinimumProtocolVersion": given.get("MinimumProtocolVersion") or "TLSv1"}
    if given.get("IAMCertificateId"):
        return {**given, "CertificateSource": "iam", "CloudFrontDefaultCertificate": False}
    plain: dict[str, Any] = {"CloudFrontDefaultCertificate": True, "SSLSupportMethod": "vip", "MinimumProtocolVersion": "TLSv1"}
    return {**plain, "CertificateSource": "cloudfront"}
