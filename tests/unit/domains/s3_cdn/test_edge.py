# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The layout of the edge: its modes, the secret headers of origins, certificates by name, and the content of sites."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.aws.place import Place
from ansible_collections.mainstay.aws.plugins.module_utils.component.parts import Context
from ansible_collections.mainstay.aws.plugins.module_utils.domains.s3_cdn import certificates
from ansible_collections.mainstay.aws.plugins.module_utils.domains.s3_cdn.content import options
from ansible_collections.mainstay.aws.plugins.module_utils.domains.s3_cdn.parts import validate
from ansible_collections.mainstay.aws.plugins.module_utils.domains.s3_cdn.preflight import role_errors
from ansible_collections.mainstay.aws.plugins.module_utils.domains.s3_cdn.resources_distributions import build
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import UNKNOWN, ref

PLACE = Place("prod", "edge", "af-south-1", "111122223333")
SITE = {"bucket": "site"}
API = {"domain_name": "api.example.com", "origin_secret": "api"}
OPEN = {"domain_name": "api.example.com"}
BALANCER = "arn:aws:elasticloadbalancing:af-south-1:111122223333:loadbalancer/app/inside/0123456789abcdef"


def given(mode: str, acls: dict[str, Any] | None = None, headers: Any = None, **origins: Any) -> dict[str, Any]:
    distribution = {"origins": {"site": SITE, **origins}, "default": {"origin": "site"}, **({"web_acl": "main"} if acls is None else {})}
    found = {"buckets": {"site": {}}, "distributions": {"shop": distribution}, "web_acls": {"main": {}} if acls is None else acls}
    return {**found, "origin_secrets": {"api": {}}, "origin_headers": headers, "edge_mode": mode}


def problems(settings: dict[str, Any]) -> list[str]:
    return validate(settings, Context("prod", "edge", "af-south-1", params=settings))[1]


MODES: dict[str, tuple[dict[str, Any], list[str]]] = {
    "everything, with a secret": (given("everything", api=API), []),
    "everything, with a header": (given("everything", headers={"shop": {"api": {"x-a": "b"}}}, api=OPEN), []),
    "everything, inside the VPC": (given("everything", api={**OPEN, "load_balancer_arn": BALANCER}), []),
    "everything, and a way around": (
        given("everything", api=OPEN),
        ["distributions.shop.origins.api: with edge_mode everything"],
    ),
    "everything, unprotected": (given("everything", {"main": {}}, api=API), ["distributions.shop.web_acl is missing: with edge_mode"]),
    "everything, and a web ACL of managed rules for load balancers": (given("everything", {"main": {"scopes": ["alb"]}}, api=API), []),
    "everything, and one for load balancers that counts addresses": (
        given("everything", {"main": {"scopes": ["alb"], "rate_limits": {"all": {"limit": 2000}}}}, api=API),
        ["web_acls.main.scopes has alb, but with edge_mode everything, load balancers see the addresses of CloudFront, so that its rate"],
    ),
    "everything, and one for load balancers that lists addresses": (
        given("everything", {"main": {"scopes": ["alb"], "ip_sets": {"bad": {"addresses": ["192.0.2.0/24"]}}}}, api=API),
        ["web_acls.main.scopes has alb, but with edge_mode everything, load balancers see the addresses of CloudFront, so that its ip"],
    ),
    "buckets": (given("buckets", {"main": {}}), []),
    "buckets, and a load balancer": (
        given("buckets", {}, api=API),
        ["distributions.shop.origins.api.domain_name is 'api.ex"],
    ),
    "no mode": (given("", {}, api=OPEN), []),
    "no mode, and no scopes": (given("", {"main": {}}), ["web_acls.main.scopes is missing"]),
    "a mode that is none": (given("cdn", {}, api=OPEN), ["edge_mode is 'cdn', but it must be everything or buckets"]),
}


@pytest.mark.parametrize("name", MODES)
def test_modes(name: str) -> None:
    settings, expected = MODES[name]
    found = problems(settings)
    assert len(found) == len(expected), found
    assert all(text.startswith(start) for text, start in zip(found, expected, strict=True)), found


@pytest.mark.parametrize(("mode", "scopes"), [("everything", ("cloudfront",)), ("buckets", ("alb",))])
def test_web_acls_protect_what_clients_reach(mode: str, scopes: tuple[str, ...]) -> None:
    settings = {"buckets": {}, "web_acls": {"main": {}}, "edge_mode": mode}
    described, mistakes = validate(settings, Context("prod", "edge", "af-south-1", params=settings))
    assert (described["web_acls"]["main"].scopes, mistakes) == (scopes, [])


SECRETS: dict[str, tuple[dict[str, Any], Any, str]] = {
    "no such secret": ({"origin_secret": "apii"}, None, "there is no such secret in origin_secrets; did you mean api?"),
    "a header that CloudFront has": ({"origin_secret": "api", "origin_secret_header": "Host"}, None, "CloudFront cannot add this header"),
    "twice": ({"origin_secret": "api"}, {"shop": {"api": {"X-Origin-Verify": "a"}}}, "origins.api.origin_secret sets it"),
}


@pytest.mark.parametrize("name", SECRETS)
def test_secret_headers_that_are_refused(name: str) -> None:
    origin, headers, sentence = SECRETS[name]
    (found,) = problems(given("", {}, headers, api={**OPEN, **origin}))
    assert sentence in found


