from __future__ import annotations

from collections.abc import Callable, Iterator
from types import SimpleNamespace

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.kinds import cluster_log_group
from rehearsal.testing import Cloud
from tests.contract.life import Life
from tests.contract.subjects import ACCOUNT_ID, KINDS, REGION, Subject


@pytest.fixture(scope="session")
def cloud() -> Iterator[Cloud]:
    """Clusters are only described in it, and what takes time takes little of it."""
    settings = {"control_planes": False, "transition_seconds": {"default": 0.02}}
    with Cloud(account_id=ACCOUNT_ID, region=REGION, settings=settings) as started:
        yield started


class Stage:
    """One cloud, in which one sample lives at a time."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.lives: dict[str, Life] = {}
        self.last = ""

    def life_of(self, subject: Subject) -> Life:
        """The life of a subject, as far as it has come; another one's in between has emptied the cloud."""
        life = self.lives.setdefault(subject.name, Life(self.cloud, subject.sample, KINDS, subject.steps))
        if self.last != subject.name:
            life.state = "unknown"
            self.last = subject.name
        return life


@pytest.fixture(scope="session")
def life_of(cloud: Cloud) -> Callable[[Subject], Life]:
    return Stage(cloud).life_of


@pytest.fixture(autouse=True)
def jumping(monkeypatch: pytest.MonkeyPatch, life_of: Callable[[Subject], Life], request: pytest.FixtureRequest) -> None:
    """The one kind that looks at the clock itself looks at ours."""
    if "subject" in request.fixturenames:
        life = life_of(request.getfixturevalue("subject"))
        monkeypatch.setattr(cluster_log_group, "time", SimpleNamespace(monotonic=life.now))
