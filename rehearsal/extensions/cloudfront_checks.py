"""What CloudFront refuses in the configuration of a distribution, with the codes of CreateDistribution and UpdateDistribution."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from rehearsal.accounts import backend_at, is_arn, place_of
from rehearsal.extensions.cloudfront_common import Distribution, Document, check_quantities, invalid, items, store, stores
from rehearsal.extensions.cloudfront_policies import SORTS, every
from rehearsal.registry import Call
from rehearsal.replies import Refusal
from rehearsal.traffic.tls import covers

MOST_COMMENT = 128
S3_HOST = re.compile(r"(?P<bucket>[a-z0-9.-]+)\.s3(?:[.-](?P<region>[a-z]{2}(?:-[a-z]+)+-\d))?\.amazonaws\.com")
WEBSITE = re.compile(r"\.s3-website[.-]")
PROTOCOLS = (
    "SSLv3",
    "TLSv1",
    "TLSv1_2016",
    "TLSv1.1_2016",
    "TLSv1.2_2018",
    "TLSv1.2_2019",
    "TLSv1.2_2021",
    "TLSv1.2_2025",
    "TLSv1.3_2025",
)
NO_CERTIFICATE = (
    "To add an alternate domain name (CNAME) to a CloudFront distribution, you must attach a trusted certificate that validates your "
    "authorization to use the domain name."
)
BAD_CERTIFICATE = (
    "The specified SSL certificate doesn't exist, isn't in us-east-1 region, isn't valid, or doesn't include a valid certificate chain."
)
NOT_COVERED = (
    "The certificate that is attached to your distribution doesn't cover the alternate domain name (CNAME) that you're trying to add."
)
ERROR_CODES = (400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504)


def check(call: Call, config: Document, mine: Distribution | None = None) -> None:
    """Raises Refusal for the first mistake."""
    check_quantities(config)
    checks: tuple[Callable[[Call, Document], None], ...] = (
        _quotas,
        _origins,
        _behaviors,
        _functions,
        _certificate,
        _error_responses,
        _geography,
        _web_acl,
        _comment,
    )
    for one in checks:
        one(call, config)
    _aliases(call, config, mine)


def _comment(_call: Call, config: Document) -> None:
    if len(str(config.get("Comment") or "")) > MOST_COMMENT:
        raise invalid(f"The parameter Comment is too long: at most {MOST_COMMENT} characters.")
    if str(config.get("DefaultRootObject") or "").startswith("/"):
        raise Refusal("InvalidDefaultRootObject", "The default root object file name is too big or contains an invalid character.", 400)


def _quotas(call: Call, config: Document) -> None:
    for quota, code, count in (
        ("origins_per_distribution", "TooManyOrigins", len(items(config.get("Origins")))),
        ("cache_behaviors_per_distribution", "TooManyCacheBehaviors", len(items(config.get("CacheBehaviors"))) + 1),
        ("aliases_per_distribution", "TooManyDistributionCNAMEs", len(items(config.get("Aliases")))),
    ):
        limit = call.settings.quotas.get(quota)
        if limit is not None and count > limit:
            raise Refusal(code, f"Your request contains more than the allowed {limit}.", 400)


def _origins(call: Call, config: Document) -> None:
    origins = items(config.get("Origins"))
    if not origins:
        raise invalid("The parameter Origins is required.")
    if len({one["Id"] for one in origins}) < len(origins):
        raise invalid("The parameter Origin Id must be unique.")
    for one in origins:
        _origin(call, one)


def _origin(call: Call, one: Document) -> None:
    kinds = [name for name in ("S3OriginConfig", "CustomOriginConfig", "VpcOriginConfig") if name in one]
    if len(kinds) != 1:
        raise invalid("Exactly one of CustomOriginConfig, VpcOriginConfig and S3OriginConfig must be specified.")
    host, control = str(one.get("DomainName") or ""), one.get("OriginAccessControlId")
    if one.get("OriginPath") and (not str(one["OriginPath"]).startswith("/") or str(one["OriginPath"]).endswith("/")):
        raise invalid("The parameter OriginPath must begin with / and not end with it.")
    if kinds == ["S3OriginConfig"] and not S3_HOST.fullmatch(host):
        raise invalid("The parameter Origin DomainName does not refer to a valid S3 bucket.")
    if control:
        _control(call, one, control)
    inside = one.get("VpcOriginConfig")
    if inside is not None and str(inside.get("VpcOriginId")) not in store(call).vpc_origins:
        raise Refusal("EntityNotFound", "The VPC origin does not exist.", 404)
    identity = (one.get("S3OriginConfig") or {}).get("OriginAccessIdentity")
    if identity and control:
        text = "You cannot use both an origin access control and an origin access identity."
        raise Refusal("IllegalOriginAccessConfiguration", text, 400)
    if identity and str(identity).rpartition("/")[2] not in store(call).identities:
        raise Refusal("InvalidOriginAccessIdentity", "The origin access identity is not valid or doesn't exist.", 400)
    names = [str(each["HeaderName"]).lower() for each in items(one.get("CustomHeaders"))]
    if len(set(names)) < len(names) or any(name in ("host", "connection", "cookie", "x-forwarded-proto") for name in names):
        raise invalid("The parameter HeaderName contains a header that cannot be added, or one twice.")


def _control(call: Call, one: Document, control: Any) -> None:
    found = store(call).controls.get(str(control))
    if found is None:
        raise Refusal("InvalidOriginAccessControl", "The origin access control is not valid.", 400)
    of_s3 = found.config["OriginAccessControlOriginType"] == "s3"
    if of_s3 and ("S3OriginConfig" not in one or not S3_HOST.fullmatch(str(one["DomainName"]))):
        text = "An origin access control is associated with an origin whose domain name is not supported."
        raise Refusal("InvalidDomainNameForOriginAccessControl", text, 400)


def _behaviors(call: Call, config: Document) -> None:
    origins = {one["Id"] for one in items(config.get("Origins"))} | {one["Id"] for one in items(config.get("OriginGroups"))}
    patterns = [one.get("PathPattern") for one in items(config.get("CacheBehaviors"))]
    if len(set(patterns)) < len(patterns):
        raise invalid("The parameter PathPattern must be unique.")
    for one in (*items(config.get("CacheBehaviors")), config["DefaultCacheBehavior"]):
        if one.get("TargetOriginId") not in origins:
            raise Refusal("NoSuchOrigin", "One or more of your origins or origin groups do not exist.", 404)
        if not one.get("CachePolicyId") and not one.get("ForwardedValues"):
            raise invalid("The parameter ForwardedValues is required.")
        for sort in SORTS.values():
            if one.get(sort.used) and one[sort.used] not in every(call, sort):
                raise Refusal(sort.gone, f"The specified {sort.name} does not exist.", 404)
        methods = set(items(one.get("AllowedMethods")))
        if methods not in _METHODS:
            raise invalid("The parameter AllowedMethods contains an unsupported combination.")


_METHODS: tuple[set[str], ...] = (
    {"GET", "HEAD"},
    {"GET", "HEAD", "OPTIONS"},
    {"GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"},
)


def _functions(call: Call, config: Document) -> None:
    by_arn = {one.arn: one for one in store(call).functions.values()}
    for behavior in (*items(config.get("CacheBehaviors")), config["DefaultCacheBehavior"]):
        events = [str(one["EventType"]) for one in items(behavior.get("FunctionAssociations"))]
        if len(set(events)) < len(events) or any(not event.startswith("viewer-") for event in events):
            text = "A CloudFront function can be associated once with each of viewer-request and viewer-response."
            raise Refusal("InvalidFunctionAssociation", text, 400)
        for one in items(behavior.get("FunctionAssociations")):
            function = by_arn.get(str(one["FunctionARN"]))
            if function is None or "LIVE" not in function.stages:
                text = f"The function {one['FunctionARN']} does not exist or has not been published."
                raise Refusal("InvalidFunctionAssociation", text, 400)


def _certificate(_call: Call, config: Document) -> None:
    given, aliases = config.get("ViewerCertificate") or {}, [str(one) for one in items(config.get("Aliases"))]
    arn = str(given.get("ACMCertificateArn") or "")
    if given.get("MinimumProtocolVersion") and given["MinimumProtocolVersion"] not in PROTOCOLS:
        raise Refusal("InvalidMinimumProtocolVersion", "The minimum protocol version is not valid.", 400)
    if not arn and not given.get("IAMCertificateId"):
        if aliases:
            raise Refusal("InvalidViewerCertificate", NO_CERTIFICATE, 400)
        return
    if not given.get("SSLSupportMethod"):
        raise invalid("The parameter SSLSupportMethod is required.")
    names = names_on(arn)
    if arn and not names:
        raise Refusal("InvalidViewerCertificate", BAD_CERTIFICATE, 400)
    if arn and any(not covers(names, alias) and alias not in names for alias in aliases):
        raise Refusal("InvalidViewerCertificate", NOT_COVERED, 400)


def certificate_at(arn: str) -> Any:
    """moto's certificate, in us-east-1; None if there is none."""
    if not is_arn(arn) or place_of(arn).region != "us-east-1" or ":certificate/" not in arn:
        return None
    return backend_at("acm", arn)._certificates.get(arn)


