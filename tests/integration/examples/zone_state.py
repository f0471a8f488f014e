# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Zones and certificates in AWS, read through boto3 alone, and the checks of the rows about DNS in the requirements table."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Check = Callable[["ZoneState"], None]


class ZoneState:
    """An account's zones, and the certificates of a region."""

    def __init__(self, client: Callable[..., Any]) -> None:
        self.client = client

    def zones(self) -> dict[str, bool]:
        """domain -> whether it is private"""
        found = self.client("route53").list_hosted_zones()["HostedZones"]
        return {one["Name"].removesuffix("."): one["Config"]["PrivateZone"] for one in found}

    def issued(self, region: str) -> list[str]:
        """The main names of the issued certificates in a region."""
        found = self.client("acm", region=region).list_certificates(CertificateStatuses=["ISSUED"])["CertificateSummaryList"]
        return [one["DomainName"] for one in found]


def domain(name: str, *regions: str) -> Check:
    """A public zone, and a certificate for it in each of these regions."""

    def check(state: ZoneState) -> None:
        assert state.zones()[name] is False
        assert {region: state.issued(region) for region in regions} == {region: [name] for region in regions}

    return check
