"""Whether a cloud accepts an IAM token: its keys, and the policies of the role that a key belongs to.

After "Authenticating with IAM" in the Amazon ElastiCache User Guide.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rehearsal.cloud_state import CloudState
    from rehearsal.connect_tokens import Question


def checker(state: CloudState) -> Callable[[Question], str | None]:
    """The function that verifies the tokens of this cloud. The resource of a question is a replication group's ARN."""

    def check(question: Question) -> str | None:
        from rehearsal.connect_tokens import denial, why_not

        group = question.resource
        user = f"{group.rpartition(':replicationgroup:')[0]}:user:{question.user}"
        named = lambda account_id: [group, user]  # noqa: E731
        return why_not(question, state.identities.credentials, lambda known: denial(state, known, "elasticache:Connect", named))

    return check