def names_on(arn: str) -> tuple[str, ...]:
    """The names of an issued certificate in us-east-1; empty if it cannot be used."""
    found = certificate_at(arn)
    if found is None:
        return ()
    if found.type == "AMAZON_ISSUED":
        from rehearsal.extensions.acm_certificates import check as look_again

        look_again(found)
    if found.status != "ISSUED":
        return ()
    return tuple(str(name) for name in (found.common_name, *found.sans) if name)


def _error_responses(_call: Call, config: Document) -> None:
    for one in items(config.get("CustomErrorResponses")):
        if int(one["ErrorCode"]) not in ERROR_CODES:
            raise Refusal("InvalidErrorCode", "An invalid error code was specified.", 400)
        if bool(one.get("ResponsePagePath")) != bool(one.get("ResponseCode")):
            raise Refusal("InvalidResponseCode", "ResponsePagePath and ResponseCode must be specified together.", 400)


def _geography(_call: Call, config: Document) -> None:
    limit = (config.get("Restrictions") or {}).get("GeoRestriction") or {}
    places = items(limit)
    if (limit.get("RestrictionType") == "none") == bool(places) or any(not re.fullmatch(r"[A-Z]{2}", one) for one in places):
        raise Refusal("InvalidGeoRestrictionParameter", "The specified geo restriction parameter is not valid.", 400)


def _web_acl(call: Call, config: Document) -> None:
    acl = str(config.get("WebACLId") or "")
    if acl and not (acl.startswith(f"arn:aws:wafv2:us-east-1:{call.account_id}:global/webacl/")):
        raise Refusal("InvalidWebACLId", "The specified web ACL does not exist, or is not of the scope CLOUDFRONT.", 400)


def _aliases(call: Call, config: Document, mine: Distribution | None) -> None:
    wanted = [str(one).lower() for one in items(config.get("Aliases"))]
    if len(set(wanted)) < len(wanted):
        raise invalid("The parameter CNAME contains one or more entries twice.")
    if any(alias in one.aliases for alias in wanted for one in others(mine)):
        text = "One or more of the CNAMEs you provided are already associated with a different resource."
        raise Refusal("CNAMEAlreadyExists", text, 409)


def others(mine: Distribution | None) -> Iterator[Distribution]:
    """Every other distribution, of any account."""
    for _account, found in stores():
        yield from (one for one in found.distributions.values() if one is not mine)
