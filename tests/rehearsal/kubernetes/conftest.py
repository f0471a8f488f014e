"""One control plane for the whole folder, with a namespace for each test. Builds the binary if it does not exist."""

from __future__ import annotations

import base64
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.credentials import Credentials

from ansible_collections.mainstay.aws.plugins.module_utils.kubernetes.eks_token import make_token
from rehearsal.kubernetes.api import Api, ApiError
from rehearsal.kubernetes.plane import ControlPlane

from ..eks_account import EksAccount

SECONDS = 120.0
Condition = Callable[[dict[str, Any]], bool]


@pytest.fixture(scope="session")
def plane() -> Iterator[ControlPlane]:
    with ControlPlane(termination_scale=0.1) as plane:
        for number in (1, 2):
            plane.add_node(f"ip-10-0-{number}-20.ec2.internal", zone=f"us-east-1{'abc'[number]}")
        yield plane


@pytest.fixture
def namespace(plane: ControlPlane) -> Iterator[str]:
    """With its service account, without which no pod is admitted."""
    name = f"test-{uuid.uuid4().hex[:8]}"
    plane.api.create("/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    wait(plane.api, f"/api/v1/namespaces/{name}/serviceaccounts", "default", lambda _: True)
    yield name
    plane.api.delete(f"/api/v1/namespaces/{name}")


def wait(api: Api, collection: str, name: str, condition: Condition) -> dict[str, Any]:
    """The object, once the condition holds for it; seen by a watch, so that no intermediate state is missed."""
    last: dict[str, Any] = {}
    for event in api.watch(collection, SECONDS, fieldSelector=f"metadata.name={name}"):
        last = event["object"]
        if event["type"] != "DELETED" and condition(last):
            return last
    raise AssertionError(f"{collection}/{name} did not come to be as expected; at last: {last.get('status')}")


def is_gone(api: Api, path: str) -> bool:
    try:
        api.get(path)
    except ApiError as error:
        return error.status == 404
    return False


def pod(name: str, behavior: str | None = None, *, annotations: dict[str, str] | None = None, **spec: Any) -> dict[str, Any]:
    given = {f"rehearsal.mainstay/{key}": value for key, value in (annotations or {}).items()}
    if behavior:
        given["rehearsal.mainstay/behavior"] = behavior
    content = {"containers": [{"name": "app", "image": "registry.example/app:1"}], **spec}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "annotations": given}, "spec": content}


def pods_of(namespace: str) -> str:
    return f"/api/v1/namespaces/{namespace}/pods"


def condition(resource: dict[str, Any], kind: str) -> dict[str, Any]:
    found = [each for each in resource.get("status", {}).get("conditions", []) if each["type"] == kind]
    return found[0] if found else {"status": "Unknown"}


def container(resource: dict[str, Any], states: str = "containerStatuses") -> dict[str, Any]:
    """The status of the first container."""
    found = resource.get("status", {}).get(states) or [{"state": {}, "lastState": {}, "restartCount": 0, "ready": False}]
    return dict(found[0])


def kubernetes(account: EksAccount, name: str) -> Api:
    """A cluster's API as its creator sees it."""
    found, cloud = account.describe(name), account.cloud
    authority = Path(cloud.description["log"]).with_name(f"{name}.ca")
    authority.write_bytes(base64.b64decode(found["certificateAuthority"]["data"]))
    given = cloud.description["credentials"]["apply"]
    token = make_token(Credentials(given["access_key_id"], given["secret_access_key"]), name, cloud.region, cloud.endpoint)
    return Api(found["endpoint"], authority, token=token.token)
