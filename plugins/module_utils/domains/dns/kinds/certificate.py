# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Certificates of ACM, validated by DNS.

A certificate and its validation records are one resource: the records have its life. Making a certificate only requests it; finishing it
creates the records in our zones and waits until ACM has issued the certificate. Names that several certificates have, in other regions too,
share a record, which is deleted with the last certificate that needs it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from ....aws.canonical import sorted_strings
from ....aws.connection import Aws
from ....aws.named_kind import NamedCalls, NamedKind, Tagging
from ....aws.tags import tag_changes, tag_list
from ....reconcile.errors import CallFailed, NotYet
from ....reconcile.model import Observed, fixed, later
from ..records.changes import Contents, contents, is_validation, registering, sent, shown
from ..records.domain_names import normal
from . import limits, reads
from .usage import certificates, needed_by, validation_records

ISSUED, PENDING = "ISSUED", "PENDING_VALIDATION"
TTL = 300
PATIENCE = 30 * 60.0
"""Seconds until ACM has issued a certificate. It looks for the records about every minute once a zone is delegated."""

Places = Mapping[str, str]
"""domain -> the ID of the zone that has its validation record."""


def algorithm(value: str) -> str:
    """ACM describes RSA_2048 as RSA-2048."""
    return value.replace("-", "_")


