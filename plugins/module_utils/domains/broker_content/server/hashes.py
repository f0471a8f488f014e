# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Password hashes as RabbitMQ keeps and reports them (RabbitMQ documentation, "Passwords"). Pure.

A call carries the hash and not the password, so neither the broker's log nor an error shows it; and because users report their hash, a
password that someone else has set is seen.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets

ALGORITHM = "rabbit_password_hashing_sha256"
SALT_BYTES = 4


def hashed(password: str, salt: bytes | None = None) -> str:
    """Salt and SHA-256 of salt and password, in base64."""
    salt = secrets.token_bytes(SALT_BYTES) if salt is None else salt
    return base64.b64encode(salt + hashlib.sha256(salt + password.encode()).digest()).decode()


def is_hash_of(reported: str, password: str) -> bool:
    """Whether a reported hash is that of a password; false for other algorithms."""
    try:
        raw = base64.b64decode(reported, validate=True)
    except (binascii.Error, ValueError):
        return False
    return hmac.compare_digest(hashed(password, raw[:SALT_BYTES]), reported)
