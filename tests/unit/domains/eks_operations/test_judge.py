# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Findings before an upgrade, rule by rule: a table of facts and conclusions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.operations.upgrade.facts import (
    Addon,
    Budget,
    Client,
    ClusterState,
    Deprecation,
    Facts,
    Group,
    Insight,
    Node,
    Pod,
    Subnet,
    Support,
    minor_of,
)
from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.operations.upgrade.findings import Finding, ignored, in_the_way
from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.operations.upgrade.judge import judge
from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.operations.upgrade.workloads import selects
from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.settings.addons import Offer

NOW = datetime(2026, 11, 1, tzinfo=UTC)
LATER, EARLIER = datetime(2027, 8, 2, tzinfo=UTC), datetime(2026, 6, 1, tzinfo=UTC)
WELL = Facts(
    "prod-main",
    "1.35",
    "1.36",
    NOW,
    groups=(Group("system", "1.35", "1.35.1-20260901", launch_template_version="3"),),
    addons=(Addon("coredns", "v1.13.0-eksbuild.1"),),
    offers={"coredns": Offer(("v1.12.9-eksbuild.1", "v1.13.0-eksbuild.1"), "v1.12.9-eksbuild.1")},
    subnets=(Subnet("subnet-a", "eu-west-1a", 200), Subnet("subnet-b", "eu-west-1b", 100)),
    support={"1.35": Support(LATER), "1.36": Support(LATER)},
    inside=ClusterState(
        nodes=(Node("node-1", "v1.35.2-eks-1a2b3c4", "system"),),
        budgets=(Budget("shop", "api", {"matchLabels": {"app": "api"}}, "1", "", 1, 2, 1, 2),),
        pods=(Pod("shop", "api-1", "node-1", {"app": "api"}, "ReplicaSet"),),
    ),
)
BUDGET = WELL.inside.budgets[0] if WELL.inside else Budget("", "")
POD = WELL.inside.pods[0] if WELL.inside else Pod("", "")
NODE = WELL.inside.nodes[0] if WELL.inside else Node("", "")


def inside(**changes: Any) -> dict[str, Any]:
    return {"inside": replace(WELL.inside or ClusterState(), **changes)}


def budget(**changes: Any) -> dict[str, Any]:
    return inside(budgets=(replace(BUDGET, **changes),))


def group(**changes: Any) -> dict[str, Any]:
    return {"groups": (replace(WELL.groups[0], **changes),)}


def addon(**changes: Any) -> dict[str, Any]:
    return {"addons": (replace(WELL.addons[0], **changes),)}


API = Deprecation(
    "/apis/flowcontrol.apiserver.k8s.io/v1beta3/flowschemas",
    "/apis/flowcontrol.apiserver.k8s.io/v1/flowschemas",
    "1.36",
    (Client("helm/3.14", 12, datetime(2026, 10, 30, 8, 15, tzinfo=UTC)),),
)
DEPRECATED = Insight("Deprecated APIs removed in Kubernetes v1.36", "ERROR", "1.36", deprecations=(API,))

