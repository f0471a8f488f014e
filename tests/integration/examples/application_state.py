# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The objects of an application as a Kubernetes API server returns them, and the checks of the rows about applications in the requirements
table."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import UNKNOWN

Objects = Mapping[str, Mapping[str, Any]]
"""By kind and name, such as ``Deployment/api``."""
Check = Callable[[Objects], None]

ALB = "alb.ingress.kubernetes.io/"
MODERN = ("ELBSecurityPolicy-TLS13-1-2-", "ELBSecurityPolicy-TLS13-1-3-", "ELBSecurityPolicy-FS-1-2-", "ELBSecurityPolicy-TLS-1-2-")
"""Policies that accept nothing older than TLS 1.2 (Elastic Load Balancing User Guide, "Security policies")."""


def of_kind(objects: Objects, kind: str) -> dict[str, Mapping[str, Any]]:
    return {key.partition("/")[2]: one for key, one in objects.items() if key.startswith(f"{kind}/")}


def pod(workload: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = workload["spec"]["template"]["spec"]
    return found


def container(workload: Mapping[str, Any]) -> Mapping[str, Any]:
    (found,) = pod(workload)["containers"]
    return dict(found)


def environment(workload: Mapping[str, Any]) -> dict[str, Any]:
    return {one["name"]: one.get("value", one.get("valueFrom")) for one in container(workload).get("env", ())}


def services(**ports: int) -> Check:
    """A Deployment and a Service for each of these programs, by the port that the program listens on."""

    def check(objects: Objects) -> None:
        for name, port in ports.items():
            one, service = objects[f"Deployment/{name.replace('_', '-')}"], objects[f"Service/{name.replace('_', '-')}"]
            assert [each["containerPort"] for each in container(one)["ports"]] == [port]
            assert service["spec"]["selector"].items() <= one["spec"]["template"]["metadata"]["labels"].items()

    return check


def workers(*names: str) -> Check:
    """Deployments without a Service, in a namespace of Fargate, with a role by their service account: Fargate has no other way."""

    def check(objects: Objects) -> None:
        for name in names:
            one = objects[f"Deployment/{name}"]
            assert (one["metadata"]["namespace"], f"Service/{name}" in objects) == ("jobs", False)
            assert pod(one).get("nodeSelector") is None
        assert objects["ServiceAccount/jobs"]["metadata"]["annotations"]["eks.amazonaws.com/role-arn"]

    return check


def no_request_is_lost(objects: Objects) -> None:
    """Rolling updates in which no pod leaves before its successor is ready, nor before the load balancer knows."""
    for name, one in of_kind(objects, "Deployment").items():
        assert one["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"] == 0, name
        if f"Service/{name}" in objects:
            assert container(one)["lifecycle"]["preStop"]["sleep"]["seconds"] >= 5, name
    for ingress in of_kind(objects, "Ingress").values():
        given = ingress["metadata"]["annotations"][f"{ALB}target-group-attributes"]
        delay = next(int(part.partition("=")[2]) for part in given.split(",") if part.startswith("deregistration_delay"))
        for rule in ingress["spec"]["rules"]:
            for path in rule["http"]["paths"]:
                one = objects[f"Deployment/{path['backend']['service']['name']}"]
                waits = container(one)["lifecycle"]["preStop"]["sleep"]["seconds"]
                assert delay < waits < pod(one)["terminationGracePeriodSeconds"]
    (namespace,) = of_kind(objects, "Namespace").values()
    assert namespace["metadata"]["labels"]["elbv2.k8s.aws/pod-readiness-gate-inject"] == "enabled"


def probes(objects: Objects) -> None:
    for name in of_kind(objects, "Service"):
        assert container(objects[f"Deployment/{name}"])["readinessProbe"]["httpGet"]["path"].startswith("/"), name


def scaled(name: str, least: int, most: int, **percent: int) -> Check:
    """An autoscaler owns the number of pods."""

    def check(objects: Objects) -> None:
        found = objects[f"HorizontalPodAutoscaler/{name}"]["spec"]
        assert (found["minReplicas"], found["maxReplicas"]) == (least, most)
        assert {one["resource"]["name"]: one["resource"]["target"]["averageUtilization"] for one in found["metrics"]} == percent
        assert set(percent) <= set(container(objects[f"Deployment/{name}"])["resources"]["requests"])

    return check


def encrypted(*paths: str) -> Check:
    """A public load balancer with TLS 1.2 or newer, which redirects plain HTTP, with these paths."""

    def check(objects: Objects) -> None:
        (ingress,) = of_kind(objects, "Ingress").values()
        annotations = ingress["metadata"]["annotations"]
        assert annotations[f"{ALB}scheme"] == "internet-facing"
        assert '"HTTPS":443' in annotations[f"{ALB}listen-ports"].replace(" ", "")
        assert annotations[f"{ALB}ssl-redirect"] == "443"
        assert annotations[f"{ALB}ssl-policy"].startswith(MODERN)
        assert [path["path"] for rule in ingress["spec"]["rules"] for path in rule["http"]["paths"]] == list(paths)
        checked = [of_kind(objects, "Service")[name]["metadata"]["annotations"] for name in _behind(ingress)]
        assert all(one[f"{ALB}healthcheck-path"] for one in checked)

    return check


def answers_the_cdn_alone(objects: Objects) -> None:
    """The Ingress demands the secret header of the CDN, and answers everything else with 403. No object has the value."""
    (ingress,) = of_kind(objects, "Ingress").values()
    annotations = ingress["metadata"]["annotations"]
    assert json.loads(annotations["mainstay.aws/origin-secret"])["secret"].startswith("/mainstay/prod/storage/origin-")
    refusing = ingress["spec"]["defaultBackend"]["service"]["name"]
    assert json.loads(annotations[f"{ALB}actions.{refusing}"])["fixedResponseConfig"]["statusCode"] == "403"


def behind_a_firewall(objects: Objects) -> None:
    """The controller gives the load balancer this web ACL, whose ARN is only known once it exists."""
    (ingress,) = of_kind(objects, "Ingress").values()
    assert ingress["metadata"]["annotations"][f"{ALB}wafv2-acl-arn"] == UNKNOWN


def _behind(ingress: Mapping[str, Any]) -> list[str]:
    return [path["backend"]["service"]["name"] for rule in ingress["spec"]["rules"] for path in rule["http"]["paths"]]


def images_of(registry: str) -> Check:
    """Every image is in this registry."""

    def check(objects: Objects) -> None:
        for name, one in of_kind(objects, "Deployment").items():
            assert container(one)["image"].startswith(f"{registry}/"), name

    return check


def from_secret(workload: str, variable: str, secret: str, key: str) -> Check:
    """A Secret that someone made by hand, under the name and the key that they use."""

    def check(objects: Objects) -> None:
        found = environment(objects[f"Deployment/{workload}"])[variable]["secretKeyRef"]
        assert (found["name"], found["key"]) == (secret, key)
        assert f"Secret/{secret}" not in objects

    return check


def isolated(objects: Objects) -> None:
    """The strictest Pod Security Standard, and network policies that deny what they do not allow."""
    (namespace,) = of_kind(objects, "Namespace").values()
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    specs = [one["spec"] for one in of_kind(objects, "NetworkPolicy").values()]
    denying = [one["policyTypes"] for one in specs if not one.get("ingress") and not one.get("egress")]
    assert [sorted(types) for types in denying] == [["Egress", "Ingress"]]


def runs_nothing(objects: Objects) -> None:
    """Whoever else applies what runs has its surroundings from here."""
    assert not {key.partition("/")[0] for key in objects} & {"Deployment", "StatefulSet", "Service", "Ingress", "HorizontalPodAutoscaler"}


def identity_of(account: str) -> Check:
    """A service account with a role, for pods that others apply."""

    def check(objects: Objects) -> None:
        assert objects[f"ServiceAccount/{account}"]["metadata"]["annotations"]["eks.amazonaws.com/role-arn"]

    return check


def role_of_pods(workload: str) -> Check:
    """A role by the service account, and no credentials in the environment."""

    def check(objects: Objects) -> None:
        one = objects[f"Deployment/{workload}"]
        account = objects[f"ServiceAccount/{pod(one)['serviceAccountName']}"]
        assert account["metadata"]["annotations"]["eks.amazonaws.com/role-arn"]
        assert not [name for name in environment(one) if "PASSWORD" in name or "ACCESS_KEY" in name]

    return check


def runs_on(workload: str, **labels: str) -> Check:
    def check(objects: Objects) -> None:
        assert pod(objects[f"Deployment/{workload}"])["nodeSelector"] == labels

    return check


def interruptible(name: str) -> Check:
    """A CronJob on the nodes that may be taken away."""

    def check(objects: Objects) -> None:
        found = pod(objects[f"CronJob/{name}"]["spec"]["jobTemplate"])
        assert found["nodeSelector"] == {"interruptible": "true"}
        assert [one["key"] for one in found["tolerations"]] == ["interruptible"]

    return check


def structured_logs(header: str) -> Check:
    def check(objects: Objects) -> None:
        for one in of_kind(objects, "Deployment").values():
            found = environment(one)
            assert (found["LOG_FORMAT"], found["CORRELATION_ID_HEADER"]) == ("json", header)

    return check
