"""A zone with many records: the input of both subjects, and the account's zones without what only one of the subjects can have."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ansible_collections.mainstay.aws.plugins.module_utils.aws.place import Place

DOMAIN = "bench.example"
REGISTER = "_mainstay."
"""How the name of this collection's own record begins, which says which records are its."""

Item = tuple[str, ...]


def records(count: int) -> dict[str, tuple[str, str]]:
    """name -> type and value of this many records: half of them addresses, a quarter other names, a quarter texts."""
    found = {}
    for number in range(count):
        name = f"r{number:04}"
        sort = ("A", "CNAME", "A", "TXT")[number % 4]
        found[name] = sort, {"A": f"192.0.2.{number % 250 + 1}", "CNAME": f"other{number}.{DOMAIN}", "TXT": f"v=bench{number}"}[sort]
    return found


def for_role(count: int) -> dict[str, Any]:
    """Variables of the role dns."""
    zone = {"domain": DOMAIN, "records": {name: {sort: value} for name, (sort, value) in records(count).items()}}
    return {"dns_zones": {"main": zone}}


def for_terraform(count: int, _place: Place) -> dict[str, Any]:
    """The same as variables of terraform/zone/main.tf."""
    return {"domain": DOMAIN, "records": {name: {"type": sort, "values": [value]} for name, (sort, value) in records(count).items()}}


def zones(route53: Any) -> Iterator[Item]:
    for zone in route53.list_hosted_zones()["HostedZones"]:
        yield zone["Name"], f"private {zone['Config']['PrivateZone']}"


def zone_records(route53: Any) -> Iterator[Item]:
    """Without Route 53's own, and without the register."""
    for zone in route53.list_hosted_zones()["HostedZones"]:
        pages = route53.get_paginator("list_resource_record_sets").paginate(HostedZoneId=zone["Id"])
        for record in (one for page in pages for one in page["ResourceRecordSets"]):
            own = record["Name"] == zone["Name"] and record["Type"] in ("NS", "SOA")
            if not own and not record["Name"].startswith(REGISTER):
                values = sorted(value["Value"].rstrip(".") for value in record["ResourceRecords"])
                yield record["Name"], record["Type"], str(record["TTL"]), *values
