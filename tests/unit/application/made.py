# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Applications for tests: the smallest valid settings, and shortcuts to what they become."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.mainstay.aws.plugins.filter.application_objects import application_objects

CERTIFICATE = "arn:aws:acm:af-south-1:123456789012:certificate/0a1b"
ROLE = "arn:aws:iam::123456789012:role/shop"
API: dict[str, Any] = {"image": "api:1.4.2", "port": 8080, "probe": "/healthz"}
CIDRS = {"load_balancer_cidrs": ["10.0.128.0/23"]}
DIGEST = f"sha256:{'ab' * 32}"


def merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Mappings merged recursively; None removes a key."""
    found = copy.deepcopy(dict(base))
    for key, value in over.items():
        if value is None:
            found.pop(key, None)
        elif isinstance(value, Mapping) and isinstance(found.get(key), Mapping):
            found[key] = merged(found[key], value)
        else:
            found[key] = value
    return found


def answer(settings: Any, **given: Any) -> dict[str, Any]:
    options: dict[str, Any] = {"name": "shop", "namespace": "shop", "version": "1.4.2", "environment": "prod", "prefix": ""}
    return application_objects(settings, **{**options, **given})


def objects(settings: Any, **given: Any) -> dict[str, dict[str, Any]]:
    """The objects by kind and name; each name once."""
    found = answer(settings, **given)["objects"]
    named = {f"{one['kind']}/{one['metadata']['name']}": one for one in found}
    assert len(named) == len(found)
    return named


def problems(settings: Any, **given: Any) -> list[str]:
    """What the filter refuses, one sentence each."""
    with pytest.raises(AnsibleFilterError) as caught:
        answer(settings, **given)
    return str(caught.value).split("\n")


def with_service(**settings: Any) -> dict[str, Any]:
    """An application with one service, ``api``."""
    return {"services": {"api": merged(API, settings)}}


def with_worker(**settings: Any) -> dict[str, Any]:
    return {"workers": {"mail": {"image": "api:1.4.2", **settings}}}


def with_ingress(service: Mapping[str, Any] | None = None, **settings: Any) -> dict[str, Any]:
    """The same service behind a load balancer."""
    ingress = merged({"hosts": {"shop.example.com": {"/": "api"}}, "certificate": CERTIFICATE}, settings)
    return {**with_service(**(service or {})), "ingress": ingress, "network": CIDRS}


def container(found: Mapping[str, Any], name: str = "api") -> dict[str, Any]:
    (one,) = found[f"Deployment/{name}"]["spec"]["template"]["spec"]["containers"]
    return dict(one)


def environment(found: Mapping[str, Any], name: str = "api") -> dict[str, Any]:
    return {one["name"]: one.get("value", one.get("valueFrom")) for one in container(found, name)["env"]}


def annotations(found: Mapping[str, Any], what: str = "Ingress/shop") -> dict[str, str]:
    """The load balancer controller's annotations, without their prefix."""
    given = found[what]["metadata"].get("annotations", {})
    return {name.removeprefix("alb.ingress.kubernetes.io/"): value for name, value in given.items()}
