"""ECR's quota of repositories."""

from __future__ import annotations

from rehearsal.registry import Call, refuses
from rehearsal.replies import Refusal


@refuses("ecr", "CreateRepository")
def no_more_repositories(call: Call) -> None:
    limit = call.settings.quotas.get("repositories")
    if limit is not None and len(call.backend.repositories) >= limit and call.get("repositoryName") not in call.backend.repositories:
        raise Refusal("LimitExceededException", f"The registry has reached the maximum of {limit} repositories")
