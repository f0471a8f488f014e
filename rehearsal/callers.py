"""Who makes a call, as policies and errors name it."""

from __future__ import annotations

from rehearsal.extensions.sts import known_to_moto, role_arn
from rehearsal.registry import Call, backend
from rehearsal.resource_policies import Caller


def caller_of(call: Call) -> Caller:
    """The identity that signed a call, in its own account."""
    account_id = call.caller_account_id or call.account_id
    arn = known_to_moto(account_id, call.region, call.access_key_id) or role_arn(account_id, call.role)
    if ":assumed-role/" not in arn:
        return Caller(account_id, arn)
    name = arn.split("/")[1]
    roles = backend("iam", account_id, call.region).roles.values()
    return Caller(account_id, arn, next((one.arn for one in roles if one.name == name), ""))
