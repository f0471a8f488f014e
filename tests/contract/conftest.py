from __future__ import annotations

from collections.abc import Callable, Iterator
from types import SimpleNamespace

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.kinds import cluster_log_group
from ansible_collections.mainstay.aws.plugins.module_utils.domains.rds.kinds import db_instance_updating
from rehearsal.testing import Cloud
from tests.contract.life import Life, Stage
from tests.contract.subjects import ACCOUNT_ID, KINDS, REGION, Subject


@pytest.fixture(scope="session")
def cloud() -> Iterator[Cloud]:
    """Its clusters have no control planes and its instances no servers, and slow operations take little time."""
    settings = {"control_planes": False, "databases": False, "transition_seconds": {"default": 0.02}}
    with Cloud(account_id=ACCOUNT_ID, region=REGION, settings=settings) as started:
        yield started


@pytest.fixture(scope="session")
def stage(cloud: Cloud) -> Stage:
    return Stage(cloud)


@pytest.fixture(scope="session")
def life_of(stage: Stage) -> Callable[[Subject], Life]:
    """The life of a subject so far."""
    lives: dict[str, Life] = {}

    def find(subject: Subject) -> Life:
        return lives.setdefault(subject.name, Life(stage, subject.sample, KINDS, subject.steps))

    return find


@pytest.fixture(autouse=True)
def jumping(monkeypatch: pytest.MonkeyPatch, stage: Stage) -> None:
    """The kinds that read the clock themselves read the sample's clock."""
    for module in (cluster_log_group, db_instance_updating):
        monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=stage.now))
