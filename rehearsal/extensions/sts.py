"""STS: the two roles of the cloud have names, and session tokens are real keys here."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from rehearsal.identities import generate
from rehearsal.registry import MOTO, Call, answers


@answers("sts", "GetCallerIdentity")
def say_who_calls(call: Call) -> Any:
    if call.issued_key:
        return MOTO
    return {
        "UserId": f"AIDAREHEARSAL{call.role.upper()}",
        "Account": call.account_id,
        "Arn": f"arn:aws:iam::{call.account_id}:user/rehearsal-{call.role}",
    }


@answers("sts", "GetSessionToken")
def issue_session(call: Call) -> Any:
    """A key of its own for each session; moto gives everybody the same one."""
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
