"""Flat-rate pricing plans of distributions: in us-east-1 only."""

from __future__ import annotations

from rehearsal.declarations import Service

SERVICE = Service("pricing-plan-manager", action_prefix="pricingplanmanager")
