# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Which zone a host name belongs to, and which load balancer an Ingress has."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.domains.app_deploy.addresses import (
    Balancer,
    balancer_in,
    host_name_in,
    place,
    unprotected,
)
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import UNKNOWN

ZONES = [
    {"Id": "Z1", "Name": "example.com.", "Config": {"PrivateZone": False}},
    {"Id": "Z2", "Name": "shop.example.com."},
    {"Id": "Z3", "Name": "example.com.", "Config": {"PrivateZone": True}},
]

PLACES: dict[str, tuple[list[str], list[str], bool, dict[str, list[str]], list[str]]] = {
    "the innermost zone": (
        ["shop.example.com", "api.shop.example.com"],
        [],
        False,
        {"Z2": ["shop.example.com", "api.shop.example.com"]},
        [],
    ),
    "names that only end alike": (["myexample.com", "www.example.com"], [], False, {"Z1": ["www.example.com"]}, ["myexample.com"]),
    "a wildcard": (["*.example.com"], [], False, {"Z1": ["*.example.com"]}, []),
    "any host": (["*"], [], False, {}, []),
    "a private zone": (["shop.example.com"], [], True, {"Z3": ["shop.example.com"]}, []),
    "a zone that is still to be created": (["api.new.example.com"], ["new.example.com"], False, {UNKNOWN: ["api.new.example.com"]}, []),
    "a zone that is described and exists": (["api.example.com"], ["example.com"], False, {"Z1": ["api.example.com"]}, []),
    "a name twice": (["a.example.com", "a.example.com"], [], False, {"Z1": ["a.example.com"]}, []),
}


@pytest.mark.parametrize("case", PLACES)
def test_which_zone_a_host_name_belongs_to(case: str) -> None:
    hosts, described, private, expected, nowhere = PLACES[case]
    found = place(hosts, ZONES, described, private)
    assert {found.ids[domain]: list(several) for domain, several in found.by_domain.items()} == expected
    assert list(found.nowhere) == nowhere


def ingress(*names: str) -> dict[str, Any]:
    return {"status": {"loadBalancer": {"ingress": [{"hostname": name} for name in names]}}}


INGRESSES: dict[str, tuple[list[dict[str, Any]], str]] = {
    "none": ([], ""),
    "one without a status": ([{"spec": {}}], ""),
    "one that waits": ([{"status": {"loadBalancer": {}}}], ""),
    "one with an address": ([ingress("a.elb.amazonaws.com")], "a.elb.amazonaws.com"),
    "several of one load balancer": ([{}, ingress("a.elb.amazonaws.com"), ingress("a.elb.amazonaws.com")], "a.elb.amazonaws.com"),
}


@pytest.mark.parametrize("case", INGRESSES)
def test_the_name_in_the_status(case: str) -> None:
    found, expected = INGRESSES[case]
    assert host_name_in(found) == expected


def test_the_load_balancer_of_a_name() -> None:
    listed = [
        {"DNSName": "Other-1.elb.amazonaws.com", "LoadBalancerArn": "arn:other", "CanonicalHostedZoneId": "ZE"},
        {"DNSName": "K8s-Shop-1.elb.amazonaws.com", "LoadBalancerArn": "arn:shop", "CanonicalHostedZoneId": "ZE"},
    ]
    assert balancer_in("k8s-shop-1.elb.amazonaws.com", listed) == Balancer("k8s-shop-1.elb.amazonaws.com", "arn:shop", "ZE")
    assert balancer_in("k8s-web-1.elb.amazonaws.com", listed) is None


ACL, OTHER = (f"arn:aws:wafv2:af-south-1:123456789012:regional/webacl/{name}/1" for name in ("shop", "other"))


@pytest.mark.parametrize(
    ("wanted", "has", "said"),
    [
        ("", "", ""),
        ("", OTHER, ""),
        (ACL, ACL, ""),
        (ACL, "(known after apply)", ""),
        ("(known after apply)", "", ""),
        (ACL, "", "has no web ACL"),
        (ACL, OTHER, f"has {OTHER}"),
    ],
)
def test_a_load_balancer_without_its_web_acl_is_named(wanted: str, has: str, said: str) -> None:
    """What the Ingress does not name is another owner's."""
    found = list(unprotected(wanted, Balancer("shop.elb.amazonaws.com", "arn:shop", "ZE", has)))
    assert bool(found) == bool(said)
    assert not said or said in found[0]
