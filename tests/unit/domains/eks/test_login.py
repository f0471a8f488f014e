# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Whether a plan is checked for a loss of login, and when the loss is believed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.domain import KINDS
from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.login import PROPAGATION_SECONDS, Verdict, ask, concerns, guard
from ansible_collections.mainstay.aws.plugins.module_utils.kubernetes.problems import Forbidden, Unauthorized, Unreachable
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.engine import Result
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import Observed, Resource
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.planner import Consent, Plan, make_plan
from tests.unit.domains.eks.samples import ADMINS

CLUSTER = Observed("eks_cluster", "eks_cluster.main", "prod-main", {"cluster_name": "prod-main", "version": "1.35", "log_types": []})
ENTRY = Observed(
    "eks_access_entry",
    "eks_access_entry.main/admins",
    "arn:admins",
    {"cluster_name": "prod-main", "principal_arn": ADMINS, "type": "STANDARD"},
)


def cluster(**more: Any) -> Resource:
    return Resource("eks_cluster", "main", {"cluster_name": "prod-main", "version": "1.35", **more})


def entry(**more: Any) -> Resource:
    return Resource("eks_access_entry", "main/admins", {"cluster_name": "prod-main", "principal_arn": ADMINS, "type": "STANDARD", **more})


def plan(*desired: Resource, there: Sequence[Observed] = (CLUSTER, ENTRY), purge: Sequence[str] = ("*",)) -> Plan:
    return make_plan(list(desired), list(there), KINDS, Consent(purge=tuple(purge)))


@dataclass
class Time:
    """A clock that only pauses advance."""

    moment: float = 0.0

    def now(self) -> float:
        return self.moment

    def pause(self, seconds: float) -> None:
        self.moment += seconds


@dataclass
class Looks:
    """A cluster's responses, one per read; the last one repeats."""

    answers: list[Verdict]
    asked: list[str] = field(default_factory=list)

    def __call__(self, seen: Observed) -> Verdict:
        self.asked.append(seen.address)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@pytest.mark.parametrize(
    ("planned", "expected"),
    [
        (plan(cluster(), entry()), []),
        (plan(cluster(version="1.36"), entry()), []),
        (plan(cluster(log_types=["api"]), entry()), []),
        (plan(cluster(endpoint_public_access=True), entry()), [("eks_cluster.main", False)]),
        (plan(cluster(security_group_ids=["sg-1"]), entry()), [("eks_cluster.main", False)]),
        (plan(cluster(), entry(policies={"AmazonEKSViewPolicy": "cluster"})), [("eks_cluster.main", False)]),
        (plan(cluster()), [("eks_cluster.main", False)]),
        (plan(cluster(), purge=()), []),
        (plan(), []),
        (plan(cluster(), there=()), [("eks_cluster.main", True)]),
    ],
    ids=["nothing", "version", "logs", "endpoint", "groups", "policies", "removed", "held-back", "cluster-goes", "new"],
)
def test_which_plans_are_watched(planned: Plan, expected: list[tuple[str, bool]]) -> None:
    assert [(one.address, one.fresh) for one in concerns(planned)] == expected


CHANGE = plan(cluster(endpoint_public_access=True), entry())
DONE = Result(CHANGE, (CLUSTER, ENTRY))


@pytest.mark.parametrize(
    ("answers", "lost"),
    [
        (["admitted", "admitted"], []),
        (["admitted", "refused", "refused", "admitted"], []),
        (["admitted", "refused"], ["eks_cluster.main"]),
        (["admitted", "unreachable"], []),
        (["refused"], []),
        (["unreachable", "refused"], []),
    ],
    ids=["kept", "late", "lost", "not-reached-any-more", "never-there", "not-reached-before"],
)
def test_a_login_that_was_there_must_stay(answers: list[Verdict], lost: list[str]) -> None:
    clock = Time()
    after = guard(CHANGE, {CLUSTER.address: CLUSTER}, Looks(answers), clock)
    failures = after(DONE)
    assert [one.address for one in failures] == lost
    assert clock.moment <= PROPAGATION_SECONDS + 2


def test_what_is_said_of_a_lost_login() -> None:
    (failure,) = guard(CHANGE, {CLUSTER.address: CLUSTER}, Looks(["admitted", "refused"]), Time())(DONE)
    assert str(failure).startswith(
        "eks_cluster.main: kubernetes:GET /api (LoginLost): the cluster main no longer accepts the credentials of"
    )
    assert "AmazonEKSClusterAdminPolicy: cluster" in str(failure)


def test_a_new_cluster_must_let_its_maker_in() -> None:
    made = plan(cluster(), there=())
    after = guard(made, {}, Looks(["refused"]), Time())
    assert [one.address for one in after(Result(made, (CLUSTER,)))] == ["eks_cluster.main"]
    assert after(Result(made, ())) == []


def test_no_requests_if_no_login_is_affected() -> None:
    looks = Looks(["refused"])
    unchanged = plan(cluster(), entry())
    assert guard(unchanged, {CLUSTER.address: CLUSTER}, looks, Time())(Result(unchanged, (CLUSTER, ENTRY))) == []
    assert looks.asked == []


def test_a_cluster_that_did_not_become_ready_is_not_asked() -> None:
    after = guard(CHANGE, {CLUSTER.address: CLUSTER}, Looks(["admitted", "refused"]), Time())
    assert after(replace(DONE, final=(replace(CLUSTER, state="failed"),))) == []


@pytest.mark.parametrize(
    ("answer", "expected"),
    [(None, "admitted"), (Unauthorized("401"), "refused"), (Forbidden("403"), "unreachable"), (Unreachable("nobody"), "unreachable")],
)
def test_what_an_answer_means(answer: Exception | None, expected: str) -> None:
    class Api:
        def get(self, path: str) -> dict[str, Any]:
            assert path == "/api"
            if answer:
                raise answer
            return {}

    assert ask(Api()) == expected
