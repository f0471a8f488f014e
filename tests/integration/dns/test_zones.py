# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The life of zones and certificates: a plan from nothing, an apply, and what others do in the same zones."""

from __future__ import annotations

from typing import Any

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
