# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The modules as users run them: existing zones and certificates are adopted, renamed, looked up, and given back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rehearsal.testing import Cloud
from tests.integration.module_runs import ModuleRuns

from .support import ACCOUNT, REGION

OWNER = {"environment": "prod", "component": "dns", "region": REGION, "expected_account_id": ACCOUNT}
FAST = {"poll_interval": 0.05, "settle_seconds": 1.0}
RECORD = {"Name": "www.example.com.", "Type": "A", "TTL": 60, "ResourceRecords": [{"Value": "192.0.2.1"}]}
WEIGHTED = {**RECORD, "Name": "api.example.com.", "SetIdentifier": "Blue.one", "Weight": 5}


class Modules:
    """Calls of the modules in one cloud."""

    def __init__(self, cloud: Cloud, folder: Path) -> None:
        self.runs = ModuleRuns(cloud, folder)

    def call(self, zones: Any, role: str = "apply", **options: Any) -> dict[str, Any]:
        return self.runs.run_module("route53_zones", {**OWNER, **FAST, "zones": zones, **options}, role)

    def changes(self, zones: Any, **options: Any) -> dict[str, str]:
        """The verbs of a plan that is not empty, by address."""
        found = self.call(zones, "plan", **options)
        assert not found.get("failed"), found
        return {one["address"]: one["action"] for one in found["plan"]["actions"] if one["action"] != "unchanged"}


@pytest.fixture
def modules(cloud: Cloud, tmp_path: Path) -> Modules:
    return Modules(cloud, tmp_path)


def by_hand(cloud: Cloud) -> tuple[str, str, str]:
    """A zone with records, a certificate with its validation record, and a health check of somebody's: their IDs."""
    route53, acm = cloud.client("route53"), cloud.client("acm")
    zone = route53.create_hosted_zone(Name="example.com", CallerReference="by hand")["HostedZone"]["Id"].rpartition("/")[2]
    arn = acm.request_certificate(DomainName="example.com", SubjectAlternativeNames=["*.example.com"], ValidationMethod="DNS")[
        "CertificateArn"
    ]
    record = acm.describe_certificate(CertificateArn=arn)["Certificate"]["DomainValidationOptions"][0]["ResourceRecord"]
    validation = {"Name": record["Name"], "Type": "CNAME", "TTL": 300, "ResourceRecords": [{"Value": record["Value"]}]}
    made = [{"Action": "CREATE", "ResourceRecordSet": one} for one in (RECORD, validation)]
    route53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": made})
    config = {"Type": "HTTPS", "FullyQualifiedDomainName": "www.example.com", "Port": 443, "ResourcePath": "/", "EnableSNI": True}
    check = route53.create_health_check(CallerReference="by hand", HealthCheckConfig=config)["HealthCheck"]["Id"]
    return zone, arn, check


def test_what_was_made_by_hand_is_adopted_renamed_and_looked_up(cloud: Cloud, modules: Modules) -> None:
    """The records stay those of others until they are adopted, too, and the validation record is not made again."""
    zone, arn, check = by_hand(cloud)
    described = {
        "main": {
            "domain": "example.com",
            "records": {"www": {"A": {"values": "192.0.2.1", "ttl": 60}}},
            "health_checks": {"web": {"host": "www.example.com"}},
            "certificates": {"web": {}},
        }
    }
    held = modules.call(described)
    assert held["failed"]
    assert f"hosted_zone.main: {zone}" in str(held), "the conflict names the entry that adopts it"
    adopt = {"hosted_zone.main": zone, "certificate.main/web": arn, "health_check.main/web": check}
    refused = modules.call(described, adopt=adopt)
    assert refused["failed"]
    assert "www.example.com A, which exists in example.com and is not ours; set adopt: true" in str(refused)

    described["main"]["adopt_records"] = True
    assert modules.changes(described, adopt=adopt) == dict.fromkeys(adopt, "update")
    done = modules.call(described, adopt=adopt)
    assert not done.get("failed"), done
    assert modules.changes(described, adopt=adopt) == {}
    assert (done["outputs"]["zones"]["main"]["id"], done["outputs"]["zones"]["main"]["certificates"]["web"]["arn"]) == (zone, arn)
    found = cloud.client("route53").list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]
    assert len([one for one in found if one["Type"] == "CNAME"]) == 1

    renamed = {"core": described["main"]}
    assert set(modules.changes(renamed, moved={"main": "core"}).values()) == {"update"}
    assert not modules.call(renamed, moved={"main": "core"}).get("failed")
    info = modules.runs.run_module("route53_zones_info", {**OWNER}, "plan")
    assert info["outputs"]["zones"]["core"]["health_checks"] == {"web": {"id": check}}
    assert info["outputs"]["zones"]["core"]["certificates"]["web"]["arns"] == {REGION: arn}


def test_another_policy_is_adopted_by_its_set_identifier(cloud: Cloud, modules: Modules) -> None:
    """Once it is ours, it can get other weights. A region of its own is a change of the policy."""
    route53 = cloud.client("route53")
    zone = route53.create_hosted_zone(Name="example.com", CallerReference="by hand")["HostedZone"]["Id"].rpartition("/")[2]
    route53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": [{"Action": "CREATE", "ResourceRecordSet": WEIGHTED}]})
    blue = {"values": "192.0.2.1", "weight": 7, "identifier": "Blue.one"}
    described = {"main": {"domain": "example.com", "records": {"api": {"A": {"weighted": {"blue": blue}}}}}}
    adopt = {"hosted_zone.main": zone}
    assert "api.example.com A Blue.one, which exists in example.com and is not ours" in str(modules.call(described, adopt=adopt))
    described["main"]["adopt_records"] = True
    assert not modules.call(described, adopt=adopt).get("failed")
    (there,) = [
        one for one in route53.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"] if one["Name"] == "api.example.com."
    ]
    assert (there["Weight"], there["TTL"]) == (7, 60)
