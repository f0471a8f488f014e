"""Copies, restores to a time, and replicas hold the data that they should."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from rehearsal.postgresql import PostgresError
from rehearsal.postgresql.fleet import Fleet

from .conftest import PASSWORD, Instance, refusal, until


@pytest.fixture
def made(fleet: Fleet) -> Iterator[Callable[[str, Any], Instance]]:
    """Wraps an instance made otherwise than with `create`; removed after the test."""
    keys: list[str] = []

    def wrap(key: str, endpoint: Any) -> Instance:
        keys.append(key)
        return Instance(fleet, key, endpoint)

    yield wrap
    for key in keys:
        fleet.delete(key)


def numbers(instance: Instance) -> list[int]:
    return [row[0] for row in instance.rows("SELECT n FROM t ORDER BY n")]


def add(instance: Instance, number: int) -> datetime:
    """Returns a time after the number's transaction and before any later one."""
    instance.run(f"INSERT INTO t VALUES ({number})")
    moment = datetime.now(UTC)
    time.sleep(0.01)
    return moment


def test_a_copy_holds_what_was_there_when_it_was_taken(fleet: Fleet, new: Callable[..., Instance], made: Any) -> None:
    source = new()
    source.run("CREATE TABLE t (n int)")
    before = add(source, 1)
    moment = fleet.copy(source.key, "nightly")
    assert before <= moment <= datetime.now(UTC)
    add(source, 2)
    fleet.copy_of_copy("nightly", "elsewhere")
    fleet.drop_copy("nightly")
    fleet.delete(source.key)
    restored = made("db-RESTORED", fleet.restore("elsewhere", "db-RESTORED"))
    assert numbers(restored) == [1]
    after = add(restored, 3)
    add(restored, 4)
    fleet.drop_copy("elsewhere")
    again = made("db-AGAIN", fleet.restore_to_time("db-RESTORED", "db-AGAIN", after))
    assert numbers(again) == [1, 3]
    with pytest.raises(PostgresError, match="no copy elsewhere"):
        fleet.restore("elsewhere", "db-NEVER")
    assert not fleet.exists("db-NEVER")


def test_a_stopped_instance_is_copied_too(fleet: Fleet, new: Callable[..., Instance], made: Any) -> None:
    source = new()
    source.run("CREATE TABLE t (n int)", "INSERT INTO t VALUES (1)")
    fleet.stop(source.key)
    fleet.copy(source.key, "of-stopped")
    assert numbers(made("db-OF-STOPPED", fleet.restore("of-stopped", "db-OF-STOPPED"))) == [1]


def test_restoring_to_a_time(fleet: Fleet, new: Callable[..., Instance], made: Any) -> None:
    source = new()
    source.run("CREATE TABLE t (n int)")
    first, second = add(source, 1), add(source, 2)
    assert numbers(made("db-FIRST", fleet.restore_to_time(source.key, "db-FIRST", first))) == [1]
    latest = made("db-LATEST", fleet.restore_to_time(source.key, "db-LATEST", None))
    assert numbers(latest) == [1, 2]
    mine = add(latest, 3)
    add(latest, 4)
    assert numbers(made("db-SECOND", fleet.restore_to_time("db-LATEST", "db-SECOND", mine))) == [1, 2, 3]
    assert numbers(source) == [1, 2]
    for wrong in (datetime.now(UTC) + timedelta(hours=1), first - timedelta(hours=1)):
        with pytest.raises(PostgresError, match="can be restored to a time from"):
            fleet.restore_to_time(source.key, "db-WRONG", wrong)
    fleet.stop(source.key)
    assert numbers(made("db-OF-STOPPED", fleet.restore_to_time(source.key, "db-OF-STOPPED", fleet.latest_restorable(source.key)))) == [1, 2]
    fleet.delete(source.key, keep_backups=True)
    assert numbers(made("db-OF-DELETED", fleet.restore_to_time(source.key, "db-OF-DELETED", second))) == [1, 2]
    fleet.drop_backups(source.key)
    with pytest.raises(PostgresError, match="no backups"):
        fleet.restore_to_time(source.key, "db-GONE", None)


def test_a_replica_follows_and_becomes_an_instance(fleet: Fleet, new: Callable[..., Instance], made: Any) -> None:
    source = new(parameters={"max_connections": "200"})
    source.run("CREATE TABLE t (n int)", "INSERT INTO t VALUES (1)")
    replica = made("db-REPLICA", fleet.replica(source.key, "db-REPLICA", parameters={"max_connections": "50"}))
    add(source, 2)
    until(lambda: fleet.caught_up("db-REPLICA"))
    assert numbers(replica) == [1, 2]
    assert fleet.lag_seconds("db-REPLICA") == 0
    assert "read-only transaction" in refusal(lambda: replica.run("INSERT INTO t VALUES (9)"))
    fleet.stop("db-REPLICA")
    add(source, 3)
    assert not fleet.caught_up("db-REPLICA")
    fleet.start("db-REPLICA")
    until(lambda: fleet.caught_up("db-REPLICA"))
    fleet.promote("db-REPLICA")
    mine = add(replica, 4)
    add(replica, 5)
    assert (numbers(replica), numbers(source)) == ([1, 2, 3, 4, 5], [1, 2, 3])
    assert numbers(made("db-OF-PROMOTED", fleet.restore_to_time("db-REPLICA", "db-OF-PROMOTED", mine))) == [1, 2, 3, 4]
    fleet.reboot("db-REPLICA")
    assert numbers(replica) == [1, 2, 3, 4, 5]


def test_replication_that_pauses_shows_as_lag(fleet: Fleet, new: Callable[..., Instance], made: Any) -> None:
    source = new()
    made("db-LAGGING", fleet.replica(source.key, "db-LAGGING"))
    source.run("CREATE TABLE t (n int)")
    until(lambda: fleet.caught_up("db-LAGGING"))
    replica = fleet._members["db-LAGGING"].server
    replica.value("SELECT pg_wal_replay_pause()::text")
    until(lambda: replica.value("SELECT pg_get_wal_replay_pause_state()") == "paused")
    add(source, 1)
    assert not fleet.caught_up("db-LAGGING")
    assert fleet.lag_seconds("db-LAGGING") > 0
    replica.value("SELECT pg_wal_replay_resume()::text")
    until(lambda: fleet.caught_up("db-LAGGING"))


def test_a_proxy_reads_from_replicas_in_turn(fleet: Fleet, new: Callable[..., Instance], made: Any) -> None:
    source = new()
    replicas = [made(f"db-READER-{n}", fleet.replica(source.key, f"db-READER-{n}")) for n in (1, 2)]
    endpoint = fleet.relay("readers", [replica.key for replica in replicas], users={"app_admin": "x"})
    at = Instance(fleet, "", endpoint)
    fleet.relay("readers", [replica.key for replica in replicas], users=lambda: {"app_admin": PASSWORD})
    names = {at.rows("SELECT pg_is_in_recovery(), current_setting('unix_socket_directories')")[0] for _ in range(4)}
    assert len(names) == 2
    assert all(standby for standby, _directory in names)
    fleet.stop(replicas[0].key)
    assert len({at.rows("SELECT current_setting('unix_socket_directories')")[0] for _ in range(3)}) == 1
    fleet.stop(replicas[1].key)
    assert "Timed-out waiting" in refusal(at.connect)
    fleet.drop_relay("readers")
