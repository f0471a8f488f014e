"""What is rejected before the first call, and what the settings become."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.domains.dns.settings.zones import Zone
from ansible_collections.mainstay.aws.plugins.module_utils.domains.dns.validate import validate

NETWORKS = {"main": "vpc-0123456789abcdef0"}


def problems(**zone: Any) -> list[str]:
    return validate({"main": {"domain": "example.com", **zone}}, "dns_zones", NETWORKS, "af-south-1")[1]


def zones(**given: Any) -> dict[str, Zone]:
    found, wrong = validate(given, "dns_zones", NETWORKS, "af-south-1")
    assert wrong == []
    return found


def records(**given: Any) -> dict[str, Any]:
    return {"records": given}


ALIAS = {"name": "lb.eu-west-1.elb.amazonaws.com", "zone_id": "Z32O12XQLNTSW2"}
HOST = "www.example.com"
HEALTHY = {**ALIAS, "evaluate_target_health": True}
ONE = {"values": "192.0.2.1", "weight": 1}


def weighted(**entries: Any) -> dict[str, Any]:
    return records(www={"A": {"weighted": entries}})


def checked(**settings: Any) -> dict[str, Any]:
    return {"health_checks": {"web": settings}}


def failover(**entries: Any) -> dict[str, Any]:
    return records(www={"A": {"failover": entries}})


@pytest.mark.parametrize(
    ("zone", "said"),
    [
        # zones
        ({"domain": "example"}, "dns_zones.main.domain is 'example', but a public zone needs a registered domain such as example.com"),
        ({"domain": "bücher.example"}, "write an international name in its xn-- form"),
        ({"domain": "*.example.com"}, "it cannot have an asterisk"),
        ({"domain": "-a.example.com"}, "'-a' is no label"),
        ({"domain": None}, "dns_zones.main.domain is missing: give the domain name of the zone"),
        ({"private": True, "networks": ["mian"]}, "dns_zones.main.networks is 'mian', but there is no such network; did you mean main?"),
        ({"networks": ["main"]}, "only a private zone has VPCs; set private: true, or remove it"),
        ({"private": True, "certificates": {"web": {}}}, "ACM validates public names only"),
        ({"private": "true", "certificates": {"web": {}}}, "ACM validates public names only"),
        ({"private": "yes"}, "dns_zones.main.private is 'yes', but it must be true or false"),
        ({"comment": "x" * 257}, "Route 53 accepts at most 256 characters"),
        ({"record": {}}, "dns_zones.main.record is not a setting; did you mean records?"),
        # names
        (records(**{"www.other.org.": {"A": "192.0.2.1"}}), "is 'www.other.org.', but it is outside the zone example.com"),
        (records(**{"www.other.org": {"A": "192.0.2.1"}}), "it is outside the zone example.com"),
        (records(**{"www.notexample.com": {"A": "192.0.2.1"}}), "it is outside the zone example.com"),
        (records(**{"a.*": {"A": "192.0.2.1"}}), "an asterisk can only be the entire first label"),
        (records(**{"a*": {"A": "192.0.2.1"}}), "an asterisk can only be the entire first label"),
        (records(**{"a b": {"A": "192.0.2.1"}}), "'a b' is no label"),
        (records(**{"x" * 64: {"A": "192.0.2.1"}}), "is no label: each has 1 to 63"),
        (records(**{"": {"A": "192.0.2.1"}}), "the name of a record must be a string, or @ for example.com"),
        (
            records(www={"A": "192.0.2.1"}, WWW={"A": "192.0.2.2"}),
            "dns_zones.main.records.WWW.A describes www.example.com A a second time, after dns_zones.main.records.www.A; keep one of them",
        ),
        (records(**{"www": {"A": "192.0.2.1"}, "www.example.com.": {"A": "192.0.2.1"}}), "a second time"),
        # types
        (records(www={"SPF": "x"}), "dns_zones.main.records.www.SPF is not a type of record that can be set; the types are A, AAAA"),
        (records(**{"@": {"SOA": "x"}}), "Route 53 makes it itself"),
        (records(**{"@": {"NS": HOST}}), "Route 53 makes the name servers of a zone itself"),
        (records(**{"*": {"NS": HOST}}), "does not support a wildcard for name servers"),
        (records(**{"@": {"CNAME": HOST}}), "which cannot have a CNAME; use A and AAAA with an alias"),
        (records(**{"example.com.": {"CNAME": HOST}}), "which cannot have a CNAME"),
        (records(www={"CNAME": "a.example.org", "TXT": "x"}), "www.example.com also has TXT, and a CNAME must be alone"),
        (records(www={"CNAME": ["a.example.org", "b.example.org"]}), "a CNAME has exactly one value"),
        (records(dev={"NS": "ns.example.org"}, **{"a.dev": {"A": "192.0.2.1"}}), "would never be answered: dev.example.com is delegated"),
        (records(dev={"NS": "ns.example.org", "TXT": "x"}), "dns_zones.main.records.dev.TXT would never be answered"),
        # values
        (records(www={"A": "192.0.2.256"}), "a value of type A is an IPv4 address such as 203.0.113.10"),
        (records(www={"A": "2001:db8::1"}), "a value of type A is an IPv4 address"),
        (records(www={"AAAA": "192.0.2.1"}), "a value of type AAAA is an IPv6 address"),
        (records(www={"AAAA": ["2001:db8::1", "2001:0DB8::0001"]}), "the record already has this value; list each once"),
        (records(**{"@": {"MX": "mail.example.com"}}), "a preference and a domain name, such as 10 mail.example.com"),
        (records(**{"@": {"CAA": "issue amazon.com"}}), 'flags, tag, and value, such as 0 issue "amazon.com"'),
        (records(**{"_sip._tcp": {"SRV": "10 5 sip.example.com"}}), "priority, weight, port, and a domain name"),
        (records(www={"CNAME": "not a host"}), "a value of type CNAME is a domain name such as"),
        (records(www={"TXT": '"v=spf1 -all"'}), "its quotation marks would become part of it; write the text without them, they are added"),
        (records(www={"TXT": "x" * 4001}), "a text has at most 4000 characters"),
        (records(www={"TXT": []}), "a record has at least one value"),
        (records(www={"A": {}}), "dns_zones.main.records.www.A.values is missing: give at least one value, or an alias"),
        (records(www={"A": {"values": "192.0.2.1", "ttl": -1}}), "it must be a whole number from 0 to 2147483647"),
        (records(www={"A": True}), "a value must be a string"),
        # aliases
        (records(www={"A": {"alias": ALIAS, "ttl": 60}}), "an alias has none: it takes over that of its target; remove it"),
        (records(www={"A": {"alias": ALIAS, "values": ["192.0.2.1"]}}), "has values and an alias; keep one of them"),
        (records(www={"TXT": {"alias": ALIAS}}), "an alias is of type A or AAAA, not TXT"),
        (records(www={"A": {"alias": {"name": "lb.xx-new-1.elb.amazonaws.com"}}}), "for a load balancer its CanonicalHostedZoneId"),
        (records(www={"A": {"alias": {"name": "www.example.org"}}}), "its name does not tell its hosted zone; give its ID"),
        (records(www={"A": {"alias": {"name": "api.example.com"}}}), "the zone describes no A record of this name"),
        (records(www={"A": {"alias": {"name": "www.example.com"}}}), "it is the record itself"),
        (records(www={"A": {"alias": {**ALIAS, "zone_id": "/hostedzone/Z1"}}}), "it must be the ID of a hosted zone"),
        (
            records(www={"A": {"alias": {"name": "d1.cloudfront.net", "evaluate_target_health": True}}}),
            "Route 53 does not support it for a CloudFront distribution",
        ),
        # routing policies
        (weighted(blue={"values": "192.0.2.1"}), "www.A.weighted.blue.weight is missing: give this record's share, from 0 to 255"),
        (weighted(blue={"values": "192.0.2.1", "weight": 256}), "it must be a whole number from 0 to 255"),
        (weighted(blue={"values": "192.0.2.1", "weight": 0}), "has no weight above 0, and Route 53 would choose all of them equally"),
        (weighted(blue={**ONE, "ttl": 60}), "all records of a name and type have the same; set it beside weighted"),
        (weighted(**{"a b": ONE}), "the name of a weighted record has at most 128 letters"),
        (weighted(blue={**ONE, "identifier": "green"}, green=ONE), "www.A.weighted.green describes www.example.com A green a second time"),
        (weighted(blue={**ONE, "health_check": "web"}), "it must be one of the zone's health_checks, or an ID; the zone describes none"),
        (weighted(blue={**ONE, "region": "eu-west-1"}), "weighted.blue.region is not a setting"),
        (weighted(), "www.A.weighted is missing: describe at least one record"),
        (records(www={"A": {"weighted": {"a": ONE}, "latency": {}}}), "has weighted and latency; the records of a name and type have one"),
        (records(www={"A": {"weighted": {"a": ONE}, "values": ["192.0.2.1"]}}), "has values beside weighted; move them into the records"),
        (records(www={"NS": {"weighted": {"a": {"values": HOST, "weight": 1}}}}), "name servers have no routing policy"),
        (records(www={"A": {"latency": {"ireland": "192.0.2.1"}}}), "a latency record is named after its region, such as eu-west-1"),
        (records(www={"A": {"latency": {"eu-west-1": {**ONE}}}}), "latency.eu-west-1.weight is not a setting"),
        (failover(third="192.0.2.1"), "the records are primary and secondary"),
        (failover(primary={"alias": HEALTHY}), "failover.secondary is missing: failover needs both records"),
        (failover(primary="192.0.2.1", secondary="192.0.2.2"), "primary.health_check is missing: without one, Route 53 never fails over"),
        (records(www={"CNAME": {"weighted": {"a": {"values": HOST, "weight": 1}}}, "A": "192.0.2.1"}), "a CNAME must be alone"),
        # health checks
        (checked(), "health_checks.web.host is missing: give the host name of the endpoint, or its address"),
        (checked(host="a b"), "'a b' is no label"),
        (checked(address="10.0.0.1"), "cannot reach a private address"),
        (checked(address="one"), "it must be an IP address such as 203.0.113.10"),
        (checked(host=HOST, protocol="udp"), "it must be one of https, http, tcp"),
        (checked(host=HOST, protocol="tcp"), "health_checks.web.port is missing: TCP has no default port"),
        (checked(host=HOST, protocol="tcp", port=1, path="/"), "a check by TCP only connects"),
        (checked(host=HOST, protocol="tcp", port=1, contains="ok"), "a check by TCP only connects"),
        (checked(host=HOST, path="health"), "it begins with a slash"),
        (checked(host=HOST, contains="x" * 256), "Route 53 looks for at most 255 characters"),
        (checked(host=HOST, interval=20), "Route 53 checks every 10 or every 30 seconds"),
        (checked(host=HOST, failures=11), "it must be a whole number from 1 to 10"),
        (checked(host=HOST, regions=["us-east-1", "eu-west-1"]), "Route 53 checks from at least 3 regions"),
        (checked(host=HOST, regions=["af-south-1"]), "Route 53 has checkers in us-east-1"),
        (
            {**weighted(blue={**ONE, "health_check": "wbe"}), **checked(host=HOST)},
            "is 'wbe', but it must be one of the zone's health_checks, or an ID; did you mean web?",
        ),
        # certificates
        (
            {"certificates": {"web": {"names": ["www.example.org"]}}},
            "dns_zones.main.certificates.web.names is 'www.example.org', but it is in none of the zones described here, so its validation "
            "record cannot be created; the public zones are example.com",
        ),
        ({"certificates": {"web": {"names": ["notexample.com"]}}}, "it is in none of the zones described here"),
        ({"certificates": {"web": {"names": ["a.*.example.com"]}}}, "an asterisk can only be the entire first label"),
        ({"certificates": {"web": {"names": ["*.*.example.com"]}}}, "an asterisk can only be the entire first label"),
        ({"certificates": {"web": {"names": ["*"]}}}, "an asterisk can only be the entire first label"),
        ({"certificates": {"web": {"names": ["*.com"]}}}, "a wildcard needs a domain below a top-level one"),
        ({"certificates": {"web": {"names": ["a_b.example.com"]}}}, "a certificate cannot have a name with an underscore"),
        ({"certificates": {"web": {"names": [HOST, "WWW.example.com."]}}}, "the list already contains it; list each once"),
        ({"certificates": {"web": {"names": [f"{'x' * 60}.example.com"]}}}, "the first name has at most 64 characters"),
        ({"certificates": {"web": {"names": []}}}, "it must be a list of at least one name"),
        ({"certificates": {"web": {"regions": ["us-east"]}}}, "it must be a region such as us-east-1"),
        ({"certificates": {"web": {"key_algorithm": "RSA_1024"}}}, "it must be one of RSA_2048, RSA_3072"),
    ],
)
def test_wrong_input_is_one_sentence(zone: dict[str, Any], said: str) -> None:
    found = problems(**zone)
    assert len(found) == 1, found
    assert said in found[0]
    assert "main" in found[0]


@pytest.mark.parametrize("private", [True, "true", "True"])
def test_a_zone_is_private_however_that_is_written(private: object) -> None:
    """A variable that comes from another template is text."""
    found = zones(inside={"domain": "internal", "private": private}, main={"domain": "example.com"})
    assert [(one.private, one.vpc_ids) for one in found.values()] == [(True, ("vpc-0123456789abcdef0",)), (False, ())]
    given = {"other": {"domain": "example.com", "private": private}, "main": {"domain": "example.net", **WEB}}
    assert "the public zones are example.net" in validate(given, "dns_zones", NETWORKS, "af-south-1")[1][0]


WEB = {"certificates": {"web": {"names": ["example.com"]}}}


def test_a_private_zone_without_a_vpc() -> None:
    found = validate({"inside": {"domain": "internal", "private": True}}, "dns_zones", {}, "")[1]
    assert found == [
        "dns_zones.inside.vpc_ids is missing: a private zone needs at least one VPC; name networks of the platform, or give IDs"
    ]


@pytest.mark.parametrize(
    ("second", "twice"),
    [
        ({"domain": "Example.com."}, True),
        ({"domain": "example.com", "private": True}, False),
        ({"domain": "example.org"}, False),
    ],
)
def test_one_zone_twice(second: dict[str, Any], twice: bool) -> None:
    found = validate({"main": {"domain": "example.com"}, "other": second}, "dns_zones", NETWORKS, "")[1]
    assert [text.partition(", but ")[2] for text in found] == (["dns_zones.main is the same zone; merge their records"] if twice else [])


def test_records_have_complete_names_and_canonical_values() -> None:
    given = {
        "@": {"MX": ["20 Mail.example.com.", "10 mx.example.com"], "CAA": "0 issue amazon.com", "TXT": "v=spf1 -all"},
        "WWW": {"CNAME": "example.com."},
        "*.apps": {"AAAA": {"values": ["2001:0DB8::0001"], "ttl": 60}},
        "_dmarc.mail": {"TXT": "v=DMARC1"},
        "api.dev": {"A": "192.0.2.1"},
        "api.Example.com": {"A": {"alias": {"name": "D1.cloudfront.net."}}},
    }
    found = zones(main={"domain": "Example.com.", "records": given})["main"].records
    assert {key: (one.ttl, one.values) for key, one in found.items() if one.alias is None} == {
        "example.com MX": (300, ("10 mx.example.com", "20 mail.example.com")),
        "example.com CAA": (300, ('0 issue "amazon.com"',)),
        "example.com TXT": (300, ("v=spf1 -all",)),
        "www.example.com CNAME": (300, ("example.com",)),
        "*.apps.example.com AAAA": (60, ("2001:db8::1",)),
        "api.dev.example.com A": (300, ("192.0.2.1",)),
        "_dmarc.mail.example.com TXT": (300, ("v=DMARC1",)),
    }
    alias = found["api.example.com A"].alias
    assert alias
    assert (alias.name, alias.zone_id, alias.evaluate_target_health) == ("d1.cloudfront.net", "Z2FDTNDATAQYW2", False)


def test_a_zone_is_delegated_by_the_nearest_public_zone_of_the_component() -> None:
    found = zones(
        top={"domain": "example.com"},
        dev={"domain": "dev.example.com"},
        deep={"domain": "a.b.dev.example.com"},
        alone={"domain": "other.example.com", "delegate": False},
        inside={"domain": "x.example.com", "private": True},
    )
    assert {name: zone.parent for name, zone in found.items()} == {"top": "", "dev": "top", "deep": "dev", "alone": "", "inside": ""}


def test_certificates_by_default_cover_the_zone_in_the_component_s_region() -> None:
    given = {
        "main": {"domain": "example.com", "certificates": {"web": {}, "edge": {"names": ["example.com"], "regions": ["us-east-1"]}}},
        "dev": {"domain": "dev.example.com", "certificates": {"web": {"names": ["dev.example.com", "*.dev.example.com", "example.com"]}}},
        "two": {"domain": "example.org", "certificates": {"web": {"regions": ["af-south-1", "us-east-1"]}}},
    }
    found = zones(**given)
    web, edge = found["main"].certificates.values()
    assert (web.name, web.names, web.regions, web.domains) == ("main/web", ("example.com", "*.example.com"), ("",), {"example.com": "main"})
    assert edge.regions == ("us-east-1",)
    assert found["two"].certificates["web"].regions == ("", "us-east-1")
    assert found["dev"].certificates["web"].domains == {"dev.example.com": "dev", "example.com": "main"}


def test_records_with_routing_policies() -> None:
    check = "01234567-89ab-cdef-0123-456789abcdef"
    entries = {
        "api": {"A": {"weighted": {"blue": ONE, "green": {**ONE, "weight": 0, "identifier": "Green_2"}}, "ttl": 30}},
        "app": {"CNAME": {"latency": {"eu-west-1": HOST, "us-east-1": {"values": "us.example.com", "health_check": check}}}},
        "www": {"A": {"failover": {"primary": {"alias": HEALTHY}, "secondary": "192.0.2.2"}}},
        "web": {"A": {"alias": {"name": "www.example.com"}}},
    }
    found = zones(main={"domain": "example.com", "records": entries})["main"].records
    assert {key: (one.ttl, dict(one.routing), one.health_check) for key, one in found.items() if one.routing} == {
        "api.example.com A blue": (30, {"weight": 1}, ""),
        "api.example.com A Green_2": (30, {"weight": 0}, ""),
        "app.example.com CNAME eu-west-1": (60, {"region": "eu-west-1"}, ""),
        "app.example.com CNAME us-east-1": (60, {"region": "us-east-1"}, check),
        "www.example.com A primary": (60, {"failover": "primary"}, ""),
        "www.example.com A secondary": (60, {"failover": "secondary"}, ""),
    }
