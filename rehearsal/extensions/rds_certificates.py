"""Certificate authorities of RDS: those that an account can choose from, and its default."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any

from rehearsal.extensions.rds_versions import CERTIFICATES
from rehearsal.query_api import filtered, page
from rehearsal.registry import Call, answers
from rehearsal.replies import Refusal

DEFAULT = CERTIFICATES[0]
_YEARS = {"rds-ca-rsa2048-g1": 2061, "rds-ca-rsa4096-g1": 2121, "rds-ca-ecc384-g1": 2121}


def valid_till(identifier: str) -> datetime:
    """When a server certificate ends: one year after it was issued; RDS renews it before."""
    today = datetime.now(UTC)
    return datetime(today.year + 1, today.month, min(today.day, 28), tzinfo=UTC)


def check(identifier: Any) -> str:
    if identifier not in CERTIFICATES:
        raise Refusal("CertificateNotFound", f"Certificate not found: {identifier}", 404)
    return str(identifier)


def default_of(call: Call) -> str:
    """The CA of new instances: ModifyCertificates can override AWS's default."""
    return str(call.backend.__dict__.get("rehearsal_default_certificate") or DEFAULT)


def _described(call: Call, name: str) -> dict[str, Any]:
    chosen = call.backend.__dict__.get("rehearsal_default_certificate")
    found: dict[str, Any] = {
        "CertificateIdentifier": name,
        "CertificateType": "CA",
        "Thumbprint": hashlib.sha1(f"{call.region}/{name}".encode(), usedforsecurity=False).hexdigest(),
        "ValidFrom": datetime(2021, 5, 21, tzinfo=UTC),
        "ValidTill": datetime(_YEARS[name], 5, 21, tzinfo=UTC),
        "CertificateArn": f"arn:aws:rds:{call.region}::cert:{name}",
        "CustomerOverride": chosen == name,
    }
    return found | ({"CustomerOverrideValidTill": found["ValidTill"]} if chosen == name else {})


@answers("rds", "DescribeCertificates")
def describe(call: Call) -> Any:
    names = [check(call.get("CertificateIdentifier"))] if call.get("CertificateIdentifier") else list(CERTIFICATES)
    found = page(call, "Certificates", filtered(call, [_described(call, name) for name in names], {}))
    return found | {"DefaultCertificateForNewLaunches": default_of(call)}


@answers("rds", "ModifyCertificates")
def modify(call: Call) -> Any:
    """The CA of new instances; instances that exist keep theirs."""
    if call.get("RemoveCustomerOverride"):
        call.backend.__dict__.pop("rehearsal_default_certificate", None)
        return {"Certificate": _described(call, DEFAULT)}
    name = check(call.get("CertificateIdentifier"))
    call.backend.__dict__["rehearsal_default_certificate"] = name
    return {"Certificate": _described(call, name)}
