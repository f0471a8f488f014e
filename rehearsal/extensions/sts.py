"""STS: the cloud's two roles have names, and session tokens are real keys here."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from rehearsal.identities import generate
from rehearsal.registry import MOTO, Call, answers, backend


@answers("sts", "GetCallerIdentity")
def get_caller_identity(call: Call) -> Any:
    if call.issued_key and known_to_moto(call.account_id, call.region, call.access_key_id):
        return MOTO
    return {"UserId": f"AIDAREHEARSAL{call.role.upper()}", "Account": call.account_id, "Arn": role_arn(call.account_id, call.role)}


def role_arn(account_id: str, role: str) -> str:
    """The ARN of the user that represents one of the cloud's roles."""
    return f"arn:aws:iam::{account_id}:user/rehearsal-{role}"


def known_to_moto(account_id: str, region: str, access_key_id: str | None) -> str | None:
    """The ARN of the session or user that a key was issued to; None for the keys of the cloud's roles and for their sessions."""
    arn: str = backend("sts", account_id, region).get_caller_identity(access_key_id, region)[1]
    return None if arn.endswith(":user/moto") else arn


@answers("sts", "GetSessionToken")
def issue_session(call: Call) -> Any:
    """Issues a separate key for each session; moto returns the same one to every caller."""
    credentials = generate()
    expires = datetime.now(UTC) + timedelta(seconds=call.get("DurationSeconds", 43200))
    return {
        "Credentials": {
            "AccessKeyId": credentials.access_key_id,
            "SecretAccessKey": credentials.secret_access_key,
            "SessionToken": credentials.secret_access_key,
            "Expiration": expires,
        }
    }
