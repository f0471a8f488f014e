# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""From settings to cluster contents: namespaces, teams, storage, controllers, and every possible mistake in them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.mainstay.aws.plugins.filter.chart_files import chart_files
from ansible_collections.mainstay.aws.plugins.filter.eks_content import eks_content
from ansible_collections.mainstay.aws.plugins.module_utils.cluster_objects.manifest import read
from ansible_collections.mainstay.aws.plugins.module_utils.domains.cluster_content.controllers import CONTROLLERS
from ansible_collections.mainstay.aws.plugins.module_utils.domains.cluster_content.preflight import input_errors
from ansible_collections.mainstay.aws.plugins.module_utils.domains.cluster_content.spec import releases_of
from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.settings.cluster import checked
from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.settings.controllers import CONTROLLERS as WITH_RIGHTS
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import UNKNOWN

CHARTS = Path(__file__).resolve().parents[4] / "roles" / "eks" / "files" / "charts"
VENDORED = {path.name: chart_files(path) for path in sorted(CHARTS.iterdir())}
NONE: dict[str, Any] = {"controllers": []}
ALL = {"version": "1.36", "controllers": ["fluent-bit", "external-secrets", "aws-load-balancer-controller"], "node_groups": {"a": {}}}
KNOWN = {"name": "prod-main", "vpc_id": "vpc-1", "container_log_group_name": "/aws/containers"}


def made(content: Any, settings: Any = NONE, **more: Any) -> dict[str, dict[str, Any]]:
    """The objects by kind and name."""
    found = eks_content(content, settings, KNOWN, region="af-south-1", vendored=VENDORED, **more)
    names = {one["kind"] + "/" + one["metadata"].get("namespace", "") + "/" + one["metadata"]["name"]: one for one in found["objects"]}
    assert len(names) == len(found["objects"])
    return names


def namespace(**settings: Any) -> dict[str, dict[str, Any]]:
    found = made({"namespaces": {"web": settings}, "load_balancer_cidrs": ["10.0.0.0/20"]})
    return {name: one for name, one in found.items() if one["kind"] != "StorageClass"}


def rules(found: dict[str, dict[str, Any]], name: str) -> Any:
    spec = dict(found[f"NetworkPolicy/web/{name}"]["spec"])
    assert spec.pop("podSelector") == {}
    return spec


def test_a_namespace_is_restricted_and_closed_unless_something_else_is_said() -> None:
    found = namespace()
    assert sorted(found) == ["Namespace//web", "NetworkPolicy/web/allow-dns", "NetworkPolicy/web/default-deny"]
    assert found["Namespace//web"]["metadata"]["labels"] == {
        f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("enforce", "audit", "warn")
    }
    assert rules(found, "default-deny") == {"policyTypes": ["Ingress", "Egress"]}
    (dns,) = rules(found, "allow-dns")["egress"]
    assert dns["ports"] == [{"port": 53, "protocol": "UDP"}, {"port": 53, "protocol": "TCP"}]
    assert dns["to"] == [
        {
            "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}},
            "podSelector": {"matchLabels": {"k8s-app": "kube-dns"}},
        }
    ]


