# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""platform_fail_on fails a run whose plan is complete: one component does not prevent later ones from being planned."""

from __future__ import annotations

import json
from pathlib import Path

from rehearsal.testing import Cloud

from .site import Site


def test_a_cluster_is_planned_although_its_network_fails_the_run(cloud: Cloud, tmp_path: Path) -> None:
    clusters = {"main": {"version": "1.36", "node_groups": {"system": {"min_size": 1, "max_size": 2}}}}
    variables = {"eks_clusters": clusters, "eks_network": "main", "platform_fail_on": "changes"}
    site = Site(cloud, tmp_path, hosts={"vpc": ["network"], "eks": ["cluster"]}, variables=variables)
    planned = site.run("site.yml", "--check")
    assert planned.code == 2, planned.text
    report = json.loads((tmp_path / "summary.json").read_text())
    assert (report["result"], report["failed_tasks"]) == ("changes", [])
    assert {one["component"]: one["failed_on"] for one in report["components"]} == {"network": "changes", "cluster": "changes"}
    assert planned.says("platform_fail_on is changes, and an apply would make")
    for component in ("network", "cluster"):
        assert planned.says(f"{component} fails this run, because platform_fail_on is changes and it has changes.")
