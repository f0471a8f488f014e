# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Verifiers of passwords, compared with those that libpq computes."""

from __future__ import annotations

import base64

import pytest
from psycopg import pq

from ansible_collections.mainstay.aws.plugins.module_utils.postgresql.scram import prepared, verifier

PASSWORDS = ["s3cret", "with space", "päßwörd", "I\u00adX", "\u2168", "\u00a0x", "a\u0007b", "\u0627\u0031", "\u0627\u0628"]
"""The last ones are those of RFC 4013, section 3, and what SASLprep forbids."""


def salt_of(text: str) -> bytes:
    return base64.b64decode(text.split("$")[1].partition(":")[2])


@pytest.mark.parametrize("password", PASSWORDS)
def test_the_verifier_is_that_of_libpq(password: str) -> None:
    connection = pq.PGconn.connect_start(b"host=127.0.0.1 port=1")
    expected = connection.encrypt_password(password.encode(), b"app", b"scram-sha-256").decode()
    connection.finish()
    assert verifier(password, salt_of(expected)) == expected


def test_a_verifier_has_its_own_salt_and_not_the_password() -> None:
    first, second = verifier("s3cret"), verifier("s3cret")
    assert first != second
    assert "s3cret" not in first


def test_text_that_saslprep_changes() -> None:
    assert (prepared("I\u00adX"), prepared("\u2168")) == ("IX", "IX")