def test_an_origin_gets_the_current_value_of_its_secret() -> None:
    settings = given("", {}, {"shop": {"api": {"x-other": "b"}}}, api={**API, "origin_secret_header": "X-Verify"})
    described, mistakes = validate(settings, Context("prod", "edge", "af-south-1", params=settings))
    assert mistakes == []
    (shop,) = [one for one in build(described["distributions"], PLACE) if one.kind == "cloudfront_distribution"]
    headers = shop.properties["origins"]["api"]["headers"]
    assert set(headers) == {"x-other", "x-verify"}
    assert headers["x-verify"] == ref("origin_secret.api", "digest")


# --- the role's variables ---

ZONES = {
    "main": {"domain": "example.com", "certificates": {"web": {"regions": ["af-south-1", "us-east-1"]}, "local": {}}},
    "shop": {"domain": "shop.example", "certificates": {"front": {"regions": ["us-east-1"]}}},
}
WEB = "arn:aws:acm:us-east-1:123456789012:certificate/web"
OUTPUTS = {"main": {"certificates": {"web": {"arn": "arn:other", "arns": {"af-south-1": "arn:other", "us-east-1": WEB}}}}}


def variables(content: Any = None, **distribution: Any) -> dict[str, Any]:
    shop = {"origins": {"site": SITE}, "default": {"origin": "site"}, "aliases": ["www.example.com"], **distribution}
    return {
        "inventory_hostname": "edge",
        "platform_region": "af-south-1",
        "s3_cdn_buckets": {"site": {}},
        "s3_cdn_distributions": {"shop": shop},
        "s3_cdn_content": content or {},
        "__platform_inventory": {"zones": ZONES},
    }


NAMES: dict[str, tuple[dict[str, Any], str]] = {
    "a name": ({"certificate": "web"}, ""),
    "a name with its zone": ({"certificate": "shop/front"}, ""),
    "no such name": ({"certificate": "wep"}, "no zone of s3_cdn_dns_component has such a certificate; did you mean web?"),
    "elsewhere": ({"certificate": "local"}, "it is in af-south-1, and CloudFront takes certificates of us-east-1 only"),
    "twice": ({"certificate": "web", "certificate_arn": WEB}, "certificate_arn is set too"),
    "none": ({}, "aliases need certificate_arn"),
}


@pytest.mark.parametrize("name", NAMES)
def test_certificates_by_name(name: str) -> None:
    settings, sentence = NAMES[name]
    found = role_errors(variables(**settings))
    assert len(found) == bool(sentence), found
    assert all(sentence in text and text.startswith("s3_cdn_distributions.shop.certificate") for text in found), found


@pytest.mark.parametrize(
    ("name", "zones", "outputs", "arn"),
    [
        ("web", ZONES, OUTPUTS, WEB),
        ("main/web", ZONES, OUTPUTS, WEB),
        ("web", {}, OUTPUTS, WEB),
        ("front", ZONES, OUTPUTS, UNKNOWN),
        ("web", ZONES, {}, UNKNOWN),
    ],
)
def test_arns_take_the_place_of_names(name: str, zones: dict[str, Any], outputs: dict[str, Any], arn: str) -> None:
    assert certificates.with_arns({"shop": {"certificate": name}}, zones, outputs) == {"shop": {"certificate_arn": arn}}


def test_settings_without_names_stay() -> None:
    assert certificates.with_arns({"shop": {"certificate_arn": WEB}, "odd": None}, ZONES, {}) == {
        "shop": {"certificate_arn": WEB},
        "odd": None,
    }
    assert certificates.with_arns(["no mapping"], ZONES, {}) == ["no mapping"]


CONTENT: dict[str, tuple[Any, str]] = {
    "complete": ({"bucket": "site", "directory": "dist", "distribution": "shop", "keep_days": 7}, ""),
    "no mapping": ("dist", "it must be a mapping"),
    "no directory": ({"bucket": "site"}, "directory is missing: give the directory with the build"),
    "no such bucket": ({"bucket": "sites", "directory": "dist"}, "s3_cdn_buckets has no such bucket; did you mean site?"),
    "no such distribution": ({"bucket": "site", "directory": "d", "distribution": "web"}, "s3_cdn_distributions has no such distribution"),
    "no such setting": ({"bucket": "site", "directory": "dist", "keep_day": 7}, "it is no setting of content; did you mean keep_days?"),
}


@pytest.mark.parametrize("name", CONTENT)
def test_content(name: str) -> None:
    settings, sentence = CONTENT[name]
    found = role_errors(variables({"web": settings}, certificate="web"))
    assert len(found) == bool(sentence), found
    assert all(sentence in text and text.startswith("s3_cdn_content.web") for text in found), found


def test_content_goes_to_what_the_outputs_name() -> None:
    outputs = {"buckets": {"site": {"name": "prod-edge-site"}}, "distributions": {"shop": {"id": "E1"}}}
    found = options({"bucket": "site", "directory": "dist", "distribution": "shop", "keep_days": 7}, outputs)
    assert found == {"bucket": "prod-edge-site", "directory": "dist", "distribution": "E1", "keep_days": 7}
    assert options({"bucket": "site", "directory": "dist"}, outputs)["distribution"] == ""