CASES: Mapping[str, tuple[dict[str, Any], str, str, str]] = {
    # name: differences, severity, identity, part of the message
    "a minor is skipped": (
        {"version": "1.34"},
        "blocks",
        "skips_minor:prod-main",
        "1.36 is 2 minor versions away; EKS upgrades one at a time.",
    ),
    "an older one": ({"target": "1.34"}, "blocks", "older:prod-main", "prod-main runs 1.35, and 1.34 is older."),
    "no version at all": ({"target": "latest"}, "blocks", "version:prod-main", "Version 'latest' of prod-main is not a minor version"),
    "not at rest": ({"status": "UPDATING"}, "blocks", "status:prod-main", "prod-main is UPDATING"),
    "not offered": ({"support": {"1.35": Support(LATER)}}, "blocks", "not_offered:prod-main", "does not offer version 1.36"),
    "a group behind": (group(version="1.34"), "warns", "node_group_behind:system", "system is at 1.34 and the control plane at 1.35."),
    "a group far behind": (
        group(version="1.32"),
        "blocks",
        "node_group_skew:system",
        "at 1.32, more than 3 minor versions older than 1.36.",
    ),
    "a group ahead": (group(version="1.36"), "blocks", "node_group_skew:system", "system is at 1.36 and the control plane at 1.35."),
    "a group that is left": ({"version": "1.36"}, "info", "node_group_next:system", "system is at 1.35 and the control plane at 1.36."),
    "a busy group": (group(status="UPDATING"), "blocks", "node_group_busy:system", "Node group system is UPDATING"),
    "a group that is not well": (
        group(status="DEGRADED", issues=("NodeCreationFailure: no capacity",)),
        "warns",
        "node_group_health:system",
        "Node group system is DEGRADED: NodeCreationFailure: no capacity.",
    ),
    "a kubelet too old": (
        inside(nodes=(NODE, Node("old", "v1.32.9"))),
        "blocks",
        "kubelet_skew:old",
        "Node old runs kubelet v1.32.9, more than 3 minor versions older than 1.36.",
    ),
    "a kubelet of no node group": (
        inside(nodes=(NODE, Node("own", "v1.34.9"))),
        "warns",
        "kubelet_behind:own",
        "is not in a managed node group",
    ),
    "a node that is not ready": (
        inside(nodes=(replace(NODE, ready=False, trouble="KubeletStopped"),)),
        "warns",
        "node_unhealthy:node-1",
        "Node node-1 is not Ready: KubeletStopped.",
    ),
    "an add-on that will be another": (
        addon(version="v1.12.0-eksbuild.1"),
        "info",
        "addon_next:coredns",
        "coredns v1.12.0-eksbuild.1 is not compatible with 1.36 and is updated to v1.12.9-eksbuild.1 after the control plane.",
    ),
    "the network's add-on too far": (
        {
            "addons": (Addon("vpc-cni", "v1.20.1-eksbuild.1"),),
            "offers": {"vpc-cni": Offer(("v1.22.3-eksbuild.1", "v1.22.4-eksbuild.3"), "v1.22.4-eksbuild.3")},
        },
        "blocks",
        "addon_step:vpc-cni",
        "would go from v1.20.1-eksbuild.1 to v1.22.4-eksbuild.3; EKS updates it one minor version at a time.",
    ),
    "the network's add-on on its way": (
        {
            "addons": (Addon("vpc-cni", "v1.20.1-eksbuild.1"),),
            "offers": {"vpc-cni": Offer(("v1.21.2-eksbuild.1", "v1.22.4-eksbuild.3"), "v1.22.4-eksbuild.3")},
        },
        "info",
        "addon_next:vpc-cni",
        "is updated to v1.21.2-eksbuild.1 after the control plane.",
    ),
    "an add-on that is demanded": (
        addon(pinned="v1.12.0-eksbuild.1"),
        "blocks",
        "addon_version:coredns",
        "The inventory pins add-on coredns to v1.12.0-eksbuild.1, which is not compatible with 1.36.",
    ),
    "an add-on without a version": ({"offers": {}}, "blocks", "addon_missing:coredns", "There is no version of add-on coredns for 1.36."),
    "an add-on that is not well": (
        addon(status="DEGRADED", issues=("InsufficientNumberOfReplicas: 0 of 2",)),
        "warns",
        "addon_health:coredns",
        "Add-on coredns is DEGRADED: InsufficientNumberOfReplicas: 0 of 2.",
    ),
    "a deprecated API in use": (
        {"insights": (DEPRECATED,)},
        "blocks",
        f"deprecated_api:{API.usage}",
        "removed in 1.36, is in use by helm/3.14 (12 requests in 30 days, last at 2026-10-30 08:15 UTC).",
    ),
    "one that is deprecated later": (
        {"insights": (replace(DEPRECATED, version="1.37", status="WARNING"),)},
        "info",
        f"deprecated_api:{API.usage}",
        "in use by helm/3.14",
    ),
    "another check of EKS's": (
        {"insights": (Insight("Kubelet version skew", "WARNING", "1.36", "nodes lag behind"),)},
        "warns",
        "insight:Kubelet version skew",
        "EKS's check 'Kubelet version skew' is WARNING: nodes lag behind.",
    ),
    "a check with an unknown result": ({"insights": (Insight("Add-ons", "UNKNOWN", "1.36"),)}, "info", "insight:Add-ons", "is UNKNOWN."),
    "as many as there are": (
        budget(min_available="2", allowed=0, healthy=2, desired_healthy=2),
        "blocks",
        "disruption_budget:shop/api",
        "PodDisruptionBudget shop/api allows no disruption: minAvailable is 2 and there are 2 pods. Its pods on nodes of the groups: "
        "api-1.",
    ),
    "a single replica": (
        budget(allowed=0, healthy=1, desired_healthy=1, expected=1),
        "blocks",
        "disruption_budget:shop/api",
        "minAvailable is 1 and there is a single replica.",
    ),
    "none may be unavailable": (
        budget(min_available="", max_unavailable="0", allowed=0, healthy=2, desired_healthy=2),
        "blocks",
        "disruption_budget:shop/api",
        "maxUnavailable is 0.",
    ),
    "not all are healthy": (
        budget(allowed=0, healthy=1, desired_healthy=1),
        "blocks",
        "disruption_budget:shop/api",
        "1 of 2 pods are healthy, and 1 must be.",
    ),
    "two budgets": (
        inside(budgets=(BUDGET, replace(BUDGET, name="other"))),
        "blocks",
        "several_budgets:shop/api-1",
        "covered by several PodDisruptionBudgets (api, other)",
    ),
    "a pod of its own": (
        inside(pods=(replace(POD, controller=""),)),
        "warns",
        "pod_without_controller:shop/api-1",
        "Pod shop/api-1 has no controller: it is lost when its node node-1 is replaced.",
    ),
    "few addresses": (
        {"subnets": (Subnet("subnet-a", "eu-west-1a", 2), Subnet("subnet-b", "eu-west-1b", 1))},
        "blocks",
        "addresses:prod-main",
        "have 3 free addresses in total; EKS needs 5",
    ),
    "few in one zone": (
        {"subnets": (Subnet("subnet-a", "eu-west-1a", 2), Subnet("subnet-b", "eu-west-1b", 90))},
        "warns",
        "subnet:subnet-a",
        "Subnet subnet-a in eu-west-1a has 2 free addresses",
    ),
    "out of reach": (
        {"inside": None, "unreachable": "nothing answers"},
        "warns",
        "unreachable:prod-main",
        "budgets, pods and kubelets were not checked: nothing answers.",
    ),
    "extended support now": (
        {"support": {"1.35": Support(EARLIER), "1.36": Support(LATER)}},
        "info",
        "support:1.35",
        "in extended support since 2026-06-01: $0.60 an hour instead of $0.10, about $365 a month more. The upgrade ends that.",
    ),
    "support of the target": (
        {},
        "info",
        "support:1.36",
        "standard support until 2027-08-02; after that, AWS upgrades the cluster automatically",
    ),
    "extended support then": (
        {"upgrade_policy": "EXTENDED"},
        "info",
        "support:1.36",
        "after that, it costs $0.60 an hour (upgrade_policy EXTENDED).",
    ),
    "the target is old already": ({"support": {"1.36": Support(EARLIER)}}, "warns", "support:1.36", "in extended support already"),
    "back again": ({}, "info", "rollback:prod-main", "The control plane can be rolled back to 1.35 for 7 days"),
    "a group back again": ({}, "info", "rollback:system", "can be rolled back to release 1.35.1-20260901 with launch template version 3."),
    "add-ons back again": ({}, "info", "rollback:add-ons", "coredns v1.13.0-eksbuild.1"),
}


