# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Refusals after AWS has been queried, and their wording; what a plan says about version support."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.judge import Subnet, notes, objections
from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.settings.access import is_same
from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.settings.addons import Offer, chosen, offer_of
from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.settings.versions import support_of
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import Observed
from tests.unit.domains.eks.samples import ACCOUNT, REGION, SUBNETS, cluster, known

ANNA = f"arn:aws:iam::{ACCOUNT}:user/anna"
BERT = f"arn:aws:iam::{ACCOUNT}:user/bert"
ADMIN = {"AmazonEKSClusterAdminPolicy": "cluster"}
PLACE = "eks_clusters.main"


def said(*observed: Observed, may_go: bool = True, facts: dict[str, Any] | None = None, **more: Any) -> list[str]:
    """The findings about a cluster, without its path."""
    found = objections({"main": cluster(**more)}, known(*observed, **(facts or {})), lambda _address: may_go)
    return [problem.removeprefix(f"{PLACE}.") for problem in found]


def there(version: str = "1.36") -> Observed:
    return Observed("eks_cluster", "eks_cluster.main", "prod-main", {"version": version})


def group(version: str) -> Observed:
    return Observed("eks_nodegroup", "eks_nodegroup.main/system", "arn:system", {"version": version})


def entry(principal: str, name: str = "admins", policies: Any = None) -> Observed:
    properties = {"principal_arn": principal, "policies": ADMIN if policies is None else policies}
    return Observed("eks_access_entry", f"eks_access_entry.main/{name}", f"arn:{name}", properties)


def subnet(name: str, **more: Any) -> Subnet:
    given = {"id": name, "vpc_id": "vpc-1", "availability_zone": f"{REGION}a", "free_addresses": 100, **more}
    return Subnet(**given)


def test_nothing_to_object_to() -> None:
    assert said() == []


@pytest.mark.parametrize(
    ("more", "facts", "expected"),
    [
        ({"version": "1.29"}, {}, "version is '1.29', but EKS offers 1.33, 1.34, 1.35, 1.36 here; choose one of these"),
        ({"version": "1.36"}, {"versions": {}}, "version is '1.36', but EKS offers no version here; choose one of these"),
        (
            {"version": "1.33"},
            {},
            "upgrade_policy is 'STANDARD', but standard support of Kubernetes 1.33 ended on 2026-07-29; choose a newer version, or "
            "EXTENDED, "
            "at 0.60 instead of 0.10 USD per cluster-hour",
        ),
        (
            {"node_groups": {"system": {"instance_types": ["t9.huge"]}}},
            {},
            "node_groups.system.instance_types is 't9.huge', but EC2 has no such instance type in this region",
        ),
        (
            {"node_groups": {"system": {"instance_types": ["t4g.medium"]}}},
            {},
            "node_groups.system.ami_type is 'AL2023_x86_64_STANDARD', which runs on x86_64, but t4g.medium is arm64; choose the image "
            "of the "
            "other architecture, or another instance type",
        ),
        (
            {"node_groups": {"system": {"instance_types": ["t3.medium"], "ami_type": "BOTTLEROCKET_ARM_64"}}},
            {},
            "node_groups.system.ami_type is 'BOTTLEROCKET_ARM_64', which runs on arm64, but t3.medium is x86_64; choose the image of the "
            "other architecture, or another instance type",
        ),
        (
            {},
            {"subnets": {SUBNETS[0]: subnet(SUBNETS[0])}},
            f"subnet_ids names {SUBNETS[1]}, but there is no such subnet in this account and region",
        ),
        (
            {},
            {"subnets": {name: subnet(name) for name in SUBNETS}},
            f"subnet_ids is ['{SUBNETS[0]}', '{SUBNETS[1]}'], but all of them are in {REGION}a and EKS wants two availability zones",
        ),
        (
            {},
            {"subnets": {SUBNETS[0]: subnet(SUBNETS[0]), SUBNETS[1]: subnet(SUBNETS[1], availability_zone=f"{REGION}b", vpc_id="vpc-2")}},
            f"subnet_ids is ['{SUBNETS[0]}', '{SUBNETS[1]}'], but they are in several VPCs: {SUBNETS[0]} in vpc-1, {SUBNETS[1]} in vpc-2",
        ),
        (
            {},
            {"subnets": {SUBNETS[0]: subnet(SUBNETS[0]), SUBNETS[1]: subnet(SUBNETS[1], availability_zone=f"{REGION}b", free_addresses=5)}},
            f"subnet_ids names {SUBNETS[1]}, which has 5 free addresses, but EKS needs 6 in each subnet of a cluster; free some, or name "
            "another subnet",
        ),
        (
            {"node_groups": {"system": {"min_size": 20, "max_size": 20}}},
            {"subnets": {n: subnet(n, availability_zone=f"{REGION}{z}", free_addresses=8) for n, z in zip(SUBNETS, "ab", strict=True)}},
            "node_groups.system.min_size is 20, but its subnets have 16 free addresses; choose subnets with enough free addresses",
        ),
        (
            {"fargate_profiles": {"jobs": {"selectors": [{"namespace": "jobs"}]}}},
            {"public_subnets": frozenset({SUBNETS[0]})},
            f"fargate_profiles.jobs.subnet_ids names {SUBNETS[0]}, which has a route to an internet gateway, but Fargate supports "
            "only private subnets",
        ),
        (
            {"addons": {"vpc-cmi": {}}},
            {},
            "addons.vpc-cmi is not an add-on that EKS offers for Kubernetes 1.36; correct the name, or set it to null",
        ),
        (
            {"addons": {"vpc-cni": {"version": "v1.0.0-eksbuild.1"}}},
            {},
            "addons.vpc-cni.version is 'v1.0.0-eksbuild.1', but that is not compatible with Kubernetes 1.36; the newest compatible "
            "ones are "
            "v1.1.0-eksbuild.1, "
            "v1.2.0-eksbuild.1, v1.3.0-eksbuild.2, the default is v1.2.0-eksbuild.1",
        ),
    ],
)
def test_refused(more: dict[str, Any], facts: dict[str, Any], expected: str) -> None:
    assert expected in said(facts=facts, **more)


