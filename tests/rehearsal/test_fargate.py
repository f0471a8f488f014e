"""Fargate profiles: refusals, one creation or deletion at a time, which pods a profile selects, and what they get."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from rehearsal.kubernetes.fargate import PROFILE_LABEL, SCHEDULER, Profile, admitted, provisioned

from .conftest import CheckedCloud, refused, trust, until
from .eks_nodes import Site

SELECTORS = [{"namespace": "jobs", "labels": {"run": "there"}}]


@pytest.fixture
def site(cloud: CheckedCloud) -> Site:
    return Site(cloud)


@pytest.fixture
def role(site: Site) -> str:
    return site.new_role("fargate", trust("eks-fargate-pods.amazonaws.com"))


def given(role: str, name: str = "jobs", **changes: Any) -> dict[str, Any]:
    return {"clusterName": "main", "fargateProfileName": name, "podExecutionRoleArn": role, "selectors": SELECTORS} | changes


def status(site: Site, name: str = "jobs") -> str:
    return str(site.eks.describe_fargate_profile(clusterName="main", fargateProfileName=name)["fargateProfile"]["status"])


def names(site: Site) -> list[str]:
    return list(site.eks.list_fargate_profiles(clusterName="main")["fargateProfileNames"])


def test_the_life_of_a_profile(site: Site, role: str) -> None:
    site.cloud.admin.settings(control_planes=False, transition_seconds={"eks_fargate_profile": 0.5})
    made = site.eks.create_fargate_profile(**given(role, subnets=site.subnets, tags={"a": "b"}))["fargateProfile"]
    assert (made["status"], made["subnets"], made["selectors"], made["tags"]) == ("CREATING", site.subnets, SELECTORS, {"a": "b"})
    assert refused(site.eks.create_fargate_profile, **given(role, "more")) == "ResourceInUseException"
    until(lambda: status(site) == "ACTIVE")
    entry = site.eks.describe_access_entry(clusterName="main", principalArn=role)["accessEntry"]
    assert (entry["type"], entry["username"]) == ("FARGATE_LINUX", "system:node:{{SessionName}}")
    site.eks.create_fargate_profile(**given(role, "more"))
    assert refused(site.eks.delete_fargate_profile, clusterName="main", fargateProfileName="jobs") == "ResourceInUseException"
    until(lambda: status(site, "more") == "ACTIVE")
    assert site.eks.delete_fargate_profile(clusterName="main", fargateProfileName="jobs")["fargateProfile"]["status"] == "DELETING"
    assert refused(site.eks.delete_fargate_profile, clusterName="main", fargateProfileName="more") == "ResourceInUseException"
    assert refused(site.eks.delete_cluster, name="main") == "ResourceInUseException"
    until(lambda: names(site) == ["more"])
    assert refused(site.eks.describe_fargate_profile, clusterName="main", fargateProfileName="jobs") == "ResourceNotFoundException"


@pytest.mark.parametrize(
    "changes",
    [
        {"podExecutionRoleArn": "arn:aws:iam::210987654321:role/absent"},
        {"podExecutionRoleArn": "arn:aws:iam::210987654321:role/nodes"},
        {"subnets": ["subnet-0123456789abcdef0"]},
        {"selectors": []},
        {"selectors": [{"labels": {"a": "b"}}]},
        {"selectors": [{"namespace": f"n{number}"} for number in range(6)]},
        {"selectors": [{"namespace": "a", "labels": {f"l{number}": "x" for number in range(6)}}]},
    ],
)
def test_profiles_that_are_refused(site: Site, role: str, changes: dict[str, Any]) -> None:
    assert refused(site.eks.create_fargate_profile, **given(role, **changes)) == "InvalidParameterException"
    assert names(site) == []


def test_public_subnets_are_refused(site: Site, role: str) -> None:
    gateway = site.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    site.ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=site.vpc)
    table = site.ec2.create_route_table(VpcId=site.vpc)["RouteTable"]["RouteTableId"]
    site.ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
    public = site.new_subnet("10.0.9.0/24", "a")
    site.ec2.associate_route_table(RouteTableId=table, SubnetId=public)
    assert refused(site.eks.create_fargate_profile, **given(role, subnets=[*site.subnets, public])) == "InvalidParameterException"
    site.eks.create_fargate_profile(**given(role, subnets=site.subnets))


# Which pods a profile selects

JOBS = Profile("jobs", ({"namespace": "jobs", "labels": {"run": "there"}},))
ALL = Profile("all", ({"namespace": "job*"}, {"namespace": "team-?"}))


def pod(labels: dict[str, str] | None = None, owner: str = "ReplicaSet", **spec: Any) -> dict[str, Any]:
    return {"metadata": {"labels": labels or {}, "ownerReferences": [{"kind": owner}]}, "spec": spec}


@pytest.mark.parametrize(
    ("namespace", "found", "profiles", "taken_by"),
    [
        ("jobs", pod({"run": "there", "x": "y"}), [JOBS], "jobs"),
        ("jobs", pod({"run": "elsewhere"}), [JOBS], None),
        ("web", pod({"run": "there"}), [JOBS], None),
        ("jobs", pod({"run": "there"}), [JOBS, ALL], "all"),
        ("team-a", pod(), [JOBS, ALL], "all"),
        ("team-ab", pod(), [JOBS, ALL], None),
        ("jobs", pod({"run": "there"}, owner="DaemonSet"), [JOBS], None),
        ("jobs", pod({"run": "there"}, schedulerName="own"), [JOBS], None),
        ("jobs", pod({"run": "there"}), [], None),
    ],
)
def test_which_profile_takes_a_pod(namespace: str, found: dict[str, Any], profiles: list[Profile], taken_by: str | None) -> None:
    answer = admitted({"uid": "1", "namespace": namespace, "object": found}, profiles)
    assert answer["allowed"] is True
    patch = {each["path"]: each["value"] for each in json.loads(base64.b64decode(answer.get("patch", "W10=")))}
    assert patch.get("/metadata/labels", {}).get(PROFILE_LABEL) == taken_by
    assert patch.get("/spec/schedulerName") == (SCHEDULER if taken_by else None)
    if taken_by:
        assert found["metadata"]["labels"].items() <= patch["/metadata/labels"].items()


@pytest.mark.parametrize(
    ("requests", "expected"),
    [
        ([], (250, 0.5)),
        ([{"cpu": "250m", "memory": "256Mi"}], (250, 0.5)),
        ([{"cpu": "250m", "memory": "300Mi"}], (250, 1)),
        ([{"cpu": "200m"}, {"cpu": "0.1"}], (500, 1)),
        ([{"cpu": "1", "memory": "8Gi"}], (2000, 9)),
        ([{"cpu": "64"}], (16000, 120)),
    ],
)
def test_what_a_pod_is_given(requests: list[dict[str, str]], expected: tuple[int, float]) -> None:
    """The examples in AWS's documentation: 256 MiB are added, and the size is rounded up to the next one that exists."""
    containers = [{"resources": {"requests": each}} for each in requests]
    assert provisioned({"spec": {"containers": containers}}) == expected
