"""Lets callers choose the ID of a hosted zone."""

from __future__ import annotations

from typing import Any

from rehearsal.given_ids import take
from rehearsal.registry import adjusts


@adjusts("route53")
def given_ids() -> None:
    from moto.route53 import models

    made_up = models.create_route53_zone_id

    def create_route53_zone_id(*arguments: Any, **named: Any) -> str:
        return take(lambda identity: identity.startswith("Z")) or str(made_up(*arguments, **named))

    models.create_route53_zone_id = create_route53_zone_id
