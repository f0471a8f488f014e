# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""An upgrade from plan to completion on a real control plane: two node groups, add-ons, and a PodDisruptionBudget that blocks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.kubernetes.client import Api
from rehearsal.testing import Cloud

from .site import Changes, Site
from .support import ACCOUNT, REGION
from .workloads import budget, budget_path, deployment, inside, namespace, until

UPGRADE = "playbooks/upgrade.yml"
NAME = "prod-main"
BLOCKED = "PodDisruptionBudget shop/api allows no disruption: minAvailable is 2 and there are 2 pods."
GROUP = {"instance_types": ["t3.medium"], "min_size": 1, "max_size": 3, "desired_size": 1}


def clusters(version: str) -> dict[str, Any]:
    return {"main": {"version": version, "node_groups": {"system": GROUP, "work": GROUP}}}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A cluster of 1.35 with a workload whose pods may not be evicted."""
    settings = {"patience_seconds": {"pod_eviction": 3.0}}
    with Cloud(account_id=ACCOUNT, region=REGION, settings=settings) as cloud:
        made = Site(cloud, tmp_path_factory.mktemp("upgrade"), {"vpc": ["network"], "eks": ["cluster"]})
        made.variables["eks_clusters"] = clusters("1.35")
        made.must("site.yml")
        api = inside(cloud, NAME)
        namespace(api, "shop")
        deployment(api, "api", "shop")
        budget(api, "api", "shop", at_least=2)
        made.variables["eks_clusters"] = clusters("1.36")
        yield made


@pytest.fixture(scope="module")
def api(site: Site) -> Api:
    return inside(site.cloud, NAME)


def versions(cloud: Cloud) -> dict[str, str]:
    """The minor version of the control plane and of each node group."""
    eks = cloud.client("eks")
    groups = {name: eks.describe_nodegroup(clusterName=NAME, nodegroupName=name)["nodegroup"]["version"] for name in ("system", "work")}
    return {"control plane": str(eks.describe_cluster(name=NAME)["cluster"]["version"]), **groups}


def test_from_plan_to_end(site: Site, api: Api) -> None:
    """One continuous test, because each run continues where the previous one stopped."""
    cloud = site.cloud

    changes = Changes(cloud)
    planned = site.must("site.yml", "--check")
    assert planned.says("1.35 -> 1.36")
    assert planned.says(BLOCKED), planned.text
    looked = site.must(UPGRADE, "--check")
    assert looked.says(f"blocks  main  {BLOCKED}"), looked.text
    assert looked.says("The control plane can be rolled back to 1.35 for 7 days")
    assert changes.made() == []

    refused = site.run(UPGRADE)
    assert refused.code != 0
    assert refused.says("Nothing was changed, because the upgrade is blocked:"), refused.text
    assert refused.says("disruption_budget:shop/api")
    assert changes.made() == []

    held = site.run(UPGRADE, "--extra-vars", '{"eks_upgrade_ignore": ["disruption_budget:shop/*"]}')
    assert held.code != 0
    assert held.says("PodEvictionFailure"), held.text
    assert held.says(BLOCKED), held.text
    assert held.says("Fix this, then run again to resume the upgrade."), held.text
    there = versions(cloud)
    assert there["control plane"] == "1.36"
    assert "1.35" in (there["system"], there["work"])

    api.patch(budget_path("api", "shop"), {"spec": {"minAvailable": 1}})
    until(lambda: api.get(budget_path("api", "shop"))["status"].get("disruptionsAllowed", 0) > 0, "the budget lets a pod go")
    cloud.admin.settings(patience_seconds={"pod_eviction": 120.0})
    changes = Changes(cloud)
    done = site.must(UPGRADE)
    assert versions(cloud) == {"control plane": "1.36", "system": "1.36", "work": "1.36"}, done.text
    assert "eks:UpdateClusterVersion" not in changes.made()

    changes = Changes(cloud)
    site.must(UPGRADE)
    assert changes.made() == []


def test_in_which_order_it_went(site: Site) -> None:
    """Over the whole test: the control plane, the network add-ons, the node groups, the other add-ons."""
    requests = [one for one in site.cloud.admin.requests() if one["mutating"] and one["operation"].startswith("Update")]
    order = [one["operation"] for one in requests]
    control_plane, first_group = order.index("UpdateClusterVersion"), order.index("UpdateNodegroupVersion")
    addons = [number for number, name in enumerate(order) if name == "UpdateAddon"]
    assert control_plane < first_group
    assert [control_plane < number < first_group for number in addons] == [True, True, False], order
    assert addons[-1] > max(number for number, name in enumerate(order) if name == "UpdateNodegroupVersion")