class Certificate(NamedKind):
    """``domains``: those of the described zones. ``regions``: the component's further ones. ``patience``: seconds until it is issued."""

    name = "certificate"
    calls = NamedCalls(
        service="acm",
        list="list_certificates",
        items="CertificateSummaryList",
        describe="describe_certificate",
        create="request_certificate",
        item="Certificate",
        delete="delete_certificate",
        name="CertificateArn",
        id="CertificateArn",
        arn="CertificateArn",
        token="IdempotencyToken",  # noqa: S106 (the name of a parameter)
    )
    tagging = Tagging(
        tag="add_tags_to_certificate", untag="remove_tags_from_certificate", key="CertificateArn", read="list_tags_for_certificate"
    )
    operations = tuple(f"route53.{name}" for name in (*reads.OPERATIONS, "change_resource_record_sets"))
    named = False
    create_first = True
    elsewhere = True
    quotas = (limits.CERTIFICATES, limits.NAMES)
    status_member = "Status"
    states = {"failed": "failed", "validation_timed_out": "failed", "revoked": "failed"}

    domain_name = fixed(canonical=normal)
    subject_alternative_names = fixed(canonical=sorted_strings)
    key_algorithm = fixed(canonical=algorithm)
    validation = later()
    status = later()

    def __init__(self, domains: Collection[str] = (), regions: Collection[str] = (), patience: float = PATIENCE) -> None:
        super().__init__()
        self.domains = tuple(domains)
        self.regions = tuple(regions)
        self.timeouts = {"update": patience}

    # -- finding ---------------------------------------------------------------------------------------------------------------------

    def find(self, aws: Aws) -> list[Observed]:
        ours = [raw for raw in certificates(aws) if aws.owner.address(self.tags_of(raw)) is not None]
        if not ours:
            return []
        zones = [one for one in reads.zones(aws, self.domains) if "Records" in one and not reads.is_private(one)]
        there = {one["Id"]: contents(normal(one["Name"]), one["Records"], aws.owner) for one in zones}
        return self.observe_all(aws, [{**raw, "Validated": validated(raw, there)} for raw in ours])

    def why_not_adoptable(self, _aws: Aws, raw: Mapping[str, Any]) -> str:
        if raw.get("Type", "AMAZON_ISSUED") != "AMAZON_ISSUED":
            return "it is imported or private, and ACM does not renew it by a validation record"
        return f"{raw['ManagedBy']} manages it" if raw.get("ManagedBy") else ""

    # -- properties ------------------------------------------------------------------------------------------------------------------

    def attributes(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        return {**super().attributes(raw), "domain_name": raw.get("DomainName"), "in_use_by": sorted(raw.get("InUseBy") or [])}

    def get_subject_alternative_names(self, raw: Mapping[str, Any]) -> list[str]:
        return [normal(one) for one in raw.get("SubjectAlternativeNames") or []]

    def get_validation(self, raw: Mapping[str, Any]) -> dict[str, str] | None:
        return raw.get("Validated")

    def reason_of(self, raw: Mapping[str, Any]) -> str:
        reason = raw.get("FailureReason")
        return f"{raw.get('Status')}: {reason}" if reason else str(raw.get("Status") or "")

    def trouble_of(self, raw: Mapping[str, Any]) -> str:
        status, renewal = raw.get("Status"), raw.get("RenewalSummary") or {}
        if status in ("EXPIRED", "INACTIVE"):
            return f"the certificate is {status}: check that its zone is delegated and its validation record exists"
        if renewal.get("RenewalStatus") in ("PENDING_VALIDATION", "FAILED"):
            return f"its renewal is {renewal['RenewalStatus']}: check that its zone is delegated and its validation record exists"
        return ""

    # -- changing --------------------------------------------------------------------------------------------------------------------

    def create_params(self, _aws: Aws) -> dict[str, Any]:
        return {"ValidationMethod": "DNS"}

    def update(self, aws: Aws, seen: Observed, properties: Mapping[str, Any]) -> None:
        """Create the records, then wait until the certificate is issued. The engine calls again while it is not."""
        if seen.id not in aws.begun:
            if "validation" in properties:
                self.validate(aws, seen, properties["validation"] or {})
            if "tags" in properties:
                self.set_tags(aws, seen, properties["tags"])
        if "status" in properties:
            self._await_issue(aws, seen, properties.get("validation") or seen.properties.get("validation") or {})

    def _await_issue(self, aws: Aws, seen: Observed, places: Places) -> None:
        """Raise NotYet while ACM is validating. The message, composed once, names the name servers that must answer."""
        raw = self.describe(aws, {"CertificateArn": seen.id}) or {}
        if raw.get("Status") == ISSUED:
            aws.begun.pop(seen.id, None)
            return
        if raw.get("Status") != PENDING:
            raise CallFailed(
                f"ACM did not issue the certificate: {self.reason_of(raw)}",
                hint="Check that its zone is delegated, then request another one with platform_replace.",
            )
        if seen.id not in aws.begun:
            aws.begun[seen.id] = self._waiting_for(aws, places)
        raise NotYet(aws.begun[seen.id], "acm:DescribeCertificate", dependency=True)

    def set_tags(self, aws: Aws, seen: Observed, value: Mapping[str, str]) -> None:
        """ACM takes the names of tags to remove in the form of tags."""
        changed, dropped = tag_changes(seen.properties.get("tags", {}), value)
        if changed:
            aws.change("acm", self.tagging.tag, CertificateArn=seen.id, Tags=tag_list(changed))
        if dropped:
            aws.change("acm", self.tagging.untag, CertificateArn=seen.id, Tags=[{"Key": name} for name in dropped])

    def validate(self, aws: Aws, seen: Observed, places: Places) -> None:
        """Create the validation records that do not exist yet. Those of other owners are as good, and are left alone."""
        raw = self.describe(aws, {"CertificateArn": seen.id}) or {}
        wanted = validation_records(raw)
        if set(places) - {one["domain"] for one in wanted.values()}:
            raise NotYet("ACM is still choosing the validation records", "acm:DescribeCertificate", "NoValidationRecords", dependency=True)
        aws.begun.update(dict.fromkeys(wanted, seen.id))  # lists may not show this certificate yet: see delete
        for identity in sorted(set(places.values())):
            own = {key: one["value"] for key, one in wanted.items() if places.get(one["domain"]) == identity}
            self._publish(aws, identity, own)

    @staticmethod
    def _publish(aws: Aws, identity: str, wanted: Mapping[str, str]) -> None:
        """``wanted``: key -> target of the records of one zone."""
        with reads.lock_of(identity):
            there = _there(aws, identity)
            if there is None:
                raise NotYet(f"the zone {identity} does not exist", "route53:GetHostedZone", "NoSuchHostedZone")
            missing = {key: {"ttl": TTL, "values": [target]} for key, target in wanted.items() if _target(there, key) != target}
            if other := sorted(key for key in missing if key in there.records and key not in there.ours()):
                raise CallFailed(
                    f"the zone {there.domain} has a record {other[0]} with another value, which is not ours",
                    hint="ACM needs it to be the one that DescribeCertificate names; delete the other one, then run again.",
                )
            if not missing:
                return
            made = [
                {"Action": "UPSERT" if key in there.records else "CREATE", "ResourceRecordSet": sent(key, record)}
                for key, record in missing.items()
            ]
            reads.send(aws, identity, [[*made, *registering(there, aws.owner, missing)]])

    @staticmethod
    def _waiting_for(aws: Aws, places: Places) -> str:
        """What ACM waits for, with the name servers to which the zones must be delegated."""
        zones = [reads.described(aws, identity) for identity in sorted(set(places.values()))]
        servers = {normal(one["Name"]): sorted((one.get("DelegationSet") or {}).get("NameServers") or []) for one in zones if one}
        text = "; ".join(f"{domain} must be delegated to {', '.join(map(normal, names))}" for domain, names in servers.items())
        return f"ACM has not seen the validation records yet{': ' if text else ''}{text}"

    def delete(self, aws: Aws, seen: Observed) -> None:
        """Withdraw the records that no other certificate needs, then delete the certificate.

        In this order, an interrupted deletion is found again. While something uses the certificate, ACM needs its records to renew it.
        """
        raw = self.describe(aws, {"CertificateArn": seen.id})
        if raw is None:
            return
        if users := raw.get("InUseBy"):
            raise NotYet(f"it is used by {', '.join(sorted(users))}", "acm:DeleteCertificate", "ResourceInUseException", dependency=True)
        if places := seen.properties.get("validation"):
            regions = dict.fromkeys((aws.home, *self.regions, aws.region))
            others = [one for region in regions for one in certificates(aws.in_region(region))]
            needed = needed_by(others, seen.id) | {key for key, arn in aws.begun.items() if key.endswith(" CNAME") and arn != seen.id}
            for identity in sorted(set(places.values())):
                self._withdraw(aws, identity, [domain for domain, zone in places.items() if zone == identity], needed)
        super().delete(aws, seen)

    @staticmethod
    def _withdraw(aws: Aws, identity: str, domains: Collection[str], needed: Collection[str]) -> None:
        """Delete our validation records of these domains that no certificate needs."""
        with reads.lock_of(identity):
            there = _there(aws, identity)
            ours = there.ours() if there else {}
            gone = {
                key: raw
                for key, raw in ours.items()
                if is_validation(raw) and key not in needed and key.split(" ")[0].partition(".")[2] in domains
            }
            if there and gone:
                deleted = [{"Action": "DELETE", "ResourceRecordSet": dict(raw)} for raw in gone.values()]
                reads.send(aws, identity, [[*deleted, *registering(there, aws.owner, (), gone)]])


def _there(aws: Aws, identity: str) -> Contents | None:
    """What a zone has now; None if it does not exist."""
    zone = reads.described(aws, identity)
    return contents(normal(zone["Name"]), zone["Records"], aws.owner) if zone else None


def _target(there: Contents, key: str) -> str:
    """The target of a validation record; empty if there is none."""
    raw = there.records.get(key)
    values = shown(raw).get("values") if raw else None
    return str(values[0]) if values else ""


def validated(raw: Mapping[str, Any], there: Mapping[str, Contents]) -> dict[str, str]:
    """domain -> the zone that has its validation record, whoever created it. ``there``: our public zones by ID."""
    found = {}
    for key, one in validation_records(raw).items():
        where = next((identity for identity, zone in there.items() if _target(zone, key) == one["value"]), "")
        if where:
            found[one["domain"]] = where
    return found
