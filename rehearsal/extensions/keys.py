"""KMS keys as other services use them: which key a caller names, and whether it can be used."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rehearsal.registry import backend

AWS_MANAGED = "alias/aws/"


@dataclass(frozen=True)
class KeyUse:
    """A key that a call names. `problem` says why it cannot be used; None if it can. A key of AWS's own has no `key` of moto's."""

    arn: str
    managed_by_aws: bool
    key: Any = None
    problem: str | None = None


def find_key(named: str, account_id: str, region: str) -> KeyUse:
    """The key with this ID, ARN, or alias, as seen from an account and a region. An ARN may name another account."""
    if named.startswith("arn:"):
        _arn, _partition, _service, region, account_id, name = named.split(":", 5)
        named = name if name.startswith("alias/") else name.removeprefix("key/")
    arn = f"arn:aws:kms:{region}:{account_id}:{named if named.startswith('alias/') else f'key/{named}'}"
    if named.startswith(AWS_MANAGED):
        return KeyUse(arn, managed_by_aws=True)
    kms = backend("kms", account_id, region)
    aliased = [key for key in kms.keys.values() if named in key.aliases]
    key = aliased[0] if aliased else kms.keys.get(named)
    if key is None:
        return KeyUse(arn, managed_by_aws=False, problem=f"Key '{arn}' does not exist")
    if key.key_state != "Enabled":
        state = {"PendingDeletion": "pending deletion", "Disabled": "disabled"}.get(key.key_state, key.key_state)
        return KeyUse(key.arn, managed_by_aws=False, key=key, problem=f"{key.arn} is {state}.")
    return KeyUse(key.arn, managed_by_aws=False, key=key)


def names_account(key: Any, account_id: str) -> bool:
    """Whether a key's policy names another account, which can then use the key."""
    return f":{account_id}:" in str(key.policy) or f'"{account_id}"' in str(key.policy)
