"""How make rehearse finds the passwords of databases, and what it prints."""

from __future__ import annotations

from dataclasses import replace

import pytest

from scripts.databases import Database, instructions, secret_of

SECRETS = {
    "arn:other": {"username": "root", "password": "x", "dbInstanceIdentifier": "billing"},
    "arn:by-name": {"username": "app_admin", "password": "x", "dbInstanceIdentifier": "orders"},
    "arn:by-host": {"username": "app_admin", "password": "x", "host": "reports.abc.eu-west-1.rds.amazonaws.com"},
    "arn:user": {"username": "reader", "password": "x", "dbInstanceIdentifier": "users"},
}


@pytest.mark.parametrize(
    ("identifier", "user", "expected"),
    [
        ("orders", "app_admin", "arn:by-name"),
        ("reports", "app_admin", "arn:by-host"),
        ("report", "app_admin", None),
        ("users", "app_admin", None),  # a secret of another user
        ("absent", "app_admin", None),
    ],
)
def test_the_secret_of_a_master(identifier: str, user: str, expected: str | None) -> None:
    assert secret_of(identifier, user, SECRETS) == expected


def test_what_is_printed_connects_with_verification() -> None:
    database = Database("orders", "127.0.0.1", 40123, "app_admin", "shop", "eu-west-1", "arn:1")
    password, connect = instructions(database, "/tmp/with space/ca.pem")
    assert "--secret-id arn:1" in password
    assert "sslmode=verify-full sslrootcert=/tmp/with space/ca.pem'" in connect
    assert "generate-db-auth-token" in instructions(replace(database, iam=True), "/ca")[0]
    assert len(instructions(replace(database, secret=None), "/ca")) == 1
