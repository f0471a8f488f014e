"""Looks at the scenario's zones and certificates with boto3 alone."""

from __future__ import annotations

from typing import Any

import boto3
from expectations import expect

DOMAIN = "molecule.example.com"
REGIONS = ("us-east-1", "eu-west-1")


def zones() -> dict[str, str]:
    """domain -> ID"""
    return {one["Name"].removesuffix("."): one["Id"] for one in boto3.client("route53").list_hosted_zones()["HostedZones"]}


def records(identity: str) -> dict[tuple[str, str], Any]:
    """(name, type) -> values, or the target of an alias"""
    found = boto3.client("route53").list_resource_record_sets(HostedZoneId=identity)["ResourceRecordSets"]
    return {
        (one["Name"].removesuffix("."), one["Type"]): one.get("AliasTarget") or sorted(value["Value"] for value in one["ResourceRecords"])
        for one in found
    }


def running() -> None:
    """Records, the delegation, the private zone, and two issued certificates that share a validation record."""
    found = zones()
    expect("the zones", sorted(found), sorted([DOMAIN, f"dev.{DOMAIN}", "internal"]))
    main = records(found[DOMAIN])
    expect("www", main[f"www.{DOMAIN}", "A"], ["192.0.2.1", "192.0.2.2"])
    expect("the alias", main[f"\\052.apps.{DOMAIN}", "A"]["DNSName"], f"www.{DOMAIN}.")
    text = main[f"selector._domainkey.{DOMAIN}", "TXT"][0]
    expect("the key's strings", [len(part) for part in text.strip('"').split('" "')], [255, 56])
    servers = boto3.client("route53").get_hosted_zone(Id=found[f"dev.{DOMAIN}"])["DelegationSet"]["NameServers"]
    expect("the delegation", main[f"dev.{DOMAIN}", "NS"], sorted(servers))
    expect("the name in the private zone", records(found["internal"])["db.internal", "CNAME"], ["database.example.com"])
    validating = set()
    for region in REGIONS:
        acm = boto3.client("acm", region_name=region)
        (summary,) = acm.list_certificates()["CertificateSummaryList"]
        certificate = acm.describe_certificate(CertificateArn=summary["CertificateArn"])["Certificate"]
        expect(f"the certificate in {region}", certificate["Status"], "ISSUED")
        expect("its names", sorted(certificate["SubjectAlternativeNames"]), [f"*.{DOMAIN}", DOMAIN])
        validating |= {one["ResourceRecord"]["Name"].removesuffix(".") for one in certificate["DomainValidationOptions"]}
    expect("the number of validation records", len(validating), 1)
    expect("the validation record", [name for name, sort in main if name in validating], list(validating))


def removed() -> None:
    expect("the zones", zones(), {})
    for region in REGIONS:
        expect(f"the certificates in {region}", boto3.client("acm", region_name=region).list_certificates()["CertificateSummaryList"], [])
