"""One control plane for all tests here, and a separate namespace for each test."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest

from rehearsal.kubernetes.plane import ControlPlane

from .support import Application

NUMBERS = itertools.count(1)


@pytest.fixture(scope="session")
def plane() -> Iterator[ControlPlane]:
    with ControlPlane(name="deployments") as found:
        found.add_node("node-a", zone="af-south-1a")
        yield found


@pytest.fixture
def app(plane: ControlPlane) -> Application:
    return Application(plane, f"shop-{next(NUMBERS)}")
