"""What the settings become, and what others get of it."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.aws.grants import Names, Scope
from ansible_collections.mainstay.aws.plugins.module_utils.aws.owner import Owner
from ansible_collections.mainstay.aws.plugins.module_utils.aws.place import Place
from ansible_collections.mainstay.aws.plugins.module_utils.domains.dns.domain import blocked, delegation_note, refusals, waited_for
from ansible_collections.mainstay.aws.plugins.module_utils.domains.dns.kinds.health_check import (
    TOKEN,
    HealthCheck,
    in_reference,
    reference_of,
)
from ansible_collections.mainstay.aws.plugins.module_utils.domains.dns.names import names
from ansible_collections.mainstay.aws.plugins.module_utils.domains.dns.outputs import outputs
from ansible_collections.mainstay.aws.plugins.module_utils.domains.dns.permissions import RECORD_NAMES, of_our_domains
from ansible_collections.mainstay.aws.plugins.module_utils.domains.dns.preflight import role_errors
from ansible_collections.mainstay.aws.plugins.module_utils.domains.dns.resources import build
from ansible_collections.mainstay.aws.plugins.module_utils.domains.dns.validate import validate
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import UNKNOWN, Observed, Resource, ref

REGION = "af-south-1"
PLACE = Place("prod", "dns", REGION, "123456789012", tags={"owner": "platform"})
VPC = "vpc-0123456789abcdef0"
WWW = "www.example.com A"


def built(**zones: Any) -> dict[str, Resource]:
    found, problems = validate(zones, "zones", {"main": VPC}, REGION)
    assert problems == []
    return {one.address: one for one in build(found, PLACE)}


def test_a_zone_with_everything() -> None:
    www = {"A": {"values": ["192.0.2.1"], "ttl": 60}}
    found = built(
        main={
            "domain": "example.com",
            "records": {"www": www, "web": {"A": {"alias": {"name": "www.example.com"}}}},
            "tags": {"team": "web"},
        },
        dev={"domain": "dev.example.com"},
        inside={"domain": "internal", "private": True},
    )
    assert found["hosted_zone.main"].properties == {
        "zone_name": "example.com",
        "private": False,
        "comment": "",
        "records": {
            "dev.example.com NS": {"ttl": 300, "values": ref("hosted_zone.dev", "name_servers")},
            "web.example.com A": {
                "alias": {"name": "www.example.com", "zone_id": ref("hosted_zone.main"), "evaluate_target_health": False}
            },
            WWW: {"ttl": 60, "values": ["192.0.2.1"]},
        },
        "owner_tags": True,
        "tags": {"owner": "platform", "team": "web"},
    }
    assert found["hosted_zone.inside"].properties["vpc_ids"] == [VPC]


def test_the_zone_of_a_target_that_is_not_known_yet_is_not_known_either() -> None:
    found = built(main={"domain": "example.com", "records": {"www": {"A": {"alias": {"name": UNKNOWN}}}}})
    assert found["hosted_zone.main"].properties["records"][WWW]["alias"]["zone_id"] == UNKNOWN


def test_a_certificate_in_two_regions() -> None:
    found = built(main={"domain": "example.com", "certificates": {"web": {"regions": [REGION, "us-east-1"]}}})
    here, there = found["certificate.main/web"].properties, found["certificate.main/web/us-east-1"].properties
    assert "region" not in here
    assert there == {**here, "region": "us-east-1"}
    assert here["validation"] == {"example.com": ref("hosted_zone.main")}
    assert here["subject_alternative_names"] == ["example.com", "*.example.com"]


def test_a_health_check_and_the_record_that_has_it() -> None:
    entries = {"primary": {"values": "192.0.2.1", "health_check": "web"}, "secondary": "192.0.2.2"}
    checks = {
        "web": {"host": "www.example.com", "contains": "ready"},
        "db": {
            "address": "203.0.113.5",
            "protocol": "tcp",
            "port": 5432,
            "interval": 10,
            "regions": ["us-east-1", "eu-west-1", "sa-east-1"],
        },
    }
    found = built(main={"domain": "example.com", "records": {"www": {"A": {"failover": entries}}}, "health_checks": checks})
    assert found["hosted_zone.main"].properties["records"]["www.example.com A primary"] == {
        "ttl": 60,
        "values": ["192.0.2.1"],
        "failover": "primary",
        "health_check": ref("health_check.main/web"),
    }
    web, db = found["health_check.main/web"].properties, found["health_check.main/db"].properties
    shown = ("type", "by_address", "fqdn", "ip_address", "port", "resource_path", "enable_sni", "regions")
    assert [web[name] for name in shown] == ["HTTPS_STR_MATCH", False, "www.example.com", None, 443, "/", True, []]
    assert [db[name] for name in shown] == [
        *("TCP", True, None, "203.0.113.5", 5432, None, None),
        ["eu-west-1", "sa-east-1", "us-east-1"],
    ]


@pytest.mark.parametrize("name", ["main/web", f"{'z' * 32}/{'c' * 32}"])
def test_the_caller_reference_of_a_health_check_says_whose_it_is(name: str) -> None:
    """It has at most 64 characters. A long name is a digest, which the described name explains."""
    reference = f"{reference_of(PLACE.owner)}{in_reference(name)}/{'0' * TOKEN}"
    assert len(reference) <= 64
    marks = HealthCheck([name]).reference_marks(PLACE.owner, reference)
    assert marks == PLACE.owner.tags(f"health_check.{name}")
    assert HealthCheck([name]).reference_marks(Owner("dev", "dns"), reference) == {}


def test_policies_cover_the_regions_of_certificates() -> None:
    zones = {"main": {"domain": "example.com", "certificates": {"web": {"regions": [REGION, "us-east-1"]}}}}
    assert names(zones, "prod", "dns") == Names(domains=("example.com",), regions=(REGION, "us-east-1"))
    assert names({"main": 1, 2: {}}, "prod", "dns").regions == ()


def test_policies_limit_records_to_domains() -> None:
    scope = Scope(PLACE, names=Names(domains=("dev.example.com", "example.com", "myexample.com")))
    names_of_records = ["example.com", "*.example.com", "myexample.com", "*.myexample.com"]
    assert of_our_domains(scope) == {"ForAllValues:StringLike": {RECORD_NAMES: names_of_records}, "Null": {RECORD_NAMES: "false"}}
    assert of_our_domains(Scope(PLACE)) is None


def test_outputs() -> None:
    attributes = {
        "certificate.main/web": {"arn": "here"},
        "certificate.main/web/us-east-1": {"arn": "there"},
        "certificate.main/edge/us-east-1": {"arn": UNKNOWN},
        "health_check.main/web": {"id": "check"},
        "hosted_zone.main": {"id": "Z1", "arn": "zone", "domain": "example.com", "name_servers": ["ns1"], "foreign_records": []},
    }
    assert outputs(attributes, REGION) == {
        "zones": {
            "main": {
                "id": "Z1",
                "arn": "zone",
                "domain": "example.com",
                "name_servers": ["ns1"],
                "certificates": {
                    "edge": {"arn": None, "arns": {"us-east-1": UNKNOWN}},
                    "web": {"arn": "here", "arns": {REGION: "here", "us-east-1": "there"}},
                },
                "health_checks": {"web": {"id": "check"}},
            }
        }
    }


def zone(**attributes: Any) -> Observed:
    given = {"name_servers": ["ns1.example.net"], "delegated": None, "foreign_records": [], **attributes}
    return Observed("hosted_zone", "hosted_zone.main", "Z1", {"zone_name": "example.com", "private": False}, given)


def certificate(status: str, **attributes: Any) -> Observed:
    properties = {"status": status, "validation": {"example.com": "Z1"}}
    return Observed("certificate", "certificate.main/web", "arn", properties, attributes)


@pytest.mark.parametrize(
    ("observed", "noted"),
    [
        ([zone()], True),
        ([zone(), certificate("PENDING_VALIDATION")], True),
        ([zone(), certificate("ISSUED")], False),
        ([zone(delegated=["example", "Z0", []])], False),
    ],
)
def test_name_servers_are_noted_until_something_shows_the_delegation(observed: list[Observed], noted: bool) -> None:
    text = "example.com must be delegated by its registrar or parent zone to ns1.example.net"
    assert [delegation_note(seen) for seen in waited_for(observed)] == ([text] if noted else [])


@pytest.mark.parametrize(
    ("foreign", "adopt", "said"),
    [
        ([], False, ""),
        ([WWW], False, "zones.main.records.www.A is www.example.com A, which exists in example.com and is not ours; set adopt: true"),
        ([WWW], True, ""),
        (["www.example.com CNAME"], True, "but www.example.com CNAME exists in example.com and is not ours; delete it first"),
        (["other.example.com A"], False, ""),
    ],
)
def test_records_of_others_are_reported_before_the_first_change(foreign: list[str], adopt: bool, said: str) -> None:
    given = {"main": {"domain": "example.com", "records": {"www": {"A": {"values": ["192.0.2.1"], "adopt": adopt}}}}}
    described = validate(given, "zones", {}, REGION)[0]["main"]
    found = list(blocked(described, zone(foreign_records=foreign)))
    assert len(found) == bool(said)
    assert all(said in text for text in found)
    assert list(blocked(described, None)) == []


def test_what_must_not_be_deleted() -> None:
    (foreign,) = refusals(zone(foreign_records=[WWW]))
    assert str(foreign).endswith(
        f"the zone has records that are not ours: {WWW}. Delete them first, or leave the zone. Nothing was changed."
    )
    (used,) = refusals(certificate("ISSUED", in_use_by=["arn:lb"]))
    assert "the certificate is used by arn:lb. Let them use another one first." in str(used)
    assert [*refusals(zone()), *refusals(certificate("ISSUED", in_use_by=[]))] == []


@pytest.mark.parametrize(
    ("zones", "networks", "said"),
    [
        ({"inside": {"domain": "internal", "private": True}}, {}, []),
        ({"inside": {"domain": "internal", "private": True, "networks": ["main"]}}, {"main": {}}, []),
        (
            {"inside": {"domain": "internal", "private": True, "networks": ["mian"]}},
            {"main": {}},
            ["dns_zones.inside.networks is 'mian', but the inventory has no such network; did you mean main?"],
        ),
        ({"main": {"domain": "x"}}, {}, ["dns_zones.main.domain is 'x', but a public zone needs a registered domain such as example.com"]),
    ],
)
def test_the_role_s_variables(zones: dict[str, Any], networks: dict[str, Any], said: list[str]) -> None:
    inventory = {"hosts": ["network"], "networks": networks}
    assert role_errors({"dns_zones": zones, "dns_vpc_component": "network", "__platform_inventory": inventory}) == said
