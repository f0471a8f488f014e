"""Verifies presigned requests (AWS Signature Version 4, in the query string), as STS does."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import parse_qsl, quote, urlsplit

ALGORITHM = "AWS4-HMAC-SHA256"
EMPTY = hashlib.sha256(b"").hexdigest()
TIME = "%Y%m%dT%H%M%SZ"


class BadSignature(Exception):
    """The request's signature is invalid; the message says what is wrong."""


def signed_at(url: str) -> datetime:
    """The timestamp of a presigned URL."""
    try:
        return datetime.strptime(_query(url)["X-Amz-Date"], TIME).replace(tzinfo=UTC)
    except (KeyError, ValueError) as error:
        raise BadSignature("X-Amz-Date is missing or no time") from error


def access_key_of(url: str) -> str:
    """The access key ID in a presigned URL."""
    return _query(url).get("X-Amz-Credential", "").split("/")[0]


def verify(url: str, headers: Mapping[str, str], secret_access_key: str, method: str = "GET") -> None:
    """Raises BadSignature unless the URL was signed with this secret, together with these headers (names in lowercase).

    The host comes from the URL. Every header given must be among the signed ones.
    """
    parts, query = urlsplit(url), _query(url)
    if query.get("X-Amz-Algorithm") != ALGORITHM:
        raise BadSignature(f"X-Amz-Algorithm is not {ALGORITHM}")
    names = query.get("X-Amz-SignedHeaders", "").split(";")
    missing = {"host", *headers} - set(names)
    if missing:
        raise BadSignature(f"not signed: {', '.join(sorted(missing))}")
    given = {"host": parts.netloc, **headers}
    if not set(names) <= set(given):
        raise BadSignature(f"signed but not sent: {', '.join(sorted(set(names) - set(given)))}")
    pairs = sorted((quote(name, "-_.~"), quote(value, "-_.~")) for name, value in query.items() if name != "X-Amz-Signature")
    canonical = [
        method,
        parts.path or "/",
        "&".join(f"{name}={value}" for name, value in pairs),
        *[f"{name}:{given[name].strip()}" for name in names],
        "",
        ";".join(names),
        EMPTY,
    ]
    expected = _signature("\n".join(canonical), query, secret_access_key)
    if not hmac.compare_digest(expected, query.get("X-Amz-Signature", "")):
        raise BadSignature("the signature does not match")


def _signature(canonical: str, query: Mapping[str, str], secret: str) -> str:
    scope = query.get("X-Amz-Credential", "").split("/")[1:]
    if len(scope) != 4 or scope[3] != "aws4_request":
        raise BadSignature("X-Amz-Credential has no scope")
    hashed = hashlib.sha256(canonical.encode()).hexdigest()
    text = "\n".join([ALGORITHM, query.get("X-Amz-Date", ""), "/".join(scope), hashed])
    key = f"AWS4{secret}".encode()
    for step in scope:
        key = hmac.digest(key, step.encode(), "sha256")
    return hmac.new(key, text.encode(), "sha256").hexdigest()


def _query(url: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))
