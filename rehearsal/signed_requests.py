"""Whether a request to the AWS port is signed with its key's secret: AWS Signature Version 4, in headers or in the query.

After "Create a signed AWS API request" in the IAM User Guide. Older signature versions, which only S3 still accepts, are refused.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from urllib.parse import quote, unquote

from rehearsal.identities import Credentials
from rehearsal.operations import Request
from rehearsal.signatures import ALGORITHM, EMPTY, TIME, BadSignature

HEADER = re.compile(rf"{ALGORITHM} +Credential=([^, ]+),? *SignedHeaders=([^, ]+),? *Signature=([0-9a-f]+)")
LATEST = timedelta(minutes=15)
"""The maximum difference between a request's timestamp and the clock."""
LITERAL = re.compile(r"UNSIGNED-PAYLOAD|STREAMING-[A-Z0-9-]+")


def verify_request(request: Request, credentials: Credentials, now: datetime | None = None) -> None:
    """Raises BadSignature unless the request was signed recently with these credentials."""
    found = _from_header(request) or _from_query(request)
    if found is None:
        raise BadSignature("only requests signed with AWS Signature Version 4 are understood here")
    scope, names, given, when, lifetime = found
    moment = _time(when)
    clock = now or datetime.now(UTC)
    if moment - clock > LATEST or clock - moment > lifetime:
        raise BadSignature(f"Signature expired: {when} is too far from {clock:{TIME}}")
    if "host" not in names:
        raise BadSignature("'Host' must be a 'SignedHeader' in the AWS Authorization")
    _check_token(request, credentials)
    service = scope[3] if len(scope) == 5 else ""
    canonical = "\n".join(
        [
            request.method,
            _path(request, service),
            _query(request),
            *(f"{name}:{_header(request, name)}" for name in names),
            "",
            ";".join(names),
            _payload(request, query="X-Amz-Signature" in request.query_string, service=service),
        ]
    )
    text = "\n".join([ALGORITHM, when, "/".join(scope[1:]), hashlib.sha256(canonical.encode()).hexdigest()])
    expected = hmac.new(_key(credentials.secret_access_key, tuple(scope[1:])), text.encode(), "sha256").hexdigest()
    if not hmac.compare_digest(expected, given):
        raise BadSignature("The request signature we calculated does not match the signature you provided.")


Found = tuple[list[str], list[str], str, str, timedelta]
"""The parts of the credential scope, the signed headers, the signature, its time, and its lifetime."""


def _from_header(request: Request) -> Found | None:
    match = HEADER.fullmatch(request.headers.get("authorization", "").strip())
    if match is None:
        return None
    when = request.headers.get("x-amz-date", "")
    return match[1].split("/"), match[2].split(";"), match[3], when, LATEST


def _from_query(request: Request) -> Found | None:
    given = dict(_pairs(request.query_string))
    if given.get("X-Amz-Algorithm") != ALGORITHM:
        return None
    seconds = given.get("X-Amz-Expires", "")
    lifetime = timedelta(seconds=int(seconds) if seconds.isdigit() else 0)
    scope, names = given.get("X-Amz-Credential", "").split("/"), given.get("X-Amz-SignedHeaders", "").split(";")
    return scope, names, given.get("X-Amz-Signature", ""), given.get("X-Amz-Date", ""), lifetime


@lru_cache(maxsize=16)
def _time(text: str) -> datetime:
    try:
        return datetime.strptime(text, TIME).replace(tzinfo=UTC)
    except ValueError as error:
        raise BadSignature("X-Amz-Date is missing or no time") from error


def _check_token(request: Request, credentials: Credentials) -> None:
    """Temporary credentials require a token; others must not have one."""
    given = request.headers.get("x-amz-security-token") or dict(_pairs(request.query_string)).get("X-Amz-Security-Token")
    if (given or None) != (credentials.session_token or None):
        raise BadSignature("The security token included in the request is invalid")


def _path(request: Request, service: str) -> str:
    raw = str(request.environ.get("REQUEST_URI") or request.environ.get("RAW_URI") or request.path).partition("?")[0]
    if "://" in raw:
        raw = "/" + raw.split("://", 1)[1].partition("/")[2]
    return raw or "/" if service in ("s3", "s3express") else quote(_without_dots(raw), safe="/~")


def _without_dots(path: str) -> str:
    kept: list[str] = []
    for part in path.split("/"):
        if part == "..":
            kept = kept[:-1]
        elif part not in (".", ""):
            kept.append(part)
    end = "/" if path.endswith("/") and kept else ""
    return "/" + "/".join(kept) + end


def _pairs(query: str) -> Sequence[tuple[str, str]]:
    parts = (part.partition("=") for part in query.split("&") if part)
    return [(unquote(name), unquote(value)) for name, _equals, value in parts]


def _query(request: Request) -> str:
    pairs = sorted((quote(name, "-_.~"), quote(value, "-_.~")) for name, value in _pairs(request.query_string) if name != "X-Amz-Signature")
    return "&".join(f"{name}={value}" for name, value in pairs)


def _header(request: Request, name: str) -> str:
    values: Mapping[str, str] = request.headers
    value = str(request.environ.get("CONTENT_LENGTH", "")) if name == "content-length" else values.get(name)
    if value is None:
        raise BadSignature(f"signed but not sent: {name}")
    return " ".join(value.split())


def _payload(request: Request, query: bool, service: str) -> str:
    given = request.headers.get("x-amz-content-sha256", "")
    if LITERAL.fullmatch(given):
        return given
    if query and service in ("s3", "s3express"):
        return "UNSIGNED-PAYLOAD"
    digest = hashlib.sha256(request.body).hexdigest() if request.body else EMPTY
    if given and given != digest:
        raise BadSignature("The provided 'x-amz-content-sha256' header does not match what was computed.")
    return digest


@lru_cache(maxsize=256)
def _key(secret: str, scope: tuple[str, ...]) -> bytes:
    key = f"AWS4{secret}".encode()
    for step in scope:
        key = hmac.digest(key, step.encode(), "sha256")
    return key
