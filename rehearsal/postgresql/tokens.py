"""Verifies IAM tokens: presigned requests for the action `connect` of the service rds-db, as `generate_db_auth_token` makes them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

from rehearsal import signatures
from rehearsal.identities import Credentials
from rehearsal.postgresql.access import Question

LIFETIME = timedelta(minutes=15)
EARLIEST = timedelta(minutes=5)
"""Allowance for clock skew."""


def why_not(
    question: Question,
    credentials: Callable[[str], Credentials | None],
    allowed: Callable[[Credentials], str | None],
    now: datetime | None = None,
) -> str | None:
    """Why a token does not let its bearer in; None if it does. `allowed` returns why its owner's policies do not permit the connection."""
    url = "https://" + question.token
    try:
        parts = urlsplit(url)
        given = dict(parse_qsl(parts.query, keep_blank_values=True))
        port = parts.port
        made = signatures.signed_at(url)
    except (ValueError, signatures.BadSignature):
        return "it is no IAM token"
    clock = now or datetime.now(UTC)
    scope = given.get("X-Amz-Credential", "").split("/")
    lifetime = given.get("X-Amz-Expires", "")
    if given.get("Action") != "connect" or parts.path != "/":
        return "the token is not for connecting to a database"
    if (given.get("DBUser"), port) != (question.user, question.port) or (parts.hostname or "") not in question.names:
        return f"the token is for the user {given.get('DBUser')} at {parts.netloc}"
    if len(scope) != 5 or scope[3] != "rds-db" or (question.region and scope[2] != question.region):
        return "the token is signed for another service or region"
    if not lifetime.isdigit() or clock > made + min(timedelta(seconds=int(lifetime)), LIFETIME) or made > clock + EARLIEST:
        return f"the token was made at {made:%H:%M:%S} and has expired"
    known = credentials(signatures.access_key_of(url))
    if known is None or given.get("X-Amz-Security-Token") != known.session_token:
        return "the token's access key or session token is not valid here"
    try:
        signatures.verify(url, {}, known.secret_access_key)
    except signatures.BadSignature as error:
        return str(error)
    return allowed(known)
