# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""One account and one database server for all tests here; each test uses its own component and its own names in the server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from rehearsal.postgresql.fleet import Fleet
from rehearsal.testing import Cloud

from .dumps import dumps_of
from .support import ACCOUNT, MASTER, MASTER_PASSWORD, REGION, Inside, Server


@pytest.fixture(scope="session")
def shared_cloud() -> Iterator[Cloud]:
    with Cloud(account_id=ACCOUNT, region=REGION, settings={"control_planes": False}) as cloud:
        yield cloud


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    fleet = Fleet(check_token=lambda question: None if question.user == "dbadmin" else "wrong")
    try:
        fleet.create("db-1", user=MASTER, password=MASTER_PASSWORD, database="shop", parameters={"log_statement": "all"})
        yield Server(fleet, "db-1")
    finally:
        fleet.close()


@pytest.fixture(scope="session")
def dumps(server: Server) -> dict[str, bytes]:
    return dumps_of(server)


@pytest.fixture
def inside(shared_cloud: Cloud, server: Server, tmp_path: Path) -> Inside:
    return Inside(shared_cloud, server, tmp_path)
