"""Verifies IAM tokens with which clients log in to databases and caches: presigned requests for the action `connect`, such as those of
`generate_db_auth_token`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

from rehearsal import signatures
from rehearsal.identities import Credentials
from rehearsal.policies_in_force import Ask

if TYPE_CHECKING:
    from rehearsal.cloud_state import CloudState

LIFETIME = timedelta(minutes=15)
EARLIEST = timedelta(minutes=5)
"""Allowance for clock skew."""


@dataclass(frozen=True)
class Question:
    """An IAM token to verify: whose it must be, for which address, and the resource that policies name.

    service, parameter: the service that it is signed for, and the parameter of the request that names the user. port: None if it has none.
    """

    token: str
    user: str
    names: frozenset[str]
    port: int | None
    resource: str
    region: str
    service: str = "rds-db"
    parameter: str = "DBUser"


TokenCheck = Callable[[Question], str | None]
"""Returns why a token is not valid; None if it is."""


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
        return "the token is not for connecting"
    if (given.get(question.parameter), port) != (question.user, question.port) or (parts.hostname or "") not in question.names:
        return f"the token is for the user {given.get(question.parameter)} at {parts.netloc}"
    if len(scope) != 5 or scope[3] != question.service or (question.region and scope[2] != question.region):
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


def denial(state: CloudState, known: Credentials, action: str, resources: Callable[[str], list[str]]) -> str | None:
    """Why the policies of the role that a key belongs to deny a connection. A role without policies may connect.

    `resources`: the ARNs that the action is checked on, given the role's account.
    """
    holder = state.identities.holder(known.access_key_id)
    if holder is None or not state.policies.governs(holder.role):
        return None
    named = resources(holder.account_id or state.account_id)
    refusal = state.policies.refusal(holder.role, [Ask(action, resource) for resource in named])
    return f"{holder.role} may not {action} to {' and '.join(named)} {refusal[1]}" if refusal else None
