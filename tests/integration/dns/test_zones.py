# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The life of zones and certificates: a plan from nothing, an apply, and what others do in the same zones."""

from __future__ import annotations

from typing import Any

from ansible_collections.mainstay.aws.plugins.module_utils.component.quota_reads import check
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.waiting import Patience
from tests.integration.site import Requests, summary, touched

from .support import REGION, Site

ZONES: dict[str, Any] = {
    "main": {
        "domain": "example.com",
        "records": {
            "@": {"MX": ["10 mx.example.net"], "TXT": "v=spf1 -all"},
            "www": {"A": ["192.0.2.1"]},
            "*.apps": {"A": {"alias": {"name": "www.example.com"}}},
            "key._domainkey": {"TXT": "v=DKIM1; p=" + "A" * 300},
        },
        "certificates": {"web": {"regions": [REGION, "us-east-1"]}, "api": {"names": ["api.example.com", "dev.example.com"]}},
    },
    "dev": {"domain": "dev.example.com"},
}
WWW = {"Name": "www.example.com.", "Type": "A", "TTL": 300}
BY_HAND = {"Name": "other.example.com.", "Type": "A", "TTL": 60, "ResourceRecords": [{"Value": "192.0.2.7"}]}


def change(site: Site, action: str, record: dict[str, Any], zone: str = "main") -> None:
    """A change by hand."""
    batch = {"Changes": [{"Action": action, "ResourceRecordSet": record}]}
    site.cloud.client("route53").change_resource_record_sets(HostedZoneId=site.ids()[f"hosted_zone.{zone}"], ChangeBatch=batch)


def without(zones: dict[str, Any], *keys: str) -> dict[str, Any]:
    """The zones without certificates of the first one."""
    certificates = {name: one for name, one in zones["main"]["certificates"].items() if name not in keys}
    return {**zones, "main": {**zones["main"], "certificates": certificates}}


def validations(site: Site) -> list[str]:
    return [key for key, values in site.records("main").items() if any("acm-validations.aws" in value for value in values)]


def test_the_whole_life(site: Site) -> None:
    planned = summary(site.plan(site.desired(ZONES)))
    assert planned == dict.fromkeys(
        ["certificate.main/api", "certificate.main/web", "certificate.main/web/us-east-1", "hosted_zone.dev", "hosted_zone.main"], "create"
    )
    site.apply(site.desired(ZONES))
    records = site.records("main")
    assert records["www.example.com. A"] == ["192.0.2.1"]
    assert records["key._domainkey.example.com. TXT"] == [f'"v=DKIM1; p={"A" * 244}" "{"A" * 56}"']
    zone = site.cloud.client("route53").get_hosted_zone(Id=site.ids()["hosted_zone.dev"])
    assert records["dev.example.com. NS"] == sorted(zone["DelegationSet"]["NameServers"])
    assert len(validations(site)) == 2, "one for the zone's name in both regions, one for api"
    requests = Requests(site.cloud)
    assert summary(site.plan(site.desired(ZONES))) == {}
    site.apply(site.desired(ZONES))
    assert requests.changes() == []

    # a certificate leaves with the record that no other one needs
    site.apply(site.desired(without(ZONES, "api")), purge=["certificate.*"])
    assert len(validations(site)) == 1
    one_region = {**ZONES, "main": {**ZONES["main"], "certificates": {"web": {"regions": ["us-east-1"]}}}}
    site.apply(site.desired(one_region), purge=["certificate.*"])
    assert len(validations(site)) == 1
    assert summary(site.plan(site.desired(one_region))) == {}

    site.apply([], purge=["*"])
    assert site.cloud.client("route53").list_hosted_zones()["HostedZones"] == []
    assert site.cloud.client("acm", region="us-east-1").list_certificates()["CertificateSummaryList"] == []