@pytest.mark.parametrize("name", CASES)
def test_rule(name: str) -> None:
    changes, severity, identity, text = CASES[name]
    found = {finding.identity: finding for finding in judge(replace(WELL, **changes))}
    assert identity in found, sorted(found)
    assert found[identity].severity == severity
    assert text in found[identity].what


@pytest.mark.parametrize("name", CASES)
def test_everything_is_said_in_one_clear_sentence(name: str) -> None:
    for finding in judge(replace(WELL, **CASES[name][0])):
        assert finding.what[0].isupper() or finding.what[0].isdigit() or finding.what.startswith("prod-main"), finding.what
        assert finding.what.endswith("."), finding.what
        assert finding.severity == "info" or finding.remedy, finding.what


NOT_SAID: Mapping[str, dict[str, Any]] = {
    "pods of DaemonSets stay": inside(
        budgets=(replace(BUDGET, allowed=0),), pods=(replace(POD, controller="DaemonSet"),), nodes=WELL.inside.nodes if WELL.inside else ()
    ),
    "pods elsewhere stay": inside(budgets=(replace(BUDGET, allowed=0),), pods=(replace(POD, node="fargate-1"),)),
    "static pods stay": inside(pods=(replace(POD, controller="", mirror=True),)),
    "a budget of another namespace": inside(budgets=(replace(BUDGET, namespace="other", allowed=0),)),
    "passing checks": {"insights": (replace(DEPRECATED, status="PASSING"),)},
    "demanded and fitting": addon(pinned="v1.13.0-eksbuild.1"),
}


