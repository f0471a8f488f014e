# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The policies generated for zones suffice for their whole life, contain no unused action, and exclude the domains of others."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ansible_collections.mainstay.aws.plugins.module_utils.aws.grants import Scope
from ansible_collections.mainstay.aws.plugins.module_utils.aws.place import Place
from ansible_collections.mainstay.aws.plugins.module_utils.aws.tags import tag_list
from ansible_collections.mainstay.aws.plugins.module_utils.component.lock import held
from ansible_collections.mainstay.aws.plugins.module_utils.component.quota_reads import check
from ansible_collections.mainstay.aws.plugins.module_utils.component.unclaimed import look
from ansible_collections.mainstay.aws.plugins.module_utils.domains.dns.names import names
from ansible_collections.mainstay.aws.plugins.module_utils.permissions.inventory import policies_of
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.engine import ObservationFailed
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.waiting import SystemClock, silent
from rehearsal.testing import Cloud
from tests.integration.dns.support import ACCOUNT, REGION, Site
from tests.integration.permissions.scenarios import called, checked, declared_by, denials, documents, granted, without
from tests.integration.site import EVERYTHING

CREATE: dict[str, Any] = {
    "main": {
        "domain": "example.com",
        "records": {"www": {"A": "192.0.2.1"}, "*.apps": {"A": "192.0.2.2"}},
        "health_checks": {"web": {"host": "www.example.com"}},
        "certificates": {"web": {"regions": [REGION, "us-east-1"], "tags": {"a": "1", "b": "1"}}},
        "tags": {"a": "1", "b": "1"},
    },
    "inside": {"domain": "internal", "private": True, "networks": ["one"]},
}
CHANGE: dict[str, Any] = {
    "main": {
        **CREATE["main"],
        "comment": "changed",
        "records": {"www": {"A": "192.0.2.3"}},
        "health_checks": {"web": {"host": "www.example.com", "path": "/health"}},
        "certificates": {"web": {"regions": [REGION, "us-east-1"], "tags": {"a": "2"}}},
        "tags": {"a": "2"},
    },
    "inside": {**CREATE["inside"], "networks": ["two"]},
}
LIFE: dict[str, dict[str, Any]] = {"create": CREATE, "change": CHANGE, "destroy": {}}
SELDOM = {
    **dict.fromkeys(
        (
            *("ec2:DescribeNatGateways", "iam:GetOpenIDConnectProvider", "iam:ListOpenIDConnectProviders", "iam:ListRoleTags"),
            *("iam:ListRoles", "secretsmanager:DescribeSecret", "kms:DescribeKey"),
        ),
        "asked about what no host of the inventory claims",
    ),
    "ec2:DescribeRegions": "asked about further regions before anything else; here zones and certificates are built directly",
    "route53:GetHealthCheck": "asked where a health check is adopted, or is not listed yet",
    "ssm:GetParameter": "asked when the reply to taking the run lock was lost",
    "servicequotas:GetServiceQuota": "asked where a plan consumes a single quota of a service; a certificate consumes two",
    "servicequotas:GetAWSDefaultServiceQuota": "asked where an account has no value of its own; in the rehearsal each has",
}
"""Actions that no scenario needs."""

PLACE = Place("prod", "dns", REGION, ACCOUNT)
SCOPE = Scope(PLACE, names=names(CREATE, "prod", "dns"))


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    with Cloud(account_id=ACCOUNT, region=REGION) as started:
        yield started


def vpcs(cloud: Cloud) -> dict[str, str]:
    """Two networks of the platform: name -> VPC."""
    ec2 = cloud.client("ec2")
    return {name: ec2.create_vpc(CidrBlock=f"10.{number}.0.0/16")["Vpc"]["VpcId"] for number, name in enumerate(("one", "two"))}


def live(site: Site, zones: dict[str, Any], networks: dict[str, str]) -> None:
    """One run, as the module makes it: quotas, the search for unclaimed resources, the lock, and the apply."""
    desired = site.desired(zones, networks=networks) if zones else []
    if not zones:
        site.domain_of(None, state="absent")
    plan = site.plan(desired, purge=EVERYTHING)
    aws = site.aws()
    try:
        check(plan, site.kinds(), aws, REGION)
        look(aws, [site.component])
        with held(aws, "shared", "a test", SystemClock(), 0.0, silent):
            site.apply(desired, EVERYTHING, EVERYTHING)
    finally:
        aws.close()


@pytest.fixture(scope="module")
def calls() -> set[str]:
    """The actions of all operations called during the zones' life."""
    return set()


@pytest.fixture(scope="module")
def used(cloud: Cloud, calls: set[str]) -> set[str]:
    """The actions checked during the zones' life with exactly the policies."""
    site, networks = Site(cloud), vpcs(cloud)
    cloud.admin.policies(**documents(SCOPE, "dns"))
    cloud.admin.clear_requests()
    for name, zones in LIFE.items():
        live(site, zones, networks)
        assert denials(cloud) == [], name
    calls |= called(cloud)
    return checked(cloud)


