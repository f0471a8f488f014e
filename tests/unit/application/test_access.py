# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The namespace, the service account, the network, and what is different on Fargate."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.filter.application_objects import application_objects
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import UNKNOWN

from .made import ROLE, merged, objects, problems, with_ingress, with_service

FARGATE = {"fargate": True}


def policies(settings: dict[str, Any], **given: Any) -> dict[str, Any]:
    found = objects(settings, **given)
    return {name.removeprefix("NetworkPolicy/shop-"): one["spec"] for name, one in found.items() if one["kind"] == "NetworkPolicy"}


def test_the_namespace_admits_restricted_pods_only() -> None:
    labels = objects({**with_service(), "namespace_labels": {"team": "shop"}})["Namespace/shop"]["metadata"]["labels"]
    assert {name: value for name, value in labels.items() if "mainstay" not in name + value} == {
        "team": "shop",
        "elbv2.k8s.aws/pod-readiness-gate-inject": "enabled",
        **{f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("enforce", "audit", "warn")},
    }
    looser = objects({**with_service(), "pod_security": "baseline"})["Namespace/shop"]["metadata"]["labels"]
    assert looser["pod-security.kubernetes.io/enforce"] == "baseline"
    assert "Namespace/shop" not in objects({**with_service(), "create_namespace": False})


def test_a_component_with_an_underscore_has_valid_names() -> None:
    found = objects(with_ingress(), name="my_shop")
    assert {"ServiceAccount/my-shop", "Ingress/my-shop", "NetworkPolicy/my-shop-default-deny"} <= set(found)
    assert found["Deployment/api"]["spec"]["selector"]["matchLabels"]["app.kubernetes.io/instance"] == "my_shop"


def test_the_network_allows_what_an_application_needs_and_nothing_else() -> None:
    found = policies(merged(with_ingress(), {"network": {"databases": ["10.0.144.0/23"]}}))
    own = {"matchLabels": {"app.kubernetes.io/instance": "shop"}}
    assert all(one["podSelector"] == own for one in found.values())
    assert sorted(found) == ["allow-dns", "allow-from-load-balancer", "allow-to-cidrs", "allow-within", "default-deny"]
    assert found["default-deny"]["policyTypes"] == ["Ingress", "Egress"]
    assert found["allow-within"]["ingress"] == [{"from": [{"podSelector": own}]}]
    assert found["allow-from-load-balancer"]["ingress"] == [
        {"from": [{"ipBlock": {"cidr": "10.0.128.0/23"}}], "ports": [{"port": 8080, "protocol": "TCP"}]}
    ]
    assert found["allow-to-cidrs"]["egress"] == [
        {"to": [{"ipBlock": {"cidr": "0.0.0.0/0"}}], "ports": [{"port": 443, "protocol": "TCP"}]},
        {"to": [{"ipBlock": {"cidr": "10.0.144.0/23"}}], "ports": [{"port": 5432, "protocol": "TCP"}]},
    ]


NETWORKS: list[Any] = [
    ({"https": False}, "allow-to-cidrs", None),
    ({"https": False, "databases": ["10.0.0.0/24"], "database_port": 6432}, "allow-to-cidrs", [("10.0.0.0/24", [6432])]),
    ({"to_cidrs": {"0.0.0.0/0": []}}, "allow-to-cidrs", [("0.0.0.0/0", [])]),
    ({"to_cidrs": {"0.0.0.0/0": [80]}}, "allow-to-cidrs", [("0.0.0.0/0", [80, 443])]),
    ({"from_cidrs": {"10.9.0.0/16": [9090]}}, "allow-from-cidrs", [("10.9.0.0/16", [9090])]),
    ({"within": False}, "allow-within", None),
    ({"dns": False}, "allow-dns", None),
]


@pytest.mark.parametrize(("given", "policy", "expected"), NETWORKS)
def test_networks(given: dict[str, Any], policy: str, expected: Any) -> None:
    found = policies({**with_service(), "network": given}).get(policy)
    if expected is None:
        assert found is None
        return
    side = "egress" if "Egress" in found["policyTypes"] else "ingress"
    blocks = [
        (one["to" if side == "egress" else "from"][0]["ipBlock"]["cidr"], [port["port"] for port in one.get("ports", [])])
        for one in found[side]
    ]
    assert blocks == expected


