# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Which changes of a load balancer would hold up pods of the same release."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.deployment.look import Look
from ansible_collections.mainstay.aws.plugins.module_utils.deployment.target_group_changes import objections

from .samples import deployment, named, wanted

ALB = "alb.ingress.kubernetes.io/"
LABELED = {"metadata": {"labels": {"elbv2.k8s.aws/pod-readiness-gate-inject": "enabled"}}}
BACKEND = {"service": {"name": "api", "port": {"number": 80}}}


def service(target: Any = 8080, **annotations: str) -> dict[str, Any]:
    found = named("Service", "api", spec={"selector": {"app": "api"}, "ports": [{"port": 80, "targetPort": target}]})
    found["metadata"]["annotations"] = {f"{ALB}{key.replace('_', '-')}": value for key, value in annotations.items()}
    return found


def ingress(name: str = "api", **annotations: str) -> dict[str, Any]:
    backend = {"service": {**BACKEND["service"], "name": name}}
    spec = {"rules": [{"http": {"paths": [{"path": "/", "backend": backend}]}}]}
    found = named("Ingress", "shop", "networking.k8s.io/v1", spec=spec)
    keys = {"group_name": "group.name"}
    found["metadata"]["annotations"] = {f"{ALB}{keys.get(key, key.replace('_', '-'))}": value for key, value in annotations.items()}
    return found


def look(before: Mapping[str, Any] | None, after: Mapping[str, Any]) -> Look:
    (one,) = wanted(after)
    return Look(one, live=copy.deepcopy(dict(before)) if before else None, result=copy.deepcopy(dict(after)))


PODS = (deployment(), deployment(image="api:2"))
SAME = (ingress(), ingress())
CASES: dict[str, tuple[list[tuple[Any, Any]], str]] = {
    "the target type": ([PODS, (service(), service()), (ingress(), ingress(target_type="ip"))], "target-type"),
    "the group": ([PODS, (service(), service()), (ingress(), ingress(group_name="shared"))], "group.name"),
    "the protocol of a service": ([PODS, (service(), service(backend_protocol="HTTPS")), SAME], "backend-protocol"),
    "a number of a port": ([PODS, (service(8080), service(3000)), SAME], "targetPort"),
    "what is usual, in words": ([PODS, (service(), service()), (ingress(), ingress(target_type="instance"))], ""),
    "other annotations": ([PODS, (service(), service()), (ingress(), ingress(scheme="internal"))], ""),
    "the same name of a port": ([PODS, (service("http"), service("http")), SAME], ""),
    "the load balancer alone": ([(deployment(), deployment()), (service(), service()), (ingress(), ingress(target_type="ip"))], ""),
    "pods alone": ([PODS, (service(), service()), SAME], ""),
    "a first release": ([(None, deployment()), (None, service()), (None, ingress(target_type="ip"))], ""),
    "a service that no Ingress names": ([PODS, (service(8080), service(3000)), (ingress("web"), ingress("web"))], ""),
}


@pytest.mark.parametrize("case", CASES)
def test_which_changes_would_hold_up_pods(case: str) -> None:
    pairs, expected = CASES[case]
    found = list(objections([look(*pair) for pair in pairs], {"shop": LABELED}))
    assert [bool(expected)] * len(found) == [expected in text and "Deployment/shop/api" in text for _address, text in found]
    assert bool(found) == bool(expected)


def test_pods_without_gates_are_not_held_up() -> None:
    pairs = [PODS, (service(8080), service(3000)), SAME]
    looks = [look(*pair) for pair in pairs]
    assert list(objections(looks, {"shop": {}})) == []
    assert list(objections(looks, {})) == []
    labeled = look(None, {**named("Namespace", "shop"), "metadata": {"name": "shop", **LABELED["metadata"]}})
    assert len(list(objections([*looks, labeled], {"shop": {}}))) == 1, "the release labels the namespace"
