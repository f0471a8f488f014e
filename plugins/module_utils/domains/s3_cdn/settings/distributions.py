# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The settings of one component's distributions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ....component.parts import Context
from ....inputs.problems import Problems, suggestion
from ....inputs.reader import Reader
from ....inputs.values import as_integer, matching
from ....reconcile.model import is_unknown
from .cdn_behaviors import Behavior, Policies, read_behaviors, read_policies
from .cdn_origins import HOST, Origin, read_headers, read_origins
from .single_page import NAME

LONGEST_NAME = 30
LONGEST_COMMENT = 128
HEADERS = "origin_headers"
"""The option of the module that has the headers of origins."""
PLANNED_ZONES = "planned_zones"
"""The option of the module that has the domains of zones which the same run creates before."""
CERTIFICATE = re.compile(r"arn:[\w-]+:acm:(?P<region>[a-z0-9-]+):\d{12}:certificate/[\w-]+")
WEB_ACL = re.compile(r"arn:[\w-]+:wafv2:us-east-1:\d{12}:global/webacl/[\w-]+/[\w-]+")
ALIAS = re.compile(rf"(\*\.)?{HOST.pattern.replace('(?=.{4,253}$)', '')}")
TLS_POLICIES = ("TLSv1.2_2025", "TLSv1.3_2025", "TLSv1.2_2021", "TLSv1.2_2019", "TLSv1.2_2018")
PRICES = {"all": "PriceClass_All", "200": "PriceClass_200", "100": "PriceClass_100"}
PROTOCOLS = {"http2and3": "http2and3", "http2": "http2", "http3": "http3", "http1.1": "http1.1"}
COUNTRY = re.compile(r"[A-Z]{2}")
PAGE = re.compile(r"/[^\s]*")
FALLS_BACK = (403, 404)
ERRORS = (400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504)
FORMATS = ("json", "w3c", "plain", "parquet")


@dataclass(frozen=True)
class Logs:
    """``bucket``: the name in the settings of the bucket that gets the logs."""

    bucket: str
    path: str
    format: str = "json"
    directory: str = "{DistributionId}/{yyyy}/{MM}/{dd}"