def test_records_of_others_are_left_alone_and_ours_are_restored(site: Site) -> None:
    zones = without(ZONES, "web", "api")
    site.apply(site.desired(zones))
    change(site, "CREATE", BY_HAND)
    assert summary(site.plan(site.desired(zones))) == {}
    change(site, "UPSERT", {**WWW, "ResourceRecords": [{"Value": "192.0.2.66"}]})
    assert touched(site.plan(site.desired(zones))) == {"hosted_zone.main": {"records"}}
    site.apply(site.desired(zones))
    assert (site.records("main")["www.example.com. A"], site.records("main")["other.example.com. A"]) == (["192.0.2.1"], ["192.0.2.7"])

    described = {**zones, "main": {**zones["main"], "records": {**zones["main"]["records"], "other": {"A": "192.0.2.8"}}}}
    (said,) = site.problems(described)
    assert said.startswith(
        "zones.main.records.other.A is other.example.com A, which exists in example.com and is not ours; set adopt: true"
    )
    described["main"]["records"]["other"] = {"A": {"values": "192.0.2.8", "adopt": True}}
    assert site.problems(described) == []
    site.apply(site.desired(described))
    assert site.records("main")["other.example.com. A"] == ["192.0.2.8"]
    site.apply(site.desired(zones))
    assert "other.example.com. A" not in site.records("main"), "once it is ours, it goes with its description"


def routed(policy: str, **entries: Any) -> dict[str, Any]:
    return {"main": {"domain": "example.com", "records": {"www": {"A": {policy: entries}}, "web": {"A": "192.0.2.9"}}}}


def test_routing_policies_change_in_one_call(site: Site) -> None:
    """From a simple record to weights, failover, and latency, and back: the old ones leave in the call that creates the new ones."""
    health = {"name": "web.example.com", "evaluate_target_health": True}
    steps = [
        {"main": {"domain": "example.com", "records": {"www": {"A": "192.0.2.1"}, "web": {"A": "192.0.2.9"}}}},
        routed("weighted", blue={"values": "192.0.2.1", "weight": 1}, green={"values": "192.0.2.2", "weight": 0}),
        routed("weighted", blue={"values": "192.0.2.1", "weight": 0}, green={"values": "192.0.2.2", "weight": 9}),
        routed("failover", primary={"alias": health}, secondary="192.0.2.2"),
        routed(
            "failover", primary={"alias": health, "identifier": "secondary"}, secondary={"values": "192.0.2.2", "identifier": "primary"}
        ),
        routed("latency", **{"eu-west-1": "192.0.2.1", "us-east-1": "192.0.2.2"}),
    ]
    for zones in [*steps, steps[0]]:
        requests = Requests(site.cloud)
        site.apply(site.desired(zones))
        assert requests.changes().count("route53:ChangeResourceRecordSets") == 1
        assert summary(site.plan(site.desired(zones))) == {}


def test_a_health_check_comes_before_its_record_and_leaves_after_it(site: Site) -> None:
    primary, secondary = {"values": "192.0.2.1", "health_check": "web"}, "192.0.2.2"
    checked = routed("failover", primary=primary, secondary=secondary)
    checked["main"]["health_checks"] = {"web": {"host": "www.example.com", "path": "/health"}}
    planned = site.plan(site.desired(checked))
    assert summary(planned) == {"health_check.main/web": "create", "hosted_zone.main": "create"}
    site.apply(site.desired(checked))
    assert summary(site.plan(site.desired(checked))) == {}
    route53 = site.cloud.client("route53")
    (check,) = route53.list_health_checks()["HealthChecks"]
    found = route53.list_resource_record_sets(HostedZoneId=site.ids()["hosted_zone.main"])["ResourceRecordSets"]
    assert [one.get("HealthCheckId") for one in found if one.get("Failover") == "PRIMARY"] == [check["Id"]]

    requests = Requests(site.cloud)
    site.apply(site.desired(routed("weighted", all={"values": "192.0.2.1", "weight": 1})), purge=["health_check.*"])
    assert requests.changes() == ["route53:ChangeResourceRecordSets", "route53:DeleteHealthCheck"]
    site.apply(site.desired(checked))
    site.apply([], purge=["*"])
    assert route53.list_health_checks()["HealthChecks"] == []


def test_a_health_check_that_was_not_tagged_yet_is_ours(site: Site) -> None:
    """Its caller reference says so. Where nothing describes it any more, it is found all the same."""
    checks = {"main": {"domain": "example.com", "health_checks": {"web": {"host": "www.example.com"}}}}
    site.apply(site.desired(checks))
    route53, identity = site.cloud.client("route53"), site.ids()["health_check.main/web"]
    keys = ["mainstay:environment", "mainstay:component", "mainstay:address", "owner"]
    route53.change_tags_for_resource(ResourceType="healthcheck", ResourceId=identity, RemoveTagKeys=keys)
    assert touched(site.plan(site.desired(checks))) == {"health_check.main/web": {"owner_tags", "tags"}}
    site.domain_of(None, state="absent")
    site.apply([], purge=["*"])
    assert route53.list_health_checks()["HealthChecks"] == []