TCP = "TCP"
NETWORKS: list[Any] = [
    (
        "load balancers",
        {"from_load_balancer": [8080]},
        "allow-from-load-balancer",
        {
            "policyTypes": ["Ingress"],
            "ingress": [{"from": [{"ipBlock": {"cidr": "10.0.0.0/20"}}], "ports": [{"port": 8080, "protocol": TCP}]}],
        },
    ),
    (
        "within",
        {"within": True},
        "allow-within",
        {"policyTypes": ["Ingress", "Egress"], "ingress": [{"from": [{"podSelector": {}}]}], "egress": [{"to": [{"podSelector": {}}]}]},
    ),
    (
        "other namespaces",
        {"from_namespaces": ["a"]},
        "allow-from-namespaces",
        {"policyTypes": ["Ingress"], "ingress": [{"from": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "a"}}}]}]},
    ),
    (
        "into others",
        {"to_namespaces": ["a"]},
        "allow-to-namespaces",
        {"policyTypes": ["Egress"], "egress": [{"to": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "a"}}}]}]},
    ),
    (
        "to the world",
        {"to_cidrs": {"0.0.0.0/0": [443]}},
        "allow-to-cidrs",
        {"policyTypes": ["Egress"], "egress": [{"to": [{"ipBlock": {"cidr": "0.0.0.0/0"}}], "ports": [{"port": 443, "protocol": TCP}]}]},
    ),
    (
        "every port",
        {"from_cidrs": {"10.9.0.0/16": []}},
        "allow-from-cidrs",
        {"policyTypes": ["Ingress"], "ingress": [{"from": [{"ipBlock": {"cidr": "10.9.0.0/16"}}]}]},
    ),
    (
        "AWS credentials",
        {"pod_identity": True},
        "allow-pod-identity",
        {
            "policyTypes": ["Egress"],
            "egress": [{"to": [{"ipBlock": {"cidr": "169.254.170.23/32"}}], "ports": [{"port": 80, "protocol": TCP}]}],
        },
    ),
]


@pytest.mark.parametrize(("network", "policy", "expected"), [pytest.param(*case[1:], id=case[0]) for case in NETWORKS])
def test_what_is_let_through(network: Any, policy: str, expected: Any) -> None:
    found = namespace(network=network)
    assert rules(found, policy) == expected
    assert len([name for name in found if name.startswith("NetworkPolicy")]) == 3


def test_an_open_namespace_has_no_policies() -> None:
    assert sorted(namespace(network={"isolated": False})) == ["Namespace//web"]


def test_what_a_namespace_may_use() -> None:
    found = namespace(
        quota={"requests.cpu": 4, "limits.memory": "8Gi"}, limits={"default": {"cpu": "500m"}, "default_request": {"cpu": 0.1}}
    )
    assert found["ResourceQuota/web/quota"]["spec"] == {"hard": {"requests.cpu": "4", "limits.memory": "8Gi"}}
    assert found["LimitRange/web/limits"]["spec"] == {
        "limits": [{"type": "Container", "default": {"cpu": "500m"}, "defaultRequest": {"cpu": "0.1"}}]
    }


def test_service_accounts_have_no_token_in_pods_that_do_not_ask_and_reach_the_pod_identity_agent() -> None:
    found = namespace(service_accounts={"api": None, "operator": {"token": True}})
    tokens = {one["metadata"]["name"]: one["automountServiceAccountToken"] for one in found.values() if one["kind"] == "ServiceAccount"}
    assert tokens == {"api": False, "operator": True}
    assert "NetworkPolicy/web/allow-pod-identity" in found


def test_teams() -> None:
    content = {
        "namespaces": {"a": {}, "b": {}},
        "teams": {"shop": {"namespaces": ["a", "b"]}, "audit": {"namespaces": ["a"], "access": "view", "group": "auditors"}},
    }
    found = {
        name: (one["roleRef"]["name"], one["subjects"][0]["name"]) for name, one in made(content).items() if one["kind"] == "RoleBinding"
    }
    assert found == {
        "RoleBinding/a/team-shop": ("edit", "shop"),
        "RoleBinding/b/team-shop": ("edit", "shop"),
        "RoleBinding/a/team-audit": ("view", "auditors"),
    }


def test_the_default_storage_class_is_encrypted_and_the_only_default() -> None:
    found = eks_content({"storage_class": {"kms_key_arn": "arn:key", "iops": 4000, "reclaim_policy": "Retain"}}, NONE)
    (made,) = found["objects"]
    assert made["parameters"] == {"type": "gp3", "encrypted": "true", "kmsKeyId": "arn:key", "iops": "4000"}
    assert (made["reclaimPolicy"], made["volumeBindingMode"], made["allowVolumeExpansion"]) == ("Retain", "WaitForFirstConsumer", True)
    (patch,) = found["patches"]
    default = "storageclass.kubernetes.io/is-default-class"
    assert made["metadata"]["annotations"] == {default: "true"}
    assert patch["metadata"] == {"name": "gp2", "annotations": {default: "false"}}
    assert eks_content({"storage_class": {"enabled": False}}, NONE) == {
        "objects": [],
        "patches": [],
        "releases": {},
        "sensitive": [],
    }