def test_namespaces_that_reach_each_other() -> None:
    found = policies({**with_service(), "network": {"from_namespaces": ["monitoring"], "to_namespaces": ["queue"]}})
    assert found["allow-from-namespaces"]["ingress"][0]["from"][0]["namespaceSelector"] == {
        "matchLabels": {"kubernetes.io/metadata.name": "monitoring"}
    }
    assert found["allow-to-namespaces"]["egress"][0]["to"][0]["namespaceSelector"] == {
        "matchLabels": {"kubernetes.io/metadata.name": "queue"}
    }


ACCOUNTS: list[Any] = [
    ("none", {}, {}, "shop", None, False),
    ("a name alone", {"service_account": "api"}, {}, "api", None, True),
    ("pod identity", {"service_account": {"name": "api"}}, {}, "api", None, True),
    ("irsa", {"service_account": {"role": ROLE, "identity": "irsa"}}, {}, "shop", ROLE, False),
    ("a role on Fargate", {"service_account": {"role": ROLE}}, FARGATE, "shop", ROLE, False),
    ("no role on Fargate", {"service_account": {"name": "api"}}, FARGATE, "api", None, False),
    ("a role that is not known yet", {"service_account": {"role": UNKNOWN, "identity": "irsa"}}, {}, "shop", UNKNOWN, False),
]


@pytest.mark.parametrize(("given", "cluster", "name", "role", "agent"), [one[1:] for one in ACCOUNTS], ids=[one[0] for one in ACCOUNTS])
def test_service_accounts(given: dict[str, Any], cluster: dict[str, Any], name: str, role: str | None, agent: bool) -> None:
    settings = {**with_service(), **given}
    found = objects(settings, cluster=cluster)
    account = found[f"ServiceAccount/{name}"]
    assert account["automountServiceAccountToken"] is False
    annotations = account["metadata"].get("annotations", {})
    assert annotations.get("eks.amazonaws.com/role-arn") == role
    assert found["Deployment/api"]["spec"]["template"]["spec"]["serviceAccountName"] == name
    assert ("allow-pod-identity" in policies(settings, cluster=cluster)) is agent


def test_an_account_of_others_is_only_used() -> None:
    found = objects({**with_service(), "service_account": {"name": "team", "create": False}})
    assert not [name for name in found if name.startswith("ServiceAccount/")]
    assert found["Deployment/api"]["spec"]["template"]["spec"]["serviceAccountName"] == "team"


def test_images_of_other_registries_are_pulled_with_secrets() -> None:
    settings = {**with_service(), "service_account": {"identity": "none", "pull_secrets": ["quay"]}}
    assert objects(settings)["Deployment/api"]["spec"]["template"]["spec"]["imagePullSecrets"] == [{"name": "quay"}]


