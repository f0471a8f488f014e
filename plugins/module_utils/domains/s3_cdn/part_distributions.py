# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The part of the domain that distributes: CloudFront distributions, with their access controls, policies, and functions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from ...aws.connection import Aws
from ...aws.place import Place
from ...component.domain import Checked, Observation
from ...component.outputs import Attributes, split, value
from ...component.parts import Described
from ...inputs.problems import Problems, suggestion
from ...reconcile.errors import Failure
from ...reconcile.model import Kind, Resource, is_unknown
from ...reconcile.planner import Plan
from . import edge_mode
from .kinds.alias_records import RECORD_EXISTS, blocking, contents_of, zones
from .kinds.cloudfront import HOME
from .kinds.cloudfront_distribution import CloudFrontDistribution
from .kinds.cloudfront_function import CloudFrontFunction
from .kinds.cloudfront_policies import CachePolicy, OriginAccessControl, OriginRequestPolicy, ResponseHeadersPolicy
from .kinds.distribution_document import Headers
from .kinds.log_delivery import Delivery, DeliveryDestination, DeliverySource
from .kinds.vpc_origin import VpcOrigin
from .part import Granted, S3CdnPart
from .resources_distributions import address, build, grants, name_problems
from .settings.distributions import HEADERS, PLANNED_ZONES, Distribution, read_distributions
from .settings.origin_secrets import PREFIX

CERTIFICATES, PLANS, ZONES = "certificates of distributions", "flat-rate plans", "zones of aliases"
ON_A_PLAN = "FlatRatePlan"
DISTRIBUTION = {"id": "id", "arn": "arn", "domain_name": "domain_name", "hosted_zone_id": "hosted_zone_id"}
"""output -> attribute of cloudfront_distribution."""


class Distributions(S3CdnPart):
    """Distributions of buckets and other origins."""

    option = "distributions"

    def read(self, given: Any, problems: Problems) -> Mapping[str, Any]:
        found = read_distributions(given, self.option, self.context, problems, self.context.params.get(HEADERS))
        for one in found.values():
            problems.messages.extend(name_problems(one, self.context.environment, self.context.component))
        return found

    def check(self, described: Described, problems: Problems) -> None:
        """What refers to other parts, and what contradicts the chosen layout of the edge."""
        buckets, secrets = (described.get(name) or {} for name in ("buckets", "origin_secrets"))
        acls = [name for name, acl in (described.get("web_acls") or {}).items() if "cloudfront" in acl.scopes]
        for one in self._own(described).values():
            for origin in one.origins.values():
                if origin.bucket and origin.bucket not in buckets:
                    remedy = f"there is no such bucket in buckets; {suggestion(origin.bucket, list(buckets))}"
                    problems.add(f"{origin.path}.bucket", origin.bucket, remedy)
                if origin.secret and origin.secret not in secrets:
                    remedy = f"there is no such secret in origin_secrets; {suggestion(origin.secret, list(secrets))}"
                    problems.add(f"{origin.path}.origin_secret", origin.secret, remedy)
            if one.web_acl and one.web_acl not in acls:
                problems.add(
                    f"{one.path}.web_acl", one.web_acl, f"there is no such web ACL for CloudFront; {suggestion(one.web_acl, acls)}"
                )
            self._check_logs(one, buckets, problems)
        edge_mode.check(self.context.params.get(edge_mode.OPTION), described, problems)

    def _check_logs(self, one: Distribution, buckets: Mapping[str, Any], problems: Problems) -> None:
        if one.logs is None or not one.logs.bucket:
            return
        bucket = buckets.get(one.logs.bucket)
        if bucket is None:
            remedy = f"there is no such bucket in buckets; {suggestion(one.logs.bucket, list(buckets))}"
            problems.add(f"{one.logs.path}.bucket", one.logs.bucket, remedy)
        elif "cloudfront" not in bucket.access.logs_from:
            remedy = f"the bucket does not admit CloudFront's logs, which would be lost; add cloudfront to {bucket.path}.logs_from"
            problems.add(f"{one.logs.path}.bucket", one.logs.bucket, remedy)

    def kinds(self, described: Described) -> Sequence[Kind]:
        own = self._own(described)
        headers = {name: {origin.name: origin.headers for origin in one.origins.values()} for name, one in own.items()}
        moving = {name: one.moved for name, one in own.items() if one.moved}
        return (
            OriginAccessControl(),
            CachePolicy(),
            OriginRequestPolicy(),
            ResponseHeadersPolicy(),
            CloudFrontFunction(),
            VpcOrigin(),
            CloudFrontDistribution(headers, moving, {zone for one in own.values() for zone in one.zones}, self._secrets(own)),
            DeliverySource(),
            DeliveryDestination(),
            Delivery(),
        )

    def _secrets(self, own: Mapping[str, Distribution]) -> dict[str, Headers]:
        """The names of the secrets whose values origins get, by distribution, origin, and header."""
        path = f"/mainstay/{self.context.environment}/{self.context.component}/{PREFIX}"
        return {
            name: {origin.name: {origin.secret_header: f"{path}{origin.secret}"} for origin in one.origins.values() if origin.secret}
            for name, one in own.items()
        }

    def questions(self, described: Described) -> Mapping[str, Callable[[Aws], Any]]:
        """Certificates are asked for only where an alias depends on one."""
        own = self._own(described).values()
        arns = sorted({one.certificate_arn for one in own if one.certificate_arn and not is_unknown(one.certificate_arn)})
        certificates = {CERTIFICATES: lambda aws: _certificates(aws, arns)} if arns else {}
        records = {ZONES: zones} if any(one.zones for one in own) else {}
        return {**certificates, **records, **({PLANS: _plans} if own else {})}

    def problems(self, described: Described, observation: Observation) -> Sequence[str]:
        found = observation.answers.get(CERTIFICATES) or {}
        there = {**dict.fromkeys(self.context.params.get(PLANNED_ZONES) or (), ""), **(observation.answers.get(ZONES) or {})}
        own = self._own(described).values()
        return [
            *(text for one in own for text in certificate_problems(one, found)),
            *(text for one in own for text in zone_problems(one, there)),
        ]

    def resources(self, described: Described, place: Place, _granted: Granted) -> Sequence[Resource]:
        return build(self._own(described), place)

    def grants(self, described: Described, place: Place) -> Granted:
        return grants(self._own(described), described.get("buckets") or {}, place)

    def notes(self, _described: Described, observation: Observation) -> Sequence[str]:
        plans = observation.answers.get(PLANS) or {}
        arns = {str(seen.attributes.get("arn")): seen.address for seen in observation.observed if seen.kind == "cloudfront_distribution"}
        return [
            f"{arns[arn]} is on the flat-rate plan {plan}: CloudFront refuses to delete it or to take its web ACL away until the plan "
            "ends, and plans below BUSINESS refuse cache policies of your own"
            for arn, plan in sorted(plans.items())
            if arn in arns
        ]

    def checks(self, _described: Described, plan: Plan, aws: Aws) -> Checked:
        """A distribution on a flat-rate plan cannot be deleted, and records of others are not overwritten."""
        refusals = self._records_of_others(plan, aws)
        leaving = [action.remove for action in plan.permitted if action.remove and action.remove.kind == "cloudfront_distribution"]
        if not leaving:
            return Checked(refusals=refusals)
        plans = _plans(aws)
        return Checked(
            refusals=refusals
            + [
                Failure(
                    seen.address,
                    "",
                    ON_A_PLAN,
                    f"the distribution {seen.id} is on the flat-rate plan {plans[str(seen.attributes.get('arn'))]}, which ends first",
                    "Cancel the plan in the CloudFront console, wait until it ends, and run again. Nothing was changed.",
                )
                for seen in leaving
                if str(seen.attributes.get("arn")) in plans
            ]
        )

    @staticmethod
    def _records_of_others(plan: Plan, aws: Aws) -> list[Failure]:
        """Only where records would be made: what a name leads to already, by a record that is not ours."""
        making = [
            (action, dict(action.desired.properties["records"]))
            for action in plan.permitted
            if action.desired and any(change.property == "records" for change in action.changes)
        ]
        there = contents_of(aws, {zone for _action, records in making for zone in records.values()})
        found = []
        for action, records in making:
            for domain, content in there.items():
                if others := blocking(content, [key for key, zone in records.items() if zone == domain]):
                    text = f"the zone {domain} has {', '.join(others)}, which is not ours"
                    found.append(Failure(action.address, "", RECORD_EXISTS, text, "Delete it, or leave zones out. Nothing was changed."))
        return found

    def outputs(self, _described: Described, attributes: Attributes) -> dict[str, Any]:
        """{"distributions": {name: {id, arn, domain_name, hosted_zone_id, url}}}."""
        names = sorted(split(one)[1] for one in attributes if split(one)[0] == "cloudfront_distribution")
        found = {name: {key: value(attributes, address(name), attribute) for key, attribute in DISTRIBUTION.items()} for name in names}
        return {
            "distributions": {
                name: {**one, "url": f"https://{one['domain_name']}" if one["domain_name"] else None} for name, one in found.items()
            }
        }

    def _own(self, described: Described) -> Mapping[str, Distribution]:
        return described.get(self.option) or {}


