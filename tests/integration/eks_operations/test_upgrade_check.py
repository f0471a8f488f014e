# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What AWS reports before an upgrade, with read-only credentials, and what a plan says about a version change."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.aws.connection import Aws
from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.operations.upgrade import check as upgrade
from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.operations.upgrade.facts import Facts
from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.operations.upgrade.findings import Finding
from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.operations.upgrade.judge import judge
from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.operations.upgrade.look_aws import is_through, look_at_cluster
from ansible_collections.mainstay.aws.plugins.module_utils.kubernetes.problems import BadAccess
from rehearsal.testing import Cloud
from tests.integration.eks import support as eks
from tests.integration.eks.support import Site, cluster
from tests.integration.site import Requests

NAME = "prod-main"
API = "/apis/flowcontrol.apiserver.k8s.io/v1beta3/flowschemas"
INSIGHT = {
    "cluster": NAME,
    "status": "ERROR",
    "kubernetesVersion": "1.36",
    "name": "Deprecated APIs removed in Kubernetes v1.36",
    "deprecationDetails": [
        {
            "usage": API,
            "replacedWith": "/apis/flowcontrol.apiserver.k8s.io/v1/flowschemas",
            "stopServingVersion": "1.36",
            "clientStats": [{"userAgent": "helm/3.14", "numberOfRequestsLast30Days": 12, "lastRequestTime": 1793347200}],
        }
    ],
}


@pytest.fixture(scope="module")
def eks_cloud() -> Iterator[Cloud]:
    with Cloud(account_id=eks.ACCOUNT, region=eks.REGION, settings={"control_planes": False}) as started:
        yield started


@pytest.fixture
def site(eks_cloud: Cloud) -> Site:
    """With a cluster of 1.35."""
    eks_cloud.admin.reset()
    made = Site(eks_cloud)
    made.apply(made.desired(main=cluster()))
    return made


@pytest.fixture
def reader(site: Site) -> Iterator[Aws]:
    aws = site.aws("plan")
    yield aws
    aws.close()


@pytest.fixture(autouse=True)
def no_way_inside(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_arguments: Any) -> Any:
        raise BadAccess("nobody answers")

    monkeypatch.setattr(upgrade, "api_of", refuse)


def known(aws: Aws, target: str = "1.36", **pinned: str) -> Facts:
    found = look_at_cluster(aws, NAME, target, pinned)
    assert found is not None
    return found


def blocking(facts: Facts) -> list[Finding]:
    return [finding for finding in judge(facts) if finding.severity == "blocks"]


def test_the_facts_that_aws_reports_about_a_cluster(reader: Aws) -> None:
    facts = known(reader)
    assert (facts.version, facts.target, facts.status, facts.upgrade_policy) == ("1.35", "1.36", "ACTIVE", "STANDARD")
    assert [(group.name, group.version, group.status) for group in facts.groups] == [("system", "1.35", "ACTIVE")]
    assert {addon.name for addon in facts.addons} >= {"vpc-cni", "kube-proxy", "coredns"}
    assert set(facts.offers) == {addon.name for addon in facts.addons}
    assert all(offers.default in offers.versions for offers in facts.offers.values())
    assert len({subnet.zone for subnet in facts.subnets}) == 2
    assert facts.support["1.36"].standard_until is not None
    assert blocking(facts) == []


def test_a_deprecated_api_in_use_blocks_and_names_its_client(site: Site, reader: Aws) -> None:
    site.cloud.admin.settings(eks_insights=[INSIGHT])
    (finding,) = blocking(known(reader))
    assert finding.identity == f"deprecated_api:{API}"
    assert "removed in 1.36, is in use by helm/3.14 (12 requests in 30 days, last at 2026-10-30" in finding.what


def test_a_version_that_does_not_fit_is_named_with_one_that_does(reader: Aws) -> None:
    (finding,) = blocking(known(reader, coredns="v1.0.0-eksbuild.1"))
    assert finding.identity == "addon_version:coredns"
    assert "Pin v1." in finding.remedy


def test_a_version_that_eks_does_not_offer_is_one_finding(reader: Aws) -> None:
    assert [finding.rule for finding in blocking(known(reader, target="1.99"))] == ["skips_minor", "not_offered"]


def test_a_cluster_at_its_target_version_needs_no_upgrade(reader: Aws) -> None:
    assert is_through(known(reader, target="1.35"))


def test_there_is_no_such_cluster(reader: Aws) -> None:
    assert look_at_cluster(reader, "prod-other", "1.36", {}) is None


def test_a_plan_that_changes_the_version_reports_the_findings(site: Site, reader: Aws) -> None:
    site.cloud.admin.settings(eks_insights=[INSIGHT])
    plan = site.plan(site.desired(main=cluster(version="1.36")))
    blocking, said = upgrade.upgrade_doubts(plan, reader, eks.REGION)
    assert [(one.address, one.code) for one in blocking] == [("eks_cluster.main", "deprecated_api")]
    assert any("nobody answers" in text for text in said)


def test_a_plan_without_a_version_change_makes_no_requests(site: Site, reader: Aws) -> None:
    plan = site.plan(site.desired(main=cluster(log_types=["api"])))
    requests = Requests(site.cloud)
    assert upgrade.upgrade_doubts(plan, reader, eks.REGION) == ([], [])
    assert requests.all() == []