@pytest.mark.parametrize("name", NOT_SAID)
def test_nothing_to_say(name: str) -> None:
    assert [finding.what for finding in judge(replace(WELL, **NOT_SAID[name])) if finding.severity != "info"] == []


def test_a_healthy_cluster_has_no_blocking_findings() -> None:
    assert {finding.severity for finding in judge(WELL)} == {"info"}


def test_after_the_upgrade_there_is_no_finding_about_rolling_back() -> None:
    done = replace(WELL, version="1.36", **group(version="1.36"))
    assert [finding.rule for finding in judge(done)] == ["support"]


def test_the_worst_comes_first() -> None:
    found = judge(replace(WELL, version="1.34", **inside(pods=(replace(POD, controller=""),))))
    severities = [finding.severity for finding in found]
    assert severities == sorted(severities, key=["blocks", "warns", "info"].index)
    assert len(set(severities)) == 3


SELECTORS: list[tuple[dict[str, Any], dict[str, str], bool]] = [
    ({}, {"app": "api"}, True),
    ({"matchLabels": {"app": "api"}}, {"app": "api", "tier": "web"}, True),
    ({"matchLabels": {"app": "api"}}, {"app": "web"}, False),
    ({"matchExpressions": [{"key": "app", "operator": "In", "values": ["api", "web"]}]}, {"app": "web"}, True),
    ({"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["api"]}]}, {"app": "api"}, False),
    ({"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["api"]}]}, {}, True),
    ({"matchExpressions": [{"key": "app", "operator": "Exists"}]}, {}, False),
    ({"matchExpressions": [{"key": "app", "operator": "DoesNotExist"}]}, {}, True),
]


@pytest.mark.parametrize(("selector", "labels", "expected"), SELECTORS)
def test_label_selectors(selector: dict[str, Any], labels: dict[str, str], expected: bool) -> None:
    assert selects(selector, labels) is expected


@pytest.mark.parametrize(
    ("version", "minor"), [("1.35", 35), ("v1.35.2-eks-1a2b3c4", 35), ("1.35.2-20260101", 35), ("latest", None), ("2.1", None)]
)
def test_minor_versions(version: str, minor: int | None) -> None:
    assert minor_of(version) == minor


@pytest.mark.parametrize(
    ("patterns", "expected"),
    [
        ([], False),
        (["disruption_budget:shop/api"], True),
        (["disruption_budget:*"], True),
        (["main/disruption_budget:*"], True),
        (["other/disruption_budget:*"], False),
        (["subnet:*"], False),
    ],
)
def test_what_is_ignored(patterns: list[str], expected: bool) -> None:
    finding = Finding("blocks", "disruption_budget", "shop/api", "It lets no pod go.", "Wait.")
    assert ignored(finding, "main", patterns) is expected
    assert in_the_way([finding], "main", patterns) == ([] if expected else [finding])
