"""Whole runs with the module's own default options, on a clock that only its pauses advance."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.mainstay.aws.plugins.module_utils.rollout.options import argument_spec, plan_of
from ansible_collections.mainstay.aws.plugins.module_utils.rollout.plan import Plan
from ansible_collections.mainstay.aws.plugins.module_utils.rollout.verifier import Report, Verifier

from .fake_api import FakeApi
from .running import Hasty, client
from .samples import ROLLING, SETS, deployment, event, merged, pod, unready

SHORT_SLACK = 15.0
"""How much later than a limit a run may end: the next poll, and its reads before it fails."""


def default_plan(*applied: dict[str, Any], **options: Any) -> Plan:
    """The plan of a task that passes what was applied, and little else."""
    checked = ArgumentSpecValidator(argument_spec()).validate({"applied": {"changed": True, "results": list(applied)}, **options})
    assert not checked.error_messages, checked.error_messages
    plan, problems = plan_of(checked.validated_parameters, check_mode=False)
    assert plan is not None, problems
    return plan


def run(api: FakeApi, bell: Hasty, *applied: dict[str, Any], **options: Any) -> Report:
    return Verifier(client(api, bell, 600), bell, default_plan(*applied, **options), lambda *_: None, "this test").run()


class Timeline(Hasty):
    """A clock with events at given seconds. ``stamp`` returns timestamps as the API server would."""

    real = 0.01

    def __init__(self, api: FakeApi, *steps: tuple[float, Callable[[Timeline], Any]]) -> None:
        super().__init__(*((when, self._step(do)) for when, do in steps))
        self.api = api
        api.ahead = lambda: self.jumped

    def _step(self, do: Callable[[Timeline], Any]) -> Callable[[], Any]:
        return lambda: do(self)

    def stamp(self, ago: float = 0.0) -> str:
        when = datetime.now(UTC) + timedelta(seconds=self.jumped - ago)
        return when.strftime("%Y-%m-%dT%H:%M:%SZ")

    def put(self, *things: dict[str, Any]) -> None:
        for thing in things:
            self.api.put(thing)

    def event(self, uid: str, reason: str, message: str = "", ago: float = 0.0) -> None:
        """An event that happens now."""
        when = self.stamp(ago)
        times = {"firstTimestamp": when, "lastTimestamp": when}
        about = {"metadata": {"name": f"{uid}-{reason}", "namespace": "shop", "creationTimestamp": when}}
        self.api.put(merged(event(uid, reason, message), {"kind": "Event", **about, **times}))


def put(*things: dict[str, Any]) -> Callable[[Timeline], None]:
    return lambda timeline: timeline.put(*things)


PROBE = {"readinessProbe": {"httpGet": {"path": "/healthz", "port": 8080}}}
BROKEN = deployment(**ROLLING)
"""A Deployment in the middle of its rollout."""

NEVER_READY = unready(spec={"containers": [{"name": "app", **PROBE}]})


def well(api: FakeApi) -> None:
    """A Deployment whose rollout is complete."""
    for thing in [deployment(), *SETS, *pods()]:
        api.put(thing)


def pods(count: int = 3) -> list[dict[str, Any]]:
    return [pod(f"web-{number}") for number in range(count)]
