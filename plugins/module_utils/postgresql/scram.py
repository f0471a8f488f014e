# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The verifier of a password, which the server stores (RFC 5803). Pure.

A statement that carries the verifier shows the password neither to the server nor to its log.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import stringprep
import unicodedata

ITERATIONS = 4096
"""PostgreSQL's own default, scram_iterations."""

SALT_BYTES = 16


def verifier(password: str, salt: bytes | None = None, iterations: int = ITERATIONS) -> str:
    """``SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>``."""
    salt = secrets.token_bytes(SALT_BYTES) if salt is None else salt
    salted = hashlib.pbkdf2_hmac("sha256", prepared(password).encode(), salt, iterations)
    client_key = hmac.digest(salted, b"Client Key", "sha256")
    server_key = hmac.digest(salted, b"Server Key", "sha256")
    stored, server, salty = (base64.b64encode(one).decode() for one in (hashlib.sha256(client_key).digest(), server_key, salt))
    return f"SCRAM-SHA-256${iterations}:{salty}${stored}:{server}"


def prepared(password: str) -> str:
    """A password as SASLprep (RFC 4013) normalizes it; unchanged where PostgreSQL leaves it unchanged, as it does if it is prohibited."""
    if password.isascii():
        return password
    mapped = "".join(" " if stringprep.in_table_c12(one) else one for one in password if not stringprep.in_table_b1(one))
    found = unicodedata.normalize("NFKC", mapped)
    prohibited = (stringprep.in_table_c12, stringprep.in_table_c21_c22, *(_TABLES))
    if not found or any(table(one) for one in found for table in prohibited) or _mixes_directions(found):
        return password
    return found


_TABLES = (
    stringprep.in_table_a1,
    stringprep.in_table_c3,
    stringprep.in_table_c4,
    stringprep.in_table_c5,
    stringprep.in_table_c6,
    stringprep.in_table_c7,
    stringprep.in_table_c8,
    stringprep.in_table_c9,
)


def _mixes_directions(text: str) -> bool:
    """RFC 3454, section 6: text that runs from right to left begins and ends so, and contains nothing that runs the other way."""
    right = [stringprep.in_table_d1(one) for one in text]
    return any(right) and (any(stringprep.in_table_d2(one) for one in text) or not (right[0] and right[-1]))
