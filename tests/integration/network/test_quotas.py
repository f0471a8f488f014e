# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Quotas in a plan match AWS's enforcement: one below the need stops the plan, exactly enough lets it through."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.component.quota_reads import check
from ansible_collections.mainstay.aws.plugins.module_utils.component.quotas import EXCEEDED, UNCHECKED
from ansible_collections.mainstay.aws.plugins.module_utils.domains.network.domain import KINDS
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.errors import Failure
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.planner import Plan
from rehearsal.quotas import QUOTAS
from rehearsal.testing import Cloud

from .play import play, task
from .support import EVERYTHING, REGION, Requests, Site, network

# each checked network quota, and AWS's error when it is exceeded
REFUSALS = {
    "elastic_ips": "AddressLimitExceeded",
    "gateway_endpoints": "VpcEndpointLimitExceeded",
    "interface_endpoints_per_vpc": "VpcEndpointLimitExceeded",
    "ipv4_blocks_per_vpc": "CidrLimitExceeded",
    "nat_gateways_per_zone": "NatGatewayLimitExceeded",
    "rules_per_security_group": "RulesPerSecurityGroupLimitExceeded",
    "vpcs": "VpcLimitExceeded",
}


def checked(site: Site, plan: Plan) -> tuple[Sequence[Failure], Sequence[Failure]]:
    aws = site.aws("plan")
    try:
        return check(plan, KINDS, aws, REGION)
    finally:
        aws.close()


def needed(site: Site, plan: Plan, quota: str) -> int:
    """The amounts that the check requires in an empty account."""
    site.cloud.admin.settings(quotas={quota: 0})
    exceeded, _doubtful = checked(site, plan)
    assert exceeded, f"nothing in the plan uses up {quota}"
    code = QUOTAS[quota].code
    asked = [
        int(failure.hint.partition("--desired-value ")[2].split()[0]) for failure in exceeded if f"--quota-code {code} " in failure.hint
    ]
    assert len(asked) == len(exceeded)
    return max(asked)


ACROSS = ("elastic_ips", "gateway_endpoints", "nat_gateways_per_zone", "vpcs")
"""Quotas counted over all networks: tested with a second network, so that some of each is in use."""


@pytest.mark.parametrize("quota", REFUSALS)
def test_the_check_and_aws_agree(site: Site, quota: str) -> None:
    already = quota in ACROSS
    main = network(endpoints={"interface": ["sts"], "gateway": ["s3"]}, secondary_cidrs=["100.64.0.0/16"])
    networks: dict[str, Any] = {"main": main}
    if already:
        site.apply(site.desired(**networks))
        networks["second"] = network(cidr="10.1.0.0/16", endpoints={"interface": ["sts", "kms"], "gateway": ["s3"]})
    desired = site.desired(**networks)
    plan = site.plan(desired)
    enough = needed(site, plan, quota)

    site.cloud.admin.settings(quotas={quota: enough - 1})
    exceeded, doubtful = checked(site, plan)
    assert {failure.code for failure in exceeded} == {EXCEEDED}
    assert doubtful == []
    failed = site.try_apply(desired)
    assert REFUSALS[quota] in {failure.code for failure in failed.failures}

    site.cloud.admin.settings(quotas={})
    site.destroy()
    if already:
        site.apply(site.desired(main=networks["main"]))
    site.cloud.admin.settings(quotas={quota: enough})
    assert checked(site, site.plan(desired)) == ([], [])
    site.apply(desired)


def test_every_quota_that_kinds_declare_is_tried() -> None:
    declared = {quota.identity() for kind in KINDS.values() for quota in kind.quotas}  # type: ignore[attr-defined]
    assert declared == {(QUOTAS[name].service, QUOTAS[name].code) for name in REFUSALS}


def test_defaults_are_the_same_in_both() -> None:
    declared = {quota.identity(): quota.default for kind in KINDS.values() for quota in kind.quotas}  # type: ignore[attr-defined]
    for quota in QUOTAS.values():
        assert declared.get((quota.service, quota.code), quota.default) == quota.default


def test_a_run_that_creates_nothing_reads_no_quotas(site: Site) -> None:
    desired = site.desired(main=network())
    site.apply(desired)
    for plan in (site.plan(desired), site.plan([], purge=EVERYTHING)):
        requests = Requests(site.cloud)
        assert checked(site, plan) == ([], [])
        assert requests.all() == []


def test_questions_are_few(site: Site) -> None:
    plan = site.plan(site.desired(main=network(), second=network(cidr="10.1.0.0/16")))
    requests = Requests(site.cloud)
    checked(site, plan)
    reads = requests.reads()
    assert reads.count("service-quotas:ListServiceQuotas") == 1
    assert len(reads) <= 9, reads


def test_others_count_too(site: Site, ec2: Any) -> None:
    for _ in range(4):
        ec2.allocate_address(Domain="vpc")
    site.cloud.admin.settings(quotas="aws")
    exceeded, doubtful = checked(site, site.plan(site.desired(main=network())))
    assert doubtful == []
    assert [failure.message for failure in exceeded] == [
        f"would exceed: elastic IPs: 4 of 5 in use in {REGION}, this run needs 2 more",
    ]
    assert exceeded[0].hint == (
        "Request 6 with `aws service-quotas request-service-quota-increase --service-code ec2 --quota-code L-0263D0A3 "
        f"--desired-value 6 --region {REGION}`."
    )


def test_a_limit_that_may_not_be_read_is_assumed_and_stops_nothing(site: Site, ec2: Any) -> None:
    for _ in range(4):
        ec2.allocate_address(Domain="vpc")
    for operation in ("GetServiceQuota", "ListServiceQuotas"):
        site.cloud.admin.fault(
            "service-quotas", operation, fault="error", code="AccessDeniedException", message="not authorized", status=400, times=None
        )
    exceeded, doubtful = checked(site, site.plan(site.desired(main=network())))
    assert exceeded == []
    assert len(doubtful) == 1
    assert "4 of 5 in use" in doubtful[0].message
    assert "AWS's default is assumed, since the account's own could not be read: AccessDeniedException" in doubtful[0].message


def test_what_may_not_be_counted_is_said(site: Site) -> None:
    site.cloud.admin.fault(
        "ec2", "DescribeAddresses", fault="error", code="UnauthorizedOperation", message="no", status=403, nth=2, times=None
    )
    plan = site.plan(site.desired(main=network()))
    exceeded, doubtful = checked(site, plan)
    assert exceeded == []
    assert [failure.code for failure in doubtful] == [UNCHECKED]
    assert "elastic IPs" in doubtful[0].message


def test_the_module_stops_before_its_first_change(cloud: Cloud, tmp_path: Path) -> None:
    cloud.admin.settings(quotas={"elastic_ips": 1})
    options = {"networks": {"main": network()}}
    requests = Requests(cloud)
    planned, refused, unchecked = play(
        tmp_path,
        cloud.environment(),
        [task(options, check=True), task(options), task({**options, "check_quotas": False}, check=True)],
    )
    assert not planned["failed"]
    assert planned["changed"]
    assert [problem["code"] for problem in planned["plan"]["problems"]] == [EXCEEDED]
    assert refused["failed"]
    assert not refused["changed"]
    assert "Nothing was changed" in refused["msg"]
    assert "elastic IPs: 0 of 1 in use" in refused["msg"]
    assert {action["outcome"] for action in refused["plan"]["actions"]} == {"planned"}
    assert unchecked["plan"]["problems"] == []
    assert requests.changes() == []
