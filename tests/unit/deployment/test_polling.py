# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""How often a deployment looks at what it waits for: as often as ``poll_interval`` says."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.deployment.calls.connecting import Connection
from ansible_collections.mainstay.aws.plugins.module_utils.deployment.synced import Synced
from ansible_collections.mainstay.aws.plugins.module_utils.deployment.verification import options_of

from .samples import named, wanted

INTERVALS: dict[str, tuple[dict[str, Any], float | None, float]] = {
    "that of the deployment": ({}, 0.5, 0.5),
    "its own": ({"poll_interval": 3.0}, 0.5, 3.0),
    "the verifier's default": ({}, None, 5.0),
}


@pytest.mark.parametrize("case", INTERVALS)
def test_how_often_the_verifier_looks(case: str) -> None:
    given, poll, expected = INTERVALS[case]
    assert options_of(given, "shop", poll)[0]["poll_interval"] == expected


class Clock:
    def __init__(self) -> None:
        self.pauses: list[float] = []

    def now(self) -> float:
        return sum(self.pauses)

    def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)


class Slow:
    """An API in which an ExternalSecret is synced after two looks."""

    def __init__(self) -> None:
        self.clock, self.looks = Clock(), 0

    def get(self, path: str) -> dict[str, Any]:
        if "externalsecrets" in path:
            self.looks += 1
        ready = {"type": "Ready", "status": str(self.looks > 2), "message": "not yet"}
        return {"metadata": {"generation": 1}, "status": {"conditions": [ready]}}

    def list(self, path: str, **_query: Any) -> Any:
        raise AssertionError(path)


def test_the_deployment_waits_in_these_intervals() -> None:
    api: Any = Slow()
    params = {"environment": "prod", "component": "shop", "namespace": "shop", "poll_interval": 0.2}
    cluster = Connection(None, None, api, None).cluster(params, [])  # type: ignore[arg-type]
    (secret,) = wanted(named("ExternalSecret", "database", "external-secrets.io/v1", spec={}))
    cluster.path_of = lambda one: f"/externalsecrets/{one.called}"  # type: ignore[method-assign]
    Synced(cluster, lambda *_words: None, 60.0).wait([secret])
    assert api.clock.pauses == [0.2, 0.2]
