"""Decisions that need no cloud: tokens over time, slots and nodes, parameters, host names, and commands that log in."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from rehearsal.extensions.elasticache_endpoints import short_region
from rehearsal.extensions.elasticache_layout import SLOTS, even_slots, least_used, new_node
from rehearsal.extensions.elasticache_parameter_catalog import parameters
from rehearsal.extensions.elasticache_record import Node, Shard, Tokens
from rehearsal.extensions.elasticache_tokens import changed
from rehearsal.replies import Refusal
from rehearsal.valkey.commands import first_command, login_in
from rehearsal.valkey.protocol import encoded

NOW = datetime(2026, 1, 1, tzinfo=UTC)
OPEN, ONE = Tokens(), Tokens(("a",), optional=False)
FIRST = Tokens(("a",), optional=True, rotated=True)
TWO = Tokens(("a", "b"), optional=False, rotated=True)


@pytest.mark.parametrize(
    ("before", "strategy", "token", "valid", "optional"),
    [
        (OPEN, "ROTATE", "a", ("a",), True),
        (ONE, "ROTATE", "b", ("a", "b"), False),
        (TWO, "ROTATE", "c", ("b", "c"), False),
        (FIRST, "ROTATE", "b", ("a", "b"), False),
        (FIRST, "SET", "a", ("a",), False),
        (TWO, "SET", "b", ("b",), False),
        (TWO, "DELETE", None, (), True),
    ],
)
def test_tokens_over_time(before: Tokens, strategy: str, token: str | None, valid: tuple[str, ...], optional: bool) -> None:
    after = changed(before, strategy, token, from_users=False, at=NOW)
    assert (after.valid, after.optional, after.changed) == (valid, optional, NOW)


@pytest.mark.parametrize(
    ("before", "strategy", "token"),
    [(OPEN, "SET", "a"), (ONE, "SET", "a"), (TWO, "SET", "a"), (TWO, "SET", "c"), (TWO, "ROTATE", "b"), (OPEN, "ROTATE", None)],
)
def test_tokens_that_are_refused(before: Tokens, strategy: str, token: str | None) -> None:
    with pytest.raises(Refusal):
        changed(before, strategy, token, from_users=False, at=NOW)


def test_a_token_replaces_users_by_set() -> None:
    assert changed(OPEN, "SET", "a", from_users=True, at=NOW).valid == ("a",)


@pytest.mark.parametrize("shards", [1, 2, 3, 7, 90])
def test_slots_cover_everything(shards: int) -> None:
    ranges = even_slots(shards)
    assert [slot for low, high in ranges for slot in range(low, high + 1)] == list(range(SLOTS))
    assert max(high - low for low, high in ranges) - min(high - low for low, high in ranges) <= 1


def test_three_shards_have_the_slots_of_the_documentation() -> None:
    assert even_slots(3) == [(0, 5461), (5462, 10922), (10923, 16383)]


def test_new_nodes_take_free_numbers_and_quiet_zones() -> None:
    shard = Shard("0002", [Node("main-0002-001", "a", NOW), Node("main-0002-003", "b", NOW), Node("main-0002-004", "b", NOW)])
    assert new_node("main", True, shard, "c").id == "main-0002-002"
    assert new_node("main", False, Shard("0001", []), "c").id == "main-001"
    assert (least_used(shard, ["a", "b"]), least_used(shard, ["a", "b", "c"])) == ("a", "c")


@pytest.mark.parametrize(
    ("name", "value", "fits"),
    [
        ("timeout", "0", True),
        ("timeout", "20", True),
        ("timeout", "19", False),
        ("list-max-listpack-size", "-5", True),
        ("list-max-listpack-size", "-6", False),
        ("reserved-memory-percent", "100", True),
        ("reserved-memory-percent", "101", False),
        ("maxmemory-policy", "allkeys-lfu", True),
        ("maxmemory-policy", "lfu", False),
        ("notify-keyspace-events", "KEA", True),
        ("notify-keyspace-events", "KEX", False),
    ],
)
def test_values_of_parameters(name: str, value: str, fits: bool) -> None:
    assert (parameters("redis7")[name].problem(value) is None) == fits


def test_families_have_the_parameters_of_their_versions() -> None:
    assert "hash-max-listpack-entries" not in parameters("redis6.x")
    assert "set-max-listpack-entries" in parameters("valkey7")
    assert "set-max-listpack-entries" not in parameters("redis7")


@pytest.mark.parametrize(("region", "short"), [("us-east-1", "use1"), ("ap-southeast-2", "apse2"), ("af-south-1", "afs1")])
def test_regions_in_host_names(region: str, short: str) -> None:
    assert short_region(region) == short


@pytest.mark.parametrize(
    ("words", "login"),
    [
        (("AUTH", "app", "secret"), ("app", "secret")),
        (("hello", "3", "auth", "app", "secret"), ("app", "secret")),
        (("HELLO", "3", "SETNAME", "x", "AUTH", "app", "secret"), ("app", "secret")),
        (("AUTH", "secret"), None),
        (("HELLO", "3"), None),
        (("HELLO", "3", "AUTH", "app"), None),
        (("SET", "AUTH", "x"), None),
    ],
)
def test_commands_that_log_in(words: tuple[str, ...], login: tuple[str, str] | None) -> None:
    raw, found = asyncio.run(_read(encoded(*words) + b"*1\r\n"))
    assert raw == encoded(*words)
    assert found is not None
    assert login_in(found) == login


@pytest.mark.parametrize("raw", [b"PING\r\n", b"*1000000\r\n", b"*1\r\nPING\r\n", b"*1\r\n$99999999\r\n"])
def test_a_command_that_is_no_list_of_texts_is_passed_on(raw: bytes) -> None:
    found, words = asyncio.run(_read(raw))
    assert words is None
    assert raw.startswith(found)


async def _read(data: bytes) -> tuple[bytes, list[bytes] | None]:
    reader = asyncio.StreamReader()
    reader.feed_data(data)
    reader.feed_eof()
    return await first_command(reader)