def test_another_owner_has_a_share_of_the_weight(site: Site) -> None:
    """A record with a set identifier of its own is left alone, and counts as foreign. A simple one of the same name is in the way."""
    blue = routed("weighted", blue={"values": "192.0.2.1", "weight": 1})
    site.apply(site.desired(blue))
    green = {**WWW, "TTL": 60, "SetIdentifier": "green", "Weight": 1, "ResourceRecords": [{"Value": "192.0.2.2"}]}
    change(site, "CREATE", green)
    assert (site.problems(blue), summary(site.plan(site.desired(blue)))) == ([], {})
    simple = {"main": {"domain": "example.com", "records": {"www": {"A": "192.0.2.1"}}}}
    (said,) = site.problems(simple)
    assert "www.example.com A green exists in example.com and is not ours; delete it first" in said
    (refusal,) = site.checked(site.plan([], purge=["*"])).refusals
    assert "www.example.com A green" in str(refusal)


def test_a_zone_with_records_of_others_is_not_deleted(site: Site) -> None:
    site.apply(site.desired({"main": {"domain": "example.com", "records": {"www": {"A": "192.0.2.1"}}}}))
    change(site, "CREATE", BY_HAND)
    plan = site.plan([], purge=["*"])
    (refusal,) = site.checked(plan).refusals
    assert "the zone has records that are not ours: other.example.com A" in str(refusal)
    change(site, "DELETE", BY_HAND)
    assert site.checked(site.plan([], purge=["*"])).refusals == []


def test_a_certificate_that_is_not_issued_names_the_name_servers(site: Site) -> None:
    """Its record is deleted as soon as it exists, as if nobody delegated to the zone. The next run continues."""
    site.cloud.admin.settings(transition_seconds={"default": 60})
    desired = site.desired({"main": {"domain": "example.com", "certificates": {"web": {}}}})
    result = site.try_apply(desired, patience=Patience(poll=0.02, settle=0.5, timeout=1.0))
    servers = site.cloud.client("route53").get_hosted_zone(Id=site.ids()["hosted_zone.main"])["DelegationSet"]["NameServers"]
    said = [str(one) for one in result.failures if one.address == "certificate.main/web"]
    assert len(said) == 1
    assert f"example.com must be delegated to {', '.join(sorted(servers))}" in said[0]
    assert touched(site.plan(desired))["certificate.main/web"] == {"status"}
    site.cloud.admin.settings(transition_seconds={})
    site.apply(desired)
    assert summary(site.plan(desired)) == {}


def test_certificates_count_against_the_quotas(site: Site) -> None:
    """In their own regions. Refused before the first call, as ACM would refuse the request."""
    site.cloud.admin.settings(quotas={"acm_certificates": 1, "names_per_acm_certificate": 2})
    names = {"names": ["example.com", "www.example.com", "api.example.com"]}
    zones = {"main": {"domain": "example.com", "certificates": {"web": names, "api": {}, "cdn": {"regions": ["us-east-1"]}}}}
    aws = site.aws("plan")
    try:
        desired = site.desired(zones)
        certain, _doubtful = check(site.plan(desired), site.kinds(), aws, REGION)
    finally:
        aws.close()
    said = sorted(str(one) for one in certain)
    assert [one.partition(" `")[0].partition("would exceed: ")[2] for one in said] == [
        "ACM certificates: 0 of 1 in use in eu-west-1, this run needs 2 more. Request 2 with",
        "domain names of an ACM certificate: certificate.main/web would have 3 (subject_alternative_names) of at most 2. Request 3 with",
    ]
    assert any("LimitExceeded" in str(one) for one in site.try_apply(desired).failures)


def test_a_zone_of_the_same_name_is_found(site: Site) -> None:
    """Route 53 would create a second one, which is never asked. The module reports the first one as a conflict."""
    existing = site.cloud.client("route53").create_hosted_zone(Name="example.com", CallerReference="by hand")["HostedZone"]["Id"]
    aws = site.aws("plan")
    try:
        held = site.kinds()["hosted_zone"].holder(aws, {"zone_name": "example.com", "private": False})
    finally:
        aws.close()
    assert held is not None
    assert (held.id, held.marked) == (existing.rpartition("/")[2], "")
