"""Zones, records, health checks, and certificates as Route 53 and ACM treat them, and moto does not."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from .conftest import CheckedCloud

A = {"Type": "A", "TTL": 60, "ResourceRecords": [{"Value": "192.0.2.1"}]}
WWW = {"Name": "www.example.com.", **A}
BLUE = {**WWW, "SetIdentifier": "blue", "Weight": 1}
IRELAND = {**WWW, "SetIdentifier": "ireland", "Region": "eu-west-1"}
PRIMARY = {**WWW, "SetIdentifier": "one", "Failover": "PRIMARY"}
CHECK = {"Type": "HTTPS", "FullyQualifiedDomainName": "www.example.com", "Port": 443, "ResourcePath": "/"}
REGIONS = ["eu-west-1", "sa-east-1", "us-east-1"]


@pytest.fixture
def route53(cloud: CheckedCloud) -> Any:
    return cloud.client("route53")


@pytest.fixture
def zone(route53: Any) -> str:
    created = route53.create_hosted_zone(Name="example.com", CallerReference="one")
    assert route53.get_change(Id=created["ChangeInfo"]["Id"])["ChangeInfo"]["Status"] == "INSYNC"
    return str(created["HostedZone"]["Id"]).rpartition("/")[2]


def change(route53: Any, zone: str, *changes: tuple[str, dict[str, Any]]) -> Any:
    batch = {"Changes": [{"Action": action, "ResourceRecordSet": record} for action, record in changes]}
    return route53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch=batch)


def records(route53: Any, zone: str) -> list[dict[str, Any]]:
    found = route53.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]
    return [one for one in found if one["Type"] not in ("NS", "SOA")]


REFUSED: dict[str, tuple[list[dict[str, Any]], list[tuple[str, dict[str, Any]]], str]] = {
    "created twice": ([WWW], [("CREATE", WWW)], "already exists"),
    "deleted with other values": ([WWW], [("DELETE", {**WWW, "TTL": 61})], "do not match"),
    "deleted with another weight": ([BLUE], [("DELETE", {**BLUE, "Weight": 2})], "do not match"),
    "deleted without its set identifier": ([BLUE], [("DELETE", WWW)], "not found"),
    "another zone": ([], [("CREATE", {**WWW, "Name": "www.example.org."})], "not permitted in zone"),
    "beside a CNAME": (
        [WWW],
        [("CREATE", {**WWW, "Type": "CNAME", "ResourceRecords": [{"Value": "a.b"}]})],
        "conflicts with other records",
    ),
    "a text without quotation marks": ([], [("CREATE", {**WWW, "Type": "TXT"})], "enclosed in quotation marks"),
    "a policy beside a simple record": ([WWW], [("CREATE", BLUE)], "another routing policy"),
    "two policies": ([BLUE], [("CREATE", IRELAND)], "another routing policy"),
    "a policy changed in place": (
        [BLUE],
        [("UPSERT", {**IRELAND, "SetIdentifier": "blue"})],
        "cannot be changed to another routing policy",
    ),
    "a region twice": ([IRELAND], [("CREATE", {**IRELAND, "SetIdentifier": "other"})], "same region or failover"),
    "two primaries": ([PRIMARY], [("CREATE", {**PRIMARY, "SetIdentifier": "other"})], "same region or failover"),
    "a policy without an identifier": ([], [("CREATE", {**WWW, "Weight": 1})], "needs a SetIdentifier"),
    "an unknown health check": ([], [("CREATE", {**PRIMARY, "HealthCheckId": "none"})], "No health check exists"),
    "one of several": ([WWW], [("CREATE", {**WWW, "Name": "a.example.com."}), ("CREATE", WWW)], "already exists"),
}
"""case -> records that exist, a change, and why Route 53 refuses it."""


@pytest.mark.parametrize("case", REFUSED)
def test_a_refused_change_changes_nothing(route53: Any, zone: str, case: str) -> None:
    there, changes, reason = REFUSED[case]
    if there:
        change(route53, zone, *(("CREATE", one) for one in there))
    before = records(route53, zone)
    with pytest.raises(ClientError, match=reason):
        change(route53, zone, *changes)
    assert records(route53, zone) == before


def test_a_policy_is_replaced_in_one_call(route53: Any, zone: str) -> None:
    change(route53, zone, ("CREATE", WWW))
    change(route53, zone, ("DELETE", WWW), ("CREATE", BLUE), ("CREATE", {**BLUE, "SetIdentifier": "green", "Weight": 0}))
    assert [(one["SetIdentifier"], one["Weight"]) for one in records(route53, zone)] == [("blue", 1), ("green", 0)]
    change(route53, zone, ("UPSERT", {**BLUE, "Weight": 9}))
    assert [one["Weight"] for one in records(route53, zone)] == [9, 0]
    with pytest.raises(ClientError, match="HostedZoneNotEmpty"):
        route53.delete_hosted_zone(Id=zone)


def test_a_health_check_has_one_caller_reference_and_keeps_what_an_update_does_not_name(route53: Any) -> None:
    config = {**CHECK, "Regions": REGIONS}
    made = route53.create_health_check(CallerReference="one", HealthCheckConfig=config)["HealthCheck"]["Id"]
    assert route53.create_health_check(CallerReference="one", HealthCheckConfig=config)["HealthCheck"]["Id"] == made
    with pytest.raises(ClientError, match="HealthCheckAlreadyExists"):
        route53.create_health_check(CallerReference="one", HealthCheckConfig={**config, "Port": 8443})
    route53.update_health_check(HealthCheckId=made, FailureThreshold=5)
    found = route53.get_health_check(HealthCheckId=made)["HealthCheck"]["HealthCheckConfig"]
    assert (found["FailureThreshold"], found["ResourcePath"], sorted(found["Regions"])) == (5, "/", REGIONS)
    route53.update_health_check(HealthCheckId=made, ResetElements=["Regions", "ResourcePath"])
    found = route53.get_health_check(HealthCheckId=made)["HealthCheck"]["HealthCheckConfig"]
    assert not {"Regions", "ResourcePath"} & set(found)
    route53.delete_health_check(HealthCheckId=made)
    assert route53.list_health_checks()["HealthChecks"] == []
    with pytest.raises(ClientError, match="NoSuchHealthCheck"):
        route53.delete_health_check(HealthCheckId=made)


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        ({"Type": "HTTP", "Port": 80}, "Either an IP address or a fully qualified domain name"),
        ({**CHECK, "SearchString": "ok"}, "must not have a search string"),
        ({**CHECK, "Type": "HTTPS_STR_MATCH"}, "must have a search string"),
        ({**CHECK, "Type": "TCP"}, "no resource path"),
        ({**CHECK, "Type": "HTTP", "EnableSNI": True}, "HTTPS health checks only"),
    ],
)
def test_a_wrong_health_check_is_refused(route53: Any, config: dict[str, Any], reason: str) -> None:
    with pytest.raises(ClientError, match=reason):
        route53.create_health_check(CallerReference="one", HealthCheckConfig=config)
    assert route53.list_health_checks()["HealthChecks"] == []


def test_certificates_count_against_the_quotas(cloud: CheckedCloud) -> None:
    acm = cloud.client("acm")
    cloud.admin.settings(quotas={"acm_certificates": 1, "names_per_acm_certificate": 2})
    with pytest.raises(ClientError, match="LimitExceededException"):
        acm.request_certificate(DomainName="a.example", SubjectAlternativeNames=["b.example", "c.example"], ValidationMethod="DNS")
    acm.request_certificate(DomainName="a.example", SubjectAlternativeNames=["b.example"], ValidationMethod="DNS")
    with pytest.raises(ClientError, match="LimitExceededException"):
        acm.request_certificate(DomainName="d.example", ValidationMethod="DNS")
