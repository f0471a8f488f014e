# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The smallest zone and certificate, for tests that create, change and delete one of each kind."""

from __future__ import annotations

from ...aws.operations import Operation
from ...aws.place import Place
from ...aws.samples import Drift, Sample
from ...reconcile.model import Resource, ref
from .records.changes import sent

DOMAIN = "sample.example.com"
ONE, TWO = {"team": "one"}, {"team": "two"}


def samples(_place: Place) -> tuple[Sample, ...]:
    return (health_check(), zone(), certificate())


def zone_resource(name: str = "sample", domain: str = DOMAIN, **more: object) -> Resource:
    properties = {"zone_name": domain, "private": False, "comment": "one", "records": {}, "owner_tags": True, "tags": {}}
    return Resource("hosted_zone", name, {**properties, **more})


def record(*values: str, ttl: int = 300) -> dict[str, object]:
    return {"ttl": ttl, "values": list(values)}


def health_check_resource(**more: object) -> Resource:
    properties = {
        "type": "HTTPS_STR_MATCH",
        "request_interval": 30,
        "by_address": False,
        "fqdn": f"www.{DOMAIN}",
        "port": 443,
        "resource_path": "/",
        "search_string": "ready",
        "failure_threshold": 3,
        "enable_sni": True,
        "inverted": False,
        "disabled": False,
        "regions": [],
        "owner_tags": True,
        "tags": ONE,
    }
    return Resource("health_check", "sample/web", {**properties, **more})


def health_check() -> Sample:
    regions = ["eu-west-1", "us-east-1", "us-west-1"]
    return Sample(
        health_check_resource(regions=regions),
        change={"resource_path": "/health", "search_string": "ok", "failure_threshold": 2, "inverted": True, "regions": [], "tags": TWO},
        drift=Drift(
            Operation("route53", "update_health_check"), lambda one: {"HealthCheckId": one.id, "FailureThreshold": 9}, "failure_threshold"
        ),
    )


def zone() -> Sample:
    """One record is changed, one is deleted, one is created; one is changed by hand."""
    before = {f"www.{DOMAIN} A": record("192.0.2.1"), f"old.{DOMAIN} TXT": record("one")}
    by_hand = sent(f"www.{DOMAIN} A", record("192.0.2.9"))
    after = {f"www.{DOMAIN} A": record("192.0.2.2"), f"*.{DOMAIN} CNAME": record(f"www.{DOMAIN}")}
    return Sample(
        zone_resource(records=before, tags=ONE),
        change={"records": after, "comment": "two", "tags": TWO},
        drift=Drift(
            Operation("route53", "change_resource_record_sets"),
            lambda one: {"HostedZoneId": one.id, "ChangeBatch": {"Changes": [{"Action": "UPSERT", "ResourceRecordSet": by_hand}]}},
            "records",
        ),
    )


def certificate_resource(name: str = "sample", **more: object) -> Resource:
    properties = {
        "domain_name": DOMAIN,
        "subject_alternative_names": [DOMAIN, f"*.{DOMAIN}"],
        "key_algorithm": "RSA_2048",
        "validation": {DOMAIN: ref("hosted_zone.sample")},
        "status": "ISSUED",
        "tags": ONE,
    }
    return Resource("certificate", name, {**properties, **more})


def certificate() -> Sample:
    return Sample(
        certificate_resource(),
        needs=(zone_resource(),),
        change={"tags": TWO},
        drift=Drift(
            Operation("acm", "add_tags_to_certificate"),
            lambda one: {"CertificateArn": one.id, "Tags": [{"Key": "team", "Value": "by hand"}]},
            "tags",
        ),
    )
