"""Flat-rate pricing plans: who subscribes a distribution, by hand, and what can be read of it."""

from __future__ import annotations

import uuid
from typing import Any

from rehearsal.extensions.cloudfront_common import Document, new_id, store_at
from rehearsal.registry import Call, answers, backend
from rehearsal.replies import Refusal
from rehearsal.transitions import moment

HOME = "us-east-1"


def _plans(call: Call) -> dict[str, Document]:
    if call.region != HOME:
        raise Refusal("AccessDeniedException", f"Pricing plans are managed in {HOME}.", 403)
    return store_at(backend("cloudfront", call.account_id, HOME)).plans


@answers("pricing-plan-manager", "CreateSubscription")
def create(call: Call) -> Any:
    plans = _plans(call)
    arn = f"arn:aws:pricingplanmanager::{call.account_id}:subscription/{uuid.uuid4()}"
    names = ("planFamily", "planTier", "usageLevel", "resourceArns")
    given = {name: call.get(name) for name in names if call.get(name) is not None}
    plans[arn] = {"arn": arn, **given, "status": "ACTIVE", "createdAt": moment(), "updatedAt": moment()}
    return {"subscription": plans[arn], "eTag": new_id()}


@answers("pricing-plan-manager", "ListSubscriptions")
def listed(call: Call) -> Any:
    return {"subscriptionSummaries": [{**one, "eTag": new_id()} for one in _plans(call).values()]}


@answers("pricing-plan-manager", "GetSubscription")
def get(call: Call) -> Any:
    found = _plans(call).get(str(call.get("arn")))
    if found is None:
        raise Refusal("ResourceNotFoundException", "The subscription does not exist.", 404)
    return {"subscription": found, "eTag": new_id()}


@answers("pricing-plan-manager", "CancelSubscription")
def cancel(call: Call) -> Any:
    """At once, where AWS waits for the end of the billing period."""
    found = _plans(call).pop(str(call.get("arn")), None)
    if found is None:
        raise Refusal("ResourceNotFoundException", "The subscription does not exist.", 404)
    return {"subscription": found, "eTag": new_id()}