def test_controllers_have_what_their_charts_ask_for() -> None:
    found = eks_content(None, ALL, KNOWN, "af-south-1", "registry.example", {"fluent-bit": {"values": {"bufferLimit": "1G"}}}, VENDORED)[
        "releases"
    ]
    assert {name: one["values"] for name, one in found.items()} == {
        "aws-load-balancer-controller": {
            "clusterName": "prod-main",
            "region": "af-south-1",
            "vpcId": "vpc-1",
            "image": {"registry": "registry.example"},
        },
        "cluster-autoscaler": {
            "autoDiscovery": {"clusterName": "prod-main"},
            "awsRegion": "af-south-1",
            "image": {"tag": "v1.36.0", "registry": "registry.example"},
        },
        "fluent-bit": {
            "region": "af-south-1",
            "clusterName": "prod-main",
            "cloudWatchLogs": {"logGroupName": "/aws/containers"},
            "image": {"registry": "registry.example"},
            "bufferLimit": "1G",
        },
        "external-secrets": {"region": "af-south-1", "image": {"registry": "registry.example"}},
    }


def test_the_load_balancer_controller_comes_first_and_alone() -> None:
    found = eks_content(
        {"releases": {"own": {"namespace": "a", "chart": "oci://x/own", "version": "1.0.0"}}}, ALL, KNOWN, vendored=VENDORED
    )["releases"]
    assert {name: one.get("after") for name, one in found.items()} == {
        "aws-load-balancer-controller": None,
        **{key: ["aws-load-balancer-controller"] for key in ("cluster-autoscaler", "fluent-bit", "external-secrets", "own")},
    }


def test_a_chart_may_come_from_a_repository() -> None:
    charts = {"cluster-autoscaler": {"repository": "https://charts.example.com", "version": "9.50.1"}}
    found = eks_content(None, ALL, KNOWN, charts=charts, vendored=VENDORED)["releases"]["cluster-autoscaler"]
    assert (found["chart"], found["repository"], found["version"]) == ("cluster-autoscaler", "https://charts.example.com", "9.50.1")
    assert "chart_files" not in found


def test_namespaces_of_controllers_let_through_what_they_need() -> None:
    found = made({}, ALL)
    labels = {
        name: one["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] for name, one in found.items() if one["kind"] == "Namespace"
    }
    assert labels == {"Namespace//amazon-cloudwatch": "privileged", "Namespace//external-secrets": "restricted"}
    for one in ("amazon-cloudwatch", "external-secrets"):
        assert {f"NetworkPolicy/{one}/{name}" for name in ("default-deny", "allow-dns", "allow-pod-identity", "allow-to-cidrs")} <= set(
            found
        )
    assert "NetworkPolicy/external-secrets/allow-from-cidrs" in found


def test_controllers_run_as_the_service_accounts_that_have_the_rights() -> None:
    assert {name: one.namespace for name, one in CONTROLLERS.items()} == {name: one.namespace for name, one in WITH_RIGHTS.items()}
    for name, one in WITH_RIGHTS.items():
        assert f"name: {one.service_account}\n" in VENDORED[name]["values.yaml"], name


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, ("aws-load-balancer-controller",)),
        ({"node_groups": {"a": {}}}, ("aws-load-balancer-controller", "cluster-autoscaler")),
        ({"node_groups": {"a": {}}, "node_scaling": "none"}, ("aws-load-balancer-controller",)),
        ({"node_groups": {"a": {}}, "node_scaling": "karpenter"}, ("aws-load-balancer-controller", "karpenter")),
        ({"node_groups": {"a": {}}, "controllers": ["fluent-bit"]}, ("fluent-bit", "cluster-autoscaler")),
        (NONE, ()),
    ],
)
def test_which_controllers_a_cluster_has(settings: Any, expected: tuple[str, ...]) -> None:
    assert checked(settings).controllers == expected


