# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The certificates of an account, as zones and certificates see them: which validation records they need."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ....aws.connection import Aws
from ....aws.elsewhere import everywhere
from ..records.domain_names import normal

KEY_TYPES = ("RSA_1024", "RSA_2048", "RSA_3072", "RSA_4096", "EC_prime256v1", "EC_secp384r1", "EC_secp521r1")
"""Without them, ListCertificates leaves out what is neither RSA_1024 nor RSA_2048 (ACM API Reference, ListCertificates)."""

LIVING = ("PENDING_VALIDATION", "ISSUED", "INACTIVE", "EXPIRED")
"""The statuses in which ACM looks at the validation record, now or for the next renewal."""


def certificates(aws: Aws) -> list[dict[str, Any]]:
    """The certificates of ACM's own authority in a region, described and with their tags, regardless of owner."""
    return aws.once("certificates", lambda: _certificates(aws))


def issued_by_amazon(aws: Aws) -> list[str]:
    """The ARNs of the certificates of ACM's own authority in a region, issued or not."""
    listed = aws.list_all("acm", "list_certificates", "CertificateSummaryList", Includes={"keyTypes": list(KEY_TYPES)})
    return [one["CertificateArn"] for one in listed if one.get("Type", "AMAZON_ISSUED") == "AMAZON_ISSUED"]


def _certificates(aws: Aws) -> list[dict[str, Any]]:
    arns = issued_by_amazon(aws)
    wanted = [(arn, call) for arn in arns for call in ("describe_certificate", "list_tags_for_certificate")]
    replies = iter(aws.map(lambda one: aws.find("acm", one[1], CertificateArn=one[0]), wanted))
    pairs = [(next(replies), next(replies)) for dummy in arns]
    return [{**described["Certificate"], "Tags": tags.get("Tags") or []} for described, tags in pairs if described and tags is not None]


def validation_records(raw: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """key -> ``{"domain", "value"}`` of each record that validates a certificate; none while ACM is still choosing them."""
    found = {}
    for option in raw.get("DomainValidationOptions") or []:
        record = option.get("ResourceRecord")
        if record:
            key = f"{normal(record['Name'])} {record['Type']}"
            found[key] = {"domain": option["DomainName"].removeprefix("*.").lower(), "value": normal(record["Value"])}
    return found


def needed_records(aws: Aws) -> frozenset[str]:
    """The keys of the validation records that certificates of the account need, in all regions of the call."""
    return needed_by(everywhere(aws, certificates))


def needed_by(raws: Sequence[Mapping[str, Any]], without: str = "") -> frozenset[str]:
    """The keys of the validation records that these certificates need, except one of them."""
    living = [raw for raw in raws if raw["CertificateArn"] != without and raw.get("Status") in LIVING]
    return frozenset(key for raw in living for key in validation_records(raw))
