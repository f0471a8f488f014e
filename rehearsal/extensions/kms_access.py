"""Who may use a KMS key: its policy and its grants, for callers of its own and of other accounts, and for services on their behalf.

After "Allowing users in other accounts to use a KMS key" and "Condition keys for AWS KMS" in the KMS Developer Guide.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from rehearsal.accounts import is_arn, place_of
from rehearsal.asking import arn
from rehearsal.callers import caller_of
from rehearsal.extensions.keys import AWS_MANAGED, find_key
from rehearsal.registry import Call, backend, belongs
from rehearsal.replies import Refusal
from rehearsal.resource_policies import Caller, admits

USES = (
    *("CreateGrant", "DescribeKey", "Decrypt", "Encrypt", "GenerateDataKey", "GenerateDataKeyWithoutPlaintext"),
    *("GetPublicKey", "ListGrants", "RevokeGrant", "Sign", "Verify"),
)
"""What other accounts may be allowed to do with a key. Everything else is only for its own account."""

OTHERS = (
    *("CancelKeyDeletion", "CreateAlias", "DisableKey", "DisableKeyRotation", "EnableKey", "EnableKeyRotation"),
    *("GetKeyPolicy", "GetKeyRotationStatus", "ListResourceTags", "PutKeyPolicy", "ScheduleKeyDeletion", "TagResource"),
    *("UntagResource", "UpdateKeyDescription"),
)


class KeyUnusable(Exception):
    """A service cannot use a key. `reason`: "missing", "region", "disabled", "asymmetric" or "denied"; each service words its own error."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


@belongs("kms", *USES, *OTHERS)
def account_of_key(call: Call) -> str:
    """The account in the key's ARN. An ARN of another region is one that KMS does not know there."""
    identity = call.get("KeyId") or call.get("TargetKeyId")
    if not is_arn(identity):
        return call.account_id
    place = place_of(identity)
    if place.region != call.region:
        raise Refusal("NotFoundException", f"Invalid arn {place.region}")
    return place.account_id


def usable_key(call: Call, identity: str, service: str, *operations: str) -> Any:
    """moto's key, if this service may use it on the caller's behalf; raises KeyUnusable.

    ``identity``: an ID, ARN, or alias, as the service's own call takes it; without an ARN, a key of the call's account. ``service``: the
    prefix of ``kms:ViaService``, such as rds. ``operations``: what the service does with the key, such as CreateGrant and DescribeKey.
    """
    place = place_of(identity) if is_arn(identity) else None
    if place is not None and place.region != call.region:
        raise KeyUnusable("region", f"the key {identity} is in {place.region}, and {call.region} can use keys of its own only")
    keys = backend("kms", place.account_id if place else call.account_id, call.region)
    try:
        key = keys.keys.get(keys.any_id_to_key_id(identity))
    except AttributeError:  # raised by moto if the alias does not exist
        key = None
    if key is None:
        raise KeyUnusable("missing", f"the key {identity} does not exist")
    context = {"kms:viaservice": f"{service}.{call.region}.amazonaws.com", "kms:grantisforawsresource": "true"}
    caller = caller_of(call)
    for operation in operations:
        if not allows(key, caller, operation, context):
            raise KeyUnusable("denied", _denied(caller, operation, key))
    if not key.enabled or key.key_state != "Enabled":
        raise KeyUnusable("disabled", f"{key.arn} is {key.key_state}")
    return key


def key_arn_for(call: Call, identity: Any, service: str) -> str:
    """The ARN of the key with this ID, ARN, or alias, with which a service is to encrypt what the caller creates: one of AWS's own, or an
    enabled, symmetric one in the call's region that admits the caller. Raises KeyUnusable.
    """
    text = str(identity)
    if text.rpartition(":")[2].startswith(AWS_MANAGED):
        return str(backend("kms", call.account_id, call.region).describe_key(text.rpartition(":")[2]).arn)
    key = usable_key(call, text, service, "DescribeKey", "CreateGrant")
    if key.key_spec != "SYMMETRIC_DEFAULT":
        raise KeyUnusable("asymmetric", f"{key.arn} is not symmetric")
    return str(key.arn)


def allows(key: Any, caller: Caller, operation: str, context: dict[str, str] | None = None) -> bool:
    """Whether the key's policy or one of its grants lets the caller do this."""
    known = {"kms:calleraccount": caller.account_id, **(context or {})}
    if admits(json.loads(key.policy), caller, f"kms:{operation}", known):
        return True
    named = caller.names() - {"*", caller.account_id}
    return any(operation in grant.operations and grant.grantee_principal in named for grant in key.grants.values())


def refusal_of_service(named: str, arn: str, caller: Caller, operations: Iterable[str], context: dict[str, str]) -> str:
    """The error that a service of AWS gets when it uses a key for itself; empty if it may. `arn`: of what the key encrypts.

    Nobody can change the policies of AWS's own keys (`alias/aws/...`), and they admit no service.
    """
    place = place_of(arn)
    use = find_key(named, place.account_id, place.region)
    if use.problem:
        return "NotFoundException" if use.key is None else "KMSInvalidStateException"
    admitted = not use.managed_by_aws and all(allows(use.key, caller, operation, context) for operation in operations)
    return "" if admitted else "AccessDeniedException"


def refuse(call: Call, key: Any) -> Refusal:
    return Refusal("AccessDeniedException", _denied(caller_of(call), call.operation, key))


def _denied(caller: Caller, operation: str, key: Any) -> str:
    why = f"because no resource-based policy allows the kms:{operation} action"
    return f"User: {caller.arn} is not authorized to perform: kms:{operation} on resource: {key.arn} {why}"


def key_resource(call: Call, key: str) -> str:
    """The ARN of a key that is named by its ID, ARN, or alias."""
    if key.startswith("arn:"):
        return key
    identity: Any = key
    if key.startswith("alias/"):
        identity = backend("kms", call.account_id, call.region).get_key_id_from_alias(key) or "*"
    return arn(call, "kms", f"key/{identity}")


def tags_of_key(call: Call, key: str) -> dict[str, str]:
    kms = backend("kms", call.account_id, call.region)
    return dict(kms.tagger.get_tag_dict_for_resource(key_resource(call, key).rpartition("/")[2]))
