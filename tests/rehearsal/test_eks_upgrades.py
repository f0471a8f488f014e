"""Kubernetes versions on EKS: support periods, upgrades, rollback, and what blocks them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from rehearsal.admin_client import AdminError

from .conftest import refused, until
from .eks_account import EksAccount


@pytest.fixture
def main(eks_account: EksAccount) -> EksAccount:
    """An account with a cluster, main, of Kubernetes 1.35."""
    eks_account.create()
    return eks_account


# Versions


def test_support_of_versions(main: EksAccount) -> None:
    """Dates are EKS's; the status is today's, whatever the date."""
    found = main.eks.describe_cluster_versions(includeAll=True)["clusterVersions"]
    assert [one["clusterVersion"] for one in found] == ["1.36", "1.35", "1.34", "1.33", "1.32", "1.31"]
    dates = {one["clusterVersion"]: (one["endOfStandardSupportDate"].date(), one["endOfExtendedSupportDate"].date()) for one in found}
    assert [f"{date}" for date in dates["1.33"]] == ["2026-07-29", "2027-07-29"]
    now = datetime.now(UTC)
    for one in found:
        standard, extended = now < one["endOfStandardSupportDate"], now < one["endOfExtendedSupportDate"]
        wanted = "STANDARD_SUPPORT" if standard else "EXTENDED_SUPPORT" if extended else "UNSUPPORTED"
        assert (one["versionStatus"], one["status"]) == (wanted, wanted.lower().replace("_", "-"))
    assert [one["clusterVersion"] for one in main.eks.describe_cluster_versions(defaultOnly=True)["clusterVersions"]] == ["1.36"]
    assert [one["clusterVersion"] for one in main.eks.describe_cluster_versions(clusterVersions=["1.34"])["clusterVersions"]] == ["1.34"]
    assert all(one["versionStatus"] != "UNSUPPORTED" for one in main.eks.describe_cluster_versions()["clusterVersions"])


def test_nodes_may_lag_three_minors_behind(eks_account: EksAccount) -> None:
    eks = eks_account.eks
    eks_account.create(version="1.33")
    eks.create_addon(clusterName="main", addonName="vpc-cni")
    eks_account.node_group()
    assert refused(eks.update_cluster_version, name="main", version="1.35") == "InvalidParameterException"
    for version in ("1.34", "1.35"):
        assert eks_account.upgrade(version)["type"] == "VersionUpdate"
    found = {one["name"]: one for one in eks.list_insights(clusterName="main")["insights"]}
    assert found["Kubelet version skew"]["insightStatus"]["status"] == "WARNING"
    eks_account.upgrade("1.36", force=True)
    assert eks_account.describe()["version"] == "1.36"


def test_an_upgrade_can_be_taken_back(eks_account: EksAccount) -> None:
    """By one minor, after an upgrade, and not while nodes are newer than that."""
    eks = eks_account.eks
    eks_account.create(version="1.35")
    assert refused(eks.update_cluster_version, name="main", version="1.34") == "InvalidRequestException"
    eks_account.upgrade("1.36")
    eks.create_addon(clusterName="main", addonName="vpc-cni")
    eks_account.node_group()
    assert refused(eks.update_cluster_version, name="main", version="1.35") == "InvalidRequestException"
    eks.delete_nodegroup(clusterName="main", nodegroupName="system")
    until(lambda: eks.list_nodegroups(clusterName="main")["nodegroups"] == [])
    assert eks_account.upgrade("1.35")["type"] == "VersionRollback"
    assert refused(eks.update_cluster_version, name="main", version="1.34") == "InvalidRequestException"


def test_extended_support_is_given_up_before_it_begins(eks_account: EksAccount) -> None:
    """Whether 1.33 is in it depends on the date."""
    eks = eks_account.eks
    eks_account.create(version="1.33")
    (support,) = eks.describe_cluster_versions(clusterVersions=["1.33"])["clusterVersions"]
    given = {"name": "main", "upgradePolicy": {"supportType": "STANDARD"}}
    if support["versionStatus"] == "STANDARD_SUPPORT":
        eks_account.until_updated(eks.update_cluster_config(**given)["update"])
    else:
        assert refused(eks.update_cluster_config, **given) == "InvalidRequestException"


# Insights


def test_what_blocks_an_upgrade(main: EksAccount) -> None:
    eks = main.eks
    listed = eks.list_insights(clusterName="main")["insights"]
    assert {one["insightStatus"]["status"] for one in listed} == {"PASSING"}
    assert {one["kubernetesVersion"] for one in listed} == {"1.36"}
    eks.create_addon(clusterName="main", addonName="vpc-cni", addonVersion="v1.20.4-eksbuild.2")
    (bad,) = eks.list_insights(clusterName="main", filter={"statuses": ["ERROR"]})["insights"]
    assert bad["name"] == "EKS add-on version compatibility"
    insight = eks.describe_insight(clusterName="main", id=bad["id"])["insight"]
    (detail,) = insight["categorySpecificSummary"]["addonCompatibilityDetails"]
    assert (detail["name"], "v1.22.4-eksbuild.3" in detail["compatibleVersions"]) == ("vpc-cni", True)
    assert refused(eks.update_cluster_version, name="main", version="1.36") == "InvalidStateException"
    assert refused(eks.describe_insight, clusterName="main", id="absent") == "ResourceNotFoundException"
    assert main.upgrade("1.36", force=True)["status"] == "Successful"
    assert eks.list_insights(clusterName="main")["insights"] == []


def test_a_planted_insight(main: EksAccount) -> None:
    usage = {
        "usage": "/apis/flowcontrol.apiserver.k8s.io/v1beta3/flowschemas",
        "replacedWith": "/apis/flowcontrol.apiserver.k8s.io/v1/flowschemas",
        "stopServingVersion": "1.36",
        "clientStats": [{"userAgent": "argocd", "numberOfRequestsLast30Days": 12}],
    }
    main.cloud.admin.settings(eks_insights=[{"cluster": "main", "status": "ERROR", "deprecationDetails": [usage]}])
    (bad,) = main.eks.list_insights(clusterName="main", filter={"statuses": ["ERROR"]})["insights"]
    assert bad["name"] == "Deprecated APIs removed in Kubernetes v1.36"
    insight = main.eks.describe_insight(clusterName="main", id=bad["id"])["insight"]
    assert insight["categorySpecificSummary"]["deprecationDetails"] == [usage]
    assert refused(main.eks.update_cluster_version, name="main", version="1.36") == "InvalidStateException"
    assert main.eks.start_insights_refresh(clusterName="main")["status"] == "IN_PROGRESS"
    assert main.eks.describe_insights_refresh(clusterName="main")["status"] == "COMPLETED"
    main.cloud.admin.settings(eks_insights=[])
    main.upgrade("1.36")
    with pytest.raises(AdminError, match="the status of an insight is one of"):
        main.cloud.admin.settings(eks_insights=[{"status": "BAD"}])
