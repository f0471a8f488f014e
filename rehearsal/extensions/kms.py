"""KMS: scheduled deletion by ARN, and members of key responses that moto omits."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from rehearsal.extensions.keys import AWS_MANAGED
from rehearsal.registry import MOTO, Call, adjusts, answers
from rehearsal.replies import Refusal

DEFAULT_WINDOW_DAYS = 30


def existing(call: Call, identity: str | None) -> Any:
    """The key with this ID, ARN, or alias."""
    backend = call.backend
    try:
        name = backend.any_id_to_key_id(identity)
    except AttributeError:  # raised by moto if the alias does not exist
        name = None
    if name not in backend.keys:
        raise Refusal("NotFoundException", f"Key '{identity}' does not exist")
    return backend.keys[name]


@answers("kms", "ScheduleKeyDeletion")
def schedule_deletion(call: Call) -> Any:
    from moto.core.utils import utcnow

    key = existing(call, call.get("KeyId"))
    days = call.get("PendingWindowInDays") or DEFAULT_WINDOW_DAYS
    key.enabled = False
    key.key_state = "PendingDeletion"
    key.deletion_date = utcnow() + timedelta(days=days)
    return {"KeyId": key.arn, "DeletionDate": key.deletion_date, "KeyState": "PendingDeletion", "PendingWindowInDays": days}


@answers("kms", "CancelKeyDeletion")
def cancel_deletion(call: Call) -> Any:
    key = existing(call, call.get("KeyId"))
    key.key_state = "Disabled"
    key.deletion_date = None
    return {"KeyId": key.arn}


@answers("kms", "GetKeyRotationStatus")
def rotation(call: Call) -> Any:
    """A key that is pending deletion does not rotate."""
    key = existing(call, call.get("KeyId"))
    return {"KeyId": key.arn, "KeyRotationEnabled": bool(key.key_rotation_status) and key.key_state != "PendingDeletion"}


@answers("kms", "GetKeyPolicy")
def policy(call: Call) -> Any:
    """A key has only one policy, so its name may be omitted."""
    if call.get("PolicyName"):
        return MOTO
    return {"Policy": existing(call, call.get("KeyId")).policy, "PolicyName": "default"}


@adjusts("kms")
def take_arns_everywhere() -> None:
    """In these operations moto looks up keys by ID only."""
    from moto.kms.models import KmsBackend

    def wrap(original: Callable[..., Any]) -> Callable[..., Any]:
        return lambda self, key_id, *rest, **options: original(self, self.get_key_id(key_id), *rest, **options)

    for name in ("enable_key", "disable_key", "update_key_description"):
        setattr(KmsBackend, name, wrap(getattr(KmsBackend, name)))


@adjusts("kms")
def complete_descriptions() -> None:
    """Whether a key is AWS's own, and whether it has several regions."""
    from moto.kms.models import Key

    original = Key.to_dict

    def to_dict(self: Any) -> dict[str, Any]:
        described = original(self)
        described["KeyMetadata"]["MultiRegion"] = bool(described["KeyMetadata"].get("MultiRegion"))
        if any(alias.startswith(AWS_MANAGED) for alias in self.aliases):
            described["KeyMetadata"]["KeyManager"] = "AWS"
        return described

    Key.to_dict = to_dict
