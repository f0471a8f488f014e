# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The connection to a cluster: not created yet, unreachable, or busy; API errors as errors of the engine; the fence before changes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.aws.connection import Aws
from ansible_collections.mainstay.aws.plugins.module_utils.aws.owner import Owner
from ansible_collections.mainstay.aws.plugins.module_utils.cluster_objects import link as objects_link
from ansible_collections.mainstay.aws.plugins.module_utils.cluster_objects.link import (
    Calls,
    ClusterLink,
    ClusterTarget,
    as_call_failed,
    calling,
)
from ansible_collections.mainstay.aws.plugins.module_utils.kubernetes.access import Access
from ansible_collections.mainstay.aws.plugins.module_utils.kubernetes.problems import (
    ApiProblem,
    BadAccess,
    Conflict,
    Forbidden,
    NotFound,
    Refused,
    Unreachable,
)
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.errors import CallFailed, NotYet
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import UNKNOWN
from tests.unit.rollout.fake_api import FakeApi, Request, failure

WEBHOOK = 'Internal error occurred: failed calling webhook "x": no endpoints available for service "y"'


class SomeAws(Aws):
    """Answers DescribeCluster with the given response."""

    def __init__(self, cluster: dict[str, Any] | None = None) -> None:
        super().__init__(lambda _service: None, Owner("prod", "shop"))
        self.cluster = cluster

    def find(self, service: str, method: str, **params: Any) -> dict[str, Any] | None:
        assert (service, method, params) == ("eks", "describe_cluster", {"name": "main"})
        return {"cluster": self.cluster} if self.cluster else None


@pytest.fixture
def api() -> Iterator[FakeApi]:
    with FakeApi() as api:
        yield api


@pytest.mark.parametrize(
    ("name", "cluster", "said"),
    [
        ("", None, "The name of the cluster is not known (option cluster is '')."),
        (UNKNOWN, None, "The name of the cluster is not known"),
        ("main", None, "There is no EKS cluster main in this account and region (option cluster)."),
        ("main", {"status": "CREATING"}, "EKS cluster main is CREATING; it has to be ACTIVE"),
        ("main", {"status": "DELETING"}, "EKS cluster main is DELETING"),
        ("main", {"status": "FAILED"}, "EKS cluster main is FAILED"),
    ],
)
def test_a_cluster_that_is_not_there_is_empty_for_a_plan_and_an_error_for_an_apply(name: str, cluster: Any, said: str) -> None:
    assert ClusterLink(ClusterTarget(name), needed=False).reach(SomeAws(cluster)) is None
    with pytest.raises(CallFailed) as caught:
        ClusterLink(ClusterTarget(name), needed=True).reach(SomeAws(cluster))
    assert str(caught.value).startswith(said)


def test_one_kind_reports_the_error_for_all() -> None:
    inside = ClusterLink(ClusterTarget("main"), needed=True)
    with pytest.raises(CallFailed):
        inside.reach(SomeAws())
    assert inside.reach(SomeAws()) is None
    with pytest.raises(CallFailed, match="EKS cluster main does not exist"):
        inside.api(SomeAws())


def test_a_cluster_that_does_not_answer_is_given_up_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(objects_link, "FIRST_SECONDS", 0.0)
    inside = ClusterLink(ClusterTarget(None, {"kubeconfig": kubeconfig("http://127.0.0.1:1")}), needed=True)
    with pytest.raises(CallFailed, match=r"the cluster of the kubeconfig cannot be reached: the API of http://127\.0\.0\.1:1") as caught:
        inside.reach(SomeAws())
    assert "eks_api_host" in caught.value.hint


def kubeconfig(server: str) -> dict[str, Any]:
    return {
        "clusters": [{"name": "c", "cluster": {"server": server}}],
        "users": [{"name": "u", "user": {"token": "t"}}],
        "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
        "current-context": "x",
    }


@pytest.mark.parametrize(
    ("problem", "kind", "code", "waits"),
    [
        (Refused(WEBHOOK), NotYet, "WebhookNotReady", True),
        (Forbidden("namespace web because it is being terminated"), NotYet, "NamespaceTerminating", True),
        (Conflict("the object has been modified"), NotYet, "Conflict", False),
        (NotFound('namespaces "web" not found'), NotYet, "NotFound", False),
        (Forbidden("no permission to patch"), CallFailed, "Forbidden", False),
        (Refused("is invalid"), CallFailed, "Refused", False),
        (Unreachable("no answer"), CallFailed, "Unreachable", False),
        (BadAccess("no context"), CallFailed, "BadAccess", False),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, ApiProblem) else "",
)
def test_what_may_pass_and_what_is_final(problem: ApiProblem, kind: type[CallFailed], code: str, waits: bool) -> None:
    found = as_call_failed(problem)
    assert (type(found), found.code, getattr(found, "dependency", False)) == (kind, code, waits)
    assert str(problem) in found.message


def test_a_webhook_without_a_response_is_not_retried_within_a_call(api: FakeApi) -> None:
    api.faults.append(lambda request: failure(500, WEBHOOK) if request.method == "PATCH" else None)
    calls = Calls(Access(api.address), SomeAws())
    with pytest.raises(NotYet, match="failed calling webhook"):
        calling(lambda: calls.patch("/api/v1/namespaces/web/services/a", {}, kind="apply", fieldManager="mainstay", force="true"))
    (request,) = api.asked("patch")
    assert request.query == {"fieldManager": "mainstay", "force": "true"}
    assert request.headers["content-type"] == "application/apply-patch+yaml"


def test_an_api_that_restarts_is_waited_for(api: FakeApi) -> None:
    refusals = iter([failure(503), failure(429, **{"Retry-After": "0"})])
    api.faults.append(lambda _request: next(refusals, None))
    api.put({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "web"}, "data": {"b": "c"}})
    assert Calls(Access(api.address), SomeAws()).get("/api/v1/namespaces/web/configmaps/a")["data"] == {"b": "c"}


def test_the_fence_is_asked_before_every_change_and_calls_are_counted(api: FakeApi) -> None:
    api.put({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "web"}})
    aws = SomeAws()
    calls = Calls(Access(api.address), aws)
    path = "/api/v1/namespaces/web/configmaps/a"
    calls.get(path)
    asked: list[Request | None] = []
    aws.fence = lambda: asked.append(None)
    calls.get(path)
    assert asked == []
    calls.patch(path, {"data": {"b": "c"}})
    assert len(asked) == 1
    assert aws.counts == {"read": 2, "write": 1}

    def lost() -> None:
        raise CallFailed("the lock is lost", code="LockLost")

    aws.fence = lost
    with pytest.raises(CallFailed, match="the lock is lost"):
        calls.delete(path, {})
    assert api.asked("delete") == []
