"""Decisions that need no server."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

from rehearsal.connect_tokens import Question, why_not
from rehearsal.postgresql import extensions, parameters
from rehearsal.postgresql.scram import BOUND, PLAIN, Exchange, LoginRefused, Verifier, md5_matches
from rehearsal.signatures import signed_at

from .conftest import KEY, NAME, REGION


@pytest.mark.parametrize(
    ("version", "offers_vector"),
    [
        *(("17.4", True), ("17", True), ("16.1", True), ("15.2", True), ("15.1", False), ("14.9", True), ("14.8", False)),
        *(
            ("13.12", True),
            ("13.11", False),
            ("12.16", True),
            ("11.22", False),
            ("15", True),
            ("18.1", True),
            ("11.22-rds.20240418", False),
        ),
    ],
)
def test_the_vector_extension_is_offered_from_a_minor_version_on(version: str, offers_vector: bool) -> None:
    names = extensions.offered(version)
    assert ("vector" in names) is offers_vector
    assert {"plpgsql", "pg_stat_statements", "pgcrypto", "uuid-ossp", "citext", "hstore"} <= set(names)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"work_mem": "65536"}, {"work_mem": "65536"}),
        ({"max_connections": "100000"}, {"max_connections": "500"}),
        ({"max_connections": "5"}, {"max_connections": "10"}),
        ({"max_connections": "LEAST({DBInstanceClassMemory/9531392},5000)"}, {}),
        ({"shared_buffers": "{DBInstanceClassMemory/32768}", "fsync": "1", "archive_command": "rm -rf /"}, {}),
        ({"rds.force_ssl": "0"}, {"rds.force_ssl": "0"}),
        ({"rds.logical_replication": "1"}, {"rds.logical_replication": "1", "wal_level": "logical"}),
        ({"shared_preload_libraries": "pg_stat_statements, pgaudit"}, {"shared_preload_libraries": "pg_stat_statements"}),
    ],
)
def test_only_listed_parameters_reach_a_server_within_bounds(given: dict[str, str], expected: dict[str, str]) -> None:
    assert parameters.passed(given) == expected


@pytest.mark.parametrize(
    ("given", "version", "demanded"),
    [
        ({}, "17.4", True),
        ({}, "15.2", True),
        ({}, "14.9", False),
        ({"rds.force_ssl": "0"}, "17.4", False),
        ({"rds.force_ssl": "1"}, "14.9", True),
    ],
)
def test_encryption_is_demanded_by_default_from_version_15_on(given: dict[str, str], version: str, demanded: bool) -> None:
    assert parameters.demands_encryption(given, version) is demanded


def test_a_value_stays_on_its_line_of_the_configuration() -> None:
    assert parameters.lines({"search_path": "a'b\\c\nfsync = on"}) == "search_path = 'a''b\\\\c fsync = on'\n"


def test_scram_is_that_of_the_rfc() -> None:
    """The example of RFC 7677, section 3, as far as a random server nonce allows: its keys."""
    verifier = Verifier.of("pencil", base64.b64decode("W22ZaJ0SNY7soEsUEjb6gQ=="))
    assert verifier.matches("pencil")
    assert not verifier.matches("pencils")
    assert Verifier.parse(str(verifier)) == verifier
    assert Verifier.parse("md5abc") is None


@pytest.mark.parametrize(
    ("mechanism", "digest", "first"),
    [
        (PLAIN, None, b"p=tls-server-end-point,,n=,r=abc"),
        (BOUND, b"digest", b"n,,n=,r=abc"),
        (BOUND, b"digest", b"p=tls-unique,,n=,r=abc"),
        (PLAIN, b"digest", b"y,,n=,r=abc"),  # someone removed the offer of channel binding
        (PLAIN, None, b"n,,n="),
        (PLAIN, None, b"\xff"),
    ],
)
def test_scram_refuses_a_wrong_channel_binding(mechanism: str, digest: bytes | None, first: bytes) -> None:
    with pytest.raises(LoginRefused):
        Exchange(Verifier.of("secret"), mechanism, digest).first(first)


@pytest.mark.parametrize(
    "last", [b"c=biws,r=other,p=AAAA", b"c=AAAA,r={nonce},p=AAAA", b"c=biws,r={nonce},p=" + base64.b64encode(b"x" * 32), b"c=biws"]
)
def test_scram_refuses_a_wrong_proof(last: bytes) -> None:
    exchange = Exchange(Verifier.of("secret"), PLAIN, None)
    nonce = exchange.first(b"n,,n=,r=abc").split(b",")[0][2:]
    with pytest.raises(LoginRefused):
        exchange.last(last.replace(b"{nonce}", nonce))


def test_the_older_challenge() -> None:
    stored = "md5" + "0" * 32
    assert not md5_matches(stored, b"salt", "md5" + "0" * 32)


HERE = Question("", "app", frozenset({NAME, "127.0.0.1"}), 5432, "db-ABC", REGION)


def token(**changes: Any) -> str:
    """As boto3 makes it."""
    asked = {"DBHostname": NAME, "Port": 5432, "DBUsername": "app", "Region": REGION} | changes
    session = boto3.Session(KEY.access_key_id, KEY.secret_access_key, region_name=REGION)
    return str(session.client("rds").generate_db_auth_token(**asked))


@pytest.mark.parametrize(
    ("given", "minutes", "reason"),
    [
        (token(), 0, None),
        (token(DBHostname="127.0.0.1"), 14, None),
        (token(), 16, "expired"),
        (token(), -6, "expired"),
        (token(DBUsername="other"), 0, "the token is for the user other"),
        (token(Port=5433), 0, "the token is for the user app at"),
        (token(DBHostname="elsewhere.example.com"), 0, "elsewhere"),
        (token(Region="eu-west-1"), 0, "another service or region"),
        (token().replace("Action=connect", "Action=other"), 0, "not for connecting"),
        (token().replace(KEY.access_key_id, "REHEARSEUNKNOWN"), 0, "not valid here"),
        (token()[:-2] + "00", 0, "the signature does not match"),
        (token() + "&X-Amz-Security-Token=abc", 0, "not valid here"),
        ("a password", 0, "no IAM token"),
        ("", 0, "no IAM token"),
    ],
)
def test_a_token_is_for_one_user_at_one_endpoint_for_15_minutes(given: str, minutes: int, reason: str | None) -> None:
    question = Question(given, HERE.user, HERE.names, HERE.port, HERE.resource, HERE.region)
    made = signed_at("https://" + given) if "X-Amz-Date" in given else datetime.now(UTC)
    found = why_not(question, {KEY.access_key_id: KEY}.get, lambda key: None, made + timedelta(minutes=minutes))
    assert found is None if reason is None else reason in (found or "")


def test_policies_decide_last() -> None:
    question = Question(token(), HERE.user, HERE.names, HERE.port, HERE.resource, HERE.region)
    assert why_not(question, {KEY.access_key_id: KEY}.get, lambda key: "denied") == "denied"
