"""Cognito identity pools: GetId creates an identity."""

from __future__ import annotations

from rehearsal.declarations import Service

SERVICE = Service("cognito-identity", changes=frozenset({"GetId"}))
