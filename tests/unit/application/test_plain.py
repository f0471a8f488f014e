# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Plain manifests: read from files, completed, and checked together."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from .made import DIGEST, answer, merged, problems

HARDENED = {
    "name": "api",
    "image": "api:1.4.2",
    "ports": [{"name": "http", "containerPort": 8080}],
    "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}},
    "readinessProbe": {"httpGet": {"path": "/healthz", "port": "http"}},
    "lifecycle": {"preStop": {"sleep": {"seconds": 25}}},
    "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
}
POD = {"securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}, "containers": [HARDENED]}
DEPLOYMENT: dict[str, Any] = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "api", "labels": {"app": "api"}},
    "spec": {"replicas": 2, "selector": {"matchLabels": {"app": "api"}}, "template": {"metadata": {"labels": {"app": "api"}}, "spec": POD}},
}
SERVICE: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "api"},
    "spec": {"selector": {"app": "api"}, "ports": [{"port": 80, "targetPort": "http"}]},
}
BACKEND = {"path": "/", "pathType": "Prefix", "backend": {"service": {"name": "api", "port": {"number": 80}}}}
INGRESS: dict[str, Any] = {
    "apiVersion": "networking.k8s.io/v1",
    "kind": "Ingress",
    "metadata": {"name": "shop"},
    "spec": {"ingressClassName": "alb", "rules": [{"http": {"paths": [BACKEND]}}]},
}
SCALER: dict[str, Any] = {
    "apiVersion": "autoscaling/v2",
    "kind": "HorizontalPodAutoscaler",
    "metadata": {"name": "api"},
    "spec": {"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "api"}, "maxReplicas": 5},
}


def budget(**spec: Any) -> dict[str, Any]:
    selector = {"selector": {"matchLabels": {"app": "api"}}}
    return {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": "api"}, "spec": {**selector, **spec}}


def with_container(**changes: Any) -> dict[str, Any]:
    found = copy.deepcopy(DEPLOYMENT)
    found["spec"]["template"]["spec"]["containers"] = [merged(HARDENED, changes)]
    return found


def with_pod(**changes: Any) -> dict[str, Any]:
    return merged(DEPLOYMENT, {"spec": {"template": {"spec": changes}}})


@pytest.fixture
def written(tmp_path: Path) -> Callable[..., dict[str, Any]]:
    """Settings whose manifests are in one file."""

    def write(*manifests: Any, **settings: Any) -> dict[str, Any]:
        folder = tmp_path / "k8s"
        folder.mkdir(exist_ok=True)
        (folder / "all.yaml").write_text(yaml.safe_dump_all(copy.deepcopy(list(manifests))))
        return {"manifests": str(folder), **settings}

    return write


def named(settings: dict[str, Any], **given: Any) -> dict[str, Any]:
    return {f"{one['kind']}/{one['metadata']['name']}": one for one in answer(settings, **given)["objects"]}


def test_a_folder_is_completed(tmp_path: Path) -> None:
    for name, manifest in (("api-deployment.yaml", DEPLOYMENT), ("ingress.yml", INGRESS), ("api-service.json", SERVICE)):
        (tmp_path / name).write_text(yaml.safe_dump(manifest))
    (tmp_path / "README.md").write_text("not a manifest")
    found = answer(
        {"manifests": str(tmp_path)}, registry="registry.example.com", images={"registry.example.com/api:1.4.2": f"r/api@{DIGEST}"}
    )
    objects = {one["kind"]: one for one in found["objects"]}
    assert sorted(objects) == ["Deployment", "Ingress", "Namespace", "Service"]
    deployment = objects["Deployment"]
    assert deployment["metadata"]["namespace"] == "shop"
    assert deployment["metadata"]["labels"] == {
        "app": "api",
        "app.kubernetes.io/managed-by": "mainstay.aws",
        "mainstay.aws/environment": "prod",
        "mainstay.aws/component": "shop",
    }
    assert deployment["spec"]["selector"] == DEPLOYMENT["spec"]["selector"]
    assert deployment["spec"]["template"]["metadata"] == DEPLOYMENT["spec"]["template"]["metadata"]
    assert deployment["spec"]["template"]["spec"]["containers"][0]["image"] == f"r/api@{DIGEST}"
    assert objects["Namespace"]["metadata"]["labels"]["elbv2.k8s.aws/pod-readiness-gate-inject"] == "enabled"
    assert found["images"] == ["registry.example.com/api:1.4.2"]
    assert found["workloads"] == [{"kind": "Deployment", "name": "api", "namespace": "shop"}]
    assert found["services"] == [{"name": "api", "namespace": "shop"}]
    assert found["notes"] == []


def test_lists_of_files_and_lists_in_files(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(yaml.safe_dump({"apiVersion": "v1", "kind": "List", "items": [DEPLOYMENT, SERVICE]}))
    (tmp_path / "b.yaml").write_text(f"---\n{yaml.safe_dump(INGRESS)}---\n# nothing\n")
    found = named({"manifests": [str(tmp_path / "a.yaml"), str(tmp_path / "b.yaml")]})
    assert sorted(found) == ["Deployment/api", "Ingress/shop", "Namespace/shop", "Service/api"]


def test_a_namespace_of_their_own_keeps_what_it_says(written: Callable[..., dict[str, Any]]) -> None:
    own = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop", "labels": {"team": "x"}}}
    labels = named(written(own, DEPLOYMENT))["Namespace/shop"]["metadata"]["labels"]
    assert (labels["team"], labels["pod-security.kubernetes.io/enforce"]) == ("x", "restricted")
    assert "Namespace/shop" not in named(written(own, DEPLOYMENT, create_namespace=False))


def test_configuration_secrets_and_a_migration_go_along(written: Callable[..., dict[str, Any]]) -> None:
    settings = written(
        DEPLOYMENT,
        configuration={"app": {"A": "x"}},
        secrets={"session": {"generate": {"key": "KEY"}}},
        migration={"image": "migrations:1", "secrets": ["session"]},
        network={"databases": ["10.0.144.0/23"]},
    )
    found = answer(settings)
    kinds = sorted({one["kind"] for one in found["objects"]})
    assert kinds == ["ConfigMap", "Deployment", "Namespace", "NetworkPolicy", "Secret", "ServiceAccount"]
    assert found["migration"]["spec"]["template"]["spec"]["serviceAccountName"] == "shop"
    assert found["images"] == ["api:1.4.2", "migrations:1"]


def test_a_chart_gets_only_what_is_around_it() -> None:
    found = answer({"chart": {"chart": "oci://x/shop", "version": "1.0.0"}, "secrets": {"session": {"generate": {"key": "KEY"}}}})
    assert sorted(one["kind"] for one in found["objects"]) == ["Namespace", "Secret"]
    assert (found["workloads"], found["images"]) == ([], [])


def test_custom_resources_and_other_namespaces(written: Callable[..., dict[str, Any]]) -> None:
    store = {"apiVersion": "external-secrets.io/v1", "kind": "ClusterSecretStore", "metadata": {"name": "aws"}}
    secret = {"apiVersion": "external-secrets.io/v1", "kind": "ExternalSecret", "metadata": {"name": "db"}}
    role = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": {"name": "r", "namespace": "monitoring"}}
    found = named(written(store, secret, role, DEPLOYMENT, cluster_scoped=True, other_namespaces=["monitoring"]))
    assert "namespace" not in found["ClusterSecretStore/aws"]["metadata"]
    assert found["ExternalSecret/db"]["metadata"]["namespace"] == "shop"
    assert found["Role/r"]["metadata"]["namespace"] == "monitoring"


NO_NUMBER = {"spec": {"replicas": None}}
CPU = {"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 70}}}
MEASURED = merged(SCALER, {"spec": {"minReplicas": 2, "metrics": [CPU]}})


def test_a_budget_counts_the_pods_that_an_autoscaler_keeps(written: Callable[..., dict[str, Any]]) -> None:
    deployment = merged(DEPLOYMENT, NO_NUMBER)
    assert "PodDisruptionBudget/api" in named(written(deployment, MEASURED, budget(minAvailable=1)))
    assert "of 2 pods" in problems(written(deployment, MEASURED, budget(minAvailable=2)))[0]


REPLACED: list[Any] = [
    ("api", {"api": "api:2"}, "api:2"),
    ("api:1", {"api": "api:2"}, "api:2"),
    ("registry.example.com:5000/team/api", {"team/api": f"team/api@{DIGEST}"}, f"team/api@{DIGEST}"),
    ("registry.example.com/api:1", {"registry.example.com/api": "other/api:2"}, "other/api:2"),
]


@pytest.mark.parametrize(("image", "images", "runs"), REPLACED)
def test_the_images_of_a_release_take_the_place_of_those_in_files(
    written: Callable[..., dict[str, Any]], image: str, images: dict[str, str], runs: str
) -> None:
    found = answer(written(with_container(image=image), manifest_images=images))
    assert found["images"] == [runs]
    (deployment,) = [one for one in found["objects"] if one["kind"] == "Deployment"]
    assert deployment["spec"]["template"]["spec"]["containers"][0]["image"] == runs


def test_images_for_no_container_are_refused(written: Callable[..., dict[str, Any]]) -> None:
    assert problems(written(DEPLOYMENT, manifest_images={"apo": "api:2"})) == [
        "manifest_images.apo is no repository of an image in the manifests; did you mean api?"
    ]
    assert problems(written(DEPLOYMENT, manifest_images={"api": "api"})) == [
        "manifest_images.api: api has neither a tag nor a digest; expected api:<tag> or api@sha256:<digest>"
    ]


D, IN = "k8s/all.yaml (Deployment api)", "k8s/all.yaml"
NEEDS = f"{D}: its pods would be refused by the Pod Security Standard restricted, which needs "
ROLE = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "r"}}
REFUSED: list[Any] = [
    (
        "an image without tag",
        [with_container(image="api")],
        [f"{D}, container api: api has neither a tag nor a digest; expected api:<tag> or api@sha256:<digest>"],
    ),
    (
        "no image",
        [with_container(image=None)],
        [
            f"{D}, container api: None is not a reference to an image; expected [registry/]repository:tag or "
            f"[registry/]repository@sha256:<64 hexadecimal digits>"
        ],
    ),
    (
        "a paused Deployment",
        [merged(DEPLOYMENT, {"spec": {"paused": True}})],
        [f"{D}: spec.paused is true, so its rollout would never begin; remove it"],
    ),
    (
        "replicas and an autoscaler",
        [DEPLOYMENT, SCALER],
        [
            f"{D}: spec.replicas is 2, but {IN} (HorizontalPodAutoscaler api) lets an autoscaler choose the number, which every "
            f"deployment would "
            "undo; remove replicas"
        ],
    ),
    (
        "a service behind an ingress without probe",
        [with_container(readinessProbe=None), SERVICE, INGRESS],
        [
            f"{D}: it is behind an Ingress and has no readinessProbe, so its pods would get requests before they can answer them; "
            f"give it the path "
            "of a check, such as httpGet /healthz"
        ],
    ),
    (
        "another namespace",
        [merged(DEPLOYMENT, {"metadata": {"namespace": "web"}})],
        [f"{D}: metadata.namespace is 'web', but the application's is shop; correct it, leave it out, or list it in other_namespaces"],
    ),
    (
        "a cluster's object",
        [DEPLOYMENT, ROLE],
        [f"{IN} (ClusterRole r): a ClusterRole belongs to the whole cluster; manage it in eks_content, or set cluster_scoped"],
    ),
    (
        "a budget of nothing",
        [DEPLOYMENT, budget(maxUnavailable=0)],
        [f"{IN} (PodDisruptionBudget api): spec.maxUnavailable is 0, which blocks every node drain; it must be at least 1"],
    ),
    (
        "a budget of all pods",
        [DEPLOYMENT, budget(minAvailable=2)],
        [f"{IN} (PodDisruptionBudget api): spec.minAvailable is 2 of 2 pods, which blocks every node drain; use maxUnavailable: 1"],
    ),
    (
        "a budget of all percent",
        [budget(minAvailable="100%")],
        [f"{IN} (PodDisruptionBudget api): spec.minAvailable is 100%, which blocks every node drain; use maxUnavailable: 1"],
    ),
    (
        "a budget of too many percent",
        [DEPLOYMENT, budget(minAvailable="80%")],
        [f"{IN} (PodDisruptionBudget api): spec.minAvailable is 80% of 2 pods, which blocks every node drain; use maxUnavailable: 1"],
    ),
    (
        "two budgets",
        [DEPLOYMENT, budget(maxUnavailable=1), merged(budget(maxUnavailable=1), {"metadata": {"name": "b"}})],
        [
            f"{IN} (PodDisruptionBudget b): {IN} (PodDisruptionBudget api) is for the same pods, and Kubernetes then evicts none of them; "
            "keep one"
        ],
    ),
    (
        "an autoscaler that can measure nothing",
        [merged(with_container(resources={"requests": {"cpu": None}}), NO_NUMBER), MEASURED],
        [
            f"{D}: {IN} (HorizontalPodAutoscaler api) measures cpu in percent of the requests, and api requests none; set "
            "resources.requests.cpu"
        ],
    ),
    ("a pod that may be root", [with_pod(securityContext={"runAsNonRoot": None})], [f"{NEEDS}runAsNonRoot: true"]),
    ("a pod that is root", [with_pod(securityContext={"runAsUser": 0})], [f"{NEEDS}api with a runAsUser other than 0"]),
    ("no profile", [with_pod(securityContext={"seccompProfile": None})], [f"{NEEDS}seccompProfile: {{type: RuntimeDefault}}"]),
    (
        "nothing hardened",
        [with_container(securityContext=None)],
        [f"{NEEDS}api with allowPrivilegeEscalation: false; api with capabilities: {{drop: [ALL]}}"],
    ),
    ("the network of the host", [with_pod(hostNetwork=True)], [f"{NEEDS}no hostNetwork"]),
    ("a folder of the host", [with_pod(volumes=[{"name": "v", "hostPath": {"path": "/"}}])], [f"{NEEDS}no hostPath volume v"]),
    ("an NFS volume", [with_pod(volumes=[{"name": "v", "nfs": {"server": "x", "path": "/"}}])], [f"{NEEDS}no nfs volume v"]),
    ("a port of the host", [with_container(ports=[{"containerPort": 80, "hostPort": 80}])], [f"{NEEDS}api without hostPort"]),
    (
        "capabilities",
        [with_container(securityContext={"capabilities": {"drop": ["ALL"], "add": ["SYS_ADMIN"]}})],
        [f"{NEEDS}api without the capabilities SYS_ADMIN"],
    ),
    (
        "a capability of baseline",
        [with_container(securityContext={"capabilities": {"drop": ["ALL"], "add": ["CHOWN"]}})],
        [f"{NEEDS}api with no added capability but NET_BIND_SERVICE"],
    ),
    ("twice", [DEPLOYMENT, DEPLOYMENT], [f"{IN} has apps/v1 Deployment shop/api twice; remove one of them"]),
    ("no kind", [{"apiVersion": "v1", "metadata": {"name": "x"}}], [f"{IN}[0] has no kind; it must be a string such as Deployment"]),
    ("no mapping", ["text"], [f"{IN}[0] is 'text'; it must be a manifest, a mapping with apiVersion, kind and metadata"]),
]


@pytest.mark.parametrize(("manifests", "expected"), [one[1:] for one in REFUSED], ids=[one[0] for one in REFUSED])
def test_what_is_refused(written: Callable[..., dict[str, Any]], manifests: list[Any], expected: list[str]) -> None:
    assert problems(written(*manifests)) == expected


FARGATE: list[Any] = [
    (
        "nodes",
        with_pod(nodeSelector={"pool": "x"}),
        {},
        ": it chooses nodes, and pods on Fargate have none to choose from; remove nodeSelector and nodeName",
    ),
    (
        "a daemon",
        merged(DEPLOYMENT, {"kind": "DaemonSet", "spec": {"replicas": None}}),
        {},
        ": Fargate runs no DaemonSets; run it as a sidecar, or on a node group",
    ),
    (
        "the CSI driver",
        with_pod(volumes=[{"name": "s", "csi": {"driver": "secrets-store.csi.k8s.io"}}]),
        {},
        ": volume s needs the Secrets Store CSI driver, a DaemonSet, and Fargate runs none; use External Secrets",
    ),
    (
        "devices",
        with_container(resources={"limits": {"nvidia.com/gpu": 1}}),
        {},
        ", container api: Fargate has no nvidia.com/gpu; run it on a node group",
    ),
    (
        "a privileged pod",
        with_container(securityContext={"privileged": True}),
        {"pod_security": "privileged"},
        ": Fargate runs its pods only with api without privileged",
    ),
]


@pytest.mark.parametrize(("manifest", "settings", "expected"), [one[1:] for one in FARGATE], ids=[one[0] for one in FARGATE])
def test_what_fargate_lacks(
    written: Callable[..., dict[str, Any]], manifest: dict[str, Any], settings: dict[str, Any], expected: str
) -> None:
    given = written(manifest, **settings)
    assert problems(given, cluster={"fargate": True}) == [f"k8s/all.yaml ({manifest['kind']} api){expected}"]
    assert named(given)


def test_a_looser_standard_admits_more(written: Callable[..., dict[str, Any]]) -> None:
    root = with_pod(securityContext=None)
    assert problems(written(root))
    assert named(written(root, pod_security="baseline"))
    assert problems(written(with_pod(hostNetwork=True), pod_security="baseline"))
    assert named(written(with_pod(hostNetwork=True), pod_security="privileged"))


NOTES: list[Any] = [
    (
        "no preStop",
        [with_container(lifecycle=None), SERVICE, INGRESS],
        f"{D} is behind an Ingress and has no preStop, so pods end while the load balancer still sends them requests; wait there for the "
        "deregistration delay and ten seconds.",
    ),
    ("no requests", [with_container(resources=None)], f"{D}, container api, requests nothing, so the scheduler may put it on a full node."),
    (
        "a password in a file",
        [DEPLOYMENT, {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "stringData": {"a": "canary"}}],
        f"{IN} (Secret s) holds values that everyone who may read the file sees. External Secrets keeps them out of files.",
    ),
    (
        "the internet without TLS",
        [DEPLOYMENT, SERVICE, merged(INGRESS, {"metadata": {"annotations": {"alb.ingress.kubernetes.io/scheme": "internet-facing"}}})],
        f"{IN} (Ingress shop) is internet-facing without a certificate, so requests are not encrypted.",
    ),
]


def test_the_controller_finds_certificates_by_host_names(written: Callable[..., dict[str, Any]]) -> None:
    public = {"alb.ingress.kubernetes.io/scheme": "internet-facing", "alb.ingress.kubernetes.io/listen-ports": '[{"HTTPS": 443}]'}
    assert answer(written(DEPLOYMENT, SERVICE, merged(INGRESS, {"metadata": {"annotations": public}})))["notes"] == []


@pytest.mark.parametrize(("manifests", "note"), [one[1:] for one in NOTES], ids=[one[0] for one in NOTES])
def test_what_is_noted(written: Callable[..., dict[str, Any]], manifests: list[Any], note: str) -> None:
    assert answer(written(*manifests))["notes"] == [note]


def test_files_that_are_no_manifests(tmp_path: Path) -> None:
    empty, chart, kustomize, broken = (tmp_path / name for name in ("empty", "chart", "kustomize", "broken"))
    for folder in (empty, chart, kustomize, broken):
        folder.mkdir()
    (chart / "Chart.yaml").write_text("name: x")
    (kustomize / "kustomization.yaml").write_text("resources: []")
    (broken / "a.yaml").write_text("kind: {{ .Values.kind }}\npassword: canary-1234: x\n")
    expected = {
        "/nowhere": "manifests is '/nowhere', but there is no such folder or file on this host; use an absolute path",
        str(empty): f"manifests is '{empty}', but it has no files that end in .yaml, .yml, .json",
        str(chart): f"manifests is '{chart}', but it contains Chart.yaml; it is a Helm chart, so use chart instead of manifests",
        str(kustomize): f"manifests is '{kustomize}', but it contains kustomization.yaml; render it with kustomize and name the result",
    }
    for path, problem in expected.items():
        (found,) = problems({"manifests": path})
        assert found[:40] == problem[:40]
        assert found.endswith(problem[-30:])
    (found,) = problems({"manifests": str(broken)})
    assert found.startswith("manifests: broken/a.yaml is not valid YAML at line ")
    assert found.endswith("render templates first")
    assert "canary" not in found


def test_the_same_object_in_two_files(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.yaml").write_text(yaml.safe_dump(DEPLOYMENT))
    (found,) = problems({"manifests": str(tmp_path)})
    folder = tmp_path.name
    assert found == f"{folder}/b.yaml (Deployment api): {folder}/a.yaml has it as well; keep one of the two"


def test_manifests_and_settings_exclude_each_other(written: Callable[..., dict[str, Any]]) -> None:
    settings = written(DEPLOYMENT, services={"web": {"image": "web:1", "port": 80}}, chart={"chart": "x"})
    assert problems(settings)[0] == "manifests and chart exclude each other; keep one"
    settings.pop("chart")
    assert problems(settings) == ["services cannot be described beside manifests, which contains what runs; keep one of the two"]


# -- what only exists in AWS ---------------------------------------------------------------------------------------------------------------

ALB = "alb.ingress.kubernetes.io/"
ACL = "arn:aws:wafv2:af-south-1:123456789012:regional/webacl/shop/1"


def test_an_ingress_is_completed(written: Callable[..., dict[str, Any]]) -> None:
    """With the web ACL and the secret header; requests without the header get 403. Everything else stays."""
    around = {"web_acl": ACL, "origin_secret": {"secret": "/mainstay/prod/edge/origin-web"}, "hosts": ["origin.example.com"]}
    ingress = named(written(DEPLOYMENT, SERVICE, INGRESS, ingress=around))["Ingress/shop"]
    annotations = ingress["metadata"]["annotations"]
    assert annotations.pop("mainstay.aws/origin-secret") == '{"header":"x-origin-verify","secret":"/mainstay/prod/edge/origin-web"}'
    assert '"statusCode":"403"' in annotations.pop(f"{ALB}actions.mainstay-refused")
    assert annotations == {f"{ALB}wafv2-acl-arn": ACL}
    refusing = {"service": {"name": "mainstay-refused", "port": {"name": "use-annotation"}}}
    assert ingress["spec"] == {**INGRESS["spec"], "defaultBackend": refusing}


def annotated(**annotations: str) -> dict[str, Any]:
    named_annotations = {f"{ALB}{name.replace('__', '.').replace('_', '-')}": value for name, value in annotations.items()}
    return merged(INGRESS, {"metadata": {"annotations": named_annotations}})


SECRET = {"origin_secret": {"secret": "/mainstay/prod/edge/origin-web"}}
CONTRADICTIONS: dict[str, tuple[list[dict[str, Any]], dict[str, Any], str]] = {
    "no Ingress": ([], SECRET, "ingress is given, but the manifests contain no Ingress; remove it"),
    "another scheme": (
        [annotated(scheme="internet-facing")],
        {"hosts": ["origin.example.com"]},
        "all.yaml (Ingress shop) is internet-facing, but ingress.scheme is 'internal'; they must agree",
    ),
    "two web ACLs": ([annotated(wafv2_acl_arn=ACL)], {"web_acl": ACL}, "ingress.web_acl is given as well; keep one of the two"),
    "a way past the secret": (
        [merged(INGRESS, {"spec": {"defaultBackend": BACKEND["backend"]}})],
        SECRET,
        "has a defaultBackend, which requests without the header of ingress.origin_secret would reach; remove it",
    ),
    "others past the secret": ([annotated(group__name="shared")], SECRET, "other members could let requests past ingress.origin_secret"),
    "what the manifests say": ([INGRESS], {"certificate": "web"}, "ingress.certificate belongs into the Ingress of the manifests; only"),
    "hosts with paths": ([INGRESS], {"hosts": {"a.example.com": {"/": "api"}}}, "ingress.hosts is {'a.example.com': {'/': 'api'}}, but it"),
}


@pytest.mark.parametrize("case", CONTRADICTIONS)
def test_what_contradicts_an_ingress_of_manifests(case: str, written: Callable[..., dict[str, Any]]) -> None:
    manifests, around, sentence = CONTRADICTIONS[case]
    (found,) = problems(written(DEPLOYMENT, SERVICE, *manifests, ingress=around))
    assert sentence in found
