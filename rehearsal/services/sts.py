"""STS. The rate is the one that AWS publishes: one bucket for all calls."""

from __future__ import annotations

from rehearsal.declarations import Service, Throttled

SERVICE = Service(
    "sts",
    rates={"*": (600, 600)},
    throttled=Throttled("Throttling"),
    reads=frozenset({"AssumeRole", "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity", "DecodeAuthorizationMessage"}),
)
