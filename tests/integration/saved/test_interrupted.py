# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A saved plan interrupted after any number of changes can be completed with the same file."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.domains.network.domain import KINDS
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.engine import plan_only
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import Resource
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.planner import Consent
from ansible_collections.mainstay.aws.plugins.module_utils.saved_plans.drift import carried_out, refusal
from ansible_collections.mainstay.aws.plugins.module_utils.saved_plans.part import Context, make_part
from rehearsal.testing import Cloud
from tests.integration.conftest import CloudFor
from tests.integration.network.support import ACCOUNT, EVERYTHING, REGION, ZONES, Site, network

from .support import refusals_at_every_change

STRIDE = 15
"""Changes between two points at which a plan is interrupted. Every point was tried once; this sample is enough to detect regressions."""

CONSENT = Consent(EVERYTHING, EVERYTHING)
PLACE = {"account_id": ACCOUNT, "region": REGION, "partition": "aws", "endpoint": "a rehearsal"}
CONTEXT = Context({"module": "vpc_network", "environment": "prod", "component": "network"}, PLACE)

SMALL = network(endpoints={"gateway": ["s3"], "interface": ["sts"]})
OTHER = network(
    availability_zones=ZONES[1:],
    nat="single",
    endpoints={"gateway": ["s3", "dynamodb"], "interface": []},
    security={"database_port": 5433},
    flow_logs={"traffic_type": "REJECT", "retention_in_days": 30},
)

CASES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "create": ({}, {"main": SMALL}),
    "change": ({"main": SMALL}, {"main": OTHER}),
    "destroy": ({"main": SMALL}, {}),
}


@pytest.fixture(scope="module")
def cloud(cloud_for: CloudFor) -> Cloud:
    return cloud_for(account_id=ACCOUNT, region=REGION)


def save(site: Site, desired: Sequence[Resource]) -> dict[str, Any]:
    observed = site.observed()
    part = make_part(CONTEXT, desired, observed, plan_only(desired, observed, KINDS, CONSENT), KINDS, CONSENT)
    return json.loads(json.dumps(part))


def refused(site: Site, saved: dict[str, Any], desired: Sequence[Resource]) -> list[str]:
    return refusal(saved, desired, site.observed(), CONSENT, CONTEXT, KINDS)


@pytest.mark.parametrize("case", CASES)
def test_a_plan_resumes_after_every_single_change(cloud: Cloud, case: str) -> None:
    """Observes as a module does, including resources created without a call of ours, such as a VPC's default security group."""
    before, after = CASES[case]
    cloud.admin.reset()
    site = Site(cloud)
    site.apply(site.desired(**before))
    desired = site.desired(**after)
    saved = save(site, desired)
    changes, refusals = refusals_at_every_change(site, saved, desired, KINDS, CONSENT, CONTEXT)
    assert changes > 20
    assert refusals == {}


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
def test_an_interrupted_plan_resumes(cloud: Cloud, case: str) -> None:
    before, after = CASES[case]
    failed, cut = True, 0
    while failed:
        cloud.admin.reset()
        site = Site(cloud)
        site.apply(site.desired(**before))
        desired = site.desired(**after)
        saved = save(site, desired)
        assert len(saved["actions"]) > 10
        cloud.admin.clear_requests()
        cloud.admin.fault(mutating=True, fault="error", code="UnauthorizedOperation", status=403, nth=cut + 1, times=None)
        failed = bool(site.try_apply(desired, EVERYTHING, EVERYTHING).failures)
        assert failed or cut > STRIDE
        cloud.admin.clear_faults()

        assert refused(site, saved, desired) == [], f"after {cut} changes"
        site.apply(desired, EVERYTHING, EVERYTHING)
        assert refused(site, saved, desired) == []
        done, planned = carried_out(saved, site.plan(desired, EVERYTHING, EVERYTHING))
        assert done == planned == len(saved["actions"])
        cut += STRIDE
