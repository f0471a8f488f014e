# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A cluster's saved plan can be continued after every single change."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.engine import observe, plan_only
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.planner import Consent
from ansible_collections.mainstay.aws.plugins.module_utils.saved_plans.part import Context, make_part
from tests.integration.conftest import CloudFor
from tests.integration.eks.support import ACCOUNT, EVERYTHING, REGION, Site, cluster

from .support import refusals_at_every_change

CONSENT = Consent((*EVERYTHING, "eks_cluster.*"), (*EVERYTHING, "eks_cluster.*"))
PLACE = {"account_id": ACCOUNT, "region": REGION, "partition": "aws", "endpoint": "a rehearsal"}
CONTEXT = Context({"module": "eks_cluster", "environment": "prod", "component": "cluster"}, PLACE)

OTHER = cluster(
    node_groups={"system": {"min_size": 2, "max_size": 3, "labels": {"tier": "system"}}, "jobs": {"min_size": 1, "max_size": 2}},
    log_retention_in_days=30,
)
CASES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "create": ({}, {"main": cluster()}),
    "change": ({"main": cluster()}, {"main": OTHER}),
    "destroy": ({"main": cluster()}, {}),
}


@pytest.mark.parametrize("case", CASES)
def test_a_plan_resumes_after_every_single_change(cloud_for: CloudFor, case: str) -> None:
    before, after = CASES[case]
    site = Site(cloud_for(account_id=ACCOUNT, region=REGION, settings={"control_planes": False}))
    site.apply(site.desired(**before))
    desired = site.desired(**after)
    kinds = site.kinds(desired)
    observed = observe(kinds, site.aws("plan"))
    planned = plan_only(desired, observed, kinds, CONSENT)
    saved = json.loads(json.dumps(make_part(CONTEXT, desired, observed, planned, kinds, CONSENT)))
    changes, refusals = refusals_at_every_change(site, saved, desired, kinds, CONSENT, CONTEXT)
    assert changes > 3
    assert refusals == {}