@dataclass(frozen=True)
class Distribution:
    """``moved``: aliases that may be taken from another distribution of the account. ``zones``: the domains of the hosted
    zones in which the aliases get records. ``single_page``: the page that answers for every path without a file name; empty: none.
    """

    name: str
    path: str
    origins: Mapping[str, Origin]
    default: Behavior
    behaviors: tuple[Behavior, ...] = ()
    policies: Policies = field(default_factory=Policies)
    comment: str = ""
    enabled: bool = True
    aliases: tuple[str, ...] = ()
    moved: tuple[str, ...] = ()
    certificate_arn: str = ""
    tls_policy: str = TLS_POLICIES[0]
    single_page: str = ""
    root_object: str = ""
    errors: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    geography: Mapping[str, Any] = field(default_factory=dict)
    price_class: str = "PriceClass_All"
    http_version: str = "http2and3"
    ipv6: bool = True
    web_acl: str = ""
    web_acl_arn: str = ""
    logs: Logs | None = None
    zones: tuple[str, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def all_aliases(self) -> tuple[str, ...]:
        return (*self.aliases, *self.moved)


def read_distributions(given: Any, path: str, context: Context, problems: Problems, headers: Any = None) -> dict[str, Distribution]:
    """The distributions in a user's mapping (name -> settings). ``headers``: those of origins, by distribution, origin, and name."""
    by_name = headers if isinstance(headers, Mapping) else {}
    if headers is not None and not isinstance(headers, Mapping):
        problems.messages.append(f"{HEADERS} must be a mapping of distributions to the headers of their origins")
    if isinstance(given, Mapping):
        for name in by_name:
            if name not in given:
                problems.messages.append(f"{HEADERS}.{name}: there is no such distribution; {suggestion(str(name), list(map(str, given)))}")
    found = {
        name: _distribution(name, reader, context, by_name.get(name))
        for name, reader in Reader(given, path, problems).named("the name of a distribution", LONGEST_NAME)
    }
    seen: dict[str, Distribution] = {}
    for one in found.values():
        for alias in one.all_aliases:
            first = seen.setdefault(alias, one)
            if first is not one:
                problems.add(f"{one.path}.aliases", alias, f"{first.path} has this alias too; CloudFront accepts it in one distribution")
    return found


def _distribution(name: str, reader: Reader, context: Context, headers: Any) -> Distribution:
    origins = read_headers(headers, f"{HEADERS}.{name}", read_origins(reader), reader.problems)
    policies = read_policies(reader)
    default, behaviors = read_behaviors(reader, origins, policies)
    first = origins.get(default.origin)
    moved = _aliases(reader, "move_aliases")
    found = Distribution(
        name=name,
        path=reader.path,
        origins=origins,
        default=default,
        behaviors=behaviors,
        policies=policies,
        comment=_comment(reader, f"{context.environment}/{context.component} {name}"),
        enabled=reader.boolean("enabled", True),
        aliases=tuple(one for one in _aliases(reader, "aliases") if one not in moved),
        moved=moved,
        certificate_arn=_certificate(reader),
        tls_policy=reader.choice("tls_policy", TLS_POLICIES, TLS_POLICIES[0]),
        single_page=_page(reader, "single_page"),
        root_object=reader.text("root_object", "index.html" if first and first.bucket else "").lstrip("/"),
        errors=_errors(reader),
        geography=_geography(reader),
        price_class=PRICES[reader.choice("price_class", PRICES, "all")],
        http_version=reader.choice("http_version", PROTOCOLS, "http2and3"),
        ipv6=reader.boolean("ipv6", True),
        web_acl=reader.text("web_acl", ""),
        web_acl_arn=_web_acl(reader),
        logs=_logs(reader),
        zones=_aliases(reader, "zones"),
        tags=reader.tags("tags"),
    )
    _check(found, reader)
    reader.finish()
    return found


def _check(one: Distribution, reader: Reader) -> None:
    """What settings of one distribution must not say together."""
    problems = reader.problems
    if one.all_aliases and not one.certificate_arn:
        remedy = (
            "aliases need certificate_arn, a certificate in us-east-1 that covers them, such as role dns makes with regions: [us-east-1]"
        )
        problems.missing(reader.at("certificate_arn"), remedy)
    for alias in one.all_aliases if one.zones else ():
        if not zone_of(alias, one.zones):
            remedy = f"it is in none of the zones {', '.join(one.zones)}; add its zone, or leave zones out and make its record elsewhere"
            problems.add(reader.at("aliases"), alias, remedy)
    if one.single_page and NAME in one.policies.functions:
        problems.add(reader.at("functions"), NAME, "single_page makes a function of this name; choose another one")
    if one.single_page:
        origin = one.origins.get(one.default.origin)
        if origin is not None and not origin.bucket:
            remedy = (
                f"the default behavior leads to {origin.name}, which is no bucket and answers for every path itself; remove single_page"
            )
            problems.add(reader.at("single_page"), one.single_page, remedy)
        if one.default.functions.get("viewer_request"):
            remedy = "the default behavior has a function for viewer_request, and CloudFront runs one; let that function rewrite the path"
            problems.add(reader.at("single_page"), one.single_page, remedy)
    if one.web_acl and one.web_acl_arn:
        problems.add(reader.at("web_acl"), one.web_acl, "web_acl_arn is set too; remove one of the two")
    for code in FALLS_BACK:
        if str(code) in one.errors and len(one.origins) > 1 and one.errors[str(code)]["page"]:
            others = ", ".join(name for name in one.origins if name != one.default.origin)
            remedy = (
                f"error pages hold for the whole distribution, so they would also replace the answers of {others}; for a single-page "
                "application use single_page, which concerns the default behavior alone"
            )
            problems.add(f"{reader.at('error_responses')}.{code}", one.errors[str(code)]["page"], remedy)


def zone_of(alias: str, zones: Iterable[str]) -> str:
    """The innermost of these zones that a name is in; empty if there is none."""
    return max((zone for zone in zones if alias == zone or alias.endswith(f".{zone}")), key=len, default="")


def _comment(reader: Reader, default: str) -> str:
    comment = reader.text("comment", default[:LONGEST_COMMENT])
    if len(comment) > LONGEST_COMMENT:
        reader.problems.add(reader.at("comment"), comment, f"CloudFront accepts at most {LONGEST_COMMENT} characters")
    return comment


def _aliases(reader: Reader, key: str) -> tuple[str, ...]:
    def alias(value: Any) -> str | None:
        name = str(value).lower().rstrip(".")
        return name if ALIAS.fullmatch(name) and len(name) <= 253 else None

    found = reader.items(key, (), alias, "it must be a name such as www.example.com or *.example.com")
    return tuple(sorted(found))


def _certificate(reader: Reader) -> str:
    arn = reader.text("certificate_arn", "")
    if not arn or is_unknown(arn):
        return arn
    match = CERTIFICATE.fullmatch(arn)
    if match is None:
        remedy = "it must be the ARN of a certificate, such as arn:aws:acm:us-east-1:123456789012:certificate/..."
        reader.problems.add(reader.at("certificate_arn"), arn, remedy)
    elif match["region"] != "us-east-1":
        remedy = (
            f"it is in {match['region']}, and CloudFront uses certificates of us-east-1 only; request one there, as role dns does with "
            "regions: [us-east-1]"
        )
        reader.problems.add(reader.at("certificate_arn"), arn, remedy)
    return arn


def _web_acl(reader: Reader) -> str:
    arn = reader.text("web_acl_arn", "")
    if arn and not is_unknown(arn) and not WEB_ACL.fullmatch(arn):
        remedy = (
            "it must be the ARN of a web ACL of the scope CLOUDFRONT, which is in us-east-1: arn:aws:wafv2:us-east-1:...:global/webacl/..."
        )
        reader.problems.add(reader.at("web_acl_arn"), arn, remedy)
    return arn


def _page(reader: Reader, key: str) -> str:
    page = reader.text(key, "")
    if page and not PAGE.fullmatch(page):
        reader.problems.add(reader.at(key), page, "it must be a path, such as /index.html")
    return page


def _errors(reader: Reader) -> dict[str, dict[str, Any]]:
    found = {}
    for code, given in reader.mapping("error_responses").items():
        path = f"{reader.at('error_responses')}.{code}"
        one = Reader(given, path, reader.problems)
        number = as_integer(code)
        if number not in ERRORS:
            reader.problems.add(reader.at("error_responses"), code, f"CloudFront replaces these: {', '.join(map(str, ERRORS))}")
        page = _page(one, "page")
        status = one.integer("status", number or 0, 200, 599) if page else 0
        found[code] = {"page": page, "status": status, "ttl": one.integer("ttl", 10, 0, 31_536_000)}
        one.finish()
    return found


def _geography(reader: Reader) -> dict[str, Any]:
    section = reader.section("geography")
    lists = {
        mode: section.items(mode, (), matching(COUNTRY), "it must be the two letters of a country, such as ZA")
        for mode in ("allow", "deny")
    }
    section.finish()
    if lists["allow"] and lists["deny"]:
        reader.problems.messages.append(f"{section.path} has allow and deny; CloudFront takes one of the two")
    mode = next((name for name, countries in lists.items() if countries), "none")
    return {"mode": mode, "countries": sorted(lists.get(mode, ()))}


def _logs(reader: Reader) -> Logs | None:
    if reader.take("logs") is None:
        return None
    section = reader.section("logs")
    found = Logs(
        bucket=section.required_text("bucket", "name the bucket of this component that gets the logs"),
        path=section.path,
        format=section.choice("format", FORMATS, "json"),
        directory=section.text("path", Logs.directory).strip("/"),
    )
    section.finish()
    return found
