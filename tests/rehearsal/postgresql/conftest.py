"""One fleet for the whole folder, and one instance that tests share without changing what others see. They need no cloud."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest

from rehearsal.connect_tokens import Question, why_not
from rehearsal.identities import Credentials
from rehearsal.postgresql.fleet import Endpoint, Fleet

MASTER, PASSWORD = "app_admin", "it's a long 'password' \\ of 40 characters"
NAME = "orders.abcdefghijkl.af-south-1.rds.amazonaws.com"
REGION = "af-south-1"
KEY = Credentials("REHEARSEAAAABBBBCCCC", "a secret of the rehearsal only")
Connection = psycopg.Connection[tuple[Any, ...]]


def check_token(question: Question) -> str | None:
    """One key is valid; policies deny the user `denied`."""
    known = {KEY.access_key_id: KEY}
    return why_not(question, known.get, lambda key: "denied by a policy" if question.user == "denied" else None, datetime.now(UTC))


@pytest.fixture(scope="session")
def fleet() -> Iterator[Fleet]:
    made = Fleet(check_token=check_token)
    yield made
    made.close()


@dataclass
class Instance:
    fleet: Fleet
    key: str
    endpoint: Endpoint

    def connect(self, user: str = MASTER, password: str = PASSWORD, database: str = "shop", **options: Any) -> Connection:
        return connect(self.fleet, self.endpoint, user, password, database, **options)

    def rows(self, query: str, **options: Any) -> list[tuple[Any, ...]]:
        with self.connect(**options) as connection:
            return connection.execute(query.encode()).fetchall()

    def run(self, *statements: str, **options: Any) -> None:
        with self.connect(**options) as connection:
            for statement in statements:
                connection.execute(statement.encode())


def connect(
    fleet: Fleet, endpoint: Endpoint, user: str = MASTER, password: str = PASSWORD, database: str = "shop", **options: Any
) -> Connection:
    """As applications are advised to: encrypted, and with the server's certificate verified."""
    wanted = {"sslmode": "verify-full", "sslrootcert": str(fleet.ca_bundle), "connect_timeout": 20, "autocommit": True, **options}
    return psycopg.connect(
        host=wanted.pop("host", endpoint.host), port=endpoint.port, user=user, password=password, dbname=database, **wanted
    )


@pytest.fixture(scope="session")
def shared(fleet: Fleet) -> Instance:
    """With the database `shop`. Tests add roles and schemas of their own names."""
    return Instance(
        fleet, "db-SHARED", fleet.create("db-SHARED", user=MASTER, password=PASSWORD, database="shop", name=NAME, region=REGION)
    )


@pytest.fixture
def role(shared: Instance) -> Callable[..., str]:
    """Creates a role with a name of its own and returns the name."""

    def make(options: str = "LOGIN", password: str | None = "secret of the role", **members: Any) -> str:
        name = f"user_{uuid.uuid4().hex[:8]}"
        shared.run(f"CREATE ROLE {name} {options}" + (f" PASSWORD '{password}'" if password else ""))
        return name

    return make


@pytest.fixture
def new(fleet: Fleet) -> Iterator[Callable[..., Instance]]:
    """Creates an instance with the arguments of `Fleet.create`; removed after the test."""
    keys = []

    def make(**options: Any) -> Instance:
        key = f"db-{uuid.uuid4().hex[:12].upper()}"
        keys.append(key)
        return Instance(fleet, key, fleet.create(key, **{"user": MASTER, "password": PASSWORD, "database": "shop", **options}))

    yield make
    for key in keys:
        fleet.delete(key)


def until(condition: Callable[[], bool], seconds: float = 30) -> None:
    """Polls until the condition holds; fails after the deadline."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come to hold in time"
        time.sleep(0.02)


def refusal(call: Callable[[], Any]) -> str:
    """The message with which a connection or a statement is refused."""
    with pytest.raises(psycopg.Error) as caught:
        call()
    return str(caught.value)