@pytest.mark.parametrize(
    ("observed", "wanted", "expected"),
    [
        ((there("1.36"),), "1.36", []),
        ((there("1.35"),), "1.36", []),
        ((there("1.35"), group("1.33")), "1.36", []),
        (
            (there("1.34"),),
            "1.36",
            ["version is '1.36', but the cluster has 1.34, and EKS upgrades one minor version at a time; set it to \"1.35\" first"],
        ),
        (
            (there("1.36"),),
            "1.35",
            [
                "version is '1.35', but the cluster has 1.36, and EKS does not go back to an earlier version; set it to \"1.36\" or later",
            ],
        ),
        (
            (there("1.35"), group("1.32")),
            "1.36",
            [
                "version is '1.36', but the cluster has 1.35, and node group system has 1.32: nodes may be 3 minor versions behind; "
                "update the group to 1.33 first"
            ],
        ),
    ],
)
def test_a_version_goes_up_one_minor_at_a_time(observed: tuple[Observed, ...], wanted: str, expected: list[str]) -> None:
    assert said(*observed, version=wanted) == expected


def test_an_existing_cluster_needs_no_additional_addresses() -> None:
    full = {name: subnet(name, availability_zone=f"{REGION}{zone}", free_addresses=0) for name, zone in zip(SUBNETS, "ab", strict=True)}
    assert said(there(), group("1.36"), facts={"subnets": full}) == []


REMEDY = "Give another principal AmazonEKSClusterAdminPolicy: cluster, and make this change as that principal."
OTHER = {"admins": {"principal_arn": BERT, "policies": ADMIN}}


@pytest.mark.parametrize(
    ("access", "observed", "may_go", "expected"),
    [
        ({}, entry(ANNA), True, "would be removed"),
        ({}, entry(ANNA), False, None),
        ({}, entry(BERT), True, None),
        ({}, entry(ANNA, policies={"AmazonEKSViewPolicy": "cluster"}), True, None),
        ({"admins": {"principal_arn": ANNA, "policies": ADMIN}}, entry(ANNA), True, None),
        ({"renamed": {"principal_arn": ANNA, "policies": ADMIN}}, entry(ANNA), True, None),
        (
            {"admins": {"principal_arn": ANNA, "policies": {"AmazonEKSViewPolicy": "cluster"}}},
            entry(ANNA),
            False,
            "would no longer have AmazonEKSClusterAdminPolicy for the whole cluster",
        ),
        (
            {"admins": {"principal_arn": ANNA, "policies": {"AmazonEKSClusterAdminPolicy": ["web"]}}},
            entry(ANNA),
            False,
            "would no longer have AmazonEKSClusterAdminPolicy for the whole cluster",
        ),
        (OTHER, entry(ANNA), True, f"would be for {BERT}"),
        (OTHER, entry(ANNA), False, None),
    ],
)
def test_a_caller_cannot_lock_itself_out(access: dict[str, Any], observed: Observed, may_go: bool, expected: str | None) -> None:
    sentence = f"access.admins {expected}, but {ANNA} administers the cluster through this entry. {REMEDY}"
    assert said(there(), observed, may_go=may_go, access=access) == ([sentence] if expected else [])