def test_everything_made_can_be_planned_before_there_is_a_cluster() -> None:
    content = {"namespaces": {"web": {"service_accounts": {"api": {}}}}, "teams": {"a": {"namespaces": ["web"]}}}
    found = eks_content(content, ALL, {}, "af-south-1", vendored=VENDORED)
    assert found["releases"]["aws-load-balancer-controller"]["values"]["vpcId"] == UNKNOWN
    assert read(found["objects"], "main")[1] == []
    assert read(found["patches"], "main")[1] == []
    assert releases_of(found["releases"], "main")[1] == []


WRONG: list[Any] = [
    ("a cluster that is none", {"mian": {}}, {}, "eks_content.mian matches no cluster; eks_clusters has main"),
    ("a setting that is none", {"main": {"namespace": {}}}, {}, "eks_content.main.namespace is not a setting; did you mean namespaces?"),
    ("the cluster's own namespace", {"main": {"namespaces": {"kube-system": {}}}}, {}, "is 'kube-system', but it belongs to the cluster"),
    ("a name that is none", {"main": {"namespaces": {"Web": {}}}}, {}, "is 'Web', but it must be a name of lower-case letters"),
    (
        "a standard that is none",
        {"main": {"namespaces": {"w": {"pod_security": "strict"}}}},
        {},
        "it must be one of restricted, baseline, privileged",
    ),
    (
        "load balancers from nowhere",
        {"main": {"namespaces": {"w": {"network": {"from_load_balancer": [80]}}}}},
        {},
        "set load_balancer_cidrs",
    ),
    (
        "a port that is none",
        {"main": {"namespaces": {"w": {"network": {"to_cidrs": {"0.0.0.0/0": [0]}}}}}},
        {},
        "it must be a port from 1 to 65535",
    ),
    ("a block that is none", {"main": {"load_balancer_cidrs": ["10.0.0.1/8"]}}, {}, "it must be an IPv4 block such as 10.0.0.0/16"),
    (
        "a quantity that is none",
        {"main": {"namespaces": {"w": {"quota": {"pods": "many"}}}}},
        {},
        "it must be a quantity such as 4, 500m or 2Gi",
    ),
    (
        "a team of no namespace",
        {"main": {"teams": {"a": {"namespaces": ["x"]}}}},
        {},
        "it must be one of the namespaces described here: none",
    ),
    (
        "a group of Kubernetes'",
        {"main": {"teams": {"a": {"group": "system:masters"}}}},
        {},
        "groups that begin with system: are Kubernetes' own",
    ),
    (
        "a controller's namespace",
        {"main": {"namespaces": {"external-secrets": {}}}},
        {},
        "has external-secrets, which is already created for a controller",
    ),
    (
        "a controller's name",
        {"main": {"releases": {"cluster-autoscaler": {}}}},
        {},
        "cluster-autoscaler is the name of a controller's release",
    ),
    (
        "a chart that is none",
        {},
        {"cluster-autoscalr": {}},
        "eks_charts.cluster-autoscalr is not a chart of this role; did you mean cluster-autoscaler?",
    ),
    ("a setting of a chart", {}, {"fluent-bit": {"url": "x"}}, "eks_charts.fluent-bit.url is not a setting; valid names are repository"),
    (
        "node pools without Karpenter",
        {"main": {"node_pools": {"a": {}}}},
        {},
        "eks_content.main.node_pools has a, but Karpenter does not run in the cluster; set node_scaling of the cluster to karpenter",
    ),
    ("no mapping", {"main": []}, {}, "eks_content.main is [], but it must be a mapping"),
]


@pytest.mark.parametrize(("content", "charts", "said"), [pytest.param(*case[1:], id=case[0]) for case in WRONG])
def test_what_is_wrong_is_said(content: Any, charts: Any, said: str) -> None:
    problems = input_errors(content, "eks_content", {"main": ALL}, charts)
    assert len(problems) == 1, problems
    assert said in problems[0]


