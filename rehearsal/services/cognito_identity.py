"""Cognito's identity pools: asking for an id makes one."""

from __future__ import annotations

from rehearsal.declarations import Service

SERVICE = Service("cognito-identity", changes=frozenset({"GetId"}))
