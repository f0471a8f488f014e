"""Secrets Manager's quota of secrets."""

from __future__ import annotations

from rehearsal.extensions.secretsmanager_common import find_secret, secrets_of
from rehearsal.registry import Call, refuses
from rehearsal.replies import Refusal


@refuses("secretsmanager", "CreateSecret")
def no_more_secrets(call: Call) -> None:
    limit = call.settings.quotas.get("secrets")
    if limit is not None and len(secrets_of(call.backend)) >= limit and find_secret(call, call.get("Name")) is None:
        raise Refusal("LimitExceededException", f"You have reached the maximum number of secrets allowed, which is {limit}.")