def test_wrong_content_is_not_made() -> None:
    with pytest.raises(AnsibleFilterError, match=r"content\.teams is 1, but it must be a mapping"):
        eks_content({"teams": 1}, NONE)


def test_charts_are_read_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "templates").mkdir()
    for name, text in (("Chart.yaml", "name: a"), ("templates/a.yaml", "{{ x }}"), (".helmignore", "")):
        (tmp_path / name).write_text(text)
    assert chart_files(tmp_path) == {"Chart.yaml": "name: a", "templates/a.yaml": "{{ x }}"}
    with pytest.raises(AnsibleFilterError, match=r"has no Chart\.yaml"):
        chart_files(tmp_path / "templates")
    (tmp_path / "icon.png").write_bytes(b"\xff\xfe\xfa")
    with pytest.raises(AnsibleFilterError, match=r"icon\.png is not text"):
        chart_files(tmp_path)


QUOTA = {"requests.cpu": "2", "pods": 20}


def test_a_sandbox_per_developer() -> None:
    found = made({"sandboxes": {"quota": QUOTA, "network": {"within": True}, "developers": {"anna": None, "ben": {"group": "devs-ben"}}}})
    for developer, group in (("anna", "anna"), ("ben", "devs-ben")):
        name = f"sandbox-{developer}"
        assert f"Namespace//{name}" in found
        (quota,) = [one for key, one in found.items() if key.startswith(f"ResourceQuota/{name}/")]
        assert quota["spec"]["hard"] == {"requests.cpu": "2", "pods": "20"}
        (binding,) = [one for key, one in found.items() if key.startswith(f"RoleBinding/{name}/")]
        assert (binding["subjects"][0]["name"], binding["roleRef"]["name"]) == (group, "edit")
    bindings = [key for key in found if key.startswith(("RoleBinding/", "ClusterRoleBinding/"))]
    assert len(bindings) == 2


@pytest.mark.parametrize(
    ("sandboxes", "expected"),
    [
        ({"developers": {"anna": {}}}, "sandboxes.quota is missing: say what one developer may use"),
        ({"quota": QUOTA, "developers": {"Anna": {}}}, "sandboxes.developers is 'Anna', but it must be a name of lower-case letters"),
        ({"quota": QUOTA, "prefix": "x" * 62, "developers": {"anna": {}}}, "and so must be the namespace"),
        ({"quota": {"pods": "many"}, "developers": {"anna": {}}}, "sandboxes.quota.pods is 'many', but it must be a quantity"),
        ({"quota": QUOTA, "developers": {"anna": {"grup": "x"}}}, "sandboxes.developers.anna.grup is not a setting"),
        ({"quota": QUOTA, "developers": {"anna": {"group": "system:masters"}}}, "groups that begin with system:"),
        ({"quota": QUOTA, "labels": {"a b/c": "d"}, "developers": {"anna": {}}}, "sandboxes.labels.a b/c is 'd', but the prefix before"),
        ({"quota": QUOTA, "developers": {"web": {}}}, "namespaces has sandbox-web or teams has web already"),
    ],
)
def test_wrong_sandboxes(sandboxes: dict[str, Any], expected: str) -> None:
    content = {"sandboxes": sandboxes, "namespaces": {"sandbox-web": {}}}
    assert [text for text in input_errors({"main": content}, "eks_content", {"main": NONE}) if expected in text]


def test_a_cluster_of_another_component_gets_neither_controllers_nor_a_storage_class() -> None:
    content = {"sandboxes": {"quota": QUOTA, "developers": {"anna": {}}}}
    found = eks_content(content, {"version": "1.36", "node_groups": {"a": {}}}, {"shared": True}, region="af-south-1", vendored=VENDORED)
    assert (found["releases"], found["patches"]) == ({}, [])
    assert "StorageClass" not in {one["kind"] for one in found["objects"]}
