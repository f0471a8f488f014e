# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""From the settings of node pools to what Karpenter reads, and every possible mistake in them."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.filter.eks_content import eks_content
from ansible_collections.mainstay.aws.plugins.module_utils.cluster_objects.manifest import read
from ansible_collections.mainstay.aws.plugins.module_utils.domains.cluster_content.preflight import input_errors
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import UNKNOWN

CLUSTER = {"version": "1.36", "node_scaling": "karpenter", "node_groups": {"system": {}}, "controllers": []}
KNOWN = {
    "name": "prod-main",
    "karpenter_queue_name": "prod_cluster_main_karpenter",
    "karpenter_instance_profile_name": "prod.cluster.main.karpenter-nodes-profile",
    "cluster_security_group_id": "sg-0cccccccccccccccc",
    "tags": {"owner": "platform"},
}


def content(given: Any, known: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    return eks_content(given, {**CLUSTER, **more}, KNOWN if known is None else known, region="af-south-1")


def made(given: Any, known: dict[str, Any] | None = None, **more: Any) -> dict[str, dict[str, Any]]:
    """The specifications by kind and name."""
    found = content(given, known, **more)["objects"]
    return {f"{one['kind']}/{one['metadata']['name']}": one["spec"] for one in found if "karpenter" in one["apiVersion"]}


def requirements(pool: dict[str, Any]) -> dict[str, Any]:
    found = made({"node_pools": {"a": pool}})["NodePool/a"]["template"]["spec"]["requirements"]
    return {one["key"]: one.get("values") for one in found}


def test_a_cluster_with_karpenter_has_a_pool_from_the_start() -> None:
    found = made(None)
    assert sorted(found) == ["EC2NodeClass/default", "NodePool/default"]
    assert found["EC2NodeClass/default"] == {
        "amiSelectorTerms": [{"alias": "al2023@latest"}],
        "instanceProfile": "prod.cluster.main.karpenter-nodes-profile",
        "subnetSelectorTerms": [{"tags": {"karpenter.sh/discovery": "prod-main"}}],
        "securityGroupSelectorTerms": [{"tags": {"karpenter.sh/discovery": "prod-main"}}],
        "metadataOptions": {"httpEndpoint": "enabled", "httpTokens": "required", "httpPutResponseHopLimit": 1},
        "blockDeviceMappings": [
            {
                "deviceName": "/dev/xvda",
                "ebs": {"volumeType": "gp3", "encrypted": True, "deleteOnTermination": True, "volumeSize": "50Gi"},
            }
        ],
        "tags": {"owner": "platform"},
    }
    pool = found["NodePool/default"]
    assert pool["template"]["spec"]["nodeClassRef"] == {"group": "karpenter.k8s.aws", "kind": "EC2NodeClass", "name": "default"}
    assert (pool["limits"], pool["disruption"]["budgets"]) == ({"cpu": "100"}, [{"nodes": "10%"}])
    assert made({"node_pools": {}}) == {}


def test_karpenter_itself_knows_cluster_queue_and_region() -> None:
    release = content(None)["releases"]["karpenter"]
    assert release["namespace"] == "kube-system"
    assert release["values"] == {
        "settings": {"clusterName": "prod-main", "interruptionQueue": "prod_cluster_main_karpenter"},
        "region": "af-south-1",
    }


def test_what_is_not_known_before_the_cluster_exists_is_known_later() -> None:
    found = content(None, {})
    assert found["releases"]["karpenter"]["values"]["settings"] == {"clusterName": UNKNOWN, "interruptionQueue": UNKNOWN}
    objects, problems = read(found["objects"], "main")
    assert problems == []
    assert [one.after for one in objects if one.kind in ("EC2NodeClass", "NodePool")] == [("karpenter",)] * 2
    assert made(None, {})["EC2NodeClass/default"]["instanceProfile"] == UNKNOWN


@pytest.mark.parametrize(
    ("more", "subnets", "groups"),
    [
        (
            {"karpenter_discovery": "shared"},
            [{"tags": {"karpenter.sh/discovery": "shared"}}],
            [{"tags": {"karpenter.sh/discovery": "shared"}}],
        ),
        (
            {"subnet_ids": ["subnet-0a000000", "subnet-0b000000"]},
            [{"id": "subnet-0a000000"}, {"id": "subnet-0b000000"}],
            [{"id": "sg-0cccccccccccccccc"}],
        ),
        (
            {"subnet_ids": ["subnet-0a000000", "subnet-0b000000"], "node_security_group_ids": ["sg-0d000000"]},
            [{"id": "subnet-0a000000"}, {"id": "subnet-0b000000"}],
            [{"id": "sg-0d000000"}],
        ),
    ],
)
def test_where_nodes_are_launched(more: dict[str, Any], subnets: Any, groups: Any) -> None:
    found = made(None, **more)["EC2NodeClass/default"]
    assert (found["subnetSelectorTerms"], found["securityGroupSelectorTerms"]) == (subnets, groups)


def test_instances_are_chosen_by_category_or_by_type() -> None:
    usual = requirements({})
    assert usual["karpenter.k8s.aws/instance-category"] == ["c", "m", "r"]
    assert (usual["karpenter.k8s.aws/instance-generation"], usual["kubernetes.io/arch"]) == (["2"], ["amd64"])
    named = requirements({"instance_types": ["m7g.large"], "architectures": ["arm64"], "capacity_types": ["spot", "on-demand"]})
    assert named["node.kubernetes.io/instance-type"] == ["m7g.large"]
    assert (named["kubernetes.io/arch"], named["karpenter.sh/capacity-type"]) == (["arm64"], ["spot", "on-demand"])
    assert "karpenter.k8s.aws/instance-category" not in named
    own = {"key": "karpenter.k8s.aws/instance-gpu-count", "operator": "Gt", "values": [0]}
    zonal = requirements({"requirements": [own], "availability_zones": ["af-south-1a"]})
    assert (zonal["karpenter.k8s.aws/instance-gpu-count"], zonal["topology.kubernetes.io/zone"]) == (["0"], ["af-south-1a"])


def test_everything_a_pool_can_say() -> None:
    pool = {
        "image": "bottlerocket@v1.50.0",
        "disk_gib": 100,
        "max_pods": 60,
        "user_data": "[settings.kernel]",
        "labels": {"team": "shop"},
        "taints": [{"key": "gpu", "value": "yes", "effect": "NoSchedule"}],
        "limits": {"cpu": 40, "memory": "160Gi"},
        "weight": 10,
        "consolidation": "WhenEmpty",
        "consolidate_after": "5m",
        "budgets": [{"nodes": 0, "schedule": "0 8 * * 1-5", "duration": "10h"}],
        "expire_after": "Never",
        "termination_grace_period": "1h",
        "tags": {"cost-center": "42"},
    }
    found = made({"node_pools": {"gpu": pool}}, tags={"team": "cluster"})
    node_class, template = found["EC2NodeClass/gpu"], found["NodePool/gpu"]["template"]
    sizes = {one["deviceName"]: one["ebs"]["volumeSize"] for one in node_class["blockDeviceMappings"]}
    assert sizes == {"/dev/xvda": "4Gi", "/dev/xvdb": "100Gi"}
    assert (node_class["kubelet"], node_class["userData"]) == ({"maxPods": 60}, "[settings.kernel]")
    assert node_class["tags"] == {"owner": "platform", "team": "cluster", "cost-center": "42"}
    assert template["metadata"] == {"labels": {"team": "shop"}}
    assert template["spec"]["taints"] == [{"key": "gpu", "value": "yes", "effect": "NoSchedule"}]
    assert (template["spec"]["expireAfter"], template["spec"]["terminationGracePeriod"]) == ("Never", "1h")
    assert found["NodePool/gpu"]["disruption"] == {
        "consolidationPolicy": "WhenEmpty",
        "consolidateAfter": "5m",
        "budgets": [{"nodes": "0", "schedule": "0 8 * * 1-5", "duration": "10h"}],
    }
    assert (found["NodePool/gpu"]["limits"], found["NodePool/gpu"]["weight"]) == ({"cpu": "40", "memory": "160Gi"}, 10)


@pytest.mark.parametrize(
    ("pool", "expected"),
    [
        ({"architecture": "arm64"}, "architecture is not a setting; did you mean architectures?"),
        ({"architectures": ["x86"]}, "architectures[0] is 'x86', but it must be one of amd64, arm64"),
        ({"capacity_types": ["SPOT"]}, "capacity_types[0] is 'SPOT', but it must be one of on-demand, spot, reserved"),
        ({"instance_types": ["m7g"]}, "instance_types[0] is 'm7g', but it must be an instance type such as m7i.large"),
        ({"instance_types": ["m7g.large"], "instance_categories": ["m"]}, "instance_types already says which ones; remove one of the two"),
        ({"image": "al2023"}, "image is 'al2023', but it must be al2023 or bottlerocket with a release: al2023@latest"),
        ({"labels": {"karpenter.sh/x": "y"}}, "labels.karpenter.sh/x is 'y', but Karpenter or Kubernetes sets it"),
        ({"labels": {"a b": "y"}}, "labels.a b is 'y', but it must be at most 63 letters"),
        ({"taints": [{"key": "a", "effect": "NO_SCHEDULE"}]}, "it must be a mapping of key, effect (one of NoSchedule, PreferNoSchedule"),
        ({"limits": {"cpu": "lots"}}, "limits.cpu is 'lots', but it must be a quantity such as 100 or 400Gi"),
        ({"budgets": [{"nodes": "110%"}]}, "it must have nodes, a number or a percentage"),
        ({"expire_after": "30 days"}, "expire_after is '30 days', but it must be a duration such as 30s, 5m or 720h, or Never"),
        ({"requirements": [{"key": "a", "operator": "Equals"}]}, "it must be a mapping of key, operator (one of In, NotIn"),
        ({"tags": {"kubernetes.io/cluster/prod-main": "owned"}}, "is 'kubernetes.io/cluster/prod-main', but Karpenter sets it; remove it"),
    ],
)
def test_refused(pool: dict[str, Any], expected: str) -> None:
    problems = input_errors({"main": {"node_pools": {"a": pool}}}, "eks_content", {"main": CLUSTER})
    assert [expected in one for one in problems] == [True], problems