@pytest.mark.parametrize(
    ("principal", "caller", "same"),
    [
        (ANNA, ANNA, True),
        (ANNA, BERT, False),
        (f"arn:aws:iam::{ACCOUNT}:role/deploy", f"arn:aws:sts::{ACCOUNT}:assumed-role/deploy/session", True),
        (f"arn:aws:iam::{ACCOUNT}:role/org/eu/deploy", f"arn:aws:sts::{ACCOUNT}:assumed-role/deploy/session", True),
        (f"arn:aws:iam::{ACCOUNT}:role/deploy2", f"arn:aws:sts::{ACCOUNT}:assumed-role/deploy/session", False),
        ("arn:aws:iam::999999999999:role/deploy", f"arn:aws:sts::{ACCOUNT}:assumed-role/deploy/session", False),
        (f"arn:aws:iam::{ACCOUNT}:user/deploy", f"arn:aws:sts::{ACCOUNT}:assumed-role/deploy/session", False),
    ],
)
def test_whose_entry_it_is(principal: str, caller: str, same: bool) -> None:
    assert is_same(principal, caller) is same


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, "main: standard support of Kubernetes 1.36 ends on 2027-08-02, then AWS upgrades the cluster automatically"),
        (
            {"upgrade_policy": "EXTENDED"},
            "main: standard support of Kubernetes 1.36 ends on 2027-08-02, then extended support at 0.60 instead of 0.10 USD per "
            "cluster-hour",
        ),
        (
            {"version": "1.33", "upgrade_policy": "EXTENDED"},
            "main: Kubernetes 1.33 is in extended support until 2027-07-29, at 0.60 instead of 0.10 USD per cluster-hour, about 365 USD "
            "more "
            "a month",
        ),
    ],
)
def test_what_a_plan_notes_about_versions(more: dict[str, Any], expected: str) -> None:
    assert notes({"main": cluster(**more)}, known()) == [expected]


def test_support_is_read_in_both_spellings() -> None:
    end = datetime(2027, 8, 2, tzinfo=UTC)
    new = {"clusterVersion": "1.36", "versionStatus": "STANDARD_SUPPORT", "endOfStandardSupportDate": end}
    old = {"clusterVersion": "1.33", "status": "extended-support", "endOfExtendedSupportDate": end}
    found = support_of([new, old])
    assert (found["1.36"].status, found["1.36"].standard_until) == ("STANDARD_SUPPORT", "2027-08-02")
    assert (found["1.33"].extended, found["1.33"].extended_until) == (True, "2027-08-02")


def test_what_is_offered_of_an_addon() -> None:
    def version(name: str, minor: str, default: bool = False) -> dict[str, Any]:
        return {"addonVersion": name, "compatibilities": [{"clusterVersion": minor, "defaultVersion": default}]}

    reply = [
        {
            "addonVersions": [
                version("v1.10.0-eksbuild.1", "1.36"),
                version("v1.9.0-eksbuild.2", "1.36", True),
                version("v1.11.0-eksbuild.1", "1.35", True),
            ]
        }
    ]
    assert offer_of(reply, "1.36") == Offer(("v1.9.0-eksbuild.2", "v1.10.0-eksbuild.1"), "v1.9.0-eksbuild.2")
    assert offer_of([], "1.36") == Offer((), None)


OFFER = Offer(("v1.1.0", "v1.2.0", "v1.3.0"), "v1.2.0")


@pytest.mark.parametrize(
    ("given", "installed", "expected"),
    [
        (None, None, "v1.2.0"),
        (None, "v1.1.0", "v1.2.0"),
        (None, "v1.2.0", "v1.2.0"),
        (None, "v1.3.0", "v1.3.0"),
        (None, "v1.4.0", "v1.2.0"),
        ("v1.1.0", "v1.3.0", "v1.1.0"),
    ],
)
def test_which_version_an_addon_gets(given: str | None, installed: str | None, expected: str) -> None:
    """The requested version; else the default, or a suitable newer version that is already installed."""
    assert chosen("coredns", given, installed, OFFER) == expected


STEPS = Offer(
    ("v1.19.6-eksbuild.1", "v1.20.4-eksbuild.1", "v1.20.5-eksbuild.1", "v1.21.1-eksbuild.7", "v1.22.0-eksbuild.1"), "v1.21.1-eksbuild.7"
)


@pytest.mark.parametrize(
    ("given", "installed", "expected"),
    [
        (None, None, "v1.21.1-eksbuild.7"),
        (None, "v1.20.4-eksbuild.1", "v1.21.1-eksbuild.7"),
        (None, "v1.19.6-eksbuild.1", "v1.20.5-eksbuild.1"),
        ("v1.22.0-eksbuild.1", "v1.20.4-eksbuild.1", "v1.21.1-eksbuild.7"),
        ("v1.22.0-eksbuild.1", "v1.21.1-eksbuild.7", "v1.22.0-eksbuild.1"),
        ("v1.19.6-eksbuild.1", "v1.21.1-eksbuild.7", "v1.19.6-eksbuild.1"),
        (None, "v1.15.0-eksbuild.1", "v1.21.1-eksbuild.7"),
    ],
    ids=["new", "one up", "two up", "given, two up", "given, one up", "given, down", "too old for any step"],
)
def test_the_network_addon_goes_one_minor_version_at_a_time(given: str | None, installed: str | None, expected: str) -> None:
    assert chosen("vpc-cni", given, installed, STEPS) == expected
