"""Whether a cloud accepts an IAM token: its keys, and the policies of the role that a key belongs to."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from rehearsal.policies_in_force import Ask

if TYPE_CHECKING:
    from rehearsal.cloud_state import CloudState
    from rehearsal.identities import Credentials
    from rehearsal.postgresql.access import Question


def checker(state: CloudState) -> Callable[[Question], str | None]:
    """The function that verifies the tokens of this cloud."""

    def check(question: Question) -> str | None:
        from rehearsal.extensions.rds_servers import why_no_tokens
        from rehearsal.postgresql.tokens import why_not

        if reason := why_no_tokens(question.resource):
            return reason

        return why_not(question, state.identities.credentials, lambda known: _denied(state, question, known))

    return check


def _denied(state: CloudState, question: Question, known: Credentials) -> str | None:
    """Why the role's policies deny the connection. A role without policies may connect: see "IAM policy for IAM database access" in the RDS
    User Guide for what a policy names.
    """
    holder = state.identities.holder(known.access_key_id)
    if holder is None or not state.policies.governs(holder.role):
        return None
    role, account_id = holder.role, holder.account_id or state.account_id
    resource = f"arn:aws:rds-db:{question.region or state.region}:{account_id}:dbuser:{question.resource}/{question.user}"
    refusal = state.policies.refusal(role, [Ask("rds-db:connect", resource)])
    return f"{role} may not rds-db:connect to {resource} {refusal[1]}" if refusal else None
