"""The server's side of SCRAM-SHA-256 (RFC 5802, RFC 7677), as PostgreSQL speaks it, and PostgreSQL's stored passwords.

The relay logs clients in, because the servers behind it trust the relay: see access.py.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from dataclasses import dataclass

PLAIN, BOUND = "SCRAM-SHA-256", "SCRAM-SHA-256-PLUS"
ITERATIONS = 4096
BINDING = "tls-server-end-point"


class LoginRefused(Exception):
    """The password is wrong, or the exchange is malformed; the client learns only that the login failed."""


@dataclass(frozen=True)
class Verifier:
    """What PostgreSQL stores of a password (pg_authid.rolpassword)."""

    iterations: int
    salt: bytes
    stored_key: bytes
    server_key: bytes

    @classmethod
    def parse(cls, text: str) -> Verifier | None:
        """None if the text is not a SCRAM verifier."""
        parts = text.split("$")
        if len(parts) != 3 or parts[0] != PLAIN:
            return None
        (iterations, salt), (stored, server) = parts[1].split(":"), parts[2].split(":")
        return cls(int(iterations), base64.b64decode(salt), base64.b64decode(stored), base64.b64decode(server))

    @classmethod
    def of(cls, password: str, salt: bytes | None = None, iterations: int = ITERATIONS) -> Verifier:
        """From a password. Only ASCII passwords are the same with and without the preparation that RFC 4013 describes."""
        salt = salt or secrets.token_bytes(16)
        salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, iterations)
        client_key = hmac.digest(salted, b"Client Key", "sha256")
        return cls(iterations, salt, hashlib.sha256(client_key).digest(), hmac.digest(salted, b"Server Key", "sha256"))

    @classmethod
    def impossible(cls) -> Verifier:
        """One that no password matches, for users that do not exist: clients cannot tell the difference."""
        return cls(ITERATIONS, secrets.token_bytes(16), secrets.token_bytes(32), secrets.token_bytes(32))

    def matches(self, password: str) -> bool:
        return hmac.compare_digest(Verifier.of(password, self.salt, self.iterations).stored_key, self.stored_key)

    def __str__(self) -> str:
        salt, stored, server = (base64.b64encode(part).decode() for part in (self.salt, self.stored_key, self.server_key))
        return f"{PLAIN}${self.iterations}:{salt}${stored}:{server}"


class Exchange:
    """One login: `first` takes the client's first message, `last` its second; each returns the server's answer."""

    def __init__(self, verifier: Verifier, mechanism: str, certificate_hash: bytes | None) -> None:
        self._verifier = verifier
        self._bound = mechanism == BOUND
        self._hash = certificate_hash
        self._header = b""
        self._bare = self._server_first = ""
        self._nonce = ""

    def first(self, message: bytes) -> bytes:
        text = _text(message)
        flag, _comma, rest = text.partition(",")
        _identity, _comma, self._bare = rest.partition(",")
        self._header = text[: len(text) - len(self._bare)].encode()
        if self._bound != flag.startswith("p=") or (self._bound and flag != f"p={BINDING}"):
            raise LoginRefused("the client's channel binding does not fit its mechanism")
        if flag == "y" and self._hash is not None:
            raise LoginRefused("the client was not offered channel binding, which this server supports")
        nonce = _attributes(self._bare).get("r", "")
        if not nonce:
            raise LoginRefused("the client sent no nonce")
        self._nonce = nonce + secrets.token_urlsafe(18)
        salt = base64.b64encode(self._verifier.salt).decode()
        self._server_first = f"r={self._nonce},s={salt},i={self._verifier.iterations}"
        return self._server_first.encode()

    def last(self, message: bytes) -> bytes:
        text = _text(message)
        without_proof, _comma, proof = text.rpartition(",p=")
        found = _attributes(without_proof)
        bound = self._header + (self._hash or b"" if self._bound else b"")
        if found.get("r") != self._nonce or _decoded(found.get("c", "")) != bound:
            raise LoginRefused("the client's last message does not belong to this exchange")
        signed = f"{self._bare},{self._server_first},{without_proof}".encode()
        signature = hmac.digest(self._verifier.stored_key, signed, "sha256")
        given = _decoded(proof)
        client_key = bytes(one ^ other for one, other in zip(given, signature, strict=False))
        if len(given) != len(signature) or not hmac.compare_digest(hashlib.sha256(client_key).digest(), self._verifier.stored_key):
            raise LoginRefused("wrong password")
        return b"v=" + base64.b64encode(hmac.digest(self._verifier.server_key, signed, "sha256"))


def md5_matches(stored: str, salt: bytes, answer: str) -> bool:
    """Whether an answer to PostgreSQL's older challenge belongs to a stored password such as "md5<hash>"."""
    expected = "md5" + hashlib.md5(stored.removeprefix("md5").encode() + salt, usedforsecurity=False).hexdigest()
    return hmac.compare_digest(expected, answer)


def _text(message: bytes) -> str:
    try:
        return message.decode()
    except UnicodeDecodeError as error:
        raise LoginRefused("the message is not UTF-8") from error


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise LoginRefused("the message is not base64") from error


def _attributes(text: str) -> dict[str, str]:
    return {part[:1]: part[2:] for part in text.split(",") if part[1:2] == "="}
