"""What zones and certificates add to an account: how it is counted, and cases that the smallest of them do not cover."""

from __future__ import annotations

from collections import Counter

from ansible_collections.mainstay.aws.plugins.module_utils.aws.operations import Operation
from ansible_collections.mainstay.aws.plugins.module_utils.aws.place import Place
from ansible_collections.mainstay.aws.plugins.module_utils.aws.samples import Drift, Sample
from ansible_collections.mainstay.aws.plugins.module_utils.domains.dns.samples import DOMAIN, certificate_resource, zone_resource
from ansible_collections.mainstay.aws.plugins.module_utils.kinds.samples import VPC, VPC_ID
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import Resource, ref
from rehearsal.testing import Cloud
from tests.contract.further.shared import ELSEWHERE, FEW, MANY


def private_zone(_place: Place) -> Sample:
    """Another VPC is associated, and the first one is not any more."""
    second = Resource("vpc", "second", {**VPC.properties, "cidr_block": "10.9.0.0/16"})
    before, after = [VPC_ID], [ref(second.address)]
    private = zone_resource("private", "internal", private=True, vpc_id=VPC_ID, vpc_ids=before, tags=MANY)
    return Sample(
        private,
        needs=(VPC, second),
        change={"vpc_ids": after, "tags": FEW},
        drift=Drift(
            Operation("route53", "change_tags_for_resource"),
            lambda one: {"ResourceType": "hostedzone", "ResourceId": one.id, "RemoveTagKeys": ["team"]},
            "tags",
        ),
    )


def certificate_elsewhere(_place: Place) -> Sample:
    """Its tags are changed and removed."""
    return Sample(
        certificate_resource("elsewhere", region=ELSEWHERE, tags=MANY),
        needs=(zone_resource(),),
        change={"tags": FEW},
        drift=Drift(
            Operation("acm", "remove_tags_from_certificate"),
            lambda one: {"CertificateArn": one.id, "Tags": [{"Key": "team"}]},
            "tags",
        ),
    )


def certificate_without_its_record(_place: Place) -> Sample:
    """The names change, so that it is replaced; the record that both need is left alone."""
    return Sample(
        certificate_resource("renamed"),
        needs=(zone_resource(),),
        change={"domain_name": f"*.{DOMAIN}", "subject_alternative_names": [f"*.{DOMAIN}"]},
        drift=Drift(
            Operation("acm", "add_tags_to_certificate"),
            lambda one: {"CertificateArn": one.id, "Tags": [{"Key": "team", "Value": "by hand"}]},
            "tags",
        ),
    )


def zones(cloud: Cloud) -> Counter[str]:
    """Zones, and all their records but Route 53's own."""
    route53 = cloud.client("route53")
    found = route53.list_hosted_zones()["HostedZones"]
    listed = [route53.list_resource_record_sets(HostedZoneId=one["Id"])["ResourceRecordSets"] for one in found]
    return Counter(zones=len(found), records=sum(map(len, listed)) - 2 * len(found))


def certificates(cloud: Cloud) -> Counter[str]:
    regions = (cloud.region, ELSEWHERE)
    found = [cloud.client("acm", region=region).list_certificates()["CertificateSummaryList"] for region in regions]
    return zones(cloud) + Counter(certificates=sum(map(len, found)))


def health_checks(cloud: Cloud) -> Counter[str]:
    return Counter(health_checks=len(cloud.client("route53").list_health_checks()["HealthChecks"]))


COUNTS = {"health_check": health_checks, "hosted_zone": zones, "certificate": certificates}
FURTHER = {
    "dns": {
        "private": private_zone,
        "another region": certificate_elsewhere,
        "renamed": certificate_without_its_record,
    }
}
