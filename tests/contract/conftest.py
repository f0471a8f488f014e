from __future__ import annotations

from collections.abc import Callable, Iterator
from types import SimpleNamespace

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.kinds import cluster_log_group
from rehearsal.testing import Cloud
from tests.contract.life import Life, Stage
from tests.contract.subjects import ACCOUNT_ID, KINDS, REGION, Subject


@pytest.fixture(scope="session")
def cloud() -> Iterator[Cloud]:
    """Clusters are only described in it, and what takes time takes little of it."""
    settings = {"control_planes": False, "transition_seconds": {"default": 0.02}}
    with Cloud(account_id=ACCOUNT_ID, region=REGION, settings=settings) as started:
        yield started


@pytest.fixture(scope="session")
def stage(cloud: Cloud) -> Stage:
    return Stage(cloud)


@pytest.fixture(scope="session")
def life_of(stage: Stage) -> Callable[[Subject], Life]:
    """The life of a subject, as far as it has come."""
    lives: dict[str, Life] = {}

    def find(subject: Subject) -> Life:
        return lives.setdefault(subject.name, Life(stage, subject.sample, KINDS, subject.steps))

    return find


@pytest.fixture(autouse=True)
def jumping(monkeypatch: pytest.MonkeyPatch, stage: Stage) -> None:
    """The one kind that looks at the clock itself looks at that of the sample."""
    monkeypatch.setattr(cluster_log_group, "time", SimpleNamespace(monotonic=stage.now))
