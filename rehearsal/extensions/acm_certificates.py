"""Certificates that are issued once their validation records exist in a public zone of the account, and not before.

moto issues every certificate after a minute, and names the same validation record for all of them. Public zones count as delegated. ACM
gives up after 72 hours; the setting `clock_ahead_seconds` makes that happen.
"""

from __future__ import annotations

import hashlib
import time
from datetime import timedelta
from typing import Any

from rehearsal.extensions.route53_common import normal, targets
from rehearsal.registry import Call, adjusts, answers, backend, refuses
from rehearsal.replies import Refusal
from rehearsal.transitions import delays

GIVES_UP_AFTER = timedelta(hours=72)
DEFAULT_KEY_TYPES = ("RSA_1024", "RSA_2048")
PENDING = "PENDING_VALIDATION"


def validation_record(account_id: str, name: str) -> dict[str, str]:
    """The record for a name: the same for its wildcard, and in all regions of an account."""
    domain = name.removeprefix("*.").lower()
    first, second = (hashlib.sha256(f"{part} {account_id} {domain}".encode()).hexdigest()[:32] for part in ("name", "value"))
    return {"Name": f"_{first}.{domain}.", "Type": "CNAME", "Value": f"_{second}.rehearsal.acm-validations.aws."}


def account_of(certificate: Any) -> str:
    return str(certificate.arn).split(":")[4]


def is_validated(certificate: Any) -> bool:
    """Whether all its validation records exist."""
    account_id = account_of(certificate)
    zones = backend("route53", account_id, "us-east-1")
    wanted = [validation_record(account_id, name) for name in {*certificate.sans, certificate.common_name}]
    return all(normal(one["Value"]) in targets(zones, one["Name"]) for one in wanted)


def check(certificate: Any) -> None:
    """Issues a pending certificate, the usual delay after its records exist, or gives it up."""
    from moto.core.utils import utcnow

    if certificate.type != "AMAZON_ISSUED" or certificate.status != PENDING:
        return
    if utcnow() + timedelta(seconds=delays.clock_ahead_seconds) - certificate.created_at > GIVES_UP_AFTER:
        certificate.status = "VALIDATION_TIMED_OUT"
    elif not is_validated(certificate):
        vars(certificate).pop("_rehearsal_validated", None)
    else:
        since = vars(certificate).setdefault("_rehearsal_validated", time.monotonic())
        if time.monotonic() - since >= delays.seconds_for("acm_certificate"):
            certificate.status = "ISSUED"


@adjusts("acm")
def validate_by_dns() -> None:
    from moto.acm.models import AWSCertificateManagerBackend, CertBundle

    described, listed = CertBundle.describe, AWSCertificateManagerBackend.list_certificates

    def describe(self: Any) -> dict[str, Any]:
        found = described(self)
        certificate = found["Certificate"]
        if algorithm := vars(self).get("_rehearsal_key_algorithm"):
            certificate["KeyAlgorithm"] = algorithm
        for option in certificate.get("DomainValidationOptions") or []:
            option["ResourceRecord"] = validation_record(account_of(self), option["DomainName"])
        if self.status != "ISSUED" and self.type == "AMAZON_ISSUED":
            certificate.pop("IssuedAt", None)
        return found

    def list_certificates(self: Any, statuses: list[str], includes: dict[str, Any]) -> Any:
        return listed(self, statuses, {"keyTypes": list(DEFAULT_KEY_TYPES), **(includes or {})})

    CertBundle.check = check
    CertBundle.describe = describe
    AWSCertificateManagerBackend.list_certificates = list_certificates


@answers("acm", "RequestCertificate")
def request(call: Call) -> Any:
    name = str(call.get("DomainName") or "")
    if call.get("ValidationMethod", "EMAIL") != "DNS":
        raise Refusal("InvalidParameterException", "The rehearsal validates certificates by DNS only.")
    if len(name) > 64:
        raise Refusal("InvalidParameterException", "The first domain name can be no longer than 64 characters.")
    names = list(call.get("SubjectAlternativeNames") or [])
    arn = call.backend.request_certificate(name, call.get("IdempotencyToken"), names, list(call.get("Tags") or []))
    certificate = call.backend._certificates[arn]
    vars(certificate).setdefault("_rehearsal_key_algorithm", call.get("KeyAlgorithm") or "RSA_2048")
    return {"CertificateArn": arn}


@refuses("acm", "RequestCertificate")
def over_quota(call: Call) -> None:
    """The number of certificates, and of the names of one."""
    names = {call.get("DomainName"), *(call.get("SubjectAlternativeNames") or [])}
    there = sum(one.type == "AMAZON_ISSUED" for one in call.backend._certificates.values())
    for quota, count in (("acm_certificates", there + 1), ("names_per_acm_certificate", len(names))):
        limit = call.settings.quotas.get(quota)
        if limit is not None and count > limit:
            raise Refusal("LimitExceededException", f"Error: you have reached your limit of {limit} {quota.replace('_', ' ')}.")


@refuses("acm", "DeleteCertificate")
def in_use(call: Call) -> None:
    certificate = call.backend._certificates.get(call.get("CertificateArn"))
    if certificate is not None and certificate.in_use_by:
        raise Refusal("ResourceInUseException", f"Certificate {certificate.arn} in account {call.account_id} is in use.")
