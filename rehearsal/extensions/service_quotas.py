"""Service Quotas reports what the cloud enforces: the setting `quotas`, which the refusals read (`refusals/*_quotas.py`).

A quota set to AWS's default counts as never raised: it has no applied value, only the default.
"""

from __future__ import annotations

from typing import Any

from rehearsal.declarations import Quota
from rehearsal.quotas import QUOTAS, UNLIMITED
from rehearsal.registry import Call, answers
from rehearsal.replies import Refusal


@answers("service-quotas", "GetServiceQuota")
def applied(call: Call) -> Any:
    name, quota = _asked(call)
    value = _value(call, name)
    if value == quota.default:
        raise Refusal("NoSuchResourceException", "The request failed because the specified service quota has no applied value.")
    return {"Quota": _entry(call, quota, value)}


@answers("service-quotas", "ListServiceQuotas")
def all_applied(call: Call) -> Any:
    values = [(quota, _value(call, name)) for name, quota in _of_service(call).items()]
    return {"Quotas": [_entry(call, quota, value) for quota, value in values if value != quota.default]}


@answers("service-quotas", "GetAWSDefaultServiceQuota")
def default(call: Call) -> Any:
    _name, quota = _asked(call)
    return {"Quota": _entry(call, quota, quota.default)}


@answers("service-quotas", "ListAWSDefaultServiceQuotas")
def all_defaults(call: Call) -> Any:
    return {"Quotas": [_entry(call, quota, quota.default) for quota in _of_service(call).values()]}


def _value(call: Call, name: str) -> int:
    return call.settings.quotas.get(name, UNLIMITED)


def _of_service(call: Call) -> dict[str, Quota]:
    found = {name: quota for name, quota in QUOTAS.items() if quota.service == call.get("ServiceCode")}
    if not found:
        raise Refusal("NoSuchResourceException", "The request failed because the specified service does not exist.")
    return found


def _asked(call: Call) -> tuple[str, Quota]:
    for name, quota in _of_service(call).items():
        if quota.code == call.get("QuotaCode"):
            return name, quota
    raise Refusal("NoSuchResourceException", "The request failed because the specified service quota does not exist.")


def _entry(call: Call, quota: Quota, value: int) -> dict[str, Any]:
    return {
        "ServiceCode": quota.service,
        "QuotaCode": quota.code,
        "QuotaName": quota.title,
        "QuotaArn": f"arn:aws:servicequotas:{call.region}:{call.account_id}:{quota.service}/{quota.code}",
        "Value": float(value),
        "Unit": "None",
        "Adjustable": True,
        "GlobalQuota": False,
    }