def test_nothing_is_denied_and_no_action_is_too_much(used: set[str]) -> None:
    unneeded = sorted(granted(documents(SCOPE, "dns")["apply"]) - used - set(SELDOM))
    assert unneeded == [], ", ".join(unneeded)


def test_what_is_called_is_what_is_declared(used: set[str], calls: set[str]) -> None:
    assert sorted(calls - declared_by("dns")) == [], "called and not declared"
    uncalled = sorted(declared_by("dns") - calls - set(SELDOM))
    assert uncalled == [], f"declared, and called by no scenario: {', '.join(uncalled)}"


def records(zone: str, *domains: str) -> dict[str, Any]:
    values = {"Type": "A", "TTL": 60, "ResourceRecords": [{"Value": "192.0.2.66"}]}
    several = [{"Action": "CREATE", "ResourceRecordSet": {"Name": name, **values}} for name in domains]
    return {"HostedZoneId": zone, "ChangeBatch": {"Changes": several}}


def test_records_of_other_domains_and_certificates_of_others_cannot_be_changed(cloud: Cloud) -> None:
    cloud.admin.reset()
    theirs = Site(cloud, environment="other")
    theirs.apply(theirs.desired({"main": {"domain": "example.org", "certificates": {"web": {}}}}))
    found = theirs.ids()
    zone, certificate = found["hosted_zone.main"], found["certificate.main/web"]
    cloud.admin.policies(**documents(SCOPE, "dns"))
    route53, acm = cloud.client("route53"), cloud.client("acm")

    ours = tag_list(PLACE.owner.tags("certificate.main/web"))
    denied: list[tuple[Any, str, dict[str, Any]]] = [
        (route53, "change_resource_record_sets", records(zone, "www.example.org")),
        (route53, "change_resource_record_sets", records(zone, "www.example.com", "www.example.org")),
        (route53, "change_resource_record_sets", records(zone, "notexample.com")),
        (acm, "delete_certificate", {"CertificateArn": certificate}),
        (acm, "add_tags_to_certificate", {"CertificateArn": certificate, "Tags": ours}),
        (acm, "remove_tags_from_certificate", {"CertificateArn": certificate, "Tags": [{"Key": "mainstay:environment"}]}),
    ]
    for client, method, parameters in denied:
        with pytest.raises(ClientError, match="AccessDenied"):
            getattr(client, method)(**parameters)


def test_an_application_changes_records_of_its_host_names_and_its_register_alone(cloud: Cloud) -> None:
    """In zones of others: their IDs are not known when the policies are written."""
    cloud.admin.reset()
    route53 = cloud.client("route53")
    zone = route53.create_hosted_zone(Name="example.com", CallerReference="1")["HostedZone"]["Id"]
    hosts = {"shop.example.com": {"/": "api"}, "*.shop.example.com": {"/": "api"}}
    place = {"platform_environment": "prod", "platform_region": REGION, "platform_account_id": ACCOUNT}
    own = {"inventory_hostname": "shop", "group_names": ["app_deploy"], **place, "app_deploy_ingress": {"hosts": hosts}}
    cloud.admin.policies(**policies_of([own], "shop", lambda _region: "aws"))
    route53.change_resource_record_sets(**records(zone, *hosts, "_mainstay.shop.prod.example.com"))
    for name in ("www.example.com", "a.shop.example.com", "*.example.com", "_mainstay.other.prod.example.com", "example.com"):
        with pytest.raises(ClientError, match="AccessDenied"):
            route53.change_resource_record_sets(**records(zone, name))
    with pytest.raises(ClientError, match="AccessDenied"):
        route53.change_resource_record_sets(**records(zone, "shop.example.com", "www.example.com"))


TAKEN_AWAY = (
    *("acm:AddTagsToCertificate", "acm:DescribeCertificate", "acm:RequestCertificate"),
    *("route53:ChangeResourceRecordSets", "route53:ChangeTagsForResource", "route53:CreateHostedZone", "route53:GetChange"),
    *("route53:CreateHealthCheck", "route53:GetHostedZone", "route53:ListHealthChecks", "route53:ListHostedZones"),
)
"""Actions without which a zone with a certificate cannot be created."""


@pytest.mark.nightly
@pytest.mark.parametrize("action", TAKEN_AWAY)
def test_without_any_one_action_something_fails(cloud: Cloud, action: str) -> None:
    """The denial names the action, and so does the hint."""
    cloud.admin.reset()
    site = Site(cloud)
    desired = site.desired({"main": CREATE["main"]})
    cloud.admin.policies(apply=without(documents(SCOPE, "dns")["apply"], action))
    try:
        found = list(site.try_apply(desired).failures)
    except ObservationFailed as error:
        found = list(error.failures)
    failures = [one for one in found if f"perform: {action} " in one.message]
    assert failures
    assert all(f"need {action}." in one.hint and "make policies" in one.hint for one in failures)
