"""Whether a cloud accepts an IAM token: its keys, and the policies of the role that a key belongs to."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rehearsal.cloud_state import CloudState
    from rehearsal.connect_tokens import Question


def checker(state: CloudState) -> Callable[[Question], str | None]:
    """The function that verifies the tokens of this cloud. "IAM policy for IAM database access" in the RDS User Guide says what a policy
    names.
    """

    def check(question: Question) -> str | None:
        from rehearsal.connect_tokens import denial, why_not
        from rehearsal.extensions.rds_servers import why_no_tokens

        if reason := why_no_tokens(question.resource):
            return reason
        region, user = question.region or state.region, f"{question.resource}/{question.user}"
        named = lambda account_id: [f"arn:aws:rds-db:{region}:{account_id}:dbuser:{user}"]  # noqa: E731
        return why_not(question, state.identities.credentials, lambda known: denial(state, known, "rds-db:connect", named))

    return check