SAY = (
    "identity must be irsa for the role of an annotation; with pod_identity, remove it here, because the association in eks_clusters names "
    "the role"
)
CSI = {"secrets": {"db": {"csi": {"key": "x"}}}}
REFUSED: list[Any] = [
    (
        "a namespace of the cluster",
        with_service(),
        {"namespace": "kube-system"},
        ["namespace is 'kube-system', but it belongs to the cluster; give the application one of its own"],
    ),
    (
        "a namespace with capitals",
        with_service(),
        {"namespace": "Shop"},
        ["namespace is 'Shop', but it must be a name of lower-case letters, digits and '-'"],
    ),
    (
        "a component that ends with a hyphen",
        with_service(),
        {"name": "shop-"},
        ["The name of the component is 'shop-', but it becomes a label of every object, so it must end with a letter or digit; rename it"],
    ),
    (
        "nothing to run",
        {},
        {},
        ["services is missing: describe a service, worker or cron job, or give manifests, chart, or argocd"],
    ),
    ("no mapping", [], {"prefix": "app_deploy_"}, ["app_deploy is [], but it must be a mapping"]),
    (
        "a label that is ours",
        {**with_service(), "namespace_labels": {"pod-security.kubernetes.io/enforce": "privileged"}},
        {},
        ["namespace_labels.pod-security.kubernetes.io/enforce is 'privileged', but this label is set by this collection; remove it"],
    ),
    (
        "a standard",
        {**with_service(), "pod_security": "open"},
        {},
        ["pod_security is 'open', but it must be one of restricted, baseline, privileged"],
    ),
    (
        "a block",
        {**with_service(), "network": {"databases": ["10.0.0.0"]}},
        {},
        ["network.databases[0] is '10.0.0.0', but it must be an IPv4 block such as 10.0.144.0/23, of the databases' subnets"],
    ),
    (
        "a log level",
        {**with_service(), "logging": {"level": "loud"}},
        {},
        ["logging.level is 'loud', but it must be one of debug, info, warn, error, fatal"],
    ),
    (
        "a role without a way",
        {**with_service(), "service_account": {"role": ROLE}},
        {},
        [f"service_account.role is '{ROLE}', but say how pods assume it: {SAY}"],
    ),
    (
        "a role of an association",
        {**with_service(), "service_account": {"role": ROLE, "identity": "pod_identity"}},
        {},
        [f"service_account.role is '{ROLE}', but identity says that pods do not assume it themselves: {SAY}"],
    ),
    (
        "a way without a role",
        {**with_service(), "service_account": {"identity": "irsa"}},
        {},
        ["service_account.role is missing: give the ARN of the role that its pods assume, which must trust the cluster's OIDC provider"],
    ),
    (
        "a role by name",
        {**with_service(), "service_account": {"role": "shop", "identity": "irsa"}},
        {},
        ["service_account.role is 'shop', but it must be the ARN of an IAM role"],
    ),
    (
        "the agent on Fargate",
        {**with_service(), "service_account": {"identity": "pod_identity"}},
        {"cluster": FARGATE},
        [
            "service_account.identity is 'pod_identity', but its agent is a DaemonSet, and Fargate runs none; use irsa with the ARN "
            "of a role"
        ],
    ),
    (
        "the CSI driver on Fargate",
        {**with_service(), **CSI, "service_account": {"role": ROLE}},
        {"cluster": FARGATE},
        ["secrets.db.csi needs the Secrets Store CSI driver, a DaemonSet, and Fargate runs none; use external instead"],
    ),
    (
        "nodes on Fargate",
        with_service(node_selector={"pool": "x"}),
        {"cluster": FARGATE},
        ["services.api.node_selector chooses nodes, and pods on Fargate have none to choose from; remove it"],
    ),
    (
        "too much for Fargate",
        with_service(requests={"cpu": 17}),
        {"cluster": FARGATE},
        ["services.api.requests.cpu is '17', but a pod on Fargate has at most 16"],
    ),
    (
        "devices on Fargate",
        with_service(limits={"nvidia.com/gpu": 1}),
        {"cluster": FARGATE},
        ["services.api.limits.nvidia.com/gpu is '1', but Fargate has no such devices; run it on a node group"],
    ),
    (
        "an architecture that Fargate lacks",
        with_service(architecture="arm64"),
        {"cluster": FARGATE},
        ["services.api.architecture is 'arm64', but EKS runs pods on Fargate with amd64 only; use that, or a node group"],
    ),
    (
        "an architecture that no node has",
        with_service(architecture="arm64"),
        {"cluster": {"name": "prod-main", "node_architectures": ["amd64"]}},
        ["services.api.architecture is 'arm64', but the nodes of prod-main are amd64"],
    ),
    (
        "a cluster that is too old",
        with_service(),
        {"cluster": {"name": "prod-main", "version": "1.29"}},
        [
            "cluster is prod-main with Kubernetes 1.29, but pods wait for the load balancer with a setting that exists from 1.30 "
            "on; upgrade "
            "the cluster first"
        ],
    ),
]


@pytest.mark.parametrize(("settings", "given", "expected"), [one[1:] for one in REFUSED], ids=[one[0] for one in REFUSED])
def test_what_is_refused(settings: Any, given: dict[str, Any], expected: list[str]) -> None:
    assert problems(settings, **given) == expected


def test_the_variables_of_other_parts_of_the_role_are_known() -> None:
    settings = {**with_service(), "cluster": "main", "mode": "apply", "strategy": "rolling", "keep": 10, "window": {}, "verification": {}}
    assert application_objects(settings, name="shop", namespace="shop")["objects"]


def test_arm_nodes_and_versions_that_are_known() -> None:
    cluster = {"version": "1.36", "node_architectures": ["amd64", "arm64"]}
    assert "Deployment/api" in objects(with_service(architecture="arm64"), cluster=cluster)
