# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A9: an inventory that shares the cluster of another one, with a namespace, a quota, and a team for each developer."""

from __future__ import annotations

from pathlib import Path

from tests.integration.examples.running import cloud_of, mutations, play, variables

INVENTORY = "inventories/sandbox"
WITH_CONTENT = ("--extra-vars", '{"eks_manage_content": true}')


def test_sandboxes_are_planned_and_nothing_else(tmp_path: Path) -> None:
    with cloud_of(INVENTORY) as cloud:
        planned = play(cloud, INVENTORY, tmp_path, "--check", "--diff", *WITH_CONTENT, role="plan")
        assert planned.code == 0, planned.output
        assert mutations(cloud) == []
        asked = {request["operation"] for request in cloud.admin.requests() if request["service"] in ("eks", "ec2")}
        cloud.admin.clear_requests()
        gone = play(cloud, INVENTORY, tmp_path, "--extra-vars", "destroy=sandbox", playbook="playbooks/destroy.yml")
        assert gone.code == 0, gone.output
        deleted = [request["operation"] for request in cloud.admin.requests() if request["service"] != "ssm" and request["mutating"]]
        assert deleted == []
    assert asked == {"DescribeCluster"}
    made = {address for address, action in planned.actions.items() if action["action"] == "create"}
    for developer in variables(INVENTORY, "eks")["eks_content"]["main"]["sandboxes"]["developers"]:
        name = f"sandbox-{developer}"
        assert f"kubernetes_namespace.main/Namespace/{name}" in made
        assert [one for one in made if one.startswith(f"kubernetes_object.main/ResourceQuota/{name}/")]
        assert [one for one in made if one.startswith(f"kubernetes_object.main/RoleBinding/{name}/")]
    assert not [one for one in made if "StorageClass" in one or one.startswith("helm_release.")]
    assert set(planned.totals) == {"create"}


def test_it_shares_the_cluster_of_dev() -> None:
    dev, sandbox = variables("inventories/dev"), variables(INVENTORY)
    assert (dev["platform_account_id"], dev["platform_region"]) == (sandbox["platform_account_id"], sandbox["platform_region"])
    shared = variables(INVENTORY, "eks")["eks_shared_clusters"]
    assert shared == {name: f"{dev['platform_environment']}-{name}" for name in variables("inventories/dev", "eks")["eks_clusters"]}
