"""One control plane for all tests here, and a separate namespace for each test."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest

from rehearsal.kubernetes.plane import ControlPlane

from .support import Cluster

NUMBERS = itertools.count(1)


@pytest.fixture(scope="session")
def plane() -> Iterator[ControlPlane]:
    with ControlPlane(name="rollouts") as found:
        for zone in ("a", "b"):
            found.add_node(f"node-{zone}", zone=f"af-south-1{zone}")
        yield found


@pytest.fixture
def cluster(plane: ControlPlane) -> Cluster:
    return Cluster(plane, f"test-{next(NUMBERS)}")