def _certificates(aws: Aws, arns: Sequence[str]) -> dict[str, dict[str, Any]]:
    """The certificates as ACM describes them in us-east-1; those that do not exist are left out."""
    there = aws.in_region(HOME)
    replies = aws.map(lambda arn: there.find("acm", "describe_certificate", CertificateArn=arn), arns)
    return {arn: reply["Certificate"] for arn, reply in zip(arns, replies, strict=True) if reply}


def _plans(aws: Aws) -> dict[str, str]:
    """ARN of a distribution -> the tier of its flat-rate plan."""
    found = aws.in_region(HOME).list_all("pricing-plan-manager", "list_subscriptions", "subscriptionSummaries")
    return {str(arn): str(one.get("planTier") or "?") for one in found for arn in one.get("resourceArns") or []}


def zone_problems(one: Distribution, there: Mapping[str, str]) -> Iterator[str]:
    """Zones that are not the account's own."""
    for position, zone in enumerate(one.zones):
        if zone not in there:
            others = f"it has {', '.join(sorted(there))}" if there else "it has none"
            yield f"{one.path}.zones[{position}] is {zone!r}: this account has no public hosted zone of this name; {others}"


def certificate_problems(one: Distribution, found: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Why CloudFront would refuse a certificate, in one sentence for each reason."""
    if not one.certificate_arn or is_unknown(one.certificate_arn):
        return
    where = f"{one.path}.certificate_arn is {one.certificate_arn!r}:"
    certificate = found.get(one.certificate_arn)
    if certificate is None:
        yield f"{where} ACM has no such certificate in {HOME}"
        return
    if certificate.get("Status") != "ISSUED":
        yield f"{where} the certificate is {certificate.get('Status')}, and CloudFront takes it once it is ISSUED"
    names = {str(name).lower() for name in (certificate.get("DomainName"), *(certificate.get("SubjectAlternativeNames") or ()))}
    for alias in one.all_aliases:
        if alias not in names and f"*.{alias.partition('.')[2]}" not in names:
            yield f"{where} the certificate does not cover the alias {alias}; it has {', '.join(sorted(names))}"
